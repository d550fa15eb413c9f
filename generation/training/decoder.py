"""Decoder: from an image embedding and a caption to the latents of a picture.

A diffusers UNet2DConditionModel with Kandinsky 2.1's conditioning, only
narrower: epsilon-prediction on linear betas, min-SNR weighting (Hang et al.
2023, gamma 5). The image is left out of a tenth of the samples, as in Kandinsky's
own training, and the text of three in ten (there of half: but here the text names
the garment better than the embedding does). The channels of learned variance
are held near the middle of their range: no sampler here uses them. It reads the
cache and does not know the prior.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.pipelines.kandinsky.text_encoder import MultilingualCLIP
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import XLMRobertaTokenizer

from generation.training.blocks import CHANNELS
from generation.training.cache import Cache, sample
from generation.training.clip import CAPTION_TOKENS, WIDTH
from generation.training.garments import SIDE
from generation.training.run import Plan, Run
from generation.training.tokens import LENGTH, encode, trim

PLAN = Plan(steps=10_000, batch=16, rate=5e-4, warmup=200, decay=0.997, sheet_every=400)
TEXT_DROPOUT, IMAGE_DROPOUT = 0.3, 0.1
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


def draw(cache: Cache, tokenizer: XLMRobertaTokenizer, plan: Plan, step: int) -> Batch:
    """One step's latents, image embeddings, token ids and masks; some captions are empty."""
    rows, texts = sample(cache, plan, step, TEXT_DROPOUT)
    ids, mask = trim(*encode(tokenizer, texts, CAPTION_TOKENS))
    latents = torch.from_numpy(cache.latents[rows]).float()
    return latents, torch.from_numpy(cache.looks_like[rows]).float(), ids, mask


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
    unet: nn.Module, spoken: MultilingualCLIP, nothing: Tensor, alphas: Tensor, batch: Batch
) -> tuple[Tensor, dict[str, float]]:
    """Weighted squared error of the noise; `nothing` is the embedding of the all-zero picture, (1, D)."""
    latents, seen, ids, mask = batch
    # spread evenly over the schedule, so that no batch is all easy or all hard
    share = (torch.rand(1) + torch.arange(len(latents)) / len(latents)) % 1
    time = (share * len(alphas)).long().clamp(max=len(alphas) - 1)
    kept = alphas[time][:, None, None, None]
    noise = torch.randn_like(latents)
    noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
    dropped = torch.rand(len(seen), 1) < IMAGE_DROPOUT
    seen = torch.where(dropped, nothing, seen)
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
        lambda step: draw(cache, tokenizer, plan, step),
        lambda batch, _: loss(unet, spoken, nothing, alphas, batch),
        draw_sheet,
    )
    return averaged
