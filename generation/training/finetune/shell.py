"""python -m generation.training prior|decoder --data FILE --base MODEL --out DIR: fine-tune a Kandinsky 2.1.

With --lora RANK (the default, 16), --attention-only or --full. The data: a FashionGen
.h5 file, a parquet file or a folder of pictures ("imagefolder"). What was
interrupted goes on with the same command. Several GPUs: the same behind
`accelerate launch -m generation.training`.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from numpy.typing import NDArray
from torch import nn

from generation import kandinsky as models
from generation import translation
from generation.conditioning import DECODER_TOKENS
from generation.hub import quietly
from generation.kandinsky import Kandinsky
from generation.request import BadRequest
from generation.training import catalogue as catalogues
from generation.training.bilingual import Captions, captions
from generation.training.catalogue import Catalogue
from generation.training.fashiongen import FashionGen, Unreadable
from generation.training.finetune import card, rehearsal, sheets, sifting, weights
from generation.training.finetune.features import Encoders
from generation.training.finetune.loop import Loop, OtherRun, accelerator
from generation.training.finetune.settings import (
    BALANCE,
    BY_TEXT,
    IMAGE_DROPOUT,
    RATES,
    REHEARSE,
    TEXT_DROPOUT,
    Places,
    Settings,
    Way,
)
from generation.training.finetune.swaps import swaps
from generation.training.finetune.targets import DecoderTarget, Mixture, Pool, PriorTarget
from generation.training.rows import Row
from generation.training.sources import open_source

STAGES = ("prior", "decoder")
JUDGED_BATCHES = 8


def wanted(arguments: Sequence[str]) -> bool:
    """Whether these arguments of `python -m generation.training` are for fine-tuning."""
    return (
        bool(arguments)
        and arguments[0] in STAGES
        and any(a == "--base" or a.startswith("--base=") for a in arguments)
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    it = argparse.ArgumentParser(
        prog="python -m generation.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    it.add_argument("stage", choices=STAGES)
    it.add_argument("--data", type=Path, required=True, help="a FashionGen .h5, a .parquet or a folder")
    it.add_argument("--base", required=True, help="kandinsky-2.1, a hub id, a folder, or atelier")
    it.add_argument("--out", type=Path, required=True, help="weights, checkpoints, sheets, card")
    it.add_argument(
        "--cache", type=Path, default=Path("runs/cache"), help="unpacked pictures and features (%(default)s)"
    )
    way = it.add_mutually_exclusive_group()
    way.add_argument("--lora", type=int, metavar="RANK", help="train low-rank additions (16)")
    way.add_argument("--attention-only", action="store_true", help="train all but the residual blocks")
    way.add_argument("--full", action="store_true", help="train everything")
    it.add_argument(
        "--convolutions",
        action="store_true",
        help="decoder only, with --lora: add to the residual blocks as well, which draw the shapes",
    )
    it.add_argument("--steps", type=int, default=2_000, help="(%(default)s)")
    it.add_argument("--batch", type=int, default=4, help="samples a pass and process (%(default)s)")
    it.add_argument("--accumulate", type=int, default=1, metavar="N", help="passes a step (%(default)s)")
    it.add_argument("--rate", type=float, help="learning rate (lora 1e-4, attention-only 1e-5, full 5e-6)")
    it.add_argument("--schedule", choices=("constant", "cosine"), default="constant")
    it.add_argument("--warmup", type=int, default=50, metavar="STEPS", help="(%(default)s)")
    it.add_argument("--optimiser", choices=("adamw", "adamw8bit", "adafactor"), default="adamw")
    it.add_argument("--weight-decay", type=float, default=0.01, help="(%(default)s)")
    it.add_argument("--ema", type=float, default=0.999, metavar="DECAY", help="(%(default)s)")
    it.add_argument("--min-snr", type=float, metavar="GAMMA", help="weigh timesteps (5 is usual)")
    it.add_argument(
        "--outline",
        type=float,
        metavar="N",
        help="decoder only: steps of much noise count up to N times more",
    )
    it.add_argument("--text-dropout", type=float, help="(prior 0.1, decoder 0.5)")
    it.add_argument("--image-dropout", type=float, help="decoder only (0.1)")
    it.add_argument(
        "--swap",
        type=float,
        metavar="SHARE",
        help="decoder only: samples that see the look of another kind of product of their colour; 0.6, and "
        "other defaults for --outline and the dropouts, where the base takes the garment from the text",
    )
    it.add_argument(
        "--sift",
        action=argparse.BooleanOptionalAction,
        help="leave out pictures in which the base's reader does not see what their text names; "
        "the default where it brings a reader",
    )
    it.add_argument(
        "--balance",
        type=float,
        metavar="SHARE",
        help="from 0, all pictures alike often, to 1, all kinds of garments (0.5 where the base brings a "
        "reader, else 0)",
    )
    it.add_argument(
        "--rehearse",
        type=float,
        metavar="SHARE",
        help="decoder only: samples that are the base's own drawings of all garments, so that it forgets "
        "less (0.25 where the base brings a reader, else 0)",
    )
    it.add_argument(
        "--blend",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="write weights so far from the base's to the trained ones, which forgets less (%(default)s)",
    )
    it.add_argument("--precision", choices=("auto", "fp32", "fp16", "bf16"), default="auto")
    it.add_argument("--gradient-checkpointing", action="store_true", help="less memory, a third slower")
    it.add_argument("--side", type=int, help="the decoder's pictures in pixels (the model's own)")
    it.add_argument("--colour-order", choices=("rgb", "bgr"), help="of a FashionGen file (found out)")
    it.add_argument(
        "--translator",
        default="none",
        help="en→ru for captions: a folder, a hub id, auto, none (%(default)s)",
    )
    it.add_argument("--sheet-every", type=int, default=500, metavar="STEPS", help="0 for none (%(default)s)")
    it.add_argument("--save-every", type=int, default=200, metavar="STEPS", help="(%(default)s)")
    it.add_argument("--device", help="cpu, cuda, ... (a GPU if there is one)")
    it.add_argument("--threads", type=int, help="CPU threads")
    it.add_argument("--seed", type=int, default=0)
    return it


def settings_of(arguments: argparse.Namespace, base: Kandinsky) -> Settings:
    """The run that is asked for. Raises ValueError with one sentence."""
    way: Way = "full" if arguments.full else "attention" if arguments.attention_only else "lora"
    rank = (16 if arguments.lora is None else arguments.lora) if way == "lora" else 0
    cuda = base.device.type == "cuda"
    precision = {"fp32": "no"}.get(arguments.precision, arguments.precision)
    if precision == "auto":
        precision = ("bf16" if torch.cuda.is_bf16_supported() else "fp16") if cuda else "no"
    side = arguments.side or base.side
    checks = (
        (way != "lora" or rank >= 1, "--lora must be at least 1"),
        (
            not arguments.convolutions or (way == "lora" and arguments.stage == "decoder"),
            "--convolutions goes with --lora and the decoder",
        ),
        (arguments.steps >= 1 and arguments.batch >= 1, "--steps and --batch must be at least 1"),
        (arguments.accumulate >= 1, "--accumulate must be at least 1"),
        (side % base.grid == 0, f"--side must be a multiple of {base.grid} pixels with this model"),
        (arguments.rate is None or arguments.rate > 0, "--rate must be above 0"),
        (0 <= arguments.ema < 1, "--ema must be from 0 to below 1"),
        (precision != "fp16" or cuda, "--precision fp16 needs a GPU"),
        (0 < arguments.blend <= 1, "--blend must be above 0 and at most 1"),
        (arguments.balance is None or 0 <= arguments.balance <= 1, "--balance must be from 0 to 1"),
        (arguments.rehearse is None or 0 <= arguments.rehearse < 1, "--rehearse must be from 0 to below 1"),
        (not arguments.sift or base.reader is not None, "--sift needs a base with a reader"),
        (arguments.outline is None or arguments.outline >= 1, "--outline must be at least 1"),
        (arguments.sheet_every >= 0 and arguments.save_every >= 1, "--save-every must be at least 1"),
    )
    for fine, sentence in checks:
        if not fine:
            raise ValueError(sentence)
    shares = shares_of(arguments, base)
    sift = base.reader is not None if arguments.sift is None else arguments.sift
    balance, rehearse = (0.0, 0.0) if base.reader is None else (BALANCE, REHEARSE)
    if arguments.balance is not None:
        balance = arguments.balance
    if arguments.rehearse is not None:
        rehearse = arguments.rehearse
    return Settings(
        stage=arguments.stage,
        way=way,
        rank=rank,
        steps=arguments.steps,
        convolutions=arguments.convolutions,
        batch=arguments.batch,
        accumulate=arguments.accumulate,
        rate=arguments.rate or RATES[way],
        warmup=arguments.warmup,
        schedule=arguments.schedule,
        optimiser=arguments.optimiser,
        weight_decay=arguments.weight_decay,
        decay=arguments.ema,
        min_snr=arguments.min_snr,
        **shares,
        blend=arguments.blend,
        sift=sift,
        balance=balance,
        rehearse=rehearse if arguments.stage == "decoder" else 0.0,
        precision=precision,
        checkpointing=arguments.gradient_checkpointing,
        side=side,
        seed=arguments.seed,
        sheet_every=arguments.sheet_every,
        save_every=arguments.save_every,
    )


def shares_of(arguments: argparse.Namespace, base: Kandinsky) -> dict[str, float]:
    """How often what is left out or swapped, as asked for, or as the base was trained.

    Raises ValueError with one sentence.
    """
    usual = {"text_dropout": TEXT_DROPOUT[arguments.stage], "image_dropout": IMAGE_DROPOUT}
    usual |= {"swap": 0.0, "outline": 1.0}
    if arguments.stage == "prior":
        usual["image_dropout"] = 0.0
        free = ["text_dropout"]
    else:
        free = list(usual)
        if base.attributes.garment_by_text:
            usual |= BY_TEXT
    found = usual | {name: value for name in free if (value := getattr(arguments, name)) is not None}
    if not all(0 <= found[name] <= 1 for name in ("text_dropout", "image_dropout", "swap")):
        raise ValueError("--text-dropout, --image-dropout and --swap must be from 0 to 1")
    return found


def open_catalogue(places: Places, side: int, order: Any = None) -> Catalogue:
    """The data's pictures, unpacked once."""
    source = open_source(places.data, side, order)
    if isinstance(source, FashionGen):
        with source:
            return catalogues.convert(source, catalogues.place(places.cache, source))
    return catalogues.convert(source, catalogues.place(places.cache, source))


