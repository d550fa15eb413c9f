"""The contract between whoever wants a picture and whoever draws it.

Request goes in, Progress comes while it is drawn, Pictures come out. This
module knows no torch and no model: the bot imports it, and so may a client
that talks to a worker on another machine. It does not know how a request is
queued, stored or shown.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from generation.vocabulary import Wish

MAX_PROMPT_CHARACTERS = 2_000
MAX_COUNT = 10
MAX_PHOTOS = 4
MAX_PHOTO_PIXELS = 50_000_000
"""A phone's 48-megapixel photo passes; a decompression bomb does not."""
MIN_SIZE = 64
MAX_SIZE = 1_024
MAX_STEPS = 200
MAX_GUIDANCE = 30.0
MAX_SEED = 2**63 - 1
MAX_PRIORITY = 10
PHOTO_WEIGHT = 0.6
STRENGTH = 0.6
"""Of image-to-image where a request names none: the garment stays the same, its details do not."""

Sampler = Literal["ddim", "dpm++"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)


class Problem(StrEnum):
    """Why a request cannot be drawn; a client turns it into a sentence in the user's language."""

    EMPTY_PROMPT = "empty_prompt"
    PROMPT_TOO_LONG = "prompt_too_long"
    NOT_A_PICTURE = "not_a_picture"
    BROKEN_PICTURE = "broken_picture"
    PICTURE_TOO_LARGE = "picture_too_large"
    TOO_MANY_PHOTOS = "too_many_photos"
    BAD_COUNT = "bad_count"
    BAD_SIZE = "bad_size"
    BAD_STEPS = "bad_steps"
    BAD_GUIDANCE = "bad_guidance"
    BAD_SEED = "bad_seed"
    BAD_PHOTO_WEIGHT = "bad_photo_weight"
    BAD_STRENGTH = "bad_strength"
    BAD_MASK = "bad_mask"
    BAD_SAMPLER = "bad_sampler"
    BAD_PRIORITY = "bad_priority"
    UNKNOWN_MODEL = "unknown_model"
    BROKEN_MODEL = "broken_model"


