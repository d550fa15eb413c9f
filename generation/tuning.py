"""Tuning: how the engine works, as its operator may set it. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ROWS = 8
PRIOR_STEPS = 5
PRIOR_GUIDANCE = 4.0
"""Both as the model card of Kandinsky 2.1 draws (prior_steps="5", prior_cf_scale=4)."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings of the engine. What may cost quality is off by default.

    max_rows: pictures of the model's own size in one pass of the UNet; larger ones count by their area.
        Halved when memory runs out, and tried again later.
    threads: torch's; None leaves them.
    prior_steps, prior_guidance: of the prior.
    guidance_interval: the share of the schedule in which guidance is applied, (0, 1) for all of it
        (Kynkäänniemi et al. 2024, arXiv 2404.07724); outside it a row costs half.
    reuse: the deep features of the UNet are computed at every `reuse`-th step of a picture and used again
        at the others, see `generation.deep`; 1 computes them always.
    compile: torch.compile's backend, such as "inductor", with a graph per bucket of rows; None runs eagerly.
    graphs: the prior as CUDA graphs; without effect elsewhere and with `offload`.
    offload: encoders and prior wait in main memory and come to the GPU when they are called; the whole
        Kandinsky 2.1 then runs in 8 GB.
    """

    max_rows: int = MAX_ROWS
    threads: int | None = None
    prior_steps: int = PRIOR_STEPS
    prior_guidance: float = PRIOR_GUIDANCE
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    reuse: int = 1
    compile: str | None = None
    graphs: bool = True
    offload: bool = False

    def __post_init__(self) -> None:
        low, high = self.guidance_interval
        if not (self.max_rows >= 1 and self.reuse >= 1 and 0 <= low <= high <= 1):
            raise ValueError("max_rows and reuse start at 1, the guidance interval lies between 0 and 1")
        if self.prior_steps < 2 or not self.prior_guidance >= 1:
            raise ValueError("the prior takes 2 steps at the least, and its guidance starts at 1")
