"""Marks become rates with honest intervals, a table and a sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.evaluation import report
from generation.evaluation.exam import Mark
from generation.evaluation.questions import LANGUAGES, Question


def marks(count: int, right: float) -> list[Mark]:
    """Pairs whose English half is always right, and whose Russian half in a share `right`."""
    pixels = np.full((128, 128, 3), 200, np.uint8)
    found = []
    for i in range(count):
        for language in LANGUAGES:
            good = language == "en" or i < right * count
            pattern = ("plain", "leopard", "striped", "checked")[i % 4]
            question = Question(language, "x", i, "dress", frozenset({"red"}), pattern)
            found.append(Mark(question, pixels, good, good, good, ("dress", pattern, "red")))
    return found


def test_rates_lie_in_their_intervals_and_shrink_with_the_number() -> None:
    few, many = report.rate(np.tile([1.0, 0.0], 10)), report.rate(np.tile([1.0, 0.0], 200))
    assert few["low"] < few["rate"] == 0.5 < few["high"]
    assert many["high"] - many["low"] < (few["high"] - few["low"]) / 3
    assert many["high"] - many["low"] == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.15)


def test_the_table_has_each_language_and_their_difference() -> None:
    rows = report.rates(marks(40, 0.75), report.TEXT)
    type_ = rows[0]
    assert (type_["ru"]["rate"], type_["en"]["rate"]) == (0.75, 1.0)
    assert type_["ru_minus_en"]["rate"] == -0.25 and type_["ru_minus_en"]["high"] < 0
    leopard = next(row for row in rows if row["measure"] == "leopard")
    assert leopard["ru"]["n"] == 10
    text = report.markdown(rows, ["a fact"])
    assert "| garment type (11 groups) | 70% | **75%** (" in text
    assert text.endswith("a fact\n")


def test_measures_that_nothing_counts_for_are_left_out() -> None:
    only_plain = [mark for mark in marks(8, 1) if mark.question.pattern == "plain"]
    names = [row["measure"] for row in report.rates(only_plain, report.TEXT)]
    assert "plain" in names and "leopard" not in names


def test_the_sheet_holds_every_drawing(tmp_path: Path) -> None:
    report.sheet(marks(5, 0.5), tmp_path / "sheets" / "sheet.png", columns=4)
    with Image.open(tmp_path / "sheets" / "sheet.png") as sheet:
        assert sheet.size == (4 * 132, 3 * 165)
