"""FashionGen: reads its HDF5 files as they are.

16 columns, of which `input_image` is uint8 (N, H, W, 3) and the texts are
(N, 1) byte strings of a fixed width, in UTF-8 or in Windows-1252, value by
value. The pictures lie in compressed chunks, so they are read in order, a few
chunks at a time, and never by single rows. Whether they are RGB or BGR is found
out from garments whose description names their colour. Facts about the files:
the notebooks of menardai/FashionGenAttnGAN and Rostamzadeh et al., "Fashion-Gen:
The Generative Fashion Dataset and Challenge", 2018 (arXiv:1806.08317). The user
brings the file; it is never passed on. This module knows HDF5; it does not know
captions or models.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from generation.evaluation import colour
from generation.training import rows
from generation.training.rows import Row
from generation.vocabulary import understand

Pixels = NDArray[np.uint8]
Order = Literal["rgb", "bgr"]

IMAGE = "input_image"
KEYS = (
    "index",
    "index_2",
    "input_brand",
    "input_category",
    "input_composition",
    "input_concat_description",
    "input_department",
    "input_description",
    "input_gender",
    IMAGE,
    "input_msrpUSD",
    "input_name",
    "input_pose",
    "input_productID",
    "input_season",
    "input_subcategory",
)
"""All columns of the published files."""
USED = (
    "input_description",
    "input_name",
    "input_category",
    "input_subcategory",
    "input_gender",
    "input_composition",
    "input_productID",
    "input_pose",
)

BLOCK_BYTES = 256 << 20
"""Unpacked pictures that are held at a time."""
CACHE_BYTES = 640 << 20
"""At most so much of unpacked chunks is kept where a chunk spans more rows than a block."""
LOOKED_AT = 240
"""Pictures that the colour order is judged by."""
_WARM = frozenset({"red", "burgundy", "orange", "yellow", "beige", "brown"})
_COLD = frozenset({"blue", "navy", "light_blue", "turquoise"})


class Unreadable(ValueError):
    """The file is not what it should be; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class ColourOrder:
    """What was found about the channels: `order`, or None where the pictures do not tell.

    warm, cold: how many garments of red and of blue names were looked at.
    deviations: how far red garments' (first − last channel) is above blue ones', in standard errors.
    """

    order: Order | None
    warm: int
    cold: int
    deviations: float


def decode(raw: bytes, width: int = 0) -> str:
    """A text column's value: UTF-8, or else Windows-1252; tidied.

    width: of the column; a text that fills it was cut off, maybe inside a character.
    """
    raw = raw.rstrip(b"\0")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = width > 0 and len(raw) >= width - 3 and error.start >= len(raw) - 3
        if cut and error.reason == "unexpected end of data":
            text = raw[: error.start].decode("utf-8")
        else:
            try:
                text = raw.decode("cp1252")
            except UnicodeDecodeError:  # five bytes that cp1252 leaves open
                text = raw.decode("latin-1")
    return rows.tidy(text)


