"""Reading: what a shopper's message asks for, in either language.

Beside the garment it names, a message may go on from what was drawn before
(«а теперь в красном», "the same, but shorter"), take something away ("without
the pattern"), speak of a photo («пиджак того же стиля»), or be nothing but
emoji (👗❤️). Knows words; what came before, it does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bot.stylist.details import DETAILS, LINKS, SIGNS, SPELT, STEPS
from bot.stylist.foreign import is_english, is_foreign
from bot.stylist.garment import Garment, merged, with_details
from bot.stylist.negation import negated
from bot.stylist.ownwords import DROPPED, WORD, is_story, names_something, own_words, taken_away
from bot.stylist.several import alone, of_the_first, said_last, then_span, with_kin
from bot.stylist.tidying import in_cyrillic, without_links
from generation.dictionaries import is_a_word
from generation.slips import Speller
from generation.vocabulary import (
    FITS,
    LENGTHS,
    TYPES,
    Found,
    analyser,
    bases,
    entries,
    misspelt,
    tokenise,
)
from generation.words import Noun

_NEGATED_PATTERN = re.compile(
    r"\b(?:без|убери|убрать|without|no|remove|drop|lose)(?: the| any| этот| весь)? "
    r"(?:рисунк\w*|рисунок|принт\w*|узор\w*|patterns?|prints?)\b"
)
_STRONG = re.compile(
    r"\b(?:теперь|(?:то|та|те|тот) же|(?:так(?:ой|ую|ое|ая|ие|их|ого|ом)) же|(?:того|той|тех|том|тем|ту) же|"
    r"вместо|now|the same|same|instead|make it|make them|turn it into|as before|like before|like that|like this)\b"
    r"|^(?:но|только|but|only|и|and|as an?)\b"
)
_STYLE = re.compile(
    r"\b(?:(?:того|той|этого|в том|в этом) же? ?(?:стил[ея]|дух\w*)|в том же стиле|в этом стиле|в таком стиле|"
    r"такого же стиля|этого стиля|похож\w* на (?:это|фото)|(?:как|с|по|на) (?:на )?(?:фото\w*|картинк\w*|снимк\w*)|"
    r"(?:in )?(?:the |this |that )?same style|in this style|in that style|(?:as|like) (?:in|on) (?:the|my|this) "
    r"(?:photo|picture|image)|from (?:the|my|this) (?:photo|picture)|like (?:the|my|this) (?:photo|picture))\b"
)
_PHOTO = re.compile(r"\b(?:фото\w*|снимок|снимк\w+|картинк\w+|photos?|picture|image|pic)\b")
_VAGUE = re.compile(
    r"\b(?:что нибудь|чего нибудь|че нибудь|чонибудь|что то|в чем (?:по|при)?(?:йти|идти|ехать|ходить)|наряд\w*|образ\w*|одежд\w*|надеть|одеть|одеться|одется|нарядиться|носить|аутфит\w*|лук|луки|шмот\w+|вещь|вещи|вещичк\w+|"
    r"something|smth|sth|anything|outfits?|clothes|clothing|garments?|to wear|wear)\b"
)
_OTHER = {
    "colour": re.compile(
        r"\bдруг\w+ цвет\w*|\bцвет\w* (?:друг\w+|не (?:тот|нравится|подходит|мой))|\bне (?:тот|нравится|подходит) (?:этот )?цвет|"
        r"\b(?:смени|поменяй|замени)\w* цвет|\b(?:an)?other colou?rs?|\b(?:different|wrong) colou?rs?|\b(?:change|(?:do not|don t|dont) like) (?:the|this) colou?r"
    ),
    "pattern": re.compile(
        r"\bдруг\w+ (?:рисун\w+|принт\w*|узор\w*)|\b(?:рисунок|принт|узор) не (?:тот|нравится|подходит)|\bне (?:тот|нравится) (?:рисунок|принт|узор)|"
        r"\b(?:an)?other (?:pattern|print)s?|\b(?:different|wrong) (?:pattern|print)s?|\b(?:change|(?:do not|don t|dont) like) (?:the|this) (?:pattern|print)"
    ),
    "length": re.compile(r"\bдруг\w+ длин\w*|\b(?:an)?other length|\bdifferent length"),
    "fit": re.compile(r"\bдруг\w+ (?:кро\w+|фасон\w*)|\b(?:an)?other (?:fit|cut)|\bdifferent (?:fit|cut)"),
}
_UNSUITED = re.compile(
    r"\b(\w+) (?:does|do)(?:n['’]?t| not) (?:suit|fit|work for|look good on) me\b", re.IGNORECASE
)
_ADDING = LINKS - {
    "и",
    "или",
    "не",
    "and",
    "or",
    "no",
    "not",
    "к",
    "от",
    "у",
    "о",
    "за",
    "по",
    "до",
    "at",
    "by",
    "from",
    "as",
}
_INSTEAD = re.compile(r"\s*(?:нет|no)\s*[,.!:;—–-]", re.IGNORECASE)
"""She corrects what was drawn: «нет, юбка»."""
_SHORT = (
    (re.compile(r"\bw/o\s", re.IGNORECASE), "without "),
    (re.compile(r"\bw/\s*", re.IGNORECASE), "with "),
)
_HERE = re.compile(r"^(?:а )?(?:вот|это|держи\w*|лови\w*|here|this is|that is|attached)\b")


@dataclass(frozen=True, slots=True)
class Reading:
    """garment: what is named. without: attributes and details not wanted. steps: comparisons, in order.

    continues: it says that it goes on from something. style: it asks for the style of a photo or picture.
    photo: it says no more than that there is a photo («вот фото»). pictured: it speaks of one, at least.
    stranger: it names something that no table has («чёрная сумка»). asks: the attribute that is to be
    another one, no matter which («в другом цвете»). vague: it asks for something new without naming it
    ("what to wear to a wedding?"). mended: its words are not those of a wish as they stand, but those of a
    story, of Russian in Latin letters, misspelt, or said twice («платье, нет, юбка»).
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
    mended: bool = False

    @property
    def changes(self) -> bool:
        """Whether it names anything about a garment, be it only what to leave away."""
        known = any(not name.startswith("rest.") for name in self.without)
        return self.garment.named or known or bool(self.steps)

    @property
    def adds(self) -> bool:
        """Whether its words can only follow a garment's: «с бантом», "for a party"."""
        first = self.garment.rest.partition(" ")[0]
        return not (self.garment.type or self.vague) and first in _ADDING

    def changes_words(self, base: Garment) -> bool:
        """Whether it takes away some of the shopper's own words: «без банта»."""
        taken = [name for name in self.without if name.startswith("rest.")]
        return merged(base, Garment(), taken).rest != base.rest


