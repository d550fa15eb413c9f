"""What a wish names, said in the other language, for a user who reads another one than she wrote.

The words themselves are `generation.vocabulary`'s. Knows no chat.
"""

from __future__ import annotations

from generation.vocabulary import COLOURS, PATTERNS, TYPES, analyser, understand
from generation.words import Noun, Type

_GENDERS = {"m": ("masc", "sing"), "f": ("femn", "sing"), "n": ("neut", "sing"), "p": ("plur",)}


def describe(text: str, language: str) -> str | None:
    """Colour, pattern and garment in `language`; None when the text is in it or names no garment."""
    if _is_russian(text) == (language == "ru"):
        return None
    wish = understand(text)
    if wish.type is None:
        return None
    garment = TYPES[wish.type]
    pattern = PATTERNS.get(wish.pattern) if wish.pattern not in (None, "plain") else None
    colour = COLOURS.get(wish.colour) if wish.colour else None
    nouns = garment.ru if language == "ru" else garment.en
    noun = nouns[0]
    if _names_jeans(text, garment):
        noun = next(noun for noun in nouns if noun.implies == "denim")
        pattern = None if wish.pattern == "denim" else pattern
    words = [found.ru[0] if language == "ru" else found.en[0] for found in (colour, pattern) if found]
    return _in_russian(words, noun) if language == "ru" else " ".join([*_plain(words), noun.text])


def _names_jeans(text: str, garment: Type) -> bool:
    """Whether the text calls the garment by a name that says denim, as «джинсы» does."""
    implying = [noun.head[:-1] for noun in (*garment.ru, *garment.en) if noun.implies == "denim"]
    return len(implying) > 1 and any(stem in text.lower() for stem in implying)


def _is_russian(text: str) -> bool:
    return any("а" <= letter <= "я" or letter == "ё" for letter in text.lower())


def _plain(words: list[str]) -> list[str]:
    return [word.removeprefix("=") for word in words]


def _in_russian(words: list[str], noun: Noun) -> str:
    before = [_agree(word, noun.gender) for word in words if not word.startswith("=")]
    after = [word.removeprefix("=") for word in words if word.startswith("=")]
    return " ".join([*before, noun.text, *after])


def _agree(adjective: str, gender: str) -> str:
    parsed = analyser().parse(adjective)[0].inflect({"nomn", *_GENDERS[gender]})
    return str(parsed.word) if parsed is not None else adjective
