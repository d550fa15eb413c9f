"""Targets: what prior and decoder are trained to say, as Kandinsky 2.1 was.

Prior: the clean, standardised image embedding (x0) on the cosine schedule.
Decoder: the noise, on linear betas, and with it the learned variance, by the
variational bound with the mean held fixed (Nichol and Dhariwal 2021, arXiv
2102.09672; Kandinsky-2's RESCALED_MSE, whose bound counts T / 1000). Captions and
pictures are left out now and then, else guidance is unlearnt; where the decoder takes the
garment from the text, another product's look stands for a row's own. All randomness is
drawn on the CPU from a step's own generator, so that it does not depend on the
device or on what ran before. This module knows losses; it does not know how
steps are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from generation import samplers
from generation.prior import cut, predict
from generation.training.bilingual import LANGUAGES, Captions
from generation.training.finetune.features import Half, Texts
from generation.training.finetune.settings import Settings
from generation.training.finetune.swaps import Swaps

BRIEF = 0.5
"""How often the text beside another product's look names no colour, as in atelier's own training."""
PRIOR_BETAS = {"beta_schedule": "squaredcos_cap_v2"}


@dataclass(frozen=True, slots=True)
class Draw:
    """What one pass sees: `clean` and `noise` (n, ...), timesteps (n,), conditions."""

    clean: Tensor
    noise: Tensor
    time: Tensor
    looks: Tensor
    pooled: Tensor
    hidden: Tensor
    mask: Tensor

    def to(self, device: torch.device) -> Draw:
        """On another device."""
        return Draw(*(getattr(self, field.name).to(device) for field in fields(self)))


class Pool:
    """The rows to draw from, with their captions and features."""

    def __init__(
        self,
        numbers: Sequence[int],
        captions: Sequence[Captions],
        texts: Texts,
        looks: Sequence[Half],
        latents: Sequence[Half] | None,
        blank: Tensor,
        length: int,
        settings: Settings,
        swaps: Swaps | None = None,
        odds: NDArray[np.float64] | None = None,
    ) -> None:
        """numbers: rows of the catalogue; captions: of all its rows. length: of padded texts.

        odds: of each of `numbers` to be drawn; None for all alike.
        """
        self.numbers = np.array(numbers)
        self.captions, self.texts, self.blank, self.settings = captions, texts, blank, settings
        self._looks, self._latents, self._length = looks, latents, length
        self._ends = np.cumsum([len(part) for part in looks])
        self._swaps = swaps or Swaps({}, {})
        self._odds = odds

    def __len__(self) -> int:
        return len(self.numbers)

    def draw(self, rng: np.random.Generator, count: int) -> Draw:
        """`count` samples with everything random about them."""
        if self._odds is None:
            rows = self.numbers[rng.integers(0, len(self.numbers), count)]
        else:
            rows = rng.choice(self.numbers, count, p=self._odds)
        shown = self._shown(rows, rng)
        own = shown == rows
        brief = ~own & (rng.random(count) < BRIEF)
        texts = [
            self._caption(self._swaps.brief[row] if short else self.captions[row], rng)
            for row, short in zip(rows.tolist(), brief, strict=True)
        ]
        silent = own & (rng.random(count) < self.settings.text_dropout)
        texts = ["" if left_out else text for text, left_out in zip(texts, silent, strict=True)]
        looks = self._rows(self._looks, shown)
        prior = self._latents is None
        clean = looks if self._latents is None else self._rows(self._latents, rows)
        pooled, hidden, mask = self.texts.batch(texts, self._length, repeat=not prior)
        if not prior:
            unseen = own & (rng.random(count) < self.settings.image_dropout)
            looks = torch.where(torch.from_numpy(unseen)[:, None], self.blank, looks)
        noise = torch.from_numpy(rng.standard_normal(clean.shape, dtype=np.float32))
        time = torch.from_numpy(rng.integers(0, 1000, count))
        return Draw(clean, noise, time, looks, pooled, hidden, mask)

    def _shown(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """The rows whose looks are shown: for a share of the samples another product's of the same colour."""
        if not self._swaps.alike or not self.settings.swap:
            return rows
        shown = rows.copy()
        for i in np.flatnonzero(rng.random(len(rows)) < self.settings.swap):
            others = self._swaps.alike.get(int(rows[i]))
            if others is not None:
                shown[i] = others[rng.integers(len(others))]
        return shown

    @staticmethod
    def _caption(said: Captions, rng: np.random.Generator) -> str:
        choices = said.of(LANGUAGES[int(rng.integers(len(LANGUAGES)))])
        return choices[int(rng.integers(len(choices)))] if choices else ""

    def _rows(self, parts: Sequence[Half], rows: NDArray[np.int64]) -> Tensor:
        found = []
        for row in rows:
            part = int(np.searchsorted(self._ends, row, side="right"))
            start = int(self._ends[part - 1]) if part else 0
            found.append(np.asarray(parts[part][int(row) - start], dtype=np.float32))
        return torch.from_numpy(np.stack(found))


