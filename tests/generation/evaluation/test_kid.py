"""KID is about nothing for pictures of one kind and grows with the difference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generation.evaluation.kid import kid, kid_of_pictures, squared_mmd


def features(count: int, shift: float, seed: int) -> torch.Tensor:
    return torch.randn(count, 16, generator=torch.Generator().manual_seed(seed)) + shift


def test_it_is_unbiased_and_grows_with_the_distance() -> None:
    same, spread = kid(features(200, 0, 0), features(200, 0, 1), subsets=20, size=50)
    near, _ = kid(features(200, 0, 0), features(200, 0.3, 1), subsets=20, size=50)
    far, _ = kid(features(200, 0, 0), features(200, 1, 1), subsets=20, size=50)
    assert abs(same) < 3 * spread
    assert same < near < far
    assert kid(features(9, 0, 0), features(9, 0, 1)) == kid(features(9, 0, 0), features(9, 0, 1))


def test_the_formula_by_hand() -> None:
    one = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    other = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    # within: (0/2 + 1)³ = 1 both times; across: 1, (1/2 + 1)³, 1, (1/2 + 1)³
    assert squared_mmd(one, other) == pytest.approx(2 - 2 * (1 + 3.375) / 2)
    with pytest.raises(ValueError, match="two pictures"):
        squared_mmd(one[:1], other)


def test_pictures_of_noise_are_far_from_flat_ones() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (8, 64, 64, 3)).astype(np.uint8)
    flat = np.broadcast_to(rng.integers(0, 256, (8, 1, 1, 3)), (8, 64, 64, 3)).astype(np.uint8)
    assert kid_of_pictures(noise, flat)[0] > 10 * abs(kid_of_pictures(noise[:4], noise[4:])[0])
