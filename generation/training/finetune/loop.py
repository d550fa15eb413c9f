"""Loop: takes the steps of a fine-tuning run, on one device or several, and goes on after a kill.

Step n draws from a generator seeded with (seed, n, pass, process), so a run that
resumes sees what the unbroken one would have seen, and ends with the same
weights, bit for bit on a CPU. Accelerate moves things to devices, scales fp16
losses and averages gradients between processes. This module knows steps, files
and accelerate; what is learnt it is told.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch import Tensor, nn
from tqdm import tqdm

from generation.training.finetune.settings import Settings
from generation.training.finetune.targets import Draw
from generation.training.finetune.weights import Average
from generation.training.run import save_atomically

CHECKPOINT_SECONDS = 600
SHOWN = 0.98
"""How much of its last value a shown figure keeps at each step."""

Loss = Callable[[Any, Draw], tuple[Tensor, dict[str, Tensor]]]
DrawBatch = Callable[[np.random.Generator, int], Draw]


class OtherRun(ValueError):
    """The folder holds a run with other settings; the message is one sentence."""


def accelerator(settings: Settings, device: torch.device) -> Accelerator:
    """Accelerate as the settings want it; the processes are whatever `accelerate launch` started."""
    return Accelerator(
        mixed_precision=settings.precision,
        gradient_accumulation_steps=settings.accumulate,
        cpu=device.type == "cpu",
        # constants, which differ in size between processes while each leaves out its own texts' padding
        kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
    )


def optimiser(settings: Settings, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """AdamW, AdamW with 8-bit states, or Adafactor as Kandinsky's own training sets it.

    Raises ModuleNotFoundError for 8-bit states without bitsandbytes.
    """
    if settings.optimiser == "adafactor":
        from transformers.optimization import Adafactor

        found: torch.optim.Optimizer = Adafactor(
            parameters, lr=settings.rate, scale_parameter=False, relative_step=False, weight_decay=0.0
        )
        return found
    options: dict[str, Any] = {
        "lr": settings.rate,
        "betas": (0.9, 0.98),
        "weight_decay": settings.weight_decay,
    }
    if settings.optimiser == "adamw8bit":
        import bitsandbytes

        eight: torch.optim.Optimizer = bitsandbytes.optim.AdamW8bit(parameters, **options)
        return eight
    return torch.optim.AdamW(parameters, **options)


def rate_at(settings: Settings, step: int) -> float:
    """Linear warm-up, then constant or a cosine to a twentieth."""
    if step < settings.warmup:
        return settings.rate * (step + 1) / settings.warmup
    if settings.schedule == "constant":
        return settings.rate
    share = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


class Loop:
    """Trains chosen parameters of a module in `folder`, from its checkpoint if there is one."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        module: nn.Module,
        chosen: dict[str, nn.Parameter],
        helper: Accelerator,
    ) -> None:
        """Raises OtherRun where the checkpoint is of other settings."""
        self.folder, self.settings, self.chosen, self.helper = folder, settings, chosen, helper
        self.step = 0
        self.seconds = 0.0
        self.average = Average(chosen, settings.decay)
        self._plain_optimiser = optimiser(settings, list(chosen.values()))
        self.path = folder / "checkpoint.pt"
        self._log = folder / "log.jsonl"
        state = self._saved()
        if state is not None:
            for name, value in state["trained"].items():
                chosen[name].data.copy_(value)
            self.average.load(state["average"])
            self._plain_optimiser.load_state_dict(state["optimiser"])
            self.step, self.seconds = int(state["step"]), float(state["seconds"])
        self.module, self.optimiser = helper.prepare(module, self._plain_optimiser)
        if state is not None and helper.scaler is not None:
            helper.scaler.load_state_dict(state["scaler"])
        if helper.is_main_process:
            self._forget_after(self.step)

    def _saved(self) -> dict[str, Any] | None:
        if not self.path.exists():
            return None
        state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        ours, theirs = self.settings.fixed(), Settings.defaults() | state["settings"]
        for name, value in ours.items():
            if theirs[name] != value:
                raise OtherRun(
                    f"{self.folder} holds a run with {name} {theirs[name]}, not {value}: "
                    "name another --out, or remove it to begin anew"
                )
        if state["processes"] != self.helper.num_processes:
            raise OtherRun(
                f"{self.folder} holds a run of {state['processes']} processes, not "
                f"{self.helper.num_processes}: go on with as many, or name another --out"
            )
        return state

    def save(self) -> None:
        """Write the checkpoint, in the main process."""
        if not self.helper.is_main_process:
            return
        scaler = self.helper.scaler
        save_atomically(
            {
                "step": self.step,
                "seconds": self.seconds,
                "settings": self.settings.facts(),
                "processes": self.helper.num_processes,
                "trained": {name: p.detach() for name, p in self.chosen.items()},
                "average": self.average.values,
                "optimiser": self._plain_optimiser.state_dict(),
                "scaler": None if scaler is None else scaler.state_dict(),
            },
            self.path,
        )

    def train(
        self,
        draw: DrawBatch,
        loss: Loss,
        judge: Callable[[Any], dict[str, float]] | None = None,
        sheet: Callable[[int], None] | None = None,
    ) -> None:
        """Train to the settings' last step.

        draw: a pass's samples. judge: figures of the averaged weights on held-out rows; sheet: pictures
        of the averaged weights; both before the first step, every `sheet_every` steps and at the end.
        """
        settings, helper = self.settings, self.helper
        board = self._board() if helper.is_main_process else None
        bar = tqdm(
            total=settings.steps,
            initial=self.step,
            desc=f"{settings.stage} ({settings.way})",
            mininterval=2,
            disable=not helper.is_local_main_process,
        )
        with bar:  # closed before whatever is said of an error
            if self.step == 0 and settings.sheet_every and (figures := self._look(judge, sheet)):
                self._write(figures, board)  # the base's own, to compare with
            saved = time.monotonic()
            shown: dict[str, float] = {}
            self.module.train()
            while self.step < settings.steps:
                begun = time.monotonic()
                figures = self._one(draw, loss)
                self.seconds += time.monotonic() - begun
                for name, figure in figures.items():
                    shown[name] = SHOWN * shown.get(name, figure) + (1 - SHOWN) * figure
                bar.set_postfix({k: f"{v:.4f}" for k, v in shown.items()}, refresh=False)
                bar.update()
                last = self.step == settings.steps
                if settings.sheet_every and (last or self.step % settings.sheet_every == 0):
                    figures |= self._look(judge, sheet)
                self._write(figures, board)
                if (
                    last
                    or self.step % settings.save_every == 0
                    or time.monotonic() - saved > CHECKPOINT_SECONDS
                ):
                    self.save()
                    saved = time.monotonic()
        if board is not None:
            board.close()
        helper.wait_for_everyone()

    def _one(self, draw: DrawBatch, loss: Loss) -> dict[str, float]:
        """One step of all passes; its figures' means over passes and processes."""
        settings, helper = self.settings, self.helper
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(settings, self.step)
        sums: dict[str, float] = {}
        for number in range(settings.accumulate):
            place = (settings.seed, self.step, number, helper.process_index)
            samples = draw(np.random.default_rng(place), settings.batch).to(helper.device)
            torch.manual_seed(int(np.random.default_rng([1, *place]).integers(2**62)))
            with helper.accumulate(self.module):
                with helper.autocast():
                    value, figures = loss(self.module, samples)
                if not torch.isfinite(value) and settings.precision != "fp16":
                    raise ArithmeticError(
                        f"the loss is no number at step {self.step}: a lower --rate or bf16 helps"
                    )
                helper.backward(value)
                if helper.sync_gradients:
                    helper.clip_grad_norm_(list(self.chosen.values()), 1.0)
                self.optimiser.step()
                self.optimiser.zero_grad(set_to_none=True)
            for name, figure in ({"loss": value.detach()} | figures).items():
                sums[name] = sums.get(name, 0.0) + float(figure) / settings.accumulate
        self.step += 1
        self.average.follow(self.step)
        if helper.num_processes > 1:
            names = sorted(sums)
            mine = torch.tensor([[sums[n] for n in names]], device=helper.device)
            sums = dict(zip(names, helper.gather(mine).mean(0).tolist(), strict=True))
        return sums

    def _look(
        self,
        judge: Callable[[Any], dict[str, float]] | None,
        sheet: Callable[[int], None] | None,
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        if self.helper.is_main_process:
            self.module.eval()
            with self.average.worn(), torch.no_grad():
                if judge is not None:
                    found = judge(self.helper.unwrap_model(self.module))
                if sheet is not None:
                    sheet(self.step)
            self.module.train()
        self.helper.wait_for_everyone()
        return found

    def _board(self) -> Any:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:  # the log is enough to go on with
            return None
        return SummaryWriter(str(self.folder / "tensorboard"), purge_step=self.step)

    def _write(self, figures: dict[str, float], board: Any) -> None:
        if not self.helper.is_main_process:
            return
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": self.step, **figures}) + "\n")
        if board is not None:
            for name, value in figures.items():
                board.add_scalar(name, value, self.step)

    def _forget_after(self, step: int) -> None:
        """Drop the log's lines that the checkpoint does not know: they are made again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = [line for line in read_log(self._log) if line["step"] <= step and step]
        beside = self._log.with_suffix(".unfinished")
        beside.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        os.replace(beside, self._log)


def read_log(path: Path) -> list[dict[str, float]]:
    """The figures of every step; a last line that a kill cut off is left out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
