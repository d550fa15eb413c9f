"""The words of the wardrobe: types, colours, patterns and fits, in Russian and English.

A Russian noun is written "куртка f": its gender is m, f, n or p (plural only), a
trailing 0 says that it is not declined, and the words after the first are an
unchanging tail ("рубашка поло f"). "> denim" names the pattern that a noun
itself implies. A Russian adjective stands in its dictionary form; "=" marks a
phrase that never changes and follows the noun. A word is written twice where it
should be said more often; `also` is understood and never said. This module is a
table; what is done with the words, `generation.vocabulary` and
`generation.training.captions` know.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun of either language; `gender` is m, f, n, p, or s and p in English."""

    head: str
    tail: str
    gender: str
    declined: bool
    implies: str | None

    @property
    def text(self) -> str:
        """The dictionary form with its tail."""
        return f"{self.head} {self.tail}".rstrip()


def read_noun(line: str) -> Noun:
    words, _, implies = line.partition(" > ")
    text, mark = words.rsplit(" ", 1)
    if mark[0] in "sp" and text.isascii():
        return Noun(text, "", mark, True, implies or None)
    head, _, tail = text.partition(" ")
    return Noun(head, tail, mark[0], not mark.endswith("0"), implies or None)


@dataclass(frozen=True, slots=True)
class Type:
    """A garment type: its nouns, the first of each language being its name; `also` is only understood."""

    ru: tuple[Noun, ...]
    en: tuple[Noun, ...]
    also: tuple[Noun, ...] = ()


def _type(ru: str, en: str, also: str = "") -> Type:
    def nouns(text: str) -> tuple[Noun, ...]:
        return tuple(read_noun(line.strip()) for line in text.split(",") if line.strip())

    return Type(nouns(ru), nouns(en), nouns(also))


