"""A random, tiny Marian model in the hub's layout, whose vocabularies are learnt from a few sentences."""

from __future__ import annotations

import json
from pathlib import Path

import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel

from generation.hub import quietly

SENTENCES = (
    *("красное платье", "чёрная кожаная куртка", "водолазка крупной вязки", "прямые леопардовые джинсы"),
    *("red dress", "black leather jacket", "a chunky turtleneck", "straight leopard jeans", "something warm"),
    *(
        "что-нибудь тёплое",
        "летние босоножки на каблуке",
        "summer sandals",
        "белые кроссовки",
        "white sneakers",
    ),
)


def write(folder: Path) -> Path:
    """Write the model; returns the folder."""
    folder.mkdir(parents=True)
    text = folder / "sentences.txt"
    text.write_text("\n".join(SENTENCES * 20), encoding="utf-8")
    vocabulary: dict[str, int] = {"</s>": 0, "<unk>": 1}
    for name in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(text),
            model_prefix=str(folder / name),
            vocab_size=90,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{name}.model").rename(folder / f"{name}.spm")
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{name}.spm"))
        for i in range(pieces.get_piece_size()):
            vocabulary.setdefault(pieces.id_to_piece(i), len(vocabulary))
    vocabulary["<pad>"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"source_lang": "ru", "target_lang": "en", "model_max_length": 512})
    )
    torch.manual_seed(0)
    pad = vocabulary["<pad>"]
    config = MarianConfig(
        vocab_size=len(vocabulary),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=512,
        pad_token_id=pad,
        eos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=0,
    )
    with quietly():
        MarianMTModel(config).save_pretrained(folder)
    return folder
