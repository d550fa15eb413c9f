"""What a sentence asks for, in any inflection of both languages."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pymorphy3
import pytest

from generation import dictionaries
from generation.vocabulary import Wish, understand
from generation.words import COLOURS, PATTERNS, TYPES


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Прямые леопардовые джинсы", Wish("pants", None, "leopard")),
        ("синие джинсы", Wish("pants", "blue", "denim")),
        ("джинсовая куртка", Wish("outwear", None, "denim")),
        ("Хочу красную куртку в белый горошек", Wish("outwear", "red", "dotted", "white")),
        ("тёмно-синего пиджака", Wish("blazer", "navy")),
        ("светло-голубая рубашка в клеточку", Wish("shirt", "light_blue", "checked")),
        ("в светло голубой рубашке", Wish("shirt", "light_blue")),
        ("платье цвета морской волны", Wish("dress", "turquoise")),
        ("штаны цвета хаки", Wish("pants", "olive")),
        ("рубашку поло бордо", Wish("polo", "burgundy")),
        ("чёрно-белая полосатая юбка", Wish("skirt", "black", "striped", "white")),
        ("красное поло со светло-зелёными полосками", Wish("polo", "red", "striped", "green")),
        ("кед с леопардовым принтом", Wish("shoes", None, "leopard")),
        ("худи без рисунка", Wish("hoodie", None, "plain")),
        ("платье с розовыми цветами", Wish("dress", None, "floral", "pink")),
        ("блуза с розовыми цветами хаки", Wish("blouse", "olive", "floral", "pink")),
        ("пиджак того же цвета", Wish("blazer")),
        ("Пиджак того же стиля", Wish("blazer")),
        ("топ цвета кофе с молоком", Wish("top", "beige")),
        ("красная шапка на белом фоне", Wish("hat", "red")),
        ("футболка с длинным рукавом", Wish("longsleeve")),
        ("короткое платье", Wish("dress")),
        ("что-нибудь зебровое", Wish(None, None, "zebra")),
        ("платье в мелкий белый горошек", Wish("dress", None, "dotted", "white")),
        ("рубашка в красно-чёрную клетку", Wish("shirt", "red", "checked", "black")),
        ("синяя рубашка в тонкую белую полоску", Wish("shirt", "blue", "striped", "white")),
        ("желтые кросовки", Wish("shoes", "yellow")),
        ("чорное платье", Wish("dress", "black")),
        ("blue jeans jacket", Wish("outwear", "blue", "denim")),
        ("a dress with small red polka dots", Wish("dress", None, "dotted", "red")),
        ("straight leopard jeans", Wish("pants", None, "leopard")),
        ("jean jacket", Wish("outwear", None, "denim")),
        ("a navy blue polo shirt with white stripes", Wish("polo", "navy", "striped", "white")),
        ("polka-dot dresses", Wish("dress", None, "dotted")),
        ("shirt dress in dark red", Wish("dress", "burgundy")),
        ("Camo T-Shirts!", Wish("tshirt", None, "camouflage")),
        ("a pink skirt with a zebra print", Wish("skirt", "pink", "zebra")),
        ("white and light blue plaid shirt", Wish("shirt", "white", "checked", "light_blue")),
        ("grey hoodie on a white background", Wish("hoodie", "grey")),
        ("a short dress", Wish("dress")),
        ("", Wish()),
        ("привет, как дела?", Wish()),
        ("what can you do?", Wish()),
        ("🩳 12345 ...", Wish()),
    ],
)
def test_understands(text: str, wish: Wish) -> None:
    assert understand(text) == wish


def test_the_case_of_letters_and_yo_do_not_matter() -> None:
    assert understand("ЖЁЛТАЯ ЮБКА") == understand("желтая юбка") == Wish("skirt", "yellow")


def test_every_word_is_understood_as_what_it_stands_for() -> None:
    for id_, type_ in TYPES.items():
        for noun in (*type_.ru, *type_.en, *type_.also):
            assert understand(noun.text).type == id_, noun.text
    for id_, colour in COLOURS.items():
        for word in (*colour.ru, *colour.en, *colour.also):
            assert understand(word).colour == id_, word
    for id_, pattern in PATTERNS.items():
        for word in (*pattern.ru, *pattern.en, *pattern.also):
            assert understand(word).pattern == id_, word


def test_anchors_of_the_colours_lie_apart() -> None:
    colours = [colour.rgb for colour in COLOURS.values()]
    nearest = min(
        sum(abs(a - b) for a, b in zip(one, other, strict=True))
        for i, one in enumerate(colours)
        for other in colours[i + 1 :]
    )
    assert nearest > 40


def test_the_dictionary_is_loaded_once_however_many_threads_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def slowly(**options: Any) -> object:
        time.sleep(0.05)
        loaded.append(options)
        return loaded

    monkeypatch.setattr(pymorphy3, "MorphAnalyzer", slowly)
    dictionaries._russian.cache_clear()
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda _: dictionaries.analyser(), range(4)))
    finally:
        dictionaries._russian.cache_clear()
    assert found == [loaded] * 4 and len(loaded) == 1
