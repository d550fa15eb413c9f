"""Textures of cloth, drawn by a program: leopard, zebra, stripes, checks, dots, flowers, camouflage, denim.

There are next to no leopard prints among real photos of garments, so they are
drawn here and laid on the garments' folds (`garments.py`). A texture is first
an index map, uint8 (TILE, TILE), where 0 is the ground and 1..3 are inks;
`paint` gives it colours. This module knows nothing of garments or captions.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

TILE = 512
"""Side of an index map in pixels; a garment shows a turned cut of it."""
VARIANTS = 16
"""How many maps of each drawn pattern are kept; cuts, turns and colours vary each of them further."""

COARSER = {"leopard": 1.4, "dotted": 1.25, "floral": 1.2, "checked": 1.1}
"""How much larger these are drawn for the model's training than on the maps for judging: its latents hold
blocks of 8 pixels, and what is hardly larger comes out of them as a blur."""

PATTERNS = ("plain", "leopard", "zebra", "striped", "checked", "dotted", "floral", "camouflage", "denim")

Colour = NDArray[np.float32]
"""RGB, 0 to 1, shape (3,)."""


def _noise(rng: np.random.Generator, cell: int) -> NDArray[np.float32]:
    """Smooth noise of mean 0 and deviation 1, (TILE, TILE), with blobs about `cell` pixels wide."""
    coarse = rng.standard_normal((TILE // cell + 3, TILE // cell + 3)).astype(np.float32)
    side = coarse.shape[0] * cell
    field = np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))
    field = field[cell : cell + TILE, cell : cell + TILE]
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)


def _scatter(rng: np.random.Generator, cell: float) -> list[tuple[float, float]]:
    """Points on a jittered hexagonal grid with one point a `cell`."""
    points = []
    for row in range(int(TILE / cell) + 2):
        for column in range(int(TILE / cell) + 2):
            x = (column + 0.5 * (row % 2) + rng.uniform(-0.28, 0.28)) * cell
            y = (row * 0.9 + rng.uniform(-0.28, 0.28)) * cell
            points.append((x, y))
    return points


def _blob(
    rng: np.random.Generator, x: float, y: float, radius: float, wobble: float = 0.3
) -> list[tuple[float, float]]:
    """A closed outline around (x, y) whose radius wavers."""
    angles = np.linspace(0, 2 * math.pi, 11)[:-1]
    radii = radius * (1 + rng.uniform(-wobble, wobble, 10))
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a, r in zip(angles, radii, strict=True)]


def _leopard(rng: np.random.Generator) -> NDArray[np.uint8]:
    sheet = Image.new("L", (TILE, TILE), 0)
    draw = ImageDraw.Draw(sheet)
    cell = rng.uniform(15, 26)
    for x, y in _scatter(rng, cell):
        radius = cell * rng.uniform(0.3, 0.42)
        if rng.random() < 0.25:  # a plain spot between the rosettes
            draw.polygon(_blob(rng, x, y, radius * 0.6), fill=1)
            continue
        draw.polygon(_blob(rng, x, y, radius * 0.85), fill=2)
        start, arcs = rng.uniform(0, 2 * math.pi), int(rng.integers(2, 4))
        for arc in range(arcs):  # a broken ring of dark strokes
            begin = math.degrees(start + arc * 2 * math.pi / arcs)
            box = (x - radius, y - radius, x + radius, y + radius)
            draw.arc(box, begin, begin + 270 / arcs, fill=1, width=max(3, round(radius * 0.55)))
    return np.asarray(sheet)


def _zebra(rng: np.random.Generator) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    period = rng.uniform(17, 28)
    phase = x * rng.uniform(0.1, 0.35) + y + period * (0.75 * _noise(rng, 56) + 0.2 * _noise(rng, 18))
    return (np.sin(2 * math.pi * phase / period) > rng.uniform(-0.1, 0.25)).astype(np.uint8)


def _striped(rng: np.random.Generator) -> NDArray[np.uint8]:
    period, share = rng.uniform(12, 30), rng.uniform(0.3, 0.55)
    y = np.arange(TILE, dtype=np.float32)[:, None]
    line = ((y / period) % 1 < share).astype(np.uint8)
    if rng.random() < 0.2:
        line = np.where(((y / period + 0.75) % 1) < 0.12, 2, line).astype(np.uint8)
    return np.broadcast_to(line, (TILE, TILE)).copy()


def _checked(rng: np.random.Generator) -> NDArray[np.uint8]:
    period, share = rng.uniform(18, 36), rng.uniform(0.35, 0.5)
    line = ((np.arange(TILE, dtype=np.float32) / period) % 1 < share).astype(np.uint8)
    both = line[:, None] + line[None, :]  # 0 ground, 1 where one band runs, 2 where they cross
    index = np.array([0, 3, 1], dtype=np.uint8)[both]
    if rng.random() < 0.3:  # window-pane lines
        thin = ((np.arange(TILE, dtype=np.float32) / period + 0.3) % 1) < 0.09
        index = np.where(thin[:, None] | thin[None, :], 2, index).astype(np.uint8)
    return index


def _dotted(rng: np.random.Generator) -> NDArray[np.uint8]:
    sheet = Image.new("L", (TILE * 2, TILE * 2), 0)
    draw = ImageDraw.Draw(sheet)
    cell, radius = rng.uniform(15, 30), rng.uniform(0.2, 0.33)
    for row in range(int(TILE / cell * 2.2) + 2):
        for column in range(int(TILE / cell) + 2):
            x, y = 2 * (column + 0.5 * (row % 2)) * cell, row * cell
            r = 2 * radius * cell
            draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return (np.asarray(sheet.resize((TILE, TILE), Image.Resampling.BOX)) > 127).astype(np.uint8)


def _floral(rng: np.random.Generator) -> NDArray[np.uint8]:
    sheet = Image.new("L", (TILE, TILE), 0)
    draw = ImageDraw.Draw(sheet)
    cell = rng.uniform(24, 42)
    for x, y in _scatter(rng, cell):
        radius, turn, petals = (
            cell * rng.uniform(0.26, 0.4),
            rng.uniform(0, 2 * math.pi),
            int(rng.integers(5, 7)),
        )
        for leaf in range(2):
            a = turn + 0.6 + leaf * rng.uniform(2, 3.5)
            lx, ly = x + 1.25 * radius * math.cos(a), y + 1.25 * radius * math.sin(a)
            draw.polygon(_blob(rng, lx, ly, radius * 0.42, 0.4), fill=2)
        for petal in range(petals):
            a = turn + petal * 2 * math.pi / petals
            px, py = x + 0.62 * radius * math.cos(a), y + 0.62 * radius * math.sin(a)
            draw.ellipse(
                (px - radius * 0.45, py - radius * 0.45, px + radius * 0.45, py + radius * 0.45), fill=1
            )
        draw.ellipse((x - radius * 0.3, y - radius * 0.3, x + radius * 0.3, y + radius * 0.3), fill=3)
    return np.asarray(sheet)


def _camouflage(rng: np.random.Generator) -> NDArray[np.uint8]:
    cell = int(rng.integers(20, 34))
    index = np.zeros((TILE, TILE), dtype=np.uint8)
    for ink in (1, 2, 3):
        index[(_noise(rng, cell) + 0.35 * _noise(rng, cell // 3)) > 0.62] = ink
    return index


def _denim(rng: np.random.Generator) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:TILE, 0:TILE]
    twill = np.sin((x + y) * 2 * math.pi / rng.uniform(4, 6)) + 0.8 * rng.standard_normal((TILE, TILE))
    return (twill > 0.4).astype(np.uint8)


_DRAWERS = {
    "leopard": _leopard,
    "zebra": _zebra,
    "striped": _striped,
    "checked": _checked,
    "dotted": _dotted,
    "floral": _floral,
    "camouflage": _camouflage,
    "denim": _denim,
}


@cache
def maps(pattern: str, split: int = 0) -> tuple[NDArray[np.uint8], ...]:
    """The index maps of a pattern; `split` 1 gives other maps than 0, for judging on unseen ones."""
    seed = [sum(pattern.encode()), len(pattern), split]
    rng = np.random.default_rng(seed)
    return tuple(_DRAWERS[pattern](rng) for _ in range(VARIANTS))


def _near(colour: Colour, rng: np.random.Generator, spread: float) -> Colour:
    return np.clip(colour + rng.normal(0, spread, 3), 0, 1).astype(np.float32)


def palette(pattern: str, ground: Colour, ink: Colour, rng: np.random.Generator) -> NDArray[np.float32]:
    """Colours of an index map's values, (4, 3): the ground, then the inks as this pattern wears them."""
    light = float(ground @ np.array([0.3, 0.59, 0.11], dtype=np.float32))
    dark = np.array([0.09, 0.06, 0.05], dtype=np.float32)
    if pattern == "leopard":
        fill = ground * 0.72 if light > 0.25 else np.clip(ground + 0.3, 0, 1)
        return np.stack([ground, dark if light > 0.2 else dark + 0.55, fill, fill])
    if pattern == "zebra":
        return np.stack([ground, dark if light > 0.35 else np.full(3, 0.95, np.float32), ground, ground])
    if pattern == "checked":
        return np.stack([ground, ink, _near(ink, rng, 0.1), (ground + ink) / 2])
    if pattern == "floral":
        leaf = np.array([0.25, 0.45, 0.2], dtype=np.float32)
        heart = np.array([0.95, 0.8, 0.25], dtype=np.float32)
        return np.stack([ground, ink, _near(leaf, rng, 0.08), _near(heart, rng, 0.1)])
    if pattern == "camouflage":
        return np.stack([ground, ground * 0.5, np.clip(ground * 1.45 + 0.06, 0, 1), dark + 0.05])
    if pattern == "denim":
        return np.stack([ground, np.clip(ground * 1.18 + 0.07, 0, 1), ground, ground])
    return np.stack([ground, ink, _near(ink, rng, 0.15), ink])


