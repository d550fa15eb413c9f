"""Prior: from a caption to the image embedding of the garment that it names.

A diffusers PriorTransformer, as Kandinsky 2.1's: x0-prediction on the cosine
schedule, conditioned on CLIP text; the text is left out of every tenth sample,
for guidance. It reads the cache and does not know the decoder.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import cast

import numpy as np
import torch
from diffusers import PriorTransformer, UnCLIPScheduler
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPTextModelWithProjection, XLMRobertaTokenizer

from generation.training.cache import Cache
from generation.training.captions import caption
from generation.training.clip import LANGUAGES, WIDTH
from generation.training.run import Plan, Run, generator
from generation.training.tokens import LENGTH, encode

PLAN = Plan(steps=1200, batch=32, rate=6e-4, warmup=50, decay=0.995)
TEXT_DROPOUT = 0.1

Batch = tuple[Tensor, Tensor, Tensor]


def schedule() -> UnCLIPScheduler:
    """Kandinsky 2.1's: squared cosine, x0 clamped to ±10."""
    return UnCLIPScheduler(
        num_train_timesteps=1000,
        prediction_type="sample",
        clip_sample_range=10.0,
        variance_type="fixed_small_log",
    )


def cumulative_alphas() -> Tensor:
    """ᾱ of the cosine schedule, (1000,)."""
    return cast(Tensor, schedule().alphas_cumprod)


def build(cache: Cache) -> PriorTransformer:
    """A prior that works in the cache's standardised embeddings."""
    prior = PriorTransformer(
        num_attention_heads=WIDTH // 64,
        attention_head_dim=64,
        num_layers=4,
        embedding_dim=WIDTH,
        num_embeddings=LENGTH,
        additional_embeddings=4,
    )
    seen = torch.from_numpy(cache.looks_like[:20_000]).float()
    with torch.no_grad():
        prior.clip_mean.copy_(seen.mean(0, keepdim=True))
        prior.clip_std.copy_(seen.std(0, keepdim=True).clamp(min=1e-3))
    # constants of the space, not weights: an optimiser's decay would move them
    prior.clip_mean.requires_grad_(False)
    prior.clip_std.requires_grad_(False)
    return prior


def draw(cache: Cache, tokenizer: XLMRobertaTokenizer, plan: Plan, step: int) -> Batch:
    """One step's embeddings (N, D), token ids and masks (N, LENGTH); some captions are empty."""
    worded = np.flatnonzero(cache.dyed)
    rows = worded[generator(plan.seed, step).integers(0, len(worded), plan.batch)]
    words = random.Random(plan.seed * 1_000_003 + step)
    texts = [
        "" if words.random() < TEXT_DROPOUT else caption(cache.looks[row], words.choice(LANGUAGES), words)
        for row in rows
    ]
    ids, mask = encode(tokenizer, texts)
    return torch.from_numpy(cache.looks_like[rows]).float(), ids, mask


def loss(
    prior: PriorTransformer, text: CLIPTextModelWithProjection, alphas: Tensor, batch: Batch
) -> tuple[Tensor, dict[str, float]]:
    """Squared error of the predicted, standardised embedding."""
    seen, ids, mask = batch
    target = (seen - prior.clip_mean) / prior.clip_std
    time = torch.randint(0, len(alphas), (len(seen),))
    kept = alphas[time][:, None]
    noisy = kept.sqrt() * target + (1 - kept).sqrt() * torch.randn_like(target)
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            said = text(input_ids=ids)
        guess = prior(
            noisy,
            time,
            proj_embedding=said.text_embeds,
            encoder_hidden_states=said.last_hidden_state,
            attention_mask=mask.bool(),
        ).predicted_image_embedding
    error = F.mse_loss(guess.float(), target)
    return error, {"mse": error.item()}


def train(
    cache: Cache,
    tokenizer: XLMRobertaTokenizer,
    text: CLIPTextModelWithProjection,
    folder: Path,
    plan: Plan = PLAN,
) -> PriorTransformer:
    """Train, or go on training, in `folder`; returns the averaged prior."""
    torch.manual_seed(plan.seed)
    prior, alphas = build(cache), cumulative_alphas()
    run = Run(folder, plan, nn.ModuleDict({"prior": prior}))
    run.train(
        lambda step: draw(cache, tokenizer, plan, step), lambda batch, _: loss(prior, text, alphas, batch)
    )
    return cast(PriorTransformer, run.average["prior"])
