"""Bilingual: what a product's row says, as captions in English and in Russian.

English is the catalogue's own: the description's first sentence, its first two,
the name, and phrases from the glossary. Russian is the data's own where they have
it, else a translator's, and in any case the same phrases in Russian, whose
adjectives agree. So both languages are trained on the same pictures, and judged by
prompts that say the same. This module knows rows and words; it does not know
pictures or models.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tqdm import tqdm

from generation import glossary
from generation.glossary import Sighting
from generation.training.captions import adjective
from generation.training.rows import Row
from generation.vocabulary import COLOURS, PATTERNS, understand

Language = Literal["ru", "en"]
LANGUAGES: tuple[Language, ...] = ("ru", "en")
LONGEST = 240
"""Characters: about 60 of the prior's 77 tokens."""
BATCH = 32

Translate = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Captions:
    """All captions of a row, in each language; either may be empty."""

    ru: tuple[str, ...]
    en: tuple[str, ...]

    def of(self, language: Language) -> tuple[str, ...]:
        """In one language, or in the other where the row has none in this."""
        mine, other = (self.ru, self.en) if language == "ru" else (self.en, self.ru)
        return mine or other


_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZА-ЯЁ0-9\"'«(])")


def sentences(text: str) -> list[str]:
    """The sentences of a description; a last one that was cut off is left out where others are there."""
    found = [s.strip() for s in _SENTENCE.split(text) if s.strip()]
    if len(found) > 1 and not found[-1].endswith((".", "!", "?", ")")):
        found.pop()
    return found


def english(row: Row) -> tuple[str, ...]:
    """The English captions of a row."""
    found = sentences(row.description)
    texts = [
        found[0] if found else "",
        " ".join(found[:2]),
        row.name,
        english_phrase(sighting(row)),
        bare(row),
    ]
    return _different(texts)


def bare(row: Row) -> str:
    """The type with its colours and patterns, in the plainest English: "black suede jacket"."""
    seen = sighting(row)
    if seen.thing is None:
        return " ".join(w for w in (row.colour.lower(), (row.subcategory or row.category).lower()) if w)
    return english_phrase(seen, 0)


def _traits(seen: Sighting) -> list[str]:
    """The qualities that the thing's name does not say: casual shoes are casual once."""
    named = seen.thing.en[0].split() if seen.thing is not None else []
    return [quality for quality in seen.qualities if glossary.IN_ENGLISH[quality] not in named]


_WHOSE = {"men": "men's", "women": "women's", "boys": "boys'", "girls": "girls'"}


def english_phrase(seen: Sighting, qualities: int = 2) -> str:
    """“Black and white men's striped shirt”, in small letters, or "" where there is no thing."""
    if seen.thing is None:
        return ""
    colours = " and ".join(COLOURS[c].en[0] for c in seen.colours[:2])
    traits = [glossary.IN_ENGLISH[quality] for quality in _traits(seen)[:qualities]]
    patterns = [PATTERNS[p].en[0].removeprefix("=") for p in seen.patterns[:1] if p != "plain"]
    return " ".join(
        w for w in (colours, *(_WHOSE.get(t, t) for t in traits), *patterns, seen.thing.en[0]) if w
    )


@lru_cache(maxsize=100_000)
def sighting(row: Row) -> Sighting:
    """What the row's name, first sentence and category name."""
    first = next(iter(sentences(row.description)), "")
    texts = [t for t in (row.name, first, row.subcategory, row.category) if t]
    seen = [glossary.sight(text) for text in texts]
    thing = next((s.thing for s in seen if s.thing is not None), None)
    said = seen[: sum(1 for t in (row.name, first) if t)]

    def together(kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for s in said for value in getattr(s, kind)))

    colours = together("colours") or glossary.sight(row.colour).colours
    return Sighting(thing, together("qualities"), colours, together("patterns"))


def garment(row: Row) -> str | None:
    """The vocabulary's type of what a row names; None for what is in no table of ours."""
    thing = sighting(row).thing
    return None if thing is None else understand(thing.en[0]).type


def russian_phrase(seen: Sighting, qualities: int = 2) -> str:
    """«Чёрная замшевая куртка с длинным рукавом», or "" where the thing has no Russian name."""
    if seen.thing is None:
        return ""
    noun = seen.thing.ru[0]
    before, after = [], []

    def put(word: str) -> None:
        if word.startswith("="):
            after.append(word[1:])
        else:
            before.append(adjective(word, noun.gender, "nomn"))

    first, *others = [COLOURS[colour].ru[0] for colour in seen.colours[:2]] or [""]
    stem = COLOURS[seen.colours[0]].stem if seen.colours else ""
    if others and stem and "-" not in others[0]:
        put(f"{stem}-{others[0]}")
    elif first:
        put(first)
    for quality in _traits(seen)[:qualities]:
        put(quality)
    for pattern in seen.patterns[:1]:
        if pattern != "plain":
            put(PATTERNS[pattern].ru[0])
    return " ".join([*before, noun.text, *after])


def russian(row: Row) -> tuple[str, ...]:
    """The Russian captions that need no translator, the fullest first."""
    seen = sighting(row)
    own = sentences(row.russian)
    return _different([own[0] if own else "", row.russian, russian_phrase(seen), russian_phrase(seen, 0)])


def prompts(row: Row, said: Captions) -> tuple[str, str]:
    """What is asked for in Russian and in English when models are judged: the same in both; "" where unknown.

    said: the row's captions. The data's own Russian, or a translation, stands beside the English that it
    is of; else both are the glossary's phrase.
    """
    phrase = russian_phrase(sighting(row))
    if said.ru and said.ru[0] != phrase:
        return said.ru[0], next(iter(said.en), "")
    return phrase, english_phrase(sighting(row)) if phrase else next(iter(said.en), "")


def captions(rows: Sequence[Row], translate: Translate | None = None) -> list[Captions]:
    """Captions of every row; with a translator (English to Russian) the first sentence and the name too."""
    made: dict[Row, Captions] = {}
    keys = [_key(row) for row in rows]
    unique = list(dict.fromkeys(keys))
    wanted = list(dict.fromkeys(text for row in unique for text in _to_translate(row)))
    said: dict[str, str] = {}
    if translate is not None and wanted:
        with tqdm(total=len(wanted), desc="translating", unit="caption", mininterval=1) as bar:
            for i in range(0, len(wanted), BATCH):
                few = wanted[i : i + BATCH]
                said.update(zip(few, translate(few), strict=True))
                bar.update(len(few))
    for row in unique:
        translated = [said[text] for text in _to_translate(row) if text in said]
        own = russian(row)
        ru = _different([own[0], *translated, *own] if row.russian else [*translated, *own])
        made[row] = Captions(ru, english(row))
    return [made[key] for key in keys]


def _key(row: Row) -> Row:
    """The row without what its captions do not depend on, so that views of a product share them."""
    return Row(
        0,
        "",
        row.description,
        row.name,
        row.category,
        row.subcategory,
        row.gender,
        row.composition,
        row.colour,
        "",
        row.russian,
    )


def _to_translate(row: Row) -> tuple[str, ...]:
    return () if row.russian else english(row)[:1] + ((row.name,) if row.name else ())


def _different(texts: Sequence[str]) -> tuple[str, ...]:
    short = (_cut(text.strip()) for text in texts)
    return tuple(dict.fromkeys(text for text in short if text))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0]
