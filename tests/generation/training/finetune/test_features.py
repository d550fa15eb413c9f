"""Features that are kept without padding are what the engine's conditioning computes with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generation.conditioning import Conditioner
from generation.kandinsky import Kandinsky
from generation.reader import KINDS, Reader
from generation.taughtwords import in_taught_words
from generation.training import catalogue as catalogues
from generation.training.catalogue import Catalogue
from generation.training.fashiongen import FashionGen
from generation.training.finetune.features import Encoders

TEXTS = [
    "",
    "чёрная кожаная куртка",
    "jeans",
    "x" * 200,
    "Long sleeve suede jacket in black.",
    "чёрные берцы",
]


@pytest.fixture(scope="module")
def catalogue(goods_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    with FashionGen(goods_file) as source:
        return catalogues.convert(source, tmp_path_factory.mktemp("pictures") / "made")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("features")  # of both models, which must not take each other's


@pytest.fixture(params=[None, in_taught_words], ids=["as written", "in taught words"])
def told(tiny_model: Kandinsky, request: pytest.FixtureRequest) -> Kandinsky:
    return replace(tiny_model, plain=request.param)


def test_texts_for_the_decoder_are_the_engines(told: Kandinsky, folder: Path) -> None:
    kept = Encoders(told, folder).speech(TEXTS)
    pooled, hidden, _ = kept.batch(TEXTS, 77, repeat=True)
    for i, (whole, states) in enumerate(Conditioner(told).texts(TEXTS)):
        torch.testing.assert_close(pooled[i], whole, atol=2e-3, rtol=2e-3)
        torch.testing.assert_close(hidden[i], states, atol=5e-3, rtol=5e-3)
    assert kept.starts[-1] < 77 * len(TEXTS), "pads are not kept"


def test_texts_for_the_prior_are_the_engines(told: Kandinsky, folder: Path) -> None:
    pooled, hidden, mask = Encoders(told, folder).words(TEXTS).batch(TEXTS, 77, repeat=False)
    for i, words in enumerate(Conditioner(told).words(TEXTS)):
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


def test_the_readers_shares_are_what_it_reads(
    tiny_model: Kandinsky, catalogue: Catalogue, tmp_path: Path
) -> None:
    assert Encoders(tiny_model, tmp_path).readings(catalogue) is None, "the tiny model brings no reader"
    torch.manual_seed(0)
    names = {"type": ("shirt", "shoes"), "colour": ("red", "blue", "green"), "pattern": ("plain", "striped")}
    reader = Reader(names).eval()
    shares = Encoders(replace(tiny_model, reader=reader), tmp_path).readings(catalogue)
    assert shares is not None and {kind: len(shares[kind].T) for kind in KINDS} == {
        kind: len(names[kind]) for kind in KINDS
    }
    number = len(catalogue) - 1
    read = reader.read(Image.fromarray(catalogue.pictures([number])[0])).shares
    for kind in KINDS:
        np.testing.assert_allclose(shares[kind][number], list(read[kind].values()), atol=2e-3)
