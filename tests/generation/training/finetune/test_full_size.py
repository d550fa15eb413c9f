"""The full-size architecture, on the meta device: counts, shapes, what is trained, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from generation.training.finetune import costs, weights
from generation.training.finetune.loop import optimiser
from generation.training.finetune.settings import Settings
from generation.training.finetune.targets import DecoderTarget, Draw, PriorTarget

SCHEDULE = {"beta_schedule": "linear", "beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 1000}


@pytest.fixture(scope="module")
def full_size() -> dict[str, Any]:
    return costs.parts()


@pytest.mark.parametrize(
    ("part", "millions"),
    [
        ("UNet", 1228.7),
        ("prior", 1022.0),
        ("M-CLIP", 560.7),
        ("CLIP image", 304.0),
        ("CLIP text", 123.7),
        ("MOVQ", 67.8),
    ],
)
def test_the_parts_have_kandinsky_2_1s_numbers(part: str, millions: float, full_size: dict[str, Any]) -> None:
    assert round(costs.numbers(full_size[part]) / 1e6, 1) == millions


def test_the_passes_have_its_shapes_and_counted_work(full_size: dict[str, Any]) -> None:
    with torch.no_grad():
        assert costs.unet_pass(full_size["UNet"], 512, 2).shape == (2, 8, 64, 64)
        assert costs.prior_pass(full_size["prior"], 3).shape == (3, 768)
    forward = costs.flops_a_picture("decoder", 512) / 3
    assert forward == pytest.approx(0.862e12, rel=0.01)
    assert costs.flops_a_picture("prior", 0) / 3 == pytest.approx(0.1644e12, rel=0.01)


@pytest.mark.parametrize(
    ("stage", "way"), [("prior", "lora"), ("prior", "full"), ("decoder", "lora"), ("decoder", "full")]
)
def test_a_training_step_runs_at_full_size(stage: str, way: str) -> None:
    """Loss, backward pass through checkpointed blocks, and optimiser, where tensors have shapes only."""
    meta = torch.device("meta")
    settings = Settings(stage, way, 16, 1, min_snr=5.0, checkpointing=True, optimiser="adafactor")  # type: ignore[arg-type]
    module = costs.parts()[costs.NAMES[stage]]  # type: ignore[index]
    target = (
        PriorTarget(module, {}, settings, meta)
        if stage == "prior"
        else DecoderTarget(SCHEDULE, settings, meta)
    )
    rows = 2
    with torch.inference_mode(False), torch.device("meta"):
        chosen = weights.prepare(module.train(), settings)
        time, pooled, looks = (
            torch.zeros(rows, dtype=torch.long),
            torch.empty(rows, 768),
            torch.empty(rows, 768),
        )
        if stage == "prior":
            hidden, mask = torch.empty(rows, 77, 768), torch.ones(rows, 77, dtype=torch.bool)
            draw = Draw(looks, torch.empty(rows, 768), time, looks, pooled, hidden, mask)
        else:
            hidden, latents = torch.empty(rows, 77, 1024), torch.empty(rows, 4, 64, 64)
            draw = Draw(latents, latents, time, looks, pooled, hidden, torch.ones(rows, 77))
        value, figures = target.loss(module, draw)
        value.backward()
        optimiser(settings, list(chosen.values())).step()
    assert value.shape == () and "mse" in figures
    lost = [name for name, p in chosen.items() if p.grad is None or p.grad.shape != p.shape]
    assert not lost


@pytest.mark.parametrize(
    ("stage", "way", "millions"),
    [
        ("decoder", "lora", 4.657),  # 291,072 a rank
        ("prior", "lora", 5.243),  # 327,680 a rank
        ("decoder", "attention", 181.0),
        ("decoder", "full", 1228.7),
        ("prior", "full", 1022.0),
    ],
)
def test_each_way_trains_what_it_says(stage: str, way: str, millions: float) -> None:
    assert costs.trained(stage, way) / 1e6 == pytest.approx(millions, rel=2e-3)  # type: ignore[arg-type]


def test_the_residual_blocks_take_low_ranks_too() -> None:
    assert costs.trained("decoder", "lora", convolutions=True) / 1e6 == pytest.approx(18.131, rel=2e-3)
    assert costs.memory("decoder", "lora", convolutions=True) < 4, "on a 24 GB card as well"


def test_the_spaces_constants_are_never_trained() -> None:
    module = costs.parts()["prior"]
    with torch.device("meta"):
        chosen = weights.prepare(module, Settings("prior", "full", 0, 1))
    assert "clip_mean" not in chosen and "clip_std" not in chosen
    assert not module.clip_mean.requires_grad and not module.clip_std.requires_grad


def test_lora_on_a_24_gb_card_and_full_training_on_an_80_gb_one() -> None:
    assert costs.memory("decoder", "lora") < 3
    assert 14 < costs.memory("decoder", "full", "adafactor") < 15
    assert 24 < costs.memory("decoder", "full") < 25