TYPES: dict[str, Type] = {
    "tshirt": _type(
        "футболка f, футболка f, футболка с коротким рукавом f, тишотка f",
        "t-shirt s, t-shirt s, tee s, tee shirt s, short-sleeved t-shirt s",
        "футболочка f, тишорт m, тишка f, майка с рукавом f, tshirt s",
    ),
    "longsleeve": _type(
        "лонгслив m, лонгслив m, свитер m, джемпер m, кофта f, водолазка f, пуловер m, футболка с длинным рукавом f",
        "longsleeve s, long sleeve s, long-sleeved t-shirt s, sweater s, jumper s, pullover s, turtleneck s",
        "кофточка f, свитерок m, кардиган m, бадлон m, тельняшка f > striped, long sleeve shirt s, "
        "long-sleeve t-shirt s, long-sleeved shirt s, cardigan s, longsleeve shirt s, knitwear s, long sleeve top s, "
        "свитерочек m, кардиганчик m, джемперок m, рашгард m, cardi s, crewneck s, rollneck s",
    ),
    "pants": _type(
        "брюки p, брюки p, штаны p, джинсы p > denim, леггинсы p, чиносы p",
        "pants p, pants p, trousers p, jeans p > denim, leggings p, chinos p",
        "штанишки p, треники p, лосины p, джеггинсы p > denim, джоггеры p, джинсики p > denim, слаксы p, "
        "карго p0, штаны карго p, брюки карго p, джинсы карго p > denim, легинсы p, бананы p, брючки p, бриджики p, трико n0,  капри p0, бриджи p, шаровары p, capri pants p, sweatpants p, joggers p, jeggings p > denim, slacks p, cargos p, "
        "khakis p, tights p, trouser s, trackies p, track pants p, tracksuit bottoms p, yoga pants p, palazzos p, culottes p, "
        "кюлоты p, mom jeans p > denim, boyfriend jeans p > denim",
    ),
    "shoes": _type(
        "кроссовки p, кеды p, туфли p, ботинки p, кроссовки p",
        "shoes p, shoes p, sneakers p, trainers p, boots p",
        "обувь f, кроссы p, туфельки p, ботиночки p, сапожки p, кедики p, кроссовочки p, угги p, ботфорты p, мюли p, шлёпки p, валенки p, эспадрильи p, сабо p0, броги p, дерби p0, монки p, топсайдеры p, чешки p, кроки p, вьетнамки p, оксфорды p, сандалии p, босоножки p, балетки p, лоферы p, мокасины p, слипоны p, сапоги p, ботильоны p, шлёпанцы p, "
        "сланцы p, тапочки p, башмаки p, кросы p, берцы p, лодочки p, sandals p, loafers p, flats p, heels p, "
        "slippers p, flip flops p, pumps p, footwear s, moccasins p, shoe s, sneaker s, boot s, stilettos p, mules p, espadrilles p, brogues p, "
        "oxfords p, ballerinas p, plimsolls p, kicks p, uggs p, clogs p, wellies p, booties p, crocs p",
    ),
    "shirt": _type(
        "рубашка f, рубашка f, рубаха f, сорочка f",
        "shirt s, shirt s, button-up shirt s, button-down shirt s",
        "рубашечка f, вышиванка f, косоворотка f, гавайка f > floral, ковбойка f > checked, фланелька f > checked, button-up s, button down s, dress shirt s, flannel shirt s > checked, lumberjack shirt s > checked, flannel s > checked, overshirt s",
    ),
    "dress": _type(
        "платье n, платье n, сарафан m",
        "dress s, dress s, gown s, sundress s",
        "платьице n, сарафанчик m, платьишко n, туника f, туничка f, платьюшко n, платье-рубашка n, платье-футболка n, платье-пиджак n, платье-комбинация n, "
        "shirt dress s, sweater dress s, blazer dress s, t-shirt dress s, hoodie dress s, coat dress s, frock s, tunic s, lbd s, sari s, kaftan s, кафтан m",
    ),
    "outwear": _type(
        "куртка f, куртка f, пальто n0, пуховик m, плащ m, парка f, ветровка f, бомбер m, тренч m",
        "jacket s, jacket s, coat s, parka s, windbreaker s, trench coat s, bomber jacket s, puffer jacket s, raincoat s",
        "курточка f, верхняя одежда f, джинсовка f > denim, кожанка f, косуха f, шуба f, дублёнка f, дождевик m, "
        "полупальто n0, куртка-бомбер f, куртка-рубашка f, пальто-халат n0, тренчкот m, пуховичок m, плащик m, бушлат m, телогрейка f, безрукавка f, пончо n0, кейп m, кимоно n0, шубейка f, куртёшка f, аляска f, дутик m, мастерка f, плащ-палатка f, анорак m, жилет m, жилетка f, шубка f, пальтишко n, ветровочка f, накидка f, "
        "outerwear s, overcoat s, bomber s, puffer s, trench s, anorak s, vest jacket s, down jacket s, peacoat s, "
        "leather jacket s, gilet s, mac s, fur coat s, waistcoat s, biker jacket s, jean jacket s > denim, denim jacket s > denim, "
        "duffle coat s, teddy coat s, sheepskin coat s, rain jacket s, vest s, cape s, poncho s, kimono s, shacket s, shirt jacket s, blouson s",
    ),
    "shorts": _type(
        "шорты p, шорты p, бермуды p",
        "shorts p, shorts p, bermuda shorts p",
        "шортики p, велосипедки p, шорты карго p, bermudas p, cargo shorts p, hot pants p, cycling shorts p, bike shorts p, board shorts p",
    ),
    "hat": _type(
        "шапка f, шапка f, кепка f, шляпа f, панама f, бейсболка f",
        "hat s, hat s, cap s, beanie s, baseball cap s, bucket hat s",
        "шапочка f, берет m, панамка f, бандана f, ушанка f, шляпка f, кепи n0, головной убор m, beret s, sun hat s, "
        "headwear s, fedora s, panama s, шапчонка f, кепочка f, кепарик m, бини n0, канотье n0, цилиндр m, шляпка f, тюбетейка f, "
        "snapback s, boater s, bonnet s, trucker hat s",
    ),
    "skirt": _type(
        "юбка f, юбка f, юбочка f",
        "skirt s, skirt s",
        "юбчонка f, миниюбка f, мини-юбка f, юбка-карандаш f, юбка-солнце f, юбка-шорты f, юбка-миди f, skort s, miniskirt s, skirts p",
    ),
    "polo": _type(
        "поло n0, поло n0, рубашка поло f, футболка поло f",
        "polo s, polo shirt s, polo s, polo t-shirt s",
        "поло-рубашка f",
    ),
    "undershirt": _type(
        "майка f, майка f, майка на бретелях f, майка без рукавов f",
        "undershirt s, tank top s, sleeveless shirt s, undershirt s, singlet s",
        "маечка f, борцовка f, безрукавая майка f, алкашка f, алкоголичка f, майка алкоголичка f, tank s, sleeveless t-shirt s, sleeveless top s",
    ),
    "blazer": _type(
        "пиджак m, пиджак m, жакет m, блейзер m",
        "blazer s, blazer s, suit jacket s, sports jacket s",
        "пиджачок m, пинджак m, жакетик m, фрак m, китель m, болеро n0, смокинг m, blazer jacket s, sport coat s, sports coat s, tuxedo s, dinner jacket s",
    ),
    "hoodie": _type(
        "худи n0, худи n0, толстовка f, свитшот m, толстовка с капюшоном f",
        "hoodie s, hoodie s, sweatshirt s, hooded sweatshirt s, hoody s",
        "балахон m, худак m, худишка f, худик m, зип-худи n0, зипка f, зиппер m, свитшотик m, олимпийка f, флиска f, кенгурушка f, толстовочка f, батник m, hooded jumper s, hooded top s, sweat shirt s, zip-up s, zip hoodie s, fleece s",
    ),
    "top": _type(
        "топ m, топ m, кроп-топ m, топик m",
        "top s, top s, crop top s, camisole s",
        "топ на бретелях m, топчик m, корсет m, бюстье n0, бра-топ m, cami s, bustier s, corset s, corset top s, tube top s, bandeau s, halter top s, halter s, bralette s",
    ),
    "blouse": _type("блузка f, блузка f, блуза f", "blouse s, blouse s", "блузочка f, блузон m"),
    "body": _type(
        "боди n0, боди n0",
        "bodysuit s, bodysuit s, body s",
        "бодик m, onesie s, romper s, ползунки p, комбидресс m, leotard s, unitard s",
    ),
}
"""Every garment type that is drawn."""


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
    return Colour(hex_, _list(en), _list(ru), stem, _list(also))


