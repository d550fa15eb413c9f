"""Schooling: teach the judges on real garments, and see how they do on garments of other people.

A fifth of the garments is held out by `sender_id`, so that nobody's floor, light
or taste is in both halves. The type judge learns from the photos as they are, on
white, and from the same ones re-dyed (a drawing may be leopard, photos hardly
are); the pattern judge from the re-dyed ones. This module knows the data and the
judges; it does not know the model that is judged.
"""

from __future__ import annotations

import io
import random
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from generation import mobilenet
from generation.evaluation import judges
from generation.evaluation.colour import colour_right, garment
from generation.training import garments as wardrobe
from generation.training.looks import random_look
from generation.vocabulary import Look

HELD_OUT = 0.2
LARGEST = 250
"""People with more photos than this are always taught with: one of them would be half of the test."""
REAL_ROUNDS, DYED_ROUNDS = 2, 2
TYPE_EPOCHS, PATTERN_EPOCHS = 5, 20
BATCH = 64
COMMAND = "python -m generation.evaluate --train-judge --data ../shared/data/garments.parquet"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Glances at pictures with the right answers; `pattern` is -1 for photos as they are."""

    maps: Tensor
    cloth: Tensor
    type: Tensor
    pattern: Tensor


def hold_out(senders: list[int], labels: list[str], seed: int = 0) -> NDArray[np.bool_]:
    """Which rows are kept for the test: whole people, so that each label is near its fifth."""
    people: dict[int, Counter[str]] = defaultdict(Counter)
    for sender, label in zip(senders, labels, strict=True):
        people[sender][label] += 1
    total = Counter(labels)

    def distance(held: Counter[str]) -> float:
        return sum((held[label] - HELD_OUT * n) ** 2 / n for label, n in total.items())

    order = sorted(people)
    random.Random(seed).shuffle(order)
    held: Counter[str] = Counter()
    chosen = set()
    for sender in order:
        if people[sender].total() <= LARGEST and distance(held + people[sender]) < distance(held):
            held += people[sender]
            chosen.add(sender)
    return np.array([sender in chosen for sender in senders])


def halves(path: Path) -> tuple[list[wardrobe.Garment], list[wardrobe.Garment]]:
    """The garments to teach with and the held-out ones."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    held = hold_out(table["sender_id"].to_pylist(), table["label"].to_pylist())
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for mask in (~held, held):
            part = Path(folder) / "part.parquet"
            pq.write_table(table.filter(pa.array(mask)), part)
            parts.append(wardrobe.load(part))
    return parts[0], parts[1]


