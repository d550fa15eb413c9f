"""The studio on own pictures: variations, repainting a part, sizes, negatives, and what is seen in photos."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from generation.request import BadRequest, Problem, Request
from generation.worker import LocalStudio


@pytest.fixture
async def studio(tiny_folder: Path) -> AsyncIterator[LocalStudio]:
    it = LocalStudio(str(tiny_folder), dtype="float32", steps=6)
    await it.start()
    yield it
    await it.close()


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


OWN = encoded(Image.effect_mandelbrot((120, 60), (-2, -1, 1, 1), 40).convert("RGB"))


async def test_an_own_picture_is_varied_in_its_own_proportions(studio: LocalStudio) -> None:
    first, second = await studio.draw(Request("", init=OWN, strength=0.5, seed=1, count=2))
    assert first.shape == (96, 64)  # 90 × 45 would be its proportions; 64 is the least
    assert first.size == 96
    assert Image.open(io.BytesIO(first.png)).size == (96, 64)
    assert not np.array_equal(pixels(first.png), pixels(second.png))
    info = Image.open(io.BytesIO(first.png)).info
    assert (info["Strength"], info["Sampler"]) == ("0.5", "dpm++")
    assert first.seen is None


async def test_the_steps_shrink_with_the_strength(studio: LocalStudio) -> None:
    seen: list[tuple[int, int]] = []
    request = Request("юбка", init=OWN, strength=0.5, steps=10, count=2)
    await studio.draw(request, lambda progress: seen.append((progress.step, progress.steps)))
    assert seen[0] == (0, 10)
    assert seen[-1] == (10, 10)


async def test_only_what_is_white_in_the_mask_is_painted_anew(studio: LocalStudio) -> None:
    own = Image.effect_noise((64, 64), 60).convert("RGB")
    mask = Image.new("RGBA", (256, 256), (0, 0, 0, 0))  # transparent is not white
    ImageDraw.Draw(mask).rectangle((128, 0, 255, 255), fill="white")
    request = Request("красная юбка", init=encoded(own), mask=encoded(mask), seed=4)
    (picture,) = await studio.draw(request)
    assert np.array_equal(pixels(picture.png)[:, :32], np.asarray(own)[:, :32])
    assert np.abs(pixels(picture.png)[:, 36:] - np.asarray(own)[:, 36:]).mean() > 5
    with pytest.raises(BadRequest) as caught:
        await studio.draw(Request("юбка", init=encoded(own), mask=encoded(Image.new("L", (8, 8)))))
    assert caught.value.problem == Problem.BAD_MASK


async def test_pictures_that_are_not_square(studio: LocalStudio) -> None:
    (picture,) = await studio.draw(Request("платье", width=64, height=96))
    assert picture.shape == (64, 96)
    assert Image.open(io.BytesIO(picture.png)).size == (64, 96)


async def test_negative_text_sampler_and_ratio_show(studio: LocalStudio) -> None:
    plain, negative, ddim = [
        (await studio.draw(Request("платье", seed=2, **fields)))[0]  # type: ignore[arg-type]
        for fields in ({}, {"negative": "красный"}, {"sampler": "ddim"})
    ]
    assert not np.array_equal(pixels(plain.png), pixels(negative.png))
    assert not np.array_equal(pixels(plain.png), pixels(ddim.png))
    assert Image.open(io.BytesIO(negative.png)).info["Negative prompt"] == "красный"
    other = encoded(Image.new("RGB", (40, 40), "green"), "JPEG")
    mixes = [
        (await studio.draw(Request("", photos=(OWN, other), photo_weights=ratio, seed=2)))[0]
        for ratio in ((1.0, 0.0), (0.0, 1.0))
    ]
    alone = (await studio.draw(Request("", photos=(OWN,), seed=2)))[0]
    assert np.abs(pixels(mixes[0].png) - pixels(alone.png)).max() <= 2
    assert not np.array_equal(pixels(mixes[1].png), pixels(alone.png))
    assert mixes[0].seen == await studio.describe([OWN])


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"init": b"hello"}, Problem.NOT_A_PICTURE),
        ({"init": OWN, "mask": b"hello"}, Problem.NOT_A_PICTURE),
        ({"init": OWN[:200]}, Problem.BROKEN_PICTURE),
        ({"width": 72}, Problem.BAD_SIZE),
    ],
)
async def test_own_pictures_that_are_none(
    studio: LocalStudio, fields: dict[str, Any], problem: Problem
) -> None:
    with pytest.raises(BadRequest) as caught:
        await studio.draw(Request("юбка", **fields))
    assert caught.value.problem == problem
