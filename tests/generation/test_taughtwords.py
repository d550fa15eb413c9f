"""Words that the embedded model was never shown are said as the nearest ones that it was."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch

from generation.conditioning import Conditioner
from generation.kandinsky import EMBEDDED, Kandinsky, load
from generation.taughtwords import in_taught_words
from generation.training.captions import caption
from generation.vocabulary import Look, understand
from generation.words import COLOURS, PATTERNS, TYPES


@pytest.mark.parametrize(
    ("written", "taught"),
    [
        ("чёрные берцы", "чёрные кроссовки"),
        ("Хочу лосины леопард", "Хочу брюки с леопардовым принтом"),
        ("тельняшка", "лонгслив в полоску"),
        ("тельняшка в клетку", "лонгслив в клетку"),
        ("синий плащик с поясом", "синий плащ с поясом"),
        ("гавайская рубаха", "цветочная рубаха"),
        ("mom jeans", "jeans"),
        ("black track pants, please", "black pants, please"),
        ("breton top", "striped top"),
    ],
)
def test_what_was_never_taught_is_said_otherwise(written: str, taught: str) -> None:
    assert in_taught_words(written) == taught


@pytest.mark.parametrize(
    "text",
    [
        "Красное платье в белый горошек",
        "зелёный пиджак в тонкую полоску",
        "хочу узкие джинсы!",
        "leopard leggings",
        "a purple mug with a hawk on it",
        "İ",
        "",
    ],
)
def test_what_was_taught_or_is_unknown_stays_as_it_was_written(text: str) -> None:
    assert in_taught_words(text) == text


def test_every_other_name_of_a_garment_becomes_a_taught_one() -> None:
    for id_, type_ in TYPES.items():
        for noun in type_.also:
            said = in_taught_words(noun.text)
            assert in_taught_words(said) == said
            assert understand(said).type == id_ or understand(noun.text).type != id_, noun.text


def test_other_names_of_looks_keep_what_they_mean() -> None:
    for id_, colour in COLOURS.items():
        for word in colour.also:
            if understand(word).colour == id_:
                assert understand(in_taught_words(word)).colour == id_, word
    for id_, pattern in PATTERNS.items():
        for word in pattern.also:
            if understand(word).pattern == id_:
                assert understand(in_taught_words(word)).pattern == id_, word


def test_prior_and_decoder_read_the_taught_words(tiny_model: Kandinsky) -> None:
    conditioner = Conditioner(replace(tiny_model, plain=in_taught_words))
    stock = Conditioner(tiny_model)
    for said, expected in zip(conditioner.text("чёрные берцы"), stock.text("чёрные кроссовки"), strict=True):
        assert torch.equal(said, expected)
    [words], [expected_words] = conditioner.words(["чёрные берцы"]), stock.words(["чёрные кроссовки"])
    assert torch.equal(words.hidden, expected_words.hidden)


def test_only_a_model_of_the_wardrobe_is_told_so() -> None:
    assert load(EMBEDDED).plain is in_taught_words


def test_a_large_model_reads_what_was_written(tiny_model: Kandinsky) -> None:
    assert tiny_model.plain is None


def test_what_it_was_taught_stays_as_it_is() -> None:
    dice = random.Random(3)
    kinds = [list(table) for table in (TYPES, COLOURS, PATTERNS)]
    for held_out in (False, True) * 300:
        look = Look(*(dice.choice(names) for names in kinds))
        text = caption(look, dice.choice(("ru", "en")), dice, held_out)
        assert in_taught_words(text) == text
