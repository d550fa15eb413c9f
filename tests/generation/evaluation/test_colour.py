"""Which pixels are the garment's, and what their colour is called."""

from __future__ import annotations

import numpy as np
import pytest

from generation.evaluation import colour
from generation.vocabulary import COLOURS


def drawing(cloth: tuple[int, int, int], ground: int = 255, noise: float = 0.0) -> colour.Pixels:
    """A square of cloth in the middle of a light background, (128, 128, 3)."""
    pixels = np.full((128, 128, 3), ground, dtype=np.float64)
    pixels[30:100, 30:100] = cloth
    pixels += np.random.default_rng(0).normal(0, noise, pixels.shape) if noise else 0
    return np.clip(pixels, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_cielab_of_known_colours(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(colour.lab(np.array(rgb, dtype=np.uint8)), lab, atol=0.05)


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_plain_cloth_is_called_by_its_name_on_clean_and_on_noisy_white(name: str, noise: float) -> None:
    pixels = drawing(COLOURS[name].rgb, 252 if noise else 255, noise)
    mask = colour.garment(pixels)
    assert mask[40:90, 40:90].mean() > 0.5 and not mask[:20].any()
    assert colour.colour_right(pixels, mask, frozenset({name}), printed=False)


def test_white_stripes_inside_a_garment_are_garment() -> None:
    pixels = drawing(COLOURS["red"].rgb)
    pixels[40:90:6, 34:96] = 255
    mask = colour.garment(pixels)
    assert mask[40:90, 40:90].all()


def test_where_no_garment_is_found_the_middle_is_taken() -> None:
    mask = colour.garment(np.full((128, 128, 3), 255, np.uint8))
    assert mask[64, 64] and not mask[20, 20]
    assert mask.mean() == pytest.approx(0.16, abs=0.01)


def test_a_prints_colours_are_found_and_a_smaller_share_is_not_counted() -> None:
    pixels = drawing(COLOURS["yellow"].rgb)
    pixels[30:70, 30:100] = COLOURS["navy"].rgb
    pixels[30:34, 30:100] = COLOURS["fuchsia"].rgb
    mask = colour.garment(pixels)
    found = [name for name, _ in colour.cloth_colours(pixels, mask)]
    assert set(found) == {"navy", "yellow", "fuchsia"}
    assert found[0] == "navy"
    for name, right in {"yellow": True, "navy": True, "fuchsia": False, "green": False}.items():
        assert colour.colour_right(pixels, mask, frozenset({name}), printed=True) is right
