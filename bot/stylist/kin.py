"""Things to wear that are not drawn, and the garments that are nearest to them.

Knows words; what is offered instead, and how, the chat knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from generation.vocabulary import bases, tokenise

_THINGS = """
комбинезон, комбез, полукомбинезон, ромпер, jumpsuit, playsuit, boilersuit, overalls, overall, dungarees | body pants dress
костюм, костюмчик, двойка, тройка, брючный костюм, suit, pantsuit, trouser suit, two-piece suit, three-piece suit | blazer pants skirt
спортивный костюм, tracksuit | hoodie pants
пижама, пижамка, ночнушка, ночная рубашка, ночная сорочка, pyjamas, pajamas, pjs, nightgown, nightdress, nightie, sleepwear | shirt pants tshirt
халат, халатик, пеньюар, bathrobe, robe, dressing gown | outwear dress
купальник, бикини, плавки, swimsuit, bikini, swimwear, swimming trunks | body top shorts
лифчик, бюстгальтер, лиф, трусы, трусики, бельё, стринги, боксеры, кальсоны, bra, sports bra, lingerie, underwear, panties, briefs, boxers, knickers | top body undershirt
колготки, чулки, гамаши, stockings, pantyhose | pants body
носки, носочки, гольфы, гетры, следки, socks, sock | shoes
шарф, шарфик, снуд, палантин, шаль, косынка, платок, scarf, shawl, stole, snood, headscarf, bandana | hat
перчатки, варежки, рукавицы, митенки, gloves, mittens | hat
манишка, галстук, бабочка, галстук-бабочка, подтяжки, tie, necktie, bow tie, suspenders, braces | shirt blazer
мантия, сутана, бурка, абайя, хиджаб, robe, abaya | dress outwear
униформа, форма, uniform | shirt blazer pants
сумка, сумочка, рюкзак, рюкзачок, клатч, шоппер, портфель, кошелёк, чемодан, барсетка, bag, handbag, backpack, purse, clutch, tote, suitcase, wallet |
серьги, серёжки, кольцо, колечко, ожерелье, колье, браслет, кулон, цепочка, брошь, бусы, украшение, бижутерия, earrings, ring, necklace, bracelet, brooch, jewellery, jewelry, pendant |
часы, очки, ремень, зонт, зонтик, запонки, маска, watch, glasses, sunglasses, belt, umbrella, cufflinks |
заколка, ободок, резинка, маникюр, макияж, причёска, hairpin, headband, makeup, hairstyle, nails |
"""


_PEOPLE = ("me", "you", "him", "her", "us", "them")


@dataclass(frozen=True, slots=True)
class Kin:
    """`types` are the nearest garments, the nearest first; none for bags and jewellery."""

    types: tuple[str, ...]


@cache
def _table() -> list[tuple[list[str], Kin]]:
    table = []
    for line in _THINGS.strip().splitlines():
        names, _, types = line.partition("|")
        kin = Kin(tuple(types.split()))
        table += [(tokenise(name), kin) for name in names.split(",")]
    return sorted(table, key=lambda row: -len(row[0]))


def kin_of(text: str) -> Kin | None:
    """The nearest of kin of what a text names; None where it names no such thing."""
    return next((kin for _at, _end, kin in _found(tokenise(text))), None)


def places_of_kin(tokens: list[str]) -> list[tuple[int, int]]:
    """Where such things are named among the tokens, the longest names first."""
    places: list[tuple[int, int]] = []
    for at, end, _kin in _found(tokens):
        if all(end <= start or at >= stop for start, stop in places):
            places.append((at, end))
    return places


def _found(tokens: list[str]) -> Iterator[tuple[int, int, Kin]]:
    for words, kin in _table():
        for at in range(len(tokens) - len(words) + 1):
            end = at + len(words)
            if tokens[at] in ("suit", "suits") and tokens[end : end + 1] and tokens[end] in _PEOPLE:
                continue  # "what suits me?"
            if all(
                word == token or word in bases(token)
                for word, token in zip(words, tokens[at:end], strict=True)
            ):
                yield at, end, kin
