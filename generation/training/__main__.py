"""python -m generation.training STAGE: train the embedded model, a stage or all of them.

Stages in order: movq, clip, mclip, cache, prior, decoder, reader, assemble. Each resumes
from its checkpoint in --runs after a kill. With --base MODEL, prior and decoder
fine-tune that model instead (`prior --base MODEL --help`). It knows the stages'
order and nothing of what happens in them.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pickle
import sys
from functools import cached_property
from pathlib import Path
from typing import cast

import torch
from diffusers import PriorTransformer, UNet2DConditionModel, VQModel
from diffusers.pipelines.kandinsky.text_encoder import MultilingualCLIP
from torch import Tensor, nn
from transformers import XLMRobertaTokenizer

from generation import mobilenet
from generation.attributes import steps_towards
from generation.evaluation import judges
from generation.reader import SIDE, Reader
from generation.reader import save as save_reader
from generation.spatial_norm import quicken
from generation.training import (
    assemble,
    blocks,
    cache,
    clip,
    decoder,
    garments,
    mclip,
    movq,
    prior,
    reader,
    tokens,
)
from generation.training.finetune import shell as finetune
from generation.training.garments import Garment
from generation.training.run import Plan, save_atomically, write_sheet

STAGES = ("movq", "clip", "mclip", "cache", "prior", "decoder", "reader", "assemble")
PLANS = {
    "movq": movq.PLAN,
    "clip": clip.PLAN,
    "mclip": mclip.PLAN,
    "prior": prior.PLAN,
    "decoder": decoder.PLAN,
    "reader": reader.PLAN,
}
SHEET_ROWS = 16


class House:
    """Where the stages find what earlier ones made."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.runs: Path = arguments.runs
        self.data: Path = arguments.data
        self.source: Path = arguments.text_encoder
        self.arguments = arguments

    def plan(self, stage: str) -> Plan:
        """The stage's plan, with what the command line says instead."""
        given = {"steps": self.arguments.steps, "batch": self.arguments.batch, "rate": self.arguments.rate}
        return dataclasses.replace(PLANS[stage], **{k: v for k, v in given.items() if v is not None})

    @cached_property
    def garments(self) -> list[garments.Garment]:
        """The cut-outs; decoded once and kept beside the runs."""
        return self._cut_out(garments.SIDE)

    def _cut_out(self, side: int) -> list[Garment]:
        kept = self.runs / ("garments.pickle" if side == garments.SIDE else f"garments-{side}.pickle")
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            loaded = garments.load(self.data, side)
            beside = kept.with_suffix(".part")
            beside.write_bytes(pickle.dumps(loaded))
            os.replace(beside, kept)
            return loaded
        return cast("list[garments.Garment]", pickle.loads(kept.read_bytes()))

    @cached_property
    def worn(self) -> tuple[list[Garment], list[int]]:
        """The cut-outs as large as the reader looks at them, and the patterns of their own cloth."""
        large = self._cut_out(SIDE)
        kept = self.runs / "own.pt"
        if not kept.exists():
            known = reader.know(large, judges.load())
            save_atomically(known, kept)
        return large, torch.load(kept, weights_only=True)

    @cached_property
    def vocabulary(self) -> tuple[XLMRobertaTokenizer, Tensor]:
        """The tokenizer and its pieces' ids in the source; the same at every call."""
        kept = self.runs / "tokenizer.pt"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            torch.save(torch.from_numpy(tokens.cut(self.source, tokens.corpus())[1]), kept)
        origin = torch.load(kept, weights_only=True)
        return tokens.rebuild(self.source, origin.numpy()), origin

    def _averaged(self, stage: str, module: nn.Module) -> nn.Module:
        path = self.runs / stage / "checkpoint.pt"
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there: run the stage «{stage}» first")
        state = torch.load(path, weights_only=True)["average"]
        module.load_state_dict({name.partition(".")[2]: value for name, value in state.items()})
        return module.eval().requires_grad_(False)

    @cached_property
    def towers(self) -> clip.Towers:
        """The trained encoders."""
        return cast(clip.Towers, self._averaged("clip", clip.Towers(self.vocabulary[0])))

    @cached_property
    def spoken(self) -> MultilingualCLIP:
        """The trained M-CLIP, which says types aloud."""
        return cast(MultilingualCLIP, self._averaged("mclip", clip.Towers(self.vocabulary[0]).spoken))

    @cached_property
    def space(self) -> blocks.Blocks:
        """The latent space; the same at every call."""
        kept = self.runs / "blocks.pt"
        if not kept.exists():
            movq.space(self.garments).save(kept)
        return blocks.load(kept)

    @cached_property
    def movq(self) -> VQModel:
        """The trained MOVQ, its codebook fitted."""
        trained = cast(VQModel, self._averaged("movq", movq.build()))
        quicken(trained)
        movq.fit(trained, self.garments)
        return trained

    @cached_property
    def cache(self) -> cache.Cache:
        """What was encoded."""
        return cache.read(self.runs / "cache")

    @torch.no_grad()
    def nothing(self) -> Tensor:
        """The embedding of the all-zero picture, Kandinsky's «no image», (1, D)."""
        side = garments.SIDE
        return cast(Tensor, self.towers.image(pixel_values=torch.zeros(1, 3, side, side)).image_embeds)


