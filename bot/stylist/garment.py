"""Garment: what is wanted, as attributes that can be kept, changed one by one, and said again.

Knows how attributes fit together; it does not know how they are read from a
sentence (`bot.stylist.reading`) nor how they are said (`bot.stylist.wording`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.stylist.details import BRIGHTER, CALMER, DARKER, DETAILS, LIGHTER, LINKS
from generation.vocabulary import COLOURS, FITS, LENGTHS, PATTERNS, TYPES, bases, fold

PLAIN = "plain"
_STEM = 6
"""So many first letters make an English word a form of another."""
_HEMS = ("mini", "midi", "maxi")
_HEMMED = ("dress", "skirt")
_SLEEVELESS = ("pants", "shorts", "skirt", "shoes", "hat")
_UPPER_GROUPS = ("sleeve", "hood", "neck")
_TABLES: dict[str, Mapping[str, object]] = {
    "type": TYPES,
    "colour": COLOURS,
    "second_colour": COLOURS,
    "pattern": PATTERNS,
    "fit": FITS,
    "length": LENGTHS,
}
ATTRIBUTES = ("type", "colour", "pattern", "fit", "length")
"""What a shopper corrects with a tap."""


@dataclass(frozen=True, slots=True)
class Garment:
    """Ids of the vocabulary; None where nothing is said.

    noun: the word for the type that was used, in its dictionary form («джинсы», "coat").
    details: ids of DETAILS. rest: the shopper's own words that no table has. without: what it is not to
    have, "colour.red", "pattern.striped", a detail's id or "rest.бант". then: the words for another
    garment that was asked for in the same breath.
    """

    type: str | None = None
    noun: str | None = None
    colour: str | None = None
    second_colour: str | None = None
    pattern: str | None = None
    fit: str | None = None
    length: str | None = None
    details: tuple[str, ...] = ()
    rest: str = ""
    without: tuple[str, ...] = ()
    then: str = ""

    @property
    def named(self) -> bool:
        """Whether anything that the tables know is there."""
        return any(getattr(self, name) for name in (*ATTRIBUTES, "second_colour", "details"))

    def to_json(self) -> dict[str, Any]:
        """Only what is said; `from_json` reads it back."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Garment:
        """A stored garment; ids that the tables do not have any more are left out."""
        known = {
            name: value for name, value in (stored or {}).items() if value in _TABLES.get(name, (value,))
        }
        details = tuple(detail for detail in known.pop("details", ()) if detail in DETAILS)
        without = tuple(name for name in known.pop("without", ()) if _is_known(name))
        fields = {name: known[name] for name in (*_TABLES, "noun", "rest", "then") if name in known}
        return cls(**fields, details=details, without=without)


def _is_known(name: str) -> bool:
    kind, _, value = name.partition(".")
    return kind == "rest" or name in DETAILS or value in _TABLES.get(kind, ())


def fits(attribute: str, value: str, type_: str | None) -> bool:
    """Whether a fit or a length can be said of a type; of an unknown type it can."""
    table = {"fit": FITS, "length": LENGTHS}.get(attribute)
    return table is None or type_ is None or type_ in table[value].types


def with_type(garment: Garment, type_: str, noun: str | None) -> Garment:
    """Another garment in the same manner: a fit or length that it cannot have is dropped."""
    return replace(
        garment,
        type=type_,
        noun=noun,
        fit=garment.fit if garment.fit and fits("fit", garment.fit, type_) else None,
        length=garment.length if garment.length and fits("length", garment.length, type_) else None,
        details=_worn(garment.details, type_),
    )


def _worn(details: Iterable[str], type_: str | None) -> tuple[str, ...]:
    """The details that a type can have: trousers have no sleeves."""
    return tuple(d for d in details if type_ not in _SLEEVELESS or DETAILS[d].group not in _UPPER_GROUPS)


def changed(garment: Garment, attribute: str, value: str | None) -> Garment:
    """One attribute set or, with None, taken away."""
    if attribute == "type":
        return with_type(garment, value, None) if value else garment
    if attribute == "pattern" and value in (None, PLAIN):
        return replace(garment, pattern=value, second_colour=None)
    fields: dict[str, Any] = {attribute: value}
    return replace(garment, **fields)


