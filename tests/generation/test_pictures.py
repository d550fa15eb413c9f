"""The PNG and what it says of itself."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from generation.pictures import NOTE, encode


def test_pixels_and_facts_survive() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    image = Image.open(
        io.BytesIO(encode(pixels, {"Prompt": "жёлтая 👗\nюбка", "Seed": 2**63 - 1, "Guidance": 4.0}))
    )
    assert np.array_equal(np.asarray(image), pixels)
    assert image.info["Prompt"] == "жёлтая 👗\nюбка"
    assert image.info["Seed"] == str(2**63 - 1)
    assert image.info["Guidance"] == "4"
    assert image.info["Comment"] == NOTE


def test_a_machine_can_tell_that_it_is_generated() -> None:
    image = Image.open(io.BytesIO(encode(np.zeros((2, 2, 3), np.uint8), {})))
    assert "trainedAlgorithmicMedia" in str(image.info["XML:com.adobe.xmp"])
