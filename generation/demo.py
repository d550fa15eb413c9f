"""The main job in one go: `make demo` draws from a sentence, then from a photo and a sentence, into out/.

The photo is a picture that the project drew itself. This module is a client of
the Studio like any other: it knows requests and files, not models.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from tqdm import tqdm

from generation.request import BadRequest, Picture, Progress, Request
from generation.studio import Studio
from generation.worker import open_studio

WISH = "Прямые леопардовые джинсы"
PHOTO = "Леопардовое платье"
STYLED = "Пиджак того же стиля"
COUNT = 4
SEED = 7


async def _draw(studio: Studio, title: str, request: Request) -> list[Picture]:
    with tqdm(desc=f"{title:<28}", total=1, unit="step", leave=True) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.steps
            bar.update(progress.step - bar.n)

        return await studio.draw(request, show)


def _save(pictures: list[Picture], folder: Path, name: str) -> list[Path]:
    paths = []
    for number, picture in enumerate(pictures, 1):
        path = folder / (f"{name}-{number}.png" if len(pictures) > 1 else f"{name}.png")
        path.write_bytes(picture.png)
        paths.append(path)
    return paths


async def demo(folder: Path, model: str = "atelier") -> list[Path]:
    """Draw the two examples into `folder`; raises BadRequest where the model cannot be loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    studio = open_studio(model)
    await studio.start()
    try:
        jeans = await _draw(studio, WISH, Request(WISH, count=COUNT, seed=SEED))
        paths = _save(jeans, folder, "jeans")
        photo = await _draw(studio, f"{PHOTO} (the photo)", Request(PHOTO, seed=SEED))
        paths += _save(photo, folder, "photo")
        request = Request(STYLED, photos=(photo[0].png,), count=COUNT, seed=SEED)
        paths += _save(await _draw(studio, STYLED, request), folder, "blazer")
        return paths
    finally:
        await studio.close()


def main(arguments: list[str] | None = None) -> int:
    """Run the demo from the shell; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m generation.demo", description="Draw the two examples.")
    parser.add_argument("-o", "--output", type=Path, default=Path("out"), help="folder (default: out)")
    parser.add_argument("--model", default="atelier", help="as for python -m generation (default: atelier)")
    options = parser.parse_args(arguments)
    folder: Path = options.output
    start = time.perf_counter()
    try:
        paths = asyncio.run(demo(folder, options.model))
    except (BadRequest, OSError) as error:
        print(f"The demo cannot draw: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(f"\n{len(paths)} pictures in {time.perf_counter() - start:.0f} s, in {folder.resolve()}:")
    print(f"  jeans-*.png    «{WISH}»")
    print(f"  photo.png      «{PHOTO}», drawn to be the photo of the next example")
    print(f"  blazer-*.png   that photo with «{STYLED}»")
    print("\nWhat next:")
    print('  .venv/bin/python -m generation "red dress with white polka dots" --count 4 -o out')
    print("  .venv/bin/python -m bot     (with BOT_TOKEN in .env: README.md, “Connect a Telegram bot”)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