def captions_of(catalogue: Catalogue, translator: str, device: torch.device) -> list[Captions]:
    """Captions of every row, in both languages."""
    if translator == "none":
        return captions(catalogue.rows)
    name = translation.EN_RU if translator == "auto" else translator
    return captions(catalogue.rows, translation.open_marian(name, device).translate)


def pools(
    base: Kandinsky, catalogue: Catalogue, said: list[Captions], places: Places, settings: Settings
) -> tuple[Pool | Mixture, Pool]:
    """What is trained on and what is held out, with their features. Raises ValueError where one is empty."""
    encoders = Encoders(base, places.cache / "features")
    split = [[i for i in catalogue.split(held) if said[i].ru or said[i].en] for held in (False, True)]
    if not split[0]:
        raise ValueError("no row of the data has a caption: name a column text, title or description")
    shares = encoders.readings(catalogue) if settings.sift else None
    if shares is not None and base.reader is not None:
        split[0] = sifting.agreeing(catalogue.rows, split[0], shares, base.reader.names)
        if not split[0]:
            raise ValueError("in no picture the base's reader sees what the text names: try --no-sift")
    chances = sifting.odds(catalogue.rows, split[0], settings.balance) if settings.balance else None
    quiet = dataclasses.replace(settings, text_dropout=0.0, image_dropout=0.0)
    parts = [(split[0], settings, chances), (split[1], quiet, None)]
    training, judging = _pools(base, encoders, catalogue, said, parts)
    if not settings.rehearse:
        return training, judging
    chance = np.full(len(split[0]), 1 / len(split[0])) if chances is None else chances
    learnt = dict(zip(split[0], chance.tolist(), strict=True))
    rehearsed = _rehearsed(base, encoders, places, settings, catalogue.rows, learnt)
    return Mixture(training, rehearsed, settings.rehearse), judging


