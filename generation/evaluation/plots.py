"""Plots: points with intervals, curves, and pictures side by side, as PNG, drawn with Pillow alone.

This module knows numbers and names; what they mean it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from generation.evaluation.colour import Pixels

INKS = ("#1f5fa8", "#d0662a", "#3d8a4e", "#8a4ea0")
GREY, PALE = "#555555", "#dddddd"
WIDE, ROW, PANEL = 900, 34, 300


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval."""

    value: float
    low: float
    high: float


def intervals(path: Path, title: str, rows: Mapping[str, Mapping[str, Point]]) -> None:
    """A line a row of the table: points of each model with whiskers, on a scale of the row's own."""
    models = list(dict.fromkeys(name for row in rows.values() for name in row))
    high = 70 + ROW * len(rows)
    board = Image.new("RGB", (WIDE, high), "white")
    pen = ImageDraw.Draw(board)
    font, small = ImageFont.load_default(15), ImageFont.load_default(11)
    pen.text((12, 8), title, fill="black", font=font)
    for i, model in enumerate(models):
        pen.text((12 + 300 * i, 32), f"    {model}"[:48], fill=INKS[i % len(INKS)], font=small)
        pen.ellipse((12 + 300 * i, 35, 20 + 300 * i, 43), fill=INKS[i % len(INKS)])
    left, right = 330, WIDE - 90
    for line, (name, row) in enumerate(rows.items()):
        y = 62 + ROW * line
        pen.text((12, y - 2), name[:48], fill="black", font=small)
        low = min(min(p.low, p.value) for p in row.values())  # FID lies below its own interval
        top = max(max(p.high, p.value) for p in row.values())
        span = (top - low) or abs(top) or 1.0

        def at(value: float, low: float = low, span: float = span) -> float:
            return left + (right - left) * (value - low) / span

        pen.line((left, y + 12, right, y + 12), fill=PALE)
        pen.text((left - 4, y + 14), f"{low:.3g}", fill=GREY, font=small)
        pen.text((right + 6, y + 14), f"{top:.3g}", fill=GREY, font=small)
        for i, model in enumerate(models):
            if model in row:
                point, level = row[model], y + 2 + 7 * i
                ink = INKS[i % len(INKS)]
                pen.line((at(point.low), level, at(point.high), level), fill=ink, width=2)
                x = at(point.value)
                pen.ellipse((x - 4, level - 4, x + 4, level + 4), fill=ink)
    path.parent.mkdir(parents=True, exist_ok=True)
    board.save(path)


def curves(path: Path, panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]) -> None:
    """A panel a name, in each of them lines of (x, y) on one scale."""
    board = Image.new("RGB", (WIDE, max(1, len(panels)) * PANEL), "white")
    pen = ImageDraw.Draw(board)
    font, small = ImageFont.load_default(15), ImageFont.load_default(11)
    for number, (title, lines) in enumerate(panels.items()):
        top = number * PANEL
        left, right, high, low = 70, WIDE - 20, top + 44, top + PANEL - 34
        pen.text((12, top + 8), title, fill="black", font=font)
        points = [p for line in lines.values() for p in line]
        if not points:
            continue
        xs, ys = [x for x, _ in points], [y for _, y in points]
        spans = ((max(xs) - min(xs)) or 1.0, (max(ys) - min(ys)) or 1.0)
        pen.rectangle((left, high, right, low), outline=PALE)
        for share in (0.0, 0.5, 1.0):
            y = low + (high - low) * share
            pen.text((8, y - 6), f"{min(ys) + spans[1] * share:.4g}", fill=GREY, font=small)
            x = left + (right - left) * share
            pen.text((x - 16, low + 4), f"{min(xs) + spans[0] * share:.0f}", fill=GREY, font=small)
        for i, (name, line) in enumerate(lines.items()):
            ink = INKS[i % len(INKS)]
            pen.text((220 + 170 * i, top + 12), name[:26], fill=ink, font=small)
            path_ = [
                (
                    left + (right - left) * (x - min(xs)) / spans[0],
                    low + (high - low) * (y - min(ys)) / spans[1],
                )
                for x, y in line
            ]
            if len(path_) > 1:
                pen.line(path_, fill=ink, width=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    board.save(path)


def board(
    path: Path,
    title: str,
    heads: Sequence[str],
    lines: Sequence[tuple[str, Sequence[Pixels]]],
    cell: int = 128,
) -> None:
    """Pictures side by side, a line of words under each row of them, heads above the columns."""
    wide, high, top = cell + 6, cell + 18, 34
    canvas = Image.new("RGB", (len(heads) * wide, top + high * len(lines)), "white")
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(11)
    letters = len(heads) * wide // 6
    pen.text((4, 3), title[:letters], fill="black", font=font)
    for column, head in enumerate(heads):
        pen.text((column * wide + 4, 18), head, fill=GREY, font=font)
    for line, (words, pictures) in enumerate(lines):
        y = top + line * high
        for column, picture in enumerate(pictures):
            image = Image.fromarray(np.ascontiguousarray(picture))
            canvas.paste(image.resize((cell, cell), Image.Resampling.LANCZOS), (column * wide, y))
        pen.text((4, y + cell + 2), words[:letters], fill="black", font=font)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.save(path, optimize=True)


def smooth(line: Sequence[tuple[float, float]], keep: float = 0.9) -> list[tuple[float, float]]:
    """A running mean, so that a noisy curve can be read."""
    found: list[tuple[float, float]] = []
    for x, y in line:
        found.append((x, y if not found else keep * found[-1][1] + (1 - keep) * y))
    return found
