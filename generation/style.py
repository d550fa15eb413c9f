"""Style: what to draw when there is a photo, and a text that may ask for another garment.

The model's reader tells what the photo shows, or CLIP (zero-shot, over the vocabulary's
words) where it brings none. What the text does not say is taken from that: «пиджак того
же стиля» with leopard jeans asks for a leopard blazer. In the embedding the garment is
swapped and the look kept: the photo's embedding, plus what the prior draws for the
wanted look, minus what it draws for the look that the photo has. A decoder that takes
the garment from the text and only the cloth from the embedding
(`Attributes.garment_by_text`) is told the garment and the print, and given the photo's
cloth, which has its colour, as it is. This module knows looks and embeddings; it does
not know the decoder, requests or files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from PIL import Image
from torch import Tensor

from generation.conditioning import Conditioner, Dream
from generation.reader import together
from generation.vocabulary import COLOURS, PATTERNS, TYPES, Wish, understand
from generation.words import Noun

PLAIN, DENIM = "plain", "denim"
NOUNS_A_TYPE = 3
"""Names of a type, in each language, whose mean stands for it when a photo is judged."""
MANNEQUINS = ("tshirt", "dress", "pants", "skirt", "shirt", "outwear", "hat", "longsleeve")
"""Types on which a colour is named when a photo is judged; the mean of the phrases stands for the colour."""
CLIP_SAYS = 9.0
"""What a cosine between photo and names of colours adds to the reader's log-likelihood: of 237 phone photos
the reader alone names the colour of 178, CLIP of 174, both of 183."""
SWAP = 1.0
"""How far the embedding moves from the photo's own look to the wanted one: 0 not at all, 1 all the way."""


@dataclass(frozen=True, slots=True)
class Composition:
    """What is to be drawn: an image embedding a seed, (N, D), and the text that the decoder reads.

    seen: what the photos show; None without any.
    """

    images: Tensor
    words: str
    seen: Wish | None = None


def compose(
    conditioner: Conditioner,
    prompt: str,
    photos: Sequence[Image.Image],
    photo_weight: float,
    seeds: Sequence[int],
    photo_weights: Sequence[float] | None = None,
    negative: str = "",
) -> Composition:
    """Text and photos to embeddings.

    photo_weight: 0 draws from the text alone (what the photo shows is still in it), 1 from the photo's
    embedding alone (with the garment swapped). photo_weights: the ratio of several photos. negative:
    what the prior draws away from, unless the decoder alone is to.
    """

    attributes = conditioner.kandinsky.attributes
    # a young prior that is pulled away from a text leaves the space: noise is drawn of that. The decoder's
    # own guidance steers away well enough where it reads the garment from the text
    away_from = "" if attributes.garment_by_text else negative

    def dream(text: str) -> list[Dream]:
        return [Dream(text, seed, away_from) for seed in seeds]

    if not photos:
        return Composition(conditioner.dream(dream(prompt)), prompt)
    look = mean([conditioner.look(photo) for photo in photos], photo_weights)
    seen = see(conditioner, photos, photo_weights)
    if not prompt:
        return Composition(look.expand(len(seeds), -1), prompt, seen)
    asked = understand(prompt)
    if asked == Wish():  # nothing that the vocabulary knows: mix as stock Kandinsky does
        return Composition(_blend(look, conditioner.dream(dream(prompt)), photo_weight), prompt, seen)
    whole = wish(asked, seen)
    own = replace(seen, type=whole.type) if attributes.garment_by_text else seen
    towards, away = conditioner.dream(dream(phrase(whole)) + dream(phrase(own))).chunk(2)
    said = spoken(asked, whole) if attributes.garment_by_text else whole
    images = _blend(look + SWAP * (towards - away), towards, photo_weight)
    step = attributes.steps.get(whole.type or "")
    if step is not None:
        images = images + step.to(images)
    return Composition(images, phrase(said), seen)


def mean(looks: Sequence[Tensor], weights: Sequence[float] | None = None) -> Tensor:
    """The mean of embeddings (D,) in a ratio (None: equally), as long as they are on average."""
    stacked = torch.stack(list(looks))
    ratio = torch.ones(len(stacked)) if weights is None else torch.tensor(weights, dtype=torch.float32)
    share = (ratio / ratio.sum()).to(stacked)
    middle = share @ stacked
    return middle * ((share @ stacked.norm(dim=1)) / middle.norm().clamp(min=1e-6))


