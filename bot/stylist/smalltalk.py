"""Messages that are no wish: a greeting, a thank-you. Knows no answer to them."""

from __future__ import annotations

import re
from enum import StrEnum


class Talk(StrEnum):
    HELLO = "hello"
    THANKS = "thanks"


_HELLO = (
    "привет|приветик|приветствую|здравствуй|здравствуйте|добрый день|добрый вечер|доброе утро|хай|салют|"
    "hi|hello|hey|hey there|hi there|good morning|good evening|good afternoon|yo"
)
_THANKS = (
    "спасибо|спасибо большое|большое спасибо|огромное спасибо|спс|благодарю|класс|супер|круто|"
    "thanks|thank you|thanks a lot|thank you very much|thx|great|cool|nice"
)
_WORDS = re.compile(r"[^\w\s]+")


def smalltalk(text: str) -> Talk | None:
    """Which small talk the whole text is; None for anything longer or else."""
    words = " ".join(_WORDS.sub(" ", text.lower()).split())
    if re.fullmatch(_HELLO, words):
        return Talk.HELLO
    if re.fullmatch(_THANKS, words):
        return Talk.THANKS
    return None
