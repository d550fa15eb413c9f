"""The command: a table from a real (tiny, random) model, and one line for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from generation import evaluate

SHARED = Path(__file__).parents[4] / "shared" / "data"


def test_a_table_a_sheet_and_every_verdict(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["--model", str(tiny_folder), "--samples", "3", "--steps", "1", "--photo-samples", "1"]
    photos = SHARED / "photos.parquet"
    if photos.exists():
        arguments += ["--photos", str(photos)]
    assert evaluate.main([*arguments, "--json", "found/all.json", "--sheet", "found/sheet.png"]) == 0
    out = capsys.readouterr().out
    assert "| garment type (11 groups) | 70% |" in out
    assert "The judges themselves" in out
    found = json.loads(Path("found/all.json").read_text(encoding="utf-8"))
    assert len(found["drawings"]) == (8 if photos.exists() else 6)
    assert {drawing["language"] for drawing in found["drawings"]} == {"ru", "en"}
    with Image.open("found/sheet.png") as sheet:
        assert sheet.width > 128


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--samples", "0"], "--samples must be at least 1"),
        (["--model", "no/such/folder/at/all", "--samples", "1", "--photo-samples", "0"], "no/such/folder"),
        (["--adapters", "no/such/adapters", "--photo-samples", "0"], "no/such/adapters"),
        (["--plot", "figures.png"], "--plot goes with --against"),
        (["--against-adapters", "runs/a"], "--against-adapters goes with --against"),
        (["--train-judge", "--data", "nowhere.parquet"], "nowhere.parquet"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error.splitlines()[-1]
    assert "Traceback" not in error
