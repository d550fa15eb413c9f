"""A user's archive: her rows as JSON and her files, in ZIPs that a bot may send. Knows no chat."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.store.files import Shelf

LIMIT = 45_000_000
"""Bytes in one archive: a bot may send files of 50 MB (Bot API, "sendDocument")."""

Rows = dict[str, list[dict[str, Any]]]


def parcels(rows: Rows, pictures: Shelf, photos: Shelf, limit: int = LIMIT) -> list[Path]:
    """Write the archives into temporary files, which the caller removes; the first one has the tables."""
    archives: list[Path] = []
    archive = _open(archives)
    size = 0
    try:
        for name, table in rows.items():
            archive.writestr(f"{name}.json", json.dumps(table, ensure_ascii=False, indent=1, default=_plain))
        for name, content in _files(rows, pictures, photos):
            if size and size + len(content) > limit:
                archive.close()
                archive, size = _open(archives), 0
            archive.writestr(name, content)
            size += len(content)
    finally:
        archive.close()
    return archives


def _open(archives: list[Path]) -> zipfile.ZipFile:
    with tempfile.NamedTemporaryFile(prefix="lekalo-", suffix=".zip", delete=False) as file:
        archives.append(Path(file.name))
    return zipfile.ZipFile(archives[-1], "w", zipfile.ZIP_DEFLATED)


def _files(rows: Rows, pictures: Shelf, photos: Shelf) -> Iterator[tuple[str, bytes]]:
    drawn = {row["sha256"] for row in rows.get("pictures", ())}
    sent = {row["photo"] for row in rows.get("messages", ()) if row["photo"]}
    for folder, shelf, hashes in (("pictures", pictures, drawn), ("photos", photos, sent)):
        for sha256 in sorted(hashes):
            try:
                content = shelf.read(sha256)
            except FileNotFoundError:
                continue
            yield f"{folder}/{sha256}{shelf.suffix}", content


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
