"""The picture that stands where a deleted one cannot be taken away. Knows nothing."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

SIDE = 64


@cache
def blank() -> bytes:
    """A light grey square, as PNG."""
    encoded = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), "#e8e8e8").save(encoded, "PNG")
    return encoded.getvalue()
