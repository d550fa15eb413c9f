"""The nouns of the wardrobe: every type of garment, with what shoppers call it in Russian and English.

A Russian noun is written "куртка f": its gender is m, f, n or p (plural only), a
trailing 0 says that it is not declined, and the words after the first are an
unchanging tail ("рубашка поло f"). "> denim" names the pattern that a noun
itself implies. A word is written twice where it should be said more often; `also`
is understood and never said. A table; what is done with it, `generation.vocabulary`
and `generation.training.captions` know.
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
        "обувь f, кроссы p, туфельки p, ботиночки p, сапожки p, кедики p, кроссовочки p, угги p, ботфорты p, мюли p, шлёпки p, валенки p, тапки p, челси p0, казаки p, мартинсы p, сникерсы p, эспадрильи p, сабо p0, броги p, дерби p0, монки p, топсайдеры p, чешки p, кроки p, вьетнамки p, оксфорды p, сандалии p, босоножки p, балетки p, лоферы p, мокасины p, слипоны p, сапоги p, ботильоны p, шлёпанцы p, "
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
        "headwear s, fedora s, panama s, шапчонка f, кепочка f, кепарик m, кепон m, бини n0, канотье n0, цилиндр m, шляпка f, тюбетейка f, "
        "snapback s, boater s, bonnet s, trucker hat s",
    ),
    "skirt": _type(
        "юбка f, юбка f, юбочка f",
        "skirt s, skirt s",
        "юбчонка f, миниюбка f, мини-юбка f, юбка-карандаш f, юбка-солнце f, юбка-шорты f, юбка-миди f, skort s, miniskirt s, skirts p, pencil skirt s, килт m > checked, kilt s > checked",
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
