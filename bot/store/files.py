"""Pictures and photos as files, named by the SHA-256 of their content.

    DATA_DIR/pictures/ab/cd/abcd….png

The same content is kept once, a file is either whole or absent, and nothing
that came from outside becomes part of a path. The place may be a folder (of
one machine, or shared by many) or a bucket (`bot.store.bucket`). Knows no
table.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from bot.store.patience import Patience, patient


class Place(Protocol):
    """Where files lie, by relative names; calls block."""

    def has(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError when there is no such file."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Durably, and whole or not at all. Raises OSError when the place does not take it."""

    def remove(self, name: str) -> None:
        """One that is not there is removed already."""


class Folder:
    """A Place in the file system."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, name: str) -> bool:
        return (self._root / name).exists()

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)


class Shelf:
    """Files of one kind in one place; a path is a folder."""

    def __init__(self, place: Place | Path, suffix: str, patience: Patience | None = None) -> None:
        self._place = Folder(place) if isinstance(place, Path) else place
        self.suffix = suffix
        self.patience = patience or Patience()

    def name(self, sha256: str) -> str:
        """Where the content lies in the place. Raises ValueError when that is no SHA-256."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("not a SHA-256 in lower-case hexadecimal")
        return f"{sha256[:2]}/{sha256[2:4]}/{sha256}{self.suffix}"

    @patient
    async def put(self, content: bytes) -> str:
        """Store durably, as soon as the place takes it; returns the content's SHA-256."""
        return await asyncio.to_thread(self._put, content)

    async def get(self, sha256: str) -> bytes:
        """Raises FileNotFoundError when there is no such content."""
        return await asyncio.to_thread(self.read, sha256)

    def read(self, sha256: str) -> bytes:
        """As `get`, for a thread that may wait."""
        return self._place.read(self.name(sha256))

    async def has(self, sha256: str) -> bool:
        return await asyncio.to_thread(self._place.has, self.name(sha256))

    async def remove(self, sha256: str) -> None:
        """Forget the content; one that is not there is forgotten already."""
        await asyncio.to_thread(self._place.remove, self.name(sha256))

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        name = self.name(sha256)
        if not self._place.has(name):
            self._place.write(name, content)
        return sha256
