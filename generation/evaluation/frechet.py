"""FID: the Fréchet distance between Gaussians fitted to features of drawn and of real pictures.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017 (arXiv:1706.08500).
Of MobileNetV2's features here, so it compares with itself only and with no
published FID, which is Inception's. It is biased by the number of pictures: both
sides and both models need the same. This module knows features only.
"""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(one: Tensor, other: Tensor) -> float:
    """Of features (N, D) and (M, D). Raises ValueError under two.

    The trace of (C₁C₂)^½ is the sum of the singular values of A₁A₂ᵀ, Cᵢ = AᵢᵀAᵢ: exact also where there are
    fewer pictures than dimensions.
    """
    if min(len(one), len(other)) < 2:
        raise ValueError("a distance needs at least two pictures on each side")
    one, other = one.double(), other.double()
    means = one.mean(0), other.mean(0)
    spread = [(side - mean) / (len(side) - 1) ** 0.5 for side, mean in zip((one, other), means, strict=True)]
    shared = torch.linalg.svdvals(spread[0] @ spread[1].T).sum()
    apart = (means[0] - means[1]).square().sum()
    return float(apart + spread[0].square().sum() + spread[1].square().sum() - 2 * shared)
