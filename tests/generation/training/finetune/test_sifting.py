"""Sifting: which products are learnt from, and how often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from generation.training.finetune import sifting
from generation.training.rows import Row

NAMES = {"type": ("blazer", "outwear", "shirt", "shoes"), "colour": ("red", "burgundy", "pink", "navy")}


def shares(seen: Sequence[tuple[Sequence[float], Sequence[float]]]) -> dict[str, np.ndarray]:
    kinds, colours = zip(*seen, strict=True)
    return {"type": np.array(kinds, np.float32), "colour": np.array(colours, np.float32)}


SHIRT, SHOES = (0.1, 0.1, 0.7, 0.1), (0, 0, 0.1, 0.9)
RED, PINK = (0.6, 0.3, 0.09, 0.01), (0.2, 0.01, 0.7, 0.09)


@pytest.mark.parametrize(
    ("name", "kind", "colour", "kept"),
    [
        ("Men Red Shirt", SHIRT, RED, True),
        ("Men Burgundy Shirt", SHIRT, RED, True),  # half as likely as the likeliest
        ("Men Red Shirt", SHIRT, PINK, False),
        ("Men Red Shirt", SHOES, RED, False),
        (
            "Men Red Jacket",
            (0.3, 0.25, 0.45, 0),
            RED,
            True,
        ),  # a blazer is a jacket: together they are likelier
        ("Men Red Watch", SHOES, RED, True),  # what the reader was never taught
        ("Men Shoes", SHOES, RED, True),  # no colour is named
        ("Men Olive Shoes", SHOES, RED, True),  # nor this colour
        ("Gizmo 3000", SHOES, RED, True),
    ],
)
def test_a_row_is_kept_unless_its_photo_shows_something_else(
    name: str, kind: Sequence[float], colour: Sequence[float], kept: bool
) -> None:
    row = Row(0, "a", name=name)
    assert sifting.agreeing([row], [0], shares([(kind, colour)]), NAMES) == ([0] if kept else [])


def test_only_among_the_rows_that_are_named() -> None:
    rows = [Row(n, f"p{n}", name="Men Red Shirt") for n in range(3)]
    assert sifting.agreeing(rows, [2, 0], shares([(SHIRT, RED)] * 3), NAMES) == [2, 0]


def test_the_fewer_of_a_kind_the_oftener_each() -> None:
    rows = [Row(n, f"p{n}", name="Men Red Shoes") for n in range(9)] + [Row(9, "s", name="Men Red Shirt")]
    rows += [Row(10, "g", name="Gizmo 3000")]  # a kind of its own, in no table
    even, half, fair = (sifting.odds(rows, range(11), balance) for balance in (0, 0.5, 1))
    assert even == pytest.approx(1 / 11)
    assert half[9] == pytest.approx(3 * half[0]) and half.sum() == pytest.approx(1)
    assert fair[:9].sum() == pytest.approx(1 / 3) and fair[10] == pytest.approx(1 / 3)
