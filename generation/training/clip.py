"""CLIP and M-CLIP: the second stage, one space for garments' pictures and bilingual captions.

Three encoders are trained together: CLIP's image and text towers, which the
prior knows, and the M-CLIP text tower, which the decoder reads (it starts from
the first layers of a small multilingual encoder). More and more of the pictures stand
on busy backgrounds in a room's light, as a shopper's photos do. Beside the
contrastive loss the image embedding must tell type, colour and pattern, which
teaches a small batch more than its captions alone. It knows no diffusion.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch
from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    XLMRobertaTokenizer,
)

from generation.training import garments as wardrobe
from generation.training.captions import caption
from generation.training.looks import random_look
from generation.training.run import Plan, Run, as_pictures, generator
from generation.training.tokens import LENGTH, encode, trim
from generation.vocabulary import COLOURS, PATTERNS, TYPES, Look

WIDTH = 256
SPOKEN_LAYERS = 3
"""Layers of the multilingual encoder that M-CLIP starts from; it was made with 12."""
EYES = 0.5
"""How strong a patch's components and its place are at the start, before the first norm."""
MOST_BUSY = 0.6
"""The share of pictures on busy backgrounds at the end of the stage; it starts with none."""
CAPTION_TOKENS = 40
"""Captions are cut here while this stage trains: hardly any is longer, and attention is masked or causal."""
PLAN = Plan(steps=1000, batch=64, rate=8e-4, warmup=100, decay=0.995, weight_decay=0.05)
LANGUAGES: tuple[Literal["ru", "en"], ...] = ("ru", "en")