def read(text: str) -> Reading:
    """What a message asks for. Pure, and quick enough for a handler but for the first Russian word."""
    written = text
    text = without_links(text)
    text = _UNSUITED.sub(r"not \1", text)
    for short, full in _SHORT:
        text = short.sub(full, text)
    said = tokenise(text)
    if not said:
        return Reading(_from_signs(text))
    foreign = is_foreign(text)  # a word of hers is no slip of ours
    tokens = said if foreign else [_mended(token) for token in said]
    if "плате" in tokens and tokens[tokens.index("плате") - 1] not in LINKS:
        tokens[tokens.index("плате")] = "платье"  # a word, but of a payment no one speaks here
    words = " ".join(token for token in tokens if token[0].isalpha())
    found = [one for one in entries(tokens) if not _is_a_sleeve(tokens, one)]
    if foreign:
        found = [one for one in found if not any(map(misspelt, tokens[one.at : one.end]))]
    if not found and (russian := in_cyrillic(text)) and not is_english(text):
        reading = read(russian)
        if reading.garment.type:
            return replace(reading, mended=True)
    found = [one for one in found if not _is_a_parts(tokens, one)]
    whole = found
    found = alone(with_kin(found, tokens), tokens)
    used = {at for one in whole for at in range(one.at, one.end)}
    found = said_last(tokens, found)
    used |= {
        one.at - 1 for one in found if one.kind == "pattern" and one.at and _is_a_size(tokens[one.at - 1])
    }
    garment, without, type_ = _named(tokens, found)
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
    then = then_span(tokens, found, type_)
    used |= set(then)
    garment, without = _traits(tokens, used, garment, without)
    details, unwanted = _details(tokens, used, words)
    if "long_sleeve" in details or "short_sleeve" in details:
        steps = tuple(step for step in steps if step not in ("shorter", "longer"))
    if garment.named and not garment.type:  # «красное 👗»
        garment = replace(garment, type=_from_signs(text).type)
    rest = own_words(text, tokens, used, (type_.at, type_.end) if type_ else None)
    own = [
        at
        for at, token in enumerate(tokens)
        if at not in used and token not in DROPPED and token[0].isalpha()
    ]
    story = type_ is not None and is_story(tokens, own)
    plain = _NEGATED_PATTERN.search(words) is not None
    if plain:
        garment = replace(garment, pattern=None)
    style = _STYLE.search(words) is not None
    return Reading(
        garment=replace(garment, details=details, rest=rest, then=_written(text, tokens, then)),
        without=(*without, *unwanted, *taken_away(tokens, used), *(["pattern"] if plain else [])),
        steps=steps,
        continues=not story
        and (style or bool(steps) or _STRONG.search(words) is not None or _INSTEAD.match(text) is not None),
        style=style,
        photo=not garment.named and _only_a_photo(words),
        pictured=_PHOTO.search(words) is not None,
        vague=not garment.type and (garment.named or not without) and _VAGUE.search(words) is not None,
        stranger=not garment.type and _is_strange(tokens, used, rest),
        mended=story
        or text != written.strip()
        or found != whole
        or tokens != said
        or len({one.id for one in found if one.kind == "type"}) > 1,
        asks=next((attribute for attribute, known in _OTHER.items() if known.search(words)), None),
    )


