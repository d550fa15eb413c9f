"""The stage that teaches to read photos: what it shows and what it asks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from generation.reader import OUTLINE, SIDE, Reader
from generation.training import garments as wardrobe
from generation.training import reader
from generation.training.run import Plan

PLAN = Plan(steps=2, batch=6, rate=1e-3)


@pytest.fixture(autouse=True)
def _with_gradients() -> Iterator[None]:
    with torch.inference_mode(False):
        yield


def garment(type_: str, rgb: tuple[int, int, int]) -> wardrobe.Garment:
    rgba = np.zeros((SIDE, SIDE, 4), np.uint8)
    rgba[30:130, 40:120] = (*rgb, 255)
    shade = np.ones((SIDE, SIDE), np.float32)
    return wardrobe.Garment(rgba, shade, type_, False, np.array(rgb, np.float32) / 255)


GARMENTS = [garment("dress", (200, 20, 30)), garment("hat", (20, 30, 200))]
CLOTHS = [reader.NAMES["pattern"].index("plain"), reader.UNKNOWN]


def test_a_batch_asks_what_is_known() -> None:
    pictures, answers, covered = reader.draw(GARMENTS, CLOTHS, PLAN, 3)
    assert pictures.shape == (6, 3, SIDE, SIDE)
    assert covered.shape == (6, 1, OUTLINE, OUTLINE)
    assert 0 < float(covered.mean()) < 1
    assert set(answers) == {"type", "colour", "pattern"}
    assert torch.equal(pictures, reader.draw(GARMENTS, CLOTHS, PLAN, 3)[0])
    batches = [reader.draw(GARMENTS, CLOTHS, PLAN, step)[1] for step in range(8)]
    told = {int(pattern) for batch in batches for pattern in batch["pattern"]}
    assert reader.UNKNOWN in told
    assert len(told) > 2  # re-dyed ones are asked for their prints


def test_it_learns_from_a_batch_and_leaves_unknowns_out() -> None:
    torch.manual_seed(0)
    eyes = Reader(reader.NAMES)
    batch = reader.draw(GARMENTS, CLOTHS, PLAN, 0)
    value, figures = reader.loss(eyes, batch)
    value.backward()
    assert torch.isfinite(value)
    assert set(figures) == {"outline", "type", "colour", "pattern"}
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in eyes.outline.parameters())
    unknown = {kind: torch.full_like(wanted, reader.UNKNOWN) for kind, wanted in batch[1].items()}
    value, figures = reader.loss(eyes, (batch[0], unknown, batch[2]))
    assert torch.isfinite(value)
    assert figures["colour"] == 0