def _rehearsed(
    base: Kandinsky,
    encoders: Encoders,
    places: Places,
    settings: Settings,
    others: Sequence[Row],
    learnt: Mapping[int, float],
) -> Pool:
    """The base's own drawings. learnt: of the rows `others`, how often each is drawn beside them."""
    catalogue = rehearsal.draw(base, places.cache, settings.side, rehearsal.EACH)
    numbers = list(range(len(catalogue)))
    shares = encoders.readings(catalogue)
    if shares is not None and base.reader is not None:  # what was drawn wrongly is not to be learnt again
        numbers = sifting.agreeing(catalogue.rows, numbers, shares, base.reader.names) or numbers
    odds = rehearsal.odds(catalogue.rows, numbers, others, learnt, settings.rehearse)
    (pool,) = _pools(base, encoders, catalogue, captions(catalogue.rows), [(numbers, settings, odds)])
    return pool


def _pools(
    base: Kandinsky,
    encoders: Encoders,
    catalogue: Catalogue,
    said: list[Captions],
    parts: Sequence[tuple[list[int], Settings, NDArray[np.float64] | None]],
) -> list[Pool]:
    """Pools of parts of a catalogue, each (rows, settings, their odds), whose features are made together."""
    settings = parts[0][1]
    swapped = [
        swaps(catalogue.rows, numbers, catalogue.pictures) if settings.swap else None
        for numbers, _, _ in parts
    ]
    spoken = [*said, *(brief for one in swapped if one is not None for brief in one.brief.values())]
    texts = [text for captions in spoken for text in (*captions.ru, *captions.en)] + [""]
    decoder = settings.stage == "decoder"
    encoded = encoders.speech(texts) if decoder else encoders.words(texts)
    length = DECODER_TOKENS if decoder else int(base.prior_tokenizer.model_max_length)
    looks = encoders.looks(catalogue)
    latents = encoders.latents(catalogue, settings.side) if decoder else None
    blank = encoders.blank()
    return [
        Pool(numbers, said, encoded, looks, latents, blank, length, chosen, others, odds)
        for (numbers, chosen, odds), others in zip(parts, swapped, strict=True)
    ]


