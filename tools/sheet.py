"""python -m tools.sheet: the sheet of README, each sentence a column of pictures by the embedded model.

    python -m tools.sheet -o docs/atelier.png

It knows the sentences and the Studio; it judges nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import io
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from generation.request import Request
from generation.worker import open_studio

SENTENCES = (
    "прямые леопардовые джинсы",
    "красное платье в белый горошек",
    "синяя юбка в клетку",
    "yellow striped t-shirt",
    "brown boots",
    "navy shorts",
    "зелёный свитер",
    "полосатое платье",
    "pink skirt",
    "black trousers",
)


async def draw(model: str, count: int, seed: int) -> Image.Image:
    """`count` pictures of each sentence, a column each."""
    studio = open_studio(model)
    await studio.start()
    try:
        columns = []
        for sentence in tqdm(SENTENCES, unit="sentence"):
            pictures = await studio.draw(Request(sentence, count=count, seed=seed))
            columns.append([Image.open(io.BytesIO(one.png)).convert("RGB") for one in pictures])
    finally:
        await studio.close()
    width, height = columns[0][0].size
    board = Image.new("RGB", (width * len(columns), height * count), "white")
    for x, column in enumerate(columns):
        for y, picture in enumerate(column):
            board.paste(picture, (x * width, y * height))
    return board


def main() -> None:
    """Draw and save."""
    shell = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shell.add_argument("--model", default="atelier")
    shell.add_argument("--count", type=int, default=4)
    shell.add_argument("--seed", type=int, default=20)
    shell.add_argument("-o", "--out", type=Path, default=Path("docs/atelier.png"))
    options = shell.parse_args()
    asyncio.run(draw(options.model, options.count, options.seed)).save(options.out, optimize=True)
    print(options.out)


if __name__ == "__main__":
    main()
