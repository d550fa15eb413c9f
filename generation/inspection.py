"""Inspection: what is wrong with a model's folders, found in their headers before gigabytes are read.

Half-downloaded weights, another model's pipelines, parts that do not fit each
other, more weights than memory: each is one sentence that says the way out. This
module reads configs and the headers of safetensors files; it loads no weights.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import torch

from generation.request import BadRequest, Problem

PRIOR_PARTS = {"prior": "PriorTransformer", "image_encoder": "", "text_encoder": ""}
DECODER_PARTS = {"unet": "UNet2DConditionModel", "movq": "VQModel", "text_encoder": ""}
PRIOR_PIPELINES = ("KandinskyPriorPipeline",)
DECODER_PIPELINES = (
    "KandinskyPipeline",
    "KandinskyImg2ImgPipeline",
    "KandinskyInpaintPipeline",
    "KandinskyCombinedPipeline",
)
SPARE_BYTES = 256 << 20
"""What is needed beside the weights, at least."""


def inspect(
    name: str,
    prior: Path,
    decoder: Path,
    device: torch.device,
    fast: torch.dtype,
    inpaint: Path | None = None,
    offload: bool = False,
) -> None:
    """Raise BadRequest (BROKEN_MODEL) for what can be seen to be wrong; quiet where something is unusual.

    fast: the format of the UNet and MOVQ; on a CPU the other parts take fp32. inpaint: a second UNet's
    folder. offload: encoders and prior are not on the GPU.
    """
    for folder, pipelines in ((prior, PRIOR_PIPELINES), (decoder, DECODER_PIPELINES)):
        _check_pipeline(name, folder, pipelines)
    careful = fast if device.type != "cpu" else torch.float32
    needed = 0
    for root, parts in ((prior, PRIOR_PARTS), (decoder, DECODER_PARTS)):
        for part, kind in parts.items():
            folder = root / part
            _check_class(name, folder, kind)
            dtype = fast if part in ("unet", "movq") else careful
            size = sum(_numbers(name, file) for file in weights(name, folder)) * dtype.itemsize
            resident = part in ("unet", "movq") or not offload or device.type != "cuda"
            needed += size if resident else 0
    if inpaint is not None:
        needed += sum(_numbers(name, file) for file in weights(name, inpaint)) * fast.itemsize
    _check_fit(name, prior, decoder)
    _check_memory(name, needed, device, fast)


def broken(name: str, what: str) -> BadRequest:
    """The refusal of a model."""
    return BadRequest(Problem.BROKEN_MODEL, f"the model {name!r} cannot be loaded: {what}")


def weights(name: str, folder: Path) -> list[Path]:
    """The weight files of a part; every shard that an index names must be there."""
    short = f"{folder.parent.name}/{folder.name}"
    if not folder.is_dir():
        raise broken(name, f"there is no {short}: fetch the model again")
    for index in sorted(folder.glob("*.safetensors.index.json")):
        shards = sorted(set(_json(name, index).get("weight_map", {}).values()))
        lost = [shard for shard in shards if not (folder / shard).is_file()]
        if lost:
            raise broken(name, f"{short} lacks {lost[0]} of {len(shards)} files: fetch it again")
        return [folder / shard for shard in shards]
    files = sorted(folder.glob("*.safetensors"))
    whole = [f for f in files if f.stem.count(".") == 0] or files
    if whole or any(folder.glob("*.bin")):
        return whole
    unfinished = sorted(p.name for p in folder.glob("*.incomplete"))
    hint = f" ({unfinished[0]} is half downloaded)" if unfinished else ""
    raise broken(name, f"{short} has no weights{hint}: fetch the model again")


def _numbers(name: str, file: Path) -> int:
    """How many numbers a safetensors file holds; raises where it is shorter than its header says."""
    short = f"{file.parent.parent.name}/{file.parent.name}/{file.name}"
    size = file.stat().st_size
    try:
        with file.open("rb") as data:
            (length,) = struct.unpack("<Q", data.read(8))
            if length > min(size, 100 << 20):
                raise ValueError("no header")
            header = json.loads(data.read(length))
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise broken(
            name, f"{short} is no safetensors file or cut off at its beginning: fetch it again"
        ) from error
    tensors = [value for key, value in header.items() if key != "__metadata__"]
    whole = 8 + length + max((int(t["data_offsets"][1]) for t in tensors), default=0)
    if size < whole:
        raise broken(name, f"{short} is half downloaded, {size:,} of {whole:,} bytes: fetch it again")
    return sum(math.prod(t["shape"]) for t in tensors)


def _check_pipeline(name: str, folder: Path, pipelines: tuple[str, ...]) -> None:
    kind = _json(name, folder / "model_index.json").get("_class_name", "")
    if kind and kind not in pipelines:
        other = "Kandinsky 2.2, whose parts differ" if "V22" in kind else "another model"
        raise broken(
            name, f"{folder.name} is a {kind}, that is {other}; a {pipelines[0]} of Kandinsky 2.1 is needed"
        )


def _check_class(name: str, folder: Path, kind: str) -> None:
    if not (folder / "config.json").is_file():
        raise broken(name, f"there is no {folder.parent.name}/{folder.name}/config.json: fetch it again")
    found = _json(name, folder / "config.json").get("_class_name", kind)
    if kind and found != kind:
        raise broken(name, f"{folder.parent.name}/{folder.name} is a {found} instead of a {kind}")


def _check_fit(name: str, prior: Path, decoder: Path) -> None:
    """The prior's embedding must be as wide as the UNet wants it, and the UNet Kandinsky 2.1's."""
    unet = _json(name, decoder / "unet" / "config.json")
    kind = unet.get("addition_embed_type")
    if kind != "text_image":
        raise broken(
            name, f"decoder/unet is not conditioned as Kandinsky 2.1's (addition_embed_type {kind!r})"
        )
    drawn = _json(name, prior / "prior" / "config.json").get("embedding_dim", 768)
    read = unet.get("cross_attention_dim", drawn)
    if isinstance(read, int) and drawn != read:
        raise broken(
            name, f"the prior makes embeddings of {drawn} numbers and the UNet reads {read}: they do not fit"
        )


def _check_memory(name: str, needed: int, device: torch.device, fast: torch.dtype) -> None:
    free = free_memory(device)
    if free is None or needed + SPARE_BYTES <= free:
        return
    where = "the GPU" if device.type == "cuda" else "memory"
    kind = str(fast).removeprefix("torch.")
    way = "choose a smaller model (MODEL=atelier) or a larger machine"
    if device.type == "cuda":
        way = "end other programs on it, draw on the CPU (CUDA_VISIBLE_DEVICES=), or " + way
    raise broken(
        name,
        f"its weights take {needed / 1e9:.1f} GB ({kind}) and {free / 1e9:.1f} GB of {where} are free: {way}",
    )


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on a device; None where it is not known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "cpu":
        limits = [int(psutil.virtual_memory().available), *_group_limits()]
        return min(limits)
    return None


def _group_limits() -> Iterator[int]:
    """What a container's memory limit (cgroup v2) leaves."""
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    try:
        text = limit.read_text().strip()
        if text != "max":
            yield int(text) - int(used.read_text())
    except (OSError, ValueError):
        return


def _json(name: str, path: Path) -> dict[str, Any]:
    short = "/".join(path.parts[-3:])
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise broken(name, f"there is no {short}: fetch the model again") from None
    except (OSError, ValueError) as error:
        raise broken(name, f"{short} is damaged or half downloaded: fetch it again") from error
    if not isinstance(found, dict):
        raise broken(name, f"{short} is no config")
    return found
