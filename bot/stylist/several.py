"""Several garments in one message: which is wanted first, which is only worn with it, which comes then.

«блузка к синей юбке» asks for a blouse, «пиджак и белые брюки» for a blazer now, and
«платье, нет, лучше юбка» for a skirt. Knows what was found in the words and where; it
does not know what a garment is like.
"""

from __future__ import annotations

from dataclasses import replace

from bot.stylist.details import LINKS
from bot.stylist.kin import places_of_kin
from bot.stylist.negation import negated
from generation.vocabulary import Found, bases, entries

KIN = ""
"""The type of what is not drawn."""
_MENDING = frozenset(
    {"нет", "лучше", "точнее", "вернее", "передумать", "rather", "actually", "wait", "sorry"}
)
"""After these something is said anew: «платье, нет, лучше юбка»."""


def said_last(tokens: list[str], found: list[Found]) -> list[Found]:
    """Of a kind that is said anew after «нет, лучше ...» the new word only."""
    for at in range(len(tokens) - 1, 0, -1):
        if tokens[at] in _MENDING or bases(tokens[at]) & _MENDING:
            after = [one for one in found if one.at > at and not negated(tokens, one.at)]
            anew = {one.kind for one in after}
            if anew:
                return [one for one in found if one.at > at or one.kind not in anew]
    return found


def alone(found: list[Found], tokens: list[str]) -> list[Found]:
    """What is found, without a garment that another is to be worn with, and what is said of that one."""
    types = [one for one in found if one.kind == "type"]
    with_it = [one for one in types if _is_worn_with(tokens, one)]
    if len(with_it) == len(types):
        return found
    return [
        one
        for one in found
        if not any(
            one is other
            or (
                one.kind != "type"
                and other.at - 3 <= one.at
                and one.end <= other.at
                and _leads(tokens, one, other)
            )
            for other in with_it
        )
    ]


def with_kin(found: list[Found], tokens: list[str]) -> list[Found]:
    """With what is not drawn, where it is wanted beside a garment: «красные туфли и чёрная сумочка»."""
    first = next((one for one in found if one.kind == "type"), None)
    if first is None:
        return found
    spoken = {at for one in found for at in range(one.at, one.end)}
    more = [
        Found(at, end, "type", KIN)
        for at, end in places_of_kin(tokens)
        if at >= first.end and not spoken & set(range(at, end)) and _is_joined(tokens, first.end, at)
    ]
    return sorted([*found, *more], key=lambda one: one.at)


def _is_joined(tokens: list[str], after: int, at: int) -> bool:
    """Whether «и», "and" or a comma stands before the thing and its adjectives, and no «с»."""
    joined = [place for place in range(after, at) if tokens[place] in (",", "и", "and", "plus", "плюс")]
    return bool(joined) and LINKS.isdisjoint(tokens[joined[-1] + 1 : at])


def of_the_first(found: list[Found], tokens: list[str]) -> list[Found]:
    """Of several garments («пиджак и белые брюки») what is said of the first."""
    types = _types(found, tokens)
    if len(types) < 2:
        return [one for one in found if one.kind != "type" or one in types]
    first, second = types[0], types[1]
    begins = min(
        [one.at for one in found if first.end <= one.at <= second.at and _leads(tokens, one, second)]
        or [second.at]
    )
    return [one for one in found if one.end <= begins and (one.kind != "type" or one.end <= first.end)]


def then_span(tokens: list[str], found: list[Found], type_: Found | None) -> range:
    """Where another garment is named in the same breath, with what is said of it; else empty."""
    types = _types([one for one in found if not negated(tokens, one.at)], tokens)
    if type_ is None or len(types) < 2 or types[1].id == type_.id:
        return range(0)
    others = [one for one in found if type_.end <= one.at <= types[1].at]
    start = min(one.at for one in others if one is types[1] or _leads(tokens, one, types[1]))
    joined = [at for at in range(type_.end, start) if tokens[at] in (",", "и", "and")]
    if joined and not any(token in LINKS for token in tokens[joined[-1] + 1 : start]):
        start = joined[-1] + 1  # "and a matching top"
    end = next((at for at in range(start, len(tokens)) if tokens[at] in (".", "!", "?", ";")), len(tokens))
    return range(start, end)


def _types(found: list[Found], tokens: list[str]) -> list[Found]:
    """The garments that are named, each by its last word ("shirt dress")."""
    types: list[Found] = []
    for one in found:
        if one.kind != "type":
            continue
        if types and one.at == types[-1].end and tokens[one.at].isascii():
            types[-1] = replace(one, at=types[-1].at)
        elif not types or one.at > types[-1].end:
            types.append(one)
    return types


def _is_worn_with(tokens: list[str], one: Found) -> bool:
    """«блузка к синей юбке», "a top to go with my skirt": the skirt is there already."""
    before = one.at - 1
    while (
        before >= 0
        and before > one.at - 4
        and (
            bases(tokens[before]) & {"мой", "свой", "этот", "тот"}
            or tokens[before] in ("my", "the", "this")
            or _is_trait(tokens[before])
        )
    ):
        before -= 1
    return before >= 0 and (
        tokens[before] in ("к", "под", "match")
        or (tokens[before] == "with" and "go" in tokens[max(0, before - 2) : before])
    )


def _is_trait(token: str) -> bool:
    return any(one.kind != "type" for one in entries([token]))


def _leads(tokens: list[str], one: Found, noun: Found) -> bool:
    """Whether an adjective stands before a noun and is its own: «и белые брюки»."""
    return all(
        not token[0].isalpha() or at in range(one.at, one.end) or token not in ("с", "with", "в", "in")
        for at, token in enumerate(tokens[one.at : noun.at], one.at)
    ) and not any(token in (",", "и", "and", ".", ";") for token in tokens[one.end : noun.at])
