"""A fine-tuning run that is killed at any moment ends with the weights of an unbroken one, bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from generation.training.finetune import loop
from generation.training.finetune.loop import Loop, read_log
from tests.generation.training.finetune.conftest import Tune

WAYS = {
    ("prior", "--lora", "2"): "adapter/prior/pytorch_lora_weights.safetensors",
    ("decoder", "--lora", "2"): "adapter/decoder/pytorch_lora_weights.safetensors",
    ("decoder", "--lora", "2", "--convolutions"): "adapter/decoder/pytorch_lora_weights.safetensors",
    ("prior", "--full"): "model/prior/prior/diffusion_pytorch_model.safetensors",
    ("decoder", "--attention-only"): "model/decoder/unet/diffusion_pytorch_model.safetensors",
    ("decoder", "--full", "--optimiser", "adafactor", "--min-snr", "5"): (
        "model/decoder/unet/diffusion_pytorch_model.safetensors"
    ),
}


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


@pytest.mark.parametrize("way", list(WAYS), ids=lambda way: "-".join(way).replace("--", ""))
def test_three_interruptions_change_nothing(
    way: tuple[str, ...], tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, *more = way
    more += ["--accumulate", "2"]
    assert tune(stage, tmp_path / "one", *more) == 0
    real = Loop._one
    for moment in (1, 3, 5):

        def stopped(self: Loop, *given: object, moment: int = moment) -> dict[str, float]:
            if self.step == moment:
                raise Killed
            return real(self, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(Loop, "_one", stopped)
        with pytest.raises(Killed):
            tune(stage, tmp_path / "two", *more)
    monkeypatch.setattr(Loop, "_one", real)
    assert tune(stage, tmp_path / "two", *more) == 0
    one, two = (load_file(tmp_path / name / WAYS[way]) for name in ("one", "two"))
    assert one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)
    logs = [read_log(tmp_path / name / stage / "log.jsonl") for name in ("one", "two")]
    assert logs[0] == logs[1] and [line["step"] for line in logs[0]] == list(range(1, 7))
    state = [torch.load(tmp_path / n / stage / "checkpoint.pt", weights_only=True) for n in ("one", "two")]
    assert all(torch.equal(state[0]["trained"][k], state[1]["trained"][k]) for k in state[0]["trained"])


@pytest.mark.soak
@pytest.mark.slow
def test_kill_9_at_three_moments(
    tune: Tune, tmp_path: Path, tiny_folder: Path, goods_file: Path, cache: Path
) -> None:
    common = ["--lora", "2", "--steps", "40"]
    assert tune("decoder", tmp_path / "one", *common) == 0
    command = [sys.executable, "-m", "generation.training", "decoder", "--base", str(tiny_folder)]
    command += ["--data", str(goods_file), "--out", str(tmp_path / "two"), "--cache", str(cache)]
    command += ["--batch", "2", "--device", "cpu", "--warmup", "2", "--save-every", "2", "--sheet-every", "0"]
    command += [*common, "--threads", "1"]
    log = tmp_path / "two/decoder/log.jsonl"
    kills = 0
    for goal in (5, 16, 29):
        process = subprocess.Popen(command, cwd=Path(__file__).parents[4], stderr=subprocess.DEVNULL)
        while process.poll() is None and not (read_log(log) and read_log(log)[-1]["step"] >= goal):
            time.sleep(0.02)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    subprocess.run(command, cwd=Path(__file__).parents[4], check=True, stdout=subprocess.DEVNULL)
    assert kills == 3
    file = WAYS["decoder", "--lora", "2"]
    one, two = (load_file(tmp_path / name / file) for name in ("one", "two"))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert read_log(log) == read_log(tmp_path / "one/decoder/log.jsonl")


def test_a_run_goes_on_only_with_its_own_settings(
    tune: Tune, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune("prior", tmp_path, "--lora", "2") == 0
    assert tune("prior", tmp_path, "--lora", "3") == 2
    assert "holds a run with rank 2, not 3" in capsys.readouterr().err
    assert tune("prior", tmp_path, "--lora", "2", "--steps", "8") == 0
    assert len(read_log(tmp_path / "prior/log.jsonl")) == 8


def test_a_run_older_than_a_setting_went_without_it(
    tune: Tune, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune("prior", tmp_path, "--lora", "2") == 0
    (path,) = (tmp_path / "prior").glob("*.pt")
    state = torch.load(path, weights_only=True)
    del state["settings"]["balance"]
    torch.save(state, path)
    assert tune("prior", tmp_path, "--lora", "2", "--balance", "1") == 2
    assert "holds a run with balance 0.0, not 1.0" in capsys.readouterr().err
    assert tune("prior", tmp_path, "--lora", "2", "--steps", "8") == 0


def test_a_log_that_a_kill_cut_off_is_read_to_its_last_whole_line(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"st')
    assert [line["step"] for line in loop.read_log(tmp_path / "log.jsonl")] == [1, 2]
