"""The shopper's own words: what is left of a message when everything that a table has is taken away.

Of a plain wish all of them describe the garment («платье с бахромой»); of a
story only those beside it do. Knows tokens, not what is drawn of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from bot.stylist.details import LINKS
from bot.stylist.negation import TAKE_AWAY, negated
from generation.vocabulary import analyser

WORD = re.compile(r"[a-zа-яё]+|[,;:.!?]")
STORY = 6
"""More own words than this are a story."""
BESIDE = 4
"""So many own words after a garment in a story still describe it."""
DROPPED = frozenset(
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
    нарисовать рисовать сделать увидеть посмотреть знаешь скажи слушай плиз плз пж ладно блин короче кстати чтоб прям прямо
    подскажи подскажите посоветуй мечтаю цветов прошу буду ой вообще именно смотри гляди
    подойдет захотелось думаю про найти найдите типо думала срочно плизз пожалуй жду plz pls looking wanna gonna
    одеться аутфит лук луки вещь вещи garment should what
    этому этим этой этих ничего любой любого любое любая любые любом кроме виду имела имел насчет супер класс круто отлично вау ого ура красота
    don t doesn isn any except about how meant asked said surprise asap thing things great cool perfect wow awesome lovely
    рублей руб размера размер рост лет сорян здравствуй добрый доброе утро день вечер красавчик подарок smth gimme bro yo u
    drip sick fit w go too nothing
    wait actually sorry точнее вернее передумала передумал
    wearing dressed maybe kind lol omg hmm well ok okay really nah naw nope yeah yep ugh eh hm meh слыш слышь эй йоу
    че чо норм года годика годиков colors colours
    pattern print lose different other rather let s d m
    """.split()
)
"""Words that carry no look: what is left when they are taken away is the shopper's own description."""
_LEADS = frozenset({"с", "из", "на", "для", "без", "под", "в", "with", "in", "for", "of", "on", "without"})
_TELLING = frozenset(
    """
    i we he she they you it is are was were am been have has had do does did will would could should can going go went
    think know saw see look looks turns said told because when while who which that this these those there here my
    mine our his her their your me him them not never always also and but if so then than just please
    """.split()
)
"""English words that describe no garment."""
_TELLERS = frozenset(
    "we he she they you is are was were am been have has had did will going went think know saw said told because".split()
)
"""Of those, the ones that only a story has: "we are going to a party"."""
_ARTICLES = ("a", "an", "the")
_CHATTER = frozenset({"VERB", "INFN", "GRND", "NPRO", "PRED", "CONJ", "PRCL", "INTJ"})
"""Parts of speech (pymorphy3's names) that no description of a garment needs."""
_PEOPLE = re.compile(
    r"\b(?:(?:девушк|женщин|мужчин|парн|модел|человек|девочк|мальчик)\w*|парень) (?=(?:в|во) )"
    r"|\b(?:girl|woman|man|lady|guy|boy|model|person)s? (?:who is |that is )?(?:wearing|in|dressed in)\b"
)
"""Who wears it is not drawn: «девушка в красном платье»."""


def own_words(text: str, tokens: list[str], used: set[int], type_: tuple[int, int] | None) -> str:
    """The words that no table has, as they were written, without links that lead nowhere.

    type_: where the garment stands among the tokens, if one is named.
    """
    written = WORD.findall(text.lower())
    if len(written) != len(tokens):
        written = tokens
    used = used | _people(tokens)
    kept = _kept(tokens, used)
    if type_ is not None and is_story(tokens, kept):
        kept = sorted(_beside(tokens, used, *type_))
    else:
        kept = _kept(
            tokens, used | {at for at in range(len(tokens)) if _is_chatter(tokens, at, type_ is None)}
        )
    return " ".join(written[at] for at in kept)


def _kept(tokens: list[str], used: set[int]) -> list[int]:
    """The places of the words that are left, without links that lead nowhere."""
    kept: list[int] = []
    for run in _runs(tokens, used):
        while run and (tokens[run[-1]] in (*LINKS, *_ARTICLES) or not tokens[run[-1]][0].isalpha()):
            run.pop()
        while run and (tokens[run[0]] in ("и", "или", "and", "or") or not tokens[run[0]][0].isalpha()):
            run.pop(0)
        if run and _leads_to(tokens, run, used):
            continue
        kept += [at for at in run if tokens[at][0].isalpha()]
    return kept


def _is_alike(tokens: list[str], at: int) -> bool:
    """«как у детектива», «голубые как небо», "blue as the sky\""""
    if tokens[at] == "as":
        return at > 0 and tokens[at + 1 : at + 2] in (["the"], ["a"])
    if tokens[at] != "как" or at + 1 == len(tokens):
        return False
    parsed = analyser().parse(tokens[at + 1])[0]
    return tokens[at + 1] == "у" or (at > 0 and parsed.tag.POS == "NOUN" and "nomn" in parsed.tag)


