"""Reading: what a shopper's message asks for, in either language.

Beside the garment it names, a message may go on from what was drawn before
(«а теперь в красном», "the same, but shorter"), take something away ("without
the pattern"), speak of a photo («пиджак того же стиля»), or be nothing but
emoji (👗❤️). Knows words; what came before, it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, takewhile
from typing import Any

from bot.stylist.details import DETAILS, LINKS, SIGNS, STEPS
from bot.stylist.garment import Garment, merged, with_details
from generation.vocabulary import FITS, LENGTHS, TYPES, Found, analyser, bases, entries, tokenise
from generation.words import Noun

_WORD = re.compile(r"[a-zа-яё]+|[,;:.!?]")
_NOT = frozenset({"без", "не", "нет", "убрать", "убери", "уберите", "without", "no", "not", "remove", "drop"})
_BETWEEN = frozenset({"the", "a", "an", "any", "этот", "весь", "очень", "слишком", "very", "too", "so"})
_TAKE_AWAY = frozenset({"убери", "убрать", "уберите", "remove", "drop", "lose"})
_NEGATED_PATTERN = re.compile(
    r"\b(?:без|убери|убрать|without|no|remove|drop|lose)(?: the| any| этот| весь)? "
    r"(?:рисунк\w*|рисунок|принт\w*|узор\w*|patterns?|prints?)\b"
)
_STRONG = re.compile(
    r"\b(?:теперь|(?:то|та|те|тот) же|(?:так(?:ой|ую|ое|ая|ие|их|ого|ом)) же|(?:того|той|тех|том|тем|ту) же|"
    r"вместо|now|the same|same|instead|make it|make them|turn it into|as before|like before|like that|like this)\b"
    r"|^(?:но|только|but|only|и|and)\b"
)
_STYLE = re.compile(
    r"\b(?:(?:того|той|этого|в том|в этом) же? ?(?:стил[ея]|дух\w*)|в том же стиле|в этом стиле|в таком стиле|"
    r"такого же стиля|этого стиля|похож\w* на (?:это|фото)|(?:как|с|по|на) (?:на )?(?:фото\w*|картинк\w*|снимк\w*)|"
    r"(?:in )?(?:the |this |that )?same style|in this style|in that style|(?:as|like) (?:in|on) (?:the|my|this) "
    r"(?:photo|picture|image)|from (?:the|my|this) (?:photo|picture)|like (?:the|my|this) (?:photo|picture))\b"
)
_PHOTO = re.compile(r"\b(?:фото\w*|снимок|снимк\w+|картинк\w+|photos?|picture|image|pic)\b")
_VAGUE = re.compile(
    r"\b(?:что нибудь|чего нибудь|что то|наряд\w*|образ\w*|одежд\w*|надеть|одеть|носить|"
    r"something|anything|outfits?|clothes|clothing|to wear|wear)\b"
)
_OTHER = {
    "colour": re.compile(
        r"\bдруг\w+ цвет\w*|\bцвет\w* друг\w+|\b(?:an)?other colou?rs?|\bdifferent colou?rs?"
    ),
    "pattern": re.compile(
        r"\bдруг\w+ (?:рисун\w+|принт\w*|узор\w*)|\b(?:an)?other (?:pattern|print)s?|\bdifferent (?:pattern|print)s?"
    ),
    "length": re.compile(r"\bдруг\w+ длин\w*|\b(?:an)?other length|\bdifferent length"),
    "fit": re.compile(r"\bдруг\w+ (?:кро\w+|фасон\w*)|\b(?:an)?other (?:fit|cut)|\bdifferent (?:fit|cut)"),
}
_HERE = re.compile(r"^(?:а )?(?:вот|это|держи\w*|лови\w*|here|this is|that is|attached)\b")

_DROPPED = frozenset(
    """
    хочу хотел хотела хотелось бы мне нам нужно нужен нужна нужны надо нарисуй нарисуйте рисуй покажи покажите сделай
    сделайте придумай придумайте можно можешь может пожалуйста давай давайте ищу купить найди подбери подберите
    теперь то же та те тот такой такую такое такая такие такого таком том того тех той ту самый самое самую
    вот это этот эту эта эти его ее их но а и или только лучше еще ну как да нет типа какой какое какую какая какие
    нибудь либо очень просто вместо цвет цвета цвете стиль стиля стиле фото фотография фотографии картинка
    картинки картинке поменяй замени измени убери добавь перекрась будет был была было есть что чтобы чуть чуточку немного
    что-то наряд наряды образ образы одежда одежду одеть надеть носить something anything outfit outfits clothes clothing wear
    если хочется чего слишком другой другая другое другую другом другие pair
    привет спасибо здравствуйте пусть чем сам рисунок рисунка рисунком принт принта принтом узор узора узором
    i want would like need please draw show me us a an the some make it them now same but one ones this that these those
    is are be can could you do get give find try as before instead of just only change add remove drop colour color
    style photo picture image here so more bit little my and or to hi hello hey thanks design create generate turn into
    pattern print lose different other rather let s d m
    """.split()
)
"""Words that carry no look: what is left when they are taken away is the shopper's own description."""


