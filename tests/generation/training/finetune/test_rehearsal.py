"""Rehearsal: what the base draws for itself, and how often it is learnt again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from generation import kandinsky as models
from generation.evaluation.judges import GROUPS
from generation.training.bilingual import captions, prompts
from generation.training.finetune import rehearsal, sheets, sifting
from generation.training.rows import Row
from generation.vocabulary import TYPES, understand
from tests.generation.training.finetune.conftest import Tune


def test_every_garment_is_asked_for_in_both_languages() -> None:
    rows = rehearsal.rows(20)
    assert [understand(row.name).type for row in rows] == [type_ for type_ in TYPES for _ in range(20)]
    assert len({row.name for row in rows}) == len(rows)
    assert {sifting.kind(row) for row in rows} == set(GROUPS)
    for row, said in zip(rows, captions(rows), strict=True):
        ru, en = prompts(row, said)
        asked = understand(en)
        assert ru and asked.colour and asked.colour == understand(ru).colour
    assert rehearsal.rows(20) == rows


def test_a_prior_that_reads_english_only_is_asked_in_english(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = models.load(str(tiny_folder), "cpu", translator=models.NONE)
    rows = rehearsal.rows(1)
    for both in (True, False):
        monkeypatch.setattr("generation.translation.reads_russian", lambda tokenizer, both=both: both)
        said = [text.isascii() for text in rehearsal.asked(base, rows)]
        assert said == [bool(i % 2) or not both for i in range(len(rows))]


def named(*names: str) -> list[Row]:
    return [Row(number, f"product {number}", name=name) for number, name in enumerate(names)]


def test_what_the_data_have_few_of_is_rehearsed_most() -> None:
    shop = named(*["red shoes"] * 6, *["red shirt"] * 2)
    learnt = dict.fromkeys(range(8), 1 / 8)
    own = named("blue shoes", "blue shirt", "blue skirt", "red skirt")
    found = rehearsal.odds(own, range(4), shop, learnt, 0.4)
    # of all samples: shoes 0.6 * 6 / 8 = 0.45, shirts 0.15, skirts 0; 0.4 makes the last two even
    assert found == pytest.approx(np.array([0, 0.125, 0.1375, 0.1375]) / 0.4)
    assert rehearsal.odds(own, [1], shop, learnt, 0.4) == pytest.approx([1.0])
    enough = rehearsal.odds(own, range(4), shop, learnt, 0.9)  # all kinds even, a third each
    kinds = 0.1 * np.array([0.75, 0.25, 0]) + 0.9 * np.array([enough[0], enough[1], enough[2] + enough[3]])
    assert kinds == pytest.approx([1 / 3] * 3)


def test_what_is_drawn_is_not_drawn_again(tiny_folder: Path, tmp_path: Path) -> None:
    base = models.load(str(tiny_folder), "cpu", translator=models.NONE)
    first = rehearsal.draw(base, tmp_path, base.side, 1)
    assert len(first) == len(TYPES) and first.side == base.side
    (folder,) = tmp_path.glob("rehearsal-*")
    files = sorted(folder.glob("*.png"))
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in files}
    files[3].unlink()  # as if killed before it was drawn
    second = rehearsal.draw(base, tmp_path, base.side, 1)
    assert [row.name for row in second.rows] == [row.name for row in rehearsal.rows(1)]
    after = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in files}
    assert [file for file in files if after[file] != before[file]] == [files[3]]
    assert after[files[3]][1] == before[files[3]][1], "the same seed, the same picture"


def test_the_decoder_rehearses_and_its_card_says_so(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rehearsal, "EACH", 1)
    assert tune("decoder", tmp_path / "out", "--rehearse", "0.5", "--steps", "2") == 0
    (stage,) = json.loads((tmp_path / "out/adapter/facts.json").read_text(encoding="utf-8"))
    assert stage["settings"]["rehearse"] == 0.5 and stage["data"]["rehearsed"] == len(TYPES)
    card = (tmp_path / "out/adapter/README.md").read_text(encoding="utf-8")
    assert f"50% of the samples: {len(TYPES)} drawings by the base" in card
    assert tune("decoder", tmp_path / "other", "--rehearse", "1") == 2
    assert "--rehearse must be from 0 to below 1" in capsys.readouterr().err
    assert tune("prior", tmp_path / "prior", "--rehearse", "0.5", "--steps", "2") == 0
    (stage,) = json.loads((tmp_path / "prior/adapter/facts.json").read_text(encoding="utf-8"))
    assert stage["settings"]["rehearse"] == stage["data"]["rehearsed"] == 0, "the prior does not"


@pytest.mark.slow
def test_atelier_rehearses_what_it_drew_right(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "EACH", 1)
    monkeypatch.setattr(sheets, "STEPS", 8)
    given = ("--base", "atelier", "--no-sift", "--steps", "1", "--lora", "2")  # the goods are no garments
    assert tune("decoder", tmp_path / "out", *given) == 0
    (stage,) = json.loads((tmp_path / "out/adapter/facts.json").read_text(encoding="utf-8"))
    assert (stage["settings"]["rehearse"], stage["settings"]["balance"]) == (0.25, 0.5), "as it has a reader"
    assert 0 < stage["data"]["rehearsed"] < len(TYPES), "less what the reader sees as something else"
