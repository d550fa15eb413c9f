"""Taught words: a wish in the words that a model of the wardrobe was taught.

The tables know more words than such a model was shown in training: «лосины»,
«косуха», "cargos" are `also` words, understood and never said, and drawn as
anything. Each is said as the nearest one that was taught: «леопардовые
лосины» as «леопардовые брюки», «тельняшка» as «лонгслив в полоску». All else
stays as it was written. A large model, which has read the internet, needs none
of this. Knows words only; it does not know models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from generation.vocabulary import Found, analyser, bases, entries, fold, tokenise
from generation.words import COLOURS, PATTERNS, TYPES, Noun

_TOKEN = re.compile(r"[a-zа-я]+|[,;:.!?]")
_OPENERS = frozenset({"в", "с", "под", "из", "with", "in", "of"})
_KIN = 3
"""So many first letters make «плащик» a «плащ»."""


def in_taught_words(text: str) -> str:
    """The text with every word of the wardrobe that was never taught said as one that was."""
    folded = fold(text)
    tokens = tokenise(text)
    places = [match.span() for match in _TOKEN.finditer(folded)]
    if len(folded) != len(text):  # letters that lower case makes two of
        return text
    found = list(entries(tokens))
    patterned = any(one.kind == "pattern" for one in found)
    said = text
    for one in reversed(found):
        written = tokens[one.at : one.end]
        before = tokens[max(0, one.at - 2) : one.at]
        words = _of_type(one, written, patterned) if one.kind == "type" else _of_look(one, written, before)
        if words is not None:
            said = f"{said[: places[one.at][0]]}{words}{said[places[one.end - 1][1] :]}"
    return said


def _of_type(one: Found, written: Sequence[str], patterned: bool) -> str | None:
    """The taught noun, with the pattern that the untaught one implies; None: it was taught."""
    kind = TYPES[one.id]
    taught = (*kind.ru, *kind.en)
    if any(_is_form(written, noun.text) for noun in taught):
        return None
    nouns = kind.en if written[0].isascii() else kind.ru
    alike = [noun for noun in nouns if one.implies is not None and noun.implies == one.implies]
    kin = max(nouns, key=lambda noun: _kinship(written, noun))
    noun = alike[0] if alike else kin if _kinship(written, kin) >= _KIN else nouns[0]
    if one.implies is None or patterned or noun.implies == one.implies:
        return noun.text
    return f"{noun.text} {_phrase(one.implies, nouns is kind.en)}"


def _of_look(one: Found, written: Sequence[str], before: Sequence[str]) -> str | None:
    """The taught words for an untaught colour or pattern; None: they were taught, or stand in no table."""
    if one.kind not in ("colour", "pattern") or not _OPENERS.isdisjoint(before):
        return None  # «в тонкую полоску»: its words are taught ones, with another between
    look = COLOURS[one.id] if one.kind == "colour" else PATTERNS[one.id]
    whole = written[:-1] if written[-1] == "цвета" else written  # «винного цвета»
    if any(_is_form(whole, word) for word in (*look.ru, *look.en)):
        return None
    if not any(_is_form(written, word) for word in look.also):
        return None
    if written[0].isascii():
        return look.en[0]
    tag = analyser().parse(written[0])[0].tag
    if tag.POS not in ("ADJF", "PRTF"):
        return _phrase(one.id, False) if one.kind == "pattern" else look.ru[0]
    adjective = next(word for word in look.ru if not word.startswith("="))
    form = analyser().parse(adjective)[0].inflect({g for g in (tag.case, tag.number, tag.gender) if g})
    return adjective if form is None else str(form.word)


def _phrase(pattern: str, english: bool) -> str:
    """«в полоску», "with stripes": words for a pattern that follow any noun as they are."""
    known = PATTERNS[pattern].en if english else PATTERNS[pattern].ru
    return next(word for word in known if word.startswith("=")).removeprefix("=")


def _is_form(written: Sequence[str], wording: str) -> bool:
    words = tokenise(wording)
    return len(words) == len(written) and all(
        word in bases(token) or not bases(word).isdisjoint(bases(token))  # «туфель» is «туфли»
        for word, token in zip(words, written, strict=True)
    )


def _kinship(written: Sequence[str], noun: Noun) -> int:
    """How many letters an untaught noun begins as a taught one does; its last word may be a taught one."""
    taught = fold(noun.text)
    pairs = zip(" ".join(written), taught, strict=False)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return max(alike, len(taught) if written[-1] == taught else 0)
