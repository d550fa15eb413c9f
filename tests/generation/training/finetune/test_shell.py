"""The command that fine-tunes: what it writes, what its options change, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from generation import attributes, kandinsky
from generation.training.finetune import card, loop, shell, weights
from generation.training.finetune.loop import read_log
from generation.training.finetune.settings import BY_TEXT, Settings
from tests.generation.training.finetune.conftest import Tune

ADAPTER = "adapter/{}/pytorch_lora_weights.safetensors"
UNET = "model/decoder/unet/diffusion_pytorch_model.safetensors"
ROOT = Path(__file__).parents[4]


def test_both_stages_leave_weights_sheets_curves_and_a_card(tune: Tune, tmp_path: Path) -> None:
    assert tune("prior", tmp_path, "--lora", "2", "--sheet-every", "3") == 0
    assert tune("decoder", tmp_path, "--lora", "2", "--sheet-every", "3") == 0
    for stage in ("prior", "decoder"):
        assert (tmp_path / ADAPTER.format(stage)).is_file()
        sheets = sorted((tmp_path / stage / "sheets").glob("*.png"))
        assert [path.stem for path in sheets] == ["0000000", "0000003", "0000006"], "the base's first"
        with Image.open(sheets[0]) as picture:
            assert picture.size == (4 * 64, 2 * 64)
        log = read_log(tmp_path / stage / "log.jsonl")
        assert [line["step"] for line in log] == list(range(7)) and "held_out" in log[0] and "mse" in log[1]
        assert any((tmp_path / stage / "tensorboard").glob("events*"))
    card = (tmp_path / "adapter/README.md").read_text(encoding="utf-8")
    for words in ("## Prior", "## Decoder", "LoRA, rank 2", "FashionGen HDF5", "fingerprint", "## Limits"):
        assert words in card
    assert "load_lora_adapter(" in card and "at step 0" in card
    facts = json.loads((tmp_path / "adapter/facts.json").read_text())
    assert [one["settings"]["stage"] for one in facts] == ["prior", "decoder"]
    assert facts[1]["settings"]["text_dropout"] == 0.5 and facts[1]["settings"]["image_dropout"] == 0.1
    assert facts[0]["settings"]["text_dropout"] == 0.1 and facts[0]["samples"] == 6 * 2
    scalars = _scalars(tmp_path / "decoder/tensorboard")
    assert {"loss", "mse", "vlb", "held_out"} <= scalars


def _scalars(folder: Path) -> set[str]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder))
    read.Reload()
    return set(read.Tags()["scalars"])


def test_a_whole_model_has_all_that_its_base_had(tune: Tune, tiny_folder: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(tiny_folder, base)
    attributes.save(base, attributes.Attributes(garment_by_text=True, table_words=True))
    before = load_file(base / "decoder/unet/diffusion_pytorch_model.safetensors")
    assert tune("decoder", tmp_path / "out", "--full", "--base", str(base), "--rate", "1e-2") == 0
    model = kandinsky.load(str(tmp_path / "out/model"), "cpu", torch.float32)
    assert model.attributes.garment_by_text
    assert model.plain is not None
    settings = card.read(tmp_path / "out/model")[0]["settings"]
    assert {name: settings[name] for name in BY_TEXT} == BY_TEXT, "as such a decoder was trained"
    assert model.name == "out"
    after = load_file(tmp_path / "out" / UNET)
    assert any(not torch.equal(before[name], after[name]) for name in before)
    untouched = load_file(base / "decoder/unet/diffusion_pytorch_model.safetensors")
    assert all(torch.equal(before[name], untouched[name]) for name in before), "the base stays as it was"
    prior = "prior/prior/diffusion_pytorch_model.safetensors"
    assert (tmp_path / "out/model" / prior).read_bytes() == (base / prior).read_bytes()


def test_the_constants_of_the_space_stay(tune: Tune, tiny_folder: Path, tmp_path: Path) -> None:
    assert tune("prior", tmp_path, "--full", "--rate", "1e-2", "--weight-decay", "1") == 0
    name = "prior/prior/diffusion_pytorch_model.safetensors"
    before, after = load_file(tiny_folder / name), load_file(tmp_path / "model" / name)
    for constant in ("clip_mean", "clip_std"):
        assert torch.equal(before[constant], after[constant])
    assert not torch.equal(before["proj_in.weight"], after["proj_in.weight"])


@pytest.mark.parametrize("stage", ["prior", "decoder"])
def test_checkpointing_changes_no_weight(stage: str, tune: Tune, tmp_path: Path) -> None:
    assert tune(stage, tmp_path / "one", "--lora", "2") == 0
    assert tune(stage, tmp_path / "two", "--lora", "2", "--gradient-checkpointing") == 0
    one, two = (load_file(tmp_path / name / ADAPTER.format(stage)) for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    "more",
    [
        ("--optimiser", "adafactor"),
        ("--min-snr", "5"),
        ("--schedule", "cosine"),
        ("--precision", "bf16"),
        ("--accumulate", "3"),
        ("--ema", "0"),
        ("--text-dropout", "1"),
        ("--image-dropout", "1"),
        ("--outline", "10"),
        ("--swap", "1"),
        ("--balance", "1"),
        ("--side", "96"),
        ("--seed", "5"),
    ],
    ids=lambda more: more[0],
)
def test_every_option_changes_the_weights(more: tuple[str, ...], tune: Tune, tmp_path: Path) -> None:
    assert tune("decoder", tmp_path / "one", "--lora", "2") == 0
    assert tune("decoder", tmp_path / "two", "--lora", "2", *more) == 0
    one, two = (load_file(tmp_path / name / ADAPTER.format("decoder")) for name in ("one", "two"))
    assert any(not torch.equal(one[name], two[name]) for name in one)
    assert all(value.isfinite().all() for value in two.values())


class Batch:
    """What a pass sees, in these tests: numbers."""

    def __init__(self, values: torch.Tensor) -> None:
        self.values = values

    def to(self, _: object) -> Batch:
        return self


def _loop(folder: Path, module: nn.Module, **changes: object) -> loop.Loop:
    fields = {"stage": "prior", "way": "full", "rank": 0, "steps": 5, "rate": 0.1, "warmup": 0, "batch": 4}
    settings = Settings(**{**fields, "weight_decay": 0.0, "sheet_every": 0, **changes})  # type: ignore[arg-type]
    helper = loop.accelerator(settings, torch.device("cpu"))
    return loop.Loop(folder, settings, module, dict(module.named_parameters()), helper)


def _draw(rng: np.random.Generator, count: int) -> Batch:
    return Batch(torch.from_numpy(rng.standard_normal((count, 3))).float())


def _loss(module: nn.Module, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
    value = (module(batch.values) - 1).square().mean()
    return value, {"mse": value.item()}


def test_passes_of_a_step_are_averaged(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = nn.Linear(3, 1)
    twin = nn.Linear(3, 1)
    twin.load_state_dict(module.state_dict())
    run = _loop(tmp_path, module, accumulate=2, steps=1)
    seen: list[torch.Tensor] = []

    def draw(rng: np.random.Generator, count: int) -> Batch:
        batch = _draw(rng, count)
        seen.append(batch.values)
        return batch

    run.train(draw, _loss)  # type: ignore[arg-type]
    assert len(seen) == 2
    optimiser = torch.optim.AdamW(twin.parameters(), lr=0.1, betas=(0.9, 0.98), weight_decay=0.0)
    _loss(twin, Batch(torch.cat(seen)))[0].backward()
    nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
    optimiser.step()
    torch.testing.assert_close(module.weight, twin.weight)


def test_the_average_follows_and_is_what_is_worn(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = nn.Linear(3, 1)
    expected = module.weight.detach().clone()
    run = _loop(tmp_path, module, decay=0.5)
    real = run._one

    def one(*given: object) -> dict[str, float]:
        figures = real(*given)  # type: ignore[arg-type]
        decay = min(0.5, (1 + run.step) / (10 + run.step))
        expected.lerp_(module.weight.detach(), 1 - decay)
        return figures

    run._one = one  # type: ignore[method-assign]
    run.train(_draw, _loss)  # type: ignore[arg-type]
    torch.testing.assert_close(run.average.values["weight"], expected)
    live = module.weight.detach().clone()
    with run.average.worn():
        torch.testing.assert_close(module.weight, expected)
    assert torch.equal(module.weight, live) and not torch.equal(live, expected)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    run = _loop(tmp_path, nn.Linear(3, 1))
    with pytest.raises(ArithmeticError, match="lower --rate"):
        run.train(_draw, lambda module, batch: (torch.tensor(float("nan")), {}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--lora", "0"), "--lora must be at least 1"),
        (("--full", "--convolutions"), "--convolutions goes with --lora and the decoder"),
        (("--side", "70"), "--side must be a multiple of 16 pixels"),
        (("--precision", "fp16"), "needs a GPU"),
        (("--ema", "1"), "--ema must be from 0 to below 1"),
        (("--blend", "0"), "--blend must be above 0"),
        (("--outline", "0.5"), "--outline must be at least 1"),
        (("--swap", "1.5"), "--swap must be from 0 to 1"),
        (("--balance", "2"), "--balance must be from 0 to 1"),
        (("--sift",), "--sift needs a base with a reader"),
        (("--data", "nowhere.h5"), "there is no such file"),
        (("--base", "nowhere"), "there is no model"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    more: tuple[str, ...], words: str, tune: Tune, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune("decoder", tmp_path, *more) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("Cannot fine-tune: ") and words in said


def test_too_little_memory_is_one_sentence_with_ways_out(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loop.Loop, "_one", full)
    assert tune("decoder", tmp_path) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "--gradient-checkpointing" in said and "adafactor" in said


def test_a_loss_that_is_no_number_is_one_sentence(
    tune: Tune, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune("prior", tmp_path, "--full", "--rate", "1e30", "--warmup", "0") == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("Cannot fine-tune: the loss is no number") and "lower --rate" in said


def test_eight_bits_need_their_package(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    assert tune("decoder", tmp_path, "--optimiser", "adamw8bit") == 2
    assert "pip install bitsandbytes" in capsys.readouterr().err


def test_eight_bit_states_train(tune: Tune, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    eight = ("--full", "--optimiser", "adamw8bit", "--rate", "1e-3")
    assert tune("decoder", tmp_path / "whole", *eight) == 0
    assert tune("decoder", tmp_path / "parts", *eight, "--steps", "4") == 0
    assert tune("decoder", tmp_path / "parts", *eight) == 0, "goes on"
    whole, parts = (load_file(tmp_path / name / UNET) for name in ("whole", "parts"))
    assert all(value.isfinite().all() and torch.equal(value, parts[name]) for name, value in whole.items())


@pytest.mark.parametrize(
    ("rate", "step", "expected"), [(1.0, 0, 0.1), (1.0, 9, 1.0), (1.0, 10, 1.0), (1.0, 100, 0.05)]
)
def test_warm_up_and_cosine(rate: float, step: int, expected: float) -> None:
    settings = Settings("prior", "full", 0, 100, rate=rate, warmup=10, schedule="cosine")
    assert loop.rate_at(settings, step) == pytest.approx(expected)


def test_the_command_line_is_the_training_commands(tmp_path: Path) -> None:
    assert shell.wanted(["prior", "--base", "atelier"]) and shell.wanted(["decoder", "--base=atelier"])
    assert not shell.wanted(["prior"]) and not shell.wanted(["movq", "--base", "atelier"])


@pytest.mark.slow
def test_two_processes_train_one_model(
    tiny_folder: Path, goods_file: Path, cache: Path, tmp_path: Path
) -> None:
    # accelerate's own launcher starts one process where there is no GPU; accelerate obeys torch's as well
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "generation.training", "prior", "--base", str(tiny_folder), "--data", str(goods_file)]
    command += ["--out", str(tmp_path), "--cache", str(cache), "--steps", "4", "--batch", "2", "--full"]
    command += ["--device", "cpu", "--sheet-every", "2", "--warmup", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    facts = json.loads((tmp_path / "model/facts.json").read_text())
    assert facts[0]["processes"] == 2 and facts[0]["samples"] == 4 * 2 * 2
    assert [line["step"] for line in read_log(tmp_path / "prior/log.jsonl")] == [0, 1, 2, 3, 4]


def test_low_rank_additions_begin_as_nothing() -> None:
    module = kandinsky_prior()
    settings = Settings("prior", "lora", 2, 1)
    chosen = weights.prepare(module, settings)
    assert chosen and all("lora_" in name for name in chosen)
    assert all((p == 0).all() for name, p in chosen.items() if "lora_B" in name)
    assert all(not p.requires_grad for n, p in module.named_parameters() if "lora_" not in n)


def kandinsky_prior() -> nn.Module:
    from generation import shapes

    return shapes.build(shapes.TINY)[0].prior  # type: ignore[no-any-return]


@pytest.mark.parametrize("way", [("--lora", "2"), ("--full",)], ids=lambda way: way[0])
def test_half_a_blend_is_half_way_from_the_base(
    way: tuple[str, ...], tune: Tune, tiny_folder: Path, tmp_path: Path
) -> None:
    assert tune("decoder", tmp_path, *way, "--rate", "1e-2") == 0
    whole = _weights_of(tmp_path, tiny_folder)
    assert tune("decoder", tmp_path, *way, "--rate", "1e-2", "--blend", "0.5") == 0, "no other run"
    half, base = _weights_of(tmp_path, tiny_folder), _weights_of(tiny_folder.parent / "none", tiny_folder)
    assert max(float((whole[name] - base[name]).abs().max()) for name in base) > 1e-3
    for name, value in base.items():
        torch.testing.assert_close(half[name], (value + whole[name]) / 2, atol=1e-4, rtol=1e-2)


def _weights_of(out: Path, base: Path) -> dict[str, torch.Tensor]:
    """The UNet's weights as they count, with an adapter's product added."""
    model = str(out / "model") if (out / "model").is_dir() else str(base)
    adapter = str(out) if (out / "adapter").is_dir() else ""
    loaded = kandinsky.load(model, "cpu", torch.float32, adapters=adapter, fuse=True)
    return {name: value.clone() for name, value in loaded.unet.state_dict().items()}
