"""Colour: which pixels are the garment's, and which named colour they are nearest to in CIELAB.

Distances are Euclidean in CIELAB (D65, CIE 1976), to the sRGB anchors of
`generation.vocabulary`; exactly the nearest name counts, navy is not blue. On
white the garment is what the border's background does not reach; in a photo it
is taken to be in the middle. This module knows pixels and the vocabulary; it
does not know types, patterns or models.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from generation.vocabulary import COLOURS

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Field = NDArray[np.float64]

TOLERANCE = 9
"""Background differs from the border's median by at most this in every channel (of 255), or by more
where the border itself is noisy: white cloth, drawn at about 244, must still stand out."""
MIN_SHARE = 0.04
"""A garment that fills less of the picture was not found: the middle is taken instead."""
CLUSTERS = 3
CLUSTER_SHARE = 0.2
"""A cluster of at least this share of the garment counts as one of a print's colours: the ground of a
check is about a quarter of the cloth."""
_WHITE = np.array([0.95047, 1.0, 1.08883])
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(rgb: NDArray[np.uint8]) -> Field:
    """sRGB, 0 to 255, (..., 3), to CIELAB under D65 (IEC 61966-2-1, CIE 15)."""
    value = np.asarray(rgb, dtype=np.float64) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@cache
def _anchors() -> tuple[tuple[str, ...], Field]:
    names = tuple(COLOURS)
    return names, lab(np.array([COLOURS[name].rgb for name in names], dtype=np.uint8))


def nearest(colour: Field) -> str:
    """The named colour whose anchor is nearest to a CIELAB colour (3,)."""
    names, anchors = _anchors()
    return names[int(((anchors - colour) ** 2).sum(1).argmin())]


def garment(pixels: Pixels) -> Mask:
    """Which pixels (H, W, 3) are the garment's: what the background, flowing in from the border, leaves dry.

    So white stripes inside a garment are garment. White cloth whose outline is fainter than the
    tolerance is flooded; what is left of it is its folds, and where too little is left the middle
    of the picture is taken.
    """
    light = pixels.astype(np.int16)
    sides = (light[:2], light[-2:], light[:, :2], light[:, -2:])
    border = np.concatenate([side.reshape(-1, 3) for side in sides])
    ground = np.median(border, axis=0)
    stray = np.abs(border - ground).max(1)
    tolerance = max(TOLERANCE, min(30, 2 * float(np.percentile(stray, 75))))
    like_ground = np.abs(light - ground).max(2) <= tolerance
    wet = np.zeros_like(like_ground)
    wet[[0, -1]], wet[:, [0, -1]] = like_ground[[0, -1]], like_ground[:, [0, -1]]
    while True:
        spread = wet.copy()
        spread[1:] |= wet[:-1]
        spread[:-1] |= wet[1:]
        spread[:, 1:] |= wet[:, :-1]
        spread[:, :-1] |= wet[:, 1:]
        spread &= like_ground
        if (spread == wet).all():
            break
        wet = spread
    found = _shrunk(~wet)
    return found if found.mean() >= MIN_SHARE else middle(pixels)


def _shrunk(mask: Mask) -> Mask:
    """Without the outermost pixels, which are half background."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    return inner


def middle(pixels: Pixels, share: float = 0.4) -> Mask:
    """The middle `share` of the width and of the height: where a phone photo has its garment."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), dtype=bool)
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    mask[top : height - top, left : width - left] = True
    return mask


def main_colour(pixels: Pixels, mask: Mask) -> str:
    """The nearest name of the garment's median in CIELAB: right for plain cloth."""
    return nearest(np.median(lab(pixels[mask]), axis=0))


def cloth_colours(pixels: Pixels, mask: Mask, count: int = CLUSTERS) -> list[tuple[str, float]]:
    """Names and shares of the `count` colours that the garment's pixels gather around, largest first.

    k-means in CIELAB, begun at quantiles of lightness; each cluster is named by its median.
    """
    points = lab(pixels[mask])
    order = np.argsort(points[:, 0])
    centres = points[order[[int((i + 0.5) / count * len(points)) for i in range(count)]]]
    for _ in range(12):
        label = ((points[:, None] - centres) ** 2).sum(2).argmin(1)
        centres = np.stack(
            [points[label == i].mean(0) if (label == i).any() else centres[i] for i in range(count)]
        )
    found: dict[str, float] = {}
    for i in range(count):
        if (label == i).any():
            name = nearest(np.median(points[label == i], axis=0))
            found[name] = found.get(name, 0.0) + float((label == i).mean())
    return sorted(found.items(), key=lambda item: -item[1])


def colour_right(pixels: Pixels, mask: Mask, wanted: frozenset[str], printed: bool) -> bool:
    """Whether the garment has a wanted colour.

    Plain cloth: its median's nearest name is wanted. A print has several colours, so there one of
    its clusters of at least CLUSTER_SHARE must have a wanted name as the nearest.
    """
    if not printed:
        return main_colour(pixels, mask) in wanted
    return any(name in wanted and share >= CLUSTER_SHARE for name, share in cloth_colours(pixels, mask))
