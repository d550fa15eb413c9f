"""Denoiser: one step for many rows at once, whatever step, guidance, text or picture each is at.

A row is a picture on its way. Those that go through one pass agree in size and
in the network that draws them, and in nothing else: every row has its own
timestep, coefficients, guidance, conditions and mask. A row's result is that of
the row alone up to the rounding of another batch size. This module knows
latents and the UNet; it does not know who waits for a picture, memory or turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from generation import deep, samplers
from generation.canvas import Canvas
from generation.conditioning import Condition
from generation.kandinsky import Kandinsky
from generation.orders import Ticket
from generation.tuning import Tuning

F = TypeVar("F", bound=Callable[..., Any])

WANTED, AGAINST = 0, 1
COMPILED_SHAPES = 64
"""Graphs that torch.compile may keep: buckets of rows times sizes."""


@dataclass(slots=True, eq=False)
class Row:
    """One picture on its way.

    latents, x0, noise: (C, h, w) fp32; noise is what it began with. guidance: a scalar on the device.
    deep: the features of the last whole pass, for WANTED and AGAINST.
    """

    ticket: Ticket
    index: int
    wanted: Condition
    against: Condition
    guidance: Tensor
    table: samplers.Table
    latents: Tensor
    noise: Tensor
    canvas: Canvas | None
    x0: Tensor
    step: int = 0
    deep: list[Tensor | None] = field(default_factory=lambda: [None, None])

    @property
    def done(self) -> bool:
        """No step is left."""
        return self.step >= len(self.table)

    @property
    def share(self) -> float:
        """Where in the sampler's whole schedule it stands, 0 to 1."""
        order = self.ticket.order
        return (order.start + self.step) / order.steps


Pass = tuple[Row, int]
"""A row and for which condition, WANTED or AGAINST, the network is to run."""


