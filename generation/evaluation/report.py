"""Report: marks to rates with confidence intervals, a Markdown table, and a contact sheet.

Intervals are percentile bootstraps over looks (Efron 1979): a look's Russian and
English drawings are drawn again together, so that the difference between the
languages is of pairs. This module knows marks; it does not know judges or models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from generation.evaluation.exam import SIDE, Mark
from generation.evaluation.questions import LANGUAGES

RESAMPLES = 2_000
LEVEL = 0.95
FOUR = ("plain", "leopard", "striped", "checked")


@dataclass(frozen=True, slots=True)
class Measure:
    """A line of the table: which marks count, and when one is right. floor: issue 2's, if it has one."""

    name: str
    right: Callable[[Mark], bool]
    counts: Callable[[Mark], bool] = lambda mark: True
    floor: float | None = None


def _asked(*patterns: str) -> Callable[[Mark], bool]:
    return lambda mark: mark.question.pattern in patterns


TEXT = (
    Measure("garment type (11 groups)", lambda m: m.type, floor=0.70),
    Measure("colour (nearest of 20 names)", lambda m: m.colour, floor=0.75),
    Measure("· plain cloth, by its median", lambda m: m.colour, _asked("plain")),
    Measure("plain, leopard, striped or checked (among 8)", lambda m: m.pattern, _asked(*FOUR), 0.70),
    Measure("· plain", lambda m: m.pattern, _asked("plain")),
    Measure("· leopard", lambda m: m.pattern, _asked("leopard")),
    Measure("· striped", lambda m: m.pattern, _asked("striped")),
    Measure("· checked", lambda m: m.pattern, _asked("checked")),
    Measure("any of the 8 patterns", lambda m: m.pattern),
    Measure("type, colour and pattern together", lambda m: m.type and m.colour and m.pattern),
)
PHOTO = (
    Measure("photo + text: the type asked for", lambda m: m.type),
    Measure("· the photo's colour", lambda m: m.colour),
    Measure(
        "· the photo's print (photos that have one)",
        lambda m: m.pattern,
        lambda m: m.question.pattern not in (None, "plain"),
    ),
    Measure("· the type, with the photo's colour or print", lambda m: m.type and m.style, floor=0.60),
)


def rate(right: NDArray[np.float64], seed: int = 0) -> dict[str, float]:
    """Mean of (N,) and its percentile bootstrap interval."""
    rng = np.random.default_rng(seed)
    means = right[rng.integers(0, len(right), (RESAMPLES, len(right)))].mean(1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"rate": float(right.mean()), "low": float(low), "high": float(high), "n": len(right)}


def rates(marks: Sequence[Mark], measures: Sequence[Measure]) -> list[dict[str, Any]]:
    """Each measure in each language, and Russian minus English; marks come in pairs, Russian first."""
    found = []
    for measure in measures:
        row: dict[str, Any] = {"measure": measure.name.removeprefix("· "), "floor": measure.floor}
        values = {}
        for language in LANGUAGES:
            right = [measure.right(m) for m in marks if m.question.language == language and measure.counts(m)]
            if right:
                values[language] = np.array(right, dtype=np.float64)
                row[language] = rate(values[language])
        if len(values) == len(LANGUAGES):
            row["ru_minus_en"] = rate(values["ru"] - values["en"])
            found.append(row | {"name": measure.name})
    return found


def markdown(rows: Sequence[dict[str, Any]], facts: Sequence[str]) -> str:
    """The table for the model card, with what has to be known to read it."""
    lines = [
        "| right | floor | Russian | English | Russian − English | looks |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        floor = "" if row["floor"] is None else f"{row['floor']:.0%}"
        cells = [_cell(row[language]) for language in LANGUAGES]
        gap = row["ru_minus_en"]
        points = f"{100 * gap['rate']:+.0f} ({100 * gap['low']:+.0f} to {100 * gap['high']:+.0f})"
        lines.append(f"| {row['name']} | {floor} | {cells[0]} | {cells[1]} | {points} | {row['ru']['n']} |")
    return "\n".join([*lines, "", *facts]) + "\n"


def _cell(value: dict[str, Any]) -> str:
    return f"**{value['rate']:.0%}** ({value['low']:.0%}–{value['high']:.0%})"


def sheet(marks: Sequence[Mark], path: Path, columns: int = 12) -> None:
    """A contact sheet: under each drawing the language, and what was asked for, green where it is right.

    A red word is followed by what the judges saw. Photo questions have the photo before the drawing.
    """
    cell, lines = SIDE, 3
    high = cell + 11 * lines + 4
    tiles: list[tuple[Any, Mark | None]] = []
    for one in marks:
        if one.question.photo is not None:
            tiles.append((_photo(one.question.photo), None))
        tiles.append((one.pixels, one))
    columns = max(1, min(columns, len(tiles)))
    board = Image.new("RGB", (columns * (cell + 4), -(-len(tiles) // columns) * high), "white")
    pen = ImageDraw.Draw(board)
    for i, (pixels, found) in enumerate(tiles):
        x, y = (i % columns) * (cell + 4), (i // columns) * high
        board.paste(Image.fromarray(pixels), (x, y))
        if found is None:
            pen.text((x + 2, y + cell), "photo", fill="grey")
            continue
        asked = found.question
        words = (
            (asked.group, found.type, found.given[0]),
            (asked.pattern or "-", found.pattern or asked.pattern is None, found.given[1]),
            ("/".join(sorted(asked.colours)), found.colour, found.given[2]),
        )
        for line, (wanted, right, given) in enumerate(words):
            text = wanted if right else f"{wanted}: {given}"
            head = f"{asked.language} " if line == 0 else ""
            pen.text((x + 2, y + cell + 11 * line), head + text, fill="green" if right else "red")
    path.parent.mkdir(parents=True, exist_ok=True)
    board.save(path)


def _photo(data: bytes) -> Any:
    import io

    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.thumbnail((SIDE, SIDE))
    ground = Image.new("RGB", (SIDE, SIDE), "white")
    ground.paste(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return np.asarray(ground)
