"""Inception's features are prepared as clean-fid does it, and never called by another name."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from generation.evaluation import comparison, eyes, judges, resampling
from tests.generation.evaluation.test_comparison import _products


class Layers(nn.Module):
    """Stands for Inception's layers: the means of the picture's quarters, over and over."""

    def forward(self, given: Tensor) -> Tensor:
        assert given.shape[1:] == (3, 299, 299)
        parts = nn.functional.adaptive_avg_pool2d(given, 2).flatten(1)
        return parts.repeat(1, 171)[:, :2048, None, None]


class Whole(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = Layers()

    def forward(self, given: Tensor) -> Tensor:
        return self.layers(given)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("inception") / "inception-2015-12-05.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Whole()).save(str(path))
    return path


def test_values_are_scaled_as_inception_wants_them(file: Path) -> None:
    look = eyes.inception(file)
    black, white = np.zeros((1, 128, 128, 3), np.uint8), np.full((1, 128, 128, 3), 255, np.uint8)
    assert torch.allclose(look.features(black), torch.full((1, 2048), -1.0))
    assert torch.allclose(look.features(white), torch.full((1, 2048), 127 / 128))
    slope = np.repeat(np.arange(128, dtype=np.uint8)[None, :, None], 128, 0).repeat(3, 2)
    assert len(np.unique(eyes.enlarged(slope))) > 256, "not rounded"


def test_its_figures_have_lines_of_their_own(file: Path) -> None:
    held = _products(12)
    noise = [np.random.default_rng(i).integers(0, 255, (128, 128, 3), np.uint8) for i in range(12)]
    both = [eyes.small(), eyes.inception(file)]
    weights = resampling.counts(len(held), 20)
    found = comparison.measure(held, "en", [noise], judges.load(), None, weights, both)
    assert {"FID (MobileNetV2)", "FID (InceptionV3)", "1000 KID (InceptionV3)"} <= found.values.keys()
    assert found.values["FID (MobileNetV2)"] != found.values["FID (InceptionV3)"]


def test_what_is_no_inception_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="clean-fid fetches"):
        eyes.inception(tmp_path / "nothing.pt")
    (tmp_path / "half.pt").write_bytes(b"PK half")
    with pytest.raises(ValueError, match="half downloaded"):
        eyes.inception(tmp_path / "half.pt")
