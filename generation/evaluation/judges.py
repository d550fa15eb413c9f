"""Judges: which type of garment a picture shows, and which pattern its cloth has.

Both look through MobileNetV2. The type judge is its last five blocks, tuned on
real photos of garments on white, and a linear head over the data's 17 labels,
whose probabilities are summed into the groups below. The pattern judge is a
small network over means and deviations of early and middle maps inside the
garment. Their weights lie in `judge/`, with what they score on garments of
people whose photos they have not seen. This module knows pictures; it does not
know how the judges are taught (`schooling`) nor what was asked for (`exam`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from generation import mobilenet
from generation.evaluation.colour import Mask, Pixels

GROUPS = {
    "tshirt": ("tshirt", "polo", "undershirt", "top"),
    "longsleeve": ("longsleeve", "hoodie"),
    "shirt": ("shirt", "blouse"),
    "outwear": ("outwear", "blazer"),
    "body": ("body",),
    "dress": ("dress",),
    "skirt": ("skirt",),
    "pants": ("pants",),
    "shorts": ("shorts",),
    "shoes": ("shoes",),
    "hat": ("hat",),
}
"""What counts as the same type: an undershirt is a T-shirt without sleeves, a polo one with a collar, a
hoodie a longsleeve with a hood, a blouse a shirt, a blazer outerwear. The people who labelled the photos
often disagreed inside a group; between groups nothing is forgiven."""
GROUP_OF = {type_: group for group, types in GROUPS.items() for type_ in types}
TYPES = tuple(sorted(GROUP_OF))
PATTERNS = ("plain", "leopard", "zebra", "striped", "checked", "dotted", "floral", "camouflage")
"""Denim is a cloth and no print: it counts as plain."""
PATTERN_OF = {**{pattern: pattern for pattern in PATTERNS}, "denim": "plain"}

TUNED = 14
"""The first block of MobileNet that the type judge has of its own."""
LOOKED_AT = (3, 6, 10, 13)
"""The maps that the pattern judge looks at: strides 4, 8, 16 and 16."""
_CHANNELS = (24, 32, 64, 96)
_HIDDEN = 96
FOLDER = Path(__file__).parent / "judge"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge sees: the type's group and the pattern, with their probabilities."""

    type: str
    type_share: float
    pattern: str
    pattern_share: float


@dataclass(frozen=True, slots=True)
class Glance:
    """What the frozen part sees: maps (N, 96, 10, 10) for the type, features (N, 432) for the pattern."""

    maps: Tensor
    cloth: Tensor


class Judge(nn.Module):
    """Both judges over one MobileNetV2."""

    def __init__(self, network: mobilenet.MobileNetV2) -> None:
        super().__init__()
        blocks = list(network.features)
        self.trunk = network
        self.tail = nn.Sequential(*blocks[TUNED:])
        self.type_head = nn.Linear(mobilenet.WIDTH, len(TYPES))
        self.pattern_head = nn.Sequential(
            nn.BatchNorm1d(2 * sum(_CHANNELS)),
            nn.Dropout(0.2),
            nn.Linear(2 * sum(_CHANNELS), _HIDDEN),
            nn.GELU(),
            nn.Linear(_HIDDEN, len(PATTERNS)),
        )
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def glance(self, pixels: NDArray[np.uint8], masks: NDArray[np.bool_]) -> Glance:
        """Pictures (N, H, W, 3) and their garments' masks (N, H, W) through the frozen blocks."""
        pictures = mobilenet.prepare(pixels).contiguous(memory_format=torch.channels_last)
        found = [maps.float() for maps in self.trunk.maps(pictures, LOOKED_AT)]
        inside = torch.from_numpy(np.ascontiguousarray(masks)).float()[:, None]
        parts = []
        for maps in found:
            weight = F.interpolate(inside, size=maps.shape[-2:], mode="area")
            weight = weight / weight.sum((2, 3), keepdim=True).clamp(min=1e-6)
            mean = (maps * weight).sum((2, 3))
            variance = ((maps - mean[..., None, None]) ** 2 * weight).sum((2, 3))
            parts += [mean, (variance + 1e-6).sqrt()]
        return Glance(found[-1], torch.cat(parts, 1))

    def types(self, maps: Tensor) -> Tensor:
        """Logits (N, 17) over TYPES."""
        features: Tensor = self.tail(maps.contiguous(memory_format=torch.channels_last)).mean((2, 3))
        logits: Tensor = self.type_head(features.float())
        return logits

    def patterns(self, cloth: Tensor) -> Tensor:
        """Logits (N, 8) over PATTERNS."""
        logits: Tensor = self.pattern_head(cloth)
        return logits

    @torch.no_grad()
    def judge(self, pictures: Sequence[Pixels], masks: Sequence[Mask], batch: int = 32) -> list[Verdict]:
        """A verdict a picture; pictures are looked at as 128 × 128."""
        verdicts = []
        names = list(GROUPS)
        for i in range(0, len(pictures), batch):
            glance = self.glance(np.stack(pictures[i : i + batch]), np.stack(masks[i : i + batch]))
            groups = group_shares(self.types(glance.maps).softmax(1))
            patterns = self.patterns(glance.cloth).softmax(1)
            for group, pattern in zip(groups, patterns, strict=True):
                g, p = int(group.argmax()), int(pattern.argmax())
                verdicts.append(Verdict(names[g], float(group[g]), PATTERNS[p], float(pattern[p])))
        return verdicts

    def learnt(self) -> dict[str, Tensor]:
        """The tensors that are not ImageNet's."""
        own = ("tail.", "type_head.", "pattern_head.")
        fixed = ("running_mean", "running_var", "num_batches_tracked")
        return {
            name: value
            for name, value in self.state_dict().items()
            if name.startswith(own) and not (name.startswith("tail.") and name.endswith(fixed))
        }

    def save(self, folder: Path, record: dict[str, Any]) -> None:
        """Write judge.safetensors (half precision) and judge.json, which says what the judges score."""
        folder.mkdir(parents=True, exist_ok=True)
        half = {
            name: value.half().contiguous() if value.ndim > 1 else value.contiguous()
            for name, value in self.learnt().items()
        }
        save_file(half, folder / "judge.safetensors")
        text = json.dumps(record, indent=2, ensure_ascii=False)
        (folder / "judge.json").write_text(text + "\n", encoding="utf-8")


def group_shares(shares: Tensor) -> Tensor:
    """Probabilities (N, 17) over TYPES summed into (N, 11) over GROUPS."""
    return torch.stack([shares[:, [TYPES.index(t) for t in types]].sum(1) for types in GROUPS.values()], 1)


def load(folder: Path = FOLDER) -> Judge:
    """The taught judges; raises FileNotFoundError before they are taught."""
    path = folder / "judge.safetensors"
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: python -m generation.evaluate --train-judge writes it")
    judge = Judge(mobilenet.load())
    result = judge.load_state_dict({k: v.float() for k, v in load_file(path).items()}, strict=False)
    if result.unexpected_keys:
        raise ValueError(f"{path} is of other judges: {result.unexpected_keys[:3]}")
    return judge


def record(folder: Path = FOLDER) -> dict[str, Any]:
    """What judge.json says of the judges."""
    found: dict[str, Any] = json.loads((folder / "judge.json").read_text(encoding="utf-8"))
    return found
