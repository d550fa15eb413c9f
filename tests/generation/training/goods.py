"""Made-up goods for the readers: plain garments of named colours on white, in FashionGen's schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generation.vocabulary import COLOURS
from tools import fashiongen_file

SIDE = fashiongen_file.SIDE
HUES = ("red", "blue", "green", "navy", "burgundy", "yellow", "turquoise", "brown", "black", "orange")
THINGS = (("JEANS", "jeans"), ("DRESSES", "dress"), ("SWEATERS", "turtleneck"), ("SNEAKERS", "sneakers"))


def pixels(hue: str, number: int) -> np.ndarray:
    """A square of the colour on white, with grain."""
    rng = np.random.default_rng(number)
    picture = np.full((SIDE, SIDE, 3), 255, dtype=np.uint8)
    grain = rng.integers(-12, 12, (150, 120, 3))
    picture[50:200, 70:190] = (np.array(COLOURS[hue].rgb) + grain).clip(0, 255).astype(np.uint8)
    return picture


def lines(count: int, views: int = 2) -> Iterator[tuple[dict[str, object], np.ndarray]]:
    """`count` rows, `views` in a row of each product."""
    for row in range(count):
        product = row // views
        hue, (category, thing) = HUES[product % len(HUES)], THINGS[product % len(THINGS)]
        named = COLOURS[hue].en[0]
        yield (
            {
                "input_category": category,
                "input_description": f"Appliquéd wool {thing} in {named}. Crewneck collar. Tonal stitching.",
                "input_name": f"{named.title()} Café {thing.title()}",
                "input_productID": 1000 + product,
                "input_pose": f"id_gridfs_{row % views + 1}",
                "input_gender": "Women",
                "input_composition": "100% wool.",
            },
            pixels(hue, row),
        )


def write(path: Path, count: int = 60, **options: object) -> Path:
    """The goods as an HDF5 file."""
    fashiongen_file.write(path, lines(count), count, **options)  # type: ignore[arg-type]
    return path
