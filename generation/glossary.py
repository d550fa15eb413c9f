"""Glossary: what fashion calls things in both languages, so that no translator makes a diver of a turtleneck.

A thing is named "english, plural or other names | русский f, другие имена": the
first of each side is its name, a Russian noun carries its gender as in
`generation.words`, whose colours, patterns and fits are used here too. It
serves both ways: terms of a Russian text in English, for a prior that reads
English only, and Russian captions from English product texts. This module knows
words only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from generation.vocabulary import COLOURS, FITS, LENGTHS, PATTERNS, analyser, fold
from generation.words import Noun, read_noun

_THINGS = """
t-shirt, tee, tee shirt, tshirt | футболка f, тишотка f, футболочка f
long-sleeved t-shirt, longsleeve, long sleeve t-shirt | лонгслив m, футболка с длинным рукавом f
turtleneck, turtleneck sweater, roll neck, mock neck | водолазка f, бадлон m
sweater, knitwear, knit sweater | свитер m, свитерок m
jumper | джемпер m
pullover | пуловер m
cardigan | кардиган m
sweatshirt, crewneck | свитшот m, толстовка f
hoodie, hooded sweatshirt, zip-up hoodie | худи n0, толстовка с капюшоном f, кенгурушка f
polo shirt, polo, polo t-shirt | поло n0, рубашка поло f, футболка поло f
shirt, button-down shirt, button-up shirt | рубашка f, рубаха f, сорочка f
blouse | блузка f, блуза f
tunic, kurta, kurti | туника f
top, crop top | топ m, кроп-топ m, топик m
camisole | топ на бретелях m
tank top, undershirt, vest top, singlet | майка f, борцовка f
bodysuit | боди n0
corset | корсет m
dress, gown, frock | платье n
sundress | сарафан m
skirt, miniskirt | юбка f
pants, trousers, slacks | брюки p, штаны p
jeans | джинсы p
chinos | чиносы p
joggers, sweatpants, track pants, lounge pants | спортивные штаны p, джоггеры p, треники p
cargo pants, cargos | брюки карго p
leggings, jeggings, churidar | леггинсы p, лосины p
capri pants, capris | капри p0, бриджи p
shorts, bermuda shorts | шорты p, бермуды p
jumpsuit, overalls | комбинезон m
romper | песочник m
suit, two-piece suit | костюм m
tracksuit | спортивный костюм m
blazer, suit jacket, sports jacket | пиджак m, блейзер m, жакет m
tuxedo, tuxedo jacket | смокинг m
waistcoat, vest, gilet | жилет m, жилетка f
jacket | куртка f
bomber jacket, bomber | бомбер m
leather jacket, biker jacket | косуха f, кожанка f, кожаная куртка f
denim jacket | джинсовая куртка f, джинсовка f
windbreaker | ветровка f
anorak | анорак m
parka | парка f
coat, overcoat, peacoat | пальто n0
trench coat, trench | тренч m
raincoat, rain jacket | плащ m, дождевик m
down jacket, puffer jacket, puffer | пуховик m
fur coat | шуба f
sheepskin coat, shearling jacket, shearling coat | дублёнка f
poncho, cape | накидка f, пончо n0
bathrobe, robe | халат m
pyjamas, pajamas, night suit | пижама f
nightdress, nightgown | ночная рубашка f
bra, brassiere | бюстгальтер m, лифчик m
briefs, boxers, trunks, boxer briefs | трусы p, боксеры p
swimsuit, swimwear, bikini | купальник m
swim shorts, swim trunks | плавательные шорты p
socks | носки p
tights, stockings | колготки p, чулки p
sneakers, sports shoes, trainers, running shoes, high-top sneakers, low-top sneakers | кроссовки p
canvas shoes, plimsolls | кеды p
casual shoes | повседневные туфли p
shoes | туфли p, обувь f
formal shoes, dress shoes, oxfords, lace-ups, lace ups | классические туфли p, оксфорды p
derbys, derbies, brogues | дерби p0, броги p
loafers, moccasins, boat shoes | лоферы p, мокасины p
monkstraps, monk straps | монки p
espadrilles | эспадрильи p
slip-ons, slip-on sneakers | слипоны p
boots, work boots | ботинки p, берцы p
knee-high boots, tall boots | сапоги p
ankle boots, chelsea boots, booties | ботильоны p
high heels, heels, pumps, stilettos | туфли на каблуке p, лодочки p, шпильки p
flats, ballet flats, ballerinas | балетки p
sandals, sports sandals | сандалии p, босоножки p
flip-flops, flip flops, slides, slippers | шлёпанцы p, вьетнамки p, сланцы p, тапочки p
hat, fedora | шляпа f, шляпка f
beanie, knit hat | шапка f, шапочка f
cap, baseball cap | кепка f, бейсболка f
bucket hat, panama hat | панама f, панамка f
beret | берет m
headband | повязка на голову f
scarf, muffler, stole, shawl | шарф m, палантин m, шаль f
gloves, mittens | перчатки p
belt | ремень m, пояс m
suspenders | подтяжки p
tie, necktie | галстук m
bow tie | галстук-бабочка m
pocket square | платок m
sunglasses, glasses, eyewear | солнцезащитные очки p, очки p
watch | часы p, наручные часы p
handbag, bag, tote bag, tote | сумка f, сумочка f
shoulder bag | сумка на плечо f
messenger bag, crossbody bag, messenger bags & satchels | сумка через плечо f
duffel bag, duffle bag, gym bag, duffle & top handle bags | спортивная сумка f
laptop bag, briefcase, document holder | портфель m, сумка для ноутбука f
waist bag, belt bag | поясная сумка f
travel bag, suitcase | дорожная сумка f, чемодан m
clutch, clutch bag, pouch, clutches & pouches | клатч m
backpack, rucksack | рюкзак m
wallet, card holder, cardholder | кошелёк m, бумажник m, портмоне n0
keychain | брелок m
earrings | серьги p, серёжки p
necklace, necklace and chains, chain | ожерелье n, колье n0
pendant | подвеска f, кулон m
ring | кольцо n
bracelet, bangle | браслет m
brooch | брошь f
cufflinks | запонки p
jewellery, jewelry, jewellery set, fine jewelry | украшение n
umbrella | зонт m
blanket | плед m
"""
_QUALITIES = """
leather, grained leather, calfskin | кожаный
suede | замшевый
patent leather | лакированный
denim | джинсовый
cotton | хлопковый
wool, woollen, woolen, merino | шерстяной
cashmere | кашемировый
silk | шёлковый
satin | атласный
linen | льняной
velvet | бархатный
lace | кружевной
knit, knitted | вязаный
corduroy | вельветовый
fleece | флисовый
nylon | нейлоновый
canvas | =из парусины
fur, faux fur | меховой
quilted | стёганый
pleated | плиссированный
distressed, ripped | рваный
transparent, sheer | прозрачный
sleeveless | =без рукавов
long sleeve, long-sleeved, long sleeves | =с длинным рукавом
short sleeve, short-sleeved, short sleeves | =с коротким рукавом
v-neck, v neck | =с V-образным вырезом
crew neck, crewneck collar, round neck | =с круглым вырезом
hooded | =с капюшоном
printed, graphic, print | =с принтом
embroidered | =с вышивкой
multicolour, multicolor, multi | разноцветный
silver, metallic | серебристый
gold, golden | золотистый
charcoal | тёмно-серый
men, men's, mens | мужской
women, women's, womens | женский
boys, boy's | =для мальчика
girls, girl's | =для девочки
casual | повседневный
sports, athletic | спортивный
formal | деловой
party, evening | вечерний
"""
"""Adjectives and "=" phrases; colours, patterns, fits and lengths come from `generation.words`."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A garment or an accessory: names, the first being its own."""

    en: tuple[str, ...]
    ru: tuple[Noun, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of Russian words, `start` to `end` in the text, and its English."""

    start: int
    end: int
    en: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What an English product text names: its thing and the qualities that are said of it, in order."""

    thing: Thing | None
    qualities: tuple[str, ...]
    colours: tuple[str, ...]
    patterns: tuple[str, ...]


def _sides(text: str) -> Iterator[tuple[list[str], list[str]]]:
    for line in text.strip().splitlines():
        left, right = line.split("|")
        yield [w.strip() for w in left.split(",")], [w.strip() for w in right.split(",")]


THINGS = tuple(Thing(tuple(en), tuple(read_noun(w) for w in ru)) for en, ru in _sides(_THINGS))
QUALITIES = {tuple(en): ru[0] for en, ru in _sides(_QUALITIES)}
IN_ENGLISH = {russian: names[0] for names, russian in QUALITIES.items()} | {
    trait.ru[0]: trait.en[0] for trait in (*FITS.values(), *LENGTHS.values())
}
"""A quality, as a `Sighting` has it, in English."""

_WORD = re.compile(r"[a-zа-яё]+(?:[-'’][a-zа-яё]+)*", re.IGNORECASE)
_ENDS = ("s", "es")


def _words(text: str) -> list[str]:
    return [fold(w).replace("’", "'") for w in _WORD.findall(text)]


# --- English texts ---------------------------------------------------------------------------


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "'s")) else word


