"""Sifting: which products are learnt from: those whose photo shows what their text names.

A shop's photo of a shirt may show a man with trousers and a tie, and a «brown» shoe be
burgundy. A small model that is told so learns to draw the one for the other. So where
the base brings a reader (`generation.reader`), rows are left out in which it sees
another kind of garment than the text names, or the text's colour as far less likely
than another. What the text does not name, or the reader was never taught, is no
disagreement. This module knows rows and the reader's shares; it does not know pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from generation.evaluation.judges import GROUP_OF
from generation.training.bilingual import garment, sighting
from generation.training.rows import Row

NEARLY = 0.5
"""The text's colour is seen where the reader finds it at least so likely as the likeliest."""


def agreeing(
    rows: Sequence[Row],
    numbers: Sequence[int],
    shares: Mapping[str, NDArray[np.float32]],
    names: Mapping[str, Sequence[str]],
) -> list[int]:
    """Those of the rows `numbers` of which the reader sees what their text says.

    shares: by kind ("type", "colour"), of all rows, (N, K); names: of their columns.
    """
    groups = sorted({GROUP_OF[name] for name in names["type"] if name in GROUP_OF})
    of_group = np.array([[GROUP_OF.get(name) == group for group in groups] for name in names["type"]])
    seen = (shares["type"] @ of_group.astype(np.float32)).argmax(1)
    likely = shares["colour"] >= NEARLY * shares["colour"].max(1, keepdims=True)
    colours = list(names["colour"])
    found = []
    for number in numbers:
        group, colour = kind(rows[number]), next(iter(sighting(rows[number]).colours), None)
        if group in groups and groups[seen[number]] != group:
            continue
        if colour in colours and not likely[number, colours.index(colour)]:
            continue
        found.append(number)
    return found


def kind(row: Row) -> str | None:
    """The group of types, of `judges.GROUPS`, that a row's text names; None for what is in no table."""
    return GROUP_OF.get(garment(row) or "")


def odds(rows: Sequence[Row], numbers: Sequence[int], balance: float) -> NDArray[np.float64]:
    """How often each of `numbers` is to be drawn, summing up to 1.

    balance: 0 for all alike, 1 for every kind of garment alike, between them the geometric mean.
    """
    kinds = [kind(rows[number]) for number in numbers]
    counts = {one: kinds.count(one) for one in set(kinds)}
    weights = np.array([counts[one] ** -balance for one in kinds])
    return weights / weights.sum()
