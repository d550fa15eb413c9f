"""Run: a training stage that shows progress, writes checkpoints and resumes after a kill.

A stage is a function of the step number: batch n is drawn from a generator
seeded with (seed, n), so a run resumed from step n sees what the unbroken run
would have seen. Under torchrun every process draws batches of its own and the
gradients are averaged. This module knows modules, optimisers and files; it does not
know what is trained.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, distributed, nn
from tqdm import tqdm

CHECKPOINT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast: `steps` of `batch` samples, peak `rate`, `warmup` steps, EMA `decay`."""

    steps: int
    batch: int
    rate: float
    warmup: int = 100
    decay: float = 0.999
    weight_decay: float = 0.01
    seed: int = 0
    sheet_every: int = 500


def generator(seed: int, step: int) -> np.random.Generator:
    """The randomness of one step, the same in every run."""
    return np.random.default_rng([seed, step])


def save_atomically(state: Any, path: Path) -> None:
    """Write beside and rename, so that a kill leaves the old checkpoint or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save(state, beside)
    os.replace(beside, path)


def rate_at(plan: Plan, step: int) -> float:
    """Linear warm-up, then a cosine to a twentieth of the peak."""
    if step < plan.warmup:
        return plan.rate * (step + 1) / plan.warmup
    share = (step - plan.warmup) / max(1, plan.steps - plan.warmup)
    return plan.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def crew() -> tuple[int, int]:
    """This process's number and how many train together, as torchrun says; (0, 1) without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size > 1 and not distributed.is_initialized():
        distributed.init_process_group("gloo")
    return (distributed.get_rank(), size) if size > 1 else (0, 1)


class Run:
    """Trains `modules` (a ModuleDict) in `folder`, from its checkpoint if it has one.

    `modules` holds the weights that are trained; `average` their moving average,
    which is what a stage ships and draws its sheets with.
    """

    def __init__(self, folder: Path, plan: Plan, modules: nn.ModuleDict) -> None:
        self.folder, self.plan, self.modules = folder, plan, modules
        self.rank, self.crew = crew()
        self.average = copy.deepcopy(modules).eval().requires_grad_(False)
        trained = [p for p in modules.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            trained, lr=plan.rate, betas=(0.9, 0.98), weight_decay=plan.weight_decay, fused=True
        )
        self.trained = trained
        self.step = 0
        self.path = folder / "checkpoint.pt"
        if self.path.exists():
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            modules.load_state_dict(state["modules"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = int(state["step"])

    def save(self) -> None:
        """Write the checkpoint; only the first of several processes does."""
        if self.rank:
            return
        save_atomically(
            {
                "step": self.step,
                "modules": self.modules.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
            },
            self.path,
        )

    def _agree(self) -> None:
        """Average the gradients over the crew."""
        if self.crew == 1:
            return
        flat = torch.cat([p.grad.flatten() for p in self.trained if p.grad is not None])
        distributed.all_reduce(flat)
        flat /= self.crew
        start = 0
        for p in self.trained:
            if p.grad is not None:
                p.grad.copy_(flat[start : start + p.numel()].view_as(p))
                start += p.numel()

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.plan.decay, (1 + self.step) / (10 + self.step))
        mine: list[Tensor] = [p for p in self.average.parameters() if p.dtype.is_floating_point]
        theirs = [p.detach() for p in self.modules.parameters() if p.dtype.is_floating_point]
        torch._foreach_lerp_(mine, theirs, 1 - decay)
        for kept, live in zip(self.average.buffers(), self.modules.buffers(), strict=True):
            kept.copy_(live)

    def train(
        self,
        batch: Callable[[int], Any],
        loss: Callable[[Any, int], tuple[Tensor, dict[str, float]]],
        sheet: Callable[[Path], None] | None = None,
    ) -> None:
        """Train to the plan's last step.

        batch: draws batch n's samples (in a thread of its own, one step ahead).
        loss: the loss to minimise and figures to show. sheet: writes a sample sheet.
        """
        bar = tqdm(
            total=self.plan.steps,
            initial=self.step,
            desc=self.folder.name,
            mininterval=5,
            disable=self.rank > 0,
        )
        saved = time.monotonic()
        shown: dict[str, float] = {}
        self.modules.train()
        for samples in self._ahead(batch):
            for group in self.optimiser.param_groups:
                group["lr"] = rate_at(self.plan, self.step)
            torch.manual_seed(self.plan.seed * 1_000_003 + self.step * self.crew + self.rank)
            value, figures = loss(samples, self.step)
            value.backward()
            self._agree()
            torch.nn.utils.clip_grad_norm_(self.trained, 1.0, foreach=True)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.step += 1
            self._follow()
            for name, figure in figures.items():
                shown[name] = figure if name not in shown else 0.98 * shown[name] + 0.02 * figure
            bar.set_postfix({k: f"{v:.4f}" for k, v in shown.items()}, refresh=False)
            bar.update()
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
            if sheet is not None and self.rank == 0 and self.step % self.plan.sheet_every == 0:
                sheet(self.folder / f"sheet-{self.step:06d}.png")
                self.modules.train()
        bar.close()
        self.save()

    def _ahead(self, batch: Callable[[int], Any]) -> Iterator[Any]:
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(batch, self.step * self.crew + self.rank)
            for step in range(self.step, self.plan.steps):
                ready = coming.result()
                if step + 1 < self.plan.steps:
                    coming = pool.submit(batch, (step + 1) * self.crew + self.rank)
                yield ready


def write_sheet(pictures: Tensor, path: Path, columns: int) -> None:
    """Save pictures, (N, 3, H, W) from -1 to 1, as one PNG."""
    pixels = ((pictures.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    rows = math.ceil(len(pixels) / columns)
    height, width = pixels.shape[1:3]
    board = np.full((rows * height, columns * width, 3), 255, dtype=np.uint8)
    for i, picture in enumerate(pixels):
        y, x = divmod(i, columns)
        board[y * height : (y + 1) * height, x * width : (x + 1) * width] = picture
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(board).save(path)


def as_pictures(pixels: np.ndarray[Any, Any]) -> Tensor:
    """uint8 (N, H, W, 3) to float (N, 3, H, W) from -1 to 1."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
