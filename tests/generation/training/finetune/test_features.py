"""Features that are kept without padding are what the engine's conditioning computes with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generation.conditioning import Conditioner
from generation.kandinsky import Kandinsky
from generation.training import catalogue as catalogues
from generation.training.catalogue import Catalogue
from generation.training.fashiongen import FashionGen
from generation.training.finetune.features import Encoders

TEXTS = ["", "чёрная кожаная куртка", "jeans", "x" * 200, "Long sleeve suede jacket in black."]


@pytest.fixture(scope="module")
def catalogue(goods_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    with FashionGen(goods_file) as source:
        return catalogues.convert(source, tmp_path_factory.mktemp("pictures") / "made")


def test_texts_for_the_decoder_are_the_engines(tiny_model: Kandinsky, tmp_path: Path) -> None:
    kept = Encoders(tiny_model, tmp_path).speech(TEXTS)
    pooled, hidden, _ = kept.batch(TEXTS, 77, repeat=True)
    for i, (whole, states) in enumerate(Conditioner(tiny_model).texts(TEXTS)):
        torch.testing.assert_close(pooled[i], whole, atol=2e-3, rtol=2e-3)
        torch.testing.assert_close(hidden[i], states, atol=5e-3, rtol=5e-3)
    assert kept.starts[-1] < 77 * len(TEXTS), "pads are not kept"


def test_texts_for_the_prior_are_the_engines(tiny_model: Kandinsky, tmp_path: Path) -> None:
    pooled, hidden, mask = Encoders(tiny_model, tmp_path).words(TEXTS).batch(TEXTS, 77, repeat=False)
    for i, words in enumerate(Conditioner(tiny_model).words(TEXTS)):
        assert torch.equal(mask[i], words.mask)
        torch.testing.assert_close(pooled[i], words.embedding, atol=2e-3, rtol=2e-3)
        torch.testing.assert_close(hidden[i][mask[i]], words.hidden[words.mask], atol=5e-3, rtol=5e-3)


def test_pictures_are_encoded_once(
    tiny_model: Kandinsky, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoders = Encoders(tiny_model, tmp_path)
    latents, looks = encoders.latents(catalogue, 64), encoders.looks(catalogue)
    assert sum(map(len, latents)) == sum(map(len, looks)) == len(catalogue)
    assert latents[0].shape[1:] == (4, 8, 8) and latents[0].dtype == np.float16

    def never(*_: object, **__: object) -> None:
        raise AssertionError("encoded twice")

    monkeypatch.setattr(tiny_model.movq, "encode", never)
    monkeypatch.setattr(tiny_model.image_encoder, "forward", never)
    again, looked = encoders.latents(catalogue, 64), encoders.looks(catalogue)
    assert (again[0] == latents[0]).all() and (looked[0] == looks[0]).all()
