"""Dictionaries of the two languages: the Russian morphology, and which words there are.

Knows words of a language, not those of the wardrobe.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def analyser() -> Any:
    """The Russian morphology, loaded once (pymorphy3 comes without types)."""
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@cache
def _english() -> Any:
    """The English dictionary, loaded once: words that are written in films, with misspellings weeded out."""
    from spellchecker import SpellChecker

    return SpellChecker(language="en").word_frequency


def is_a_word(word: str) -> bool:
    """Whether a dictionary of its language has the word, in lower case and any form."""
    return word in _english() if word.isascii() else bool(analyser().word_is_known(word))
