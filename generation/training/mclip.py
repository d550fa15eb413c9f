"""M-CLIP: the stage after CLIP, in which its pooled text comes to say the type of a garment aloud.

A type hardly shows in the embeddings of pictures after so short a training, and so
hardly in those of texts that were matched with them; a decoder that reads only these
draws any garment in the right cloth. A caption names its type in plain words, though.
Here the M-CLIP tower learns to add a direction of its own for each type to what it
said before, and to keep everything else. This module knows captions; it knows no pictures.
"""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import cast

import torch
from diffusers.pipelines.kandinsky.text_encoder import MultilingualCLIP
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import XLMRobertaTokenizer

from generation.training.captions import caption
from generation.training.clip import CAPTION_TOKENS, LANGUAGES, WIDTH
from generation.training.looks import random_look
from generation.training.run import Plan, Run
from generation.training.tokens import encode, trim
from generation.vocabulary import TYPES

PLAN = Plan(steps=350, batch=64, rate=4e-4, warmup=20, decay=0.98, weight_decay=0.0)
LOUD = 10.0
"""Length of a type's direction; the pooled texts themselves are about 16 long."""
TYPELESS = 0.08
"""The share of captions that are empty, and so name no type."""

Batch = tuple[Tensor, Tensor, Tensor]


def directions() -> Tensor:
    """A direction for each type, (T, WIDTH), at right angles to each other; zeros for none at the end."""
    chance = torch.Generator().manual_seed(0)
    square = torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=chance)).Q
    return torch.cat([LOUD * square[: len(TYPES)], torch.zeros(1, WIDTH)])


def draw(tokenizer: XLMRobertaTokenizer, types: list[str], plan: Plan, step: int) -> Batch:
    """One step's token ids and masks (N, T), and which type each caption names, (N,)."""
    words = random.Random(plan.seed * 1_000_003 + step)
    names = list(TYPES)
    texts, named = [], []
    for _ in range(plan.batch):
        type_ = words.choice(types)
        empty = words.random() < TYPELESS
        look = random_look(type_, words)
        texts.append("" if empty else caption(look, words.choice(LANGUAGES), words))
        named.append(len(names) if empty else names.index(type_))
    ids, mask = trim(*encode(tokenizer, texts, CAPTION_TOKENS))
    return ids, mask, torch.tensor(named)


def loss(
    spoken: MultilingualCLIP, before: MultilingualCLIP, aloud: Tensor, batch: Batch
) -> tuple[Tensor, dict[str, float]]:
    """Squared errors of the pooled text, which is to gain its type's direction, and of the hidden states."""
    ids, mask, named = batch
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            pooled, hidden = before(ids, mask)
        said, states = spoken(ids, mask)
    type_error = F.mse_loss(said.float(), pooled.float() + aloud[named])
    drift = F.mse_loss(states.float(), hidden.float())
    return type_error + 0.3 * drift, {"type": type_error.item(), "drift": drift.item()}


def train(
    tokenizer: XLMRobertaTokenizer,
    before: MultilingualCLIP,
    types: list[str],
    folder: Path,
    plan: Plan = PLAN,
) -> MultilingualCLIP:
    """Train, or go on training, in `folder`; returns the averaged tower. `types`: those that are drawn."""
    torch.manual_seed(plan.seed)
    spoken = copy.deepcopy(before).requires_grad_(True)
    run = Run(folder, plan, nn.ModuleDict({"spoken": spoken}))
    aloud = directions()
    run.train(
        lambda step: draw(tokenizer, types, plan, step),
        lambda batch, _: loss(spoken, before, aloud, batch),
    )
    return cast(MultilingualCLIP, run.average["spoken"])
