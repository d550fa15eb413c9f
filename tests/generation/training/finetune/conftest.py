"""A tiny model, goods in an HDF5 file, and a command line that fine-tunes one on the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
import torch
from accelerate.state import AcceleratorState, PartialState

from generation.training.finetune import shell
from tests.generation.training import goods


class Tune(Protocol):
    def __call__(self, stage: str, out: Path, *more: str) -> int: ...


@pytest.fixture(autouse=True)
def _with_gradients() -> Iterator[None]:
    with torch.inference_mode(False):
        yield
    AcceleratorState._reset_state(True)
    PartialState._reset_state()


@pytest.fixture(scope="session")
def goods_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return goods.write(tmp_path_factory.mktemp("goods") / "goods.h5", 90)  # one product of them is held out


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def tune(tiny_folder: Path, goods_file: Path, cache: Path) -> Tune:
    def run(stage: str, out: Path, *more: str) -> int:
        base = () if "--base" in more else ("--base", str(tiny_folder))
        data = () if "--data" in more else ("--data", str(goods_file))
        steps = () if "--steps" in more else ("--steps", "6")
        sheets = () if "--sheet-every" in more else ("--sheet-every", "0")
        AcceleratorState._reset_state(True)  # every run is a process of its own otherwise
        PartialState._reset_state()
        given = [stage, *base, *data, *steps, *sheets, "--out", str(out), "--cache", str(cache)]
        return shell.main(
            [*given, "--batch", "2", "--device", "cpu", "--warmup", "2", "--save-every", "2", *more]
        )

    return run
