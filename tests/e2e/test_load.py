"""Many chats by chance: everybody is acknowledged and answered, and memory does not grow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.measure_load import Figures, measure

GROWTH = 1.15


def _check(figures: Figures) -> None:
    print("\n".join(figures.lines()))
    assert len(figures.acknowledged) == len(figures.answered) > 0
    assert figures.growth < GROWTH


@pytest.mark.slow
async def test_a_short_load_on_a_painter(tmp_path: Path) -> None:
    _check(await measure(tmp_path, chats=200, share=0.8, seconds=20, warm=20, painter=0.2))


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_ten_minutes_of_200_chats_on_the_embedded_model(tmp_path: Path) -> None:
    _check(await measure(tmp_path, chats=200, share=0.8, seconds=600, warm=20))
