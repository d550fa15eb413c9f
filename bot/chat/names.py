"""What attributes and their values are called: on buttons, and where it is said what was understood.

For every language with a catalogue; the sentences that the model reads are
`bot.stylist.wording`'s. Knows no keyboard.
"""

from __future__ import annotations

from aiogram.utils.i18n import gettext as _

from bot.stylist.garment import Garment
from bot.stylist.wording import plain_noun


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


NAMES: dict[str, dict[str, str]] = {
    "type": {
        "tshirt": N_("t-shirt"),
        "longsleeve": N_("sweater"),
        "pants": N_("trousers"),
        "shoes": N_("shoes"),
        "shirt": N_("shirt"),
        "dress": N_("dress"),
        "outwear": N_("jacket or coat"),
        "shorts": N_("shorts"),
        "hat": N_("hat"),
        "skirt": N_("skirt"),
        "polo": N_("polo"),
        "undershirt": N_("tank top"),
        "blazer": N_("blazer"),
        "hoodie": N_("hoodie"),
        "top": N_("top"),
        "blouse": N_("blouse"),
        "body": N_("bodysuit"),
    },
    "colour": {
        "black": N_("black"),
        "white": N_("white"),
        "grey": N_("grey"),
        "red": N_("red"),
        "burgundy": N_("burgundy"),
        "orange": N_("orange"),
        "yellow": N_("yellow"),
        "green": N_("green"),
        "dark_green": N_("dark green"),
        "olive": N_("olive"),
        "turquoise": N_("turquoise"),
        "light_blue": N_("light blue"),
        "blue": N_("blue"),
        "navy": N_("navy"),
        "purple": N_("purple"),
        "lilac": N_("lilac"),
        "pink": N_("pink"),
        "fuchsia": N_("fuchsia"),
        "beige": N_("beige"),
        "brown": N_("brown"),
    },
    "pattern": {
        "plain": N_("no pattern"),
        "leopard": N_("leopard"),
        "zebra": N_("zebra"),
        "striped": N_("stripes"),
        "checked": N_("checks"),
        "dotted": N_("polka dots"),
        "floral": N_("flowers"),
        "camouflage": N_("camouflage"),
        "denim": N_("denim"),
    },
    "fit": {
        "straight": N_("straight"),
        "skinny": N_("skinny"),
        "slim": N_("fitted"),
        "loose": N_("loose"),
        "oversized": N_("oversized"),
        "wide": N_("wide"),
        "flared": N_("flared"),
        "high_waisted": N_("high-waisted"),
    },
    "length": {
        "short": N_("short"),
        "long": N_("long"),
        "mini": N_("mini"),
        "midi": N_("midi"),
        "maxi": N_("maxi"),
    },
    "detail": {
        "long_sleeve": N_("with long sleeves"),
        "short_sleeve": N_("with short sleeves"),
        "sleeveless": N_("sleeveless"),
        "warm": N_("warm"),
        "light": N_("light"),
        "hood": N_("with a hood"),
        "pockets": N_("with pockets"),
        "belt": N_("with a belt"),
        "buttons": N_("with buttons"),
        "zip": N_("with a zip"),
        "v_neck": N_("with a V-neck"),
        "neckline": N_("with a deep neckline"),
        "knitted": N_("knitted"),
        "leather": N_("leather"),
        "silk": N_("silk"),
        "wool": N_("wool"),
        "linen": N_("linen"),
        "velvet": N_("velvet"),
        "lace": N_("lace"),
        "satin": N_("satin"),
        "evening": N_("evening"),
        "office": N_("business"),
        "sporty": N_("sports"),
        "casual": N_("casual"),
        "wedding": N_("wedding"),
        "women": N_("for women"),
        "men": N_("for men"),
        "kids": N_("for kids"),
    },
    "unwanted": {
        "long_sleeve": N_("long sleeves"),
        "short_sleeve": N_("short sleeves"),
        "hood": N_("a hood"),
        "pockets": N_("pockets"),
        "belt": N_("a belt"),
        "buttons": N_("buttons"),
        "zip": N_("a zip"),
        "v_neck": N_("a V-neck"),
        "neckline": N_("a deep neckline"),
    },
}
"""The values of each attribute, by the ids of `generation.words` and `bot.stylist.details`.

"unwanted": what a detail is called where it is not wanted.
"""

EMOJI = {
    "tshirt": "👕",
    "longsleeve": "🧶",
    "pants": "👖",
    "shoes": "👟",
    "shirt": "👔",
    "dress": "👗",
    "outwear": "🧥",
    "shorts": "🩳",
    "hat": "🧢",
    "blouse": "👚",
    "undershirt": "🎽",
}


def name(attribute: str, value: str) -> str:
    return _(NAMES[attribute][value])


def attribute_name(attribute: str) -> str:
    return {
        "type": _("garment"),
        "colour": _("colour"),
        "pattern": _("pattern"),
        "fit": _("fit"),
        "length": _("length"),
    }[attribute]


def understood(garment: Garment, language: str) -> str:
    """«вещь: джинсы · рисунок: леопардовый · крой: прямой»; empty when nothing is known."""
    parts = []
    for attribute in ("type", "colour", "pattern", "fit", "length"):
        if (value := shown(garment, attribute, language)) is not None:
            parts.append(f"{attribute_name(attribute)}: {value}")
    parts += [name("detail", detail) for detail in garment.details]
    if unwanted := [word for word in map(_unwanted, garment.without) if word]:
        parts.append(_("not: {unwanted}").format(unwanted=", ".join(unwanted)))
    return " · ".join(parts)


def _unwanted(what: str) -> str:
    kind, _dot, value = what.partition(".")
    if kind == "rest":
        return plain_noun(value)
    if kind in NAMES["unwanted"]:
        return name("unwanted", kind)
    if kind in NAMES["detail"]:
        return name("detail", kind)
    return name("colour" if kind == "second_colour" else kind, value)


def shown(garment: Garment, attribute: str, language: str) -> str | None:
    """What an attribute of the garment is called; the type by the shopper's own word."""
    value = getattr(garment, attribute)
    if value is None:
        return None
    if attribute == "type" and garment.noun and garment.noun.isascii() == (language != "ru"):
        return garment.noun
    if attribute == "colour" and garment.second_colour:
        return _("{first} and {second}").format(
            first=name("colour", value), second=name("colour", garment.second_colour)
        )
    if attribute == "pattern" and garment.second_colour and not garment.colour:
        return f"{name(attribute, value)} ({name('colour', garment.second_colour)})"
    return name(attribute, value)
