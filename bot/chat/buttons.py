"""Inline keyboards and what their buttons say back to the bot.

A button carries ids only, so it works after a restart and a month later: what
it means is looked up in the database when it is pressed. Knows labels and
ids; it does not know what a press does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from aiogram.types import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup
from pydantic import Field

from bot.chat import labels
from bot.chat.names import shown
from bot.stylist.garment import ATTRIBUTES, Garment, fits
from generation.vocabulary import COLOURS, FITS, LENGTHS, PATTERNS, TYPES

FIRST_TYPES = ("dress", "skirt", "blouse", "blazer", "outwear", "pants", "tshirt", "hoodie", "shoes")
"""Garments that are offered before "other garments" is pressed."""
ROW = 40
"""Letters in a row of buttons that a phone of 360 points shows: three times 13, twice 20."""
RATIOS = (70, 50, 30)
"""Per cent of the first photo in a mix."""
VALUES: dict[str, tuple[str, ...]] = {
    "type": tuple(TYPES),
    "colour": tuple(COLOURS),
    "pattern": tuple(PATTERNS),
    "fit": tuple(FITS),
    "length": tuple(LENGTHS),
}


class Act(StrEnum):
    """What a button under a result does."""

    PICK = "pick"
    AGAIN = "again"
    VARY = "vary"
    REFINE = "refine"
    CHIP = "chip"
    SET = "set"
    MIX = "mix"
    FILE = "file"
    LIKE = "like"
    DISLIKE = "dislike"
    DELETE = "delete"
    THEN = "then"
    BACK = "back"
    RATIO = "ratio"
    STOP = "stop"


Id = Annotated[int, Field(ge=0, lt=2**63)]
"""As a database numbers its rows; a forged larger one is no button of ours."""


class Result(CallbackData, prefix="r"):
    """A button under a job's pictures or status; `value`: an attribute, "attribute.value" or a ratio."""

    act: Act
    job: Id
    picture: Id = 0
    value: str = ""


class Photo(CallbackData, prefix="p"):
    """A button under "what shall I draw in its style?"; `message`: the row of the photo's message.

    what: a garment type, a ratio, one of the words below, or JOIN and the number of a job.
    """

    message: Id
    what: str


class Words(CallbackData, prefix="w"):
    """A button under "which garment?"; `message`: the row of the message whose words are meant."""

    message: Id
    what: str


VARY, MORE, LESS, JOIN, MIX, AS_IS = "vary", "more", "less", "join", "mix", "asis"


class Page(CallbackData, prefix="h"):
    """A page of the history: the job that is shown, and what to do with it."""

    act: str
    job: Id


class Setting(CallbackData, prefix="s"):
    name: str
    value: str


class Keeping(CallbackData, prefix="k"):
    """A button under /privacy."""

    act: str


