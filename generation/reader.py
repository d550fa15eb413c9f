"""Reader: what a photo shows: the garment's type, the colour and the pattern of its cloth.

MobileNetV2, tuned on garments set into busy pictures, that first tells the garment
from what is around it and then reads the cloth inside. A model may bring one
(`reader.safetensors` beside `prior/`): the embedded model does, as its CLIP is too
young to be asked; a large CLIP is asked itself (`generation.style`). This module
knows pictures and names; it knows neither embeddings nor texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from generation import mobilenet

FILE = "reader.safetensors"
SIDE = mobilenet.SIDE
OUTLINE = SIDE // 8
"""Side of the map in which the garment is told from its surroundings."""
KINDS = ("type", "colour", "pattern")
_OUTLINE_MAPS = {6: 32, 13: 96, 17: 320}
"""Blocks that see the outline, with their channels: strides 8, 16 and 32."""
_CLOTH_MAPS = {3: 24, 6: 32, 10: 64, 13: 96}
"""Blocks that see the cloth: strides 4 to 16. The picture itself is looked at beside them."""
_CLOTH = 2 * (3 + sum(_CLOTH_MAPS.values()))
_HIDDEN = 128


@dataclass(frozen=True, slots=True)
class Reading:
    """How likely each name is, by kind ("type", "colour", "pattern")."""

    shares: Mapping[str, Mapping[str, float]]

    def best(self, kind: str) -> str:
        """The likeliest name."""
        shares = self.shares[kind]
        return max(shares, key=lambda name: shares[name])


class Reader(nn.Module):
    """Reads photos; `names` says what there is to tell, by kind."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.names = {kind: tuple(names[kind]) for kind in KINDS}
        self.trunk = mobilenet.MobileNetV2()
        self.outline = nn.ModuleDict(
            {str(block): nn.Conv2d(channels, 1, 1) for block, channels in _OUTLINE_MAPS.items()}
        )
        self.type_head = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(2 * mobilenet.WIDTH, len(self.names["type"]))
        )
        self.colour_head, self.pattern_head = (
            _cloth_head(len(self.names[kind])) for kind in ("colour", "pattern")
        )

    def train(self, mode: bool = True) -> Reader:
        """As nn.Module does, but the trunk keeps ImageNet's statistics."""
        super().train(mode)
        self.trunk.eval()
        return self

    def forward(self, pictures: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Prepared pictures (N, 3, SIDE, SIDE) to logits by kind, (N, K), and of the outline (N, 1, O, O)."""
        blocks = sorted({*_OUTLINE_MAPS, *_CLOTH_MAPS, 18})
        maps = dict(zip(blocks, self.trunk.maps(pictures, blocks), strict=True))
        outline = torch.zeros((), device=pictures.device)
        for block in _OUTLINE_MAPS:
            outline = outline + _resized(self.outline[str(block)](maps[block]).float(), OUTLINE)
        inside = outline.sigmoid()
        seen = [pictures, *(maps[block] for block in _CLOTH_MAPS)]
        cloth = torch.cat([_moments(part.float(), inside) for part in seen], 1)
        whole = maps[18].float()
        worn = _moments(whole, inside)[:, : mobilenet.WIDTH]
        return {
            "type": self.type_head(torch.cat([whole.mean((2, 3)), worn], 1)),
            "colour": self.colour_head(cloth),
            "pattern": self.pattern_head(cloth),
        }, outline

    def prepared(self, photo: Image.Image) -> Tensor:
        """An RGB photo as `forward` takes it, (1, 3, SIDE, SIDE).

        Squeezed to a square, not cropped: a cut-off sleeve is another garment.
        """
        small = photo.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.asarray(small)[None].copy())
        return mobilenet.prepare(pixels, SIDE).to(next(self.parameters()).device)

    @torch.no_grad()
    def read(self, photo: Image.Image) -> Reading:
        """What an RGB photo shows."""
        logits, _ = self(self.prepared(photo))
        return Reading(
            {
                kind: dict(zip(self.names[kind], logits[kind][0].softmax(0).tolist(), strict=True))
                for kind in KINDS
            }
        )


def together(readings: Sequence[Reading], weights: Sequence[float] | None = None) -> Reading:
    """Several photos as one: the mean of their shares in a ratio (None: equally)."""
    ratio = np.ones(len(readings)) if weights is None else np.asarray(weights, dtype=np.float64)
    ratio = ratio / ratio.sum()
    return Reading(
        {
            kind: {
                name: float(sum(w * one.shares[kind][name] for w, one in zip(ratio, readings, strict=True)))
                for name in readings[0].shares[kind]
            }
            for kind in KINDS
        }
    )


def save(folder: Path, reader: Reader) -> None:
    """Write the reader into a model's folder, in half precision."""
    state = {name: value for name, value in reader.state_dict().items() if value.dtype.is_floating_point}
    half = {name: (value.half() if value.ndim > 1 else value).contiguous() for name, value in state.items()}
    save_file(half, folder / FILE, metadata={"names": json.dumps(reader.names)})


def load(folder: Path, device: torch.device | None = None) -> Reader | None:
    """The reader of a model's folder; None where it brings none.

    Raises ValueError where the file is broken.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            reader = Reader(json.loads(file.metadata()["names"]))
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (it is no dict)
        result = reader.load_state_dict(state, strict=False)
        missing = [name for name in result.missing_keys if not name.endswith("num_batches_tracked")]
        if missing or result.unexpected_keys:
            raise ValueError((missing or result.unexpected_keys)[0])
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{FILE} is broken: {error}") from error
    return reader.eval().requires_grad_(False).to(device or torch.device("cpu"))


def _cloth_head(classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm1d(_CLOTH),
        nn.Dropout(0.2),
        nn.Linear(_CLOTH, _HIDDEN),
        nn.GELU(),
        nn.Linear(_HIDDEN, classes),
    )


def _resized(maps: Tensor, side: int) -> Tensor:
    if maps.shape[-1] > side:
        return F.adaptive_avg_pool2d(maps, side)
    return F.interpolate(maps, size=(side, side), mode="bilinear", align_corners=False)


def _moments(maps: Tensor, inside: Tensor) -> Tensor:
    """Mean and deviation of maps (N, C, H, W) weighted by `inside` (N, 1, O, O): (N, 2 C)."""
    weight = _resized(inside, maps.shape[-1])
    weight = weight / weight.sum((2, 3), keepdim=True).clamp(min=1e-4)
    mean = (maps * weight).sum((2, 3))
    variance = ((maps - mean[..., None, None]) ** 2 * weight).sum((2, 3))
    return torch.cat([mean, (variance + 1e-4).sqrt()], 1)
