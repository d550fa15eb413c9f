"""Captions: what shoppers would write for a look, in Russian and English, in many phrasings.

Russian adjectives agree with their noun (pymorphy3); a request puts the whole
in the accusative («хочу красную куртку»), a picture of it in the genitive. Some
phrasings are kept for judging and never used in training (`held_out`). This
module knows words only; it does not know pictures or models.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from generation.vocabulary import Look, analyser, fold
from generation.words import (
    COLOURS,
    FILLERS_EN,
    FILLERS_RU,
    FITS,
    KIDS_EN,
    KIDS_RU,
    LENGTHS,
    PATTERNS,
    TYPES,
    Noun,
    Trait,
)

__all__ = ["Look", "caption", "styled"]

Language = Literal["ru", "en"]
Case = Literal["nomn", "accs", "gent"]

# How often an attribute of the look is left unsaid.
NO_TYPE = 0.02
NO_COLOUR = 0.07
NO_NATURAL_COLOUR = 0.5
"""«Леопардовые джинсы»: a colour that the pattern has by nature mostly goes unsaid."""
NO_PATTERN = 0.04
SAY_PLAIN = 0.12
SAY_TRAIT = 0.8
SAY_KIDS = 0.75
SAY_SECOND = 0.7
FILLER = 0.1
PLURAL = 0.06


def _phrasings(**cases: str) -> tuple[tuple[str, Case], ...]:
    """Texts with a place for the garment, each with the case that it asks for in Russian."""
    return tuple((text, case) for case, texts in cases.items() for text in texts.split(" | "))  # type: ignore[misc]


_REQUESTS_RU = _phrasings(
    accs="хочу {} | хочу {} | нарисуй {} | нарисуй мне {} | покажи мне {} | покажи {} | ищу {} | я хочу {} | "
    "нарисуй, пожалуйста, {} | придумай {} | сгенерируй {} | хочу купить {} | мне бы {} | можно {}? | "
    "привет! хочу {} | подбери мне {} | найди {} | изобрази {} | хочу увидеть {} | представь {}",
    nomn="мне нужны фото: {} | картинка: {} | {}, пожалуйста | это {} | {} на белом фоне",
    gent="фото {} | рисунок {}",
)
_REQUESTS_RU_HELD = _phrasings(
    accs="мечтаю увидеть {} | сделай для меня {} | а нарисуешь {}? | очень хочется получить {} | "
    "помоги найти {} | давай {}",
    nomn="как выглядит {} | что-нибудь вроде такого: {}",
    gent="изображение {} | эскиз {}",
)
_REQUESTS_EN = _phrasings(
    nomn="I need {} | draw {} | show me {} | I want {} | I'd like {} | please draw {} | draw me {} | "
    "looking for {} | I'm looking for {} | a picture of {} | a photo of {} | can you draw {}? | {}, please | "
    "find me {} | hi! I want {} | generate {} | I would like {} | make {} | a drawing of {} | give me {} | "
    "I want to buy {} | I want to see {} | this is {} | {} on a white background | imagine {} | "
    "could I see {}?"
)
_REQUESTS_EN_HELD = _phrasings(
    nomn="could you design {}? | what would {} look like | please create {} for me | I am dreaming of {} | "
    "help me find {} | how about {} | an image of {} | let me see {} | I'm after {} | sketch {}"
)
_BARE: tuple[str, Case] = ("{}", "nomn")
BARE = 0.5
"""How often there is no request around the garment."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one caption says: words chosen for each attribute, "" where it is left out."""

    noun: str
    before: list[str]
    after: list[str]
    colour: str


# --- Russian ---------------------------------------------------------------------------------


@cache
def adjective(word: str, gender: str, case: Case) -> str:
    """A Russian adjective in agreement: gender m, f, n or p (plural), an inanimate accusative."""
    prefix, hyphen, last = word.rpartition("-")
    parses = [
        p for p in analyser().parse(last) if p.tag.POS in ("ADJF", "PRTF") and {"nomn", "masc"} in p.tag
    ]
    if not parses:
        raise ValueError(f"{word!r} is no Russian adjective")
    if case == "accs" and gender != "f":
        case = "nomn"  # the inanimate accusative
    number = {"m": {"masc"}, "f": {"femn"}, "n": {"neut"}, "p": {"plur"}}[gender]
    form = parses[0].inflect({case, *number})
    return f"{prefix}{hyphen}{form.word}"


@cache
def _instrumental(word: str) -> str:
    """The plural of «с белыми полосками»."""
    prefix, hyphen, last = word.rpartition("-")
    parse = next(p for p in analyser().parse(last) if "ADJF" in p.tag and "nomn" in p.tag)
    return f"{prefix}{hyphen}{parse.inflect({'ablt', 'plur'}).word}"


