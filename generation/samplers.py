"""Samplers as tables: how a noisy sample becomes a less noisy one, a row of numbers a step.

DDIM (arXiv 2010.02502), DPM-Solver++(2M) (arXiv 2211.01095) and the ancestral
sampling of the unCLIP prior (arXiv 2204.06125) are all the same few products
and sums with different coefficients. They are computed once, in fp64, and kept
in fp32, so that rows that stand at different steps of different tables can be
advanced together and nothing in the loop waits for the device. This module
knows schedules; it does not know models, pictures or guidance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.request import Sampler

Doubles = NDArray[np.float64]

X0_FROM_SAMPLE, X0_FROM_OUTPUT, CLIP, SAMPLE, OUTPUT, X0, PREVIOUS_X0, NOISE = range(8)
"""Columns of a table; see `advance`."""


@dataclass(frozen=True, slots=True)
class Table:
    """The steps of one sampling, on the CPU unless moved.

    timesteps: (steps,) int64. rows: (steps, 8) fp32. alphas: (steps + 1,) fp32, the share of signal
    (of the variance) in the sample before each step, and 1 behind the last.
    """

    timesteps: Tensor
    rows: Tensor
    alphas: Tensor

    def __len__(self) -> int:
        return len(self.timesteps)

    def to(self, device: torch.device) -> Table:
        """The same table on a device."""
        return Table(self.timesteps.to(device), self.rows.to(device), self.alphas.to(device))

    def noisy(self, step: int) -> bool:
        """Whether this step adds fresh noise."""
        return bool(self.rows[step, NOISE] != 0)


def advance(
    rows: Tensor, sample: Tensor, output: Tensor, previous_x0: Tensor, noise: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """One step for every row: the next sample and the clean sample x0 that the model meant.

    rows: (N, 8) fp32, a line of any table for each sample. sample, output,
    previous_x0, noise: (N, ...) fp32; previous_x0 is what the last call
    returned (zeros at first), noise is needed where a row asks for it.
    """
    shape = (len(rows),) + (1,) * (sample.ndim - 1)
    column = [rows[:, i].view(shape) for i in range(rows.shape[1])]
    x0 = column[X0_FROM_SAMPLE] * sample + column[X0_FROM_OUTPUT] * output
    x0 = torch.maximum(torch.minimum(x0, column[CLIP]), -column[CLIP])
    following = column[SAMPLE] * sample + column[OUTPUT] * output + column[X0] * x0
    following = following + column[PREVIOUS_X0] * previous_x0
    if noise is not None:
        following = following + column[NOISE] * noise
    return following, x0


def noised(clean: Tensor, noise: Tensor, alphas: Tensor) -> Tensor:
    """Samples as they are at the noise levels `alphas` (N,): what the sampler itself would start from.

    clean, noise: (N, ...) fp32.
    """
    share = alphas.view((len(alphas),) + (1,) * (clean.ndim - 1))
    return share.sqrt() * clean + (1 - share).sqrt() * noise


def betas(config: Mapping[str, Any]) -> Tensor:
    """The noise that each training step adds, (steps,) fp32, as diffusers reads it from a scheduler's config.

    Raises ValueError for a schedule that no Kandinsky 2.1 has.
    """
    steps = int(config.get("num_train_timesteps", 1000))
    kind = config.get("beta_schedule", "linear")
    start, end = float(config.get("beta_start", 0.0001)), float(config.get("beta_end", 0.02))
    if kind == "linear":
        return torch.linspace(start, end, steps, dtype=torch.float32)
    if kind == "scaled_linear":
        return torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float32) ** 2
    if kind == "squaredcos_cap_v2":
        bar = [math.cos((i / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for i in range(steps + 1)]
        return torch.tensor([min(1 - bar[i + 1] / bar[i], 0.999) for i in range(steps)], dtype=torch.float32)
    raise ValueError(f"beta schedule {kind!r} is not known")


def cumulative_alphas(config: Mapping[str, Any]) -> Doubles:
    """The share of signal left after each training step; the product is taken in fp32, as in diffusers."""
    doubles: Doubles = torch.cumprod(1.0 - betas(config), dim=0).double().numpy()
    return doubles


def _table(timesteps: NDArray[np.int64], rows: Sequence[Sequence[float]], alphas: Doubles) -> Table:
    return Table(
        torch.tensor(list(map(int, timesteps))),
        torch.tensor(rows, dtype=torch.float64).float(),
        torch.tensor([*alphas[timesteps], 1.0], dtype=torch.float64).float(),
    )


def _clip(config: Mapping[str, Any], default: bool) -> float:
    return float(config.get("clip_sample_range", 1.0)) if config.get("clip_sample", default) else math.inf


def _x0(config: Mapping[str, Any], alpha: float) -> tuple[float, float]:
    kind = config.get("prediction_type", "epsilon")
    if kind == "epsilon":
        return 1 / math.sqrt(alpha), -math.sqrt(1 - alpha) / math.sqrt(alpha)
    if kind == "sample":
        return 0.0, 1.0
    raise ValueError(f"prediction type {kind!r} is not known")


def ddim(config: Mapping[str, Any], steps: int, start: int = 0) -> Table:
    """DDIM without noise (eta 0), as DDIMScheduler with "leading" spacing, from step `start`."""
    alphas = cumulative_alphas(config)
    ratio = len(alphas) // steps
    timesteps = (np.arange(steps) * ratio)[::-1] + int(config.get("steps_offset", 0))
    timesteps = np.minimum(timesteps, len(alphas) - 1)[start:]
    final = 1.0 if config.get("set_alpha_to_one", True) else float(alphas[0])
    rows = []
    for timestep in timesteps:
        before = int(timestep) - ratio
        alpha, next_alpha = float(alphas[timestep]), float(alphas[before]) if before >= 0 else final
        from_sample, from_output = _x0(config, alpha)
        keep = math.sqrt(1 - next_alpha)
        if from_sample:  # the output is the noise itself
            sample, output, x0 = 0.0, keep, math.sqrt(next_alpha)
        else:  # the output is x0: the noise is what the sample holds beside it
            sample, output = keep / math.sqrt(1 - alpha), -keep * math.sqrt(alpha) / math.sqrt(1 - alpha)
            x0 = math.sqrt(next_alpha)
        rows.append([from_sample, from_output, _clip(config, True), sample, output, x0, 0.0, 0.0])
    return _table(timesteps, rows, alphas)


def dpm_solver(config: Mapping[str, Any], steps: int, start: int = 0) -> Table:
    """DPM-Solver++(2M), as DPMSolverMultistepScheduler built from a DDIM config with "leading" spacing.

    From step `start`, which has no step before it and is of first order.
    """
    alphas = cumulative_alphas(config)
    ratio = len(alphas) // (steps + 1)
    timesteps = (np.arange(steps + 1) * ratio)[::-1][:-1] + int(config.get("steps_offset", 0))
    timesteps = np.minimum(timesteps, len(alphas) - 1)[start:]
    here = [float(alphas[t]) for t in timesteps]
    log_snr = [0.5 * math.log(a / (1 - a)) for a in here]
    rows = []
    for i, alpha in enumerate(here):
        from_sample, from_output = _x0(config, alpha)
        sample, x0, previous = 0.0, 1.0, 0.0
        if i + 1 < len(here):
            h = log_snr[i + 1] - log_snr[i]
            sample = math.sqrt(1 - here[i + 1]) / math.sqrt(1 - alpha)
            x0 = -math.sqrt(here[i + 1]) * math.expm1(-h)
            if i > 0:
                correction = 0.5 * h / (log_snr[i] - log_snr[i - 1])
                x0, previous = x0 * (1 + correction), -x0 * correction
        rows.append([from_sample, from_output, math.inf, sample, 0.0, x0, previous, 0.0])
    return _table(timesteps, rows, alphas)


def unclip(config: Mapping[str, Any], steps: int) -> Table:
    """Ancestral sampling of the prior, as UnCLIPScheduler; needs two steps at least."""
    if steps < 2:
        raise ValueError("the prior needs at least 2 steps")
    config = {"beta_schedule": "squaredcos_cap_v2", **config}
    alphas, added = cumulative_alphas(config), betas(config)
    ratio = (len(alphas) - 1) / (steps - 1)
    timesteps = (np.arange(steps) * ratio).round()[::-1].astype(np.int64)
    rows = []
    for i, timestep in enumerate(timesteps):
        alpha = float(alphas[timestep])
        next_alpha = float(alphas[timesteps[i + 1]]) if i + 1 < steps else 1.0
        adjacent = timestep == 0 or (i + 1 < steps and timesteps[i + 1] == timestep - 1)
        beta = float(added[timestep]) if adjacent else 1 - alpha / next_alpha
        share = 1 - beta
        x0 = math.sqrt(next_alpha) * beta / (1 - alpha)
        sample = math.sqrt(share) * (1 - next_alpha) / (1 - alpha)
        noise = math.sqrt(max((1 - next_alpha) / (1 - alpha) * beta, 1e-20)) if timestep > 0 else 0.0
        rows.append([*_x0(config, alpha), _clip(config, True), sample, 0.0, x0, 0.0, noise])
    return _table(timesteps, rows, alphas)


def table(sampler: Sampler, config: Mapping[str, Any], steps: int, start: int = 0) -> Table:
    """The decoder's table for this sampler, from the folder's scheduler config; `steps - start` steps."""
    return (ddim if sampler == "ddim" else dpm_solver)(config, steps, start)