class BadRequest(ValueError):
    """A request that cannot be drawn, with the reason as a `Problem` and an English sentence."""

    def __init__(self, problem: Problem, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Request:
    """One wish.

    prompt: what to draw, in Russian or English; may be empty only with a photo or with `init`.
    photos: encoded pictures (JPEG, PNG, WebP, ...) whose style is taken over.
    count: how many pictures, 1 to MAX_COUNT.
    seed: the first picture's seed, 0 to 2**63 - 1; picture i is drawn with seed + i. None: at random.
    size: side of the square picture in pixels; None: the model's own.
    steps: denoising steps of the decoder; None: the model's default.
    guidance: classifier-free guidance scale; None: the model's default; 1 is without guidance.
    photo_weight: 0 to 1, how much of the look comes from the photos instead of the text.
    photo_weights: in which ratio several photos are mixed, a number from 0 on for each, not all 0;
        None: equally.
    init: an encoded picture to start from (image-to-image): its shapes and places are kept as far as
        `strength` leaves them. Without text and photos it is varied as it is. Fitted to the size by
        scaling and cropping its middle; without a size its own proportions are kept, at about as many
        pixels as the model's own picture has.
    strength: above 0, to 1: how much of `init` is drawn anew; 1 keeps nothing of it, and the steps
        shrink with it. With a mask it says the same of the white places. None: STRENGTH, with a mask 1.
    mask: an encoded picture of any size, fitted as `init`, needs `init`: only what is white in it is
        painted anew, the rest of `init` stays pixel for pixel.
    negative: what to steer away from, in Russian or English; without effect at guidance 1.
    owner: whom it is for; owners share the model evenly, however much each asks for. Empty: each such
        request counts as an owner of its own.
    priority: -MAX_PRIORITY to MAX_PRIORITY. One more doubles the owner's share while others wait, so
        nobody starves; 0 is a shopper's, -MAX_PRIORITY all but waits for an idle moment.
    width, height: of a picture that is not square, in pixels; None: `size`.
    sampler: of SAMPLERS; None: the studio's.
    """

    prompt: str
    photos: tuple[bytes, ...] = ()
    count: int = 1
    seed: int | None = None
    size: int | None = None
    steps: int | None = None
    guidance: float | None = None
    photo_weight: float = PHOTO_WEIGHT
    photo_weights: tuple[float, ...] | None = None
    init: bytes | None = None
    strength: float | None = None
    mask: bytes | None = None
    negative: str = ""
    owner: str = ""
    priority: int = 0
    width: int | None = None
    height: int | None = None
    sampler: Sampler | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is: `step` of `steps` are done, over all of its pictures together."""

    step: int
    steps: int

    @property
    def share(self) -> float:
        """Done, from 0 to 1."""
        return self.step / self.steps if self.steps else 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One finished picture.

    png: the encoded file; seed, model, prompt and the note that it is generated are in its metadata.
    seed: draws this picture alone again.
    size: the longer side in pixels. seconds: from the start of the request to this picture.
    model: the model's name and revision.
    width, height: in pixels; 0: the picture is square.
    seen: what the model saw in the photos and completed the text by; None without photos.
    """

    png: bytes
    seed: int
    size: int
    seconds: float
    model: str
    prompt: str
    width: int = 0
    height: int = 0
    seen: Wish | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width or self.size, self.height or self.size


OnProgress = Callable[[Progress], None]
"""Called in the event loop of whoever awaits the drawing; must return at once."""


def tidy(prompt: str) -> str:
    """The prompt on one line and without invisible characters: what the model reads."""
    shown = "".join(
        c if c.isprintable() else " " for c in prompt if unicodedata.category(c) not in ("Cf", "Cs")
    )
    return " ".join(shown.split())


def check(request: Request) -> None:
    """Raise BadRequest for what is wrong with a request, whatever the model and whatever its photos hold."""
    for fine, problem, sentence in (*_words(request), *_numbers(request), *_pictures(request)):
        if not fine:
            raise BadRequest(problem, sentence)


_Checks = tuple[tuple[bool, Problem, str], ...]


def _words(request: Request) -> _Checks:
    return (
        (
            bool(tidy(request.prompt) or request.photos or request.init is not None),
            Problem.EMPTY_PROMPT,
            "the text is empty",
        ),
        *(
            (
                len(text) <= MAX_PROMPT_CHARACTERS,
                Problem.PROMPT_TOO_LONG,
                f"the text has {len(text)} characters, more than {MAX_PROMPT_CHARACTERS}",
            )
            for text in (request.prompt, request.negative)
        ),
        (
            request.sampler is None or request.sampler in SAMPLERS,
            Problem.BAD_SAMPLER,
            f"the sampler must be one of {', '.join(SAMPLERS)}",
        ),
    )


def _numbers(request: Request) -> _Checks:
    return (
        (1 <= request.count <= MAX_COUNT, Problem.BAD_COUNT, f"the count must be from 1 to {MAX_COUNT}"),
        *(
            (
                side is None or MIN_SIZE <= side <= MAX_SIZE,
                Problem.BAD_SIZE,
                f"the size must be from {MIN_SIZE} to {MAX_SIZE} pixels",
            )
            for side in (request.size, request.width, request.height)
        ),
        (
            request.steps is None or 1 <= request.steps <= MAX_STEPS,
            Problem.BAD_STEPS,
            f"the steps must be from 1 to {MAX_STEPS}",
        ),
        (
            request.guidance is None
            or (math.isfinite(request.guidance) and 1 <= request.guidance <= MAX_GUIDANCE),
            Problem.BAD_GUIDANCE,
            f"the guidance must be from 1 to {MAX_GUIDANCE:g}",
        ),
        (
            request.seed is None or 0 <= request.seed <= MAX_SEED + 1 - request.count,
            Problem.BAD_SEED,
            f"the seed must be from 0 to {MAX_SEED + 1 - max(1, request.count)}",
        ),
        (
            abs(request.priority) <= MAX_PRIORITY,
            Problem.BAD_PRIORITY,
            f"the priority must be from {-MAX_PRIORITY} to {MAX_PRIORITY}",
        ),
        (
            request.strength is None or 0 < request.strength <= 1,
            Problem.BAD_STRENGTH,
            "the strength must be above 0 and at most 1",
        ),
    )


def _pictures(request: Request) -> _Checks:
    weights = request.photo_weights
    return (
        (
            len(request.photos) <= MAX_PHOTOS,
            Problem.TOO_MANY_PHOTOS,
            f"{len(request.photos)} photos are more than {MAX_PHOTOS}",
        ),
        (0 <= request.photo_weight <= 1, Problem.BAD_PHOTO_WEIGHT, "the photo's weight must be from 0 to 1"),
        (
            weights is None
            or (
                len(weights) == len(request.photos)
                and all(math.isfinite(weight) and weight >= 0 for weight in weights)
                and (sum(weights) > 0 or not weights)
            ),
            Problem.BAD_PHOTO_WEIGHT,
            "the photos' weights must be numbers from 0 on, one for each photo and not all 0",
        ),
        (
            request.mask is None or request.init is not None,
            Problem.BAD_MASK,
            "a mask needs the picture that it lies on",
        ),
    )