@cache
def _english() -> dict[tuple[str, ...], tuple[str, object]]:
    """Names as tuples of singular words: ("thing", Thing), ("quality", ru), ("colour" or "pattern", id)."""
    index: dict[tuple[str, ...], tuple[str, object]] = {}

    def put(name: str, kind: str, value: object) -> None:
        index.setdefault(tuple(_singular(w) for w in _words(name.removeprefix("="))), (kind, value))

    for id_, colour in COLOURS.items():
        for name in (*colour.en, *(a for a in colour.also if a.isascii())):
            put(name, "colour", id_)
    for id_, pattern in PATTERNS.items():
        for name in pattern.en:
            put(name, "pattern", id_)
    for thing in THINGS:
        for name in thing.en:
            put(name, "thing", thing)
    for names, russian in QUALITIES.items():
        for name in names:
            put(name, "quality", russian)
    for trait in (*FITS.values(), *LENGTHS.values()):
        for name in trait.en:
            put(name, "quality", trait.ru[0])
    return index


def sight(text: str) -> Sighting:
    """What an English text names; of several things the last of the first run ("shirt dress") is meant."""
    words = [_singular(w) for w in _words(text)]
    longest = max(map(len, _english()))
    thing: Thing | None = None
    thing_end = -1
    found: dict[str, list[str]] = {"quality": [], "colour": [], "pattern": []}
    at = 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            entry = _english().get(tuple(words[at : at + length]))
            if entry is not None:
                kind, value = entry
                if isinstance(value, Thing):
                    if thing is None or thing_end == at:
                        thing, thing_end = value, at + length
                elif str(value) not in found[kind]:
                    found[kind].append(str(value))
                at += length - 1
                break
        at += 1
    return Sighting(thing, tuple(found["quality"]), tuple(found["colour"]), tuple(found["pattern"]))


