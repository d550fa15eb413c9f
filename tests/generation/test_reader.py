"""The reader of photos: what it keeps of itself on disk, and what it says of several photos."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from generation import reader

NAMES = {"type": ("dress", "hat"), "colour": ("red", "blue", "white"), "pattern": ("plain", "leopard")}


@pytest.fixture(scope="module")
def eyes() -> reader.Reader:
    torch.manual_seed(0)
    return reader.Reader(NAMES).eval()


def test_a_model_without_a_reader_brings_none(tmp_path: Path) -> None:
    assert reader.load(tmp_path) is None


def test_a_reader_reads_the_same_after_it_was_kept(tmp_path: Path, eyes: reader.Reader) -> None:
    reader.save(tmp_path, eyes)
    kept = reader.load(tmp_path)
    assert kept is not None
    photo = Image.effect_mandelbrot((90, 160), (-2, -1.5, 1, 1.5), 50).convert("RGB")
    before, after = eyes.read(photo), kept.read(photo)
    for kind, names in NAMES.items():
        assert tuple(after.shares[kind]) == names
        assert sum(after.shares[kind].values()) == pytest.approx(1, abs=1e-4)
        for name in names:
            assert after.shares[kind][name] == pytest.approx(before.shares[kind][name], abs=2e-2)


def test_a_broken_reader_is_said(tmp_path: Path) -> None:
    (tmp_path / reader.FILE).write_bytes(b"hello")
    with pytest.raises(ValueError, match=r"reader\.safetensors is broken"):
        reader.load(tmp_path)


def test_several_photos_are_read_in_their_ratio() -> None:
    def sure(place: int) -> reader.Reading:
        return reader.Reading(
            {kind: {name: float(i == place) for i, name in enumerate(names)} for kind, names in NAMES.items()}
        )

    mixed = reader.together([sure(0), sure(1)], [1, 3])
    assert mixed.shares["colour"] == {"red": 0.25, "blue": 0.75, "white": 0.0}
    assert mixed.best("type") == "hat"
    assert reader.together([sure(0), sure(1)]).shares["type"] == {"dress": 0.5, "hat": 0.5}


def test_the_trunk_keeps_its_statistics_while_it_trains(eyes: reader.Reader) -> None:
    eyes.train()
    try:
        assert eyes.colour_head.training
        assert not any(module.training for module in eyes.trunk.modules())
    finally:
        eyes.eval()
