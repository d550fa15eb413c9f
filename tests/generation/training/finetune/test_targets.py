"""Losses: what is left out how often, how timesteps weigh, and what a perfect model scores."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from generation import shapes
from generation.training.bilingual import Captions
from generation.training.finetune.features import Texts
from generation.training.finetune.settings import RATES, TEXT_DROPOUT, Settings
from generation.training.finetune.swaps import Swaps
from generation.training.finetune.targets import (
    DecoderTarget,
    Draw,
    Mixture,
    Pool,
    PriorTarget,
    _noised,
    _weights,
)

LINEAR = {"beta_schedule": "linear", "beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 1000}
CPU = torch.device("cpu")


def settings(stage: Any, **changes: Any) -> Settings:
    fields = {
        "way": "full",
        "rank": 0,
        "steps": 1,
        "rate": RATES["full"],
        "text_dropout": TEXT_DROPOUT[stage],
    }
    return Settings(stage=stage, **{**fields, **changes})


def pool(chosen: Settings, swaps: Swaps | None = None, odds: np.ndarray | None = None) -> Pool:
    """Every row has the look 5, but row 9 the look 7; each has one caption in Russian and one in English.

    Texts are told by their number.
    """
    said = ["", "ru", "en", "brief"]
    texts = Texts(
        {text: i for i, text in enumerate(said)},
        np.arange(4, dtype=np.float16)[:, None].repeat(2, 1),
        np.arange(4, dtype=np.float16)[:, None].repeat(2, 1),
        np.arange(5),
    )
    looks = [np.full((10, 4), 5, dtype=np.float16)]
    looks[0][9] = 7
    latents = [np.zeros((10, 1, 2, 2), dtype=np.float16)] if chosen.stage == "decoder" else None
    captions = [Captions(("ru",), ("en",))] * 10
    return Pool(range(10), captions, texts, looks, latents, torch.zeros(1, 4), 3, chosen, swaps, odds)


@pytest.mark.parametrize(("stage", "text", "image"), [("prior", 0.1, 0.0), ("decoder", 0.5, 0.1)])
def test_conditions_are_left_out_as_kandinsky_was_trained(stage: str, text: float, image: float) -> None:
    drawn = pool(settings(stage)).draw(np.random.default_rng(0), 4_000)
    number = drawn.pooled[:, 0]
    assert float((number == 0).float().mean()) == pytest.approx(text, abs=0.025)
    russian, english = (float((number == i).float().mean()) for i in (1, 2))
    assert russian == pytest.approx(english, abs=0.03), "both languages alike often"
    if stage == "decoder":
        blank = drawn.looks[:, 0] == 0
        assert float(blank.float().mean()) == pytest.approx(image, abs=0.02)
        both = float((blank & (number == 0)).float().mean())
        assert both == pytest.approx(text * image, abs=0.02), "independently"
    assert int(drawn.time.min()) < 10 and int(drawn.time.max()) > 989


def test_a_share_of_the_samples_is_rehearsed() -> None:
    chosen = settings("decoder", text_dropout=0.0, image_dropout=0.0)
    learnt, rehearsed = pool(chosen, odds=np.eye(10)[0]), pool(chosen, odds=np.eye(10)[9])  # looks 5 and 7
    both = Mixture(learnt, rehearsed, 0.25)
    assert len(both) == len(learnt)
    batches = [both.draw(np.random.default_rng(i), 16) for i in range(400)]
    seven = torch.cat([drawn.looks[:, 0] == 7 for drawn in batches])
    assert float(seven.float().mean()) == pytest.approx(0.25, abs=0.02)
    assert {len(drawn.time) for drawn in batches} == {len(drawn.pooled) for drawn in batches} == {16}
    again = both.draw(np.random.default_rng(3), 16)
    assert all(
        (getattr(again, name) == getattr(batches[3], name)).all() for name in ("noise", "time", "pooled")
    )
    for share, look in ((0.0, 5), (0.999, 7)):
        assert (Mixture(learnt, rehearsed, share).draw(np.random.default_rng(0), 4).looks == look).all()


def test_whoever_sees_another_products_look_keeps_the_text() -> None:
    chosen = settings("decoder", swap=0.6)
    swaps = Swaps(
        {n: np.array([9]) for n in range(9)}, {n: Captions(("brief",), ("brief",)) for n in range(9)}
    )
    drawn = pool(chosen, swaps).draw(np.random.default_rng(0), 8_000)
    other, silent, blank = (drawn.looks[:, 0] == 7), (drawn.pooled[:, 0] == 0), (drawn.looks[:, 0] == 0)
    own_nine = 0.1 * 0.9  # row 9 has no other, and sees its own look unless that is left out
    assert float(other.float().mean()) == pytest.approx(0.9 * 0.6 + own_nine, abs=0.02)
    assert float((other & silent).float().mean()) == pytest.approx(own_nine * 0.5, abs=0.02)
    assert float(blank.float().mean()) == pytest.approx((0.9 * 0.4 + 0.1) * 0.1, abs=0.02)
    brief = drawn.pooled[:, 0] == 3
    assert float(brief.float().mean()) == pytest.approx(0.9 * 0.6 / 2, abs=0.02), (
        "half of them without colour"
    )
    assert not bool((brief & ~other).any())


def test_rows_are_drawn_as_often_as_they_are_to_be() -> None:
    drawn = pool(settings("decoder", image_dropout=0.0), odds=np.eye(10)[9]).draw(
        np.random.default_rng(0), 50
    )
    assert (drawn.looks[:, 0] == 7).all(), "row 9 alone"


def test_a_draw_depends_on_its_generator_alone() -> None:
    one, other = (pool(settings("decoder")).draw(np.random.default_rng([0, 7]), 8) for _ in range(2))
    assert all(torch.equal(getattr(one, n), getattr(other, n)) for n in ("noise", "time", "pooled", "looks"))


def test_min_snr_weighs_steps_of_little_noise_less() -> None:
    alphas = torch.tensor([0.99, 0.5, 0.01])
    time = torch.arange(3)
    assert torch.equal(_weights(alphas, time, None, False), torch.ones(3))
    torch.testing.assert_close(_weights(alphas, time, 5.0, False), torch.tensor([5 / 99, 1.0, 1.0]))
    torch.testing.assert_close(_weights(alphas, time, 5.0, True), torch.tensor([5.0, 1.0, 0.01 / 0.99]))


def test_outlines_weigh_more_as_far_as_asked_for() -> None:
    alphas = torch.tensor([0.99, 0.5, 0.01])
    weights = _weights(alphas, torch.arange(3), 5.0, False, outline=10.0)
    torch.testing.assert_close(weights, torch.tensor([5 / 99 * 100 / 99, 2.0, 10.0]))


class Oracle:
    """A UNet that knows the noise, and says the true posterior's variance or the beta's."""

    def __init__(self, noise: Tensor, share: float) -> None:
        self.noise, self.share = noise, share

    def __call__(self, *_: Any, **__: Any) -> Any:
        variance = torch.full_like(self.noise, self.share)
        return SimpleNamespace(sample=torch.cat([self.noise, variance], 1))


def draw(rows: int = 6) -> Draw:
    torch.manual_seed(0)
    clean, noise = torch.randn(rows, 2, 4, 4), torch.randn(rows, 2, 4, 4)
    some = torch.zeros(rows, 1)
    time = torch.linspace(5, 990, rows).long()
    return Draw(clean, noise, time, some, some, some, some)


def test_the_decoders_loss_is_nothing_for_one_who_knows() -> None:
    target = DecoderTarget(LINEAR, settings("decoder"), CPU)
    value, figures = target.loss(Oracle(draw().noise, -1.0), draw())
    assert figures["mse"] == 0 and abs(float(figures["vlb"])) < 1e-6 and abs(float(value)) < 1e-6
    _, other = target.loss(Oracle(draw().noise, 1.0), draw())
    assert float(other["vlb"]) > 1e-5, "the variance of the betas is too wide"


def test_the_variance_alone_learns_from_the_bound() -> None:
    target = DecoderTarget(LINEAR, settings("decoder"), CPU)
    given = draw()
    guess = torch.zeros_like(given.noise, requires_grad=True)
    variance = torch.zeros_like(given.noise, requires_grad=True)
    target._bound(guess.detach(), variance, given).backward()
    assert guess.grad is None and variance.grad is not None and variance.grad.abs().sum() > 0


def test_the_priors_loss_is_of_the_standardised_embedding() -> None:
    mean, std = torch.full((1, 4), 2.0), torch.full((1, 4), 0.5)

    class Knows(torch.nn.Module):
        clip_mean, clip_std = mean, std
        config = SimpleNamespace(num_embeddings=1, additional_embeddings=4)
        positional_embedding = torch.zeros(1, 5, 1)

        def forward(self, *_: Any, **__: Any) -> Any:
            return SimpleNamespace(predicted_image_embedding=(clean - mean) / std + 1)

    clean = torch.randn(5, 4)
    some, mask = torch.zeros(5, 1), torch.ones(5, 1, dtype=torch.bool)
    target = PriorTarget(Knows(), {}, settings("prior"), CPU)
    given = Draw(clean, torch.randn(5, 4), torch.arange(5), some, some, some[:, None], mask)
    value, figures = target.loss(Knows(), given)
    assert float(value) == pytest.approx(1.0) and float(figures["mse"]) == pytest.approx(1.0)


def test_the_prior_is_trained_without_padding_as_with_it() -> None:
    """Left out are only places that are masked: loss and gradients stay."""
    torch.manual_seed(0)
    module = shapes.build(shapes.TINY)[0].prior
    mask = torch.zeros(3, 77, dtype=torch.bool)
    for row, length in enumerate((3, 9, 5)):
        mask[row, :length] = True
    clean, pooled, hidden = torch.randn(3, 32), torch.randn(3, 32), torch.randn(3, 77, 32)
    given = Draw(clean, torch.randn(3, 32), torch.tensor([5, 500, 990]), clean, pooled, hidden, mask)
    target = PriorTarget(module, {}, settings("prior"), CPU)
    value, _ = target.loss(module, given)
    value.backward()
    short = {name: p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}
    module.zero_grad()
    standard = (clean - module.clip_mean.detach()) / module.clip_std.detach()
    guess = module(
        _noised(given, standard, target._alphas),
        given.time,
        proj_embedding=pooled,
        encoder_hidden_states=hidden,
        attention_mask=mask,
    ).predicted_image_embedding
    whole = torch.nn.functional.mse_loss(guess, standard)
    whole.backward()
    assert float(value.detach()) == pytest.approx(float(whole.detach()), rel=1e-5)
    long = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    assert short.keys() == long.keys() and "positional_embedding" in short
    for name, gradient in short.items():
        torch.testing.assert_close(gradient, long[name], atol=1e-5, rtol=1e-3)
