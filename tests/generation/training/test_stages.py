"""The diffusion stages' parts: what they feed the models is what the pipelines will feed them."""

import dataclasses
import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP
from transformers import XLMRobertaTokenizer

from generation import tiny
from generation.training import blocks, cache, clip, decoder, movq, prior
from generation.training.looks import random_look
from generation.training.run import Plan
from generation.training.tokens import LENGTH, encode

PLAN = Plan(steps=1, batch=3, rate=1e-3)


@pytest.fixture(autouse=True)
def _with_gradients() -> Iterator[None]:
    with torch.inference_mode(False):
        yield


@pytest.fixture(scope="module")
def tokenizer() -> XLMRobertaTokenizer:
    return tiny.tokenizer()


@pytest.fixture(scope="module")
def drawn() -> cache.Cache:
    rng, words = np.random.default_rng(0), random.Random(0)
    latents = rng.standard_normal((8, blocks.CHANNELS, 16, 16)).astype(np.float16)
    seen = rng.standard_normal((8, clip.WIDTH)).astype(np.float16)
    alike = rng.standard_normal((8, 2, clip.WIDTH)).astype(np.float16)
    looks = [random_look("dress", words) for _ in range(8)]
    return cache.Cache(latents, seen, alike, np.arange(8) < 6, looks)


@pytest.fixture(scope="module")
def spoken(tokenizer: XLMRobertaTokenizer) -> MultilingualCLIP:
    torch.manual_seed(0)
    config = MCLIPConfig(
        transformerDimSize=32,
        imageDimSize=clip.WIDTH,
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=LENGTH + 3,
        pad_token_id=tokenizer.pad_token_id,
    )
    return MultilingualCLIP(config).eval()


