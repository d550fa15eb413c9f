"""Pictures and photos as files, named by the SHA-256 of their content.

    DATA_DIR/pictures/ab/cd/abcd….png

The same content is kept once, a file is either whole or absent, and nothing
that came from outside becomes part of a path. Knows no table.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.store.patience import Patience, patient


class Shelf:
    """One folder of files of one kind."""

    def __init__(self, folder: Path, suffix: str, patience: Patience | None = None) -> None:
        self.folder = folder
        self.suffix = suffix
        self.patience = patience or Patience()

    def path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("not a SHA-256 in lower-case hexadecimal")
        return self.folder / sha256[:2] / sha256[2:4] / f"{sha256}{self.suffix}"

    @patient
    async def put(self, content: bytes) -> str:
        """Store durably, as soon as the disk takes it; returns the content's SHA-256."""
        return await asyncio.to_thread(self._put, content)

    async def get(self, sha256: str) -> bytes:
        """Raises FileNotFoundError when there is no such content."""
        return await asyncio.to_thread(self.path(sha256).read_bytes)

    async def remove(self, sha256: str) -> None:
        """Forget the content; one that is not there is forgotten already."""
        await asyncio.to_thread(self.path(sha256).unlink, missing_ok=True)

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
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
        return sha256
