"""Kandinsky 2.1: finds the model's folders, loads its parts and says what it can draw.

A model is "atelier" (the one in this package), "kandinsky-2.1" (the full-size
one on the hub), a folder with `prior/` and `decoder/` in the layout of the hub's
kandinsky-2-1-prior and kandinsky-2-1, or the name of such a pair on the hub. This
module knows files, classes and number formats; it does not know prompts,
samplers or requests.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import PriorTransformer, UNet2DConditionModel, VQModel
from diffusers.pipelines.kandinsky.text_encoder import MultilingualCLIP
from safetensors.torch import load_file, save_file
from transformers import (
    AutoTokenizer,
    CLIPTextModelWithProjection,
    CLIPVisionModelWithProjection,
    PreTrainedModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from generation import hub, inspection
from generation.attributes import Attributes
from generation.attributes import load as load_attributes
from generation.hub import quietly
from generation.offload import GuestRoom
from generation.reader import Reader
from generation.reader import load as load_reader
from generation.request import BadRequest, Problem
from generation.spatial_norm import quicken
from generation.taughtwords import in_taught_words

EMBEDDED = "atelier"
EMBEDDED_FOLDER = Path(__file__).parent / EMBEDDED
FULL_SIZE = "kandinsky-2.1"
HUB_NAMES = {FULL_SIZE: "kandinsky-community/kandinsky-2-1"}
"""Short names of decoders on the hub; the prior's is that name with "-prior"."""
AUTOMATIC, NONE = "auto", "none"
"""Translators: one from the hub if the model's prior cannot read Russian; none at all."""
VOCABULARIES = ("tokenizer.json", "vocab.json", "sentencepiece.bpe.model", "spiece.model")
_OPTIONAL_WEIGHTS = re.compile(r"position_ids|pooler|embeddings\.token_type")


@dataclass(frozen=True, slots=True)
class Kandinsky:
    """A loaded model.

    name: its folder's or on the hub. revision: changes when its weights or configs do.
    device, dtype: where and in which format the UNet and MOVQ compute; the text and
    image encoders and the prior, which decide what is drawn, keep fp32 on a CPU.
    decoder_schedule, prior_schedule: the folders' scheduler configs.
    plain: says a text in the words that the model was taught, see `generation.taughtwords`; None where it
    knows more words than our tables.
    english: makes a text English for a prior that reads no Russian; None where it reads both.
    inpaint_unet: the UNet that was trained to inpaint, which also reads the known latents and their mask;
    None where there is none.
    attributes: what image embeddings tell, see `generation.attributes`.
    reader: reads photos, where the model brings one; else its CLIP is asked.
    The parts are the classes that `_load` names; diffusers comes without usable types.
    """

    name: str
    revision: str
    device: torch.device
    dtype: torch.dtype
    prior: Any
    image_encoder: Any
    image_processor: Any
    prior_text_encoder: Any
    prior_tokenizer: Any
    unet: Any
    movq: Any
    text_encoder: Any
    tokenizer: Any
    decoder_schedule: dict[str, Any]
    prior_schedule: dict[str, Any]
    plain: Callable[[str], str] | None = None
    english: Callable[[str], str] | None = None
    inpaint_unet: Any = None
    attributes: Attributes = field(default_factory=Attributes)
    reader: Reader | None = None

    @property
    def title(self) -> str:
        """Name and revision, as it is written into pictures."""
        return f"{self.name}@{self.revision}"

    @property
    def factor(self) -> int:
        """Pixels a latent, each way."""
        return int(2 ** (len(self.movq.config.block_out_channels) - 1))

    @property
    def grid(self) -> int:
        """Sides are multiples of this many pixels, so that the UNet can halve the latents at every level."""
        return self.factor * int(2 ** (len(self.unet.config.block_out_channels) - 1))

    @property
    def side(self) -> int:
        """The side of a picture, in pixels, that the model was trained on."""
        size = self.unet.config.sample_size
        return int(size if isinstance(size, int) else size[0]) * self.factor

    @property
    def channels(self) -> int:
        """Channels of a latent."""
        return int(self.movq.config.latent_channels)


