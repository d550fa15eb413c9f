"""Photos on their way in, pictures on their way out."""

from __future__ import annotations

import io

import pytest
from aiogram.types import PhotoSize
from PIL import Image

from bot.chat.enlarge import enlarged
from bot.chat.photos import best_size, tidy
from generation.request import BadRequest, Problem
from tests.bot.house import jpeg


def _png(width: int, height: int) -> bytes:
    encoded = io.BytesIO()
    Image.effect_noise((width, height), 40).convert("RGB").save(encoded, "PNG")
    return encoded.getvalue()


@pytest.mark.parametrize(
    ("size", "sent"), [((128, 128), (512, 512)), ((100, 50), (600, 300)), ((512, 300), (512, 300))]
)
def test_small_pictures_are_enlarged_and_others_left_alone(
    size: tuple[int, int], sent: tuple[int, int]
) -> None:
    png = _png(*size)
    large = enlarged(png)
    assert Image.open(io.BytesIO(large)).size == sent
    assert (large == png) == (size == sent)


def test_a_photo_is_kept_upright_and_without_its_place() -> None:
    encoded = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    Image.new("RGB", (40, 20), "red").save(encoded, "JPEG", exif=exif)
    kept = Image.open(io.BytesIO(tidy(encoded.getvalue())))
    assert kept.size == (20, 40)
    assert not kept.getexif()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"%PDF-1.7", Problem.NOT_A_PICTURE),
        (jpeg()[:400], Problem.BROKEN_PICTURE),
        (b"", Problem.NOT_A_PICTURE),
    ],
)
def test_a_bad_photo_is_a_problem_with_a_name(content: bytes, problem: Problem) -> None:
    with pytest.raises(BadRequest) as caught:
        tidy(content)
    assert caught.value.problem is problem


def test_the_smallest_size_that_will_do() -> None:
    sizes = [
        PhotoSize(file_id=str(side), file_unique_id=str(side), width=side, height=side * 3 // 4)
        for side in (90, 320, 800, 1280)
    ]
    assert best_size(sizes).file_id == "800"
    assert best_size(sizes[:2]).file_id == "320"