class Towers(nn.Module):
    """The three encoders and what only training needs: the attribute heads and the temperature."""

    def __init__(self, tokenizer: XLMRobertaTokenizer) -> None:
        super().__init__()
        self.image = CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=WIDTH,
                intermediate_size=4 * WIDTH,
                projection_dim=WIDTH,
                num_hidden_layers=6,
                num_attention_heads=WIDTH // 64,
                image_size=wardrobe.SIDE,
                patch_size=wardrobe.SIDE // 8,
            )
        )
        self.text = CLIPTextModelWithProjection(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=WIDTH,
                intermediate_size=4 * WIDTH,
                projection_dim=WIDTH,
                num_hidden_layers=4,
                num_attention_heads=WIDTH // 64,
                max_position_embeddings=LENGTH,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
        self.spoken = MultilingualCLIP(
            MCLIPConfig(
                transformerDimSize=384,
                imageDimSize=WIDTH,
                vocab_size=len(tokenizer),
                hidden_size=384,
                intermediate_size=1536,
                num_hidden_layers=SPOKEN_LAYERS,
                num_attention_heads=12,
                max_position_embeddings=LENGTH + 3,
                pad_token_id=tokenizer.pad_token_id,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                type_vocab_size=1,
                layer_norm_eps=1e-5,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            )
        )
        self.heads = nn.ModuleDict(
            {
                "garment": nn.Linear(WIDTH, len(TYPES)),
                "colour": nn.Linear(WIDTH, len(COLOURS)),
                "pattern": nn.Linear(WIDTH, len(PATTERNS)),
                "matte": nn.Linear(WIDTH, 1),
            }
        )
        self.temperature = nn.Parameter(torch.tensor(2.7))

    def start_from(self, source: Path, origin: NDArray[np.int64]) -> None:
        """Start M-CLIP from the first layers of the encoder in `source`; `origin` is what `cut` gave."""
        weights = {k: v.float() for k, v in load_file(source / "model.safetensors").items()}
        weights = {k.removeprefix("roberta."): v for k, v in weights.items()}
        rows = weights["embeddings.word_embeddings.weight"][torch.from_numpy(origin)]
        weights["embeddings.word_embeddings.weight"] = rows
        places = weights["embeddings.position_embeddings.weight"]
        weights["embeddings.position_embeddings.weight"] = places[: LENGTH + 3]
        mine = self.spoken.transformer.state_dict()
        fitting = {k: v for k, v in weights.items() if k in mine and mine[k].shape == v.shape}
        missing = {k for k in mine if k not in fitting and "pooler" not in k and "_ids" not in k}
        if missing:
            raise ValueError(
                f"{source} lacks {sorted(missing)[:3]}: not the encoder that this stage starts from"
            )
        self.spoken.transformer.load_state_dict(fitting, strict=False)
        with torch.no_grad():  # CLIP's own embeddings: the same words, as many directions as it has
            centred = rows - rows.mean(0)
            _, _, directions = torch.linalg.svd(centred[:4000], full_matrices=False)
            thinner = centred @ directions[:WIDTH].T
            self.text.text_model.embeddings.token_embedding.weight.copy_(thinner / thinner.std() * 0.02)

    @torch.no_grad()
    def whiten(self, pictures: Tensor) -> None:
        """Start the picture tower's eyes from these pictures' own statistics, (N, 3, S, S).

        The first layer becomes the patches' principal components at equal strength, as textures are
        weak beside light and colour; places start as waves, so that neighbours are alike.
        """
        eyes = self.image.vision_model.embeddings
        size, width = eyes.patch_size, eyes.embed_dim
        patches = F.unfold(pictures, size, stride=size).transpose(1, 2).reshape(-1, 3 * size * size)
        patches = patches - patches.mean(0)
        strength, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        strength, directions = strength.flip(0)[:width], directions.flip(1)[:, :width]
        weights = EYES * directions.T / (strength + 0.01 * strength.mean()).sqrt()[:, None]
        eyes.patch_embedding.weight.copy_(weights.view(width, 3, size, size))
        side = pictures.shape[2] // size
        rates = 4.0 ** -torch.linspace(0, 1, width // 4)
        y, x = (
            grid.reshape(-1, 1) * rates for grid in torch.meshgrid(*2 * [torch.arange(side)], indexing="ij")
        )
        eyes.position_embedding.weight[1:] = EYES * torch.cat([x.sin(), x.cos(), y.sin(), y.cos()], 1)


ATTRIBUTES = {"garment": 1.0, "colour": 0.33, "pattern": 0.33}
"""Weights of the attributes' cross-entropies. A silhouette is learnt last."""
Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def attributes(look: Look) -> tuple[int, int, int]:
    """A look's type, colour and pattern as class numbers."""
    return list(TYPES).index(look.type), list(COLOURS).index(look.colour), list(PATTERNS).index(look.pattern)


def draw(
    garments: Sequence[wardrobe.Garment], tokenizer: XLMRobertaTokenizer, plan: Plan, step: int
) -> Batch:
    """One step's pictures (N, 3, S, S), token ids and masks (N, T), attributes (N, 3), mattes (N, P).

    A matte says what share of each of the P patches is garment.
    """
    rng = generator(plan.seed, step)
    words = random.Random(plan.seed * 1_000_003 + step)
    pixels, texts, classes, mattes = [], [], [], []
    crowd = list(garments)
    for _ in range(plan.batch):
        garment = choose(garments, rng)
        look = random_look(garment.type, words)
        busy = crowd if rng.random() < MOST_BUSY * min(1.0, 1.5 * step / plan.steps) else None
        picture, matte = wardrobe.draw_matted(garment, look, rng, busy=busy)
        pixels.append(picture)
        mattes.append(matte)
        texts.append(caption(look, words.choice(LANGUAGES), words))
        classes.append(attributes(look))
    ids, mask = trim(*encode(tokenizer, texts, CAPTION_TOKENS))
    covered = F.avg_pool2d(torch.from_numpy(np.stack(mattes)).float() / 255, wardrobe.SIDE // 8).flatten(1)
    return as_pictures(np.stack(pixels)), ids, mask, torch.tensor(classes), covered


def choose(garments: Sequence[wardrobe.Garment], rng: np.random.Generator) -> wardrobe.Garment:
    """A garment, rare types more often than they are: a type's chance is the root of its count."""
    kinds = by_type(garments)
    names = list(kinds)
    weights = np.array([len(kinds[name]) ** 0.5 for name in names])
    kind = kinds[names[int(rng.choice(len(names), p=weights / weights.sum()))]]
    return garments[kind[int(rng.integers(len(kind)))]]


_GROUPS: dict[int, tuple[Sequence[wardrobe.Garment], dict[str, list[int]]]] = {}


def by_type(garments: Sequence[wardrobe.Garment]) -> dict[str, list[int]]:
    """Which garments are of which type; remembered, as it is asked for every sample."""
    if id(garments) not in _GROUPS:
        kinds: dict[str, list[int]] = {}
        for i, garment in enumerate(garments):
            kinds.setdefault(garment.type, []).append(i)
        _GROUPS[id(garments)] = garments, kinds  # kept alive, so that its id stays its own
    return _GROUPS[id(garments)][1]


def loss(towers: Towers, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Contrastive loss of both text towers with the pictures, cross-entropies of attributes and matte.

    The matte is asked of every patch: which garment it is shows in its outline, among other things.
    """
    pictures, ids, mask, classes, covered = batch
    with torch.autocast("cpu", torch.bfloat16):
        looked = towers.image(pixel_values=pictures)
        seen = looked.image_embeds
        said = towers.text(input_ids=ids).text_embeds
        spoken, _ = towers.spoken(ids, mask)
    seen, said, spoken = seen.float(), said.float(), spoken.float()
    same = (classes[:, None] == classes[None]).all(2).float()
    target = same / same.sum(1, keepdim=True)
    scale = towers.temperature.clamp(max=4.6).exp()
    pairs = torch.zeros(())
    for text in (said, spoken):
        logits = scale * F.normalize(seen, dim=1) @ F.normalize(text, dim=1).T
        pairs = pairs + (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 4
    told, figures = torch.zeros(()), {"pairs": pairs.item()}
    outline = towers.heads["matte"](looked.last_hidden_state[:, 1:].float())[..., 0]
    matte = F.binary_cross_entropy_with_logits(outline, covered)
    figures["matte"] = matte.item()
    for i, (name, weight) in enumerate(ATTRIBUTES.items()):
        guess = towers.heads[name](seen)
        told = told + weight * F.cross_entropy(guess, classes[:, i])
        figures[name] = (guess.argmax(1) == classes[:, i]).float().mean().item()
    spread = (seen.std(0) - 1).square().mean() + seen.mean(0).square().mean()
    return pairs + told + matte + 0.05 * spread, figures


def train(
    garments: Sequence[wardrobe.Garment],
    tokenizer: XLMRobertaTokenizer,
    origin: NDArray[np.int64],
    source: Path,
    folder: Path,
    plan: Plan = PLAN,
) -> Towers:
    """Train, or go on training, in `folder`; returns the averaged towers."""
    torch.manual_seed(plan.seed)
    towers = Towers(tokenizer)
    towers.start_from(source, origin)
    towers.whiten(torch.cat([draw(garments, tokenizer, plan, plan.steps + i)[0] for i in range(8)]))
    run = Run(folder, plan, nn.ModuleDict({"towers": towers}))
    run.train(lambda step: draw(garments, tokenizer, plan, step), lambda batch, _: loss(towers, batch))
    return cast(Towers, run.average["towers"])
