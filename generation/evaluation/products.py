"""Products: what two models are compared on: held-out photos and their captions in both languages.

One view a product, chosen by the product's hash, so that the same data give the
same questions. This module knows catalogues and words; it does not know models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generation.evaluation import judges
from generation.evaluation.colour import Pixels
from generation.training import catalogue as catalogues
from generation.training.bilingual import LANGUAGES, Language, Translate, captions, garment, prompts, sighting
from generation.training.catalogue import Catalogue
from generation.training.fashiongen import FashionGen
from generation.training.rows import Row
from generation.training.sources import open_source
from generation.vocabulary import understand

__all__ = ["LANGUAGES", "Language", "Pair", "Product", "chosen", "open_catalogue", "pairs"]


@dataclass(frozen=True, slots=True)
class Product:
    """A held-out product: its photo (side, side, 3), a caption in each language, what can be judged.

    group: the type's, of `judges.GROUPS`; None for what the judges do not know (bags, watches).
    colours: right names; empty where the text names none. seed: of its drawings.
    """

    row: Row
    photo: Pixels
    ru: str
    en: str
    group: str | None
    colours: frozenset[str]
    seed: int

    def caption(self, language: Language) -> str:
        """In one language."""
        return self.ru if language == "ru" else self.en


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo of one product, and another whose kind is asked for in that style."""

    shown: Product
    wanted: Product

    def prompt(self, language: Language) -> str:
        """What is written beside the photo."""
        thing = sighting(self.wanted.row).thing
        if thing is None:
            raise ValueError(f"{self.wanted.en}: no garment is named")
        if language == "en":
            return f"{thing.en[0]} of the same style"
        return f"{thing.ru[0].text} в том же стиле"


def pairs(held: Sequence[Product], count: int) -> list[Pair]:
    """At most `count`, of products whose kind the judges know; all kinds are asked for alike often.

    Of a shop's products half may be shoes: they are shown as often as they come, and asked for as seldom as
    any other kind.
    """
    usable = [p for p in held if p.group is not None]
    kinds = {p.group: 0 for p in usable}
    asked = {id(p): 0 for p in usable}
    found = []
    for i, shown in enumerate(usable[:count]):
        others = [p for p in usable[i + 1 :] + usable[:i] if p.group != shown.group]
        if others:
            wanted = min(others, key=lambda p: (kinds[p.group], asked[id(p)]))
            kinds[wanted.group] += 1
            asked[id(wanted)] += 1
            found.append(Pair(shown, wanted))
    return found


def open_catalogue(data: Path, cache: Path, side: int = 256) -> Catalogue:
    """The data's pictures, unpacked once. Raises Unreadable with one sentence."""
    source = open_source(data, side)
    place = catalogues.place(cache, source)
    with catalogues.alone(cache):
        if isinstance(source, FashionGen):
            with source:
                return catalogues.convert(source, place)
        return catalogues.convert(source, place)


def chosen(
    catalogue: Catalogue,
    count: int,
    seed: int,
    everything: bool = False,
    translate: Translate | None = None,
    skip: int = 0,
) -> list[Product]:
    """`count` products that were held out (or of all, if `everything`), with captions in both languages.

    skip: so many of the seed's first are left out, so that what was chosen on them is judged by others.
    Raises ValueError where there are fewer than two.
    """
    first: dict[str, int] = {}
    for number, row in enumerate(catalogue.rows):
        if everything or row.held_out:
            first.setdefault(row.product, number)
    numbers = sorted(first.values(), key=lambda n: _order(catalogue.rows[n].product, seed))
    rows = [catalogue.rows[n] for n in numbers]
    said = [prompts(row, own) for row, own in zip(rows, captions(rows, translate), strict=True)]
    both = [(n, words) for n, words in zip(numbers, said, strict=True) if all(words)]
    both = both[skip : skip + count]
    if len(both) < 2:
        raise ValueError(
            f"the data have {len(both)} held-out products with captions in both languages"
            + (f" after the first {skip}" if skip else "")
            + ": two are needed; "
            "--split all takes every product of a file that was not trained on"
        )
    photos = catalogue.pictures([n for n, _ in both])
    return [
        _product(catalogue.rows[n], photo, *words, seed * 100_000 + i)
        for i, ((n, words), photo) in enumerate(zip(both, photos, strict=True))
    ]


def _product(row: Row, photo: Pixels, ru: str, en: str, seed: int) -> Product:
    seen = sighting(row)
    wish = understand(en)
    colours = frozenset({wish.colour}) if wish.colour else frozenset(seen.colours[:1])
    return Product(row, photo, ru, en, judges.GROUP_OF.get(garment(row) or ""), colours, seed)


def _order(product: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {product}".encode()).digest()


def photos_at(products: Sequence[Product], side: int) -> np.ndarray:
    """The photos (N, side, side, 3), reduced as the drawings are large, so that sharpness is no clue."""
    from PIL import Image

    return np.stack(
        [
            p.photo
            if p.photo.shape[0] == side
            else np.asarray(Image.fromarray(p.photo).resize((side, side), Image.Resampling.LANCZOS))
            for p in products
        ]
    )
