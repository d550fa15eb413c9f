"""Plots: what is drawn lies on its scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.evaluation.plots import WIDE, Point, intervals


@pytest.mark.parametrize("value", [338.0, 345.0, 351.0])
def test_a_point_lies_on_the_scale_even_outside_its_interval(tmp_path: Path, value: float) -> None:
    intervals(tmp_path / "it.png", "FID", {"FID": {"ours": Point(value, 340, 350)}})
    with Image.open(tmp_path / "it.png") as picture:
        row = np.asarray(picture.convert("RGB"))[62:72].astype(int)
    inked = np.flatnonzero(((row.max(2) - row.min(2)) > 60).any(0))  # the point and its interval are coloured
    assert inked.size and inked.min() >= 326 and inked.max() <= WIDE - 86
