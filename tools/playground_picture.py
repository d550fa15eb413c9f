"""Take docs/playground.png anew: the playground in chromium, with pictures of the embedded model.

    python -m tools.playground_picture

Two sentences are written to the bot; the picture is taken when the first is
drawn and the second is under way. It takes a minute or two and uses no data
of yours. Look at the picture before you commit it: every run draws others.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import expect

from tests.e2e.browser import Playground, browsing, looking, say

OUT = Path(__file__).resolve().parents[1] / "docs" / "playground.png"
FIRST, SECOND = "красное платье в горошек", "а теперь зелёное в полоску"
PATIENCE_MS = 600_000
UNDER_WAY = re.compile("▓▓")
COLOURS = 256


async def _shot(url: str, width: int, height: int, scheme: str) -> bytes:
    expect.set_options(timeout=PATIENCE_MS)
    async with (
        browsing() as browser,
        looking(browser, viewport={"width": width, "height": height}, color_scheme=scheme) as page,
    ):
        await page.goto(url)
        await expect(page.locator("#status")).to_have_text("в сети")
        await say(page, FIRST)
        await expect(page.locator("li.in", has_text="Что дальше?")).to_be_visible()
        await say(page, SECOND)
        under_way = page.get_by_text(UNDER_WAY)
        await expect(under_way.or_(page.locator("li.in [data-picture]").nth(3)).first).to_be_visible()
        await page.locator("li.in img").first.evaluate("image => image.decode()")
        await expect(page.locator(".toast")).to_have_count(0)
        return await page.screenshot(animations="disabled")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.playground_picture", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where to (default: docs/playground.png)")
    parser.add_argument("--width", type=int, default=900, help="of the window, in pixels (default: 900)")
    parser.add_argument("--height", type=int, default=940, help="of the window, in pixels (default: 940)")
    parser.add_argument("--dark", action="store_true", help="in dark colours")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Playground(Path(folder), module="bot") as playground:
        scheme = "dark" if options.dark else "light"
        shot = asyncio.run(_shot(playground.url, options.width, options.height, scheme))
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS)
    picture.save(options.out, optimize=True)
    print(f"{options.out}: {options.out.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
