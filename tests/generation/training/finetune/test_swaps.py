"""Swaps: which products' looks may stand for one another."""

from __future__ import annotations

from generation.training.finetune.swaps import alike
from generation.training.rows import Row

NAMES = (
    "Women Red Dress",
    "Men Red Striped T-shirt",
    "Women Red Skirt",
    "Men Red Shorts",
    "Women Blue Dress",
    "Women Red Summer Dress",
    "Men Blue Jeans",
)
ROWS = [Row(i, f"p{i}", name=name) for i, name in enumerate(NAMES)]


def test_of_the_same_colour_and_pattern_but_of_another_kind() -> None:
    found = {number: set(others.tolist()) for number, others in alike(ROWS, range(len(ROWS))).items()}
    assert found == {0: {2, 3}, 2: {0, 3, 5}, 3: {0, 2, 5}, 4: {6}, 5: {2, 3}, 6: {4}}


def test_only_among_the_rows_that_are_named() -> None:
    assert {n: v.tolist() for n, v in alike(ROWS, [0, 2, 4]).items()} == {0: [2], 2: [0]}


def test_without_a_colour_or_a_kind_nothing_is_swapped() -> None:
    rows = [Row(0, "a", name="Women Dress"), Row(1, "b", name="Red Something"), Row(2, "c", name="Red Skirt")]
    assert alike(rows, range(3)) == {}