def _mended(token: str) -> str:
    """The word of ours that a token is a slip of, where that is plain; else the token."""
    meant = misspelt(token)
    if not meant and len(token) > 4 and not is_a_word(token) and (detail := _detail_words().meant(token)):
        return detail
    return next(iter(meant)) if len(meant) == 1 else token


@cache
def _detail_words() -> Speller:
    return Speller(SPELT)


def _is_strange(tokens: list[str], used: set[int], rest: str) -> bool:
    """Whether words that no table has name a thing; English ones before a known word only describe it."""
    if not rest.isascii():
        return names_something(rest)
    for at, token in enumerate(tokens):
        if token in LINKS and at not in used:
            return False
        if at not in used and token in rest.split() and at + 1 not in used:
            return True
    return False


def _from_signs(text: str) -> Garment:
    found: dict[str, Any] = {}
    for sign in text:
        if sign in SIGNS:
            found.setdefault(SIGNS[sign].kind, SIGNS[sign].id)
    return Garment(**found)


def _named(tokens: list[str], found: list[Found]) -> tuple[Garment, tuple[str, ...], Found | None]:
    """Type, colours and pattern as `generation.vocabulary.understand` weighs them; what is negated; the type."""
    without = {
        f"{ {'ink': 'second_colour'}.get(one.kind, one.kind) }.{one.id}"
        for one in found
        if one.kind != "type" and negated(tokens, one.at)
    }
    wanted = of_the_first([one for one in found if not negated(tokens, one.at)], tokens)
    wanted = [one for one in wanted if not _is_a_parts(tokens, one)]
    type_: Found | None = None
    for one in wanted:
        if one.kind == "type" and (type_ is None or (tokens[one.at].isascii() and one.at == type_.end)):
            type_ = one
    pattern = next((one.id for one in wanted if one.kind == "pattern"), None)
    colours = [one.id for one in wanted if one.kind == "colour" and not _is_a_choice(tokens, one)]
    inks = [one.id for one in wanted if one.kind == "ink"]
    if not colours and len(inks) > 1 and pattern in ("striped", "checked"):
        colours, inks = inks, []
    colour = colours[0] if colours else None
    second = next(iter([*inks, *(c for c in colours if c != colour)]), None)
    noun = _noun(tokens, type_) if type_ else None
    garment = Garment(
        type=type_.id if type_ else None,
        noun=noun.text if noun else None,
        colour=colour,
        second_colour=second,
        pattern=pattern,
    )
    return garment, tuple(sorted(without)), type_


