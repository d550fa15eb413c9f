"""What users send: every mode and format, and files that are broken or hostile."""

from __future__ import annotations

import io
import resource
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.photos import KEPT_SIDE, exposed, open_photo
from generation.request import BadRequest, Problem


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


def problem(data: bytes) -> Problem:
    with pytest.raises(BadRequest) as caught:
        open_photo(data)
    return caught.value.problem


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_formats(kind: str) -> None:
    image = open_photo(encoded(noise(), kind))
    assert (image.mode, image.size) == ("RGB", (60, 40))


@pytest.mark.parametrize(
    ("mode", "kind"), [("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("CMYK", "JPEG"), ("LA", "PNG")]
)
def test_modes(mode: str, kind: str) -> None:
    assert open_photo(encoded(noise(mode), kind)).mode == "RGB"


def test_cmyk_keeps_its_colours() -> None:
    photo = open_photo(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    red, green, blue = photo.getpixel((4, 4))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_on_white(mode: str) -> None:
    clear = Image.new(mode, (8, 8))
    assert open_photo(encoded(clear, "PNG")).getpixel((3, 3)) == (255, 255, 255)


def test_a_transparent_palette_lies_on_white() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30, 40, 50, 60])
    assert open_photo(encoded(image, "PNG", transparency=0)).getpixel((3, 3)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_and_not_cut() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    photo = np.asarray(open_photo(encoded(Image.fromarray(ramp), "PNG")))
    assert np.abs(photo[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_a_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    left_red = Image.new("RGB", (80, 40), "blue")
    left_red.paste((255, 0, 0), (0, 0, 40, 40))
    photo = open_photo(encoded(left_red, "JPEG", exif=exif, quality=95))
    assert photo.size == (40, 80)
    assert photo.getpixel((20, 10))[0] > 200  # type: ignore[index]


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        red, _, blue = open_photo(data).getpixel((4, 4))  # type: ignore[misc]
        assert red > 200 > 60 > blue


def test_large_photos_are_shrunk() -> None:
    for kind in ("JPEG", "PNG"):
        assert max(open_photo(encoded(Image.new("RGB", (4000, 3000)), kind)).size) == KEPT_SIDE


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7 ...", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\0" * 1000])
def test_what_is_no_picture(data: bytes) -> None:
    assert problem(data) == Problem.NOT_A_PICTURE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_what_is_cut_off(kind: str, share: float) -> None:
    data = encoded(noise(size=(200, 150)), kind)
    assert problem(data[: int(len(data) * share)]) == Problem.BROKEN_PICTURE


@pytest.mark.parametrize("side", [8_000, 12_000, 30_000, 2**31 - 1])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert problem(png_header(side, side)) == Problem.PICTURE_TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB


def test_damaged_bytes_never_escape_as_another_error() -> None:
    rng = np.random.default_rng(1)
    originals = [encoded(noise(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")]
    for i in range(300):
        data = bytearray(originals[i % len(originals)])
        for _ in range(int(rng.integers(1, 8))):
            data[int(rng.integers(len(data)))] = int(rng.integers(256))
        try:
            assert open_photo(bytes(data)).mode == "RGB"
        except BadRequest:
            continue


def test_a_dim_photo_is_read_in_the_light_of_its_lightest_parts() -> None:
    pixels = np.full((40, 40, 3), (60, 30, 90), np.uint8)
    pixels[:, :8] = 150  # a wall, white but for the light
    seen = np.asarray(exposed(Image.fromarray(pixels)))
    assert seen[0, 0].tolist() == [245, 245, 245]
    assert seen[20, 20].tolist() == [98, 49, 147]  # lighter, and no other hue


def test_what_is_light_is_left_and_night_stays_dark() -> None:
    light = Image.new("RGB", (20, 20), (250, 250, 250))
    assert np.array_equal(np.asarray(exposed(light)), np.asarray(light))
    night = np.asarray(exposed(Image.new("RGB", (20, 20), (20, 10, 10))))
    assert night[0, 0].tolist() == [36, 18, 18]
