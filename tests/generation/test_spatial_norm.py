"""Enlarging by repetition: the same values and gradients as interpolation."""

import pytest
import torch
from torch.nn import functional as F

from generation.spatial_norm import enlarge


@pytest.mark.parametrize("size", [(6, 8), (12, 16), (9, 10)])
def test_enlarging_is_interpolation(size: tuple[int, int]) -> None:
    with torch.inference_mode(False):
        maps = torch.randn(2, 3, 6, 8)
        ours, theirs = maps.clone().requires_grad_(), maps.clone().requires_grad_()
        weights = torch.randn(2, 3, *size)
        (enlarge(ours, *size) * weights).sum().backward()
        (F.interpolate(theirs, size=size, mode="nearest") * weights).sum().backward()
        assert torch.equal(enlarge(maps, *size), F.interpolate(maps, size=size, mode="nearest"))
        assert ours.grad is not None and theirs.grad is not None
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-5)