def merged(base: Garment, new: Garment, without: Sequence[str] = (), steps: Iterable[str] = ()) -> Garment:
    """`base`, with what `new` names instead, without what is not wanted, and then a step further."""
    result = base
    if new.type:
        result = with_type(result, new.type, new.noun)
    for attribute in ("pattern", "colour", "fit", "length"):
        if value := getattr(new, attribute):
            if attribute == "pattern" and value != result.pattern:
                result = replace(result, second_colour=None)  # its ink went with the old pattern
            result = changed(result, attribute, value)
    if new.second_colour:
        result = replace(result, second_colour=new.second_colour)
    for name in without:
        result = _without(result, name, new)
    details = with_details(result.details, new.details)
    result = replace(result, details=_worn(details, result.type), then=new.then)
    result = replace(result, without=_unwanted(result, (*base.without, *without)))
    unwanted = any(name.startswith("rest.") for name in without)
    if new.rest and new.rest not in result.rest and not (unwanted and result.rest != base.rest):
        result = replace(result, rest=f"{result.rest} {new.rest}".strip())
    for step in steps:
        result = stepped(result, step)
    return result


def _without(garment: Garment, name: str, new: Garment) -> Garment:
    """The garment with one thing taken away, unless `new` has just said what is wanted instead."""
    kind, _, value = name.partition(".")
    if kind == "rest":
        return replace(garment, rest=_without_word(garment.rest, value))
    if name in DETAILS:
        return replace(garment, details=tuple(d for d in garment.details if d != name))
    if getattr(new, kind) or (kind != "pattern" and getattr(garment, kind) != value):
        return garment
    if kind == "pattern" and value and garment.pattern not in (None, value):
        return garment
    return changed(garment, kind, PLAIN if kind == "pattern" else None)


def _unwanted(garment: Garment, names: Iterable[str]) -> tuple[str, ...]:
    """What stays unwanted: not what has been asked for since, nor «без рисунка», which is an attribute."""
    return tuple(
        name
        for name in dict.fromkeys(names)
        if "." in name or name in DETAILS
        if name not in garment.details
        and getattr(garment, name.partition(".")[0], None) != name.partition(".")[2]
    )


def _without_word(rest: str, word: str) -> str:
    """The shopper's words without one of them, in whatever form, and what led to it: «с бантом»."""
    words = rest.split()
    at = next((at for at, own in enumerate(words) if _is_the_same(fold(own), word)), None)
    if at is None:
        return rest
    link = next((back for back in range(at - 1, max(-1, at - 4), -1) if words[back] in LINKS), None)
    start = at if link is None else link
    return " ".join(words[:start] + words[at + 1 :])


def _is_the_same(own: str, word: str) -> bool:
    """Whether a word of hers is a form of what she does not want; "embroidered" is one of "embroidery"."""
    if bases(own) & bases(word):
        return True
    return own.isascii() and min(len(own), len(word)) > _STEM and own[:_STEM] == word[:_STEM]


def with_details(old: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    """Of each group the newest detail only."""
    result = list(old)
    for detail in new:
        result = [kept for kept in result if DETAILS[kept].group != DETAILS[detail].group]
        result.append(detail)
    return tuple(result)


def stepped(garment: Garment, step: str) -> Garment:
    """One comparison carried out: "darker", "shorter", "warmer"."""
    shades = {"darker": DARKER, "lighter": LIGHTER, "brighter": BRIGHTER, "calmer": CALMER}
    if step in shades:
        start = garment.colour or ("grey" if step in ("darker", "lighter") else "pink")
        return replace(garment, colour=shades[step].get(start, start))
    if step in ("shorter", "longer"):
        return replace(garment, length=_hem(garment, step))
    if step == "looser":
        return replace(garment, fit=_first_that_fits(garment, ("wide", "loose")))
    if step == "tighter":
        return replace(garment, fit=_first_that_fits(garment, ("skinny", "slim")))
    if step == "simpler":
        return replace(changed(garment, "pattern", PLAIN), details=with_details(garment.details, ("casual",)))
    detail = {"warmer": "warm", "thinner": "light", "smarter": "evening"}[step]
    return replace(garment, details=with_details(garment.details, (detail,)))


def _hem(garment: Garment, step: str) -> str | None:
    shorter = step == "shorter"
    if garment.type in _HEMMED:
        ladder = ("mini", "midi", "maxi")
        at = {"short": 0, "long": 2, None: 1}.get(
            garment.length, ladder.index(garment.length) if garment.length in _HEMS else 1
        )
        return ladder[max(0, at - 1) if shorter else min(2, at + 1)]
    if garment.length == ("long" if shorter else "short"):
        return None
    wanted = "short" if shorter else "long"
    return wanted if fits("length", wanted, garment.type) else garment.length


def _first_that_fits(garment: Garment, wanted: tuple[str, ...]) -> str | None:
    return next((fit for fit in wanted if fits("fit", fit, garment.type)), garment.fit)
