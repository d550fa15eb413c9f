"""Rehearsal: what the base can draw already, drawn by itself, to be learnt again beside the new pictures.

A shop has hundreds of shoes and few shirts, and a model that learns from it alone
forgets the shirt. So a share of the decoder's samples are drawings by the base, a
garment of each kind in many colours and prints, as in DreamBooth's prior preservation
(Ruiz et al. 2022, arXiv 2208.12242). Where the base brings a reader, drawings in which
it sees another garment or colour are left out, so that errors are not learnt again; and
the kinds that the data have few of are rehearsed most. The drawings lie in the cache in
the "imagefolder" convention; those that are there are not drawn again. This module
knows words and the base; it does not know losses.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from generation import translation
from generation.kandinsky import Kandinsky
from generation.orders import Order
from generation.style import phrase
from generation.training import catalogue as catalogues
from generation.training.bilingual import captions, prompts
from generation.training.catalogue import Catalogue
from generation.training.finetune import sheets, sifting
from generation.training.looks import random_look
from generation.training.rows import Row
from generation.training.sources import Folder
from generation.vocabulary import TYPES, Wish

EACH = 50
"""Drawings of each type of the vocabulary."""
AT_A_TIME = 16


def rows(each: int) -> list[Row]:
    """`each` of every type: "navy striped blazer"; no two alike where the vocabulary has so many."""
    found: list[Row] = []
    seen: set[str] = set()
    for type_ in TYPES:
        rng = random.Random(type_)
        for _ in range(each):
            for _ in range(10):
                look = random_look(type_, rng)
                name = phrase(Wish(look.type, look.colour, look.pattern))
                if name not in seen:
                    break
            seen.add(name)
            found.append(Row(len(found), f"drawing {len(found)}", name=name))
    return found


def asked(base: Kandinsky, wanted: Sequence[Row]) -> list[str]:
    """What the base is told: Russian and English in turn, if its prior reads both without a translator."""
    said = [prompts(row, own) for row, own in zip(wanted, captions(wanted), strict=True)]
    both = translation.reads_russian(base.prior_tokenizer)
    return [(ru, en)[i % 2] if both else en for i, (ru, en) in enumerate(said)]


def draw(base: Kandinsky, cache: Path, side: int, each: int) -> Catalogue:
    """The base's drawings of `rows`, with a bar.

    Raises what drawing raises.
    """
    wanted = rows(each)
    mark = hashlib.sha256(f"{base.title} {side} {sheets.STEPS} {sheets.GUIDANCE}".encode()).hexdigest()[:12]
    folder = cache / f"rehearsal-{mark}"
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{hashlib.sha256(row.name.encode()).hexdigest()[:12]}-{row.number}.png" for row in wanted]
    missing = [i for i, name in enumerate(names) if not (folder / name).is_file()]
    said = asked(base, wanted)
    with tqdm(total=len(wanted), initial=len(wanted) - len(missing), desc="rehearsal", unit="picture") as bar:
        for start in range(0, len(missing), AT_A_TIME):
            few = missing[start : start + AT_A_TIME]
            orders = [Order(said[i], (i,), side, side, sheets.STEPS, sheets.GUIDANCE) for i in few]
            for i, (picture,) in zip(few, sheets.draw(base, orders), strict=True):
                beside = folder / f"{names[i]}.unfinished"
                Image.fromarray(picture).save(beside, "PNG")
                os.replace(beside, folder / names[i])
            bar.update(len(few))
    lines = [
        json.dumps({"file_name": name, "name": row.name, "product": row.product})
        for name, row in zip(names, wanted, strict=True)
    ]
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = Folder(folder, side)
    return catalogues.convert(source, catalogues.place(cache, source))


def odds(
    rows: Sequence[Row],
    numbers: Sequence[int],
    others: Sequence[Row],
    chances: Mapping[int, float],
    share: float,
) -> NDArray[np.float64]:
    """How often each of `numbers` is rehearsed, so that of all samples all kinds come as often as can be.

    chances: of each of the rows `others` that are learnt; share: of the samples that are rehearsed.
    """
    kinds = [sifting.kind(rows[number]) for number in numbers]
    counts = {one: kinds.count(one) for one in dict.fromkeys(kinds)}
    learnt = dict.fromkeys(counts, 0.0)
    for number, chance in chances.items():
        kind = sifting.kind(others[number])
        if kind in learnt:
            learnt[kind] += (1 - share) * chance
    lacking = _filled_up(np.array(list(learnt.values())), share)
    weights = dict(zip(counts, lacking, strict=True))
    found = np.array([weights[kind] / counts[kind] for kind in kinds])
    return found / found.sum()


def _filled_up(levels: NDArray[np.float64], amount: float) -> NDArray[np.float64]:
    """How much each level gets of `amount`, the lowest first, until they are even."""
    low = np.sort(levels)
    for count in range(len(low), 0, -1):
        height = (amount + low[:count].sum()) / count
        if height >= low[count - 1]:
            break
    return np.clip(height - levels, 0, None)