@dataclass(frozen=True, slots=True)
class Reading:
    """garment: what is named. without: attributes and details not wanted. steps: comparisons, in order.

    continues: it says that it goes on from something. style: it asks for the style of a photo or picture.
    photo: it says no more than that there is a photo («вот фото»). pictured: it speaks of one, at least.
    stranger: it names something that no table has («чёрная сумка»). asks: the attribute that is to be
    another one, no matter which («в другом цвете»). vague: it asks for something new without naming it ("what to wear to a wedding?").
    """

    garment: Garment
    without: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    continues: bool = False
    style: bool = False
    photo: bool = False
    pictured: bool = False
    vague: bool = False
    stranger: bool = False
    asks: str | None = None

    @property
    def changes(self) -> bool:
        """Whether it names anything about a garment, be it only what to leave away."""
        known = any(not name.startswith("rest.") for name in self.without)
        return self.garment.named or known or bool(self.steps)

    def changes_words(self, base: Garment) -> bool:
        """Whether it takes away some of the shopper's own words: «без банта»."""
        taken = [name for name in self.without if name.startswith("rest.")]
        return merged(base, Garment(), taken) != base


def read(text: str) -> Reading:
    """What a message asks for. Pure, and quick enough for a handler but for the first Russian word."""
    tokens = tokenise(text)
    if not tokens:
        return Reading(_from_signs(text))
    words = " ".join(token for token in tokens if token[0].isalpha())
    found = [one for one in entries(tokens) if not _is_a_sleeve(tokens, one)]
    used = {at for one in found for at in range(one.at, one.end)}
    used |= {
        one.at - 1 for one in found if one.kind == "pattern" and one.at and _is_a_size(tokens[one.at - 1])
    }
    garment, without = _named(tokens, found)
    steps = tuple(
        step for step, known in STEPS.items() if known.search(words) and not _is_already(step, tokens)
    )
    used |= {
        at
        for step in steps
        for match in STEPS[step].finditer(words)
        for at, start in _starts(tokens)
        if match.start() <= start < match.end()
    }
    garment, without = _traits(tokens, used, garment, without)
    details, unwanted = _details(tokens, used, words)
    if "long_sleeve" in details or "short_sleeve" in details:
        steps = tuple(step for step in steps if step not in ("shorter", "longer"))
    rest, taken = _rest(text, tokens, used), _taken_away(tokens, used)
    plain = _NEGATED_PATTERN.search(words) is not None
    if plain:
        garment = replace(garment, pattern=None)
    style = _STYLE.search(words) is not None
    return Reading(
        garment=replace(garment, details=details, rest=rest),
        without=(*without, *unwanted, *taken, *(["pattern"] if plain and "pattern" not in without else [])),
        steps=steps,
        continues=style or bool(steps) or _STRONG.search(words) is not None,
        style=style,
        photo=not garment.named and _only_a_photo(words),
        pictured=_PHOTO.search(words) is not None,
        vague=not garment.type and _VAGUE.search(words) is not None,
        stranger=not garment.type and _names_something(rest),
        asks=next((attribute for attribute, known in _OTHER.items() if known.search(words)), None),
    )


def _from_signs(text: str) -> Garment:
    found: dict[str, Any] = {}
    for sign in text:
        if sign in SIGNS:
            found.setdefault(SIGNS[sign].kind, SIGNS[sign].id)
    return Garment(**found)


def _named(tokens: list[str], found: list[Found]) -> tuple[Garment, tuple[str, ...]]:
    """Type, colours and pattern as `generation.vocabulary.understand` weighs them, and what is negated."""
    wanted = [one for one in _of_the_first(found) if not _negated(tokens, one.at)]
    without = {
        {"ink": "second_colour"}.get(one.kind, one.kind)
        for one in found
        if one.kind != "type" and _negated(tokens, one.at)
    }
    type_: Found | None = None
    for one in wanted:
        if one.kind == "type" and (type_ is None or (tokens[one.at].isascii() and one.at == type_.end)):
            type_ = one
    pattern = next((one.id for one in wanted if one.kind == "pattern"), None)
    colours = [one.id for one in wanted if one.kind == "colour"]
    inks = [one.id for one in wanted if one.kind == "ink"]
    if not colours and len(inks) > 1 and pattern in ("striped", "checked"):
        colours, inks = inks, []
    colour = colours[0] if colours else None
    second = next(iter([*inks, *(c for c in colours if c != colour)]), None)
    noun = _noun(tokens, type_) if type_ else None
    return Garment(
        type=type_.id if type_ else None,
        noun=noun.text if noun else None,
        colour=colour,
        second_colour=second,
        pattern=pattern,
    ), tuple(sorted(without))


