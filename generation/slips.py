"""Slips of the pen and of the keyboard: which of our words one may be that no dictionary has.

«юпка» sounds like «юбка», "drss" has lost a letter of "dress", «ghbdtn» was typed
in the other layout. A word of either language's dictionary means itself and is
never a slip, so "tight" stays "tight" beside "tights". Knows letters and
dictionaries; it does not know what our words mean.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from generation.dictionaries import is_a_word

LEAST = 4
"""Shorter words have too many neighbours."""
LONG = 9
"""From so many letters on two slips are forgiven."""


class Speller:
    """Finds what was meant among `words` of one language, in lower case."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[str, list[str]] = defaultdict(list)
        self._sounds: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        for word in sorted(set(words)):
            if len(word) >= LEAST - 1:
                self._words[word[0]].append(word)
                self._sounds.setdefault(sound(word), word)
                self._stems.setdefault(_stem(word), word)

    def meant(self, written: str) -> str | None:
        """The word that sounds the same, else the nearest one that is near enough; None: none is.

        written: a word that no dictionary has.
        """
        if len(written) < LEAST:
            return None
        if not written.isascii():
            same = self._sounds.get(sound(written)) or self._stems.get(_stem(written))
            if same is not None:
                return same
        allowed = 2 if len(written) >= LONG else 1
        found = [
            (slips, len(word) < len(written), word)
            for word in self._near(written)
            if abs(len(word) - len(written)) <= allowed and (slips := distance(written, word)) <= allowed
            if len(written) > LEAST or _is_plain(written, word)
        ]
        return min(found)[-1] if found else None

    def _near(self, written: str) -> Iterable[str]:
        """Words of the same first letter, or with the first two letters swapped."""
        yield from self._words[written[0]]
        yield from (word for word in self._words[written[1]] if word[1] == written[0] != word[0])


def _is_plain(written: str, word: str) -> bool:
    """In a short word: a letter left out, or two swapped; a mistaken one makes too many other words."""
    return len(word) > len(written) or sorted(word) == sorted(written)


def distance(one: str, other: str) -> int:
    """Letters left out, put in, mistaken or swapped with the next one (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]


_HEARD = (
    (re.compile(r"(?<=[оеа])в(?=[оа]$)"), "г"),  # «краснова»
    (re.compile(r"(?<=[жшчщц])[оэ]"), "е"),  # «чорный», «шолковый»
    (re.compile(r"[зс]ч"), "щ"),
    (re.compile(r"([зс])[тд](?=н)"), r"\1"),
    (re.compile(r"[тд]ь?с"), "ц"),
    (re.compile(r"[ьъ]"), ""),
)
_ENDING = re.compile(r"(?<=[а-я]{3})(?:[аоуыие][еяюий]|[оеа]г[оа]|[оыи]м[иу]?|[ыи]х)$")
"""Of adjectives: «краснае» is as good as «красный»."""
_ALIKE = str.maketrans("оеэыйбдгвзж", "аииииптк" + "фсш")


def sound(word: str) -> str:
    """A Russian word as a careless ear hears it: «юбка» and «юпка», «рубашка» and «рубажка» are one.

    Unstressed vowels fall together, voiced consonants lose their voice, double letters are single.
    """
    heard = word.replace("ё", "е")
    for spelling, instead in _HEARD:
        heard = spelling.sub(instead, heard)
    heard = _ENDING.sub("ый", heard)
    return re.sub(r"(.)\1+", r"\1", heard.translate(_ALIKE))


def _stem(word: str) -> str:
    """The sound without the ending of a case («палоску»), where enough is left."""
    heard = sound(word)
    return heard.rstrip("аиуюя") if len(heard) > LEAST + 1 else heard


_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./`"
_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбю.ё"
_TO_CYRILLIC = str.maketrans(_LATIN + '{}:"<>~', _CYRILLIC + "хъжэбюё")
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_WORD = re.compile(r"[a-z]+|[а-яё]+")


def retyped(text: str) -> str:
    """What was meant by a text in the other keyboard layout («ghbdtn», «вкуыы»); else the text itself."""
    lowered = text.lower()
    here = _WORD.findall(lowered)
    if max(map(len, here), default=0) < LEAST or any(len(word) >= LEAST and is_a_word(word) for word in here):
        return text
    if len({word.isascii() for word in here}) > 1:
        return text
    table = _TO_CYRILLIC if here[0].isascii() else _TO_LATIN
    for cut in ("", ".,"):  # the last mark may be a letter there, or none
        kept = lowered.rstrip(cut) if cut else lowered
        there = kept.translate(table)
        words = _WORD.findall(there)
        if max(map(len, words), default=0) >= LEAST and all(
            word.isascii() is not here[0].isascii() and is_a_word(word) for word in words
        ):
            return there + lowered[len(kept) :]
    return text
