"""Vocabulary: what a look is, and `understand`, which finds one in a shopper's sentence.

Works in Russian and English and in any inflection (pymorphy3). This module knows
words and sRGB anchors (`generation.words`); it does not know pictures, models or
chats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from generation.dictionaries import analyser, is_a_word
from generation.slips import Speller
from generation.words import COLOURS, FITS, LENGTHS, PATTERNS, TYPES

__all__ = [
    "COLOURS",
    "FITS",
    "LENGTHS",
    "PATTERNS",
    "TYPES",
    "Found",
    "Look",
    "Wish",
    "analyser",
    "bases",
    "entries",
    "misspelt",
    "tokenise",
    "understand",
]


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
_ANOTHERS = frozenset(
    {
        *("фон", "глаз", "волос", "волосы", "девушка", "женщина", "мужчина", "кот", "кошка", "собака"),
        *("background", "backdrop", "eye", "hair", "skin", "girl", "woman", "man", "cat", "dog"),
    }
)
"""Nouns before which a colour or a pattern is none of the garment's: «зелёные глаза», "on a white background"."""
_NO_GARMENT = {"dress": frozenset({"code", "up"}), "coat": frozenset({"hanger"}), "shoe": frozenset({"size"})}
"""What follows a garment's word where it is none: "the dress code"."""
_SHADES = frozenset(
    {
        *(
            "темно",
            "светло",
            "ярко",
            "бледно",
            "нежно",
            "пыльно",
            "грязно",
            "неоново",
            "кислотно",
            "насыщенно",
        ),
        *(
            "темный",
            "светлый",
            "яркий",
            "бледный",
            "нежный",
            "насыщенный",
            "неоновый",
            "кислотный",
            "пастельный",
        ),
        *("dark", "light", "bright", "pale", "deep", "soft", "pastel", "dusty", "neon", "muted", "rich"),
    }
)
"""Words before a colour that has no name of its own in that shade: «тёмно-оранжевый», "dusty lilac"."""
_INKED = {
    "striped": frozenset({"полоска", "полоса", "полосочка", "stripe", "stripes"}),
    "checked": frozenset({"клетка", "клеточка", "check", "checks"}),
    "dotted": frozenset(
        {"горошек", "горох", "горошина", "точка", "крапинка", "dot", "dots", "polka", "spot"}
    ),
    "floral": frozenset({"цветок", "цветочек", "роза", "flower", "flowers", "rose"}),
}
"""Nouns before which a colour is the pattern's own: «в белый горошек»."""
_WOVEN = ("striped", "checked")
_SIZES = frozenset(
    {
        *("мелкий", "крупный", "большой", "маленький", "небольшой", "тонкий", "широкий", "узкий", "яркий"),
        *("a", "an", "small", "large", "big", "tiny", "thin", "fine", "wide", "broad", "narrow", "bold"),
    }
)
_NO_SLIP = frozenset({"скинни", "клеш", "слим", "мом", "оверсайз", "бойфренд", "тай", "дай"})
"""Words that the dictionary lacks and that are no slip of ours."""
_FLOWERS = frozenset({"цветы", "цветам", "цветами", "цветах"})
"""Never colours, whose plural is «цвета»; the dictionary leaves it open."""


def fold(text: str) -> str:
    """Lower case, ё as е."""
    return text.lower().replace("ё", "е")


def tokenise(text: str) -> list[str]:
    """Folded words and marks; what `entries` numbers."""
    return [{"со": "с", "во": "в"}.get(token, token) for token in _TOKEN.findall(fold(text))]


@lru_cache(maxsize=50_000)
def bases(token: str) -> frozenset[str]:
    """What a token may be a form of, itself included."""
    forms = _forms(token)
    return forms if forms & _index().keys() else forms | misspelt(token)


def _forms(token: str) -> frozenset[str]:
    if token.isascii():
        forms = {token}
        if token.endswith("s") and len(token) > 3 and not token.endswith("ss"):
            forms.add(token[:-1])
            if token.endswith("ies"):
                forms.add(token[:-3] + "y")
            if token.endswith("es"):
                forms.add(token[:-2])
        return frozenset(forms)
    if token in _FLOWERS:
        return frozenset({token, "цветок"})
    forms = {token} | {fold(parse.normal_form) for parse in analyser().parse(token)}
    return frozenset(forms | {full for form in forms for full in _full_forms(form)})


def _full_forms(diminutive: str) -> Iterator[str]:
    """What «беленький», «синенький» and «коротенький» are diminutives of."""
    stem = diminutive[:-6]
    if diminutive.endswith(("енький", "онький")) and len(stem) > 1:
        for full in (f"{stem}ый", f"{stem}ий", f"{stem}ой", f"{stem}кий"):
            if analyser().word_is_known(full):
                yield full


