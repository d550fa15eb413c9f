"""Eyes: the networks whose features KID and FID are computed of, each under its own name.

MobileNetV2 comes with the project. InceptionV3 is the TorchScript file
`inception-2015-12-05.pt` that clean-fid fetches (Parmar et al. 2022,
arXiv:2104.11222), brought by whoever has it; pictures are prepared as there:
enlarged by Pillow's bicubic filter in floating point, without rounding, to 299 px.
Figures of one network are never called the other's. This module knows pictures and
features; it knows no distances.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from generation import mobilenet

MOBILENET, INCEPTION = "MobileNetV2", "InceptionV3"
SIDE, WIDTH = 299, 2048
BATCH = 32


@dataclass(frozen=True, slots=True)
class Eyes:
    """A network's `name`, and its features (N, D) of pictures, uint8 (N, H, W, 3)."""

    name: str
    features: Callable[[NDArray[np.uint8]], Tensor]


def small() -> Eyes:
    """MobileNetV2 with ImageNet's weights."""
    network = mobilenet.load()
    return Eyes(MOBILENET, lambda pictures: mobilenet.features(network, pictures))


def inception(file: Path) -> Eyes:
    """InceptionV3 from clean-fid's file. Raises ValueError with one sentence."""
    if not file.is_file():
        raise ValueError(f"{file}: there is no such file; clean-fid fetches inception-2015-12-05.pt")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the file is what it is
            layers = torch.jit.load(str(file), map_location="cpu").eval().layers
    except (RuntimeError, AttributeError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"{file} is not clean-fid's inception-2015-12-05.pt, or is half downloaded"
        ) from error

    @torch.no_grad()
    def features(pictures: NDArray[np.uint8]) -> Tensor:
        found = []
        for i in range(0, len(pictures), BATCH):
            given = torch.from_numpy(np.stack([enlarged(picture) for picture in pictures[i : i + BATCH]]))
            found.append(layers((given - 128) / 128).reshape(len(given), WIDTH).float())
        return torch.cat(found)

    return Eyes(INCEPTION, features)


def enlarged(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(3, SIDE, SIDE) of (H, W, 3), values of 0 to 255 that are not rounded."""
    channels = [Image.fromarray(picture[..., i].astype(np.float32)) for i in range(3)]
    return np.stack([np.asarray(c.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for c in channels])
