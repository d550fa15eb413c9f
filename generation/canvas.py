"""Canvas: an own picture as latents, and which of them are painted anew.

Image-to-image starts from these latents, noised to the sampler's own level;
inpainting keeps those outside the mask. This module knows pictures, masks and
MOVQ; it does not know steps or requests.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from generation.kandinsky import Kandinsky
from generation.orders import Places


@dataclass(frozen=True, slots=True)
class Canvas:
    """clean: the latents (C, h, w) fp32 of the own picture. anew: (1, h, w) fp32, 1 where it is painted anew.

    anew is None without a mask: everything is.
    """

    clean: Tensor
    anew: Tensor | None = None

    def kept(self) -> Tensor:
        """What the 9-channel UNet reads beside the latents, (C + 1, h, w): what is known, and where.

        As stock KandinskyInpaintPipeline, the known places are drawn back by a latent, see `shrunk`.
        """
        if self.anew is None:
            raise ValueError("a canvas without a mask keeps nothing")
        keep = shrunk(1 - self.anew)
        return torch.cat([self.clean * keep, keep])


def shrunk(keep: Tensor) -> Tensor:
    """(1, h, w) of 0 and 1: a place is kept if it and six neighbours are.

    Stock's `prepare_mask`, which Kandinsky's inpainting was trained with, without its loop over latents: the
    minimum over the place, its four neighbours and two of the diagonal ones.
    """
    padded = F.pad(keep, (1, 1, 1, 1), value=1.0)
    h, w = keep.shape[-2:]
    around = [(1, 1), (0, 1), (2, 1), (1, 0), (1, 2), (2, 2), (0, 0)]
    return torch.stack([padded[:, y : y + h, x : x + w] for y, x in around]).amin(0)


def places(mask: Places, factor: int) -> Tensor:
    """A mask (H, W) in pixels to (1, h, w) fp32 in latents: 1 where any of its pixels is painted anew."""
    pixels = torch.from_numpy(np.ascontiguousarray(mask)).float()[None, None]
    return F.max_pool2d(pixels, factor)[0]


def encode(kandinsky: Kandinsky, picture: Image.Image) -> Tensor:
    """An RGB picture's latents (C, h, w) fp32, as stock's image-to-image encodes it, without quantisation."""
    pixels = torch.from_numpy(np.array(picture, dtype=np.float32)) / 127.5 - 1
    tensor = pixels.permute(2, 0, 1)[None].to(kandinsky.device, kandinsky.dtype)
    return kandinsky.movq.encode(tensor).latents[0].float()


def key(picture: Image.Image) -> bytes:
    """A picture's content and size, for a cache."""
    return hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).digest()