def tune(arguments: argparse.Namespace) -> Path:
    """Train a stage to its end; returns the folder of the weights.

    Raises BadRequest, Unreadable, OtherRun, ValueError, OSError with one sentence.
    """
    places = Places(arguments.data, arguments.base, arguments.out, arguments.cache)
    state = PartialState(cpu=arguments.device == "cpu")
    with ExitStack() as held:
        if state.is_main_process:
            held.enter_context(catalogues.alone(arguments.out, f"{arguments.stage}.lock"))
        return _tune(arguments, places, state)


def _tune(arguments: argparse.Namespace, places: Places, state: PartialState) -> Path:
    device = arguments.device or str(state.device)
    base = models.load(arguments.base, device, translator=models.NONE)
    settings = settings_of(arguments, base)
    # the others, and other runs on the same cache, find what the first has unpacked
    with state.main_process_first(), catalogues.alone(places.cache):
        catalogue = open_catalogue(places, max(256, settings.side), arguments.colour_order)
        said = captions_of(catalogue, arguments.translator, base.device)
        training, judging = pools(base, catalogue, said, places, settings)
    module = _module(base, settings)
    chosen = weights.prepare(module, settings)
    begun = weights.start(chosen, settings)
    helper = accelerator(settings, base.device)
    trained: dict[str, Any] = {weights.part_of(settings.stage): sheets.Casting(module, helper.autocast)}
    live = dataclasses.replace(base, **trained)
    loop = Loop(places.run(settings.stage), settings, module, chosen, helper)
    target = _target(module, base, settings, helper.device)

    def judge(averaged: Any) -> dict[str, float]:
        if not len(judging):
            return {}
        errors = []
        for number in range(JUDGED_BATCHES):
            samples = judging.draw(np.random.default_rng([7, number]), max(8, settings.batch))
            with helper.autocast():
                errors.append(float(target.loss(averaged, samples.to(helper.device))[1]["mse"]))
        return {"held_out": float(np.mean(errors))}

    def sheet(step: int) -> None:
        sheets.write(live, places.run(settings.stage) / "sheets" / f"{step:07d}.png", settings.side)

    loop.train(training.draw, target.loss, judge, sheet)
    if helper.is_main_process:
        data = {
            **catalogue.facts,
            "trained": len(training),
            "rehearsed": len(training.rehearsed) if isinstance(training, Mixture) else 0,
            "held_out": len(judging),
            "captions_ru": len({text for row in said for text in row.ru}),
            "captions_en": len({text for row in said for text in row.en}),
        }
        return _finish(loop, module, begun, settings, places, base, data)
    return places.out


