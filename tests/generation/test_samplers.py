"""Our tables and diffusers' schedulers, on the same noise and the same model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, UnCLIPScheduler
from torch import Tensor

from generation import samplers
from generation.request import Sampler

DECODER: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "prediction_type": "epsilon",
    "timestep_spacing": "leading",
}
PRIOR: dict[str, Any] = {
    "clip_sample_range": 10.0,
    "prediction_type": "sample",
    "variance_type": "fixed_small_log",
}


def model(sample: Tensor, timestep: Tensor) -> Tensor:
    """Stands for a network: bounded, and different at every timestep."""
    return torch.tanh(sample + timestep.float().view(-1, *([1] * (sample.ndim - 1))) / 500)


def ours(table: samplers.Table, sample: Tensor, generator: torch.Generator | None = None) -> Tensor:
    x0 = torch.zeros_like(sample)
    for i in range(len(table)):
        output = model(sample, table.timesteps[i : i + 1])
        noise = torch.randn(sample.shape, generator=generator) if table.noisy(i) else None
        sample, x0 = samplers.advance(table.rows[i].expand(len(sample), -1), sample, output, x0, noise)
    return sample


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' with numpy 2
@pytest.mark.parametrize("steps", [1, 2, 7, 20, 50])
@pytest.mark.parametrize("sampler", ["ddim", "dpm++"])
def test_decoder_samplers_agree_with_diffusers(sampler: Sampler, steps: int) -> None:
    noise = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(steps))
    scheduler = DDIMScheduler(**DECODER)
    if sampler == "dpm++":
        scheduler = DPMSolverMultistepScheduler.from_config(scheduler.config)
    scheduler.set_timesteps(steps)
    table = samplers.table(sampler, DECODER, steps)
    assert table.timesteps.tolist() == scheduler.timesteps.tolist()
    sample = noise
    for timestep in scheduler.timesteps:
        sample = scheduler.step(model(sample, timestep[None]), timestep, sample).prev_sample
    torch.testing.assert_close(ours(table, noise), sample, rtol=1e-5, atol=1e-5)


def test_ddim_of_a_clamped_prediction_of_the_clean_sample() -> None:
    config = {**DECODER, "prediction_type": "sample", "clip_sample": True, "clip_sample_range": 0.5}
    scheduler = DDIMScheduler(**config)
    scheduler.set_timesteps(10)
    noise = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
    sample = noise
    for timestep in scheduler.timesteps:
        sample = scheduler.step(model(sample, timestep[None]), timestep, sample).prev_sample
    torch.testing.assert_close(ours(samplers.ddim(config, 10), noise), sample, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("steps", [2, 5, 25])
def test_the_prior_sampler_agrees_with_diffusers(steps: int) -> None:
    scheduler = UnCLIPScheduler(**PRIOR)
    scheduler.set_timesteps(steps)
    theirs, mine = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    noise = torch.randn(2, 16, generator=torch.Generator().manual_seed(0)) * 4
    sample = noise
    for i, timestep in enumerate(scheduler.timesteps):
        before = scheduler.timesteps[i + 1] if i + 1 < steps else None
        sample = scheduler.step(
            model(sample, timestep[None]) * 12, timestep, sample, prev_timestep=before, generator=theirs
        ).prev_sample
    table = samplers.unclip(PRIOR, steps)
    assert table.timesteps.tolist() == scheduler.timesteps.tolist()
    x0, got = torch.zeros_like(noise), noise
    for i in range(steps):
        output = model(got, table.timesteps[i : i + 1]) * 12
        fresh = torch.randn(got.shape, generator=mine) if table.noisy(i) else None
        got, x0 = samplers.advance(table.rows[i].expand(2, -1), got, output, x0, fresh)
    torch.testing.assert_close(got, sample, rtol=1e-5, atol=1e-5)


def test_rows_at_different_steps_share_a_call() -> None:
    table = samplers.dpm_solver(DECODER, 10)
    sample = torch.randn(3, 4, 2, 2, generator=torch.Generator().manual_seed(1))
    output, before = sample.flip(0), sample * 0.5
    rows = table.rows[[0, 4, 9]]
    together, _ = samplers.advance(rows, sample, output, before)
    for i in range(3):
        alone, _ = samplers.advance(rows[i : i + 1], sample[i : i + 1], output[i : i + 1], before[i : i + 1])
        assert torch.equal(together[i : i + 1], alone)


def test_bad_schedules_are_refused() -> None:
    with pytest.raises(ValueError, match="beta schedule"):
        samplers.ddim({"beta_schedule": "sigmoid"}, 5)
    with pytest.raises(ValueError, match="prediction"):
        samplers.ddim({"prediction_type": "v_prediction"}, 5)
    with pytest.raises(ValueError, match="2 steps"):
        samplers.unclip(PRIOR, 1)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' with numpy 2
@pytest.mark.parametrize("start", [1, 4, 9])
@pytest.mark.parametrize("sampler", ["ddim", "dpm++"])
def test_a_table_from_a_later_step_agrees_with_diffusers(sampler: Sampler, start: int) -> None:
    scheduler = DDIMScheduler(**DECODER)
    if sampler == "dpm++":
        scheduler = DPMSolverMultistepScheduler.from_config(scheduler.config)
    scheduler.set_timesteps(10)
    if sampler == "dpm++":
        scheduler.set_begin_index(start)
    table = samplers.table(sampler, DECODER, 10, start)
    clean = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    noise = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    first = scheduler.timesteps[start : start + 1]
    noised = samplers.noised(clean, noise, table.alphas[:1].expand(2))
    torch.testing.assert_close(noised, scheduler.add_noise(clean, noise, first), rtol=1e-5, atol=1e-5)
    sample = noised
    for timestep in scheduler.timesteps[start:]:
        sample = scheduler.step(model(sample, timestep[None]), timestep, sample).prev_sample
    assert len(table) == 10 - start
    assert len(table.alphas) == 11 - start
    torch.testing.assert_close(ours(table, noised), sample, rtol=1e-5, atol=1e-5)