def keyboard(rows: Iterable[Sequence[InlineKeyboardButton]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[list(row) for row in rows if row])


def menu() -> list[BotCommand]:
    """The commands, in the current language."""
    return [BotCommand(command=name, description=text) for name, text in labels.commands().items()]


def button(label: str, data: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=data.pack())


def in_rows(buttons: Iterable[InlineKeyboardButton], most: int = 3) -> list[Sequence[InlineKeyboardButton]]:
    """Rows of at most so many buttons whose labels a phone shows whole: those of a row are equally wide."""
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        row = [*rows[-1], button] if rows else []
        if 0 < len(row) <= most and len(row) * max(_width(one.text) for one in row) <= ROW:
            rows[-1] = row
        else:
            rows.append([button])
    return list(rows)


def _width(label: str) -> int:
    """In letters; emoji are twice as wide."""
    return sum(2 if ord(sign) > 0x2300 else 1 for sign in label)


def status(job: int) -> InlineKeyboardMarkup:
    return keyboard([[button(labels.stop(), Result(act=Act.STOP, job=job))]])


def result(
    job: int,
    pictures: Sequence[int],
    picked: int,
    liked: bool | None = None,
    ratio: int | None = None,
    then: str = "",
) -> InlineKeyboardMarkup:
    """Under a job's pictures; the buttons mean the picked one.

    ratio: of the mix that the job is. then: another garment that was asked for in the same breath.
    """

    def act(label: str, act: Act, value: str = "") -> InlineKeyboardButton:
        return button(label, Result(act=act, job=job, picture=picked, value=value))

    numbers = [
        button(labels.picked(number, picture == picked), Result(act=Act.PICK, job=job, picture=picture))
        for number, picture in enumerate(pictures, start=1)
    ]
    return keyboard(
        [
            *(in_rows(numbers, 5) if len(numbers) > 1 else []),
            [
                act(labels.like(liked is True), Act.LIKE),
                act(labels.dislike(liked is False), Act.DISLIKE),
                act(labels.as_file(), Act.FILE),
            ],
            [act(labels.as_asked(then), Act.THEN)] if then else [],
            [act(labels.again(), Act.AGAIN), act(labels.vary(), Act.VARY)],
            [act(labels.ratio(share), Act.RATIO, str(share)) for share in RATIOS if share != ratio]
            if ratio is not None
            else [],
            [
                act(labels.refine(), Act.REFINE),
                act(labels.mix(), Act.MIX),
                act(labels.delete(), Act.DELETE),
            ],
        ]
    )


def chips(job: int, picture: int, garment: Garment, language: str) -> InlineKeyboardMarkup:
    """The attributes as they are understood; a tap corrects one."""
    buttons = [
        button(
            labels.chip(attribute, shown(garment, attribute, language)),
            Result(act=Act.CHIP, job=job, picture=picture, value=attribute),
        )
        for attribute in ATTRIBUTES
        if choices(attribute, garment)
    ]
    return keyboard(
        [*in_rows(buttons, 2), [button(labels.back(), Result(act=Act.BACK, job=job, picture=picture))]]
    )


def choices(attribute: str, garment: Garment) -> list[str]:
    """The values that an attribute of this garment can have."""
    return [value for value in VALUES[attribute] if fits(attribute, value, garment.type)]


def values(job: int, picture: int, attribute: str, garment: Garment) -> InlineKeyboardMarkup:
    now = getattr(garment, attribute)
    buttons = [
        button(
            labels.value(attribute, value, value == now),
            Result(act=Act.SET, job=job, picture=picture, value=f"{attribute}.{value}"),
        )
        for value in choices(attribute, garment)
    ]
    last = [button(labels.back(), Result(act=Act.REFINE, job=job, picture=picture))]
    if attribute != "type" and now is not None:
        none = Result(act=Act.SET, job=job, picture=picture, value=f"{attribute}.")
        last.append(button(labels.any_value(), none))
    return keyboard([*in_rows(buttons), last])


def _types(
    make: type[Photo] | type[Words], message: int, shown: Sequence[str] = FIRST_TYPES
) -> list[Sequence[InlineKeyboardButton]]:
    buttons = [button(labels.value("type", id_, False), make(message=message, what=id_)) for id_ in shown]
    return in_rows(buttons)


def _toggle(make: type[Photo] | type[Words], message: int, wide: bool) -> InlineKeyboardButton:
    """Leads to all the garments, or back from there."""
    label = labels.back() if wide else labels.other_garments()
    return button(label, make(message=message, what=LESS if wide else MORE))


def for_photo(
    message: int,
    *,
    mix: bool = False,
    several: bool = False,
    asked: tuple[int, str] | None = None,
) -> InlineKeyboardMarkup:
    """What to draw in a photo's style. several: it is an album of two.

    asked: the number and the words of a wish that it may join.
    """
    first = (
        [button(labels.as_asked(asked[1]), Photo(message=message, what=f"{JOIN}{asked[0]}"))] if asked else []
    )
    ratios = [button(labels.ratio(share), Photo(message=message, what=str(share))) for share in RATIOS]
    return keyboard(
        [
            first,
            ratios if several else [],
            *_types(Photo, message),
            [
                *([] if several else [button(labels.vary(), Photo(message=message, what=VARY))]),
                _toggle(Photo, message, False),
            ],
            [button(labels.mix_photos(), Photo(message=message, what=MIX))] if mix else [],
        ]
    )


def for_words(
    message: int, *, as_is: bool, types: bool = True, near: Sequence[str] = ()
) -> InlineKeyboardMarkup:
    """Which garment words without one are meant for. types False: only whether to draw them as they are.

    near: the garments that come nearest, which are offered before the others.
    """
    return keyboard(
        [
            [button(labels.draw_as_is(), Words(message=message, what=AS_IS))] if as_is else [],
            *(_types(Words, message, near or FIRST_TYPES) if types else []),
            [_toggle(Words, message, False)] if types else [],
        ]
    )


def spread(shown: InlineKeyboardMarkup, pressed: Photo | Words) -> InlineKeyboardMarkup:
    """The same buttons with every garment among them, or with the first ones again, as was pressed."""
    make, wide, placed = type(pressed), pressed.what == MORE, False
    rows: list[Sequence[InlineKeyboardButton]] = []
    for row in shown.inline_keyboard:
        whats = [_what(make, button) for button in row]
        if all(what in TYPES for what in whats):
            rows += [] if placed else _types(make, pressed.message, tuple(TYPES) if wide else FIRST_TYPES)
            placed = True
        else:
            toggle = _toggle(make, pressed.message, wide)
            rows.append([toggle if what in (MORE, LESS) else one for one, what in zip(row, whats)])
    return keyboard(rows)


def _what(make: type[Photo] | type[Words], button: InlineKeyboardButton) -> str:
    """What a button is for; empty if it is none of that kind."""
    try:
        return make.unpack(button.callback_data or "").what
    except (TypeError, ValueError):
        return ""
