"""Style: what to draw when there is a photo, and a text that may ask for another garment.

First form: photo and prior are blended by weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from generation.conditioning import Conditioner


def compose(
    conditioner: Conditioner,
    prompt: str,
    photos: Sequence[Image.Image],
    photo_weight: float,
    seeds: Sequence[int],
) -> tuple[Tensor, str]:
    """The image embeddings, (len(seeds), D), and the text that the decoder reads beside them."""
    if not photos:
        return conditioner.dream([(prompt, seed) for seed in seeds]), prompt
    look = torch.stack([conditioner.look(photo) for photo in photos]).mean(0)
    if not prompt:
        return look.expand(len(seeds), -1), prompt
    wish = conditioner.dream([(prompt, seed) for seed in seeds])
    return photo_weight * look + (1 - photo_weight) * wish, prompt
