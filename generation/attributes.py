"""Attributes: what a model's image embeddings tell beside captions, and how its decoder reads them.

Linear heads over the embedding of a model's CLIP image encoder, for each type of
garment a step in that space towards it, and whether the decoder was taught to take
the garment from the text. A model may bring them (`attributes.safetensors` beside
`prior/`); the embedded model does, as its CLIP is too young to tell types by itself,
the large one does not. This module knows embeddings and names; it knows no text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from generation.vocabulary import Look

FILE = "attributes.safetensors"
STEP = "step."
STRETCH, LENGTH = 3.0, 8.0
"""Steps are stretched to this length (embeddings differ from their mean by 20), and by this factor at most:
at once the garments asked for appear, at twice the length the picture falls apart (looked at)."""
PLAIN = "plain"
PLAIN_SHARE = 0.8
"""How much of what is worn is plain: 84 % of 232 phone photos (photos.json); the heads learn on a third."""


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


@dataclass(frozen=True, slots=True)
class Attributes:
    """`heads` by kind ("type", "pattern"), and `steps` (D,) by type; both may be empty.

    garment_by_text: the decoder takes the garment from the text, and from the image embedding the cloth,
    whatever garment that shows.
    """

    heads: Mapping[str, Head] = field(default_factory=dict)
    steps: Mapping[str, Tensor] = field(default_factory=dict)
    garment_by_text: bool = False


def save(folder: Path, attributes: Attributes) -> None:
    """Write the attributes into a model's folder, in half precision."""
    tensors, names = {}, {}
    for kind, head in attributes.heads.items():
        tensors[f"{kind}.weight"], tensors[f"{kind}.bias"] = head.weight.half(), head.bias.half()
        names[kind] = head.names
    for type_, step in attributes.steps.items():
        tensors[f"{STEP}{type_}"] = step.half().contiguous()
    facts = {"names": json.dumps(names), "garment_by_text": json.dumps(attributes.garment_by_text)}
    save_file(tensors, folder / FILE, metadata=facts)


def load(folder: Path) -> Attributes:
    """The attributes of a model's folder; none where it brings none.

    Raises ValueError where the file is broken.
    """
    path = folder / FILE
    if not path.is_file():
        return Attributes()
    try:
        with safe_open(path, "pt") as file:
            facts = file.metadata()
            names = json.loads(facts["names"])
            heads = {
                kind: Head(
                    tuple(classes),
                    file.get_tensor(f"{kind}.weight").float(),
                    file.get_tensor(f"{kind}.bias").float(),
                )
                for kind, classes in names.items()
            }
            keys = [key for key in file.keys() if key.startswith(STEP)]  # noqa: SIM118 (it is no dict)
            steps = {key.removeprefix(STEP): file.get_tensor(key).float() for key in keys}
            return Attributes(heads, steps, json.loads(facts.get("garment_by_text", "false")))
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{FILE} is broken: {error}") from error


def steps_towards(embeddings: Tensor, looks: Sequence[Look]) -> dict[str, Tensor]:
    """For each type what it adds to the embeddings, (N, D), of pictures of these looks, stretched.

    By least squares beside what colours and patterns add, so that a step to trousers is none to blue.
    """
    rows = [(look.type, f"c {look.colour}", f"p {look.pattern}") for look in looks]
    columns = {name: i for i, name in enumerate(sorted({name for row in rows for name in row}))}
    told = torch.zeros(len(rows), len(columns))
    for i, row in enumerate(rows):
        told[i, [columns[name] for name in row]] = 1
    centred = told - told.mean(0)
    added = torch.linalg.pinv(centred.T @ centred, rtol=1e-4) @ (
        centred.T @ (embeddings - embeddings.mean(0))
    )
    found = {}
    for type_ in sorted({look.type for look in looks}):
        step = added[columns[type_]]
        found[type_] = step * min(STRETCH, max(1.0, LENGTH / float(step.norm().clamp(min=1e-6))))
    return found


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