def load(
    model: str = EMBEDDED,
    device: str | None = None,
    dtype: torch.dtype | None = None,
    offload: bool = False,
    *,
    adapters: str = "",
    fuse: bool = False,
    translator: str = AUTOMATIC,
) -> Kandinsky:
    """Load "atelier", "kandinsky-2.1", a folder or a hub name; may download in the hub's case.

    device: "cpu", "cuda", ...; None: a GPU if there is one. dtype: None: what is fastest there.
    offload: encoders and prior wait in main memory, see `generation.offload`.
    adapters: fine-tuned weights, as `generation.adapters` reads them; fuse: for good.
    translator: Russian to English for the prior: "auto", "none", a folder or a hub name.
    A folder may have a third part, `inpaint/unet`, in the layout of the hub's kandinsky-2-1-inpaint.
    Raises BadRequest: UNKNOWN_MODEL, BROKEN_MODEL.
    """
    prior, decoder, revision = find(model)
    name = _folder_name(model) if _is_folder(model) else model
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    fast = dtype or fastest(where)
    inpaint = inpainting(model, decoder)
    inspection.inspect(name, prior, decoder, where, fast, inpaint, offload)
    try:
        with quietly():
            loaded = _load(name, revision, prior, decoder, inpaint, where, fast, offload)
    except (BadRequest, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # a broken folder fails in as many ways as it has files
        raise BadRequest(
            Problem.BROKEN_MODEL, f"the model {model!r} cannot be loaded: {_brief(error)}"
        ) from error
    loaded = replace(loaded, english=_english(loaded, model, translator))
    if adapters:
        from generation import adapters as lora  # PEFT takes seconds to import

        loaded = lora.attach(loaded, lora.parse(adapters), fuse)
    return loaded


def _english(loaded: Kandinsky, model: str, translator: str) -> Callable[[str], str] | None:
    """What makes prompts English for this model's prior, where it is needed."""
    from generation import translation

    if translator == NONE or translation.reads_russian(loaded.prior_tokenizer):
        return None
    if translator == AUTOMATIC:
        if _is_folder(model):  # whoever brought a folder may be without a network: the glossary serves
            return translation.English()
        translator = translation.RU_EN
    return translation.English(translation.open_marian(translator, loaded.device))


def find(model: str) -> tuple[Path, Path, str]:
    """The folders of the prior and of the decoder, and the revision.

    A hub name may end in "@revision": a branch or tag that both repositories have, or two commits,
    "@decoder's,prior's". Raises BadRequest: UNKNOWN_MODEL, BROKEN_MODEL (a folder without the two).
    """
    folder = EMBEDDED_FOLDER if model == EMBEDDED else Path(model).expanduser()
    if model and _is_folder(str(folder)):
        prior, decoder = folder / "prior", folder / "decoder"
        for part in (prior, decoder):
            if not (part / "model_index.json").is_file():
                raise BadRequest(
                    Problem.BROKEN_MODEL, f"the model {model!r} has no {part.name}/model_index.json"
                )
        return prior, decoder, fingerprint(folder)
    name, mark = hub.split_revision(model)
    name = HUB_NAMES.get(name, name)
    if model == EMBEDDED or not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise BadRequest(
            Problem.UNKNOWN_MODEL, f"there is no model {model!r}: neither a folder nor a hub name"
        )
    own, _, priors = (mark or "").partition(",")
    wanted: list[tuple[str, str | None, Sequence[str]]] = [
        (f"{name}-prior", priors or own or None, hub.MODEL_FILES),
        (name, own or None, hub.MODEL_FILES),
    ]
    if name in HUB_NAMES.values():
        wanted.append((f"{name}-inpaint", None, hub.UNET_FILES))
    prior, decoder, *_ = hub.fetch_all(wanted)
    return prior, decoder, decoder.name[:10]


def inpainting(model: str, decoder: Path) -> Path | None:
    """The folder of the UNet that was trained to inpaint, where the model has one; after `find`."""
    name = HUB_NAMES.get(hub.split_revision(model)[0], hub.split_revision(model)[0])
    if not _is_folder(model) and name in HUB_NAMES.values():
        return hub.fetch(f"{name}-inpaint", hub.UNET_FILES) / "unet"
    folder = decoder.parent / "inpaint" / "unet"
    return folder if folder.is_dir() else None


def _folder_name(model: str) -> str:
    """The folder's name; for `OUT`/model, as fine-tuning leaves it, OUT's."""
    whole = Path(model).expanduser().resolve()
    return whole.parent.name if whole.name == "model" else whole.name


def _is_folder(model: str) -> bool:
    return os.path.isdir(os.path.expanduser(model))  # False, not an error, for what can be no path


def fingerprint(folder: Path) -> str:
    """Ten hex digits of the names, sizes, beginnings and ends of the folder's files."""
    digest = hashlib.sha256()
    for path in sorted(p for kind in ("*.json", "*.safetensors") for p in folder.rglob(kind)):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(1 << 16))
            file.seek(max(0, size - (1 << 20)))
            digest.update(file.read())
    return digest.hexdigest()[:10]