def _module(base: Kandinsky, settings: Settings) -> nn.Module:
    """The part that is trained: in fp32, but under LoRA in mixed precision in the precision's format."""
    module: nn.Module = getattr(base, weights.part_of(settings.stage))
    half = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(settings.precision)
    return module.to(half if settings.way == "lora" and half is not None else torch.float32)


def _target(module: Any, base: Kandinsky, settings: Settings, device: torch.device) -> Any:
    if settings.stage == "prior":
        return PriorTarget(module, base.prior_schedule, settings, device)
    return DecoderTarget(base.decoder_schedule, settings, device)


def _finish(
    loop: Loop,
    module: Any,
    begun: dict[str, torch.Tensor],
    settings: Settings,
    places: Places,
    base: Kandinsky,
    data: dict[str, Any],
) -> Path:
    """Write the averaged weights and the card."""
    with loop.average.worn():
        weights.blend(loop.chosen, begun, settings)
        folder = weights.write(module, settings, weights.base_of(places.base), places.out)
    facts = card.facts(
        settings,
        base.title,
        data,
        weights.count(loop.chosen),
        places.run(settings.stage) / "log.jsonl",
        loop.seconds,
        loop.helper.num_processes,
    )
    others = [s for s in card.read(folder) if s["settings"]["stage"] != settings.stage]
    card.write(folder, sorted([*others, facts], key=lambda s: s["settings"]["stage"] == "decoder"))
    return folder


def main(argv: Sequence[str]) -> int:
    """Fine-tune from the shell; the exit code."""
    arguments = parser().parse_args(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    try:
        with quietly():
            folder = tune(arguments)
    except ModuleNotFoundError as error:
        hint = "pip install bitsandbytes" if error.name == "bitsandbytes" else "pip install 'lekalo[train]'"
        print(f"{error.name} is missing: {hint}", file=sys.stderr)
        return 2
    except (BadRequest, Unreadable, OtherRun, ValueError, ArithmeticError, OSError) as error:
        print(f"Cannot fine-tune: {error}", file=sys.stderr)
        return 2
    except (torch.OutOfMemoryError, MemoryError):
        print(
            "Cannot fine-tune: the memory does not suffice; --gradient-checkpointing, a smaller --batch with "
            "--accumulate, --lora instead of --full or --optimiser adafactor need less.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from the last checkpoint.", file=sys.stderr)
        return 130
    print(folder)
    return 0
