"""Swaps: which other products' looks a row may be shown with while its decoder is fine-tuned.

A decoder that takes the garment from the text and the cloth from the image embedding
(`attributes.garment_by_text`) unlearns the first when every sample shows its own
embedding, which tells both. So most samples are shown a product of another kind, of the
same colour and pattern by its text and of nearly the same tone by its picture; and half
of these are told the kind and the pattern alone, as with a shopper's photo, so that the
colour has to be taken from the embedding. This module knows rows and pictures; it knows
neither embeddings nor how often they are swapped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from generation.evaluation import colour
from generation.training.bilingual import Captions, english_phrase, russian_phrase, sighting
from generation.training.rows import Row
from generation.vocabulary import TYPES, understand

NEAREST = 8
"""Of the products that may stand for one another, so many of the nearest tone."""
PIXELS = 64
"""Side of the pictures from which tones are taken."""
BATCH = 256

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Key = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Swaps:
    """By row: the rows whose looks may stand for its own, and captions without a colour."""

    alike: Mapping[int, Numbers]
    brief: Mapping[int, Captions]


def swaps(
    rows: Sequence[Row], numbers: Sequence[int], pictures: Callable[[list[int]], Pixels] | None = None
) -> Swaps:
    """Of the rows `numbers`; pictures: of rows, (n, side, side, 3), None to take any tone.

    Rows whose text names no colour or no kind, and rows that have no such other, have none.
    """
    groups: dict[Key, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    places: dict[int, tuple[Key, str]] = {}
    for number in numbers:
        seen = sighting(rows[number])
        if seen.thing is None or not seen.colours:
            continue
        name = seen.thing.en[0]
        key, kind = (seen.colours[:1], seen.patterns[:1]), understand(name).type or name
        groups[key][kind].append(number)
        places[number] = key, kind
    others = {
        (key, kind): np.array([n for other, them in kinds.items() if other != kind for n in them], np.int64)
        for key, kinds in groups.items()
        for kind in kinds
    }
    alike = {number: others[place] for number, place in places.items() if len(others[place])}
    if pictures is not None:
        alike = _nearest(alike, tones(pictures, list(places)))
    return Swaps(alike, {number: brief(rows[number]) for number in alike})


def tones(pictures: Callable[[list[int]], Pixels], numbers: Sequence[int]) -> dict[int, NDArray[np.float64]]:
    """The median of each garment's pixels in CIELAB, (3,)."""
    found = {}
    for start in range(0, len(numbers), BATCH):
        few = list(numbers[start : start + BATCH])
        many = pictures(few)
        step = max(1, many.shape[1] // PIXELS)
        for number, picture in zip(few, many[:, ::step, ::step], strict=True):
            found[number] = np.median(colour.lab(picture[colour.garment(picture)]), axis=0)
    return found


def _nearest(alike: Mapping[int, Numbers], tone: Mapping[int, NDArray[np.float64]]) -> dict[int, Numbers]:
    found = {}
    for number, others in alike.items():
        far = np.linalg.norm(np.stack([tone[int(n)] for n in others]) - tone[number], axis=1)
        found[number] = others[np.argsort(far, kind="stable")[:NEAREST]]
    return found


def brief(row: Row) -> Captions:
    """The kind and the pattern alone: by the row's own noun, and by the one that photos are answered with."""
    seen = replace(sighting(row), colours=(), qualities=())
    if seen.thing is None:
        return Captions((), ())
    usual = TYPES.get(understand(seen.thing.en[0]).type or "")
    ru, en = [russian_phrase(seen)], [english_phrase(seen)]
    if usual is not None and not any(name != "plain" for name in seen.patterns):
        ru.append(usual.ru[0].text)
        en.append(usual.en[0].text)
    return Captions(tuple(dict.fromkeys(t for t in ru if t)), tuple(dict.fromkeys(en)))
