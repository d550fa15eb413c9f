"""Settings: everything that a fine-tuning run is asked for, and which of it may change when it goes on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Stage = Literal["prior", "decoder"]
Way = Literal["lora", "attention", "full"]
Optimiser = Literal["adamw", "adamw8bit", "adafactor"]
Schedule = Literal["constant", "cosine"]

RATES = {"lora": 1e-4, "attention": 1e-5, "full": 5e-6}
"""Peak learning rates: LoRA as in diffusers' Kandinsky examples, full as in Kandinsky's own training
(ai-forever/Kandinsky-2, train_configs)."""
TEXT_DROPOUT = {"prior": 0.1, "decoder": 0.5}
IMAGE_DROPOUT = 0.1
"""As Kandinsky 2.1 was trained (train_configs); without them guidance is unlearnt."""
BY_TEXT = {"swap": 0.6, "text_dropout": 0.4, "image_dropout": 0.375, "outline": 10.0}
"""Of a decoder that takes the garment from the text, as atelier's was trained
(generation/training/decoder.py); the dropouts are shares of the samples that are not swapped."""
BALANCE = 0.5
"""Of a base that brings a reader, which is small: a shop's shoes are not to push its few shirts aside."""
REHEARSE = 0.25
"""Of such a base's decoder, which forgets what the data have little of."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run.

    convolutions: LoRA adds to the decoder's residual blocks as well.
    batch: samples a step and process, `accumulate` times. rate, decay: peak learning rate, EMA's.
    min_snr: gamma of min-SNR weighting (arXiv 2303.09556), None without. outline: the most that the
    decoder's steps of much noise count more than that (Salimans and Ho 2022's v-prediction has no limit).
    swap: the share of the decoder's samples that see another product's embedding and keep their text; the
    dropouts are shares of the rest. blend: how far the written weights are from the base's to the trained
    ones. sift: leave out rows in whose photo the base's reader does not see what their text names.
    balance: from all rows drawn alike often, 0, to all kinds of garments, 1. rehearse: the share of the
    decoder's samples that are the base's own drawings. side: of the decoder's
    pictures in pixels. precision: of the passes, "no" for fp32. sheet_every, save_every: steps.
    """

    stage: Stage
    way: Way
    rank: int
    steps: int
    convolutions: bool = False
    batch: int = 4
    accumulate: int = 1
    rate: float = 1e-4
    warmup: int = 50
    schedule: Schedule = "constant"
    optimiser: Optimiser = "adamw"
    weight_decay: float = 0.01
    decay: float = 0.999
    min_snr: float | None = None
    text_dropout: float = 0.1
    image_dropout: float = IMAGE_DROPOUT
    outline: float = 1.0
    swap: float = 0.0
    blend: float = 1.0
    sift: bool = False
    balance: float = 0.0
    rehearse: float = 0.0
    precision: Literal["no", "fp16", "bf16"] = "no"
    checkpointing: bool = False
    side: int = 64
    seed: int = 0
    sheet_every: int = 500
    save_every: int = 200

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What a run was that says nothing of a setting, as it is older than the setting."""
        given = dataclasses.fields(cls)
        return {one.name: one.default for one in given if one.default is not dataclasses.MISSING}

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return dataclasses.asdict(self)

    def fixed(self) -> dict[str, Any]:
        """What a run that goes on must have in common with its checkpoint."""
        free = {"sheet_every", "save_every", "checkpointing", "blend"}
        if self.schedule == "constant":
            free.add("steps")  # training longer changes no step before
        return {name: value for name, value in self.facts().items() if name not in free}


@dataclass(frozen=True, slots=True)
class Places:
    """Where a stage reads and writes.

    out: of the command; the stage's own files are in out/<stage>. cache: pictures and features.
    """

    data: Path
    base: str
    out: Path
    cache: Path

    def run(self, stage: Stage) -> Path:
        """Checkpoint, log, sheets and TensorBoard of a stage."""
        return self.out / stage
