"""Features: what the frozen encoders make of pictures and captions, computed once and kept on disk.

Five kinds: latents (MOVQ), looks (CLIP's image embeddings), readings (what the base's
reader sees, where it brings one), words (CLIP's text, for the prior) and speech
(M-CLIP's, for the decoder). Texts are encoded in the words
that the model is told when it draws, and kept without their padding: CLIP looks back
only and the prior masks pads, and M-CLIP gives every pad the same hidden state, so it is
repeated on the way out. Parts that are there are not made again.
This module knows encoders and files; it does not know what trains on them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from generation.conditioning import DECODER_TOKENS
from generation.kandinsky import Kandinsky
from generation.reader import Reader
from generation.training.catalogue import Catalogue

Half = NDArray[np.float16]
BATCH = 16
TEXTS_A_PART = 2_048


@dataclass(frozen=True, slots=True)
class Texts:
    """Encoded texts: `pooled` (N, P), and of text i the hidden states from starts[i] to starts[i + 1]."""

    index: dict[str, int]
    pooled: Half
    hidden: Half
    starts: NDArray[np.int64]

    def batch(self, texts: Sequence[str], length: int, repeat: bool) -> tuple[Tensor, Tensor, Tensor]:
        """pooled (n, P), hidden (n, length, H) and mask (n, length) of texts, in fp32.

        repeat: fill up with the last state, which is a pad's; else with zeros, to be masked.
        """
        rows = [self.index[text] for text in texts]
        width = self.hidden.shape[1]
        hidden = torch.zeros(len(rows), length, width)
        mask = torch.zeros(len(rows), length, dtype=torch.bool)
        for i, row in enumerate(rows):
            states = torch.from_numpy(self.hidden[self.starts[row] : self.starts[row + 1]].astype(np.float32))
            states = states[:length]
            hidden[i, : len(states)] = states
            if repeat:
                hidden[i, len(states) :] = states[-1]
            mask[i, : len(states)] = True
        pooled = torch.from_numpy(np.stack([self.pooled[row] for row in rows]).astype(np.float32))
        return pooled, hidden, mask


class Encoders:
    """Encodes with one model into `folder`/<digest of the encoders>."""

    def __init__(self, kandinsky: Kandinsky, folder: Path) -> None:
        self.kandinsky, self.folder = kandinsky, folder

    def latents(self, catalogue: Catalogue, side: int) -> list[Half]:
        """MOVQ's latents of every row, (n, C, side / factor, side / factor) a part."""
        movq = self.kandinsky.movq

        def encode(pixels: NDArray[np.uint8]) -> Tensor:
            pictures = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
            if pictures.shape[-1] != side:
                pictures = F.interpolate(
                    pictures, (side, side), mode="bicubic", antialias=True, align_corners=False
                ).clamp(-1, 1)
            found: Tensor = movq.encode(pictures.to(self.kandinsky.device, movq.dtype)).latents
            return found

        return self._pictures(catalogue, f"latents-{side}", _identity(movq), encode)

    def looks(self, catalogue: Catalogue) -> list[Half]:
        """CLIP's image embeddings of every row, (n, D) a part."""
        encoder, processor = self.kandinsky.image_encoder, self.kandinsky.image_processor

        def encode(pixels: NDArray[np.uint8]) -> Tensor:
            images = [Image.fromarray(picture) for picture in pixels]
            prepared = np.asarray(processor(images, return_tensors="np")["pixel_values"], np.float32)
            given = torch.from_numpy(prepared).to(self.kandinsky.device, encoder.dtype)
            found: Tensor = encoder(given).image_embeds
            return found

        return self._pictures(catalogue, "looks", _identity(encoder), encode)

    def readings(self, catalogue: Catalogue) -> dict[str, NDArray[np.float32]] | None:
        """The reader's shares of every row by kind, (N, K); None where the base brings no reader."""
        reader = self.kandinsky.reader
        if reader is None:
            return None

        def encode(pixels: NDArray[np.uint8]) -> Tensor:
            small = [reader.prepared(Image.fromarray(picture)) for picture in pixels]
            logits, _ = reader(torch.cat(small))
            return torch.cat([logits[kind].softmax(1) for kind in reader.names], 1)

        parts = self._pictures(catalogue, "readings", _identity(reader), encode)
        shares = np.concatenate([np.asarray(part, np.float32) for part in parts])
        ends = np.cumsum([len(names) for names in reader.names.values()])
        return dict(zip(reader.names, np.split(shares, ends[:-1], axis=1), strict=True))

    def blank(self) -> Tensor:
        """The embedding of the all-zero picture, Kandinsky's "no image", (1, D)."""
        encoder = self.kandinsky.image_encoder
        side = int(encoder.config.image_size)
        nothing = torch.zeros(1, 3, side, side, device=self.kandinsky.device, dtype=encoder.dtype)
        with torch.no_grad():
            found: Tensor = encoder(nothing).image_embeds.float().cpu()
        return found

    def words(self, texts: Sequence[str]) -> Texts:
        """CLIP's text for the prior."""
        model, tokenizer = self.kandinsky.prior_text_encoder, self.kandinsky.prior_tokenizer
        length = int(tokenizer.model_max_length)

        def encode(few: list[str]) -> tuple[Tensor, Tensor, Tensor]:
            ids, mask = self._tokens(tokenizer, few, length)
            out = model(ids)
            return out.text_embeds, out.last_hidden_state, mask.sum(1)

        return self._texts(texts, "words", _identity(model), encode)

    def speech(self, texts: Sequence[str]) -> Texts:
        """M-CLIP's for the decoder; of the pads the first is kept."""
        model, tokenizer = self.kandinsky.text_encoder, self.kandinsky.tokenizer

        def encode(few: list[str]) -> tuple[Tensor, Tensor, Tensor]:
            ids, mask = self._tokens(tokenizer, few, DECODER_TOKENS)
            pooled, hidden = model(input_ids=ids, attention_mask=mask)
            return pooled, hidden, (mask.sum(1) + 1).clamp(max=DECODER_TOKENS)

        return self._texts(texts, "speech", _identity(model), encode)

    def _tokens(self, tokenizer: Any, texts: list[str], length: int) -> tuple[Tensor, Tensor]:
        """Ids and mask up to the longest text and one pad after it: more pads tell nothing new."""
        if self.kandinsky.plain is not None:  # as when it draws
            texts = [self.kandinsky.plain(text) for text in texts]
        out = tokenizer(texts, padding="longest", max_length=length, truncation=True, return_tensors="pt")
        ids, mask = out["input_ids"], out["attention_mask"]
        if ids.shape[1] < length:
            ids, mask = F.pad(ids, (0, 1), value=tokenizer.pad_token_id), F.pad(mask, (0, 1))
        return ids.to(self.kandinsky.device), mask.to(self.kandinsky.device)

    @torch.no_grad()
    def _pictures(
        self, catalogue: Catalogue, kind: str, identity: str, encode: Callable[[NDArray[np.uint8]], Tensor]
    ) -> list[Half]:
        place = self.folder / f"{kind}-{identity}-{_short(catalogue.fingerprint)}"
        place.mkdir(parents=True, exist_ok=True)
        found = []
        with tqdm(total=len(catalogue), desc=kind, unit="picture", mininterval=1) as bar:
            for number in range(catalogue.parts):
                pixels = catalogue.part(number)
                path = place / f"{number:05d}.npy"
                if not path.exists():
                    parts = []
                    for i in range(0, len(pixels), BATCH):
                        few = np.asarray(pixels[i : i + BATCH])
                        parts.append(encode(few).float().cpu().numpy().astype(np.float16))
                        bar.update(len(few))
                    _save(path, np.concatenate(parts))
                else:
                    bar.update(len(pixels))
                found.append(np.load(path, mmap_mode="r"))
        return found

    @torch.no_grad()
    def _texts(
        self,
        texts: Sequence[str],
        kind: str,
        identity: str,
        encode: Callable[[list[str]], tuple[Tensor, Tensor, Tensor]],
    ) -> Texts:
        unique = sorted(dict.fromkeys(texts), key=lambda text: (len(text), text))  # like lengths together
        mark = hashlib.sha256("\n".join(unique).encode()).hexdigest()[:12]
        told = kind if self.kandinsky.plain is None else f"{kind}-plain"
        place = self.folder / f"{told}-{identity}-{mark}"
        place.mkdir(parents=True, exist_ok=True)
        pooled, hidden, lengths = [], [], []
        with tqdm(total=len(unique), desc=kind, unit="caption", mininterval=1) as bar:
            for number in range(0, len(unique), TEXTS_A_PART):
                lines = unique[number : number + TEXTS_A_PART]
                path = place / f"{number // TEXTS_A_PART:05d}.npz"
                if not path.exists():
                    _save(path, _encoded(lines, encode, bar))
                else:
                    bar.update(len(lines))
                with np.load(path) as part:
                    pooled.append(part["pooled"])
                    hidden.append(part["hidden"])
                    lengths.append(part["lengths"])
        starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
        index = {text: i for i, text in enumerate(unique)}
        return Texts(index, np.concatenate(pooled), np.concatenate(hidden), starts)