def soften(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture as a small autoencoder gives it back: now and then blurred, now and then with artefacts."""
    image = Image.fromarray(pixels)
    if rng.random() < 0.5:
        side = int(rng.integers(72, pixels.shape[0]))
        image = image.resize((side, side), Image.Resampling.BOX).resize(
            (pixels.shape[1], pixels.shape[0]), Image.Resampling.BICUBIC
        )
    if rng.random() < 0.3:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(rng.integers(40, 90)))
        image = Image.open(file).convert("RGB")
    return np.asarray(image)


def lesson(
    judge: judges.Judge,
    garments: list[wardrobe.Garment],
    seed: int,
    *,
    dyed: bool,
    soft: bool,
    split: int = 0,
) -> tuple[Lesson, list[tuple[Look, bool]]]:
    """One glance at each garment, on white; for re-dyed ones also whether the colour measure is right."""
    rng, dice = np.random.default_rng([seed, split]), random.Random(seed * 2 + split)
    maps, cloth, types, patterns = [], [], [], []
    coloured = []
    title = f"{'dyed' if dyed else 'real'} {'held out' if split else 'to learn'}"
    for i in tqdm(range(0, len(garments), BATCH), desc=title, mininterval=5):
        pictures = []
        for one in garments[i : i + BATCH]:
            look = random_look(one.type, dice) if dyed else None
            pixels = wardrobe.draw(one, look, rng, split=split)
            pictures.append(soften(pixels, rng) if soft else pixels)
            types.append(judges.TYPES.index(one.type))
            patterns.append(judges.PATTERNS.index(judges.PATTERN_OF[look.pattern]) if look else -1)
            if look and split:
                printed = judges.PATTERN_OF[look.pattern] != "plain"
                right = colour_right(pixels, garment(pixels), frozenset({look.colour}), printed)
                coloured.append((look, right))
        with torch.autocast("cpu", torch.bfloat16):
            glance = judge.glance(np.stack(pictures), np.stack([garment(p) for p in pictures]))
        maps.append(glance.maps.half())
        cloth.append(glance.cloth)
    return Lesson(torch.cat(maps), torch.cat(cloth), torch.tensor(types), torch.tensor(patterns)), coloured


def together(lessons: list[Lesson]) -> Lesson:
    """Several lessons as one."""
    return Lesson(
        torch.cat([one.maps for one in lessons]),
        torch.cat([one.cloth for one in lessons]),
        torch.cat([one.type for one in lessons]),
        torch.cat([one.pattern for one in lessons]),
    )


def teach_types(judge: judges.Judge, taught: Lesson, epochs: int = TYPE_EPOCHS) -> None:
    """Tune the tail and the type head; batch norm keeps ImageNet's statistics."""
    trained = [*judge.tail.parameters(), *judge.type_head.parameters()]
    for parameter in trained:
        parameter.requires_grad_(True)
    optimiser = torch.optim.AdamW(
        [
            {"params": list(judge.tail.parameters())},
            {"params": list(judge.type_head.parameters())},
        ],
        weight_decay=0.05,
    )
    # every type is asked for equally often, but a T-shirt is photographed forty times as often as a blouse
    weight = torch.bincount(taught.type, minlength=len(judges.TYPES)).clamp(min=1).float().rsqrt()
    weight = weight / weight[taught.type].mean()
    count = len(taught.type)
    steps = epochs * (count // BATCH)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, [5e-4, 3e-3], total_steps=steps, pct_start=0.1)
    for step, index in enumerate(tqdm(_batches(count, steps), total=steps, desc="types", mininterval=5)):
        maps = taught.maps[index].float()
        if step % 2:
            maps = maps.flip(3)
        with torch.autocast("cpu", torch.bfloat16):
            logits = judge.types(maps)
        loss = F.cross_entropy(logits.float(), taught.type[index], weight, label_smoothing=0.1)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        pace.step()
    judge.requires_grad_(False)


def teach_patterns(judge: judges.Judge, taught: Lesson, epochs: int = PATTERN_EPOCHS) -> None:
    """Train the pattern head on the re-dyed garments."""
    head = judge.pattern_head
    head.train().requires_grad_(True)
    dyed = (taught.pattern >= 0).nonzero()[:, 0]
    cloth, answers = taught.cloth[dyed], taught.pattern[dyed]
    steps = epochs * (len(dyed) // BATCH)
    optimiser = torch.optim.AdamW(head.parameters(), weight_decay=0.05)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.1)
    for index in _batches(len(dyed), steps):
        loss = F.cross_entropy(judge.patterns(cloth[index]), answers[index], label_smoothing=0.05)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        pace.step()
    head.eval().requires_grad_(False)


def _batches(count: int, steps: int) -> list[Tensor]:
    per_epoch = count // BATCH
    epochs = -(-steps // per_epoch)
    return [part for _ in range(epochs) for part in torch.randperm(count).split(BATCH)[:per_epoch]][:steps]


@torch.no_grad()
def type_marks(judge: judges.Judge, test: Lesson) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Accuracy over groups and over the 17 labels, recall a group, and the groups given."""
    logits = torch.cat([judge.types(part.float()) for part in test.maps.split(BATCH)])
    names = list(judges.GROUPS)
    wanted = torch.tensor([names.index(judges.GROUP_OF[judges.TYPES[int(t)]]) for t in test.type])
    given = judges.group_shares(logits.softmax(1)).argmax(1)
    marks = {
        "garments": len(wanted),
        "accuracy": _share(given == wanted),
        "accuracy_17_labels": _share(logits.argmax(1) == test.type),
        "recall": {
            name: _share(given[wanted == i] == i) for i, name in enumerate(names) if (wanted == i).any()
        },
    }
    return marks, given.numpy()


@torch.no_grad()
def pattern_marks(judge: judges.Judge, test: Lesson) -> dict[str, Any]:
    """Accuracy and recall a pattern; the four of the floor by themselves."""
    given = judge.patterns(test.cloth).argmax(1)
    four = torch.isin(test.pattern, torch.tensor([judges.PATTERNS.index(p) for p in FOUR]))
    return {
        "garments": len(given),
        "accuracy": _share(given == test.pattern),
        "accuracy_leopard_striped_checked_plain": _share((given == test.pattern)[four]),
        "recall": {
            name: _share(given[test.pattern == i] == i)
            for i, name in enumerate(judges.PATTERNS)
            if (test.pattern == i).any()
        },
    }


FOUR = ("plain", "leopard", "striped", "checked")


def _share(right: Tensor) -> float:
    return round(float(right.float().mean()), 4)


def school(data: Path, folder: Path = judges.FOLDER) -> dict[str, Any]:
    """Teach both judges, write them into `folder` and return their marks. About ten minutes on one core."""
    torch.manual_seed(0)
    judge = judges.Judge(mobilenet.load())
    to_learn, held = halves(data)
    lessons = [lesson(judge, to_learn, seed, dyed=False, soft=True)[0] for seed in range(REAL_ROUNDS)]
    lessons += [lesson(judge, to_learn, 10 + seed, dyed=True, soft=True)[0] for seed in range(DYED_ROUNDS)]
    taught = together(lessons)
    real, _ = lesson(judge, held, 20, dyed=False, soft=False, split=1)
    dyed, coloured = lesson(judge, held, 21, dyed=True, soft=True, split=1)
    teach_patterns(judge, taught)
    # the tail is MobileNet's own until now: from here on the trunk ends before it
    teach_types(judge, taught)
    plain = [right for look, right in coloured if judges.PATTERN_OF[look.pattern] == "plain"]
    record = {
        "command": COMMAND,
        "taught_on": len(to_learn),
        "split": "by sender_id: no person's garments are on both sides",
        "types": type_marks(judge, real)[0],
        "types_re_dyed": type_marks(judge, dyed)[0],
        "patterns": pattern_marks(judge, dyed),
        "colours": {
            "garments": len(coloured),
            "accuracy": round(float(np.mean([right for _, right in coloured])), 4),
            "accuracy_plain": round(float(np.mean(plain)), 4),
        },
        "groups": {group: list(types) for group, types in judges.GROUPS.items()},
    }
    judge.save(folder, record)
    return record
