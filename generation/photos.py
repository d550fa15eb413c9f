"""Photos: a user's bytes to an upright RGB picture, or a clear refusal.

The header is read and judged before a pixel is decoded, so that a small file
that unpacks into gigabytes costs nothing. Only well-known raster formats are
opened. This module does not know what the picture is for.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from generation.request import MAX_PHOTO_PIXELS, BadRequest, Problem

Image.init()
FORMATS = tuple(f for f in ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF") if f in Image.OPEN)
"""Not EPS and the like, whose readers start other programs."""
KEPT_SIDE = 1024
"""Longer sides are shrunk to this: the image encoder looks at far less."""
WHITE, LIGHTEST, MOST_GAIN = 245.0, 95.0, 1.8
"""`exposed` lightens a photo until this percentile of its pixels is white, and by this factor at most. Of 237
phone photos it lets the embedded model name the colour of 178 instead of 161."""
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")
_BREAKAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on damaged files."""

warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def open_photo(data: bytes, ground: str = "white") -> Image.Image:
    """Decode the first frame: upright by its EXIF, on `ground` where transparent, at most KEPT_SIDE a side.

    Raises BadRequest: NOT_A_PICTURE, BROKEN_PICTURE, PICTURE_TOO_LARGE.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadRequest(Problem.PICTURE_TOO_LARGE, _too_large()) from None
    except UnidentifiedImageError:
        if data.startswith(_BEGINNINGS):
            raise BadRequest(Problem.BROKEN_PICTURE, "the picture is damaged or incomplete") from None
        raise BadRequest(Problem.NOT_A_PICTURE, "the file is not a picture") from None
    except _BREAKAGE:
        raise BadRequest(Problem.BROKEN_PICTURE, "the picture is damaged or incomplete") from None
    if image.width * image.height > MAX_PHOTO_PIXELS:
        raise BadRequest(Problem.PICTURE_TOO_LARGE, _too_large(image.size))
    try:
        image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # a JPEG unpacks at a half, a quarter or an eighth at once
        image.load()
        upright = ImageOps.exif_transpose(image)
        flat = _flat(upright if upright is not None else image, ground)
    except MemoryError:
        raise BadRequest(Problem.PICTURE_TOO_LARGE, _too_large(image.size)) from None
    except _BREAKAGE:
        raise BadRequest(Problem.BROKEN_PICTURE, "the picture is damaged or incomplete") from None
    flat.thumbnail((KEPT_SIDE, KEPT_SIDE))
    return flat


def _flat(image: Image.Image, colour: str) -> Image.Image:
    """Any mode to RGB: 16 bit scaled, transparency on a ground of this colour."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        values = np.asarray(image, dtype=np.float32)
        top = (
            65535.0
            if image.mode != "F" and values.max(initial=0) > 255
            else max(1.0, float(values.max(initial=0)))
        )
        if image.mode == "I" and values.max(initial=0) <= 255:
            top = 255.0
        image = Image.fromarray((np.nan_to_num(values).clip(0, top) * (255 / top)).round().astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, colour)
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _too_large(size: tuple[int, int] | None = None) -> str:
    shape = f"{size[0]} × {size[1]}, " if size else ""
    return f"the picture is too large: {shape}more than {MAX_PHOTO_PIXELS // 1_000_000} million pixels"


def exposed(photo: Image.Image) -> Image.Image:
    """An RGB photo as light as if it had been exposed for its lightest parts.

    In a dim room a camera makes white cloth grey; eyes make it white again, by what is lightest around it.
    The channels are lightened alike, so that no colour turns into another.
    """
    pixels = np.asarray(photo).astype(np.float32)
    lightest = float(np.percentile(pixels.max(2), LIGHTEST))
    gain = min(max(WHITE / max(lightest, 1.0), 1.0), MOST_GAIN)
    return Image.fromarray((pixels * gain).clip(0, 255).round().astype(np.uint8))
