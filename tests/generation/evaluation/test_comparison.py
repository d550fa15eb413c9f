"""Two models compared: distances that know better from worse, intervals, and the command from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from generation import evaluate, tiny
from generation.evaluation import comparison, judges, plots, products, resampling
from generation.evaluation.frechet import frechet
from generation.evaluation.kid import squared_mmd
from generation.evaluation.resampling import Kernel
from generation.evaluation.similarity import Similarity
from generation.hub import quietly
from tests.generation.training import goods


def test_frechet_is_the_formulas() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(0, 1, (400, 3)), rng.normal(1, 2, (300, 3))
    covariances = [np.cov(side.T) for side in (one, other)]
    roots = np.linalg.eigvals(covariances[0] @ covariances[1]).real
    expected = ((one.mean(0) - other.mean(0)) ** 2).sum() + sum(np.trace(c) for c in covariances)
    expected -= 2 * np.sqrt(roots).sum()
    found = frechet(torch.from_numpy(one), torch.from_numpy(other))
    assert found == pytest.approx(expected, rel=1e-9)
    wide = torch.from_numpy(rng.normal(0, 1, (5, 40)))
    assert frechet(wide, wide) == pytest.approx(0, abs=1e-9)


def test_the_kernel_on_everything_once_is_kid_and_its_interval_covers_it() -> None:
    rng = np.random.default_rng(1)
    one = torch.from_numpy(rng.normal(0, 1, (60, 8)))
    other = torch.from_numpy(rng.normal(0.4, 1, (60, 8)))
    kernel = Kernel(one, other)
    value = float(kernel(np.ones((1, 60)))[0])
    assert value == pytest.approx(squared_mmd(one, other), rel=1e-9)
    again = kernel(resampling.counts(60, 400))
    low, high = resampling.interval(again)
    assert low < value < high
    assert abs(float(again.mean()) - value) < 0.5 * float(again.std()), "duplicates do not bias it"


def _products(count: int = 24) -> list[products.Product]:
    from generation.training.rows import read

    found = []
    for i, (line, pixels) in enumerate(goods.lines(count, views=1)):
        row = read(i, line)
        found.append(products._product(row, pixels, "красное платье", row.description, i))
    return found


def test_the_photos_themselves_beat_noise_in_every_measure() -> None:
    held = _products()
    assert held[0].colours == {"red"} and held[0].group == "pants"
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (128, 128, 3), dtype=np.uint8) for _ in held]
    mirrored = [np.ascontiguousarray(p.photo[::2, ::-2]) for p in held]
    weights = resampling.counts(len(held), 50)
    judge = judges.load()
    good, bad = (
        comparison.measure(held, "en", [pictures], judge, None, weights) for pictures in (mirrored, noise)
    )
    assert good.values[comparison.KID][0] < 0.1 * bad.values[comparison.KID][0]
    assert good.values[comparison.FID][0] < 0.5 * bad.values[comparison.FID][0]
    assert good.values[comparison.COLOUR][0] > 90 > bad.values[comparison.COLOUR][0]
    row = comparison.table({"en": good, "ru": good}, {"en": bad, "ru": bad})[0]
    assert row["difference"]["unit"] == "%" and row["difference"]["high"] < -50


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny CLIP that nobody conditions on."""
    folder = tmp_path_factory.mktemp("clip")
    words = tiny.tokenizer()
    text = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
    )
    vision = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    torch.manual_seed(0)
    with quietly():
        config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=16)
        CLIPModel(config).save_pretrained(folder)
        words.save_pretrained(folder)
        CLIPImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ).save_pretrained(folder)
    return folder


def test_a_clip_that_the_model_draws_from_is_refused(clip: Path, tmp_path: Path) -> None:
    pictures = [goods.pixels("red", 1), goods.pixels("blue", 2)]
    scores = Similarity(str(clip)).scores(pictures, ["red dress", "blue dress"])
    assert scores.shape == (2,) and (abs(scores) <= 100).all()
    config = json.loads((clip / "config.json").read_text())
    config["vision_config"] |= {"hidden_size": 1024, "patch_size": 14, "num_attention_heads": 16}
    for file in clip.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"ViT-L/14, which Kandinsky|cannot be loaded"):
        Similarity(str(tmp_path))


def test_the_command_writes_table_plot_and_sheet_and_draws_nothing_twice(
    tiny_folder: Path, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = goods.write(tmp_path / "goods.h5", 40)
    out = {kind: tmp_path / "found" / f"all.{kind}" for kind in ("json", "plot.png", "sheet.png")}
    arguments = ["--model", str(tiny_folder), "--against", str(tiny_folder), "--data", str(data)]
    arguments += ["--split", "all", "--samples", "4", "--seeds", "2", "--steps", "1", "--photo-samples", "2"]
    arguments += ["--clip", str(clip), "--cache", str(tmp_path / "cache")]
    arguments += [
        "--json",
        str(out["json"]),
        "--plot",
        str(out["plot.png"]),
        "--sheet",
        str(out["sheet.png"]),
    ]
    assert evaluate.main(arguments) == 0
    text = capsys.readouterr().out
    assert "1000 KID (MobileNetV2)" in text and "they are not Inception's" in text and "CLIP score" in text
    found = json.loads(out["json"].read_text(encoding="utf-8"))
    kid = [row for row in found["rows"] if row["measure"] == comparison.KID]
    assert [row["language"] for row in kid] == ["ru", "en", "ru − en"]
    assert kid[0]["difference"]["value"] == 0, "a model against itself"
    assert len(kid[0]["ours"]["seeds"]) == 2 and kid[0]["ours"]["spread"] is not None
    drawings = list((tmp_path / "cache/drawings").glob("*.png"))
    assert len(drawings) == 2 * 2 * (4 + 2), "in each language and with each seed"
    styled = [row for row in found["rows"] if row["measure"] == comparison.STYLED_TYPE]
    assert [row["language"] for row in styled] == ["ru", "en", "ru − en"]
    assert all(len(row["ours"]["seeds"]) == 2 for row in styled[:2])
    assert "photos themselves the judges call right" in text
    listed = found["drawings"]
    assert {line["photo"] for line in listed} == {False, True} and len(listed) == 2 * 4 + 2 * 2
    assert all(Path(line[side]).is_file() for line in listed for side in ("ours", "theirs"))
    with Image.open(out["plot.png"]) as plot, Image.open(out["sheet.png"]) as sheet:
        assert plot.width == plots.WIDE and sheet.width > 600


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "nowhere.h5"], "there is no such file"),
        (["--data", "nowhere.h5", "--seeds", "0"], "--seeds must be at least 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], words: str, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main(["--model", str(tiny_folder), "--against", str(tiny_folder), *arguments]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
