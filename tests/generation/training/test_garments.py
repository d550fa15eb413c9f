"""Drawn garments keep their shape and their folds and take the colour and the pattern they are told."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from generation.training import garments as wardrobe
from generation.training.looks import random_look
from generation.training.textures import PATTERNS, paint
from generation.vocabulary import COLOURS, TYPES, Look
from generation.vocabulary import PATTERNS as NAMED


@pytest.fixture(scope="module")
def garment() -> wardrobe.Garment:
    """A square of grey cloth with one fold across it."""
    side = wardrobe.SIDE
    rgba = np.zeros((side, side, 4), np.uint8)
    rgba[24:104, 24:104] = (130, 130, 130, 255)
    rgba[60:64, 24:104, :3] = 80
    return wardrobe.Garment(rgba, wardrobe._shade(rgba), "tshirt", False, np.full(3, 0.5, np.float32))


def _inside(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[40:56, 40:88].reshape(-1, 3)


def test_the_patterns_are_the_vocabularys() -> None:
    assert set(PATTERNS) == set(NAMED)


@pytest.mark.parametrize("colour", ["red", "green", "navy", "white"])
def test_a_plain_garment_has_its_colour_on_white(garment: wardrobe.Garment, colour: str) -> None:
    picture = wardrobe.draw(garment, Look("tshirt", colour), np.random.default_rng(0))
    assert picture[2, 2].tolist() == [255, 255, 255]
    assert np.abs(np.median(_inside(picture), 0) - np.array(COLOURS[colour].rgb)).max() < 45


def test_the_fold_stays(garment: wardrobe.Garment) -> None:
    picture = wardrobe.draw(garment, Look("tshirt", "red"), np.random.default_rng(0)).astype(int)
    column = picture[44:80, 64].sum(1)
    assert column.min() < 0.85 * np.median(column)


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p not in ("plain", "denim")])
def test_a_pattern_varies_and_a_plain_cloth_does_not(pattern: str) -> None:
    ground, ink = np.array([0.8, 0.7, 0.5], np.float32), np.array([0.1, 0.1, 0.4], np.float32)
    rng = np.random.default_rng(1)
    assert paint(pattern, 64, ground, ink, rng).std((0, 1)).max() > 0.08
    assert paint("plain", 64, ground, ink, rng).std() == pytest.approx(ground.std(), abs=1e-4)


def test_the_same_generator_draws_the_same_picture(garment: wardrobe.Garment) -> None:
    look = Look("tshirt", "beige", "leopard")
    one, two = (wardrobe.draw(garment, look, np.random.default_rng(5), busy=[garment]) for _ in range(2))
    assert np.array_equal(one, two)


def test_random_looks_cover_the_grid() -> None:
    rng = random.Random(0)
    looks = [random_look("dress", rng) for _ in range(3000)]
    assert {look.pattern for look in looks} == set(PATTERNS)
    assert {look.colour for look in looks} == set(COLOURS)
    assert set(wardrobe.LABELS.values()) == set(TYPES)


def test_a_swatch_is_cloth_from_inside_the_garment(garment: wardrobe.Garment) -> None:
    side = wardrobe.SIDE
    rgba = garment.rgba.copy()
    rgba[30:100, 30:100, :3] = (200, 30, 30)
    rgba[30:100:4, 30:100, :3] = (30, 30, 200)
    striped = wardrobe.Garment(rgba, garment.shade, "tshirt", False, garment.colour)
    cloth = wardrobe.swatch(striped, np.random.default_rng(0))
    assert cloth.shape == (side, side, 3) and cloth.max() <= 1
    assert cloth[..., 0].max() > 0.7 and cloth[..., 2].max() > 0.7 and cloth.min() > 0.1  # no white around it
    sewn = wardrobe.draw(garment, None, np.random.default_rng(0), fabric=cloth)
    assert sewn[2, 2].tolist() == [255, 255, 255]
    assert sewn[44, 60:64].astype(int).std(0).max() < 60 < np.ptp(sewn[40:80, 64].astype(int), 0).max()


def test_a_garment_too_small_for_a_swatch_gives_its_colour(garment: wardrobe.Garment) -> None:
    rgba = garment.rgba.copy()
    rgba[..., 3] = 0
    rgba[60:68, 60:68, 3] = 255
    thin = wardrobe.Garment(rgba, garment.shade, "hat", False, np.array([0.2, 0.4, 0.6], np.float32))
    cloth = wardrobe.swatch(thin, np.random.default_rng(0))
    assert np.allclose(cloth, [0.2, 0.4, 0.6])
