"""Studies: from an order to rows that can be drawn, and from drawn latents to pixels.

What stands before and behind the steps: embeddings (cached), the own picture's
latents (cached), the first noise of every seed, the sampler's table (cached),
and MOVQ's decoding. This module knows the model's parts; it does not know turns
or callers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from generation import canvas, samplers
from generation.canvas import Canvas
from generation.conditioning import Cache, Condition, Conditioner, Dream
from generation.denoiser import Row
from generation.kandinsky import Kandinsky
from generation.orders import Order, Pixels, Ticket
from generation.style import Composition, compose

TABLES = 64
CANVASES = 64


class Studies:
    """Makes rows for one model. Belongs to the engine's thread."""

    def __init__(self, conditioner: Conditioner) -> None:
        self.kandinsky = conditioner.kandinsky
        self.conditioner = conditioner
        self._tables: Cache[tuple[str, int, int], samplers.Table] = Cache(TABLES)
        self._latents: Cache[bytes, Tensor] = Cache(CANVASES)

    def foresee(self, orders: Sequence[Order]) -> None:
        """Encode the texts of several orders together, and sample the prior for them together."""
        plain = [order for order in orders if not order.photos and (order.prompt or order.init is None)]
        texts = [text for order in plain for text in (order.prompt, order.negative)]
        self.conditioner.texts(list(dict.fromkeys(texts)))
        dreams = [Dream(order.prompt, seed, order.negative) for order in plain for seed in order.seeds]
        dreams += [
            Dream(order.negative, seed, order.negative)
            for order in plain
            for seed in order.seeds
            if order.negative and order.guidance != 1
        ]
        if dreams:
            self.conditioner.dream(dreams)

    def rows(self, ticket: Ticket) -> list[Row]:
        """One row a seed; also notes in the ticket what its photos show."""
        order = ticket.order
        composed = self._compose(order)
        ticket.seen = composed.seen if order.photos else None
        pooled, hidden = self.conditioner.text(composed.words)
        against = self.conditioner.against(order.negative if order.guidance != 1 else "", order.seeds)
        own = self._canvas(order)
        return [
            self._row(ticket, i, Condition(image, pooled, hidden), against[i], own)
            for i, image in enumerate(composed.images)
        ]

    def _compose(self, order: Order) -> Composition:
        photos: tuple[Image.Image, ...] = order.photos
        weights = order.photo_weights
        if not photos and not order.prompt and order.init is not None:
            photos, weights = (order.init,), None  # varied as it is
        return compose(
            self.conditioner, order.prompt, photos, order.photo_weight, order.seeds, weights, order.negative
        )

    def _canvas(self, order: Order) -> Canvas | None:
        if order.init is None:
            return None
        key = canvas.key(order.init)
        clean = self._latents.get(key)
        if clean is None:
            clean = self._latents.put(key, canvas.encode(self.kandinsky, order.init))
        if order.mask is None:
            return Canvas(clean)
        return Canvas(clean, canvas.places(order.mask, self.kandinsky.factor).to(clean.device))

    def _row(
        self, ticket: Ticket, index: int, wanted: Condition, against: Condition, own: Canvas | None
    ) -> Row:
        order, kandinsky = ticket.order, self.kandinsky
        shape = (1, kandinsky.channels, order.height // kandinsky.factor, order.width // kandinsky.factor)
        dice = torch.Generator().manual_seed(order.seeds[index])
        noise = torch.randn(shape, generator=dice)[0].to(kandinsky.device)
        table = self.table(order)
        latents = noise
        if own is not None and order.start > 0:
            latents = samplers.noised(own.clean[None], noise[None], table.alphas[:1])[0]
        return Row(
            ticket=ticket,
            index=index,
            wanted=wanted,
            against=against,
            guidance=torch.tensor(order.guidance, device=kandinsky.device),
            table=table,
            latents=latents,
            noise=noise,
            canvas=own,
            x0=torch.zeros_like(latents),
        )

    def table(self, order: Order) -> samplers.Table:
        """The sampler's coefficients for this order, on the device."""
        key = (order.sampler, order.steps, order.start)
        kept = self._tables.get(key)
        if kept is None:
            made = samplers.table(order.sampler, self.kandinsky.decoder_schedule, order.steps, order.start)
            kept = self._tables.put(key, made.to(self.kandinsky.device))
        return kept


def decode(kandinsky: Kandinsky, latents: Sequence[Tensor]) -> list[Pixels | None]:
    """Latents (C, h, w) to pictures (H, W, 3) uint8; None where one is not finite."""
    stacked = torch.stack(list(latents)).to(kandinsky.device, kandinsky.dtype)
    pictures = kandinsky.movq.decode(stacked, force_not_quantize=True).sample.float()
    finite = torch.isfinite(pictures).flatten(1).all(1).tolist()
    pixels = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).contiguous().cpu()
    return [picture if fine else None for picture, fine in zip(pixels.numpy(), finite, strict=True)]
