"""The colours that are named, in Russian and English, with an sRGB anchor each.

A Russian adjective stands in its dictionary form; "=" marks a phrase that never
changes and follows the noun. A word is written twice where it should be said more
often; `also` is understood and never said. A table, as `generation.nouns` is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """A named colour: its sRGB anchor, what it is called, and its first half of «чёрно-белый»."""

    hex: str
    en: tuple[str, ...]
    ru: tuple[str, ...]
    stem: str = ""
    also: tuple[str, ...] = ()

    @property
    def rgb(self) -> tuple[int, int, int]:
        """sRGB, 0 to 255."""
        return int(self.hex[1:3], 16), int(self.hex[3:5], 16), int(self.hex[5:7], 16)


def _colour(hex_: str, en: str, ru: str, stem: str = "", also: str = "") -> Colour:
    return Colour(hex_, listed(en), listed(ru), stem, listed(also))


def listed(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


COLOURS: dict[str, Colour] = {
    "black": _colour("#1a1a1c", "black, black, jet black", "чёрный, чёрный, угольно-чёрный", "чёрно", "угольный, смоляной, вороной, антрацитовый, цвета антрацита, anthracite, ebony, onyx, charcoal black, чернющий"),
    "white": _colour(
        "#f4f4f2",
        "white, white, snow-white",
        "белый, белый, белоснежный",
        "бело",
        "молочный, off-white, ivory, айвори, cream, кремовый, сливочный, жемчужный, алебастровый, цвета айвори, цвета слоновая кость, цвета слоновой кости, milky, eggshell",
    ),
    "grey": _colour(
        "#8b8b8d",
        "grey, gray",
        "серый, серый, =цвета мокрого асфальта",
        "серо",
        "серебристый, серебряный, стальной, пепельный, графитовый, цвета графита, мышиный, асфальтовый, дымчатый, металлик, цвета серебра, "
        "светло-серый, тёмно-серый, серо-голубой, сизый, цвета пепла, slate, pewter, gunmetal, gun metal, silver, charcoal, steel, "
        "graphite, ash",
    ),
    "red": _colour(
        "#cf2030", "red, red, bright red, scarlet", "красный, красный, ярко-красный, алый", "красно",
        "пунцовый, crimson, кумачовый, томатный, scarlet red, рубиновый, цвета рубина, cherry red, ruby, ruby red, brick red, кирпичный, цвета томата, ягодный, маковый, blood red, кровавый",
    ),
    "burgundy": _colour(
        "#6f1c30",
        "burgundy, burgundy, maroon, wine red, dark red",
        "бордовый, бордовый, тёмно-красный, вишнёвый, винный, =цвета бордо",
        "бордово",
        "бордо, марсала, wine, bordeaux, гранатовый, marsala, красно-коричневый, винного цвета, wine-coloured, бургунди, бургундский, цвета вина, мерло, merlot, oxblood, цвета вишни, garnet, claret",
    ),
    "orange": _colour(
        "#f07e1e", "orange, orange, bright orange", "оранжевый, оранжевый, ярко-оранжевый, апельсиновый", "оранжево",
        "рыжий, коралловый, coral, морковный, тыквенный, терракотовый, персиковый, цвета персика, абрикосовый, цвета апельсина, мандариновый, цвета терракоты, медовый, янтарный, карамельный, peach, rust, rusty, terracotta, "
        "tangerine, apricot, amber, caramel, burnt orange, ginger, ржавый",
    ),
    "yellow": _colour(
        "#f5d02e", "yellow, yellow, bright yellow, lemon yellow", "жёлтый, жёлтый, ярко-жёлтый, лимонный", "жёлто",
        "горчичный, золотой, золотистый, канареечный, mustard, gold, golden, lemon, охра, mustard yellow, цвета горчицы, цвета лимона, цвета золота, canary, ochre, маргаритковый, цыплячий, соломенный, солнечный",
    ),
    "green": _colour(
        "#2f9e48", "green, green, bright green", "зелёный, зелёный, ярко-зелёный", "зелёно",
        "травяной, салатовый, салатный, изумрудный, лаймовый, фисташковый, кислотно-зелёный, lime, lime green, emerald, "
        "emerald green, neon green, grass green, зелено, цвета изумруда, цвета лайма, цвета салата, нефритовый, jade, светло-зелёный, мохито, "
        "kelly green, apple green, chartreuse",
    ),
    "dark_green": _colour(
        "#1d4a35", "dark green, dark green, bottle green, forest green", "тёмно-зелёный, тёмно-зелёный, =цвета бутылочного стекла", "",
        "бутылочный, бутылочно-зелёный, hunter green, deep green, изумрудно-зелёный, malachite, малахитовый, петроль, petrol, хвойный, еловый, pine green, racing green, темно-изумрудный",
    ),
    "olive": _colour(
        "#6d6c3c",
        "olive, olive green, khaki, army green",
        "оливковый, оливковый, =цвета хаки, =хаки, болотный",
        "оливково",
        "оливка, khaki green, болотно-зелёный, защитный, military green, шалфейный, цвета шалфея, sage green, sage, moss, moss green, цвета авокадо, avocado, цвета фисташки, цвета мха, olive drab",
    ),
    "turquoise": _colour(
        "#27b9b4", "turquoise, turquoise, teal, aqua", "бирюзовый, бирюзовый, =цвета морской волны, сине-зелёный", "бирюзово",
        "аквамариновый, мятный, ментоловый, бирюза, sea green, aquamarine, mint, turquoise blue, tiffany, тиффани, "
        "mint green, аквамарин, цвета ментола, цвета мяты, тиффани, циановый, cyan, seafoam, seafoam green, цвета лагуны, изумрудно-бирюзовый",
    ),
    "light_blue": _colour(
        "#8fc0ea", "light blue, light blue, sky blue, pale blue", "голубой, голубой, светло-голубой, небесно-голубой", "",
        "светло-синий, небесный, лазурный, baby blue, azure, бело-голубой, бледно-голубой, голубенький, небесно-синий, лазоревый, ice blue, powder blue, dusty blue, pastel blue, бебиблю",
    ),
    "blue": _colour(
        "#2352c2", "blue, blue, bright blue, royal blue", "синий, синий, ярко-синий, васильковый", "сине",
        "сапфировый, цвета сапфира, цвета василька, ультрамарин, ультрамариновый, ultramarine, кобальт, electric blue, синева, cobalt, cobalt blue, кобальтовый, электрик, цвета электрик, cornflower, sapphire, индиго, indigo",
    ),
    "navy": _colour(
        "#1b274e", "navy, navy blue, dark blue, navy blue", "тёмно-синий, тёмно-синий, =цвета тёмного индиго",
        "", "чернильный, нави, midnight blue, полуночно-синий, ink blue, иссиня-чёрный, deep blue, dark navy, цвета чернил, сине-чёрный, ночной синий",
    ),
    "purple": _colour(
        "#7636a4", "purple, purple, violet", "фиолетовый, фиолетовый, ярко-фиолетовый, пурпурный", "фиолетово",
        "сливовый, баклажановый, plum, aubergine, баклажанный, аметистовый, лиловый, цвета сливы, цвета баклажана, цвета аметиста, ежевичный, виноградный, eggplant, amethyst, deep purple, ultraviolet, ультрафиолетовый, королевский пурпур",
    ),
    "lilac": _colour(
        "#c3a5e0", "lilac, lavender, light purple, lilac", "сиреневый, сиреневый, лавандовый, светло-фиолетовый", "",
        "mauve, лаванда, цвета сирени, светло-сиреневый, pale purple, periwinkle, барвинковый, lilac grey, цвета глицинии, wisteria, цвета орхидеи",
    ),
    "pink": _colour(
        "#f49cc0", "pink, pink, light pink, pale pink", "розовый, розовый, нежно-розовый, светло-розовый", "розово",
        "пудровый, лососевый, salmon, rose, baby pink, пыльно-розовый, dusty pink, blush, пудра, пыльная роза, цвета пыльной розы, rose gold, розовое золото, бледно-розовый, фламинго, цвета жвачки, bubblegum, ash rose, чайная роза, candy pink",
    ),
    "fuchsia": _colour(
        "#d81f86", "fuchsia, hot pink, magenta, bright pink", "малиновый, =цвета фуксии, ярко-розовый, малиновый", "малиново",
        "фуксия, маджента, фуксиевый, raspberry, crimson pink, neon pink, цвета малины, тёмно-розовый, кислотно-розовый, неоново-розовый, цвета барби, barbie pink, shocking pink, cerise",
    ),
    "beige": _colour(
        "#d8c29e", "beige, beige, sand-coloured, sandy beige", "бежевый, бежевый, песочный, светло-бежевый", "бежево",
        "телесный, беж, nude, tan, sand, camel, верблюжий, кофе с молоком, skin-coloured, светло-коричневый, light brown, "
        "цвета кофе с молоком, нюд, нюдовый, экрю, ecru, цвета капучино, капучино, латте, шампань, цвета шампань, цвета шампанского, ванильный, цвета ванили, "
        "овсяный, кэмел, кемел, пшеничный, цвета песка, песчаный, сливочно-бежевый, бисквитный, champagne, vanilla, oat, oatmeal, latte, cappuccino, biscuit, skin tone",
    ),
    "brown": _colour(
        "#6e4327", "brown, brown, chocolate brown, dark brown", "коричневый, коричневый, шоколадный, тёмно-коричневый",
        "коричнево",
        "кофейный, каштановый, chocolate, coffee, coffee brown, серо-коричневый, taupe, mushroom brown, бронзовый, "
        "медный, bronze, copper, ореховый, цвета шоколада, коньячный, жёлто-коричневый, шоколад, мокко, mocha, цвета какао, cocoa, цвета корицы, cinnamon, cognac, mahogany, chestnut, walnut, espresso, табачный, "
        "цвета кофе, бурый, кирпично-коричневый, toffee",
    ),
}  # fmt: skip
"""The colours that are named, with the anchor that the dye of a training picture wavers about."""
