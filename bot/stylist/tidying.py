"""A message without what is no word of a wish: links, addresses, names of others; Russian in Latin letters.

Knows letters; it does not know garments.
"""

from __future__ import annotations

import re

_LINK = re.compile(
    r"(?:https?://|www\.|t\.me/)\S+|\S+@\S+\.\w+|\b[\w-]+(?:\.[\w-]+)*\.(?:ru|com|net|org|io|shop|by|kz|ua)\b(?:/\S*)?",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<!\w)@\w+")
_LATIN = (
    *(("shch", "щ"), ("sch", "щ"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш")),
    *(("ye", "ые"), ("yo", "е"), ("jo", "е"), ("yu", "ю"), ("ju", "ю")),
    *(("ya", "я"), ("ja", "я"), ("'e", "ье")),
    *(("yj", "ый"), ("yi", "ый"), ("iy", "ий"), ("ij", "ий"), ("oy", "ой"), ("oj", "ой"), ("ey", "ей")),
    *zip("abvgdezijklmnoprstufhcyxwq'", "абвгдезийклмнопрстуфхцыкквкь", strict=False),
)  # fmt: skip
_SOFT = re.compile(r"(?<=t)(?:y|i)e\b")


def without_links(text: str) -> str:
    """The text without links, addresses and @names."""
    return " ".join(_NAME.sub(" ", _LINK.sub(" ", text)).split())


def has_link(text: str) -> bool:
    return _LINK.search(text) is not None


def in_cyrillic(text: str) -> str:
    """What Latin letters may stand for: "krasnoe plat'e", "chernye dzhinsy"; "" if there are others too."""
    words = text.lower().replace("dzh", "дж").replace("’", "'")
    if not re.search(r"[a-z]", words) or re.search(r"[а-яё]", text.lower()):
        return ""
    words = _SOFT.sub("ье", words)
    for latin, cyrillic in _LATIN:
        words = words.replace(latin, cyrillic)
    return words