def cut(pattern: str, side: int, rng: np.random.Generator, split: int = 0) -> NDArray[np.uint8]:
    """A random turned and scaled square of a pattern's map, uint8 (side, side)."""
    bank = maps(pattern, split)
    sheet = Image.fromarray(bank[int(rng.integers(len(bank)))])
    scale = rng.uniform(0.75, 1.15)  # of map pixels to one picture pixel
    if split == 0:
        scale /= COARSER.get(pattern, 1.0)
    turn = 0.0
    if pattern == "striped":
        turn = float(rng.choice([0, 0, 0, 90, 90, 45])) + rng.normal(0, 4)
    elif pattern == "checked":
        turn = rng.normal(0, 5) + (45 if rng.random() < 0.08 else 0)
    elif pattern != "denim":
        turn = rng.uniform(0, 360) if pattern != "zebra" else rng.normal(0, 25)
    c, s = scale * math.cos(math.radians(turn)), scale * math.sin(math.radians(turn))
    reach = max(0.0, TILE / 2 - side * scale * 0.72)
    cx, cy = TILE / 2 + rng.uniform(-reach, reach), TILE / 2 + rng.uniform(-reach, reach)
    half = side / 2
    matrix = (c, s, cx - half * (c + s), -s, c, cy - half * (c - s))
    return np.asarray(sheet.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST))


def paint(
    pattern: str, side: int, ground: Colour, ink: Colour, rng: np.random.Generator, split: int = 0
) -> NDArray[np.float32]:
    """Cloth of a pattern, (side, side, 3) from 0 to 1; drawn at twice the size, so that edges are smooth."""
    if pattern == "plain":
        return np.broadcast_to(ground, (side, side, 3)).astype(np.float32)
    index = cut(pattern, side * 2, rng, split) if pattern != "denim" else cut(pattern, side, rng, split)
    cloth = palette(pattern, ground, ink, rng)[index]
    if pattern != "denim":
        cloth = cloth.reshape(side, 2, side, 2, 3).mean((1, 3))
    return np.asarray(cloth, dtype=np.float32)
