"""Swaps: which other products' looks a row may be shown with while its decoder is fine-tuned.

A decoder that takes the garment from the text and the cloth from the image embedding
(`attributes.garment_by_text`) unlearns the first when every sample shows its own
embedding, which tells both. So most samples are shown a product of another kind, of the
same colour and pattern by its text. This module knows rows; it knows neither embeddings
nor how often they are swapped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from generation.training.bilingual import sighting
from generation.training.rows import Row
from generation.vocabulary import understand

Key = tuple[tuple[str, ...], tuple[str, ...]]


def alike(rows: Sequence[Row], numbers: Sequence[int]) -> dict[int, NDArray[np.int64]]:
    """For each of `numbers` the others of them of another kind, but of its colour and pattern.

    Rows whose text names no colour or no kind, and rows that have no such other, are left out.
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
    others: dict[tuple[Key, str], NDArray[np.int64]] = {}
    for key, kinds in groups.items():
        for kind in kinds:
            found = [number for other, them in kinds.items() if other != kind for number in them]
            others[key, kind] = np.array(found, dtype=np.int64)
    return {number: others[place] for number, place in places.items() if len(others[place])}
