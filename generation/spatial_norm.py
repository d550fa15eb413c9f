"""Spatial norm, the MOVQ's normalisation, with its 1×1 convolutions run at latent size.

diffusers enlarges the latents first and then runs two 1×1 convolutions at full
size. A 1×1 convolution commutes with nearest-neighbour enlarging, so running it
first gives the same result with a fraction of the operations. This module
knows nothing of pictures.
"""

from __future__ import annotations

import types

from diffusers.models.attention_processor import SpatialNorm
from torch import Tensor, nn
from torch.nn import functional as F


def _forward(self: SpatialNorm, f: Tensor, zq: Tensor) -> Tensor:
    size = f.shape[-2:]
    scale = F.interpolate(self.conv_y(zq), size=size, mode="nearest")
    shift = F.interpolate(self.conv_b(zq), size=size, mode="nearest")
    normed: Tensor = self.norm_layer(f)
    return normed.to(scale.dtype) * scale + shift


def quicken(model: nn.Module) -> int:
    """Replace the forward pass of every SpatialNorm in `model`; returns how many there were."""
    norms = [module for module in model.modules() if isinstance(module, SpatialNorm)]
    for norm in norms:
        norm.forward = types.MethodType(_forward, norm)
    return len(norms)
