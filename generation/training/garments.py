"""Garments: real cut-outs re-dyed and re-printed truthfully, on white or on a busy background.

The folds of the photo are kept: the garment's luminance, normalised by its
local mean, is multiplied by the new cloth inside the matte. This module knows
pictures and looks; it does not know captions, embeddings or models.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.training import textures
from generation.vocabulary import COLOURS, Look

SIDE = 128
"""Side of a training picture in pixels."""
MAX_SOFTNESS = 0.4
"""Above this share of half-transparent pixels a matte is doubtful (the data's README)."""

LABELS = {
    "T-Shirt": "tshirt",
    "Longsleeve": "longsleeve",
    "Pants": "pants",
    "Shoes": "shoes",
    "Shirt": "shirt",
    "Dress": "dress",
    "Outwear": "outwear",
    "Shorts": "shorts",
    "Hat": "hat",
    "Skirt": "skirt",
    "Polo": "polo",
    "Undershirt": "undershirt",
    "Blazer": "blazer",
    "Hoodie": "hoodie",
    "Body": "body",
    "Top": "top",
    "Blouse": "blouse",
}
"""The data's labels as the vocabulary's types."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Garment:
    """One cut-out: `rgba` (SIDE, SIDE, 4), its type, whether it is a child's, its own colour."""

    rgba: Pixels
    shade: NDArray[np.float32]
    type: str
    kids: bool
    colour: NDArray[np.float32]


def _blur(field: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Mean over a square of `radius` pixels each way; the edge is repeated outwards."""
    for axis in (0, 1):
        wide = np.pad(field, [(radius + 1, radius) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        total = np.cumsum(wide, axis=axis, dtype=np.float64)
        size, span = field.shape[axis], 2 * radius + 1
        upper = np.take(total, np.arange(span, span + size), axis=axis)
        field = ((upper - np.take(total, np.arange(size), axis=axis)) / span).astype(np.float32)
    return field


def _shade(rgba: Pixels) -> NDArray[np.float32]:
    """The folds: luminance over its local mean inside the matte, about 1, (SIDE, SIDE)."""
    alpha = (rgba[..., 3] / 255).astype(np.float32)
    light = rgba[..., :3].astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32) / 255
    light = light + 0.04  # black cloth keeps its folds without its noise

    weight = _blur(alpha, 7) + np.float32(1e-3)
    local = _blur((light * alpha).astype(np.float32), 7) / weight
    inside = alpha > 0.5
    middle = float(np.median(light[inside])) if inside.any() else 0.5
    fine = np.clip(light / np.maximum(local, 1e-3), 0.45, 1.5)
    broad = np.clip(local / middle, 0.5, 1.6) ** 0.35  # the large shadows, but hardly a print's shapes
    return (fine * broad).astype(np.float32)


def load(path: Path, side: int = SIDE) -> list[Garment]:
    """Read garments.parquet: cut-outs with a trustworthy matte, in the file's order."""
    import pyarrow.parquet as pq

    rows = pq.read_table(path).to_pylist()
    garments = []
    for row in rows:
        if row["label"] not in LABELS or row["softness"] > MAX_SOFTNESS or row["coverage"] < 0.08:
            continue
        picture = Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGBA")
        rgba = np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS))
        if (rgba[..., 3] > 128).mean() < 0.06:
            continue
        colour = rgba[rgba[..., 3] > 200][:, :3]
        median = np.median(colour, axis=0) if len(colour) else np.array([128.0] * 3)
        garments.append(
            Garment(
                rgba, _shade(rgba), LABELS[row["label"]], bool(row["kids"]), (median / 255).astype(np.float32)
            )
        )
    return garments


def rgb(colour: str, rng: np.random.Generator, spread: float = 0.03) -> NDArray[np.float32]:
    """A named colour, jittered as dyes are, (3,) from 0 to 1."""
    anchor = COLOURS[colour].rgb
    value = np.array(anchor, dtype=np.float32) / 255
    return np.clip(value * rng.normal(1, 0.06) + rng.normal(0, spread, 3), 0.02, 0.98).astype(np.float32)


