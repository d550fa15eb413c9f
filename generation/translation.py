"""Translation: Russian to English for a prior that reads English only, with the words of fashion kept.

Kandinsky 2.1's prior reads CLIP's English tokens: Russian costs it a token a
letter and says next to nothing. A Marian model (Tiedemann and Thottingal,
"OPUS-MT", 2020) translates on the way, the glossary's terms being put in English
beforehand and looked for afterwards: «водолазка» stays a turtleneck. Without a
model the terms alone are passed on. This module knows texts and Marian; it does
not know the prior.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch

from generation import glossary, hub
from generation.glossary import Term
from generation.request import BadRequest, Problem

RU_EN = "Helsinki-NLP/opus-mt-ru-en"
EN_RU = "Helsinki-NLP/opus-mt-en-ru"
KEPT = 4_096
"""Translations that are remembered."""
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_LETTERS = re.compile(r"\w+")
_SAYS_NOTHING = (
    "я мне мной хочу хочется нарисуй нарисуйте покажи покажите ищу найди подбери придумай "
    "сделай пожалуйста привет здравствуйте можно нужен нужна нужно нужны фото картинка "
    "картинку рисунок и с со в во на из для такой такая такое такие очень бы ли это цвет "
    "цвета купить "
)
"""Words that may go unsaid, so that a text of these and of terms needs no model."""


class Translates(Protocol):
    """Texts of one language in another."""

    def translate(self, texts: Sequence[str]) -> list[str]:
        """One translation a text."""
        ...


class Marian:
    """A Marian model; deterministic."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer

    @torch.inference_mode()
    def translate(self, texts: Sequence[str]) -> list[str]:
        """One translation a text, "" for an empty one."""
        said = [text for text in texts if text.strip()]
        if not said:
            return ["" for _ in texts]
        tokens = self._tokenizer(said, return_tensors="pt", padding=True, truncation=True)
        tokens = {k: v.to(self._model.device) for k, v in tokens.items() if k != "token_type_ids"}
        out = self._model.generate(**tokens, num_beams=4, do_sample=False, max_new_tokens=256)
        found = iter(self._tokenizer.batch_decode(out, skip_special_tokens=True))
        return [next(found).strip() if text.strip() else "" for text in texts]


def open_marian(name: str, device: str | torch.device = "cpu") -> Marian:
    """A Marian model from a folder or from the hub.

    Raises BadRequest (UNKNOWN_MODEL, BROKEN_MODEL) with one sentence.
    """
    from transformers import MarianMTModel, MarianTokenizer

    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = hub.fetch(name, hub.TRANSLATOR_FILES)
    try:
        with hub.quietly():
            model = MarianMTModel.from_pretrained(folder, local_files_only=True)
            tokenizer = MarianTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # a broken folder fails in as many ways as it has files
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadRequest(
            Problem.BROKEN_MODEL, f"the translator {name!r} cannot be loaded: {line[:200]}"
        ) from error
    return Marian(model.to(device).eval().requires_grad_(False), tokenizer)


class English:
    """Makes a Russian or mixed text English; texts without Cyrillic letters stay as they are."""

    def __init__(self, translator: Translates | None = None) -> None:
        """translator: None: the glossary's terms are all that is passed on."""
        self._translator = translator
        self._kept: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """The text in English."""
        if not _CYRILLIC.search(text):
            return text
        if text not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[text] = self._translated(text)
        return self._kept[text]

    def _translated(self, text: str) -> str:
        terms = glossary.terms(text)
        if terms and (self._translator is None or _covered(text, terms)):
            return _joined(terms)
        if self._translator is None:
            return text
        given = _replaced(text, terms)
        return _with_all(self._translator.translate([given])[0] or given, terms)


def reads_russian(tokenizer: Callable[..., Any]) -> bool:
    """Whether a tokenizer has Russian words: else it cuts them into letters, at three tokens for one."""
    russian = len(tokenizer("прямые леопардовые джинсы")["input_ids"])
    english = len(tokenizer("straight leopard jeans")["input_ids"])
    return russian < 3 * english


def _covered(text: str, terms: Sequence[Term]) -> bool:
    """Whether nothing is said beside the terms."""
    rest = _replaced(text, [Term(t.start, t.end, "", t.kind) for t in terms])
    return all(word.lower() in _SAYS_NOTHING.split() for word in _LETTERS.findall(rest))


def _joined(terms: Sequence[Term]) -> str:
    """Qualities, then things, as English has it: "straight leopard jeans"."""
    words = [t.en for t in terms if t.kind != "thing"] + [t.en for t in terms if t.kind == "thing"]
    plain = (word.removeprefix("=") for word in words)
    return " ".join(dict.fromkeys(plain))


def _replaced(text: str, terms: Sequence[Term]) -> str:
    parts, at = [], 0
    for term in terms:
        parts += [text[at : term.start], term.en.removeprefix("=")]
        at = term.end
    return "".join([*parts, text[at:]])


def _with_all(text: str, terms: Sequence[Term]) -> str:
    """The translation, and after it the terms that it has lost."""
    folded = " ".join(_LETTERS.findall(text.lower()))
    lost = []
    for term in terms:
        words = " ".join(_LETTERS.findall(term.en.removeprefix("=").lower()))
        if words.rstrip("s") not in folded:
            lost.append(term.en.removeprefix("="))
    return ", ".join([text.rstrip(" .!,"), *dict.fromkeys(lost)]) if lost else text
