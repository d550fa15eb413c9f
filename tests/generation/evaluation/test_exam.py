"""The exam passes a studio that sews what is asked for, and fails one that does not listen."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.evaluation import exam, judges, questions, report
from generation.request import OnProgress, Picture, Request
from generation.training import garments as wardrobe
from generation.vocabulary import Look, understand

GARMENTS = Path(__file__).parents[4] / "shared" / "data" / "garments.parquet"


class Tailor:
    """A studio that re-dyes real garments: what a perfect model would draw. Deaf, it sews at random."""

    def __init__(self, wardrobe_: dict[str, list[wardrobe.Garment]], deaf: bool = False) -> None:
        self.wardrobe, self.deaf = wardrobe_, deaf

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def draw(self, request: Request, on_progress: OnProgress | None = None) -> list[Picture]:
        seed = request.seed or 0
        rng = np.random.default_rng(seed)
        if self.deaf:
            look = questions.looks(seed % 97 + 1, seed + 12345)[-1]
        else:
            wish = understand(request.prompt)
            pattern = wish.pattern or "plain"
            look = Look(wish.type or "dress", wish.colour or "red", pattern, wish.second_colour)
        pool = self.wardrobe[look.type]
        pixels = wardrobe.draw(pool[int(rng.integers(len(pool)))], look, rng, split=1)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return [Picture(file.getvalue(), seed, 128, 0.1, "tailor", request.prompt)]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[wardrobe.Garment]]:
    """A few garments of each type, from all over the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(GARMENTS)
    labels = np.array(table["label"].to_pylist())
    rows = [
        int(i) for label in wardrobe.LABELS for i in np.array_split((labels == label).nonzero()[0], 8)[3][:6]
    ]
    part = tmp_path_factory.mktemp("pool") / "part.parquet"
    pq.write_table(table.take(pa.array(rows)), part)
    found: dict[str, list[wardrobe.Garment]] = {}
    for garment in wardrobe.load(part):
        found.setdefault(garment.type, []).append(garment)
    return found


@pytest.mark.skipif(not GARMENTS.exists(), reason=f"{GARMENTS} is not here")
async def test_a_tailor_passes_and_a_deaf_one_fails(pool: dict[str, list[wardrobe.Garment]]) -> None:
    judge = judges.load()
    asked = questions.from_text(40, seed=5)
    for deaf in (False, True):
        pictures = await exam.draw(Tailor(pool, deaf), asked)
        rows = report.rates(exam.mark(judge, asked, pictures), report.TEXT)
        for row in rows:
            if row["floor"] is not None:
                for language in questions.LANGUAGES:
                    assert (row[language]["rate"] > row["floor"]) is not deaf, row["measure"]