def swatch(garment: Garment, rng: np.random.Generator) -> NDArray[np.float32]:
    """Cloth cut out of a garment and mirrored until it fills a picture, (side, side, 3) from 0 to 1.

    The largest of a few squares that lie inside the matte; where none does, its own colour throughout.
    """
    side = garment.rgba.shape[0]
    inside = np.pad((garment.rgba[..., 3] > 240).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    for size in (side // 2, side * 3 // 8, side // 4, side // 6):
        count = inside[size:, size:] - inside[:-size, size:] - inside[size:, :-size] + inside[:-size, :-size]
        places = np.argwhere(count == size * size)
        if len(places):
            y, x = places[int(rng.integers(len(places)))]
            piece = garment.rgba[y : y + size, x : x + size, :3].astype(np.float32) / 255
            wide = np.concatenate([piece, piece[:, ::-1]], 1)
            tile = np.concatenate([wide, wide[::-1]])
            times = -(-side // len(tile))
            return np.tile(tile, (times, times, 1))[:side, :side]
    return np.broadcast_to(garment.colour, (side, side, 3)).astype(np.float32)


def _move(
    garment: Garment, rng: np.random.Generator, scale: float, reach: float, turn: float
) -> tuple[Pixels, Pixels]:
    """RGBA and shade (as one L plane, 128 = 1) after a flip, a turn, a scale and a shift."""
    side = garment.rgba.shape[0]
    shade = np.clip(garment.shade * 128, 0, 255).astype(np.uint8)
    rgba = garment.rgba
    if rng.random() < 0.5:
        rgba, shade = rgba[:, ::-1], shade[:, ::-1]
    c, s = np.cos(turn) / scale, np.sin(turn) / scale
    dx, dy = rng.uniform(-reach, reach, 2) * side
    half = side / 2
    matrix = (c, s, half - c * (half + dx) - s * (half + dy), -s, c, half + s * (half + dx) - c * (half + dy))
    size, how, smooth = (side, side), Image.Transform.AFFINE, Image.Resampling.BILINEAR
    moved = Image.fromarray(np.ascontiguousarray(rgba)).transform(size, how, matrix, smooth)
    folds = Image.fromarray(np.ascontiguousarray(shade)).transform(size, how, matrix, smooth)
    return np.asarray(moved), np.asarray(folds)


def _background(side: int, rng: np.random.Generator, others: list[Garment]) -> NDArray[np.float32]:
    """Something like a floor, a wall, a bedspread or a crowd of cloth, (side, side, 3)."""
    kind = rng.random()
    first, second = rng.uniform(0.05, 0.98, 3), rng.uniform(0.05, 0.98, 3)
    if rng.random() < 0.6:  # rooms are mostly dull
        grey = rng.uniform(0.25, 0.97)
        first = np.clip(grey + rng.normal(0, 0.06, 3), 0, 1)
        second = np.clip(first * rng.uniform(0.6, 1.2), 0, 1)
    ramp = np.linspace(0, 1, side, dtype=np.float32)
    ramp = ramp[:, None] if rng.random() < 0.5 else ramp[None, :]
    field = np.broadcast_to(ramp, (side, side))[..., None]
    ground = (first * (1 - field) + second * field).astype(np.float32)
    if kind < 0.25:
        pass
    elif kind < 0.5:
        pattern = str(rng.choice(["striped", "checked", "floral", "camouflage", "zebra"]))
        blend = rng.uniform(0.1, 0.6)
        cloth = textures.paint(pattern, side, first.astype(np.float32), second.astype(np.float32), rng)
        ground = (ground * (1 - blend) + cloth * blend).astype(np.float32)
    elif kind < 0.75:
        cell = int(rng.choice([4, 8, 16, 32]))
        coarse = rng.normal(0, rng.uniform(0.03, 0.2), (side // cell + 1, side // cell + 1)).astype(
            np.float32
        )
        grain = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        ground = ground + np.asarray(grain)[..., None]
    else:  # a scrap of another garment's photo, enlarged
        scrap = others[int(rng.integers(len(others)))]
        x, y = rng.integers(20, side - 60, 2)
        piece = Image.fromarray(np.ascontiguousarray(scrap.rgba[y : y + 40, x : x + 40, :3]))
        enlarged = piece.resize((side, side), Image.Resampling.BICUBIC)
        ground = (np.asarray(enlarged) / 255).astype(np.float32)
    if rng.random() < 0.4:  # an edge: floor meets wall
        edge = int(rng.uniform(0.1, 0.9) * side)
        ground = ground.copy()
        if rng.random() < 0.5:
            ground[edge:] *= rng.uniform(0.5, 1.2)
        else:
            ground[:, edge:] *= rng.uniform(0.5, 1.2)
    return np.clip(ground + rng.normal(0, 0.02, (side, side, 1)), 0, 1).astype(np.float32)


def draw(
    garment: Garment,
    look: Look | None,
    rng: np.random.Generator,
    *,
    ground: NDArray[np.float32] | None = None,
    ink: NDArray[np.float32] | None = None,
    busy: list[Garment] | None = None,
    split: int = 0,
    fabric: NDArray[np.float32] | None = None,
) -> Pixels:
    """Draw a garment with a look's colour and pattern, uint8 RGB (side, side, 3).

    look: None keeps the garment's own cloth. ground, ink: RGB instead of the look's named
    colours. fabric: cloth to sew it of instead of the look's, as `swatch` gives it. busy:
    garments to make a cluttered background from, with a photo's light and framing; None draws
    on white. split: 1 uses texture maps kept for judging.
    """
    return draw_matted(garment, look, rng, ground=ground, ink=ink, busy=busy, split=split, fabric=fabric)[0]


def draw_matted(
    garment: Garment,
    look: Look | None,
    rng: np.random.Generator,
    *,
    ground: NDArray[np.float32] | None = None,
    ink: NDArray[np.float32] | None = None,
    busy: list[Garment] | None = None,
    split: int = 0,
    fabric: NDArray[np.float32] | None = None,
) -> tuple[Pixels, Pixels]:
    """As `draw`, with the garment's matte in that picture beside it, uint8 (side, side)."""
    side = garment.rgba.shape[0]
    if busy is None:
        rgba, folds = _move(garment, rng, rng.uniform(0.86, 0.98), 0.02, rng.normal(0, 0.03))
    else:
        rgba, folds = _move(garment, rng, rng.uniform(0.55, 1.15), 0.1, rng.normal(0, 0.15))
    alpha = (rgba[..., 3:4].astype(np.float32)) / 255
    if look is None and fabric is None:
        cloth = (rgba[..., :3] / 255).astype(np.float32)
    else:
        shade = folds[..., None].astype(np.float32) / 128
        contrast = rng.uniform(0.75, 1.1)
        if fabric is not None:
            cloth = fabric
        elif look is not None:
            base = rgb(look.colour, rng) if ground is None else ground
            other = rgb(look.second_colour, rng) if ink is None and look.second_colour else ink
            if other is None:
                other = np.full(3, 0.95, np.float32) if base.mean() < 0.6 else np.full(3, 0.12, np.float32)
            cloth = textures.paint(look.pattern, side, base, other, rng, split)
        lit = 1 + (shade - 1) * contrast
        # dark cloth shows its folds as highlights, which a product alone would lose
        cloth = (cloth * lit + 0.10 * np.clip(lit - 1, -0.5, 1) * (1 - cloth)).astype(np.float32)
    if busy is None:
        scene = np.ones((side, side, 3), dtype=np.float32)
    else:
        scene = _background(side, rng, busy)
    picture = cloth * alpha + scene * (1 - alpha)
    if busy is not None:  # the room's light
        tinted = np.clip(picture * rng.normal(1, 0.05, 3), 0, 1.2)
        picture = (tinted ** rng.uniform(0.8, 1.3) * rng.uniform(0.7, 1.12)).astype(np.float32)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8), rgba[..., 3]
