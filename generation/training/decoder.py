"""Decoder: from an image embedding and a caption to the latents of a picture.

A diffusers UNet2DConditionModel with Kandinsky 2.1's conditioning, only
narrower: epsilon-prediction on linear betas, min-SNR weighting (Hang et al.
2023, gamma 5). Most samples are shown another garment of the same cloth than the one
that they are to become, with a text that names the garment: so the cloth is taken
from the picture and the outline from the text, which the embedding of a small CLIP
hardly tells. Others see their own embedding, with or without words, or no picture, as
in Kandinsky's own training. The channels of learned variance are held near the middle
of their range: no sampler here uses them. It reads the cache and does not know the prior.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.pipelines.kandinsky.text_encoder import MultilingualCLIP
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import XLMRobertaTokenizer

from generation.training.blocks import CHANNELS
from generation.training.cache import Cache
from generation.training.captions import caption, styled
from generation.training.clip import CAPTION_TOKENS, LANGUAGES, WIDTH
from generation.training.garments import SIDE
from generation.training.run import Plan, Run, generator
from generation.training.tokens import LENGTH, encode, trim

PLAN = Plan(steps=10_000, batch=16, rate=5e-4, warmup=200, decay=0.997, sheet_every=400)
OWN, NONE = 0.25, 0.15
"""The share of samples that see their own picture's embedding, and the share that see none."""
TEXT_DROPOUT = 0.4
"""The share of these that have no text; with another garment's embedding the text is never left out."""
STYLED = 0.5
"""How often the text beside another garment's embedding names the type only."""
GAMMA = 5.0
OUTLINE = 10.0
"""The most that steps of much noise, where outlines are decided and the noise itself is easily told, count
more than min-SNR gives them: as far as this, they weigh as in v-prediction (Salimans and Ho 2022)."""

Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def schedule() -> DDIMScheduler:
    """Kandinsky 2.1's decoder schedule, with the hub's settings."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_schedule="linear",
        beta_start=0.00085,
        beta_end=0.012,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="epsilon",
        thresholding=False,
    )


def build(spoken_width: int = 384) -> UNet2DConditionModel:
    """The UNet: 16 × 16 latents at 128 px, three levels, one resnet a level."""
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=CHANNELS,
        out_channels=2 * CHANNELS,
        down_block_types=(
            "ResnetDownsampleBlock2D",
            "SimpleCrossAttnDownBlock2D",
            "SimpleCrossAttnDownBlock2D",
        ),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D", "SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        block_out_channels=(96, 192, 256),
        layers_per_block=1,
        attention_head_dim=64,
        cross_attention_dim=WIDTH,
        encoder_hid_dim=spoken_width,
        encoder_hid_dim_type="text_image_proj",
        addition_embed_type="text_image",
        resnet_time_scale_shift="scale_shift",
    )


def draw(cache: Cache, tokenizer: XLMRobertaTokenizer, nothing: Tensor, plan: Plan, step: int) -> Batch:
    """One step's latents, image embeddings, token ids and masks; `nothing`: of no image, (1, D)."""
    rows = generator(plan.seed, step).integers(0, len(cache), plan.batch)
    words = random.Random(plan.seed * 1_000_003 + step)
    seen, texts = [], []
    for row in rows:
        look, language, chance = cache.looks[row], words.choice(LANGUAGES), words.random()
        wordless = words.random() < TEXT_DROPOUT
        if chance < OWN:
            seen.append(cache.looks_like[row])
        elif chance < OWN + NONE:
            seen.append(nothing[0].numpy().astype(np.float16))
        else:
            seen.append(cache.alike[row, words.randrange(2)])
            wordless = False
        brief = not cache.dyed[row] or (chance >= OWN + NONE and words.random() < STYLED)
        said = styled(look.type, language, words) if brief else caption(look, language, words)
        texts.append("" if wordless else said)
    ids, mask = trim(*encode(tokenizer, texts, CAPTION_TOKENS))
    latents = torch.from_numpy(cache.latents[rows]).float()
    return latents, torch.from_numpy(np.stack(seen)).float(), ids, mask


def speak(spoken: MultilingualCLIP, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """M-CLIP's pooled (N, D) and hidden states (N, LENGTH, width) of captions of CAPTION_TOKENS.

    The decoder sees all LENGTH tokens, unmasked. Every pad has the same hidden state, as pads
    have one position and are attended to by none, so they are repeated instead of computed.
    """
    ids, mask = ids.clone(), mask.clone()
    ids[:, -1], mask[:, -1] = spoken.config.pad_token_id, 0
    pooled, hidden = spoken(ids, mask)
    pads = hidden[:, -1:].expand(-1, LENGTH - hidden.shape[1], -1)
    return pooled, torch.cat([hidden, pads], 1)


def loss(
    unet: nn.Module, spoken: MultilingualCLIP, alphas: Tensor, batch: Batch
) -> tuple[Tensor, dict[str, float]]:
    """Weighted squared error of the noise."""
    latents, seen, ids, mask = batch
    # spread evenly over the schedule, so that no batch is all easy or all hard
    share = (torch.rand(1) + torch.arange(len(latents)) / len(latents)) % 1
    time = (share * len(alphas)).long().clamp(max=len(alphas) - 1)
    kept = alphas[time][:, None, None, None]
    noise = torch.randn_like(latents)
    noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            pooled, hidden = speak(spoken, ids, mask)
        out = unet(
            noisy,
            time,
            encoder_hidden_states=hidden,
            added_cond_kwargs={"text_embeds": pooled, "image_embeds": seen},
        ).sample.float()
    guess, variance = out.chunk(2, 1)
    error = F.mse_loss(guess, noise, reduction="none").mean((1, 2, 3))
    signal = alphas[time] / (1 - alphas[time])
    weight = signal.clamp(max=GAMMA) / signal * (1 + 1 / signal).clamp(max=OUTLINE)
    weighted = (error * weight).mean()
    return weighted + 1e-3 * variance.square().mean(), {"mse": error.mean().item()}


def train(
    cache: Cache,
    tokenizer: XLMRobertaTokenizer,
    spoken: MultilingualCLIP,
    nothing: Tensor,
    folder: Path,
    plan: Plan = PLAN,
    sheet: Callable[[UNet2DConditionModel, Path], None] | None = None,
) -> UNet2DConditionModel:
    """Train, or go on training, in `folder`; returns the averaged UNet. `sheet` draws with it."""
    torch.manual_seed(plan.seed)
    unet = build(spoken.config.hidden_size)
    alphas = cast(Tensor, schedule().alphas_cumprod)
    run = Run(folder, plan, nn.ModuleDict({"unet": unet}))
    averaged = cast(UNet2DConditionModel, run.average["unet"])
    draw_sheet = None if sheet is None else lambda path: sheet(averaged, path)
    run.train(
        lambda step: draw(cache, tokenizer, nothing, plan, step),
        lambda batch, _: loss(unet, spoken, alphas, batch),
        draw_sheet,
    )
    return averaged
