"""Meters: operations of the model's parts, the ceiling of matrix products, and memory.

Operations are counted by torch's FlopCounterMode (a multiply-add is 2) while a
part runs once; the ceiling is the best rate that a plain matrix product reaches
on this machine in the same number format. This module knows tensors; it does
not know requests.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from generation import deep
from generation.kandinsky import Kandinsky

SIDES = {"cuda": (4096, 8192, 12288), "cpu": (512, 1024, 2048)}
"""Of the square matrices whose products are timed."""
SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Operations:
    """Of one row through the UNet wholly and shallowly, one step of the prior, one picture through MOVQ."""

    whole: int
    shallow: int
    prior: int
    movq: int

    def of(self, whole: float, shallow: float, prior: float, pictures: float) -> float:
        """All operations of so many rows, prior rows and pictures."""
        return whole * self.whole + shallow * self.shallow + prior * self.prior + pictures * self.movq


def count(kandinsky: Kandinsky) -> Operations:
    """Run every part once at the model's own size."""
    device, dtype = kandinsky.device, kandinsky.dtype
    config, prior = kandinsky.unet.config, kandinsky.prior
    side = kandinsky.side // kandinsky.factor
    inputs = {
        "sample": torch.zeros(1, kandinsky.channels, side, side, device=device, dtype=dtype),
        "timestep": torch.tensor([500], device=device),
        "hidden": torch.zeros(1, 77, config.encoder_hid_dim, device=device, dtype=dtype),
        "pooled": torch.zeros(1, kandinsky.text_encoder.config.numDims, device=device, dtype=dtype),
        "image": torch.zeros(1, prior.config.embedding_dim, device=device, dtype=dtype),
    }

    def counted(call: Any) -> tuple[int, Any]:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            result = call()
        return int(counter.get_total_flops()), result

    whole, (_, features) = counted(lambda: deep.whole(kandinsky.unet, **inputs))
    shallow, _ = counted(lambda: deep.shallow(kandinsky.unet, features, **inputs))
    width, wide = prior.config.embedding_dim, prior.dtype
    vector = torch.zeros(1, width, device=device, dtype=wide)
    hidden = torch.zeros(1, prior.config.num_embeddings, width, device=device, dtype=wide)
    one_prior, _ = counted(
        lambda: prior(vector, timestep=500, proj_embedding=vector, encoder_hidden_states=hidden)
    )
    latents = inputs["sample"]
    movq, _ = counted(lambda: kandinsky.movq.decode(latents, force_not_quantize=True))
    return Operations(whole, shallow, one_prior, movq)


def ceiling(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of the fastest square matrix product."""
    best = 0.0
    for side in SIDES["cuda" if device.type == "cuda" else "cpu"]:
        a = torch.randn(side, side, device=device).to(dtype)
        b = torch.randn(side, side, device=device).to(dtype)
        for _ in range(3):
            a @ b
        _wait(device)
        start, rounds = time.perf_counter(), 0
        while time.perf_counter() - start < SECONDS:
            for _ in range(10):
                a @ b
            _wait(device)
            rounds += 10
        best = max(best, rounds * 2 * side**3 / (time.perf_counter() - start))
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Memory:
    """The peak between `begin` and `peak`: of a GPU by its allocator, of a CPU of the whole process."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._most = 0

    def begin(self) -> None:
        """Forget what was before."""
        self._most = 0
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)

    def look(self) -> None:
        """Take a sample, where nobody keeps the peak."""
        if self._device.type != "cuda":
            self._most = max(self._most, _resident())

    def peak(self) -> int:
        """In bytes."""
        self.look()
        return torch.cuda.max_memory_allocated(self._device) if self._device.type == "cuda" else self._most


def _resident() -> int:
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0  # not Linux
    return int(pages) * 4096
