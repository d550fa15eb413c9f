"""Attributes: what an image embedding was taught to tell beside matching captions: type, pattern.

Linear heads over the embedding of a model's CLIP image encoder, where the model
brings them (`attributes.safetensors` beside `prior/`); the embedded model does,
the large one does not. This module knows embeddings and names; it knows no text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

FILE = "attributes.safetensors"
PLAIN = "plain"
PLAIN_SHARE = 0.8
"""How much of what people wear is plain: 88 % of 240 phone photos were; the heads are taught on a third."""


@dataclass(frozen=True, slots=True)
class Head:
    """`names` of K classes, `weight` (K, D) and `bias` (K,)."""

    names: tuple[str, ...]
    weight: Tensor
    bias: Tensor

    def name(self, embedding: Tensor) -> str:
        """The likeliest class of an image embedding (D,)."""
        scores = self.weight @ embedding.to(self.weight) + self.bias
        return self.names[int(scores.argmax())]


def save(folder: Path, heads: Mapping[str, Head]) -> None:
    """Write the heads into a model's folder, in half precision."""
    tensors, names = {}, {}
    for kind, head in heads.items():
        tensors[f"{kind}.weight"], tensors[f"{kind}.bias"] = head.weight.half(), head.bias.half()
        names[kind] = head.names
    save_file(tensors, folder / FILE, metadata={"names": json.dumps(names)})


def load(folder: Path) -> dict[str, Head]:
    """The heads of a model's folder by kind ("type", "pattern"); none where it brings none.

    Raises ValueError where the file is broken.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        with safe_open(path, "pt") as file:
            names = json.loads(file.metadata()["names"])
            return {
                kind: Head(
                    tuple(classes),
                    file.get_tensor(f"{kind}.weight").float(),
                    file.get_tensor(f"{kind}.bias").float(),
                )
                for kind, classes in names.items()
            }
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{FILE} is broken: {error}") from error


def for_what_is_worn(head: Head, taught: Mapping[str, float]) -> Head:
    """A pattern head that expects patterns as often as people wear them, not as it was taught.

    taught: each pattern's share in training; among themselves the prints keep their shares.
    """
    prints = 1 - taught[PLAIN]
    shift = [
        math.log(PLAIN_SHARE / taught[PLAIN] if name == PLAIN else (1 - PLAIN_SHARE) / prints)
        for name in head.names
    ]
    return Head(head.names, head.weight, head.bias + torch.tensor(shift))
