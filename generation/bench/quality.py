"""Quality: what each setting that saves time costs in what is drawn.

The exam of `generation.evaluation` and KID against the reference, which is 100
steps of DDIM and 25 of the prior, everything computed: what stock diffusers
draws by default. The reference with another seed shows how far two samples of
the very same model are apart. This module knows studios and judges.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation import mobilenet
from generation.bench.systems import STOCK_PRIOR_STEPS, STOCK_STEPS, SharedStudio
from generation.evaluation import exam, judges, kid, questions
from generation.kandinsky import Kandinsky

REFERENCE = "reference"
SEED = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one setting. rates: the share of drawings right in type, colour and pattern.

    kid: to the reference, and its deviation over subsets. rate: pictures a second, many at a time.
    """

    setting: str
    types: float
    colours: float
    patterns: float
    kid: float
    kid_deviation: float
    rate: float

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def variants(steps: int, tuning: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The default and what may be switched on, as settings of a studio."""
    ours = {"steps": steps, **tuning}
    return {
        f"{steps} steps": ours,
        f"{steps} steps, guidance on 20–80 %": {**ours, "guidance_interval": (0.2, 0.8)},
        f"{steps} steps, deep features every 2nd step": {**ours, "reuse": 2},
        f"{steps} steps, both": {**ours, "guidance_interval": (0.2, 0.8), "reuse": 2},
    }


async def judge(kandinsky: Kandinsky, looks: int, steps: int, tuning: Mapping[str, Any]) -> list[Verdict]:
    """Draw `looks` looks in both languages with every variant; the first two are the reference."""
    marker, network = judges.load(), mobilenet.load()
    exact = {**tuning, "guidance_interval": (0.0, 1.0), "reuse": 1}
    reference = {**exact, "steps": STOCK_STEPS, "prior_steps": STOCK_PRIOR_STEPS, "sampler": "ddim"}
    plans: list[tuple[str, dict[str, Any], int]] = [
        (f"{REFERENCE}: {STOCK_STEPS} steps of DDIM", reference, SEED),
        (f"{REFERENCE}, other seeds", reference, SEED + 1),
        *((name, settings, SEED + 1) for name, settings in variants(steps, exact).items()),
    ]
    anchor: Any = None
    found = []
    for name, settings, seed in plans:
        asked = questions.from_text(looks, SEED)
        asked = [_reseeded(question, seed) for question in asked]
        studio = SharedStudio(kandinsky, **settings)
        await studio.start()
        begun = time.perf_counter()
        try:
            pictures = await exam.draw(studio, asked)
        finally:
            await studio.close()
        seconds = time.perf_counter() - begun
        marks = exam.mark(marker, asked, pictures)
        features = mobilenet.features(network, np.stack(pictures))
        if anchor is None:
            anchor = features
        distance, deviation = (0.0, 0.0) if features is anchor else kid.kid(features, anchor)
        found.append(
            Verdict(
                name,
                _share([mark.type for mark in marks]),
                _share([mark.colour for mark in marks]),
                _share([mark.pattern for mark in marks]),
                distance,
                deviation,
                len(asked) / seconds,
            )
        )
    return found


def _reseeded(question: questions.Question, seed: int) -> questions.Question:
    return replace(question, seed=question.seed + (seed - SEED) * 1_000_000)


def _share(right: list[bool]) -> float:
    shares: NDArray[np.float64] = np.array(right, dtype=np.float64)
    return float(shares.mean())
