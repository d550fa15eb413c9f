"""Conditioning: words and photos to the embeddings that the decoder draws from.

The prior turns CLIP's text embedding into an image embedding, the way stock
KandinskyPriorPipeline does and with the same numbers; M-CLIP's hidden states go
to the decoder beside it. Nothing is computed twice: the empty text and the
empty picture once, everything else through bounded caches keyed by content and
seed. This module knows encoders and the prior; it does not know what the words
mean (`generation.style` does) nor how a picture is drawn from embeddings.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from generation import samplers
from generation.graphs import Graphed
from generation.kandinsky import Kandinsky
from generation.photos import exposed
from generation.prior import cut, predict
from generation.reader import Reading
from generation.tuning import PRIOR_GUIDANCE, PRIOR_STEPS

DECODER_TOKENS = 77
"""M-CLIP's text is padded to exactly this many tokens and not masked in the decoder: part of the model."""

DREAMT_TOGETHER = 16
"""Embeddings sampled in one batch: the others in flight wait for it."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """The `size` values used last."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value, or None when it is not (or no longer) kept."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> V:
        """Keep the value, let go of the one unused longest, and return the value."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self.size:
            self._kept.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class Words:
    """A text for the prior: `embedding` (D,), `hidden` (T, H), `mask` (T,) bool."""

    embedding: Tensor
    hidden: Tensor
    mask: Tensor


@dataclass(frozen=True, slots=True)
class Condition:
    """What the decoder draws from: `image` (D,), `pooled` (P,), `hidden` (77, H), all fp32 on the device."""

    image: Tensor
    pooled: Tensor
    hidden: Tensor


class Dream(NamedTuple):
    """What the prior is asked for: the picture of a text, drawn with a seed, away from another text."""

    prompt: str
    seed: int
    against: str = ""


class Conditioner:
    """Encodes for one model. Not thread-safe: it belongs to the engine's thread."""

    def __init__(
        self,
        kandinsky: Kandinsky,
        prior_steps: int = PRIOR_STEPS,
        prior_guidance: float = PRIOR_GUIDANCE,
        graphs: bool = False,
    ) -> None:
        """graphs: run the prior as CUDA graphs, where there is CUDA."""
        self.kandinsky = kandinsky
        pass_ = partial(predict, kandinsky.prior)
        self._prior = Graphed(pass_) if graphs else pass_
        self.prior_guidance = prior_guidance
        self._table = samplers.unclip(kandinsky.prior_schedule, prior_steps)
        self._words: Cache[str, Words] = Cache(512)
        self._texts: Cache[str, tuple[Tensor, Tensor]] = Cache(256)
        self._dreams: Cache[Dream, Tensor] = Cache(4096)
        self._photos: Cache[bytes, Tensor] = Cache(256)
        self._readings: Cache[bytes, Reading] = Cache(256)
        self._blank: Condition | None = None

    def blank(self) -> Condition:
        """What guidance steers away from: the embedding of an all-zero picture, and the empty text."""
        if self._blank is None:
            encoder = self.kandinsky.image_encoder
            side = int(encoder.config.image_size)
            nothing = torch.zeros(1, 3, side, side, device=self.kandinsky.device, dtype=encoder.dtype)
            pooled, hidden = self.text("")
            self._blank = Condition(encoder(nothing).image_embeds[0].float(), pooled, hidden)
        return self._blank

    def against(self, negative: str, seeds: Sequence[int]) -> list[Condition]:
        """What guidance steers away from, one a seed: `blank`, or what the prior draws of a negative text."""
        if not negative:
            return [self.blank()] * len(seeds)
        pooled, hidden = self.text(negative)
        images = self.dream([Dream(negative, seed, negative) for seed in seeds])
        return [Condition(image, pooled, hidden) for image in images]

    def text(self, prompt: str) -> tuple[Tensor, Tensor]:
        """M-CLIP of a prompt, for the decoder: pooled (P,) and hidden states (77, H)."""
        return self.texts([prompt])[0]

    def texts(self, prompts: Sequence[str]) -> list[tuple[Tensor, Tensor]]:
        """`text` of several prompts; one pass for the new ones."""
        new = [p for p in dict.fromkeys(prompts) if self._texts.get(p) is None]
        fresh: dict[str, tuple[Tensor, Tensor]] = {}
        if new:
            tokens = self._tokens(self.kandinsky.tokenizer, self._plain(new), DECODER_TOKENS)
            pooled, hidden = self.kandinsky.text_encoder(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
            )
            for i, prompt in enumerate(new):
                fresh[prompt] = self._texts.put(prompt, (pooled[i].float(), hidden[i].float()))
        return [fresh[p] if p in fresh else self._texts.get(p) or self.text(p) for p in prompts]

    def words(self, prompts: Sequence[str]) -> list[Words]:
        """CLIP of several prompts, for the prior and for comparing with photos; one pass for the new ones."""
        new = [p for p in dict.fromkeys(prompts) if self._words.get(p) is None]
        fresh: dict[str, Words] = {}
        if new:
            tokenizer = self.kandinsky.prior_tokenizer
            english = self.kandinsky.english
            plain = self._plain(new)
            said = plain if english is None else [english(prompt) for prompt in plain]
            tokens = self._tokens(tokenizer, said, tokenizer.model_max_length)
            out = self.kandinsky.prior_text_encoder(tokens["input_ids"])
            for i, prompt in enumerate(new):
                mask = tokens["attention_mask"][i].bool()
                fresh[prompt] = Words(out.text_embeds[i], out.last_hidden_state[i], mask)
                self._words.put(prompt, fresh[prompt])
        return [fresh[p] if p in fresh else self._kept_words(p) for p in prompts]

    def dream(self, wishes: Sequence[Dream | tuple[str, int]]) -> Tensor:
        """The prior's image embeddings (N, D); one sampling for all the new ones."""
        asked = [Dream(*wish) for wish in wishes]
        new = [w for w in dict.fromkeys(asked) if self._dreams.get(w) is None]
        fresh = dict(zip(new, self._sample(new), strict=True)) if new else {}
        rows = [fresh[w] if w in fresh else self._dreams.get(w) for w in asked]
        for wish, row in fresh.items():
            self._dreams.put(wish, row)
        return torch.stack([row for row in rows if row is not None])

    def look(self, photo: Image.Image) -> Tensor:
        """CLIP's image embedding (D,) of an RGB photo."""
        key = _content(photo)
        kept = self._photos.get(key)
        if kept is not None:
            return kept
        encoder = self.kandinsky.image_encoder
        seen = photo if self.kandinsky.reader is None else exposed(photo)  # as stock does, without one
        pixels = self.kandinsky.image_processor(seen, return_tensors="np")["pixel_values"]
        tensor = torch.from_numpy(np.asarray(pixels, dtype=np.float32)).to(
            self.kandinsky.device, encoder.dtype
        )
        return self._photos.put(key, encoder(tensor).image_embeds[0].float())

    def read(self, photo: Image.Image) -> Reading | None:
        """What the model's own reader sees in an RGB photo; None where it brings no reader."""
        if self.kandinsky.reader is None:
            return None
        key = _content(photo)
        kept = self._readings.get(key)
        return (
            kept if kept is not None else self._readings.put(key, self.kandinsky.reader.read(exposed(photo)))
        )

    def _plain(self, prompts: list[str]) -> list[str]:
        plain = self.kandinsky.plain
        return prompts if plain is None else [plain(prompt) for prompt in prompts]

    def _kept_words(self, prompt: str) -> Words:
        kept = self._words.get(prompt)
        return kept if kept is not None else self.words([prompt])[0]

    def _tokens(self, tokenizer: Callable[..., Any], prompts: list[str], length: int) -> dict[str, Tensor]:
        tokens = tokenizer(
            prompts, padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        )
        return {key: tokens[key].to(self.kandinsky.device) for key in ("input_ids", "attention_mask")}

    def _sample(self, wishes: Sequence[Dream]) -> Tensor:
        chunks = [wishes[i : i + DREAMT_TOGETHER] for i in range(0, len(wishes), DREAMT_TOGETHER)]
        return torch.cat([self._sample_chunk(chunk) for chunk in chunks])

    def _sample_chunk(self, wishes: Sequence[Dream]) -> Tensor:
        prior, device = self.kandinsky.prior, self.kandinsky.device
        guided = self.prior_guidance > 1
        prompts = [wish.against for wish in wishes] * guided + [wish.prompt for wish in wishes]
        texts = self.words(prompts)
        embedding = torch.stack([t.embedding for t in texts])
        hidden, mask = cut(
            prior, torch.stack([t.hidden for t in texts]), torch.stack([t.mask for t in texts])
        )
        generators = [torch.Generator().manual_seed(wish.seed) for wish in wishes]

        def noise() -> Tensor:
            width = prior.config.embedding_dim
            return torch.stack([torch.randn(1, width, generator=g)[0] for g in generators]).to(device)

        sample = noise()
        x0 = torch.zeros_like(sample)
        rows, timesteps = self._table.rows.to(device), self._table.timesteps.to(device)
        for i in range(len(self._table)):
            doubled = (torch.cat([sample, sample]) if guided else sample).to(prior.dtype)
            out = self._prior(doubled, timesteps[i].expand(len(doubled)), embedding, hidden, mask).float()
            if guided:
                blank, wanted = out.chunk(2)
                out = blank + self.prior_guidance * (wanted - blank)
            fresh = noise() if self._table.noisy(i) else None
            sample, x0 = samplers.advance(rows[i].expand(len(sample), -1), sample, out, x0, fresh)
        embeddings: Tensor = prior.post_process_latents(sample.to(prior.dtype)).float()
        return embeddings


def _content(photo: Image.Image) -> bytes:
    return hashlib.sha256(repr(photo.size).encode() + photo.tobytes()).digest()
