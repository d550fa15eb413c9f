"""What stands on buttons and in the menu of commands, in the current language. Knows no keyboard."""

from __future__ import annotations

from aiogram.utils.i18n import gettext as _

from bot.chat.names import EMOJI, attribute_name, name

LONGEST = 34
"""Letters of a label in a row of its own that a phone still shows."""


def again() -> str:
    return "🔄 " + _("More")


def vary() -> str:
    return "🎨 " + _("Variations")


def refine() -> str:
    return "✏️ " + _("Change")


def mix() -> str:
    return "🔀 " + _("Mix")


def as_file() -> str:
    return "📄 " + _("As a file")


def like(chosen: bool) -> str:
    return "❤️" if chosen else "👍"


def dislike(chosen: bool) -> str:
    return "💔" if chosen else "👎"


def delete() -> str:
    return "🗑 " + _("Delete")


def stop() -> str:
    return "✋ " + _("Stop")


def back() -> str:
    return "‹ " + _("Back")


def other_garments() -> str:
    return "⋯ " + _("Other garments")


def picked(number: int, chosen: bool) -> str:
    return f"· {number} ·" if chosen else str(number)


def chip(attribute: str, value: str | None) -> str:
    """An attribute and what it is now: «цвет: красный»."""
    return f"{attribute_name(attribute)}: {value or '—'}"


def value(attribute: str, value: str, chosen: bool) -> str:
    sign = EMOJI.get(value, "") if attribute == "type" else ""
    label = f"{sign} {name(attribute, value)}".strip()
    return f"✓ {label}" if chosen else label


def any_value() -> str:
    return _("Any")


def draw_as_is() -> str:
    return "🖌 " + _("Draw it as is")


def as_asked(garment: str) -> str:
    return "✨ " + (garment if len(garment) <= LONGEST else garment[: LONGEST - 1].rstrip() + "…")


def ratio(first: int) -> str:
    return f"{first} : {100 - first}"


def mix_photos() -> str:
    return "🔀 " + _("Mix with the photo before")


def newer() -> str:
    return "‹ " + _("Newer")


def older() -> str:
    return _("Older") + " ›"


def go_on() -> str:
    return "▶️ " + _("Go on with this")


def automatic() -> str:
    return _("automatic")


def standard() -> str:
    return _("standard")


def pixels(side: int) -> str:
    return _("{side} px").format(side=side)


def clothes_for(whom: str | None) -> str:
    return {"women": _("women's"), "men": _("men's")}.get(whom or "", _("any"))


def setting(label: str, chosen: bool) -> str:
    return f"✓ {label}" if chosen else label


def export() -> str:
    return "📦 " + _("Send me everything")


def forget() -> str:
    return "🗑 " + _("Delete everything")


def really_forget() -> str:
    return _("Yes, delete everything")


def keep() -> str:
    return _("No, keep it")


def in_private() -> str:
    return _("Open our chat")


def draw_in_chat() -> str:
    return _("Draw something new")


def commands() -> dict[str, str]:
    """The menu: every command and what it does."""
    return {
        "start": _("Begin"),
        "help": _("What I can do"),
        "new": _("Begin a new idea"),
        "history": _("Your pictures"),
        "settings": _("Language, number, size"),
        "cancel": _("Stop drawing"),
        "privacy": _("What is kept about you"),
    }
