"""A cached garment stands beside two others of the same cloth."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from generation import tiny
from generation.training import blocks, cache, clip
from generation.training import garments as wardrobe


@pytest.fixture(scope="module")
def garments() -> list[wardrobe.Garment]:
    """Grey squares and bars of cloth, of three types."""
    found = []
    for number, type_ in enumerate(("tshirt", "dress", "pants") * 3):
        rgba = np.zeros((wardrobe.SIDE, wardrobe.SIDE, 4), np.uint8)
        rgba[20:108, 24 + 2 * number : 104] = (120 + 8 * number, 120, 120, 255)
        found.append(wardrobe.Garment(rgba, wardrobe._shade(rgba), type_, False, np.full(3, 0.5, np.float32)))
    return found


def test_three_pictures_are_of_one_cloth(garments: list[wardrobe.Garment]) -> None:
    rack = cache.Rack(garments)
    rng, words = np.random.default_rng(0), random.Random(0)
    for _ in range(30):
        (own, other, _), look = cache._sew(rack, rng, words)
        assert look.type in ("tshirt", "dress", "pants")
        if look.pattern == "plain":
            first, second = (np.median(p[40:80, 50:80].reshape(-1, 3).astype(int), 0) for p in (own, other))
            assert np.abs(first - second).max() < 25


def test_real_cloth_is_worn_by_another_garment(garments: list[wardrobe.Garment]) -> None:
    (own, other, _), look = cache._copy(cache.Rack(garments), np.random.default_rng(0))
    assert look.colour == ""
    first, second = (np.median(p[40:80, 50:80].reshape(-1, 3).astype(int), 0) for p in (own, other))
    assert np.abs(first - second).max() < 25


def test_a_cache_is_filled_and_read(
    garments: list[wardrobe.Garment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PART", 20)
    monkeypatch.setattr(cache, "BATCH", 10)
    image = clip.Towers(tiny.tokenizer()).image.eval()
    space = blocks.fit(torch.randn(4, 3, wardrobe.SIDE, wardrobe.SIDE, generator=torch.manual_seed(0)))
    cache.fill(tmp_path, 40, garments, space, image)
    found = cache.read(tmp_path)
    assert len(found) == 40 and found.alike.shape == (40, 2, clip.WIDTH)
    assert found.latents.shape == (40, blocks.CHANNELS, wardrobe.SIDE // 8, wardrobe.SIDE // 8)
    assert [look.colour == "" for look in found.looks] == (~found.dyed).tolist()
    before = (tmp_path / "0001.npz").read_bytes()
    (tmp_path / "0000.npz").unlink()
    cache.fill(tmp_path, 40, garments, space, image)  # only what is missing, and the same again
    assert (tmp_path / "0001.npz").read_bytes() == before
    assert np.array_equal(cache.read(tmp_path).alike, found.alike)
