"""A garment said in words: for the model to read, and for the shopper to see what was understood.

Russian adjectives agree with their noun. The words themselves are those of
`generation.words` and `bot.stylist.details`. Knows no chat.
"""

from __future__ import annotations

from bot.stylist.details import DETAILS, LINKS
from bot.stylist.garment import PLAIN, Garment
from bot.stylist.reading import Reading, is_asked, nouns
from generation.vocabulary import COLOURS, FITS, LENGTHS, PATTERNS, TYPES, analyser
from generation.words import Noun

_GENDERS = {"m": {"masc", "sing"}, "f": {"femn", "sing"}, "n": {"neut", "sing"}, "p": {"plur"}}
_FIRST = frozenset({"warmth", "occasion"})
"""Groups of details that are said before the colour: «тёплая чёрная кожаная куртка»."""
_CALLED = {"longsleeve": ("свитер", "sweater"), "pants": ("trousers",), "undershirt": ("tank top",)}
"""Nouns for a type that no word of hers named, where the buttons call it so and not by its first one."""
_BARE = {"ru": Noun("вещь", "", "f", True, None), "en": Noun("garment", "", "s", True, None)}
_FOR = {
    ("women", "ru"): "для женщин",
    ("women", "en"): "for women",
    ("men", "ru"): "для мужчин",
    ("men", "en"): "for men",
}


def is_russian(text: str) -> bool:
    return any("а" <= letter <= "я" or letter == "ё" for letter in text.lower())


def language_of(garment: Garment, language: str) -> str:
    """In which of the model's two languages a garment is said: its own noun's, else the shopper's."""
    spoken = garment.noun or garment.rest
    if spoken:
        return "ru" if is_russian(spoken) else "en"
    return "ru" if language == "ru" else "en"


def say(garment: Garment, language: str) -> str:
    """«красные прямые леопардовые джинсы с карманами», "red straight leopard jeans with pockets"."""
    language = language_of(garment, language)
    noun, own = _noun(garment, language), garment.rest
    if noun is None:
        noun, own = _own_noun(own, language)
    phrases = [
        *_traits(garment, language),
        *_details(garment, language, _FIRST),
        *_in_order(_colour(garment, language), _pattern(garment, language, noun), garment.pattern == PLAIN),
        *_details(garment, language, None),
    ]
    before = [_agree(phrase, noun, language) for phrase in phrases if phrase and not phrase.startswith("=")]
    after = [phrase.removeprefix("=") for phrase in phrases if phrase.startswith("=")]
    adjectives, rest = _own_words(own, noun, language)
    described = [*adjectives, *before] if language == "ru" else [*before, *adjectives]
    return " ".join([*described, noun.text, *after, *rest])


def prompt(words: str, reading: Reading, garment: Garment, language: str) -> str:
    """What the model reads: the shopper's words where they are a plain wish, else what was understood."""
    plain = any(letter.isalpha() for letter in words) and not (reading.mended or reading.without)
    if plain and not is_asked(words):
        return words
    return say(garment, language) if garment.type else words


def for_whom(prompt: str, whom: str | None) -> str:
    """The prompt for women's or men's clothes, unless it says itself for whom."""
    said = ("женск", "мужск", "детск", "для ", "women", "men's", "for a", "kids", "girl", "boy", "унисекс")
    phrase = _FOR.get((whom or "", "ru" if is_russian(prompt) else "en"))
    if not prompt or phrase is None or any(word in prompt.lower() for word in said):
        return prompt
    return f"{prompt} {phrase}"


def negative(garment: Garment) -> str:
    """What a picture is to be steered away from, for the model: "striped, hood". Empty: nothing.

    What is said instead needs no steering: a blue dress is not red. Small models draw worse for every
    word that they are steered away from.
    """
    open_ = [name for name in garment.without if not _is_said(garment, name.partition(".")[0])]
    return ", ".join(dict.fromkeys(word for name in open_ if (word := _unwanted(name))))


def _is_said(garment: Garment, kind: str) -> bool:
    return kind in ("colour", "pattern", "fit", "length") and getattr(garment, kind) is not None


def _unwanted(name: str) -> str:
    kind, _, value = name.partition(".")
    if name in DETAILS:
        return DETAILS[name].en.removeprefix("=with ").removeprefix("=").removeprefix("a ")
    if kind == "rest":
        return plain_noun(value)
    if kind == "pattern":
        return PATTERNS[value].en[0]
    trait = {"fit": FITS, "length": LENGTHS}.get(kind)
    return COLOURS[value].en[0] if trait is None else trait[value].en[0]


def plain_noun(word: str) -> str:
    """The dictionary form of a Russian noun; any English word; empty for other Russian words."""
    if not is_russian(word):
        return word
    noun = next((parsed for parsed in analyser().parse(word) if parsed.tag.POS == "NOUN"), None)
    return "" if noun is None else str(noun.normal_form)


