"""Vocabulary: what a look is, and `understand`, which finds one in a shopper's sentence.

Works in Russian and English and in any inflection (pymorphy3). This module knows
words and sRGB anchors (`generation.words`); it does not know pictures, models or
chats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from generation.words import COLOURS, FITS, LENGTHS, PATTERNS, TYPES

__all__ = ["COLOURS", "FITS", "LENGTHS", "PATTERNS", "TYPES", "Look", "Wish", "understand"]


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture shows, by the ids of TYPES, COLOURS, PATTERNS, FITS and LENGTHS."""

    type: str
    colour: str
    pattern: str = "plain"
    second_colour: str | None = None
    fit: str | None = None
    length: str | None = None
    kids: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence asks for; None where it does not say."""

    type: str | None = None
    colour: str | None = None
    pattern: str | None = None
    second_colour: str | None = None


_TOKEN = re.compile(r"[a-zа-я]+|[,;:.!?]")
_OPENERS = frozenset({"в", "с", "with", "in"})
_BEHIND = frozenset({"фон", "background", "backdrop"})
_INKED = {
    "striped": frozenset({"полоска", "полоса", "полосочка", "stripe", "stripes"}),
    "checked": frozenset({"клетка", "клеточка", "check", "checks"}),
    "dotted": frozenset(
        {"горошек", "горох", "горошина", "точка", "крапинка", "dot", "dots", "polka", "spot"}
    ),
    "floral": frozenset({"цветок", "цветочек", "роза", "flower", "flowers", "rose"}),
}
"""Nouns before which a colour is the pattern's own: «в белый горошек»."""


@cache
def analyser() -> Any:
    """The Russian morphology, loaded once (pymorphy3 comes without types)."""
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


def fold(text: str) -> str:
    """Lower case, ё as е."""
    return text.lower().replace("ё", "е")


def _tokens(text: str) -> list[str]:
    return [{"со": "с", "во": "в"}.get(token, token) for token in _TOKEN.findall(fold(text))]


@lru_cache(maxsize=50_000)
def _bases(token: str) -> frozenset[str]:
    """What a token may be a form of, itself included."""
    if token.isascii():
        bases = {token}
        if token.endswith("s") and len(token) > 3 and not token.endswith("ss"):
            bases.add(token[:-1])
            if token.endswith("ies"):
                bases.add(token[:-3] + "y")
            if token.endswith("es"):
                bases.add(token[:-2])
        return frozenset(bases)
    return frozenset({token} | {fold(parse.normal_form) for parse in analyser().parse(token)})


@dataclass(frozen=True, slots=True)
class _Entry:
    words: tuple[frozenset[str], ...]
    exact: tuple[str, ...]
    kind: str
    id: str
    implies: str | None = None


def _phrases() -> Iterator[tuple[str, str, str, str | None]]:
    for id_, type_ in TYPES.items():
        for noun in (*type_.ru, *type_.en, *type_.also):
            yield noun.text, "type", id_, noun.implies
    for id_, colour in COLOURS.items():
        for word in (*colour.ru, *colour.en, *colour.also, colour.stem):
            yield word, "colour", id_, None
    for id_, pattern in PATTERNS.items():
        for word in (*pattern.ru, *pattern.en, *pattern.also):
            yield word, "pattern", id_, None


@cache
def _index() -> dict[str, list[_Entry]]:
    """Entries by each possible first word, the longest phrases first."""
    index: dict[str, list[_Entry]] = {}
    seen: set[tuple[str, ...]] = set()
    for phrase, kind, id_, implies in _phrases():
        exact = tuple(_tokens(phrase))
        if not exact or exact in seen:
            continue
        seen.add(exact)
        words = tuple(_vocabulary_bases(word) for word in exact)
        entry = _Entry(words, exact, kind, id_, implies)
        for first in words[0]:
            index.setdefault(first, []).append(entry)
    for entries in index.values():
        entries.sort(key=lambda entry: -len(entry.words))
    return index


def _vocabulary_bases(word: str) -> frozenset[str]:
    """The word as written here and, for Russian nouns and adjectives, its likeliest dictionary form."""
    if word.isascii():
        return frozenset({word})
    parses = [p for p in analyser().parse(word) if p.tag.POS in ("NOUN", "ADJF", "PREP")]
    if not parses or any(fold(p.normal_form) == word for p in parses):
        return frozenset({word})
    return frozenset({word, fold(parses[0].normal_form)})


def _match(tokens: list[str], at: int, kind: str | None = None) -> _Entry | None:
    """The longest entry at a place; an exact wording wins over an inflected one."""
    best: _Entry | None = None
    rank = (0, 0)
    for base in _bases(tokens[at]):
        for entry in _index().get(base, ()):
            length = len(entry.words)
            if (kind and entry.kind != kind) or at + length > len(tokens) or length < rank[0]:
                continue
            if any(not (_bases(tokens[at + i]) & entry.words[i]) for i in range(1, length)):
                continue
            exact = sum(tokens[at + i] == entry.exact[i] for i in range(length))
            if (length, exact) > rank:
                best, rank = entry, (length, exact)
    return best


def _inked(tokens: list[str], at: int) -> tuple[_Entry, str, int] | None:
    """«в белый горошек», "with white dots": the second colour, the pattern, how many tokens."""
    begin = at + 2 if tokens[at + 1 : at + 2] in (["a"], ["an"]) else at + 1
    if begin >= len(tokens) or not (colour := _match(tokens, begin, "colour")):
        return None
    tail = begin + len(colour.words)
    if tail >= len(tokens):
        return None
    pattern = _first(id_ for id_, nouns in _INKED.items() if nouns & _bases(tokens[tail]))
    return (colour, pattern, tail + 1 - at) if pattern else None


@dataclass(frozen=True, slots=True)
class _Found:
    at: int
    end: int
    kind: str
    id: str
    implies: str | None = None


def _entries(tokens: list[str]) -> Iterator[_Found]:
    at = 0
    while at < len(tokens):
        if tokens[at] in _OPENERS and (inked := _inked(tokens, at)):
            ink, pattern, length = inked
            yield _Found(at, at + length, "pattern", pattern)
            yield _Found(at, at + length, "ink", ink.id)
            at += length
        elif found := _match(tokens, at):
            end = at + len(found.words)
            if end == len(tokens) or not _bases(tokens[end]) & _BEHIND:
                yield _Found(at, end, found.kind, found.id, found.implies)
            at = end
        else:
            at += 1


def _first(items: Iterable[str]) -> str | None:
    return next(iter(items), None)


def understand(text: str) -> Wish:
    """The type, the colours and the pattern that a Russian or English text names, in any inflection.

    Of several types the first is meant, but of English nouns in a row the last ("shirt dress").
    Jeans are of denim unless another pattern is named.
    """
    tokens = _tokens(text)
    found = list(_entries(tokens))
    type_: _Found | None = None
    for one in found:
        if one.kind == "type" and (type_ is None or (tokens[one.at].isascii() and one.at == type_.end)):
            type_ = one
    colours = [one.id for one in found if one.kind == "colour"]
    pattern = _first(one.id for one in found if one.kind == "pattern")
    second = _first(one.id for one in found if one.kind == "ink") or _first(
        c for c in colours if c != colours[0]
    )
    if pattern is None and type_ is not None:
        pattern = type_.implies
    return Wish(type_.id if type_ else None, _first(colours), pattern, second)
