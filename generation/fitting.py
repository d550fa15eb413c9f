"""Fitting: an own picture and its mask made to measure, and the untouched part put back behind the drawing.

This module knows pictures and sizes; it knows neither torch nor a model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from generation.orders import Pixels, Places
from generation.request import MAX_SIZE, MIN_SIZE, BadRequest, Problem, Request

FEATHER = 2.0
"""Pixels over which the new fades into the old, inside the mask."""
WHITE = 128


@dataclass(frozen=True, slots=True)
class Frame:
    """What a model can draw: sides in multiples of `grid` pixels, `side` × `side` as it was trained."""

    side: int
    grid: int


def shape(request: Request, frame: Frame, init: Image.Image | None) -> tuple[int, int]:
    """Width and height to draw a checked request in. Raises BadRequest (BAD_SIZE)."""
    width = request.size if request.width is None else request.width
    height = request.size if request.height is None else request.height
    for side in (width, height):
        if side is not None and side % frame.grid:
            raise BadRequest(
                Problem.BAD_SIZE, f"the size must be a multiple of {frame.grid} pixels with this model"
            )
    ratio = 1.0 if init is None else init.width / init.height
    if width is None and height is None:
        root = math.sqrt(ratio)
        return _near(frame.side * root, frame.grid), _near(frame.side / root, frame.grid)
    if width is None:
        width = frame.side if init is None else _near((height or 0) * ratio, frame.grid)
    if height is None:
        height = frame.side if init is None else _near(width / ratio, frame.grid)
    return width, height


def _near(side: float, grid: int) -> int:
    """The multiple of the grid that is nearest, within the limits of a request."""
    least, most = math.ceil(MIN_SIZE / grid), MAX_SIZE // grid
    return grid * min(max(round(side / grid), least), most)


def fit(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled and cut to (width, height), keeping the middle."""
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def places(mask: Image.Image, init: Image.Image, size: tuple[int, int]) -> Places:
    """Where a mask that lies on `init` is white, (height, width), after both are fitted to `size`.

    Raises BadRequest (BAD_MASK) where nothing is.
    """
    laid = mask.convert("L").resize(init.size, Image.Resampling.BILINEAR)
    found: Places = np.asarray(ImageOps.fit(laid, size, Image.Resampling.BOX)) >= WHITE
    if not found.any():
        raise BadRequest(Problem.BAD_MASK, "nothing in the mask is white, so there is nothing to paint anew")
    return found


def put_back(drawn: Pixels, init: Image.Image, anew: Places) -> Pixels:
    """The drawing where `anew` (height, width) says so, the own picture pixel for pixel elsewhere."""
    mask = Image.fromarray(anew.astype(np.uint8) * 255)
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(FEATHER)), dtype=np.float32) / 255
    share = (np.clip(soft / 0.75, 0, 1) * anew)[..., None]  # a thin stroke never blurs to more than 3/4
    mixed = share * drawn + (1 - share) * np.asarray(init, dtype=np.float32)
    pixels: Pixels = mixed.round().astype(np.uint8)
    return pixels
