"""The judges are in the checkout, score what they say, and can be taught."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generation import mobilenet
from generation.evaluation import colour, judges, schooling
from generation.training import garments as wardrobe
from generation.vocabulary import Look

GARMENTS = Path(__file__).parents[4] / "shared" / "data" / "garments.parquet"
needs_garments = pytest.mark.skipif(not GARMENTS.exists(), reason=f"{GARMENTS} is not here")


def test_the_record_says_that_the_type_judge_may_judge() -> None:
    record = judges.record()
    assert record["types"]["accuracy"] >= 0.80
    assert record["types"]["garments"] > 500
    assert record["groups"] == {group: list(types) for group, types in judges.GROUPS.items()}
    assert (judges.FOLDER / "judge.safetensors").stat().st_size < 5_000_000


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> list[wardrobe.Garment]:
    """About 60 garments of people whom the judges have not seen, from all over the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(GARMENTS)
    held = schooling.hold_out(table["sender_id"].to_pylist(), table["label"].to_pylist())
    assert 0.15 < held.mean() < 0.27
    part = tmp_path_factory.mktemp("held") / "part.parquet"
    rows = held.nonzero()[0]
    pq.write_table(table.take(pa.array(rows[:: len(rows) // 60])), part)
    return wardrobe.load(part)


@needs_garments
def test_types_of_real_photos_and_patterns_of_re_dyed_ones(held_out: list[wardrobe.Garment]) -> None:
    judge = judges.load()
    rng = np.random.default_rng(0)
    photos = [wardrobe.draw(one, None, rng) for one in held_out]
    verdicts = judge.judge(photos, [colour.garment(p) for p in photos])
    right = [v.type == judges.GROUP_OF[one.type] for v, one in zip(verdicts, held_out, strict=True)]
    assert np.mean(right) > 0.75
    patterns = ["leopard", "striped", "checked", "plain"] * len(held_out)
    dyed = [
        wardrobe.draw(one, Look(one.type, "beige", pattern, "navy"), rng, split=1)
        for one, pattern in zip(held_out, patterns, strict=False)
    ]
    given = [verdict.pattern for verdict in judge.judge(dyed, [colour.garment(p) for p in dyed])]
    assert np.mean([a == b for a, b in zip(given, patterns, strict=False)]) > 0.8


def test_whole_people_are_held_out_and_the_largest_never() -> None:
    senders = [1] * 300 + [n for n in range(2, 102) for _ in range(4)]
    labels = ["Dress", "Hat"] * 350
    held = schooling.hold_out(senders, labels)
    assert not held[:300].any()
    assert 0.1 < held.mean() < 0.3
    assert all(held[i] == held[i - i % 4] for i in range(300, 700))


def test_lessons_teach(tmp_path: Path) -> None:
    with torch.inference_mode(False):
        torch.manual_seed(0)
        judge = judges.Judge(mobilenet.load())
        answers = torch.arange(128) % 2
        cloth = torch.randn(128, 432) + 2 * answers[:, None]
        maps = torch.randn(128, 96, 10, 10).half() + 2 * answers[:, None, None, None]
        taught = schooling.Lesson(maps, cloth, answers, answers)
        schooling.teach_patterns(judge, taught, epochs=8)
        schooling.teach_types(judge, taught, epochs=3)
    assert schooling.pattern_marks(judge, taught)["accuracy"] > 0.9
    assert schooling.type_marks(judge, taught)[0]["accuracy"] > 0.9
    judge.save(tmp_path, {"fine": True})
    again = judges.load(tmp_path)
    assert schooling.type_marks(again, taught)[0]["accuracy"] > 0.9
    assert judges.record(tmp_path) == {"fine": True}


def test_without_weights_the_command_that_writes_them_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--train-judge"):
        judges.load(tmp_path)


def test_softened_pictures_keep_shape_and_subject() -> None:
    rng = np.random.default_rng(0)
    pixels = np.full((128, 128, 3), 255, np.uint8)
    pixels[30:100, 30:100] = (200, 30, 40)
    for _ in range(8):
        soft = schooling.soften(pixels, rng)
        assert soft.shape == pixels.shape and soft.dtype == np.uint8
        assert np.abs(soft[64, 64].astype(int) - pixels[64, 64]).max() < 20