class FashionGen:
    """One open file. Raises Unreadable for files that are something else."""

    kind = "FashionGen HDF5"

    def __init__(self, path: Path, order: Order | None = None) -> None:
        """order: of the channels; None: looked for when the first pictures are read."""
        self.path = path
        self._order = order
        try:
            self._file = h5py.File(path, "r", rdcc_nbytes=_chunk_cache(path))
        except OSError as error:
            size = path.stat().st_size if path.is_file() else 0
            raise Unreadable(
                f"{path} ({size / 1e9:.2f} GB) is no readable HDF5 file: half downloaded? ({error})"
            ) from error
        try:
            self._check()
        except BaseException:
            self._file.close()
            raise

    def _check(self) -> None:
        if IMAGE not in self._file or not isinstance(self._file[IMAGE], h5py.Dataset):
            raise Unreadable(f"{self.path} has no {IMAGE}: it holds {', '.join(list(self._file)[:20])}")
        images = self._file[IMAGE]
        if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
            raise Unreadable(f"{self.path}: {IMAGE} is {images.dtype} {images.shape}, not uint8 (N, H, W, 3)")
        if not any(name in self._file for name in ("input_description", "input_name")):
            raise Unreadable(f"{self.path} has neither input_description nor input_name")
        for name in USED:
            if name in self._file and len(self._file[name]) != len(images):
                raise Unreadable(
                    f"{self.path}: {name} has {len(self._file[name])} rows, {IMAGE} {len(images)}"
                )

    def __len__(self) -> int:
        return int(self._file[IMAGE].shape[0])

    def __enter__(self) -> FashionGen:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """The published columns that this file lacks."""
        return tuple(name for name in KEYS if name not in self._file)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits of the file's size, beginning and end."""
        return fingerprint(self.path)

    @cached_property
    def block(self) -> int:
        """Rows that are read at a time: whole chunks where they fit."""
        images = self._file[IMAGE]
        a_row = max(1, math.prod(images.shape[1:]))
        most = max(1, BLOCK_BYTES // a_row)
        chunk = images.chunks[0] if images.chunks else 1
        return most // chunk * chunk if chunk <= most else most

    @cached_property
    def colours(self) -> ColourOrder:
        """The channels' order, judged by pictures from all over the file."""
        return judge_order(self._samples())

    @property
    def order(self) -> Order:
        """The channels' order: as given, as found, or RGB where the pictures do not tell."""
        return self._order or self.colours.order or "rgb"

    def rows(self, start: int, stop: int) -> list[Row]:
        """The texts of rows start to stop."""
        columns = {name: self._column(name, start, stop) for name in USED if name in self._file}
        return [
            rows.read(start + i, {name: values[i] for name, values in columns.items()})
            for i in range(stop - start)
        ]

    def blocks(self, start: int = 0) -> Iterator[tuple[list[Row], Pixels]]:
        """Rows and RGB pictures (n, H, W, 3) in the file's order, from row `start`."""
        flip = self.order == "bgr"
        while start < len(self):
            stop = min(len(self), (start // self.block + 1) * self.block)
            pictures = self._pictures(start, stop)
            yield self.rows(start, stop), pictures[..., ::-1] if flip else pictures
            start = stop

    def _pictures(self, start: int, stop: int) -> Pixels:
        try:
            return np.asarray(self._file[IMAGE][start:stop])
        except OSError as error:
            raise Unreadable(
                f"{self.path}: rows {start} to {stop - 1} are damaged or missing: half downloaded? ({error})"
            ) from error

    def _column(self, name: str, start: int, stop: int) -> list[str | float]:
        column = self._file[name]
        values = column[start:stop]
        flat = values.reshape(len(values), -1)[:, 0] if values.ndim > 1 else values
        if flat.dtype.kind == "S":
            width = int(flat.dtype.itemsize)
            return [decode(bytes(value), width) for value in flat]
        if flat.dtype.kind == "O":
            return [decode(v) if isinstance(v, bytes) else rows.tidy(str(v)) for v in flat]
        return [value.item() for value in flat]

    def _samples(self) -> Iterator[tuple[str, Pixels]]:
        """Garments of a warm or a cold name and their pictures as stored, from four places of the file."""
        size, places = len(self), 4
        starts = {place * size // places // self.block * self.block for place in range(places)}
        for start in sorted(starts):
            stop = min(size, start + self.block)
            named = (i for i, row in enumerate(self.rows(start, stop)) if _named(row))
            chosen = list(islice(named, LOOKED_AT // len(starts)))
            if chosen:
                pictures = self._pictures(start, stop)
                yield from ((self.rows(start + i, start + i + 1)[0].text, pictures[i]) for i in chosen)


def _named(row: Row) -> bool:
    return understand(row.text).colour in _WARM | _COLD


def judge_order(samples: Iterator[tuple[str, Pixels]] | Sequence[tuple[str, Pixels]]) -> ColourOrder:
    """RGB or BGR, from texts that name a colour and pictures (H, W, 3) as stored.

    In RGB the first channel exceeds the last more in garments of red names than in those of blue ones,
    whatever skin and background add to both; in BGR it is the other way round.
    """
    found: dict[str, list[float]] = {"warm": [], "cold": []}
    for text, pixels in samples:
        name = understand(text).colour
        if name in _WARM | _COLD:
            side = max(1, pixels.shape[0] // 64)
            small = np.ascontiguousarray(pixels[::side, ::side])
            cloth = small[colour.garment(small)].astype(np.int16)
            found["warm" if name in _WARM else "cold"].append(float(np.median(cloth[:, 0] - cloth[:, 2])))
    warm, cold = np.array(found["warm"]), np.array(found["cold"])
    if min(len(warm), len(cold)) < 3:
        return ColourOrder(None, len(warm), len(cold), 0.0)
    error = math.sqrt(warm.var(ddof=1) / len(warm) + cold.var(ddof=1) / len(cold) + 1e-6)
    deviations = float((warm.mean() - cold.mean()) / error)
    order: Order | None = None if abs(deviations) < 3 else "rgb" if deviations > 0 else "bgr"
    return ColourOrder(order, len(warm), len(cold), round(deviations, 1))


def fingerprint(path: Path) -> str:
    """Sixteen hex digits of a file's size, first and last mebibyte."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(1 << 20))
        file.seek(max(0, size - (1 << 20)))
        digest.update(file.read())
    return digest.hexdigest()[:16]


def _chunk_cache(path: Path) -> int:
    """Bytes of unpacked chunks to keep: more than h5py's default only where a chunk outlasts a block."""
    with h5py.File(path, "r") as file:
        images: Any = file.get(IMAGE)
        if not isinstance(images, h5py.Dataset) or images.ndim != 4 or not images.chunks:
            return 1 << 20
        spanned = images.chunks[0] * math.prod(images.shape[1:])
    return 1 << 20 if spanned <= BLOCK_BYTES else int(min(CACHE_BYTES, spanned + (8 << 20)))
