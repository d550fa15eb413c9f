"""Dictionaries of the two languages: the Russian morphology, and which words there are.

Each is loaded once, whichever threads ask. Knows words of a language, not those of
the wardrobe.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

_loading = Lock()


def analyser() -> Any:
    """The Russian morphology (pymorphy3 comes without types)."""
    with _loading:
        return _russian()


def is_a_word(word: str) -> bool:
    """Whether a dictionary of its language has the word, in lower case and any form."""
    if not word.isascii():
        return bool(analyser().word_is_known(word))
    with _loading:
        return word in _english()


@cache
def _russian() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@cache
def _english() -> Any:
    """Words that are written in films, with misspellings weeded out."""
    from spellchecker import SpellChecker

    return SpellChecker(language="en").word_frequency