# --- Russian texts ---------------------------------------------------------------------------


@cache
def _lemmas(word: str) -> frozenset[str]:
    forms = {fold(p.normal_form) for p in analyser().parse(word)} if not word.isascii() else set()
    return frozenset(forms | {word})


@cache
def _russian() -> dict[str, list[tuple[tuple[frozenset[str], ...], str, str]]]:
    """By each possible lemma of the first word: the words' lemmas, the English, the kind; longest first."""
    index: dict[str, list[tuple[tuple[frozenset[str], ...], str, str]]] = {}
    seen: set[tuple[str, ...]] = set()

    def put(phrase: str, en: str, kind: str) -> None:
        words = tuple(_words(phrase.removeprefix("=")))
        if not words or words in seen or phrase.isascii():
            return
        seen.add(words)
        entry = tuple(_lemmas(w) for w in words), en, kind
        for lemma in entry[0][0]:
            index.setdefault(lemma, []).append(entry)

    for thing in THINGS:
        for noun in thing.ru:
            put(noun.text, thing.en[0], "thing")
    for pattern in PATTERNS.values():
        for word in (*pattern.ru, *pattern.also):
            put(word, pattern.en[0], "pattern")
    for colour in COLOURS.values():
        for word in (*colour.ru, *colour.also):
            put(word, colour.en[0], "colour")
    for names, russian in QUALITIES.items():
        put(russian, names[0], "quality")
    for trait in (*FITS.values(), *LENGTHS.values()):
        for word in trait.ru:
            put(word, trait.en[0], "quality")
    for entries in index.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return index


def terms(text: str) -> list[Term]:
    """The glossary's terms in a Russian text, in order, the longest at each place."""
    spans = [(m.start(), m.end(), fold(m.group())) for m in _WORD.finditer(text)]
    found = []
    at = 0
    while at < len(spans):
        best = None
        if not spans[at][2].isascii():
            for lemma in _lemmas(spans[at][2]):
                for words, en, kind in _russian().get(lemma, ()):
                    last = at + len(words)
                    if last > len(spans) or (best is not None and len(words) <= best[0]):
                        continue
                    if all(_lemmas(spans[at + i][2]) & words[i] for i in range(1, len(words))):
                        best = len(words), en, kind
        if best is None:
            at += 1
            continue
        length, en, kind = best
        found.append(Term(spans[at][0], spans[at + length - 1][1], en, kind))
        at += length
    return found