def _noun(garment: Garment, language: str) -> Noun | None:
    if garment.type is None:
        return None if garment.rest else _BARE[language]
    named = next((noun for noun in nouns(garment.type) if noun.text == garment.noun), None)
    if named is not None:
        return named
    kind = TYPES[garment.type]
    choice = kind.ru if language == "ru" else kind.en
    if garment.pattern == "denim":
        return next((noun for noun in choice if noun.implies == "denim"), choice[0])
    return next((noun for noun in choice if noun.text in _CALLED.get(garment.type, ())), choice[0])


def _in_order(colour: str, pattern: str, plain: bool) -> tuple[str, str]:
    """«однотонная чёрная», but «чёрная полосатая»."""
    return (pattern, colour) if plain else (colour, pattern)


def _own_noun(rest: str, language: str) -> tuple[Noun, str]:
    """The first noun of the shopper's own words («сумка с бахромой»), and the other words."""
    words = rest.split()
    if language == "ru":
        for at, word in enumerate(words):
            tags = [parsed.tag for parsed in analyser().parse(word)]
            if tag := next((tag for tag in tags if tag.POS == "NOUN" and "nomn" in tag), None):
                marks = (("plur", "p"), ("femn", "f"), ("neut", "n"))
                gender = next((mark for sign, mark in marks if sign in tag), "m")
                before, after = " ".join(words[:at]), " ".join(words[at + 1 :])
                return Noun(f"{word} {after}".strip(), "", gender, True, None), before
    return Noun(rest, "", "s" if language == "en" else "f", True, None), ""


def _traits(garment: Garment, language: str) -> list[str]:
    traits = (FITS.get(garment.fit or ""), LENGTHS.get(garment.length or ""))
    return [(trait.ru if language == "ru" else trait.en)[0] for trait in traits if trait]


def _details(garment: Garment, language: str, groups: frozenset[str] | None) -> list[str]:
    """The details of these groups; None: of all that do not come first."""
    details = [DETAILS[id_] for id_ in garment.details]
    wanted = [d for d in details if (d.group in groups if groups else d.group not in _FIRST)]
    return [d.ru if language == "ru" else d.en for d in wanted]


def _colour(garment: Garment, language: str) -> str:
    if garment.colour is None:
        return ""
    colour = COLOURS[garment.colour]
    second = COLOURS.get(garment.second_colour or "")
    if second is not None and (garment.pattern is None or not _inked(garment.pattern)):
        if language == "ru":
            return f"{colour.stem}-{second.ru[0]}" if colour.stem else colour.ru[0]
        return f"{colour.en[0]} and {second.en[0]}"
    return colour.ru[0] if language == "ru" else colour.en[0]


def _pattern(garment: Garment, language: str, noun: Noun) -> str:
    if garment.pattern is None or (garment.pattern == noun.implies == "denim"):
        return ""
    pattern = PATTERNS[garment.pattern]
    second = COLOURS.get(garment.second_colour or "")
    if second is not None and _inked(garment.pattern):
        if language == "en":
            return "=" + pattern.en_inked[0].format(second.en[0])
        return "=" + pattern.ru_inked[0].format(
            m=second.ru[0],
            f=_inflect(second.ru[0], {"femn", "sing", "accs"}),
            i=_inflect(second.ru[0], {"plur", "ablt"}),
        )
    if language == "ru":
        return pattern.ru[0]
    return "plain" if garment.pattern == PLAIN else pattern.en[0]


def _inked(pattern: str) -> bool:
    return bool(PATTERNS[pattern].ru_inked)


def _agree(phrase: str, noun: Noun, language: str) -> str:
    return _inflect(phrase, {"nomn", *_GENDERS[noun.gender]}) if language == "ru" else phrase


def _inflect(adjective: str, grammemes: set[str]) -> str:
    for parsed in analyser().parse(adjective):
        if parsed.tag.POS in ("ADJF", "PRTF"):
            form = parsed.inflect(grammemes)
            return str(form.word) if form is not None else adjective
    return adjective


def _own_words(rest: str, noun: Noun, language: str) -> tuple[list[str], list[str]]:
    """The shopper's own words: those before the noun, Russian adjectives in agreement, and those after it."""
    words = rest.split()
    if language != "ru":  # "black pencil skirt with a bow"
        leads = next((at for at, word in enumerate(words) if word in LINKS), len(words))
        return words[:leads], words[leads:]
    before: list[str] = []
    while words and (agreed := _adjective(words[0], noun)) is not None:
        before.append(agreed)
        words.pop(0)
    return before, words


def _adjective(word: str, noun: Noun) -> str | None:
    parsed = analyser().parse(word)[0]
    if parsed.tag.POS not in ("ADJF", "PRTF"):
        return None
    form = parsed.inflect({"nomn", *_GENDERS[noun.gender]})
    return str(form.word) if form is not None else word
