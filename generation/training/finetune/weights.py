"""Weights: which numbers of a model are trained, and how the result is written.

LoRA: low-rank additions to the attention layers and, if asked for, to the UNet's residual
blocks, written as diffusers' adapters.
Attention: everything but the UNet's residual blocks, as Kandinsky's own training
freezes them, or the prior's attention; full: everything. Those two are written
as a whole model folder beside the base's other parts. The prior's clip_mean and
clip_std are constants of the space: never trained. This module knows modules and
folders; it does not know losses.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from generation import attributes, reader
from generation import kandinsky as models
from generation.adapters import PARTS, WEIGHTS
from generation.training.finetune.settings import Settings, Stage

CONSTANTS = ("clip_mean", "clip_std")
TARGETS = {
    "prior": ["to_q", "to_k", "to_v", "to_out.0"],
    "decoder": ["to_q", "to_k", "to_v", "to_out.0", "add_k_proj", "add_v_proj"],
}
"""The attention layers that LoRA adds to."""
CONVOLUTIONS = ["conv1", "conv2"]
"""Those of the UNet's residual blocks."""
ADAPTER = "default"


def prepare(module: Any, settings: Settings) -> dict[str, nn.Parameter]:
    """Choose what is trained; returns it by name, in fp32. Frozen weights keep their format."""
    module.requires_grad_(False)
    if settings.way == "lora":
        from peft import LoraConfig

        torch.manual_seed(settings.seed)
        config = LoraConfig(
            r=settings.rank,
            lora_alpha=settings.rank,
            init_lora_weights="gaussian",
            target_modules=TARGETS[settings.stage] + (CONVOLUTIONS if settings.convolutions else []),
        )
        module.add_adapter(config, ADAPTER)
        chosen = {name: p for name, p in module.named_parameters() if "lora_" in name}
    else:
        chosen = {n: p for n, p in module.named_parameters() if _chosen(n, settings)}
    for parameter in chosen.values():
        parameter.data = parameter.data.float()
        parameter.requires_grad_(True)
    if settings.checkpointing:
        _checkpoint(module)
    return chosen


def _chosen(name: str, settings: Settings) -> bool:
    if name in CONSTANTS:
        return False
    if settings.way == "full":
        return True
    if settings.stage == "prior":
        return ".attn1." in name
    return not any(part in name for part in (".resnets.", ".downsamplers.", ".upsamplers."))


def _checkpoint(module: Any) -> None:
    """Compute activations again in the backward pass instead of keeping them."""
    if getattr(module, "_supports_gradient_checkpointing", False):
        module.enable_gradient_checkpointing()
        return
    for block in module.transformer_blocks:  # diffusers' prior cannot by itself
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)


class Average:
    """The moving average of trained numbers, which is what is written and drawn with."""

    def __init__(self, parameters: dict[str, nn.Parameter], decay: float) -> None:
        self._decay = decay
        self._live = parameters
        self.values = {name: p.detach().clone() for name, p in parameters.items()}

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Take a step's numbers in; early steps count more, so that the beginning is soon forgotten."""
        decay = min(self._decay, (1 + step) / (10 + step))
        theirs = [p.detach() for p in self._live.values()]
        torch._foreach_lerp_(list(self.values.values()), theirs, 1 - decay)

    def load(self, values: dict[str, Tensor]) -> None:
        """Go on from saved values."""
        for name, value in values.items():
            self.values[name].copy_(value)

    @contextmanager
    def worn(self) -> Iterator[None]:
        """Within, the model has the averaged numbers."""
        kept = {name: p.data for name, p in self._live.items()}
        for name, parameter in self._live.items():
            parameter.data = self.values[name]
        try:
            yield
        finally:
            for name, parameter in self._live.items():
                parameter.data = kept[name]


@dataclass(frozen=True, slots=True)
class Base:
    """Where the base's parts are; without a UNet that inpaints: None.

    extras: files beside its pipelines, which tell how its decoder reads embeddings and what photos show.
    """

    prior: Path
    decoder: Path
    inpaint: Path | None = None
    extras: tuple[Path, ...] = ()