def _is_a_size(token: str) -> bool:
    """«в мелкую полоску»: it is the stripe's, and the pictures do not show it."""
    return bool(bases(token) & _SIZES)


def _of_the_first(found: list[Found]) -> list[Found]:
    """Of several garments («пиджак и белые брюки») what is said of the first."""
    types = [one for one in found if one.kind == "type"]
    last = next((one for one, after in pairwise(types) if after.at > one.end), None)
    return found if last is None else [one for one in found if one.end <= last.end]


def _is_a_sleeve(tokens: list[str], one: Found) -> bool:
    """ "with long sleeves" is a detail; "a long sleeve" is a garment."""
    before = tokens[one.at - 1] if one.at else ""
    return tokens[one.at : one.end][0] == "long" and before in ("with", "have", "but", "has", "add")


def _negated(tokens: list[str], at: int) -> bool:
    before = at - 1
    while before >= 0 and tokens[before] in _BETWEEN:
        before -= 1
    return before >= 0 and (tokens[before] in _NOT or bool(bases(tokens[before]) & {"убрать", "remove"}))


def nouns(type_: str) -> tuple[Noun, ...]:
    """Every word for a type, in both languages."""
    kind = TYPES[type_]
    return (*kind.ru, *kind.en, *kind.also)


def _noun(tokens: list[str], found: Found) -> Noun | None:
    """The dictionary form of the words that name the type."""
    said = tokens[found.at : found.end]
    best: tuple[bool, Noun] | None = None
    for noun in nouns(found.id):
        words = tokenise(noun.text)
        if len(words) == len(said) and all(
            word == token or word in bases(token) or bases(word) & bases(token)
            for word, token in zip(words, said, strict=True)
        ):
            exact = words == said or all(
                word in bases(token) for word, token in zip(words, said, strict=True)
            )
            if best is None or (exact and not best[0]):
                best = exact, noun
    return best[1] if best else None


@cache
def _trait_words() -> dict[tuple[str, ...], tuple[str, str]]:
    """Words of fits and lengths: the tokens of each wording, to ("fit" or "length", id)."""
    words: dict[tuple[str, ...], tuple[str, str]] = {}
    for kind, table in (("fit", FITS), ("length", LENGTHS)):
        for id_, trait in table.items():
            for wording in (*trait.en, *trait.ru):
                words.setdefault(tuple(tokenise(wording)), (kind, id_))
    more = {
        "knee length": ("length", "midi"),
        "floor length": ("length", "maxi"),
        "до колена": ("length", "midi"),
        "до пола": ("length", "maxi"),
        "оверсайз": ("fit", "oversized"),
        "клеш": ("fit", "flared"),
        "скинни": ("fit", "skinny"),
        "облегающий": ("fit", "skinny"),
        "палаццо": ("fit", "wide"),
    }
    for wording, meaning in more.items():
        words.setdefault(tuple(tokenise(wording)), meaning)
    return words


def _traits(
    tokens: list[str], used: set[int], garment: Garment, without: tuple[str, ...]
) -> tuple[Garment, tuple[str, ...]]:
    """Fit and length, told from the width of a stripe and the length of a sleeve."""
    dropped = list(without)
    for wording, (kind, id_) in sorted(_trait_words().items(), key=lambda item: -len(item[0])):
        for at in range(len(tokens) - len(wording) + 1):
            span = range(at, at + len(wording))
            if used & set(span) or not all(
                wording[i] == tokens[at + i] or wording[i] in bases(tokens[at + i])
                for i in range(len(wording))
            ):
                continue
            if _of_something_else(tokens, at + len(wording)):
                continue
            used.update(span)
            if _negated(tokens, at):
                dropped.append(kind)
            elif getattr(garment, kind) is None:
                named: dict[str, Any] = {kind: id_}
                garment = replace(garment, **named)
    return garment, tuple(dict.fromkeys(dropped))


_SIZES = frozenset(
    {
        *("мелкий", "крупный", "тонкий", "широкий", "узкий", "большой", "маленький"),
        *("small", "large", "big", "thin", "wide", "narrow", "fine", "tiny", "bold"),
    }
)
_PARTS = frozenset({"рукав", "sleeve", "sleeved", "sleeves", "вырез", "воротник", "collar", "полоска", "полоса",
                    "stripe", "stripes", "клетка", "лямка", "бретель", "волос", "hair", "strap", "straps"})  # fmt: skip


