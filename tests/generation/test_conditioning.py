"""Our embeddings and stock KandinskyPriorPipeline's, and what the caches spare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import KandinskyPriorPipeline
from PIL import Image

from generation.conditioning import Cache, Conditioner
from generation.hub import quietly
from generation.kandinsky import Kandinsky

PROMPT = "прямые леопардовые джинсы"


@pytest.fixture(scope="module")
def stock(tiny_folder: Path) -> Any:
    with quietly():
        pipeline = KandinskyPriorPipeline.from_pretrained(tiny_folder / "prior")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture
def conditioner(tiny_model: Kandinsky) -> Conditioner:
    return Conditioner(tiny_model, prior_steps=5, prior_guidance=4.0)


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_the_prior_dreams_what_stock_dreams(stock: Any, tiny_model: Kandinsky, guidance: float) -> None:
    theirs = stock(
        PROMPT, num_inference_steps=5, guidance_scale=guidance, generator=torch.Generator().manual_seed(7)
    )
    ours = Conditioner(tiny_model, 5, guidance)
    torch.testing.assert_close(ours.dream([(PROMPT, 7)]), theirs.image_embeds, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours.blank().image[None], theirs.negative_image_embeds, rtol=1e-5, atol=1e-5)


def test_a_dream_does_not_depend_on_company(conditioner: Conditioner, tiny_model: Kandinsky) -> None:
    together = conditioner.dream([("красное платье", 1), (PROMPT, 7), (PROMPT, 8)])
    alone = Conditioner(tiny_model, 5, 4.0).dream([(PROMPT, 7)])
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(together[1], together[2], atol=1e-2)


def test_padding_takes_no_part_in_the_priors_pass(
    conditioner: Conditioner, tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = []
    forward = tiny_model.prior.forward

    def watch(*inputs: Any, **named: Any) -> Any:
        lengths.append(named["encoder_hidden_states"].shape[1])
        return forward(*inputs, **named)

    monkeypatch.setattr(tiny_model.prior, "forward", watch)
    conditioner.dream([("пальто", 1)])
    assert set(lengths) == {16}  # a letter is a token here, and there are a first and a last one
    lengths.clear()
    conditioner.dream([("пальто", 2), ("очень длинное платье " * 90, 2)])
    assert set(lengths) == {77}


def test_a_photo_is_seen_as_stock_sees_it(stock: Any, conditioner: Conditioner) -> None:
    photo = Image.effect_mandelbrot((90, 60), (-2, -1.5, 1, 1.5), 50).convert("RGB")
    pixels = stock.image_processor(photo, return_tensors="pt").pixel_values
    theirs = stock.image_encoder(pixels).image_embeds[0]
    torch.testing.assert_close(conditioner.look(photo), theirs, rtol=1e-5, atol=1e-5)


def test_the_decoders_text_is_padded_to_77_and_pooled_without_padding(
    conditioner: Conditioner, tiny_model: Kandinsky
) -> None:
    pooled, hidden = conditioner.text(PROMPT)
    assert hidden.shape == (77, tiny_model.text_encoder.config.hidden_size)
    ids = tiny_model.tokenizer(PROMPT, return_tensors="pt").input_ids
    exact, _ = tiny_model.text_encoder(ids, torch.ones_like(ids))
    torch.testing.assert_close(pooled, exact[0], rtol=1e-4, atol=1e-5)


def test_a_text_longer_than_the_encoders_is_cut(conditioner: Conditioner) -> None:
    pooled, _ = conditioner.text("очень длинное платье " * 90)
    assert torch.isfinite(pooled).all()
    assert torch.isfinite(conditioner.dream([("очень длинное платье " * 90, 0)])).all()


def test_nothing_is_computed_twice(conditioner: Conditioner, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Image.new("RGB", (20, 20), "red")
    first = conditioner.dream([(PROMPT, 7)]), conditioner.text(PROMPT)[0], conditioner.look(photo)
    blank = conditioner.blank()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    for part in ("prior", "prior_text_encoder", "text_encoder", "image_encoder"):
        monkeypatch.setattr(getattr(conditioner.kandinsky, part), "forward", never)
    again = conditioner.dream([(PROMPT, 7)]), conditioner.text(PROMPT)[0], conditioner.look(photo.copy())
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert conditioner.blank() is blank


def test_a_cache_is_bounded_and_forgets_what_was_unused_longest() -> None:
    cache: Cache[str, int] = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (len(cache), cache.get("a"), cache.get("b"), cache.get("c")) == (2, 1, None, 3)
