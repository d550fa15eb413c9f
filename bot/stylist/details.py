"""The words of a conversation about a garment, beside those of `generation.words`.

Details are what shoppers say of a garment and the vocabulary has no table for:
sleeves, warmth, material, occasion. Steps are comparisons: darker, shorter,
warmer. Signs are emoji that name a garment, a colour or a pattern. A table of
words in both languages; what is done with them, `bot.stylist.reading` and
`bot.stylist.wording` know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Detail:
    """How it is said ("=" marks a phrase that follows the noun) and by which words it is known.

    known: a regular expression over folded words with one space between them.
    group: of one group a garment has one detail.
    """

    ru: str
    en: str
    known: re.Pattern[str]
    group: str


def _detail(ru: str, en: str, known: str, group: str) -> Detail:
    return Detail(ru, en, re.compile(rf"\b(?:{known})\b"), group)


DETAILS: dict[str, Detail] = {
    "long_sleeve": _detail(
        "=с длинным рукавом",
        "=with long sleeves",
        r"(?:с )?(?<!слишком )длинн\w* рукав\w*|рукав\w* (?:(?:по)?длиннее|(?:слишком |очень )?коротк\w+)|слишком коротк\w* рукав\w*|sleeves? (?:(?:are )?(?:a bit |a little |much |way )?(?:longer|too short))|(?:по)?длиннее рукав\w*|(?:with )?long(?:er)?[- ]sleeved?s?",
        "sleeve",
    ),
    "short_sleeve": _detail(
        "=с коротким рукавом",
        "=with short sleeves",
        r"(?:с )?(?<!слишком )коротк\w* рукав\w*|рукав\w* (?:(?:по)?короче|поменьше|(?:слишком |очень )?длинн\w+)|слишком длинн\w* рукав\w*|поменьше рукав\w*|sleeves? (?:(?:are )?(?:a bit |a little |much |way )?(?:shorter|smaller|too long))|(?:shorter|smaller) sleeves|(?:по)?короче рукав\w*|(?:with )?short(?:er)?[- ]sleeved?s?",
        "sleeve",
    ),
    "sleeveless": _detail(
        "=без рукавов",
        "sleeveless",
        r"без рукав\w*|sleeveless|without (?:the )?sleeves?|no sleeves?",
        "sleeve",
    ),
    "warm": _detail(
        "тёплый", "warm", r"тепленьк\w*|тепл(?:ый|ая|ое|ые|ую|ого|ой|ом|ых)|утепленн\w*|зимн\w*|уютн\w*|warm|winter|cozy|cosy|snug", "warmth"
    ),
    "light": _detail("лёгкий", "light", r"легк(?:ий|ая|ое|ие|ую|ого|ой|ом|их)|летн\w*|summer", "warmth"),
    "hood": _detail("=с капюшоном", "=with a hood", r"(?:с )?капюш[ое]н\w*|(?:with )?(?:a )?hood(?:ed)?", "hood"),
    "pockets": _detail("=с карманами", "=with pockets", r"(?:с )?карман\w*|(?:with )?pockets?", "pockets"),
    "belt": _detail("=с поясом", "=with a belt", r"(?:с )?пояс(?:ом|а)?|(?:with )?(?:a )?belt(?:ed)?", "belt"),
    "buttons": _detail("=на пуговицах", "=with buttons", r"(?:на|с) пуговиц\w*|(?:with )?buttons?", "closing"),
    "zip": _detail(
        "=на молнии",
        "=with a zip",
        r"(?:на|с) молни\w*|(?:with )?(?:a )?zip(?:per)?|zip(?:ped|-up)",
        "closing",
    ),
    "v_neck": _detail(
        "=с V-образным вырезом",
        "=with a V-neck",
        r"(?:с )?(?:v|в) образн\w* вырез\w*|(?:with )?(?:a )?v[- ]neck",
        "neck",
    ),
    "neckline": _detail(
        "=с глубоким вырезом",
        "=with a deep neckline",
        r"(?:с )?(?:глубок\w* )?(?:вырез|декольте)\w*|(?:with )?(?:a )?(?:deep )?neckline",
        "neck",
    ),
    "knitted": _detail("вязаный", "knitted", r"вязан\w*|трикотажн\w*|knit(?:ted)?", "material"),
    "leather": _detail("кожаный", "leather", r"кожан\w*|из кожи|leather", "material"),
    "silk": _detail("шёлковый", "silk", r"шелков\w*|из шелка|silk(?:en)?", "material"),
    "wool": _detail("шерстяной", "wool", r"шерстян\w*|из шерсти|кашемиров\w*|из кашемира|wool(?:len)?|cashmere", "material"),
    "linen": _detail("=из льна", "linen", r"изо? льна|льнян\w*|linen", "material"),
    "velvet": _detail("бархатный", "velvet", r"бархатн\w*|из бархата|вельветов\w*|velvet", "material"),
    "lace": _detail(
        "кружевной", "lace", r"кружевн\w*|с кружев\w*|(?:with )?lace", "material"
    ),
    "satin": _detail("атласный", "satin", r"атласн\w*|из атласа|сатинов\w*|satin", "material"),
    "evening": _detail("вечерний", "evening", r"вечерн\w*|evening", "occasion"),
    "office": _detail("деловой", "business", r"делов(?:ой|ая|ое|ые|ую|ого|ом|ых)|офисн\w*|business", "occasion"),
    "sporty": _detail("спортивный", "sports", r"спортивн\w*|sporty|sports", "occasion"),
    "casual": _detail("повседневный", "casual", r"повседневн\w*|casual|на каждый день", "occasion"),
    "wedding": _detail("свадебный", "wedding", r"свадебн\w*|wedding(?! guest)", "occasion"),
    "women": _detail(
        "женский",
        "women's",
        r"женск(?:ий|ая|ое|ие|ую|ого|ой|ом|их)|для женщин\w*|для (?:меня|жены|мамы|девушки|подруги|бабушки|сестры)|"
        r"(?:маме|жене|подруге|бабушке|сестре)|wom[ae]n s|womens|women(?! (?:in|wearing|who))|for (?:a )?woman|ladies|lady s|for (?:my )?(?:wife|mom|mum|mother|girlfriend|sister|grandma)",
        "whom",
    ),
    "men": _detail(
        "мужской",
        "men's",
        r"мужск(?:ой|ая|ое|ие|ую|ого|ом|их)|для мужчин\w*|для (?:мужа|папы|парня|друга|дедушки|брата)|"
        r"(?:мужу|папе|парню|брату|дедушке)|m[ae]n s|mens|men(?! (?:in|wearing|who))|for (?:a )?man|for him|"
        r"for (?:my )?(?:husband|dad|father|boyfriend|brother|grandpa)",
        "whom",
    ),
    "kids": _detail(
        "детский",
        "kids'",
        r"детск(?:ий|ая|ое|ие|ую|ого|ой|ом|их)|на (?:девочку|мальчика|ребенка|малыша|малышку)|для (?:\w+ )?(?:детей|ребен\w+|малыш\w*|мальчик\w*|девоч\w+|дочк\w+|дочери|сына|сыночка|"
        r"внучки|внука|школьни\w+|подростк\w+)|(?:дочке|дочери|сыну|ребенку|внучке|внуку)|"
        r"kids?|kid s|child(?:ren)?(?: s)?|(?:girl|boy)s(?: s)?|(?:girl|boy) s|toddlers?|baby(?! (?:tee|doll|blue|pink))|"
        r"(?:for (?:a |my |an )?|my )(?:little |small |baby |(?:year|yr)s? old )?(?:boys?|girls?|babies|daughters?|sons?|grandsons?|granddaughters?|nieces?|nephews?)",
        "whom",
    ),
}  # fmt: skip


LINKS = frozenset(
    {
        *(
            "в",
            "на",
            "с",
            "со",
            "из",
            "для",
            "под",
            "к",
            "по",
            "без",
            "от",
            "до",
            "у",
            "о",
            "не",
            "за",
            "и",
            "или",
        ),
        *(
            "in",
            "on",
            "with",
            "of",
            "for",
            "at",
            "from",
            "by",
            "without",
            "and",
            "or",
            "no",
            "not",
            "as",
            "like",
        ),
    }
)
"""Small words that tie the others to a garment: «с бантом», "with a bow"."""

_SO = r"не (?:так(?:ой|ая|ое|ие|ую|ого|ом)?|настолько|столь)"
_BIT = r"a (?:bit|tad)"
_AS = r"(?:not (?:so|as|that|quite so)|less)"
"""What makes a comparison of an adjective: «не такой длинный», "not so long"."""

SPELT = tuple(
    """
    leather velvet satin linen cashmere knitted pockets sleeves sleeveless buttons zipper neckline evening business sporty
    casual wedding summer winter кожаный шелковый шерстяной льняной бархатный кружевной атласный вязаный карман пуговица
    капюшон рукав молния вырез вечерний спортивный повседневный свадебный женский мужской детский
    """.split()
)
"""Words of details that are known in spite of a slip."""
STEPS: dict[str, re.Pattern[str]] = {
    step: re.compile(rf"\b(?:{known})\b")
    for step, known in {
        "darker": rf"(?:по)?темнее|darker|deeper|(?:слишком|очень уж) светл\w+|too (?:light|pale)|светловат\w*|{_SO} светл\w+|{_AS} (?:light|pale)",
        "lighter": rf"(?:по)?светлее|lighter|paler|слишком темн\w+|too dark|темноват\w*|{_BIT} dark|{_SO} темн\w+|{_AS} dark",
        "brighter": rf"(?:по)?ярче|brighter|more vivid|more colou?rful|{_SO} (?:блекл|тускл|скучн)\w+|{_AS} (?:dull|boring)",
        "calmer": rf"(?:по)?спокойнее|поскромнее|скромнее|приглуш\w+|слишком ярк\w+|ярковат\w*|{_BIT} bright|{_SO} (?:ярк|кричащ)\w+|"
        rf"too (?:bright|loud|flashy)|{_AS} (?:bright|loud|flashy)|calmer|more muted|muted|toned? (?:it )?down",
        "shorter": rf"(?:по)?короче|shorter|(?<!не )слишком длинн\w+|(?<!not )(?<!nothing )too long|длинноват\w*|{_BIT} long|{_SO} длинн\w+|{_AS} long",
        "longer": rf"(?:по)?длиннее|longer|(?<!не )слишком коротк\w+|(?<!not )(?<!nothing )too short|коротковат\w*|{_BIT} short|{_SO} коротк\w+|{_AS} short",
        "looser": rf"(?:по)?свободнее|(?:по)?просторнее|(?:по)?шире|слишком (?:узк|тесн|обтягива)\w+|too (?:tight|narrow)|узковат\w*|тесноват\w*|{_BIT} tight|"
        rf"{_SO} (?:узк|тесн|обтягива|облега)\w+|{_AS} (?:tight|narrow)|looser|wider|baggier|roomier",
        "tighter": rf"поуже|уже|теснее|слишком (?:широк|свободн|мешков)\w+|too (?:wide|loose|baggy)|широковат\w*|великоват\w*|{_BIT} (?:loose|baggy)|{_SO} (?:широк|свободн|мешков)\w+|"
        rf"{_AS} (?:wide|loose|baggy)|tighter|narrower|slimmer|more fitted|closer fitting",
        "warmer": r"(?:по)?теплее|(?:по)?теплей|холодноват\w*|утепли\w*|warmer|cosier|cozier",
        "thinner": rf"(?:по)?легче|(?:по)?прохладнее|thinner|cooler|слишком (?:тепл|жарк)\w+|too (?:warm|hot)|жарковат\w*|{_SO} тепл\w+|{_AS} warm",
        "smarter": r"(?:по)?наряднее|(?:по)?торжественнее|(?:по)?праздничнее|smarter|dressier|more elegant",
        "simpler": r"(?:по)?проще|simpler|plainer|more casual",
    }.items()
}
"""Comparisons, over folded words: what a shopper says of a picture that she sees."""

DARKER = {
    "white": "grey",
    "grey": "black",
    "red": "burgundy",
    "burgundy": "brown",
    "orange": "brown",
    "yellow": "orange",
    "green": "dark_green",
    "dark_green": "black",
    "olive": "dark_green",
    "turquoise": "dark_green",
    "light_blue": "blue",
    "blue": "navy",
    "navy": "black",
    "purple": "navy",
    "lilac": "purple",
    "pink": "fuchsia",
    "fuchsia": "burgundy",
    "beige": "brown",
    "brown": "black",
}
LIGHTER = {
    "black": "grey",
    "grey": "white",
    "red": "pink",
    "burgundy": "red",
    "orange": "yellow",
    "yellow": "beige",
    "green": "turquoise",
    "dark_green": "green",
    "olive": "beige",
    "turquoise": "light_blue",
    "light_blue": "white",
    "blue": "light_blue",
    "navy": "blue",
    "purple": "lilac",
    "lilac": "pink",
    "pink": "white",
    "fuchsia": "pink",
    "beige": "white",
    "brown": "beige",
}
BRIGHTER = {
    "burgundy": "red",
    "pink": "fuchsia",
    "lilac": "purple",
    "light_blue": "blue",
    "navy": "blue",
    "dark_green": "green",
    "olive": "green",
    "beige": "yellow",
    "brown": "orange",
    "grey": "turquoise",
    "black": "red",
    "white": "yellow",
}
CALMER = {
    "red": "burgundy",
    "orange": "brown",
    "yellow": "beige",
    "green": "olive",
    "turquoise": "light_blue",
    "light_blue": "grey",
    "blue": "navy",
    "purple": "lilac",
    "fuchsia": "pink",
    "pink": "beige",
    "white": "beige",
}
"""The nearest named colour in that direction; a colour that is missing has gone as far as it can."""


class Sign(NamedTuple):
    """What an emoji stands for."""

    kind: str
    id: str


SIGNS: dict[str, Sign] = {
    sign: Sign(kind, id_)
    for kind, table in {
        "type": {
            "dress": "👗",
            "tshirt": "👕",
            "pants": "👖",
            "shoes": "👟👞👠👡👢🥾🥿🩰",
            "outwear": "🧥",
            "blouse": "👚",
            "shorts": "🩳",
            "hat": "🧢👒🎩",
            "shirt": "👔",
            "undershirt": "🎽",
            "blazer": "🤵",
        },
        "colour": {
            "red": "❤🔴🟥♥",
            "orange": "🧡🟠🟧",
            "yellow": "💛🟡🟨",
            "green": "💚🟢🟩",
            "blue": "💙🔵🟦",
            "light_blue": "🩵",
            "purple": "💜🟣🟪",
            "pink": "🩷💗💖",
            "black": "🖤⚫⬛",
            "white": "🤍⚪⬜",
            "grey": "🩶",
            "brown": "🤎🟤🟫",
        },
        "pattern": {"leopard": "🐆🐅", "zebra": "🦓", "floral": "🌸🌺🌼🌻🌷🌹💐", "checked": "🏁"},
    }.items()
    for id_, signs in table.items()
    for sign in signs
}