@cache
def _declined(noun: Noun, case: Case, plural: bool) -> str:
    """A noun in a case; «брюки» are plural in any event."""
    if not noun.declined:
        return noun.text
    prefix, hyphen, last = noun.head.rpartition("-")
    plural = plural or noun.gender == "p"
    if case == "accs" and (plural or noun.gender != "f"):
        case = "nomn"
    if case == "nomn" and (not plural or noun.gender == "p"):
        return noun.text
    wanted = {"m": "masc", "f": "femn", "n": "neut", "p": "plur"}[noun.gender]
    for parse in analyser().parse(last):
        if parse.tag.POS == "NOUN" and {"nomn", "inan", wanted} in parse.tag:
            form = parse.inflect({case, "plur" if plural else "sing"})
            if form:
                return f"{prefix}{hyphen}{form.word} {noun.tail}".rstrip()
    return f"{prefix}{hyphen}{_declined_regularly(last, noun.gender, case, plural)} {noun.tail}".rstrip()


def _declined_regularly(word: str, gender: str, case: Case, plural: bool) -> str:
    """Young loanwords that the dictionary guesses wrongly: свитшот, топик, леггинсы."""
    if gender not in "mp":
        raise ValueError(f"{word!r} is in no dictionary")
    stem = word[:-1] if gender == "p" else word
    if case == "gent":
        return stem + ("ов" if plural else "а")
    return stem + ("и" if stem[-1] in "кгхжшчщ" else "ы")


@cache
def _compound(look: Look) -> str:
    """«Чёрно-белый», or "" where such a word has another meaning («красно-коричневый»)."""
    if look.second_colour is None or not COLOURS[look.colour].stem:
        return ""
    second = _adjectives(look.second_colour)[0]
    word = f"{COLOURS[look.colour].stem}-{second}"
    taken = {fold(name) for colour in COLOURS.values() for name in (*colour.ru, *colour.also)}
    return "" if "-" in second or fold(word) in taken else word


@cache
def _adjectives(colour: str) -> tuple[str, ...]:
    return tuple(word for word in COLOURS[colour].ru if not word.startswith("="))


def _russian_phrase(look: Look, rng: random.Random, case: Case, bare: bool, held_out: bool) -> str:
    plural = rng.random() < PLURAL
    noun = _choose_noun(look, TYPES[look.type].ru, rng)
    gender = noun.gender
    word = _declined(noun, case, plural)
    if plural and noun.gender != "p":
        gender = "p"
    if rng.random() < NO_TYPE and not held_out:
        gender, word = "n", "чего-то" if case == "gent" else "что-то"
    before: list[str] = []
    after: list[str] = []

    def put(text: str) -> None:
        if text.startswith("="):
            after.append(text[1:])
        else:
            before.append(adjective(text, gender, case))

    for trait in _traits(look, rng):
        put(rng.choice(trait.ru))
    pattern, second = _pattern_said(look, noun, rng, held_out)
    colour = ""
    if _colour_said(look, rng, held_out):
        colour = rng.choice(COLOURS[look.colour].ru)
        both = _compound(look) if second and rng.random() < 0.5 else ""
        if both:
            colour, second = both, False
        elif not colour.startswith("=") and rng.random() < 0.12:
            colour = f"={adjective(colour, 'm', 'gent')} цвета"
    if pattern:
        inked = PATTERNS[look.pattern].ru_inked
        if second and look.second_colour and inked:
            text = rng.choice(inked)
            ink = rng.choice(_adjectives(look.second_colour))
            after.append(
                text.format(
                    m=adjective(ink, "m", "accs"), f=adjective(ink, "f", "accs"), i=_instrumental(ink)
                )
            )
        else:
            put(rng.choice(PATTERNS[look.pattern].ru))
    if look.kids and rng.random() < SAY_KIDS:
        put(rng.choice(KIDS_RU))
    elif rng.random() < FILLER:
        put(rng.choice([w for w in FILLERS_RU if not look.kids or w not in ("женский", "мужской")]))
    if colour.startswith("="):
        after.append(colour[1:])
        colour = ""
    elif colour:
        colour = adjective(colour, gender, case)
    if word.endswith("-то"):
        return " ".join([word, *before, *([colour] if colour else []), *after])
    return _order(_Said(word, before, after, colour), rng, bare and held_out)


# --- English ---------------------------------------------------------------------------------