@lru_cache(maxsize=50_000)
def misspelt(token: str) -> frozenset[str]:
    """The words of ours that a token is a slip of: «юпка», "drss"; none where it is a word by itself."""
    if not token[0].isalpha() or is_a_word(token):
        return frozenset()
    forms, speller = _forms(token), _speller(token.isascii())
    if forms & (_index().keys() | _traits() | _NO_SLIP):
        return frozenset()
    meant = {speller.meant(form) for form in forms if not is_a_word(form)}
    return frozenset(word for word in meant if word is not None)


@cache
def _traits() -> frozenset[str]:
    """The single words for fits and lengths."""
    phrases = (phrase for trait in (*FITS.values(), *LENGTHS.values()) for phrase in (*trait.en, *trait.ru))
    return frozenset(words[0] for words in map(tokenise, phrases) if len(words) == 1)


@cache
def _speller(english: bool) -> Speller:
    ours = {word for word, entries in _index().items() if any(len(entry.words) == 1 for entry in entries)}
    return Speller(word for word in ours | _traits() if word.isascii() is english)


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
        exact = tuple(tokenise(phrase))
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
    for base in bases(tokens[at]):
        for entry in _index().get(base, ()):
            length = len(entry.words)
            if (kind and entry.kind != kind) or at + length > len(tokens) or length < rank[0]:
                continue
            if any(not (bases(tokens[at + i]) & entry.words[i]) for i in range(1, length)):
                continue
            exact = sum(tokens[at + i] == entry.exact[i] for i in range(length))
            if (length, exact) > rank:
                best, rank = entry, (length, exact)
    return best


def _inked(tokens: list[str], at: int) -> tuple[list[str], str, int] | None:
    """«в мелкий белый горошек», "with red and white dots": the colours, the pattern, how many tokens."""
    inks: list[str] = []
    end = at + 1
    while end < len(tokens):
        if colour := _match(tokens, end, "colour"):
            inks.append(colour.id)
            end += len(colour.words)
        elif tokens[end] in ("и", "and") or bases(tokens[end]) & _SIZES:
            end += 1
        else:
            break
    if not inks or end == len(tokens):
        return None
    pattern = _first(id_ for id_, nouns in _INKED.items() if nouns & bases(tokens[end]))
    return (inks, pattern, end + 1 - at) if pattern else None


@dataclass(frozen=True, slots=True)
class Found:
    """Words of the vocabulary at tokens[at:end]: a type, a colour, a pattern, or the "ink" of a pattern."""

    at: int
    end: int
    kind: str
    id: str
    implies: str | None = None


def entries(tokens: list[str]) -> Iterator[Found]:
    """What the vocabulary knows of the tokens, from left to right."""
    at = 0
    while at < len(tokens):
        if tokens[at] in _OPENERS and (inked := _inked(tokens, at)):
            inks, pattern, length = inked
            yield Found(at, at + length, "pattern", pattern)
            yield from (Found(at, at + length, "ink", ink) for ink in inks)
            at += length
        elif found := _match(tokens, at) or _shaded(tokens, at):
            start, at = at, at + len(found.words)
            if at == len(tokens) or not _is_anothers(found, tokens[at]):
                yield Found(start, at, found.kind, found.id, found.implies)
        else:
            at += 1


def _shaded(tokens: list[str], at: int) -> _Entry | None:
    """A colour whose shade has no name of its own: the colour."""
    if at + 1 == len(tokens) or not bases(tokens[at]) & _SHADES:
        return None
    colour = _match(tokens, at + 1, "colour")
    shade = frozenset({tokens[at]})
    return colour and replace(colour, words=(shade, *colour.words), exact=(tokens[at], *colour.exact))


def _is_anothers(found: _Entry, after: str) -> bool:
    if found.kind == "type":
        return after in _NO_GARMENT.get(found.exact[-1], ())
    return bool(bases(after) & _ANOTHERS)


def _first(items: Iterable[str]) -> str | None:
    return next(iter(items), None)


def understand(text: str) -> Wish:
    """The type, the colours and the pattern that a Russian or English text names, in any inflection.

    Of several types the first is meant, but of English nouns in a row the last ("shirt dress").
    Jeans are of denim unless another pattern is named.
    """
    tokens = tokenise(text)
    found = list(entries(tokens))
    type_: Found | None = None
    for one in found:
        if one.kind == "type" and (type_ is None or (tokens[one.at].isascii() and one.at == type_.end)):
            type_ = one
    pattern = _first(one.id for one in found if one.kind == "pattern")
    pattern = pattern or _first(one.implies for one in found if one.implies)
    colours = [one.id for one in found if one.kind == "colour"]
    inks = [one.id for one in found if one.kind == "ink"]
    if (
        not colours and len(inks) > 1 and pattern in _WOVEN
    ):  # «в красно-чёрную клетку»: that is all of the cloth
        colours, inks = inks, []
    second = _first(inks) or _first(c for c in colours if c != colours[0])
    return Wish(type_.id if type_ else None, _first(colours), pattern, second)
