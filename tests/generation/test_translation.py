"""Translation: the words of fashion survive whatever the translator makes of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from generation import kandinsky, translation
from generation.conditioning import Conditioner
from generation.glossary import sight, terms
from generation.request import BadRequest
from generation.translation import English
from tests.generation import tiny_marian


class Dictionary:
    """Knows whole sentences, and counts how often it is asked."""

    def __init__(self, **known: str) -> None:
        self.known, self.asked = known, []

    def translate(self, texts: Sequence[str]) -> list[str]:
        self.asked += texts
        return [self.known.get(text, "something else") for text in texts]


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_marian.write(tmp_path_factory.mktemp("marian") / "opus-mt-ru-en")


@pytest.mark.parametrize(
    ("russian", "english"),
    [
        ("водолазка", "turtleneck"),
        ("Хочу прямые леопардовые джинсы", "straight leopard jeans"),
        ("чёрную кожаную куртку, пожалуйста", "black leather jacket"),
        ("красное платье в горошек", "red polka-dot dress"),
        ("босоножки", "sandals"),
        ("сумка через плечо", "messenger bag"),
        ("red dress", "red dress"),
    ],
)
def test_what_the_glossary_covers_needs_no_translator(russian: str, english: str) -> None:
    dictionary = Dictionary()
    assert English(dictionary)(russian) == english and dictionary.asked == []
    assert English(None)(russian) == english


def test_terms_go_in_english_and_lost_ones_are_put_back() -> None:
    dictionary = Dictionary(**{"turtleneck для похода в театр": "a turtleneck for the theatre"})
    it = English(dictionary)
    assert it("водолазка для похода в театр") == "a turtleneck for the theatre"
    assert it("водолазка для похода в театр") == "a turtleneck for the theatre"
    assert len(dictionary.asked) == 1, "kept"
    assert it("синяя водолазка на вечеринку") == "something else, blue, turtleneck"
    assert English(None)("абракадабра") == "абракадабра"


def test_a_marian_model_in_the_hubs_layout(marian: Path) -> None:
    model = translation.open_marian(str(marian))
    one = model.translate(["что-нибудь тёплое", "", "белые кроссовки"])
    assert len(one) == 3 and one[1] == ""
    assert one == model.translate(["что-нибудь тёплое", "", "белые кроссовки"])
    assert "turtleneck" in English(model)("водолазка на зимний вечер у камина")


def test_a_broken_translator_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadRequest, match="the translator") as caught:
        translation.open_marian(str(tmp_path))
    assert "\n" not in str(caught.value)


class Letters:
    """CLIP's way with Russian: a token a letter."""

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [0] * (len(text.split()) if text.isascii() else len(text))}


def test_only_a_prior_that_reads_no_russian_is_translated_for(
    tiny_folder: Path, marian: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not translation.reads_russian(Letters())
    bilingual = kandinsky.load(str(tiny_folder), "cpu", torch.float32)
    assert bilingual.english is None
    monkeypatch.setattr(translation, "reads_russian", lambda _: False)
    assert kandinsky.load(str(tiny_folder), "cpu", torch.float32, translator="none").english is None
    english = kandinsky.load(str(tiny_folder), "cpu", torch.float32, translator=str(marian))
    russian, other = "прямые леопардовые джинсы", "straight leopard jeans"
    said = Conditioner(english)
    assert torch.equal(said.words([russian])[0].embedding, said.words([other])[0].embedding)
    plain = Conditioner(bilingual)
    assert not torch.equal(plain.words([russian])[0].embedding, plain.words([other])[0].embedding)
    assert torch.equal(said.text(russian)[0], plain.text(russian)[0]), "M-CLIP gets the original"


def test_english_product_texts_are_understood() -> None:
    seen = sight("Long sleeve suede jacket in black. Striped lining.")
    assert seen.thing is not None and seen.thing.en[0] == "jacket"
    assert seen.colours == ("black",) and seen.patterns == ("striped",)
    assert [t.en for t in terms("Синие джинсы и белую футболку")] == ["blue", "jeans", "white", "t-shirt"]