def _of_something_else(tokens: list[str], after: int) -> bool:
    return after < len(tokens) and bool(bases(tokens[after]) & _PARTS)


def _details(tokens: list[str], used: set[int], words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wanted: list[str] = []
    unwanted: list[str] = []
    starts = _starts(tokens)
    for id_, detail in DETAILS.items():
        for match in detail.known.finditer(words):
            span = {at for at, start in starts if match.start() <= start < match.end()}
            if not span or span <= used or _is_described(tokens, used, min(span), detail.ru):
                continue
            used |= span
            negated = _negated(tokens, min(span)) and not match.group().startswith(("без", "without", "no "))
            (unwanted if negated else wanted).append(id_)
            if negated:
                used.add(min(span) - 1)
    return with_details((), wanted), tuple(dict.fromkeys(unwanted))


def _is_described(tokens: list[str], used: set[int], at: int, wording: str) -> bool:
    """ "big buttons" is more than "with buttons": it is left to the shopper's own words."""
    before = tokens[at - 1] if at else ""
    return (
        wording.startswith("=")
        and before[:1].isalpha()
        and at - 1 not in used
        and before not in _DROPPED
        and before not in LINKS
        and not _negated(tokens, at)
    )


def _starts(tokens: list[str]) -> list[tuple[int, int]]:
    """Each word's number among the tokens and its place in the words joined by spaces."""
    place, starts = 0, []
    for at, token in enumerate(tokens):
        if token[0].isalpha():
            starts.append((at, place))
            place += len(token) + 1
    return starts


def _is_already(step: str, tokens: list[str]) -> bool:
    """«уже» is "narrower" only where little else is said."""
    return step == "tighter" and "уже" in tokens and "поуже" not in tokens and len(tokens) > 3


def _rest(text: str, tokens: list[str], used: set[int]) -> str:
    """The words that no table has, as they were written, without links that lead nowhere."""
    written = _WORD.findall(text.lower())
    if len(written) != len(tokens):
        written = tokens
    kept: list[str] = []
    for run in _runs(tokens, used):
        while run and (tokens[run[-1]] in LINKS or not tokens[run[-1]][0].isalpha()):
            run.pop()
        while run and (tokens[run[0]] in ("и", "или", "and", "or") or not tokens[run[0]][0].isalpha()):
            run.pop(0)
        kept += [written[at] for at in run if tokens[at][0].isalpha()]
    return " ".join(kept)


def _taken_away(tokens: list[str], used: set[int]) -> tuple[str, ...]:
    """The shopper's own words that are not wanted: «без банта», "remove the bow"."""
    return tuple(
        f"rest.{token}"
        for at, token in enumerate(tokens)
        if at not in used and token not in _DROPPED and token[0].isalpha() and _negated(tokens, at)
    )


def _names_something(rest: str) -> bool:
    """Whether the words have a noun that does not hang on a preposition."""
    words = rest.split()
    head = list(takewhile(lambda word: word not in LINKS, words))
    if not any("а" <= letter <= "я" for letter in rest):
        return bool(head)
    return any(parsed.tag.POS == "NOUN" for word in head for parsed in analyser().parse(word)[:1])


def _runs(tokens: list[str], used: set[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for at, token in enumerate(tokens):
        if at in used or token in _DROPPED or (at and tokens[at - 1] in _TAKE_AWAY):
            yield run
            run = []
        else:
            run.append(at)
    yield run


def _only_a_photo(words: str) -> bool:
    left = [word for word in words.split() if word not in _DROPPED and word not in LINKS]
    spoken = _PHOTO.search(words) is not None or _HERE.search(words) is not None
    return spoken and all(_PHOTO.fullmatch(word) or _HERE.fullmatch(word) for word in left)


_ASKING = re.compile(
    r"^(?:(?:привет|здравствуй(?:те)?|добрый день|hi|hello)\W+)?(?:а |ну )?"
    r"(?:хочу|хочется|хотел\w* бы|мне (?:бы|нужн\w+|надо)|нужн\w+|нарисуй\w*|покажи\w*|сделай\w*|придумай\w*|можно|"
    r"можешь|давай\w*|i(?: would|'d|’d)? (?:want|like|need)|(?:can|could|would) you|please|draw|show|make|design|create)\b"
)


def is_asked(text: str) -> bool:
    """Whether the garment stands in a whole request: «нарисуй мне красную юбку», "could you draw ...?"."""
    return _ASKING.search(text.strip().lower()) is not None


def manner(rest: str) -> str:
    """Of words without a garment those that can follow one: «надеть на свадьбу» → «на свадьбу»."""
    words = rest.split()
    start = next((at for at, word in enumerate(words) if word in LINKS and at + 1 < len(words)), None)
    return "" if start is None else " ".join(words[start:])