class Mixture:
    """A pool, and a share of the samples from another one: what is rehearsed."""

    def __init__(self, pool: Pool, rehearsed: Pool, share: float) -> None:
        self.pool, self.rehearsed, self.share = pool, rehearsed, share

    def __len__(self) -> int:
        return len(self.pool)

    def draw(self, rng: np.random.Generator, count: int) -> Draw:
        """`count` samples, rehearsed or not by the throw of a coin."""
        few = int(rng.binomial(count, self.share))
        drawn = [pool.draw(rng, n) for pool, n in ((self.pool, count - few), (self.rehearsed, few)) if n]
        return Draw(*(torch.cat([getattr(one, field.name) for one in drawn]) for field in fields(Draw)))


def _weights(alphas: Tensor, time: Tensor, gamma: float | None, clean: bool, outline: float = 1.0) -> Tensor:
    """Min-SNR weights (n,) of squared errors of the clean sample (`clean`) or of the noise.

    outline: the most that steps of much noise weigh more: as far as this as in v-prediction.
    """
    signal = alphas[time] / (1 - alphas[time])
    more = (1 + 1 / signal).clamp(max=outline)
    if gamma is None:
        return more
    return more * (signal.clamp(max=gamma) if clean else signal.clamp(max=gamma) / signal)


def _noised(draw: Draw, clean: Tensor, alphas: Tensor) -> Tensor:
    kept = alphas[draw.time].view(-1, *(1,) * (clean.ndim - 1))
    return kept.sqrt() * clean + (1 - kept).sqrt() * draw.noise


class PriorTarget:
    """The prior's loss."""

    def __init__(
        self, module: Any, schedule: dict[str, Any], settings: Settings, device: torch.device
    ) -> None:
        alphas = samplers.cumulative_alphas({**PRIOR_BETAS, **schedule})
        self._alphas = torch.as_tensor(np.asarray(alphas), dtype=torch.float32, device=device)
        self._mean = module.clip_mean.detach().float().clone().to(device)
        self._std = module.clip_std.detach().float().clone().to(device)
        self._gamma = settings.min_snr

    def loss(self, module: Any, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        """Squared error of the standardised embedding."""
        clean = (draw.clean - self._mean) / self._std
        hidden, mask = cut(module, draw.hidden, draw.mask)
        noisy = _noised(draw, clean, self._alphas)
        guess = predict(module, noisy, draw.time, draw.pooled, hidden, mask).float()
        error = F.mse_loss(guess, clean, reduction="none").mean(1)
        weighted = (error * _weights(self._alphas, draw.time, self._gamma, True)).mean()
        return weighted, {"mse": error.detach().mean()}


class DecoderTarget:
    """The decoder's loss."""

    def __init__(self, schedule: dict[str, Any], settings: Settings, device: torch.device) -> None:
        betas = torch.as_tensor(np.asarray(samplers.betas(schedule)), dtype=torch.float64)
        alphas = torch.cumprod(1 - betas, 0)
        before = torch.cat([torch.ones(1, dtype=torch.float64), alphas[:-1]])
        spread = betas * (1 - before) / (1 - alphas)
        self._low = torch.log(torch.cat([spread[1:2], spread[1:]])).float().to(device)
        self._high = torch.log(betas).float().to(device)
        self._from_clean = (betas * before.sqrt() / (1 - alphas)).float().to(device)
        self._alphas = alphas.float().to(device)
        self._gamma, self._outline = settings.min_snr, settings.outline

    def loss(self, module: Any, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        """Squared error of the noise, and the bound for the variance where the UNet says one."""
        noisy = _noised(draw, draw.clean, self._alphas)
        out = module(
            noisy,
            draw.time,
            encoder_hidden_states=draw.hidden,
            added_cond_kwargs={"text_embeds": draw.pooled, "image_embeds": draw.looks},
        ).sample.float()
        channels = noisy.shape[1]
        guess = out[:, :channels]
        error = F.mse_loss(guess, draw.noise, reduction="none").mean((1, 2, 3))
        value = (error * _weights(self._alphas, draw.time, self._gamma, False, self._outline)).mean()
        figures = {"mse": error.detach().mean()}
        if out.shape[1] == 2 * channels:
            bound = self._bound(guess.detach(), out[:, channels:], draw)
            value = value + bound
            figures["vlb"] = bound.detach()
        return value, figures

    def _bound(self, guess: Tensor, variance: Tensor, draw: Draw) -> Tensor:
        """KL of the true posterior from the model's, in bits, the mean being given; only the variance learns.

        Both means differ by their clean samples only, so by the noise's error. At t = 0 the decoder's
        likelihood is taken for a Gaussian's of the same variance.
        """
        shape = (-1, 1, 1, 1)
        low, high = self._low[draw.time].view(shape), self._high[draw.time].view(shape)
        share = (variance + 1) / 2
        model = share * high + (1 - share) * low
        kept = self._alphas[draw.time].view(shape)
        shift = self._from_clean[draw.time].view(shape) * ((1 - kept) / kept).sqrt() * (guess - draw.noise)
        kl = 0.5 * (model - low - 1 + torch.exp(low - model) + shift.square() * torch.exp(-model))
        return kl.mean() / float(np.log(2.0))
