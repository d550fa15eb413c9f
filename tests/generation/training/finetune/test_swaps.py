"""Swaps: which products' looks may stand for one another."""

from __future__ import annotations

import numpy as np

from generation.training.finetune.swaps import NEAREST, brief, swaps
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
    alike = swaps(ROWS, range(len(ROWS))).alike
    found = {number: set(others.tolist()) for number, others in alike.items()}
    assert found == {0: {2, 3}, 2: {0, 3, 5}, 3: {0, 2, 5}, 4: {6}, 5: {2, 3}, 6: {4}}


def test_only_among_the_rows_that_are_named() -> None:
    assert {n: v.tolist() for n, v in swaps(ROWS, [0, 2, 4]).alike.items()} == {0: [2], 2: [0]}


def test_without_a_colour_or_a_kind_nothing_is_swapped() -> None:
    rows = [Row(0, "a", name="Women Dress"), Row(1, "b", name="Red Something"), Row(2, "c", name="Red Skirt")]
    assert swaps(rows, range(3)).alike == {}


def test_of_the_same_name_the_nearest_tone() -> None:
    rows = [Row(0, "d", name="Women Red Dress")] + [
        Row(n, f"s{n}", name="Women Red Skirt") for n in range(1, 2 * NEAREST + 1)
    ]
    reds = np.array([130, *range(100, 100 + 10 * 2 * NEAREST, 10)], dtype=np.uint8)

    def pictures(numbers: list[int]) -> np.ndarray:
        found = np.full((len(numbers), 128, 128, 3), 255, dtype=np.uint8)
        found[:, 32:96, 32:96] = 0
        found[:, 32:96, 32:96, 0] = reds[numbers][:, None, None]
        return found

    near = swaps(rows, range(len(rows)), pictures).alike[0]
    assert len(near) == NEAREST and near[0] == 4, "the one that is as red"
    assert set(near.tolist()) == set(range(1, NEAREST + 1))


def test_what_is_said_with_a_photo_names_no_colour() -> None:
    said = brief(Row(0, "a", name="Women Red Striped Sneakers"))
    assert said.en == ("striped sneakers",) and said.ru == ("полосатые кроссовки",)
    said = brief(Row(0, "a", name="Women Red Sneakers"))
    assert said.en == ("sneakers", "shoes") and "красн" not in " ".join(said.ru)
