"""The bot's languages: gettext catalogues read straight from `locales/*/LC_MESSAGES/messages.po`.

No compiled files are kept, so a fresh clone speaks at once and a third
language is one more `.po`. Knows no sentence itself.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiogram.utils.i18n import I18n
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).resolve().parent.parent / "locales"
DOMAIN = "messages"


def languages(path: Path = LOCALES) -> tuple[str, ...]:
    """The languages that have a catalogue."""
    return tuple(sorted(source.parent.parent.name for source in path.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


class Catalogues(I18n):
    """aiogram's I18n that compiles the `.po` files in memory when it is made."""

    def find_locales(self) -> dict[str, gettext.GNUTranslations]:
        found: dict[str, gettext.GNUTranslations] = {}
        for language in languages(self.path):
            with (self.path / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
                catalogue = read_po(file, locale=language, domain=DOMAIN)
            compiled = io.BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            found[language] = gettext.GNUTranslations(compiled)
        return found

    @contextmanager
    def speaking(self, language: str) -> Iterator[None]:
        """Within the block gettext speaks this language."""
        # aiogram's gettext asks I18n itself for the current one; `self.context()` would tell this class only.
        token = I18n.set_current(self)
        try:
            with self.use_locale(language):
                yield
        finally:
            I18n.reset_current(token)

    def name(self, language: str) -> str:
        """What a language calls itself: «Русский», "English"."""
        own = Locale.parse(language).get_display_name(language)
        return (own or language).capitalize()

    def choose(self, language_code: str | None, text: str | None = None, before: str | None = None) -> str:
        """The language to answer in: the user's own, that of `before`, the text's script, or the default."""
        language = (language_code or "").partition("-")[0].lower()
        if language in self.locales:
            return language
        if before in self.locales:
            return str(before)
        if text and "ru" in self.locales and any("а" <= letter <= "я" for letter in text.lower()):
            return "ru"
        return self.default_locale


def open_catalogues(default_language: str = "en", path: Path = LOCALES) -> Catalogues:
    """Read all catalogues; `default_language` is for users whose language has none."""
    return Catalogues(path=path, default_locale=default_language, domain=DOMAIN)