def _encoded(
    lines: list[str], encode: Callable[[list[str]], tuple[Tensor, Tensor, Tensor]], bar: Any
) -> dict[str, NDArray[Any]]:
    pooled, hidden, lengths = [], [], []
    for i in range(0, len(lines), BATCH):
        few = lines[i : i + BATCH]
        whole, states, counts = encode(few)
        pooled.append(whole.float().cpu().numpy().astype(np.float16))
        for row, count in zip(states.float().cpu().numpy().astype(np.float16), counts.tolist(), strict=True):
            hidden.append(row[:count])
            lengths.append(count)
        bar.update(len(few))
    return {
        "pooled": np.concatenate(pooled),
        "hidden": np.concatenate(hidden),
        "lengths": np.array(lengths),
    }


def _save(path: Path, value: NDArray[Any] | dict[str, NDArray[Any]]) -> None:
    beside = path.with_suffix(".unfinished")
    with beside.open("wb") as file:
        if isinstance(value, dict):
            np.savez(file, **value)  # type: ignore[arg-type]
        else:
            np.save(file, value)
    os.replace(beside, path)


def _identity(module: Any) -> str:
    """Eight hex digits of a module's config, format and some of its weights."""
    config = module.names if isinstance(module, Reader) else module.config
    told = dict(config.to_dict() if hasattr(config, "to_dict") else config)
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
    digest.update(str(next(module.parameters()).dtype).encode())
    for _, value in sorted(module.state_dict().items()):
        flat = value.detach().reshape(-1)[:: max(1, value.numel() // 64)][:64]
        digest.update(flat.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]


def _short(fingerprint: str) -> str:
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:8]