class Denoiser:
    """Takes rows a step on."""

    def __init__(self, kandinsky: Kandinsky, tuning: Tuning) -> None:
        self.kandinsky = kandinsky
        self._tuning = tuning
        self._whole = self._compiled(deep.whole)
        self._shallow = self._compiled(deep.shallow)
        self._plain = self._compiled(_plain)
        self.passes = 0
        """Calls of the network so far."""
        self.evaluated = [0, 0]
        """Rows evaluated so far, wholly and shallowly, each condition counted by itself, padding too."""

    def _compiled(self, call: F) -> F:
        if self._tuning.compile is None:
            return call
        dynamo = torch._dynamo.config
        dynamo.recompile_limit = max(COMPILED_SHAPES, dynamo.recompile_limit)
        return cast(F, torch.compile(call, backend=self._tuning.compile, dynamic=False))

    def bucket(self, row: Row) -> tuple[int, int, bool]:
        """Rows of one bucket may share a pass: height and width in latents, and whether inpainted."""
        return row.latents.shape[-2], row.latents.shape[-1], self._inpainted(row)

    def advance(self, rows: Sequence[Row]) -> None:
        """One step for rows of one bucket. If it raises, no row has changed."""
        rows = sorted(rows, key=lambda row: not self._guided(row))
        guided = sum(map(self._guided, rows))
        passes: list[Pass] = [(row, WANTED) for row in rows] + [(row, AGAINST) for row in rows[:guided]]
        noise, features = self._predict(passes)
        wanted = noise[: len(rows)]
        if guided:
            away = noise[len(rows) :]
            scale = torch.stack([row.guidance for row in rows[:guided]]).view(-1, 1, 1, 1)
            wanted = torch.cat([away + scale * (wanted[:guided] - away), wanted[guided:]])
        latents, x0 = samplers.advance(
            torch.stack([row.table.rows[row.step] for row in rows]),
            torch.stack([row.latents for row in rows]),
            wanted,
            torch.stack([row.x0 for row in rows]),
        )
        following = [*latents]
        self._put_back(rows, following)
        for (row, condition), kept in zip(passes, features, strict=True):
            if kept is not None:
                row.deep[condition] = kept
        for i, row in enumerate(rows):
            row.latents, row.x0, row.step = following[i], x0[i], row.step + 1
            if row.done:
                row.deep = [None, None]

    def _inpainted(self, row: Row) -> bool:
        return (
            row.canvas is not None and row.canvas.anew is not None and self.kandinsky.inpaint_unet is not None
        )

    def _guided(self, row: Row) -> bool:
        low, high = self._tuning.guidance_interval
        return row.ticket.order.guidance != 1 and low <= row.share < high

    def _put_back(self, rows: Sequence[Row], latents: list[Tensor]) -> None:
        """Outside their masks, rows get their own picture back, as noisy as the step leaves the rest."""
        for i, row in enumerate(rows):
            if row.canvas is None or row.canvas.anew is None or self._inpainted(row):
                continue
            known = samplers.noised(
                row.canvas.clean[None], row.noise[None], row.table.alphas[row.step + 1 : row.step + 2]
            )[0]
            latents[i] = torch.lerp(known, latents[i], row.canvas.anew)

    def _predict(self, passes: Sequence[Pass]) -> tuple[Tensor, list[Tensor | None]]:
        """The network's noise (N, C, h, w) fp32, and the deep features where they are new."""
        if self._tuning.reuse == 1:
            return self._run(passes), [None] * len(passes)
        fresh = [
            row.step % self._tuning.reuse == 0 or row.deep[condition] is None for row, condition in passes
        ]
        found: list[Any] = [None] * len(passes)
        features: list[Tensor | None] = [None] * len(passes)
        for anew in (True, False):
            chosen = [i for i, new in enumerate(fresh) if new == anew]
            if not chosen:
                continue
            some = [passes[i] for i in chosen]
            noise, kept = self._run_whole(some) if anew else (self._run_shallow(some), None)
            for place, i in enumerate(chosen):
                found[i] = noise[place]
                features[i] = None if kept is None else kept[place]
        return torch.stack(found), features

    def _run(self, passes: Sequence[Pass]) -> Tensor:
        padded = self._padded(passes)
        out = self._plain(self._network(passes), **self._inputs(padded))
        self._count(0, padded)
        return self._noise(out, len(passes))

    def _run_whole(self, passes: Sequence[Pass]) -> tuple[Tensor, Tensor]:
        padded = self._padded(passes)
        out, features = self._whole(self._network(passes), **self._inputs(padded))
        self._count(0, padded)
        return self._noise(out, len(passes)), features

    def _run_shallow(self, passes: Sequence[Pass]) -> Tensor:
        padded = self._padded(passes)
        features = torch.stack([row.deep[condition] for row, condition in padded])  # type: ignore[misc]
        out = self._shallow(self._network(passes), features, **self._inputs(padded))
        self._count(1, padded)
        return self._noise(out, len(passes))

    def _network(self, passes: Sequence[Pass]) -> Any:
        return self.kandinsky.inpaint_unet if self._inpainted(passes[0][0]) else self.kandinsky.unet

    def _noise(self, out: Tensor, count: int) -> Tensor:
        return out[:count, : self.kandinsky.channels].float()  # the other channels are the learned variance

    def _count(self, kind: int, passes: Sequence[Pass]) -> None:
        self.passes += 1
        self.evaluated[kind] += len(passes)

    def _padded(self, passes: Sequence[Pass]) -> Sequence[Pass]:
        """Filled up to a power of two, where every number of rows is a graph of its own."""
        if self._tuning.compile is None:
            return passes
        size = 1 << (len(passes) - 1).bit_length()
        return [*passes, *[passes[-1]] * (size - len(passes))]

    def _inputs(self, passes: Sequence[Pass]) -> dict[str, Tensor]:
        dtype = self.kandinsky.dtype
        conditions = [row.against if condition == AGAINST else row.wanted for row, condition in passes]
        sample = torch.stack([row.latents for row, _ in passes])
        if self._inpainted(passes[0][0]):
            beside = [row.canvas.kept() for row, _ in passes if row.canvas is not None]
            sample = torch.cat([sample, torch.stack(beside)], dim=1)
        return {
            "sample": sample.to(dtype),
            "timestep": torch.stack([row.table.timesteps[row.step] for row, _ in passes]),
            "hidden": torch.stack([c.hidden for c in conditions]).to(dtype),
            "pooled": torch.stack([c.pooled for c in conditions]).to(dtype),
            "image": torch.stack([c.image for c in conditions]).to(dtype),
        }


def _plain(
    unet: Any, sample: Tensor, timestep: Tensor, hidden: Tensor, pooled: Tensor, image: Tensor
) -> Tensor:
    out: Tensor = unet(
        sample=sample,
        timestep=timestep,
        encoder_hidden_states=hidden,
        added_cond_kwargs={"text_embeds": pooled, "image_embeds": image},
        return_dict=False,
    )[0]
    return out
