"""Write shop photos into an HDF5 file with FashionGen's schema: 16 columns, byte strings, packed chunks.

    python tools/fashiongen_file.py --products products.parquet --out products.h5

FashionGen itself may not be passed on; this makes a file of the same form from
other photos, oddities included: texts of rows in UTF-8 and in Windows-1252,
several views of a product in a row, BGR on request. It knows the schema; it
does not know what reads it.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

SIDE = 256
WIDTHS = {
    "input_brand": 50,
    "input_category": 50,
    "input_composition": 200,
    "input_concat_description": 600,
    "input_department": 20,
    "input_description": 400,
    "input_gender": 20,
    "input_name": 100,
    "input_pose": 20,
    "input_season": 20,
    "input_subcategory": 50,
}
"""Bytes a text column; only the description's 400 are known of the published files."""
NUMBERS = {"index": "<i8", "index_2": "<i8", "input_msrpUSD": "<f4", "input_productID": "<i8"}
BATCH = 128

Line = dict[str, Any]
Pixels = NDArray[np.uint8]


def write(
    path: Path,
    lines: Iterable[tuple[Line, Pixels]],
    count: int,
    *,
    bgr: bool = False,
    mixed_codes: bool = True,
    chunks: tuple[int, int, int, int] | bool = True,
    compression: str | None = "gzip",
) -> None:
    """Write `count` lines, a batch at a time: texts by column name, and a picture (SIDE, SIDE, 3).

    mixed_codes: every other row's texts are in Windows-1252. chunks: of the pictures; True: h5py's own.
    """
    with h5py.File(path, "w") as file:
        images = file.create_dataset(
            "input_image", (count, SIDE, SIDE, 3), "u1", chunks=chunks, compression=compression
        )
        texts = {name: file.create_dataset(name, (count, 1), f"S{width}") for name, width in WIDTHS.items()}
        numbers = {name: file.create_dataset(name, (count, 1), kind) for name, kind in NUMBERS.items()}
        step = max(BATCH, images.chunks[0]) if images.chunks else BATCH  # a packed chunk is written once
        start = 0
        for batch in _batched(lines, step):
            stop = start + len(batch)
            pictures = np.stack([pixels for _, pixels in batch])
            images[start:stop] = pictures[..., ::-1] if bgr else pictures
            for name, width in WIDTHS.items():
                column = [
                    _encoded(str(line.get(name, "")), width, mixed_codes and (start + i) % 2 == 1)
                    for i, (line, _) in enumerate(batch)
                ]
                texts[name][start:stop, 0] = np.array(column, dtype=f"S{width}")
            for name, column in numbers.items():
                own = name in ("index", "index_2")
                column[start:stop, 0] = [
                    start + i if own else line.get(name, 0) for i, (line, _) in enumerate(batch)
                ]
            start = stop
        if start != count:
            raise ValueError(f"{start} lines instead of {count}")


def _encoded(text: str, width: int, western: bool) -> bytes:
    return (
        text.encode("cp1252", "ignore" if western else "strict")[:width] if western else text.encode()[:width]
    )


def _batched(lines: Iterable[tuple[Line, Pixels]], size: int) -> Iterator[list[tuple[Line, Pixels]]]:
    batch: list[tuple[Line, Pixels]] = []
    for line in lines:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def described(row: dict[str, Any]) -> Line:
    """A row of products.parquet in FashionGen's columns."""
    thing = row["article_type"].lower()
    colour = row["colour"].lower()
    who = {"Men": "men", "Women": "women", "Boys": "boys", "Girls": "girls"}.get(row["gender"], "everyone")
    usage = row["usage"] if row["usage"] not in ("", "NA") else "Casual"
    head = f"{thing[0].upper()}{thing[1:]} in {colour}." if colour not in ("", "na") else f"{thing}."
    text = f"{head} {usage} wear for {who}. {row['season']} {row['year']}.".strip()
    return {
        "input_brand": row["title"].split()[0],
        "input_category": row["subcategory"].upper(),
        "input_subcategory": row["article_type"].upper(),
        "input_department": row["category"].upper(),
        "input_description": text,
        "input_concat_description": f"{row['title']}. {text}",
        "input_gender": row["gender"],
        "input_name": row["title"],
        "input_productID": int(row["id"]),
        "input_season": f"{row['season']}{row['year']}",
    }


def products(path: Path, limit: int | None, views: int, kinds: frozenset[str]) -> tuple[int, Iterator[Any]]:
    """How many lines there are, and the lines: each product in `views` views (as it is, mirrored, nearer)."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    wanted = [i for i, kind in enumerate(table["category"].to_pylist()) if not kinds or kind in kinds]
    if limit is not None and limit < len(wanted):
        wanted = sorted(np.random.default_rng(0).permutation(wanted)[:limit].tolist())

    def lines() -> Iterator[tuple[Line, Pixels]]:
        for i in tqdm(wanted, desc="products", unit="row", mininterval=1):
            row = {name: table[name][i].as_py() for name in table.column_names}
            with Image.open(io.BytesIO(row.pop("image")["bytes"])) as photo:
                whole = _squared(photo.convert("RGB"))
            for view in range(views):
                line = described(row) | {"input_pose": f"id_gridfs_{view + 1}"}
                yield line, np.asarray(_view(whole, view))

    return views * len(wanted), lines()


def _squared(photo: Image.Image) -> Image.Image:
    fitted = ImageOps.contain(photo, (SIDE, SIDE), Image.Resampling.LANCZOS)
    board = Image.new("RGB", (SIDE, SIDE), "white")
    board.paste(fitted, ((SIDE - fitted.width) // 2, (SIDE - fitted.height) // 2))
    return board


def _view(whole: Image.Image, view: int) -> Image.Image:
    if view == 0:
        return whole
    if view == 1:
        return ImageOps.mirror(whole)
    edge = SIDE // 16 * (view - 1)
    return whole.resize((SIDE, SIDE), Image.Resampling.LANCZOS, (edge, edge, SIDE - edge, SIDE - edge))


def main() -> int:
    """Convert from the shell; the exit code."""
    shell = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    shell.add_argument("--products", type=Path, default=Path("../shared/data/products.parquet"))
    shell.add_argument("--out", type=Path, required=True)
    shell.add_argument("--limit", type=int, help="so many products, drawn at random")
    shell.add_argument("--category", action="append", default=[], help="only these: Apparel, Footwear, ...")
    shell.add_argument("--views", type=int, default=1, help="views of each product (1)")
    shell.add_argument("--bgr", action="store_true", help="store the channels the other way round")
    options = shell.parse_args()
    if options.out.is_file():
        print(f"{options.out} is there already")
        return 0
    if not options.products.is_file():
        print(f"{options.products}: there is no such file", file=sys.stderr)
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    count, lines = products(options.products, options.limit, options.views, frozenset(options.category))
    beside = options.out.with_suffix(".unfinished")
    write(beside, lines, count, bgr=options.bgr)
    beside.replace(options.out)
    print(f"{options.out}: {count} rows, {options.out.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
