"""Photo and text: who says what, and how the garment is swapped."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from PIL import Image
from torch import Tensor

from generation import reader, style
from generation.attributes import Attributes
from generation.conditioning import Conditioner
from generation.kandinsky import Kandinsky
from generation.vocabulary import Wish

PHOTO = Image.effect_mandelbrot((90, 60), (-2, -1.5, 1, 1.5), 50).convert("RGB")
SEEN = Wish("pants", "brown", "leopard")


@pytest.fixture
def conditioner(tiny_model: Kandinsky) -> Conditioner:
    return Conditioner(tiny_model)


@pytest.fixture
def sees_leopard_pants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "recognise", lambda *_: SEEN)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (Wish("blazer"), Wish("blazer", None, "leopard")),  # a leopard's brown need not be said
        (Wish("blazer", "red"), Wish("blazer", "red", "leopard")),
        (Wish("blazer", pattern="striped"), Wish("blazer", "brown", "striped")),
        (Wish("dress", pattern="zebra"), Wish("dress", None, "zebra")),
        (Wish("pants", pattern="denim"), Wish("pants", None, "leopard")),
        (Wish("outwear", pattern="denim"), Wish("outwear", "brown", "denim")),
        (Wish(colour="green"), Wish("pants", "green", "leopard")),
    ],
)
def test_what_the_text_leaves_open_the_photo_says(asked: Wish, wanted: Wish) -> None:
    assert style.wish(asked, SEEN) == wanted


def test_phrases() -> None:
    assert style.phrase(Wish("dress", "red", "striped")) == "red striped dress"
    assert style.phrase(Wish("pants", "navy", "plain")) == "navy pants"
    assert style.phrase(Wish()) == "clothes"


def test_text_alone_is_left_as_it_is(conditioner: Conditioner) -> None:
    made = style.compose(conditioner, "красное платье", [], 0.6, [1, 2])
    assert (made.words, made.seen) == ("красное платье", None)
    assert torch.equal(made.images, conditioner.dream([("красное платье", 1), ("красное платье", 2)]))


def test_a_photo_alone_is_its_embedding(conditioner: Conditioner) -> None:
    made = style.compose(conditioner, "", [PHOTO], 0.6, [1, 2])
    assert made.words == ""
    assert made.seen == style.recognise(conditioner, conditioner.look(PHOTO))
    torch.testing.assert_close(made.images, conditioner.look(PHOTO).expand(2, -1))


@pytest.mark.usefixtures("sees_leopard_pants")
def test_the_garment_is_swapped_and_the_look_kept(conditioner: Conditioner) -> None:
    look = conditioner.look(PHOTO)
    new, old = conditioner.dream([("leopard blazer", 1), ("brown leopard pants", 1)])

    def images(weight: float) -> Tensor:
        made = style.compose(conditioner, "пиджак того же стиля", [PHOTO], weight, [1])
        assert (made.words, made.seen) == ("leopard blazer", SEEN)
        return made.images[0]

    torch.testing.assert_close(images(1.0), look + new - old, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(images(0.0), new, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(images(0.5), 0.5 * (look + new - old) + 0.5 * new, rtol=1e-4, atol=1e-4)


@pytest.mark.usefixtures("sees_leopard_pants")
def test_a_decoder_that_takes_garments_from_the_text_is_told_what_the_text_says(
    tiny_model: Kandinsky,
) -> None:
    look = Conditioner(tiny_model).look(PHOTO)
    step = torch.full_like(look, 0.5)
    attributes = Attributes(steps={"blazer": step}, garment_by_text=True)
    conditioner = Conditioner(dataclasses.replace(tiny_model, attributes=attributes))
    made = style.compose(conditioner, "пиджак того же стиля", [PHOTO], 1.0, [1])
    assert made.words == "leopard blazer"
    red, usual, brown = conditioner.dream(
        [("red leopard blazer", 1), ("leopard blazer", 1), ("brown leopard blazer", 1)]
    )
    torch.testing.assert_close(made.images[0], look + usual - brown + step, rtol=1e-4, atol=1e-4)
    made = style.compose(conditioner, "красный пиджак в том же стиле", [PHOTO], 1.0, [1])
    assert made.words == "red leopard blazer"
    torch.testing.assert_close(made.images[0], look + red - brown + step, rtol=1e-4, atol=1e-4)
    away = style.compose(conditioner, "red dress", [], 1.0, [1], negative="blue")
    assert torch.equal(
        away.images, conditioner.dream([("red dress", 1)])
    )  # the decoder steers, not the prior


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Wish("blazer"), "leopard blazer"),
        (Wish("blazer", pattern="striped"), "striped blazer"),
        (Wish("pants", pattern="denim"), "leopard pants"),  # jeans give way to the photo's print
        (Wish(colour="green"), "green leopard pants"),
    ],
)
def test_words_are_the_texts_own(asked: Wish, words: str) -> None:
    assert style.phrase(style.spoken(asked, style.wish(asked, SEEN))) == words


def test_words_outside_the_vocabulary_are_mixed_as_they_are(conditioner: Conditioner) -> None:
    made = style.compose(conditioner, "кот в космосе", [PHOTO], 0.25, [4])
    dream = conditioner.dream([("кот в космосе", 4)])
    assert made.words == "кот в космосе"
    torch.testing.assert_close(
        made.images, 0.25 * conditioner.look(PHOTO) + 0.75 * dream, rtol=1e-4, atol=1e-4
    )


def test_several_photos_are_meant_together(conditioner: Conditioner) -> None:
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    torch.testing.assert_close(style.mean([a, b]), torch.tensor([2**0.5, 2**0.5]))
    assert torch.equal(style.mean([a]), a)


def test_several_photos_are_mixed_in_a_ratio(conditioner: Conditioner) -> None:
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    torch.testing.assert_close(style.mean([a, b], [1, 0]), a)
    torch.testing.assert_close(style.mean([a, b], [3, 1]).norm(), torch.tensor(2.5))
    mixed = style.mean([a, a * 0 + b], [2, 1])
    torch.testing.assert_close(mixed[0], mixed[1])
    other = Image.new("RGB", (40, 40), "green")
    made = style.compose(conditioner, "", [PHOTO, other], 0.6, [1], photo_weights=[0, 5])
    torch.testing.assert_close(made.images[0], conditioner.look(other))


def test_recognition_finds_the_words_whose_embedding_it_is(conditioner: Conditioner) -> None:
    aim = conditioner.words(["striped dress"])[0].embedding
    names = {"plain": ["plain dress"], "striped": ["striped dress"], "zebra": ["zebra dress"]}
    assert style._nearest(conditioner, aim, names) == "striped"
    seen = style.recognise(conditioner, conditioner.look(PHOTO))
    assert None not in (seen.type, seen.colour, seen.pattern)


def test_a_models_own_reader_is_asked_before_its_clip(tiny_model: Kandinsky) -> None:
    names = {"type": ("hat",), "colour": ("red", "navy"), "pattern": ("checked",)}
    torch.manual_seed(0)
    eyes = reader.Reader(names).eval()
    conditioner = Conditioner(dataclasses.replace(tiny_model, reader=eyes))
    with torch.inference_mode():
        seen = style.see(conditioner, [PHOTO])
        assert (seen.type, seen.pattern) == ("hat", "checked")
        assert seen.colour in names["colour"]
        assert conditioner.read(PHOTO) is conditioner.read(PHOTO.copy())  # read once
        made = style.compose(conditioner, "", [PHOTO, PHOTO], 0.6, [1])
    assert made.seen == seen
