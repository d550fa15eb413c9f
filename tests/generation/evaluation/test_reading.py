"""What a model sees in photos is counted against what people saw in them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from generation.evaluation import questions, reading
from generation.studio import Studio
from generation.vocabulary import Wish


def test_photos_are_counted_by_what_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "a": {"colours": ["red"], "pattern": "plain"},
        "b": {"colours": ["navy", "black"], "pattern": "striped"},
        "c": {"colours": ["white"], "pattern": None},
        "d": {"colours": [], "pattern": "floral"},  # no main colour: left out
    }
    monkeypatch.setattr(questions, "eyed", lambda: known)
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "JPEG")
    rows = [
        {"image": {"bytes": data.getvalue()}, "label": label, "id": id_}
        for id_, label in zip("abcd", ("Pants", "Polo", "Hat", "Dress"), strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "photos.parquet")
    answers = iter([Wish("pants", "red", "plain"), Wish("tshirt", "black", "plain"), Wish("dress", "beige")])

    class Says(Studio):
        async def describe(self, photos: Sequence[bytes]) -> Wish:
            assert len(photos) == 1
            return next(answers)

    found = asyncio.run(reading.read(Says(), tmp_path / "photos.parquet"))
    assert found.type == reading.Share(2, 3)  # a polo counts as a T-shirt
    assert found.colour == reading.Share(2, 3)
    assert (found.print, found.plain) == (reading.Share(0, 1), reading.Share(1, 1))
    assert "0 of 1" in str(found)
