"""KID: how far drawn pictures are from real ones, as a kernel distance of MobileNetV2's features.

Bińkowski et al., "Demystifying MMD GANs", 2018 (arXiv:1801.01401): the unbiased
squared MMD with the kernel (x·y / d + 1)³, its mean over subsets. The paper takes
Inception's features, so figures here compare with each other only. This module
knows features; where the pictures come from, it does not.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation import mobilenet


def squared_mmd(one: Tensor, other: Tensor) -> float:
    """Unbiased squared MMD of features (N, D) and (M, D); it can be below 0. Raises ValueError under two."""
    if min(len(one), len(other)) < 2:
        raise ValueError("a distance needs at least two pictures on each side")
    one, other = one.double(), other.double()
    width = one.shape[1]

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / width + 1) ** 3

    within = 0.0
    for side in (one, other):
        table, count = kernel(side, side), len(side)
        within += float((table.sum() - table.diagonal().sum()) / (count * (count - 1)))
    return within - 2 * float(kernel(one, other).mean())


def kid(one: Tensor, other: Tensor, subsets: int = 50, size: int = 100, seed: int = 0) -> tuple[float, float]:
    """Mean and standard deviation of `squared_mmd` over random subsets of at most `size` of each side."""
    rng = np.random.default_rng(seed)
    size = min(size, len(one), len(other))
    values = [
        squared_mmd(
            one[torch.from_numpy(rng.permutation(len(one))[:size])],
            other[torch.from_numpy(rng.permutation(len(other))[:size])],
        )
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def kid_of_pictures(one: NDArray[np.uint8], other: NDArray[np.uint8], seed: int = 0) -> tuple[float, float]:
    """The same of pictures, uint8 (N, H, W, 3)."""
    network = mobilenet.load()
    return kid(mobilenet.features(network, one), mobilenet.features(network, other), seed=seed)
