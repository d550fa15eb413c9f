"""Catalogue: a source's pictures and texts, unpacked once into plain files that are read at random.

Parts of at most PART rows, pictures as .npy (uint8, N × side × side × 3) beside
their texts as JSON lines; a part that is there is not made again, so a killed
conversion goes on where it was. It holds a block of pictures in memory and no
more. This module knows files; it does not know models.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from tqdm import tqdm

from generation.training.fashiongen import FashionGen, Unreadable
from generation.training.rows import Row
from generation.training.sources import Source

Pixels = NDArray[np.uint8]
PART = 1_024
SPARE = 1.02
"""The disk must have the pictures' size times this."""


@dataclass(frozen=True)
class Catalogue:
    """A finished conversion in `folder`; `facts` say where it is from."""

    folder: Path
    facts: dict[str, Any]

    def __len__(self) -> int:
        return int(self.facts["rows"])

    @property
    def side(self) -> int:
        """Of the pictures, in pixels."""
        return int(self.facts["side"])

    @property
    def fingerprint(self) -> str:
        """Changes with the data."""
        return str(self.facts["fingerprint"])

    @cached_property
    def rows(self) -> list[Row]:
        """Every row."""
        found = []
        for path in sorted(self.folder.glob("part-*.jsonl")):
            found += [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
        return found

    @cached_property
    def _parts(self) -> list[Pixels]:
        return [np.load(path, mmap_mode="r") for path in sorted(self.folder.glob("part-*.npy"))]

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return len(self._parts)

    def part(self, number: int) -> Pixels:
        """A part's pictures, (n, side, side, 3), on disk."""
        return self._parts[number]

    def pictures(self, numbers: list[int]) -> Pixels:
        """Pictures of rows, (n, side, side, 3)."""
        return np.stack([np.asarray(self._parts[n // PART][n % PART]) for n in numbers])

    def split(self, held_out: bool) -> list[int]:
        """The rows of the products that are kept for judging, or of all others."""
        return [i for i, row in enumerate(self.rows) if row.held_out == held_out]


def convert(source: Source, folder: Path) -> Catalogue:
    """Write, or go on writing, `source` into `folder`, with a progress bar.

    Raises Unreadable where the source is damaged, OSError where the disk is full.
    """
    facts_file = folder / "catalogue.json"
    if facts_file.is_file():
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
        if facts["fingerprint"] != source.fingerprint or facts["rows"] != len(source):
            raise Unreadable(f"{folder} holds the pictures of other data: name another folder or remove it")
        return Catalogue(folder, facts)
    folder.mkdir(parents=True, exist_ok=True)
    _same_source(folder / "source.json", source)
    done = len(list(folder.glob("part-*.jsonl")))
    side = _fill(source, folder, done)
    facts = {
        "rows": len(source),
        "side": side,
        "kind": source.kind,
        "fingerprint": source.fingerprint,
        **_found(source),
    }
    _write(facts_file, json.dumps(facts, indent=1) + "\n")
    return Catalogue(folder, facts)


def _same_source(file: Path, source: Source) -> None:
    """A half-made catalogue may only be finished from the data that it was begun with."""
    mark = {"fingerprint": source.fingerprint, "rows": len(source)}
    if file.is_file() and json.loads(file.read_text(encoding="utf-8")) != mark:
        raise Unreadable(f"{file.parent} was begun with other data: name another folder or remove it")
    _write(file, json.dumps(mark))


def _found(source: Source) -> dict[str, Any]:
    if not isinstance(source, FashionGen):
        return {}
    return {"order": source.order, "order_found": dataclasses.asdict(source.colours)}


def _fill(source: Source, folder: Path, done: int) -> int:
    """Write the parts from `done` on; returns the pictures' side."""
    side = 0
    texts: list[str] = []
    number = done
    beside = folder / "pictures.unfinished"
    with tqdm(total=len(source), initial=done * PART, desc="pictures", unit="row", mininterval=1) as bar:
        file = None
        try:
            for rows, pictures in source.blocks(done * PART):
                at = 0
                while at < len(rows):
                    if file is None:
                        side = pictures.shape[1]
                        count = min(PART, len(source) - number * PART)
                        _room(folder, (len(source) - number * PART) * pictures[0].nbytes)
                        file = beside.open("wb")
                        np.lib.format.write_array_header_1_0(
                            file,
                            {"descr": "|u1", "fortran_order": False, "shape": (count, *pictures.shape[1:])},
                        )
                    take = min(len(rows) - at, count - len(texts))
                    for picture in pictures[at : at + take]:
                        file.write(np.ascontiguousarray(picture).data)
                    texts += [json.dumps(_plain(row), ensure_ascii=False) for row in rows[at : at + take]]
                    at += take
                    bar.update(take)
                    if len(texts) == count:
                        file.close()
                        file = None
                        os.replace(beside, folder / f"part-{number:05d}.npy")
                        _write(folder / f"part-{number:05d}.jsonl", "\n".join(texts) + "\n")
                        texts, number = [], number + 1
        finally:
            if file is not None:
                file.close()
    if not side:
        first = next(iter(sorted(folder.glob("part-*.npy"))), None)
        if first is None:
            raise Unreadable("the data have no rows")
        side = int(np.load(first, mmap_mode="r").shape[1])
    return side


def _plain(row: Row) -> dict[str, Any]:
    return {k: v for k, v in dataclasses.asdict(row).items() if v != ""}


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < SPARE * needed:
        raise OSError(
            f"the pictures need {needed / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are free: "
            "name another folder with --cache"
        )


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".unfinished")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


@contextmanager
def alone(root: Path, name: str = "lock") -> Iterator[None]:
    """One process at a time writes into the folder `root`, or what `name` stands for there.

    Others say that they wait; the lock dies with its process.
    """
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"Waiting for another process that works in {root}", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def place(root: Path, source: Source) -> Path:
    """Where under `root` the catalogue of this source lies."""
    return root / f"pictures-{hashlib.sha256(source.fingerprint.encode()).hexdigest()[:12]}"