def _is_chatter(tokens: list[str], at: int, garment_left_open: bool) -> bool:
    """Verbs, pronouns and the like, which describe no garment: «давай попробуем в синем», "could we see it"."""
    token = tokens[at]
    if token.isascii():
        return garment_left_open and token in _TELLING and token not in LINKS
    if token in LINKS or _is_alike(tokens, at) or (at and tokens[at - 1] in _LEADS):
        return False
    return analyser().parse(token)[0].tag.POS in _CHATTER


def _leads_to(tokens: list[str], run: list[int], used: set[int]) -> bool:
    """«с тонкой» before «полоской», "with subtle" before "pinstripes": nothing without the word that is known."""
    run = [at for at in run if tokens[at] not in _ARTICLES]
    if tokens[run[0]] not in ("с", "в", "with", "in") or not 1 < len(run) < 4 or run[-1] + 1 not in used:
        return False
    return all(tokens[at].isascii() or _is_adjective(tokens[at]) for at in run[1:])


def is_story(tokens: list[str], own: list[int]) -> bool:
    """Whether the garment stands among sentences, so that not every word is about it."""
    if sum(tokens[at] not in _ARTICLES for at in own) > STORY:
        return True
    return any(tokens[at] in _TELLERS if tokens[at].isascii() else _is_told(tokens[at]) for at in own)


def _is_told(word: str) -> bool:
    tag = analyser().parse(word)[0].tag
    return tag.POS in ("VERB", "NPRO", "GRND", "PRED") and "impr" not in tag


def _beside(tokens: list[str], used: set[int], start: int, end: int) -> Iterator[int]:
    """Adjectives before the garment, and what is said of it after: «в потрясающем платье с бантом»."""
    before = start - 1
    while before >= 0 and (before in used or _describes(tokens[before], start - before)):
        if before not in used:
            yield before
        before -= 1
    found: list[int] = []
    led = False
    for at in range(end, len(tokens)):
        token = tokens[at]
        if at in used and token[0].isalpha():
            led = False
            continue
        if len(found) == BESIDE or not (token in _LEADS or led or _is_adjective(token)):
            break
        if token in DROPPED or token in _TELLING or not token[0].isalpha():
            break
        led = token in _LEADS or (led and _is_adjective(token))
        found.append(at)
    while found and tokens[found[-1]] in LINKS:
        found.pop()
    lead = next((at for at in range(len(found) - 1, -1, -1) if tokens[found[at]] in LINKS), None)
    if lead is not None and _leads_to(tokens, found[lead:], used):
        found = found[:lead]
    yield from found


def _describes(token: str, distance: int) -> bool:
    if not token[0].isalpha() or token in DROPPED or token in LINKS or token in _TELLING:
        return False
    return distance <= 2 if token.isascii() else _is_adjective(token)


def _is_adjective(token: str) -> bool:
    tag = analyser().parse(token)[0].tag
    return not token.isascii() and tag.POS in ("ADJF", "PRTF") and ("Apro" not in tag or "Anum" in tag)


def _people(tokens: list[str]) -> set[int]:
    words, place, starts = " ".join(tokens), 0, []
    for token in tokens:
        starts.append(place)
        place += len(token) + 1
    return {
        at
        for match in _PEOPLE.finditer(words)
        for at, start in enumerate(starts)
        if match.start() <= start < match.end()
    }


def taken_away(tokens: list[str], used: set[int]) -> tuple[str, ...]:
    """The shopper's own words that are not wanted: «без банта», "remove the bow"."""
    return tuple(
        f"rest.{token}"
        for at, token in enumerate(tokens)
        if at not in used and token not in DROPPED and token[0].isalpha() and _is_left_out(tokens, at)
    )


def _is_left_out(tokens: list[str], at: int) -> bool:
    if not negated(tokens, at):
        return False
    if tokens[at].isascii():
        return tokens[at] != "any" and bool(
            {"without", "no", "remove", "drop", "lose"} & set(tokens[max(0, at - 2) : at])
        )
    return any(parsed.tag.POS == "NOUN" for parsed in analyser().parse(tokens[at]))


def names_something(rest: str) -> bool:
    """Whether the words have a noun that does not hang on a preposition."""
    words = rest.split()
    head = list(takewhile(lambda word: word not in LINKS and word != "как", words))
    if not any("а" <= letter <= "я" for letter in rest):
        return bool(head)
    return any(parsed.tag.POS == "NOUN" for word in head for parsed in analyser().parse(word)[:1])


def manner(rest: str) -> str:
    """Of words without a garment those that can follow one: «надеть на свадьбу» → «на свадьбу»."""
    words = rest.split()
    start = next((at for at, word in enumerate(words) if word in LINKS and at + 1 < len(words)), None)
    return "" if start is None else " ".join(words[start:])


def _runs(tokens: list[str], used: set[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for at, token in enumerate(tokens):
        if token in _ARTICLES and at not in used and run:
            if tokens[run[-1]] in LINKS:
                run.append(at)  # "with a bow" is one
            continue
        idle = token == "any" and tokens[at - 1 : at] not in (["without"], ["no"])
        if (
            at in used
            or (token in DROPPED and not _is_alike(tokens, at))
            or idle
            or (at and tokens[at - 1] in TAKE_AWAY)
        ):
            yield run
            run = []
        else:
            run.append(at)
    yield run