def base_of(model: str) -> Base:
    """The parts of a model as MODEL names it. Raises BadRequest."""
    prior, decoder, _ = models.find(model)
    beside = (prior.parent / attributes.FILE, prior.parent / reader.FILE)
    together = prior.parent == decoder.parent
    return Base(
        prior,
        decoder,
        models.inpainting(model, decoder),
        tuple(path for path in beside if together and path.is_file()),
    )


def start(chosen: Mapping[str, nn.Parameter], settings: Settings) -> dict[str, Tensor]:
    """The base's numbers, from which `blend` begins; none where the trained ones are written as they are.

    Of LoRA's two matrices the outer one, which is nothing at first: half of it is half of their product.
    """
    if settings.blend == 1:
        return {}
    return {name: p.detach().clone() for name, p in chosen.items() if "lora_A" not in name}


def blend(chosen: Mapping[str, nn.Parameter], begun: Mapping[str, Tensor], settings: Settings) -> None:
    """Put the live numbers a share of the way from `start` to where they are, as WiSE-FT does.

    Wortsman et al. 2022 (arXiv 2109.01903): between the two models much of what was learnt is there, and less
    is forgotten.
    """
    for name, value in begun.items():
        chosen[name].data = torch.lerp(value.to(chosen[name]), chosen[name].data, settings.blend)


def write(module: Any, settings: Settings, base: Base, out: Path) -> Path:
    """Write what was trained; returns the folder: `out`/adapter for ADAPTERS, `out`/model for MODEL."""
    if settings.way == "lora":
        folder = out / "adapter" / settings.stage
        _fresh(
            folder, lambda place: module.save_lora_adapter(place, adapter_name=ADAPTER, weight_name=WEIGHTS)
        )
        return out / "adapter"
    model = out / "model"
    if not (model / "prior").is_dir() or not (model / "decoder").is_dir():
        _copy(base, model)
    place = model / settings.stage / PARTS[settings.stage]
    _fresh(place, lambda folder: _save_half(module, folder))
    return model


def _save_half(module: Any, folder: Path) -> None:
    """In half precision; the live module stays as it is."""
    state = {name: value.detach().to("cpu", torch.float16) for name, value in module.state_dict().items()}
    module.save_config(folder)
    from safetensors.torch import save_file

    save_file(
        {name: value.contiguous() for name, value in state.items()},
        folder / "diffusion_pytorch_model.safetensors",
        metadata={"format": "pt"},
    )


def _fresh(folder: Path, write_into: Any) -> None:
    """Write into a new folder and put it in the old one's place, so that a kill leaves one or the other."""
    beside = folder.with_name(folder.name + ".unfinished")
    old = folder.with_name(folder.name + ".old")
    for stale in (beside, old):
        shutil.rmtree(stale, ignore_errors=True)
    beside.mkdir(parents=True)
    write_into(beside)
    if folder.exists():
        os.replace(folder, old)
    os.replace(beside, folder)
    shutil.rmtree(old, ignore_errors=True)


def _copy(base: Base, model: Path) -> None:
    """The base's folders, linked where the disk allows, so that they take no room twice."""
    beside = model.with_name("model.unfinished")
    shutil.rmtree(beside, ignore_errors=True)
    for source, place in (
        (base.prior, beside / "prior"),
        (base.decoder, beside / "decoder"),
        (base.inpaint, beside / "inpaint" / "unet"),
    ):
        if source is not None:
            for path in sorted(p for p in source.rglob("*") if p.is_file()):
                _link(path, place / path.relative_to(source))
    for path in base.extras:
        _link(path, beside / path.name)
    shutil.rmtree(model, ignore_errors=True)
    os.replace(beside, model)


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    real = path.resolve()
    try:
        os.link(real, target)
    except OSError:
        shutil.copyfile(real, target)


def count(parameters: dict[str, nn.Parameter]) -> int:
    """How many numbers are trained."""
    return sum(p.numel() for p in parameters.values())


def part_of(stage: Stage) -> str:
    """The attribute of `Kandinsky` that a stage trains."""
    return PARTS[stage]