def wish(asked: Wish, seen: Wish) -> Wish:
    """What is asked for, completed by what the photo shows."""
    pattern, colour = asked.pattern, asked.colour
    if pattern is None or (pattern == DENIM and asked.type == "pants" and seen.pattern != PLAIN):
        pattern = seen.pattern  # "jeans" alone gives way to the photo's print
        usual = PATTERNS[seen.pattern or PLAIN].natural  # need not be said: leopards are drawn better without
        colour = colour or (None if seen.colour in usual else seen.colour)
    elif pattern == DENIM or not PATTERNS[pattern].natural:
        colour = colour or seen.colour  # a leopard that the text asks for has colours of its own
    return replace(asked, type=asked.type or seen.type, colour=colour, pattern=pattern)


def spoken(asked: Wish, whole: Wish) -> Wish:
    """What is said of the whole wish: garment and print always, the colour if the text names it."""
    return replace(whole, colour=whole.colour if asked.colour else None)


def phrase(look: Wish) -> str:
    """A look in the plainest English, which the prior and M-CLIP both read: "red striped dress"."""
    words = [
        COLOURS[look.colour].en[0] if look.colour else "",
        PATTERNS[look.pattern].en[0] if look.pattern and look.pattern != PLAIN else "",
        TYPES[look.type].en[0].text if look.type else "clothes",
    ]
    return " ".join(word for word in words if word)


def see(
    conditioner: Conditioner, photos: Sequence[Image.Image], weights: Sequence[float] | None = None
) -> Wish:
    """The type, the colour and the pattern that photos show together: read, where the model has a reader."""
    readings = [reading for photo in photos if (reading := conditioner.read(photo)) is not None]
    if not readings:
        return recognise(conditioner, mean([conditioner.look(photo) for photo in photos], weights))
    reading = together(readings, weights)
    look = mean([conditioner.look(photo) for photo in photos], weights)
    named = _likeness(conditioner, look, _colour_names())
    colours = reading.shares["colour"]
    colour = max(colours, key=lambda name: math.log(colours[name] + 1e-6) + CLIP_SAYS * named.get(name, -1.0))
    return Wish(type=reading.best("type"), colour=colour, pattern=reading.best("pattern"))


def recognise(conditioner: Conditioner, look: Tensor) -> Wish:
    """The type, the pattern and the colour that an image embedding (D,) shows.

    By the names that are nearest.
    """
    type_ = _nearest(
        conditioner, look, {id_: _names(kind.en) + _names(kind.ru) for id_, kind in TYPES.items()}
    )
    noun = TYPES[type_].en[0].text
    patterns = {id_: [f"{_first(kind.en)} {noun}"] for id_, kind in PATTERNS.items()}
    pattern = _nearest(conditioner, look, patterns)
    colour = _nearest(conditioner, look, _colour_names())
    return Wish(type=type_, colour=colour, pattern=pattern)


def _colour_names() -> dict[str, list[str]]:
    nouns = [TYPES[id_].en[0].text for id_ in MANNEQUINS]
    return {id_: [f"{_first(tone.en)} {noun}" for noun in nouns] for id_, tone in COLOURS.items()}


def _blend(photo: Tensor, text: Tensor, weight: float) -> Tensor:
    return weight * photo + (1 - weight) * text


def _names(nouns: Sequence[Noun]) -> list[str]:
    plain = (noun.text for noun in nouns if noun.implies is None)
    return list(dict.fromkeys(plain))[:NOUNS_A_TYPE]


def _first(words: Sequence[str]) -> str:
    return words[0].removeprefix("=")


def _nearest(conditioner: Conditioner, look: Tensor, classes: Mapping[str, Sequence[str]]) -> str:
    """The class whose texts' mean direction is nearest to the embedding (D,) by cosine."""
    scores = _likeness(conditioner, look, classes)
    return max(scores, key=lambda name: scores[name])


def _likeness(
    conditioner: Conditioner, look: Tensor, classes: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """The cosine of the embedding (D,) with the mean direction of each class's texts."""
    texts = conditioner.words([text for names in classes.values() for text in names])
    directions = torch.nn.functional.normalize(torch.stack([t.embedding for t in texts]).float(), dim=1)
    centres, start = [], 0
    for names in classes.values():
        centres.append(torch.nn.functional.normalize(directions[start : start + len(names)].mean(0), dim=0))
        start += len(names)
    scores = torch.stack(centres) @ torch.nn.functional.normalize(look, dim=0)
    return dict(zip(classes, scores.tolist(), strict=True))
