"""What is drawn: the same as stock pipelines draw, and the same alone as in any company."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    KandinskyInpaintPipeline,
    KandinskyPipeline,
    KandinskyPriorPipeline,
)
from PIL import Image

from generation import canvas, tiny
from generation.conditioning import Conditioner
from generation.engine import Engine
from generation.kandinsky import Kandinsky, quietly
from generation.orders import Order, Pixels
from generation.request import Sampler
from generation.tuning import Tuning
from tests.generation.caller import LEVELS, OWN, PHOTO, PROMPT, Caller, order

MASK = np.zeros((64, 64), dtype=bool)
MASK[16:40, 24:64] = True


@pytest.fixture(scope="module")
def inpainting(tiny_model: Kandinsky) -> Kandinsky:
    """The tiny model with a 9-channel UNet."""
    return dataclasses.replace(tiny_model, inpaint_unet=tiny.unet(channels=9).eval())


@pytest.fixture
def started(tiny_model: Kandinsky) -> Iterator[Callable[..., Engine]]:
    engines: list[Engine] = []

    def start(model: Kandinsky = tiny_model, **settings: Any) -> Engine:
        engine = Engine(lambda: model, Tuning(**settings))
        engine.start()
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.close()


def silent(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def apart(ours: Pixels, theirs: Any) -> float:
    return float(np.abs(ours.astype(float) - np.asarray(theirs, dtype=float)).max())


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_draws_what_stock_draws(
    started: Callable[..., Engine], tiny_folder: Path, tiny_model: Kandinsky, guidance: float
) -> None:
    (ours,) = Caller(started(), order(guidance=guidance, sampler="ddim", width=128)).wait()
    with quietly():
        stock = silent(KandinskyPipeline.from_pretrained(tiny_folder / "decoder"))
    conditioner = Conditioner(tiny_model)
    theirs = stock(
        PROMPT,
        image_embeds=conditioner.dream([(PROMPT, 3)]).clone(),
        negative_image_embeds=conditioner.blank().image[None].clone(),
        height=64,
        width=128,
        num_inference_steps=6,
        guidance_scale=guidance,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images[0]
    assert ours.shape == (64, 128, 3)
    assert apart(ours, theirs * 255) <= LEVELS


def test_a_negative_prompt_works_as_in_stock(started: Callable[..., Engine], tiny_folder: Path) -> None:
    (ours,) = Caller(started(), order(sampler="ddim", negative="red dress")).wait()
    with quietly():
        prior = silent(KandinskyPriorPipeline.from_pretrained(tiny_folder / "prior"))
        decoder = silent(KandinskyPipeline.from_pretrained(tiny_folder / "decoder"))
    embeds = prior(
        PROMPT,
        negative_prompt="red dress",
        num_inference_steps=5,
        generator=[torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)],
    )
    theirs = decoder(
        PROMPT,
        negative_prompt="red dress",
        image_embeds=embeds.image_embeds.clone(),
        negative_image_embeds=embeds.negative_image_embeds.clone(),
        height=64,
        width=64,
        num_inference_steps=6,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images[0]
    assert apart(ours, theirs * 255) <= LEVELS
    assert apart(ours, Caller(started(), order(sampler="ddim")).wait()[0]) > LEVELS


@pytest.mark.parametrize("sampler", ["ddim", "dpm++"])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' with numpy 2
def test_image_to_image_starts_on_the_samplers_own_schedule(
    started: Callable[..., Engine], tiny_model: Kandinsky, sampler: Sampler
) -> None:
    wide = OWN.resize((96, 64))
    (ours,) = Caller(
        started(), order(guidance=1.0, width=96, init=wide, strength=0.5, steps=8, sampler=sampler)
    ).wait()
    scheduler: Any = DDIMScheduler(**tiny_model.decoder_schedule)
    if sampler == "dpm++":
        scheduler = DPMSolverMultistepScheduler.from_config(scheduler.config)
    scheduler.set_timesteps(8)
    if sampler == "dpm++":
        scheduler.set_begin_index(4)
    conditioner = Conditioner(tiny_model)
    pooled, hidden = conditioner.text(PROMPT)
    added = {"text_embeds": pooled[None], "image_embeds": conditioner.dream([(PROMPT, 3)])}
    noise = torch.randn(1, 4, 8, 12, generator=torch.Generator().manual_seed(3))
    clean = canvas.encode(tiny_model, wide)[None]
    latents = scheduler.add_noise(clean, noise, scheduler.timesteps[4:5])
    for timestep in scheduler.timesteps[4:]:
        out = tiny_model.unet(latents, timestep, hidden[None], added_cond_kwargs=added).sample[:, :4]
        latents = scheduler.step(out, timestep, latents).prev_sample
    theirs = tiny_model.movq.decode(latents, force_not_quantize=True).sample[0]
    assert apart(ours, ((theirs.clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0)) <= LEVELS


def test_the_nine_channel_unet_inpaints_as_in_stock(
    started: Callable[..., Engine], inpainting: Kandinsky
) -> None:
    (ours,) = Caller(started(inpainting), order(sampler="ddim", init=OWN, mask=MASK)).wait()
    conditioner = Conditioner(inpainting)
    stock = silent(
        KandinskyInpaintPipeline(
            text_encoder=inpainting.text_encoder,
            movq=inpainting.movq,
            tokenizer=inpainting.tokenizer,
            unet=inpainting.inpaint_unet,
            scheduler=DDIMScheduler(**inpainting.decoder_schedule),
        )
    )
    stock._warn_has_been_called = True
    theirs = stock(
        PROMPT,
        image=OWN,
        mask_image=MASK.astype(np.float32),
        image_embeds=conditioner.dream([(PROMPT, 3)]).clone(),
        negative_image_embeds=conditioner.blank().image[None].clone(),
        height=64,
        width=64,
        num_inference_steps=6,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images[0]
    assert apart(ours, theirs * 255) <= LEVELS


def test_without_such_a_unet_what_is_known_is_put_back_at_every_step(
    started: Callable[..., Engine], tiny_model: Kandinsky
) -> None:
    engine = started()
    seen: list[Any] = []
    advance = engine._denoiser.advance

    def watched(rows: Any) -> None:
        advance(rows)
        seen.extend((row.step, row.latents, row) for row in rows)

    engine._denoiser.advance = watched  # type: ignore[method-assign]
    Caller(engine, order(init=OWN, mask=MASK)).wait()
    assert len(seen) == 6
    clean = canvas.encode(tiny_model, OWN)
    kept = canvas.places(MASK, 8) == 0
    assert kept.sum() == 64 - 3 * 5
    for step, latents, row in seen:
        alpha = row.table.alphas[step]
        known = alpha.sqrt() * clean + (1 - alpha).sqrt() * row.noise
        torch.testing.assert_close(latents[:, kept[0]], known[:, kept[0]], rtol=1e-5, atol=1e-5)
        assert not torch.allclose(latents[:, ~kept[0]], known[:, ~kept[0]], atol=1e-2)


def kinds() -> list[Order]:
    """One order of each kind."""
    return [
        order(seed=3, count=2, steps=3),
        order(seed=9, steps=5, guidance=1.0),
        order(seed=9, prompt="blue dress", guidance=7.5, sampler="ddim", steps=4),
        order(seed=1, width=96, height=64, steps=3, negative="юбка"),
        order(seed=2, steps=1),
        order(seed=4, photos=(PHOTO,), prompt="пиджак того же стиля", steps=4),
        order(seed=4, photos=(PHOTO, OWN), photo_weights=(0.2, 0.8), prompt="", steps=3),
        order(seed=5, init=OWN, strength=0.4, steps=9),
        order(seed=6, init=OWN, strength=0.7, prompt="", guidance=2.0),
        order(seed=7, init=OWN, mask=MASK, negative="blue", steps=4),
        order(seed=8, init=OWN, mask=MASK, strength=0.6, sampler="ddim"),
    ]


@pytest.mark.parametrize(
    ("settings", "own_unet"),
    [
        ({}, False),
        ({"max_rows": 3}, True),
        ({"reuse": 2, "guidance_interval": (0.3, 0.9), "max_rows": 5}, False),
        ({"reuse": 3}, True),
    ],
    ids=str,
)
def test_a_picture_does_not_depend_on_company(
    started: Callable[..., Engine],
    tiny_model: Kandinsky,
    inpainting: Kandinsky,
    settings: dict[str, Any],
    own_unet: bool,
) -> None:
    engine = started(inpainting if own_unet else tiny_model, **settings)
    alone = [Caller(engine, each).wait() for each in kinds()]
    passes = engine.passes
    together = [caller.wait() for caller in [Caller(engine, each) for each in kinds()]]
    for before, after in zip(alone, together, strict=True):
        for a, b in zip(before, after, strict=True):
            assert apart(a, b) <= LEVELS
    assert engine.passes - passes < passes


@pytest.mark.slow
def test_compiled_passes_are_filled_up_to_a_bucket_and_draw_the_same(started: Callable[..., Engine]) -> None:
    torch._dynamo.reset()
    orders = [order(seed=3, count=3, steps=3), order(seed=9, steps=4, guidance=1.0)]
    plain, compiled = started(max_rows=4), started(max_rows=4, compile="eager")
    expected = [picture for each in orders for picture in Caller(plain, each).wait()]
    before = compiled.evaluated[0]
    callers = [Caller(compiled, each) for each in orders]
    found = [picture for caller in callers for picture in caller.wait()]
    assert max(apart(a, b) for a, b in zip(found, expected, strict=True)) <= LEVELS
    assert compiled.evaluated[0] - before > 2 * 3 * 3 + 4  # the filling counts


def test_guidance_outside_its_interval_costs_nothing(started: Callable[..., Engine]) -> None:
    engine = started(guidance_interval=(0.25, 0.5))
    before = engine.evaluated[0]
    Caller(engine, order(steps=8)).wait()
    assert engine.evaluated[0] - before == 8 + 2
    whole = started(guidance_interval=(0.0, 1.0))
    none = started(guidance_interval=(0.0, 0.0))
    guided, plain = Caller(whole, order()).wait()[0], Caller(whole, order(guidance=1.0)).wait()[0]
    assert apart(Caller(none, order()).wait()[0], plain) <= LEVELS < apart(guided, plain)


def test_reuse_saves_whole_passes_and_changes_little(started: Callable[..., Engine]) -> None:
    engine = started(reuse=3)
    before = engine.evaluated
    (reused,) = Caller(engine, order(steps=7)).wait()
    assert (engine.evaluated[0] - before[0], engine.evaluated[1] - before[1]) == (2 * 3, 2 * 4)
    (exact,) = Caller(started(), order(steps=7)).wait()
    (other,) = Caller(started(), order(steps=7, seed=77)).wait()
    error = np.abs(reused.astype(float) - exact).mean()
    assert 0 < error < 0.5 * np.abs(other.astype(float) - exact).mean()


def test_another_one_costs_no_text_encoder(
    started: Callable[..., Engine], tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = started()
    for each in (order(seed=1), order(seed=1, photos=(PHOTO,)), order(seed=1, negative="red", init=OWN)):
        Caller(engine, each).wait()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("encoded again")

    for part in (tiny_model.text_encoder, tiny_model.prior_text_encoder, tiny_model.image_encoder):
        monkeypatch.setattr(part, "forward", never)
    monkeypatch.setattr(tiny_model.movq, "encode", never)
    for each in (
        order(seed=2),
        order(seed=2, photos=(PHOTO.copy(),)),
        order(seed=2, negative="red", init=OWN),
    ):
        Caller(engine, each).wait()


def test_newcomers_share_the_prior(
    started: Callable[..., Engine], tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = started()
    busy = Caller(engine, order(seed=500, count=8, steps=60, owner="anna"))
    while len(busy.steps) < 2:  # past its own prior
        time.sleep(0.01)
    forward, calls = tiny_model.prior.forward, []

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(len(args[0]))
        return forward(*args, **kwargs)

    monkeypatch.setattr(tiny_model.prior, "forward", counted)
    with engine._wake:  # so that all four are seen at once
        callers = [Caller(engine, order(seed=600 + i, prompt=f"dress {i}", owner=f"{i}")) for i in range(4)]
    for caller in callers:
        caller.wait()
    engine.cancel(busy.ticket)
    assert calls == [8] * 5


def test_an_image_of_a_size_that_is_not_square(started: Callable[..., Engine]) -> None:
    engine = started()
    tall = Caller(engine, order(width=64, height=128, init=Image.new("RGB", (64, 128), "red"), strength=0.5))
    assert tall.wait()[0].shape == (128, 64, 3)