def _english_phrase(look: Look, rng: random.Random, bare: bool, held_out: bool) -> str:
    noun = _choose_noun(look, TYPES[look.type].en, rng)
    word, many = noun.text, noun.gender == "p"
    if not many and rng.random() < PLURAL:
        word, many = _plural(word), True
    nothing = rng.random() < NO_TYPE and not held_out
    before: list[str] = []
    after: list[str] = []

    def put(text: str) -> None:
        if text.startswith("="):
            after.append(text[1:])
        else:
            before.append(text)

    for trait in _traits(look, rng):
        put(rng.choice(trait.en))
    pattern, second = _pattern_said(look, noun, rng, held_out)
    colour = ""
    if _colour_said(look, rng, held_out):
        colour = rng.choice(COLOURS[look.colour].en)
        if look.second_colour and second and rng.random() < 0.4:
            colour = f"{colour} and {rng.choice(COLOURS[look.second_colour].en)}"
            second = False
        elif rng.random() < 0.12:
            after.append(f"in {colour}")
            colour = ""
    if pattern:
        inked = PATTERNS[look.pattern].en_inked
        if second and look.second_colour and inked:
            text = rng.choice(inked).format(rng.choice(COLOURS[look.second_colour].en))
            after.append(re.sub(r"\ba (?=[aeio])", "an ", text))
        else:
            put(rng.choice(PATTERNS[look.pattern].en))
    if look.kids and rng.random() < SAY_KIDS:
        put(rng.choice(KIDS_EN))
    elif rng.random() < FILLER:
        put(rng.choice([w for w in FILLERS_EN if not look.kids or w not in ("women's", "men's")]))
    if nothing:
        adjectives = " ".join([colour, *before]).strip()
        return " ".join(["something", adjectives, *after]).replace("  ", " ").strip()
    phrase = _order(_Said(word, before, after, colour), rng, bare and held_out)
    chance = rng.random()
    if many:
        return f"a pair of {phrase}" if noun.gender == "p" and chance < 0.12 else phrase
    begins = phrase.split(" ", 1)[0].rstrip(",")
    if chance > 0.6 or (held_out and bare) or begins in ("for", "in", "made", "with", "without"):
        return phrase
    return f"{_article(phrase)} {phrase}"


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "ch", "x")) else "s")


def _article(phrase: str) -> str:
    first = phrase.split(" ", 1)[0]
    return "an" if first[0] in "aeio" and not first.startswith("one") else "a"


# --- both ------------------------------------------------------------------------------------


def _choose_noun(look: Look, nouns: Sequence[Noun], rng: random.Random) -> Noun:
    """A noun of the type; «джинсы» only for prints and denim, since plain cloth would belie it."""
    noun = rng.choice(nouns)
    while noun.implies and look.pattern == "plain":
        noun = rng.choice(nouns)
    return noun


def _traits(look: Look, rng: random.Random) -> list[Trait]:
    """The fit and length to be said; where the look has no fit, now and then one that is not shown."""
    traits = []
    if look.fit and rng.random() < SAY_TRAIT:
        traits.append(FITS[look.fit])
    elif not look.fit and rng.random() < FILLER:
        suited = _suited(look.type)
        if suited:
            traits.append(rng.choice(suited))
    if look.length and rng.random() < SAY_TRAIT:
        traits.append(LENGTHS[look.length])
    return traits


@cache
def _suited(type_: str) -> tuple[Trait, ...]:
    return tuple(trait for trait in FITS.values() if type_ in trait.types)


def _colour_said(look: Look, rng: random.Random, always: bool) -> bool:
    natural = look.colour in PATTERNS[look.pattern].natural
    return always or rng.random() >= (NO_NATURAL_COLOUR if natural else NO_COLOUR)


def _pattern_said(look: Look, noun: Noun, rng: random.Random, always: bool) -> tuple[bool, bool]:
    """Whether the pattern is said, and with the second colour."""
    chance = rng.random()
    if look.pattern == "plain":
        return chance < SAY_PLAIN, False
    if noun.implies == look.pattern:
        return chance < 0.08, False
    # jeans of an unsaid pattern would be read as denim
    said = always or chance >= NO_PATTERN or bool(noun.implies)
    return said, said and look.second_colour is not None and rng.random() < SAY_SECOND


def _order(said: _Said, rng: random.Random, held_out: bool) -> str:
    """One of the word orders; the held-out ones are used in no training caption."""
    before = [*said.before, said.colour] if said.colour else list(said.before)
    rng.shuffle(before)
    after = list(said.after)
    rng.shuffle(after)
    return rng.choice(_HELD_ORDERS if held_out else _ORDERS)(said.noun, before, after)


def _usual(noun: str, before: list[str], after: list[str]) -> str:
    return " ".join([*before, noun, *after])


def _noun_first(noun: str, before: list[str], after: list[str]) -> str:
    if noun.isascii():
        return _usual(noun, before, after)
    return " ".join([noun, *before, *after])


def _listed(noun: str, before: list[str], after: list[str]) -> str:
    return ", ".join([noun, *before, *after])


