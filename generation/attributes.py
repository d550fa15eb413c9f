"""Attributes: what a model's image embeddings tell beside captions, and how its decoder reads them.

For each type of garment a step in the space of its CLIP image encoder towards it, and
whether the decoder was taught to take the garment from the text. A model may bring
them (`attributes.safetensors` beside `prior/`); the embedded model does, the large one
does not. This module knows embeddings and names; it knows no text.
"""

from __future__ import annotations

import json
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
FACTS = ("garment_by_text", "table_words")
STRETCH, LENGTH = 3.0, 8.0
"""Steps are stretched to this length (embeddings differ from their mean by 20), and by this factor at most:
at once the garments asked for appear, at twice the length the picture falls apart (looked at)."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """`steps` (D,) by type; none where the model brings none.

    garment_by_text: the decoder takes the garment from the text, and from the image embedding the cloth,
    whatever garment that shows.
    table_words: the model was shown no other words than those of our tables, see `generation.taughtwords`.
    """

    steps: Mapping[str, Tensor] = field(default_factory=dict)
    garment_by_text: bool = False
    table_words: bool = False


def save(folder: Path, attributes: Attributes) -> None:
    """Write the attributes into a model's folder, in half precision."""
    tensors = {f"{STEP}{type_}": step.half().contiguous() for type_, step in attributes.steps.items()}
    facts = {name: json.dumps(getattr(attributes, name)) for name in FACTS}
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
            facts = file.metadata() or {}
            keys = [key for key in file.keys() if key.startswith(STEP)]  # noqa: SIM118 (it is no dict)
            steps = {key.removeprefix(STEP): file.get_tensor(key).float() for key in keys}
            return Attributes(steps, **{name: json.loads(facts.get(name, "false")) for name in FACTS})
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
