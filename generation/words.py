"""The words of the wardrobe: patterns, fits and lengths, beside its nouns and colours.

A Russian adjective stands in its dictionary form; "=" marks a phrase that never
changes and follows the noun. A word is written twice where it should be said more
often; `also` is understood and never said. This module is a table; what is done
with the words, `generation.vocabulary` and `generation.training.captions` know.
"""

from __future__ import annotations

from dataclasses import dataclass

from generation.colours import COLOURS, Colour, listed
from generation.nouns import TYPES, Noun, Type, read_noun

__all__ = [
    "COLOURS",
    "FILLERS_EN",
    "FILLERS_RU",
    "FITS",
    "KIDS_EN",
    "KIDS_RU",
    "LENGTHS",
    "PATTERNS",
    "TYPES",
    "Colour",
    "Noun",
    "Pattern",
    "Trait",
    "Type",
    "read_noun",
]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern: adjectives and "=" phrases; `inked` phrases have a place for the second colour.

    The place's mark is the Russian adjective's form: {m}, {f} accusative, {i} instrumental plural.
    """

    en: tuple[str, ...]
    ru: tuple[str, ...]
    en_inked: tuple[str, ...] = ()
    ru_inked: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    natural: tuple[str, ...] = ()


def _pattern(
    en: str, ru: str, en_inked: str = "", ru_inked: str = "", also: str = "", natural: str = ""
) -> Pattern:
    return Pattern(listed(en), listed(ru), listed(en_inked), listed(ru_inked), listed(also), listed(natural))


PATTERNS: dict[str, Pattern] = {
    "plain": _pattern(
        "plain, solid-coloured, =without a print, =with no pattern",
        "однотонный, =без рисунка, =без принта, гладкий, одноцветный",
        also="solid, solid colour, plain-coloured, solid color, unpatterned, =без узора, =без узоров, монотонный, одноцветный",
    ),
    "leopard": _pattern(
        "leopard, leopard-print, leopard print, =in leopard print, =with a leopard print, animal-print leopard",
        "леопардовый, леопардовый, =с леопардовым принтом, =в леопардовый принт, =под леопарда, =с принтом леопард, "
        "леопардовый, =леопардовой расцветки",
        also="leopard-patterned, леопард, cheetah, cheetah print, гепардовый, леопардовый принт, пятнистый, тигровый, змеиный, питоновый, под змею, под питона, snakeskin, snake print, python print, под тигра, под гепарда, под ягуара, animal print, "
        "анималистичный принт, звериный принт, хищный принт, tiger print, tiger, "
        "с леопардовым узором, леопардовый рисунок, leopard spots, jaguar, leopards, лео",
        natural="beige, brown, orange",
    ),
    "zebra": _pattern(
        "zebra, zebra-print, zebra print, =in zebra print, =with a zebra print, zebra-striped",
        "=с принтом зебра, =с зебровым принтом, =под зебру, зебровый, =в расцветке зебра, =с узором зебра",
        also="зебра, zebras, zebra-patterned, zebra stripes, зебристый, зебровый принт, полосы зебры",
        natural="white, black",
    ),
    "striped": _pattern(
        "striped, striped, stripy, =with stripes, =in stripes, stripe",
        "полосатый, полосатый, =в полоску, =в полоску, =с полосками, =с полосами, =в полосочку",
        "with {} stripes, with {} stripes, in {} stripes",
        "в {f} полоску, в {f} полоску, с {i} полосками, с {i} полосами",
        "полоска, полоса, stripes, stripey, pinstripe, pinstriped, с полоской, матросский, в полосы, breton, полосочка, pinstripes, nautical, herringbone, в ёлочку, под ёлочку, узор ёлочка, рисунок ёлочка, твид ёлочка, тельняшечный",
    ),
    "checked": _pattern(
        "checked, checked, plaid, checkered, tartan, =with checks, =in a check pattern",
        "клетчатый, клетчатый, =в клетку, =в клетку, =в клеточку, =с узором в клетку, =в шотландскую клетку",
        "with {} checks, in {} check, with a {} check",
        "в {f} клетку, в {f} клетку, в {f} клеточку",
        "клетка, клеточка, check, checks, chequered, gingham, шотландка, гленчек, с клеткой, windowpane, checker, в ромб, в ромбик, ромбы, с ромбами, гусиная лапка, виши, пье-де-пуль, пепита, тартан, "
        "houndstooth, argyle, glen check, buffalo check, buffalo plaid, checkerboard, madras, шахматный, в шахматку",
    ),
    "dotted": _pattern(
        "polka-dot, polka dot, dotted, =with polka dots, =in polka dots, spotted, =with dots",
        "=в горошек, =в горошек, =в горошек, =в горох, =с горошком, гороховый, =в точечку",
        "with {} polka dots, with {} dots, in {} polka dots",
        "в {m} горошек, в {m} горошек, в {m} горох, с {i} горошинами",
        "горошек, горошковый, polka, polkadot, polka dots, dots, в крапинку, в точку, горох, горошина, в крупный горошек, "
        "в мелкий горошек, dot, крапинка, с горошинами, в кружок, в кружочек, горошинка, в горошинку, в пятнышко, dotty, polkadots, polka-dots, далматинец, dalmatian",
    ),
    "floral": _pattern(
        "floral, floral, flowery, =with flowers, =with a floral print, flower-print, =in a floral pattern",
        "цветочный, =в цветочек, =в цветочек, =с цветами, =с цветочным принтом, =в цветы, =с цветочным узором",
        "with {} flowers, with {} flowers",
        "с {i} цветами, в {m} цветочек, с {i} цветочками",
        "в цветок, с цветочками, цветочек, с цветком, flowers, flower, flowered, с розами, в розочку, в цветах, "
        "с цветочным рисунком, цветастый, botanical, blossoms, в мелкий цветочек, в крупный цветок, с цветком, флоральный, с пионами, с ромашками, в ромашку, "
        "с маками, с подсолнухами, в розах, гавайский, hawaiian, aloha, paisley, пейсли, ditsy, daisy, daisies, roses",
    ),
    "camouflage": _pattern(
        "camouflage, camo, camouflage-print, =in camouflage, =with a camo print, military-print",
        "камуфляжный, камуфляжный, =с камуфляжным принтом, =с принтом камуфляж, =в камуфляжной расцветке, =в камуфляже",
        also="камуфляж, милитари, military, camouflaged, маскировочный, army-print, camouflage print, камуфло, camo print",
        natural="olive, dark_green, green, brown, beige",
    ),
    "denim": _pattern(
        "denim, denim, =made of denim, =in denim", "джинсовый, джинсовый, =из денима, =из джинсы, денимовый",
        also="деним, jean, из джинсовой ткани, джинса",
        natural="blue, navy, light_blue",
    ),
}  # fmt: skip
"""The patterns that are drawn; `natural` are the ground colours that need not be said."""


@dataclass(frozen=True, slots=True)
class Trait:
    """A fit or a length: its words and the types of which it is said."""

    en: tuple[str, ...]
    ru: tuple[str, ...]
    types: tuple[str, ...]


def _trait(en: str, ru: str, types: str) -> Trait:
    return Trait(listed(en), listed(ru), tuple(types.split()))


_UPPER = "tshirt longsleeve shirt polo undershirt blazer hoodie top blouse outwear"

FITS: dict[str, Trait] = {
    "straight": _trait(
        "straight, straight-cut, straight-leg",
        "прямой, прямой, =прямого кроя",
        "pants skirt dress outwear blazer shorts",
    ),
    "skinny": _trait("skinny, tight, narrow", "узкий, обтягивающий, =в обтяжку", "pants skirt top"),
    "slim": _trait(
        "slim, fitted, slim-fit", "приталенный, =по фигуре", "shirt dress blazer outwear polo blouse"
    ),
    "loose": _trait(
        "loose, loose-fitting, relaxed", "свободный, =свободного кроя", f"pants dress {_UPPER} shorts"
    ),
    "oversized": _trait("oversized, oversize", "=оверсайз, объёмный, =в стиле оверсайз", f"dress {_UPPER}"),
    "wide": _trait("wide, wide-leg, baggy", "широкий, широкий, мешковатый", "pants shorts"),
    "flared": _trait("flared, flared", "расклешённый, =клёш", "pants skirt dress"),
    "high_waisted": _trait(
        "high-waisted, high-rise", "=с высокой посадкой, =с завышенной талией", "pants skirt shorts"
    ),
}
LENGTHS: dict[str, Trait] = {
    "short": _trait("short, cropped", "короткий, укороченный", f"dress skirt pants {_UPPER}"),
    "long": _trait("long, long", "длинный, длинный, удлинённый", f"dress skirt shorts {_UPPER}"),
    "mini": _trait("mini, mini", "=мини, =длины мини", "dress skirt"),
    "midi": _trait("midi, midi", "=миди, =длины миди", "dress skirt"),
    "maxi": _trait("maxi, full-length", "=макси, =в пол", "dress skirt"),
}
KIDS_RU = ("детский", "детский", "=для ребёнка", "=для мальчика", "=для девочки", "=для малыша")
KIDS_EN = ("kids'", "children's", "child's", "=for a child", "=for a boy", "=for a girl", "=for kids")
FILLERS_RU = (
    *("красивый", "модный", "стильный", "новый", "простой", "удобный", "лёгкий", "классический", "повседневный"),
    *("женский", "мужской", "хлопковый", "летний", "=на каждый день", "=для прогулки", "=на лето", "=на осень"),
)  # fmt: skip
FILLERS_EN = (
    *("nice", "stylish", "fashionable", "beautiful", "casual", "simple", "classic", "comfortable", "cotton"),
    *("men's", "women's", "summer", "new", "=for every day", "=for a walk", "=for the summer", "=for autumn"),
)  # fmt: skip
"""Words that shoppers say and pictures do not show."""