def _half(noun: str, before: list[str], after: list[str]) -> str:
    if noun.isascii() or not before:
        return _usual(noun, before, after)
    return " ".join([before[0], noun, *before[1:], *after])


def _commas_before(noun: str, before: list[str], after: list[str]) -> str:
    return " ".join([", ".join(before), noun, *after]).strip()


def _keywords_last(noun: str, before: list[str], after: list[str]) -> str:
    return ", ".join([*after, *before, noun])


def _noun_dash(noun: str, before: list[str], after: list[str]) -> str:
    return " — ".join([noun, " ".join([*before, *after])]) if before or after else noun


_Order = Callable[[str, list[str], list[str]], str]
_ORDERS: tuple[_Order, ...] = (*(_usual,) * 6, _noun_first, _noun_first, _half, _listed, _commas_before)
_HELD_ORDERS: tuple[_Order, ...] = (_keywords_last, _noun_dash)


def _finish(text: str, rng: random.Random) -> str:
    """Capitals, final punctuation and ё as people type them."""
    text = re.sub(r"\bс (?=с[бвгджзклмнпрст])", "со ", text)
    if rng.random() < 0.5:
        text = text.replace("ё", "е")
    chance = rng.random()
    if chance < 0.4:
        text = text[0].upper() + text[1:]
    elif chance < 0.42:
        text = text.upper()
    if text[-1].isalpha():
        chance = rng.random()
        text += "." if chance < 0.12 else "!" if chance < 0.15 else "…" if chance < 0.16 else ""
    return text


def caption(look: Look, language: Language, rng: random.Random, held_out: bool = False) -> str:
    """One phrasing of a look, drawn with `rng`.

    `held_out`: a phrasing that occurs in no training caption, for judging; it always names the type,
    the colour and the pattern (a plain cloth aside, which may go without saying).
    """
    bare = rng.random() < BARE
    if language == "ru":
        requests = _REQUESTS_RU_HELD if held_out else _REQUESTS_RU
        template, case = _BARE if bare else rng.choice(requests)
        text = template.format(_russian_phrase(look, rng, case, bare, held_out))
    else:
        english = _REQUESTS_EN_HELD if held_out else _REQUESTS_EN
        template = "{}" if bare else rng.choice(english)[0]
        text = template.format(_english_phrase(look, rng, bare, held_out))
    return _finish(text, rng)


_STYLED_RU = _phrasings(
    nomn="{} того же стиля | {} в том же стиле | {} в таком стиле | {} в таком же стиле | {} в этом стиле | "
    "{such} же {} | {} как на фото | {} такой же расцветки | {} с таким же узором | {} такого же цвета | "
    "{} из такой же ткани | {like} {} | {}",
    accs="хочу {} в таком же стиле | хочу {such} же {} | нарисуй {} в этом стиле | покажи {} в том же стиле",
)
_STYLED_RU_HELD = _phrasings(
    nomn="{} в стиле этой вещи | {} под стать этому | {} как здесь",
    accs="сделай {} по этому образцу | мне бы {} с той же расцветкой | подбери {} похожего вида",
)
_STYLED_EN = _phrasings(
    nomn="{a} in the same style | {a} in this style | {a} of the same style | the same but as {a} | "
    "{a} like this | {a} like in the photo | I want {a} in the same style | draw {a} in this style | "
    "{a} with the same pattern | "
    "{a} of the same colour | {a} made of this fabric | show me {a} in the same style | {} same style | {a}"
)
_STYLED_EN_HELD = _phrasings(
    nomn="{a} to go with this look | turn this into {a} | could you make {a} after this picture | "
    "{a} matching the photo | {a} inspired by this | please create {a} with this look"
)
_SUCH = {
    "m": ("такой", "похожий"),
    "f": ("такая", "похожая"),
    "n": ("такое", "похожее"),
    "p": ("такие", "похожие"),
}
_SUCH_ACCS = _SUCH | {"f": ("такую", "похожую")}


def styled(type_id: str, language: Language, rng: random.Random, held_out: bool = False) -> str:
    """A caption of a photo whose style is to be taken over: «пиджак того же стиля»."""
    if language == "ru":
        template, case = rng.choice(_STYLED_RU_HELD if held_out else _STYLED_RU)
        noun = rng.choice(TYPES[type_id].ru)
        such, like = (_SUCH_ACCS if case == "accs" else _SUCH)[noun.gender]
        return _finish(template.format(_declined(noun, case, False), such=such, like=like), rng)
    english, _ = rng.choice(_STYLED_EN_HELD if held_out else _STYLED_EN)
    noun = rng.choice(TYPES[type_id].en)
    one = noun.text if noun.gender == "p" else f"{_article(noun.text)} {noun.text}"
    return _finish(english.format(noun.text, a=one), rng)
