"""The paper's experiment: what is run, what is said of the figures, and all of it on a tiny model."""

from __future__ import annotations

import argparse
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from accelerate.state import AcceleratorState, PartialState
from PIL import Image

from generation import evaluate
from generation.training import catalogue, paper, paper_report
from generation.training.finetune import shell
from tests.generation.training import goods


def row(measure: str, language: str, ours: dict[str, Any], difference: float | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"measure": measure, "language": language, "ours": {"spread": 0.5, **ours}}
    if difference is not None:
        found["difference"] = {"value": difference, "low": difference - 4, "high": difference + 4}
    return found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (row("1000 KID (MobileNetV2)", "ru", {}, -40.0), "-40 % (-44 to -36); a fall of 33 %: met"),
        (row("1000 KID (MobileNetV2)", "en", {}, -30.0), "a fall of 33 %: NOT met; between seeds ± 0.5"),
        (row("garment type right, %", "ru", {}, 0.0), "does not fall: met"),
        (row("garment type right, %", "ru", {}, -3.0), "does not fall: within the interval only"),
        (row("garment type right, %", "en", {}, -5.0), "-5.0 points (-9.0 to -1.0); does not fall: NOT met"),
        (row("colour right, %", "ru − en", {"value": -5.0, "low": -9, "high": 1}), "within 5: met"),
        (row("colour right, %", "ru − en", {"value": 5.1, "low": -9, "high": 1}), "within 5: NOT met"),
    ],
)
def test_a_verdict_has_its_numbers(line: dict[str, Any], words: str) -> None:
    (said,) = paper_report.verdicts([line])
    assert words in said


def test_what_has_no_threshold_gets_no_verdict() -> None:
    lines = [row("FID (MobileNetV2)", "ru", {}, 3.0), row("CLIP score", "ru − en", {})]
    assert paper_report.verdicts(lines) == []


def test_every_command_is_one_that_its_program_takes() -> None:
    for chain in paper.chains(paper.parser().parse_args([])):
        for command in chain:
            assert command[0] == "-m"
            if command[1] == "generation.training":
                assert shell.wanted(command[2:])
                shell.parser().parse_args(command[2:])
            else:
                evaluate.parser().parse_args(command[2:])


def test_two_ways_on_two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert paper.crew(None) == (2, 1)
    assert paper.crew(1) == (1, None)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert paper.crew(None) == (1, None), "a GPU is one"


def test_one_process_at_a_time_fills_a_cache(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = []

    def second() -> None:
        with catalogue.alone(tmp_path):
            order.append("second")

    with catalogue.alone(tmp_path):
        other = threading.Thread(target=second)
        other.start()
        while "Waiting for another process" not in capsys.readouterr().err:
            time.sleep(0.01)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def _here(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
    """Runs a command of the experiment in this process."""
    mains = {"generation.training": shell.main, "generation.evaluate": evaluate.main}
    AcceleratorState._reset_state(True)
    PartialState._reset_state()
    return subprocess.CompletedProcess(command, mains[command[2]](command[3:]))


@pytest.mark.slow
def test_the_experiment_from_end_to_end_and_again(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = goods.write(tmp_path / "goods.h5", 200)
    arguments = ["--model", str(tiny_folder), "--data", str(data), "--out", str(tmp_path / "out")]
    arguments += ["--steps", "2", "--prior-steps", "2", "--samples", "3", "--seeds", "2", "--draw-steps", "1"]
    arguments += ["--photo-samples", "2", "--skip", "1"]
    assert paper.main(arguments) == 0
    report = tmp_path / "out/report"
    text = (report / "README.md").read_text(encoding="utf-8")
    assert "1000 KID (MobileNetV2), ru" in text and "photo + text" in text and "within 5" in text
    assert "| lora | prior |" in text and "| full | decoder |" in text
    assert "python -m generation.training prior --base" in text
    for name in ("losses", "drawings", "lora", "full"):
        assert f"({name}.png)" in text
        with Image.open(report / f"{name}.png") as picture:
            assert picture.width > 500
    drawings = {p: p.stat().st_mtime_ns for p in (tmp_path / "out/cache/drawings").glob("*.png")}
    # base, LoRA and full once each: two seeds and languages of three prompts and two photos
    assert len(drawings) == 3 * 2 * 2 * (3 + 2)
    logs = {p: p.read_bytes() for p in (tmp_path / "out").rglob("log.jsonl")}
    monkeypatch.setattr(subprocess, "run", _here)  # six processes more would mostly import
    assert paper.main([*arguments, "--jobs", "1"]) == 0, "what is done is not done again"
    assert len(logs) == 4 and logs == {p: p.read_bytes() for p in logs}
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out/cache/drawings").glob("*.png")} == drawings


def test_a_command_that_fails_ends_its_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chains(_: argparse.Namespace) -> list[list[list[str]]]:
        return [
            [
                ["-c", f"open({str(tmp_path / name)!r}, 'w'); raise SystemExit({code})"]
                for name, code in (("a", 0), ("b", 3), ("c", 0))
            ]
        ]

    monkeypatch.setattr(paper, "chains", chains)
    assert paper.main(["--out", str(tmp_path)]) == 3
    assert (tmp_path / "b").exists() and not (tmp_path / "c").exists()