def _is_a_parts(tokens: list[str], one: Found) -> bool:
    """«с белым воротничком», "with black buttons": the colour of a part that no table has."""
    if one.kind != "colour" or one.end >= len(tokens) or not one.at:
        return False
    after = tokens[one.end]
    if tokens[one.at - 1] not in ("с", "на", "with", "on") or not after[0].isalpha():
        return False
    if any(other.kind == "type" for other in entries([after])):
        return False
    return after.isascii() or any(parsed.tag.POS == "NOUN" for parsed in analyser().parse(after)[:1])


def _is_a_choice(tokens: list[str], one: Found) -> bool:
    """«красное или синее»: one of the two."""
    return one.at > 0 and tokens[one.at - 1] in ("или", "or")


def _is_a_size(token: str) -> bool:
    """«в мелкую полоску»: it is the stripe's, and the pictures do not show it."""
    return bool(bases(token) & _SIZES)


def _written(text: str, tokens: list[str], span: range) -> str:
    """The words of a span as they were written."""
    written = WORD.findall(text.lower())
    words = written if len(written) == len(tokens) else tokens
    return " ".join(word for at, word in enumerate(words) if at in span and word[0].isalpha())


def _is_a_sleeve(tokens: list[str], one: Found) -> bool:
    """ "with long sleeves" is a detail; "a long sleeve" is a garment."""
    before = tokens[one.at - 1] if one.at else ""
    return tokens[one.at : one.end][0] == "long" and before in ("with", "have", "but", "has", "add")


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
        "to the floor": ("length", "maxi"),
        "оверсайз": ("fit", "oversized"),
        "клеш": ("fit", "flared"),
        "скинни": ("fit", "skinny"),
        "облегающий": ("fit", "skinny"),
        "палаццо": ("fit", "wide"),
        "а силуэт": ("fit", "flared"),
        "а силуэта": ("fit", "flared"),
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
            if negated(tokens, at):
                dropped.append(f"{kind}.{id_}")
            elif getattr(garment, kind) is None and tokens[at] not in ("прям", "прямо"):
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
            refused = negated(tokens, min(span)) and not match.group().startswith(("без", "without", "no "))
            (unwanted if refused else wanted).append(id_)
            if refused:
                used.add(min(span) - 1)
    return with_details((), wanted), tuple(dict.fromkeys(unwanted))


def _is_described(tokens: list[str], used: set[int], at: int, wording: str) -> bool:
    """ "big buttons" is more than "with buttons": it is left to the shopper's own words."""
    before = tokens[at - 1] if at else ""
    return (
        wording.startswith("=")
        and before[:1].isalpha()
        and at - 1 not in used
        and before not in DROPPED
        and before not in LINKS
        and not negated(tokens, at)
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


def _only_a_photo(words: str) -> bool:
    left = [word for word in words.split() if word not in DROPPED and word not in LINKS]
    spoken = _PHOTO.search(words) is not None or _HERE.search(words) is not None
    return spoken and all(_PHOTO.fullmatch(word) or _HERE.fullmatch(word) for word in left)


_CHAT = frozenset(
    """
    плиз плз плизз пж пожалуйста нарисуй нарисуйте покажи покажите хочу мне нет лучше ищу найди подбери есть вас ок теперь
    спасибо нужна нужен нужно нужны можно please pls plz need want draw show would could can surprise asap no maybe looking
    you me i it ok now thanks
    """.split()
)
"""Words of a talk, which no name of a garment has."""
_ASKING = re.compile(
    r"^(?:(?:привет|здравствуй(?:те)?|добрый день|hi|hello)\W+)?(?:а |ну )?"
    r"(?:хочу|хочется|хотел\w* бы|мне (?:бы|нужн\w+|надо)|нужн\w+|нарисуй\w*|покажи\w*|сделай\w*|придумай\w*|можно|"
    r"можешь|давай\w*|i(?: would|'d|’d)? (?:want|like|need)|(?:can|could|would) you|please|draw|show|make|design|create)\b"
)


def is_asked(text: str) -> bool:
    """Whether the garment stands in a whole request: «нарисуй мне красную юбку», "could you draw ...?"."""
    return _ASKING.search(text.strip().lower()) is not None or not _CHAT.isdisjoint(tokenise(text))