def _list(text: str) -> tuple[str, ...]:
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
        "пунцовый, crimson, коралловый, coral, кумачовый, томатный, scarlet red, рубиновый, цвета рубина, cherry red, ruby, ruby red, brick red, кирпичный, лососевый, salmon, цвета томата, ягодный, маковый, blood red, кровавый",
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
        "рыжий, морковный, тыквенный, терракотовый, персиковый, цвета персика, абрикосовый, цвета апельсина, мандариновый, цвета терракоты, медовый, янтарный, карамельный, peach, rust, rusty, terracotta, "
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
        "пудровый, rose, baby pink, пыльно-розовый, dusty pink, blush, пудра, пыльная роза, цвета пыльной розы, rose gold, розовое золото, бледно-розовый, фламинго, цвета жвачки, bubblegum, ash rose, чайная роза, candy pink",
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
    return Pattern(_list(en), _list(ru), _list(en_inked), _list(ru_inked), _list(also), _list(natural))


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
        also="leopard-patterned, леопард, cheetah, cheetah print, гепардовый, леопардовый принт, пятнистый, тигровый, змеиный, питоновый, под змею, под питона, snakeskin, snake print, python print, "
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
        "полоска, полоса, stripes, stripey, pinstripe, pinstriped, с полоской, матросский, в полосы, breton, полосочка, pinstripes, nautical, herringbone, в ёлочку",
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
    return Trait(_list(en), _list(ru), tuple(types.split()))


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
