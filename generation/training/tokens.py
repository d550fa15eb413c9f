"""Tokens: one bilingual XLM-R tokenizer for the prior and the decoder, cut from a larger one.

Its pieces are those that garment words need, then the most frequent others. The
end token's id is not 2: on 2 transformers' CLIP text model pools at the largest
token id of a sentence instead of at its end. This module does not know models.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import XLMRobertaTokenizer

LENGTH = 77
"""Tokens that a prompt is padded to: part of Kandinsky's contract."""
SIZE = 9_000
SPECIAL = ("<s>", "<pad>", "<mask>", "<unk>", "</s>")


def cut(
    source: Path, corpus: Iterable[str], size: int = SIZE
) -> tuple[XLMRobertaTokenizer, NDArray[np.int64]]:
    """A tokenizer of `size` pieces from `source`/tokenizer.json, and each piece's id in the source.

    corpus: sentences whose pieces are all kept.
    """
    described = json.loads((source / "tokenizer.json").read_text("utf-8"))
    pieces: list[tuple[str, float]] = [(piece, score) for piece, score in described["model"]["vocab"]]
    ids = {piece: i for i, (piece, _) in enumerate(pieces)}
    whole = XLMRobertaTokenizer(vocab=pieces, model_max_length=LENGTH)
    used = {i for sentence in corpus for i in whole(sentence)["input_ids"]}
    letters = {i for i, (piece, _) in enumerate(pieces) if len(piece.lstrip("▁")) <= 1}
    by_score = sorted(range(len(pieces)), key=lambda i: -pieces[i][1])
    chosen = [i for i in by_score if i in used or i in letters]
    chosen += [i for i in by_score if i not in used and i not in letters]
    plain = [i for i in chosen if pieces[i][0] not in SPECIAL][: size - len(SPECIAL)]
    origin = np.array([ids.get(word, ids["<unk>"]) for word in SPECIAL] + plain)
    return rebuild(source, origin), origin


def rebuild(source: Path, origin: NDArray[np.int64]) -> XLMRobertaTokenizer:
    """The tokenizer whose piece i is piece origin[i] of the source."""
    described = json.loads((source / "tokenizer.json").read_text("utf-8"))
    pieces = [(piece, score) for piece, score in described["model"]["vocab"]]
    vocabulary = [(word, 0.0) for word in SPECIAL] + [pieces[i] for i in origin[len(SPECIAL) :]]
    return XLMRobertaTokenizer(vocab=vocabulary, model_max_length=LENGTH)


def encode(
    tokenizer: XLMRobertaTokenizer, sentences: Sequence[str], length: int = LENGTH
) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, int64 (N, length)."""
    out = tokenizer(
        list(sentences), padding="max_length", truncation=True, max_length=length, return_tensors="pt"
    )
    return out["input_ids"].to(torch.int64), out["attention_mask"].to(torch.int64)


def trim(ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Without the columns that are padding in every row, but for one: those would only cost time."""
    used = min(ids.shape[1], int(mask.sum(1).max()) + 1)
    return ids[:, :used], mask[:, :used]


def corpus(sentences: int = 20_000, seed: int = 0) -> list[str]:
    """Captions in both languages, all words of the vocabulary among them."""
    from generation.training.captions import caption, styled
    from generation.training.looks import random_look
    from generation.vocabulary import TYPES

    rng = random.Random(seed)
    types = list(TYPES)
    lines = []
    for i in range(sentences):
        language: Literal["ru", "en"] = "en" if i % 2 else "ru"
        look = random_look(types[i % len(types)], rng)
        lines.append(caption(look, language, rng, held_out=i % 3 == 0))
        if i % 10 == 0:
            lines.append(styled(look.type, language, rng))
    return lines