def test_repeated_pads_are_what_the_pipeline_computes(
    tokenizer: XLMRobertaTokenizer, spoken: MultilingualCLIP
) -> None:
    sentences = ["red dress", "", "юбка"]
    with torch.no_grad():
        pooled, hidden = decoder.speak(spoken, *encode(tokenizer, sentences, clip.CAPTION_TOKENS))
        whole_pooled, whole = spoken(*encode(tokenizer, sentences))
    assert hidden.shape == (3, LENGTH, 32)
    torch.testing.assert_close(hidden, whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(pooled, whole_pooled, atol=1e-5, rtol=0)


def test_the_decoder_learns_from_a_batch(
    tokenizer: XLMRobertaTokenizer, spoken: MultilingualCLIP, drawn: cache.Cache
) -> None:
    unet = decoder.build(spoken_width=32)
    nothing = torch.zeros(1, clip.WIDTH)
    batch = decoder.draw(drawn, tokenizer, nothing, PLAN, 0)
    again = decoder.draw(drawn, tokenizer, nothing, PLAN, 0)
    assert all(torch.equal(a, b) for a, b in zip(batch, again, strict=True))
    alphas = decoder.schedule().alphas_cumprod
    value, figures = decoder.loss(unet, spoken, alphas, batch)
    value.backward()
    assert 0.5 < figures["mse"] < 3  # an untrained net guesses the noise no better than at random
    assert unet.conv_in.weight.grad is not None and spoken.LinearTransformation.weight.grad is None


def test_a_decoder_that_sees_another_garment_is_always_told_which_one_to_draw(
    tokenizer: XLMRobertaTokenizer, drawn: cache.Cache
) -> None:
    plan = dataclasses.replace(PLAN, batch=400)
    _, seen, _, mask = decoder.draw(drawn, tokenizer, torch.zeros(1, clip.WIDTH), plan, 0)
    others = torch.from_numpy(drawn.alike).float().flatten(0, 1)
    other = (seen[:, None] == others).all(2).any(1)
    none = (seen == 0).all(1)
    assert 0.5 < other.float().mean() < 0.7
    empty = mask.sum(1) <= 2  # nothing but the marks of beginning and end
    assert not (empty & other).any()
    assert (empty & none).any() and (empty & ~other & ~none).any()


def test_the_prior_keeps_the_spaces_constants(tokenizer: XLMRobertaTokenizer, drawn: cache.Cache) -> None:
    dreamer = prior.build(drawn)
    seen = torch.from_numpy(drawn.looks_like).float()
    torch.testing.assert_close(dreamer.clip_mean[0], seen.mean(0), atol=1e-3, rtol=0)
    assert not dreamer.clip_mean.requires_grad and not dreamer.clip_std.requires_grad
    text = clip.Towers(tokenizer).text
    batch = prior.draw(drawn, tokenizer, PLAN, 0)
    value, _ = prior.loss(dreamer, text, prior.cumulative_alphas(), batch)
    value.backward()
    assert dreamer.proj_in.weight.grad is not None and torch.isfinite(value)


def test_the_codebook_ends_among_the_latents() -> None:
    autoencoder = movq.build()
    latents = torch.randn(4000, blocks.CHANNELS) + 3
    movq.fit_codebook(autoencoder, latents, rounds=2)
    codes = autoencoder.quantize.embedding.weight
    assert (codes.mean(0) - 3).abs().max() < 0.5


def test_pads_follow_a_caption_that_had_to_be_cut(
    tokenizer: XLMRobertaTokenizer, spoken: MultilingualCLIP
) -> None:
    long = "red dress " * 20
    with torch.no_grad():
        _, hidden = decoder.speak(spoken, *encode(tokenizer, [long], clip.CAPTION_TOKENS))
        kept = hidden[0, clip.CAPTION_TOKENS - 1 :]
        assert torch.equal(kept, kept[:1].expand_as(kept))
        assert not torch.allclose(kept[0], hidden[0, clip.CAPTION_TOKENS - 2], atol=1e-2)
        ids, mask = encode(tokenizer, [long], clip.CAPTION_TOKENS)
        ids[:, -1], mask[:, -1] = tokenizer.pad_token_id, 0
        padded = torch.nn.functional.pad(ids, (0, 1), value=tokenizer.pad_token_id)
        _, whole = spoken(padded, torch.nn.functional.pad(mask, (0, 1)))
    torch.testing.assert_close(hidden[0, clip.CAPTION_TOKENS], whole[0, -1], atol=1e-5, rtol=0)


def test_the_autoencoder_pays_more_for_a_wrong_colour_than_for_as_much_grain() -> None:
    class Restores(torch.nn.Module):
        def __init__(self, error: torch.Tensor) -> None:
            super().__init__()
            self.error = error

        def forward(self, pictures: torch.Tensor, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return pictures + self.error, latents

    space = blocks.fit(torch.rand(4, 3, 64, 64))
    pictures, steps = torch.zeros(2, 3, 32, 32), torch.arange(32)
    chequered = torch.where(((steps[:, None] // 4 + steps[None] // 4) % 2) == 0, 0.5, -0.5)
    torch.manual_seed(0)
    tinted, figures = movq.loss(Restores(torch.full((2, 3, 32, 32), 0.5)), space, None, pictures)
    torch.manual_seed(0)
    grained, others = movq.loss(Restores(chequered.expand(2, 3, 32, 32)), space, None, pictures)
    assert figures["l1"] == others["l1"] and tinted > grained


def test_the_decoder_is_given_latents_from_which_pictures_can_be_restored() -> None:
    """MOVQ's latents are known before it is trained: a product of matrices gives them and takes them back."""
    ramp = torch.linspace(-1, 1, 64)
    colours = torch.tensor([[1.0, 0.2, -0.5], [-0.4, 0.9, 0.1]])
    pictures = colours[:, :, None, None] * ramp[None, None, :, None] * torch.ones(64)
    space = blocks.fit(pictures)
    latents = space.encode(pictures)
    assert latents.shape == (2, blocks.CHANNELS, 8, 8)
    assert torch.allclose(space.decode(latents), pictures, atol=1e-3)