def fastest(device: torch.device) -> torch.dtype:
    """bf16 where the hardware multiplies it, fp16 on older GPUs, else fp32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu":
        checks = (
            getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
        )
        return torch.bfloat16 if any(check is not None and check() for check in checks) else torch.float32
    return torch.float32


def store_in_half(root: Path) -> None:
    """Rewrite every safetensors file under `root` in fp16.

    The configs go on to say float32, so that stock pipelines, whose transformers
    parts follow the config and whose diffusers parts do not, agree on a format.
    """
    for path in sorted(root.rglob("*.safetensors")):
        weights = load_file(path)
        halves = {k: v.half() if v.dtype.is_floating_point else v for k, v in weights.items()}
        save_file(halves, path, metadata={"format": "pt"})


def _load(
    name: str,
    revision: str,
    prior: Path,
    decoder: Path,
    inpaint: Path | None,
    device: torch.device,
    fast: torch.dtype,
    offload: bool,
) -> Kandinsky:
    careful = fast if device.type != "cpu" else torch.float32
    together = prior.parent == decoder.parent  # else what lies beside them is another model's

    def part(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
        key = "dtype" if issubclass(kind, PreTrainedModel) else "torch_dtype"
        safe = any(folder.glob("*.safetensors"))  # else weights of the older format, opened without running
        module, report = kind.from_pretrained(
            folder, **{key: dtype}, use_safetensors=safe, local_files_only=True, output_loading_info=True
        )
        missing = [k for k in report.get("missing_keys", ()) if not _OPTIONAL_WEIGHTS.search(k)]
        if missing:
            raise BadRequest(
                Problem.BROKEN_MODEL,
                f"the model {name!r} cannot be loaded: {folder.parent.name}/{folder.name} lacks {missing[0]}",
            )
        return module.eval().requires_grad_(False)

    def tokenizer(folder: Path) -> Any:
        if not any((folder / file).is_file() for file in VOCABULARIES):  # else it is made up, and empty
            raise BadRequest(
                Problem.BROKEN_MODEL,
                f"the model {name!r} cannot be loaded: {folder.parent.name}/{folder.name} has no vocabulary",
            )
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)

    attributes = load_attributes(prior.parent) if together else Attributes()
    return placed(
        Kandinsky(
            name=name,
            revision=revision,
            device=device,
            dtype=fast,
            prior=part(PriorTransformer, prior / "prior", careful),
            image_encoder=part(CLIPVisionModelWithProjection, prior / "image_encoder", careful),
            image_processor=CLIPImageProcessorPil.from_pretrained(
                prior / "image_processor", local_files_only=True
            ),
            prior_text_encoder=part(CLIPTextModelWithProjection, prior / "text_encoder", careful),
            prior_tokenizer=tokenizer(prior / "tokenizer"),
            unet=part(UNet2DConditionModel, decoder / "unet", fast),
            movq=part(VQModel, decoder / "movq", fast),
            text_encoder=part(MultilingualCLIP, decoder / "text_encoder", careful),
            tokenizer=tokenizer(decoder / "tokenizer"),
            decoder_schedule=_config(decoder / "scheduler" / "scheduler_config.json"),
            prior_schedule=_config(prior / "scheduler" / "scheduler_config.json"),
            inpaint_unet=None if inpaint is None else part(UNet2DConditionModel, inpaint, fast),
            attributes=attributes,
            plain=in_taught_words if attributes.table_words else None,
            reader=load_reader(prior.parent, device) if together else None,
        ),
        offload,
    )


def placed(kandinsky: Kandinsky, offload: bool = False) -> Kandinsky:
    """The model with its parts on their device, in the memory layout that is fastest there."""
    device = kandinsky.device
    residents = [kandinsky.movq, kandinsky.unet, kandinsky.inpaint_unet]
    guests = [kandinsky.prior, kandinsky.image_encoder, kandinsky.prior_text_encoder, kandinsky.text_encoder]
    for module in residents if offload else (*residents, *guests):
        if module is not None:
            module.to(device)
    if offload:
        GuestRoom(guests, device)
    kandinsky.movq.to(memory_format=torch.channels_last)
    quicken(kandinsky.movq)
    if device.type == "cuda":  # on a CPU it makes MOVQ in bf16 2.5 times faster, and the UNet no faster
        for unet in residents[1:]:
            if unet is not None:
                unet.to(memory_format=torch.channels_last)
    return kandinsky


def _config(path: Path) -> dict[str, Any]:
    config = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in config.items() if not key.startswith("_")}


def _brief(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
