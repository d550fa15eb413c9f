"""Sources: where pictures of products come from: FashionGen's HDF5, a parquet file, a folder of pictures.

A folder follows the Hugging Face "imagefolder" convention: pictures beside a
metadata.csv, metadata.jsonl or metadata.parquet with a `file_name` column, or
pictures in folders named by their label. All three give rows and square RGB
pictures in order. This module knows files; it does not know what is done with
the pictures.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from generation.training import rows
from generation.training.fashiongen import FashionGen, Order, Unreadable, fingerprint
from generation.training.rows import Row

Pixels = NDArray[np.uint8]
BLOCK = 256
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")


class Source(Protocol):
    """Rows and pictures in order."""

    @property
    def kind(self) -> str:
        """What it is, for the card."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes with the data."""
        ...

    def __len__(self) -> int: ...

    def blocks(self, start: int = 0) -> Iterator[tuple[list[Row], Pixels]]:
        """Rows and RGB pictures (n, side, side, 3) from row `start`."""
        ...


def open_source(path: Path, side: int = 256, order: Order | None = None) -> Source:
    """The source at a path, its pictures squared to `side` (FashionGen's keep their own size).

    order: FashionGen's channels; None: found out. Raises Unreadable with one sentence.
    """
    if not path.exists():
        raise Unreadable(f"{path}: there is no such file or folder")
    if path.is_dir():
        return Folder(path, side)
    if path.suffix.lower() == ".parquet":
        return Parquet(path, side)
    if path.suffix.lower() in (".h5", ".hdf5", ".hdf"):
        return FashionGen(path, order)
    raise Unreadable(f"{path} is neither .h5 (FashionGen), .parquet nor a folder of pictures")


def square(image: Image.Image, side: int) -> Pixels:
    """The whole picture, upright, in the middle of a square of its border's colour: nothing is cut off."""
    upright = ImageOps.exif_transpose(image) or image
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    flat = upright.convert("RGB")
    scale = side / max(flat.size)
    size = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
    if size != flat.size:
        flat = flat.resize(size, Image.Resampling.LANCZOS)
    pixels = np.asarray(flat)
    if size == (side, side):
        return pixels
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    board = np.empty((side, side, 3), dtype=np.uint8)
    board[:] = np.median(border, axis=0).astype(np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    board[top : top + size[1], left : left + size[0]] = pixels
    return board


def _decoded(where: str, data: bytes, side: int) -> Pixels:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return square(image, side)
    except Exception as error:  # a damaged picture fails in as many ways as there are formats
        raise Unreadable(f"{where} is no readable picture: {error}") from error


class Parquet:
    """A parquet file with an `image` column, of bytes or of {bytes, path}."""

    kind = "parquet"

    def __init__(self, path: Path, side: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path, self.side = path, side
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise Unreadable(f"{path} is no readable parquet file: half downloaded?") from error
        if "image" not in self._file.schema_arrow.names:
            names = ", ".join(self._file.schema_arrow.names[:20])
            raise Unreadable(f"{path} has no column «image»: it has {names}")

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    @cached_property
    def fingerprint(self) -> str:
        """Of the file and the side."""
        return f"{fingerprint(self.path)}-{self.side}"

    def blocks(self, start: int = 0) -> Iterator[tuple[list[Row], Pixels]]:
        """Rows and pictures, a batch at a time."""
        seen = 0
        for batch in self._file.iter_batches(batch_size=BLOCK):
            lines = batch.to_pylist()
            first, seen = seen, seen + len(lines)
            if seen <= start:
                continue
            lines = lines[max(0, start - first) :]
            first = max(first, start)
            found, pictures = [], []
            for i, line in enumerate(lines):
                image = line.pop("image")
                data = image["bytes"] if isinstance(image, dict) else image
                if data is None:
                    data = (self.path.parent / image["path"]).read_bytes()
                pictures.append(_decoded(f"{self.path}, row {first + i}", data, self.side))
                found.append(rows.read(first + i, line))
            yield found, np.stack(pictures)


class Folder:
    """Pictures in a folder, in the "imagefolder" convention."""

    kind = "imagefolder"

    def __init__(self, path: Path, side: int) -> None:
        self.path, self.side = path, side
        self._lines = self._listed()
        if not self._lines:
            raise Unreadable(f"{path} holds no pictures ({', '.join(SUFFIXES[:4])}, ...)")

    def __len__(self) -> int:
        return len(self._lines)

    @cached_property
    def fingerprint(self) -> str:
        """Of the metadata, and of the files' names and sizes."""
        digest = hashlib.sha256()
        for file, values in self._lines:
            size = file.stat().st_size if file.is_file() else -1
            digest.update(repr((str(file.relative_to(self.path)), size, sorted(values.items()))).encode())
        return f"{digest.hexdigest()[:16]}-{self.side}"

    def blocks(self, start: int = 0) -> Iterator[tuple[list[Row], Pixels]]:
        """Rows and pictures, BLOCK files at a time."""
        for first in range(start, len(self._lines), BLOCK):
            lines = self._lines[first : first + BLOCK]
            pictures = []
            for file, _ in lines:
                try:
                    pictures.append(_decoded(str(file), file.read_bytes(), self.side))
                except OSError as error:
                    raise Unreadable(f"{file} cannot be read: {error.strerror}") from error
            yield [rows.read(first + i, values) for i, (_, values) in enumerate(lines)], np.stack(pictures)

    def _listed(self) -> list[tuple[Path, dict[str, Any]]]:
        for name in METADATA:
            file = self.path / name
            if file.is_file():
                return [self._line(file, values) for values in _metadata(file)]
        files = sorted(p for p in self.path.rglob("*") if p.suffix.lower() in SUFFIXES)
        return [
            (p, {"category": "" if p.parent == self.path else p.parent.name, "product": str(p.stem)})
            for p in files
        ]

    def _line(self, file: Path, values: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
        name = values.pop("file_name", None)
        if not name:
            raise Unreadable(f"{file} has no column «file_name»")
        values.setdefault("product", str(name))
        return self.path / str(name), values


def _metadata(file: Path) -> Sequence[dict[str, Any]]:
    try:
        if file.suffix == ".csv":
            with file.open(encoding="utf-8-sig", newline="") as text:
                return list(csv.DictReader(text))
        if file.suffix == ".jsonl":
            lines = file.read_text(encoding="utf-8-sig").splitlines()
            return [json.loads(line) for line in lines if line.strip()]
        import pyarrow.parquet as pq

        found: list[dict[str, Any]] = pq.read_table(file).to_pylist()
        return found
    except (ValueError, OSError, csv.Error) as error:
        raise Unreadable(f"{file} cannot be read: {error}") from error
