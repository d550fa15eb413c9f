"""Adapters: fine-tuned LoRA weights on top of a model's prior and UNet.

A spec names folders that `python -m generation.training ... --lora` wrote, each
with a weight if it is not to count in full: "runs/fashion" or
"runs/fashion:0.7, runs/denim:0.3". The weights are PEFT's as diffusers saves
them, so that stock models take them with
`load_lora_adapter(folder, prefix=None, weight_name="pytorch_lora_weights.safetensors")`.
Unfused they can be weighted anew while the model runs (`weigh`); fused they cost
nothing. This module knows PEFT and diffusers' models; it does not know training.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers.utils.peft_utils import set_weights_and_activate_adapters

from generation.hub import quietly
from generation.kandinsky import Kandinsky
from generation.request import BadRequest, Problem

WEIGHTS = "pytorch_lora_weights.safetensors"
"""As diffusers names them."""
PARTS = {"prior": "prior", "decoder": "unet"}
"""Folders of an adapter and the model's parts that they belong to."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """Weights in `folder`/prior and `folder`/decoder, one of which may be missing, and their weight."""

    folder: Path
    weight: float = 1.0

    @property
    def name(self) -> str:
        """The folder's name; for `OUT`/adapter, OUT's."""
        whole = self.folder.expanduser().resolve()
        name = whole.parent.name if whole.name == "adapter" else whole.name
        return "".join(c if c.isalnum() or c in "-_" else "-" for c in name)

    def file(self, part: str) -> Path:
        """Where the weights of a part ("prior", "decoder") are."""
        return self.folder / part / WEIGHTS


def parse(spec: str) -> tuple[Adapter, ...]:
    """The adapters of a spec. Raises BadRequest (BROKEN_MODEL) with one sentence."""
    found = []
    for entry in filter(None, (part.strip() for part in spec.split(","))):
        folder, colon, number = entry.rpartition(":")
        weight = 1.0
        if colon and not Path(entry).expanduser().exists():
            try:
                weight = float(number)
            except ValueError:
                raise _broken(entry, f"{number!r} is no weight: write FOLDER or FOLDER:0.7") from None
            if not math.isfinite(weight):
                raise _broken(entry, f"{number!r} is no weight")
        else:
            folder = entry
        found.append(_located(Path(folder).expanduser(), weight))
    names = [adapter.name for adapter in found]
    if len(set(names)) < len(names):
        raise _broken(spec, "two of the folders have the same name")
    return tuple(found)


def _located(folder: Path, weight: float) -> Adapter:
    """The adapter in a folder, or in its subfolder "adapter", as the training command leaves it."""
    if not folder.is_dir():
        raise _broken(str(folder), "there is no such folder")
    for place in (folder, folder / "adapter"):
        adapter = Adapter(place, weight)
        if any(adapter.file(part).is_file() for part in PARTS):
            return adapter
    raise _broken(str(folder), f"it has neither prior/{WEIGHTS} nor decoder/{WEIGHTS}")


def attach(kandinsky: Kandinsky, adapters: Sequence[Adapter], fuse: bool = False) -> Kandinsky:
    """The model with adapters; its title names them.

    fuse: add them to the weights, in fp32, before they are rounded to the model's format.
    Raises BadRequest (BROKEN_MODEL) where an adapter is damaged or of another model.
    """
    for part, attribute in PARTS.items():
        module = getattr(kandinsky, attribute)
        given = [adapter for adapter in adapters if adapter.file(part).is_file()]
        if not given:
            continue
        dtype = module.dtype
        if fuse:
            module.float()
        for adapter in given:
            _load(module, adapter, part)
        _weigh(module, {adapter.name: adapter.weight for adapter in given})
        if fuse:
            module.fuse_lora()
            module.unload_lora()
        module.to(dtype).eval().requires_grad_(False)
    marks = [f"{a.name}{'' if a.weight == 1 else f':{a.weight:g}'}" for a in adapters]
    digest = hashlib.sha256(kandinsky.revision.encode())
    for adapter in adapters:
        digest.update(f"{adapter.weight:g}".encode())
        for part in PARTS:
            if adapter.file(part).is_file():
                digest.update(_content(adapter.file(part)))
    return dataclasses.replace(
        kandinsky,
        name="+".join([kandinsky.name, *marks]),
        revision=digest.hexdigest()[:10],
    )


def _content(path: Path) -> bytes:
    """A hash of a safetensors file, the same whenever the same weights are written.

    The notes in the file's head are written in another order each time, down to the lists in them.
    """
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    head = sorted(re.findall(rb"[\w.-]+", data[8:start]))
    return hashlib.sha256(b" ".join(head) + data[start:]).digest()


def weigh(kandinsky: Kandinsky, weights: Mapping[str, float]) -> None:
    """Let adapters that are attached and not fused count so much from now on; those not named count nothing.

    Not while the model draws: the engine's caches know nothing of it.
    """
    for attribute in PARTS.values():
        module = getattr(kandinsky, attribute)
        there = getattr(module, "peft_config", {})
        if there:
            _weigh(module, {name: weights.get(name, 0.0) for name in there})


def _weigh(module: Any, weights: Mapping[str, float]) -> None:
    set_weights_and_activate_adapters(module, list(weights), list(weights.values()))


def _load(module: Any, adapter: Adapter, part: str) -> None:
    folder = adapter.folder / part
    wanted = _shapes(folder, adapter)
    have = dict(module.named_parameters())
    for name, (rank, width) in wanted.items():
        base = have.get(f"{name}.weight", have.get(f"{name}.base_layer.weight"))
        if base is None or base[0].numel() != width:
            raise _broken(
                str(adapter.folder), f"its {part} (rank {rank}) was trained on another model: {name} differs"
            )
    try:
        with quietly():
            module.load_lora_adapter(str(folder), prefix=None, adapter_name=adapter.name, weight_name=WEIGHTS)
    except Exception as error:  # PEFT and diffusers raise whatever they meet
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise _broken(str(adapter.folder), f"its {part} cannot be loaded: {line[:200]}") from error


def _shapes(folder: Path, adapter: Adapter) -> dict[str, tuple[int, int]]:
    """Rank and input width of every layer that an adapter changes."""
    from safetensors import SafetensorError, safe_open

    found = {}
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                if ".lora_A" in name:
                    shape = file.get_slice(name).get_shape()
                    found[name.split(".lora_A")[0]] = (int(shape[0]), math.prod(shape[1:]))
    except (SafetensorError, OSError) as error:
        raise _broken(
            str(adapter.folder), f"{folder.name}/{WEIGHTS} is damaged or half copied ({error})"
        ) from error
    if not found:
        raise _broken(str(adapter.folder), f"{folder.name}/{WEIGHTS} holds no LoRA weights")
    return found


def _broken(name: str, what: str) -> BadRequest:
    return BadRequest(Problem.BROKEN_MODEL, f"the adapter {name!r} cannot be used: {what}")