@torch.no_grad()
def sheet(house: House, unet: UNet2DConditionModel, path: Path) -> None:
    """Draw the first cached looks with DDIM and guidance, above what they were cached from."""
    rows, steps, guidance = SHEET_ROWS, 25, 4.0
    seen = torch.from_numpy(house.cache.looks_like[:rows]).float()
    words = ["" for _ in range(rows)]
    ids, mask = tokens.encode(house.vocabulary[0], words, clip.CAPTION_TOKENS)
    pooled, hidden = decoder.speak(house.spoken, ids, mask)
    nothing = house.nothing().expand(rows, -1)
    scheduler = decoder.schedule()
    scheduler.set_timesteps(steps)
    latents = torch.randn(rows, blocks.CHANNELS, 16, 16, generator=torch.Generator().manual_seed(0))
    for time in scheduler.timesteps:
        with torch.autocast("cpu", torch.bfloat16):
            out = unet(
                torch.cat([latents, latents]),
                time,
                encoder_hidden_states=torch.cat([hidden, hidden]),
                added_cond_kwargs={
                    "text_embeds": torch.cat([pooled, pooled]),
                    "image_embeds": torch.cat([nothing, seen]),
                },
            ).sample.float()[:, : blocks.CHANNELS]
        free, led = out.chunk(2)
        latents = scheduler.step(free + guidance * (led - free), time, latents).prev_sample
    given = torch.from_numpy(house.cache.latents[:rows]).float()
    write_sheet(house.space.decode(torch.cat([given, latents])), path, rows)


def run(stage: str, house: House) -> None:
    """Run one stage."""
    tokenizer = house.vocabulary[0]
    if stage == "movq":
        eyes = mobilenet.load() if house.arguments.sharp else None
        where, plan = house.runs / stage, house.plan(stage)
        movq.train(house.garments, house.space, where, plan, house.arguments.compile, eyes)
    elif stage == "clip":
        origin = house.vocabulary[1].numpy()
        clip.train(house.garments, tokenizer, origin, house.source, house.runs / stage, house.plan(stage))
    elif stage == "mclip":
        types = sorted(clip.by_type(house.garments))
        mclip.train(tokenizer, house.towers.spoken, types, house.runs / stage, house.plan(stage))
    elif stage == "cache":
        size: int = house.arguments.pictures
        cache.fill(house.runs / stage, size, house.garments, house.space, house.towers.image)
    elif stage == "prior":
        prior.train(house.cache, tokenizer, house.towers.text, house.runs / stage, house.plan(stage))
    elif stage == "decoder":
        decoder.train(
            house.cache,
            tokenizer,
            house.spoken,
            house.nothing(),
            house.runs / stage,
            house.plan(stage),
            lambda unet, path: sheet(house, unet, path),
        )
    elif stage == "reader":
        reader.train(*house.worn, house.runs / stage, house.plan(stage))
    else:
        dreamer = cast(PriorTransformer, house._averaged("prior", prior.build(house.cache)))
        width = house.spoken.config.hidden_size
        house.towers.spoken = house.spoken
        unet = cast(UNet2DConditionModel, house._averaged("decoder", decoder.build(width)))
        worded = house.cache.dyed.nonzero()[0]
        embeddings = torch.from_numpy(house.cache.looks_like[worded]).float()
        steps = steps_towards(embeddings, [house.cache.looks[row] for row in worded])
        assemble.assemble(house.arguments.out, tokenizer, house.towers, house.movq, dreamer, unet, steps)
        save_reader(house.arguments.out, cast(Reader, house._averaged("reader", reader.build())))
        print(house.arguments.out)


def main() -> int:
    """Parse the command line and run; returns the exit code."""
    if finetune.wanted(sys.argv[1:]):
        return finetune.main(sys.argv[1:])
    parser = argparse.ArgumentParser(prog="python -m generation.training", description=__doc__)
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data/garments.parquet"))
    parser.add_argument("--text-encoder", type=Path, default=Path("../shared/models/e5-small-ruen"))
    parser.add_argument("--runs", type=Path, default=Path("runs/atelier"), help="checkpoints and sheets")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/atelier/model"), help="where «assemble» writes"
    )
    parser.add_argument("--steps", type=int, help="train to this step instead of the plan's last")
    parser.add_argument("--batch", type=int, help="samples a step")
    parser.add_argument("--rate", type=float, help="peak learning rate")
    parser.add_argument("--pictures", type=int, default=60_000, help="size of the cache")
    parser.add_argument("--threads", type=int, help="CPU threads; 1 where other work runs beside")
    parser.add_argument("--sharp", action="store_true", help="movq: also compare what MobileNet sees")
    parser.add_argument("--compile", action="store_true", help="compile the MOVQ: pays on long runs")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    house = House(arguments)
    try:
        for stage in STAGES if arguments.stage == "all" else (arguments.stage,):
            run(stage, house)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from the last checkpoint.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
