"""Hub: brings a model's files from the Hugging Face hub into its cache, once, and says beforehand how much.

Of every part one set of weights is fetched: safetensors, or, where a repository
has none, the older format, which is opened without running anything in it. What
was interrupted goes on where it stopped. This module knows repositories and
files; it does not know what is in them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from diffusers.utils import logging as diffusers_log
from huggingface_hub import constants, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (
    DryRunError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm.auto import tqdm
from transformers.utils import logging as transformers_log

from generation.request import BadRequest, Problem

MODEL_FILES = ("*.json", "*.txt", "*.safetensors", "*.model", "*.bin")
UNET_FILES = ("unet/*.json", "unet/*.safetensors", "unet/*.bin")
TRANSLATOR_FILES = ("*.json", "*.spm", "*.safetensors", "pytorch_model.bin")
UNUSED = ("ddpm_scheduler", "safety_checker", "feature_extractor", "onnx", "openvino")
"""Folders that are not fetched."""
WEIGHTS = (".safetensors", ".bin")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a repository is needed: `files`, of which `missing` bytes are not here yet, of `size`."""

    name: str
    revision: str | None
    files: tuple[str, ...]
    size: int
    missing: int


def split_revision(name: str) -> tuple[str, str | None]:
    """ "owner/name@revision" in two; the revision is a branch, a tag or a commit."""
    repository, _, revision = name.partition("@")
    return repository, revision or None


def look(name: str, patterns: Sequence[str], revision: str | None = None) -> Wanted:
    """What is to be fetched, without fetching it. Raises BadRequest (UNKNOWN_MODEL) with one sentence."""
    with _sentences(name, revision), quietly():
        listed = snapshot_download(name, revision=revision, allow_patterns=list(patterns), dry_run=True)
    sizes = {file.filename: file.file_size or 0 for file in listed}
    chosen = choose(list(sizes))
    missing = sum(f.file_size or 0 for f in listed if f.filename in chosen and f.will_download)
    return Wanted(name, revision, chosen, sum(sizes[f] for f in chosen), missing)


def choose(files: Sequence[str]) -> tuple[str, ...]:
    """Of each folder's weights one set: no half-precision twins, pickled ones only in need."""
    kept = []
    safe = {str(PurePosixPath(f).parent) for f in files if f.endswith(".safetensors") and not _variant(f)}
    for file in files:
        path = PurePosixPath(file)
        if path.parts[0] in UNUSED or _variant(file):
            continue
        if path.suffix == ".bin" and (str(path.parent) in safe or path.stem == "training_args"):
            continue
        kept.append(file)
    return tuple(kept)


def _variant(file: str) -> bool:
    """ "model.fp16.safetensors", but not "model-00001-of-00002.safetensors" or "sentencepiece.bpe.model"."""
    suffixes = PurePosixPath(file).suffixes
    return len(suffixes) > 1 and suffixes[-1] in WEIGHTS


def fetch(name: str, patterns: Sequence[str] = MODEL_FILES, revision: str | None = None) -> Path:
    """The folder of one repository, fetched where it is not here. Raises BadRequest (UNKNOWN_MODEL)."""
    return fetch_all([(name, revision, patterns)])[0]


def fetch_all(repositories: Sequence[tuple[str, str | None, Sequence[str]]]) -> list[Path]:
    """The folders of several repositories (name, revision, patterns); their sum is said beforehand.

    Without a network what is in the cache is taken, if it is whole.
    Raises BadRequest (UNKNOWN_MODEL) with one sentence.
    """
    try:
        wanted = [look(name, patterns, revision) for name, revision, patterns in repositories]
    except _Offline as offline:
        return [_cached(name, patterns, revision, offline) for name, revision, patterns in repositories]
    missing = sum(one.missing for one in wanted)
    if missing:
        _announce(wanted, missing)
    folders = []
    for one, (_, _, patterns) in zip(wanted, repositories, strict=True):
        folder = _fetch(one)
        _record(folder, patterns).write_text(json.dumps(one.files), encoding="utf-8")
        folders.append(folder)
    return folders


def _announce(wanted: Sequence[Wanted], missing: int) -> None:
    place = Path(constants.HF_HUB_CACHE)
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    names = ", ".join(one.name for one in wanted if one.missing)
    whole = sum(one.size for one in wanted)
    rest = f" of {_amount(whole)}, the rest is here" if whole > missing else ""
    if free < missing * 1.02:
        raise BadRequest(
            Problem.UNKNOWN_MODEL,
            f"{names}: {_amount(missing)} are to be fetched and {_amount(free)} are free in {place}: "
            "make room, or set HF_HOME to a larger disk",
        )
    print(f"Fetching {names}: {_amount(missing)}{rest}, into {place}", file=sys.stderr, flush=True)


def _amount(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def _fetch(one: Wanted) -> Path:
    with _sentences(one.name, one.revision):
        # the files' names as patterns, so that nothing else comes
        return Path(
            snapshot_download(
                one.name,
                revision=one.revision,
                allow_patterns=[_literal(f) for f in one.files],
                tqdm_class=None if one.missing else _Silent,
            )
        )


class _Silent(tqdm):
    """No bar where nothing is fetched."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{**named, "disable": True})


def _literal(file: str) -> str:
    return file.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")


def _cached(name: str, patterns: Sequence[str], revision: str | None, offline: _Offline) -> Path:
    """The folder of an earlier fetch, if every file of it is still there."""
    for first in ("model_index.json", "config.json", "unet/config.json"):
        found = try_to_load_from_cache(name, first, revision=revision)
        if isinstance(found, str):
            folder = Path(found).parents[first.count("/")]
            record = _record(folder, patterns)
            files = (
                json.loads(record.read_text(encoding="utf-8")) if record.is_file() else []
            )  # of another program
            if all((folder / file).is_file() for file in files):
                return folder
    raise BadRequest(
        Problem.UNKNOWN_MODEL,
        f"{name} is not here, or only in part, and the hub cannot be reached ({offline}): "
        "try again with a network, what was fetched is kept",
    ) from offline


def _record(folder: Path, patterns: Sequence[str]) -> Path:
    """Where it is written down which files a finished fetch of these patterns brought into a snapshot."""
    mark = hashlib.sha256(repr(sorted(patterns)).encode()).hexdigest()[:8]
    return folder.parents[1] / f"fetched-{folder.name}-{mark}.json"


class _Offline(Exception):
    """The hub cannot be reached."""


@contextmanager
def _sentences(name: str, revision: str | None) -> Iterator[None]:
    """The hub's errors as one sentence."""
    try:
        yield
    except GatedRepoError as error:
        raise BadRequest(
            Problem.UNKNOWN_MODEL,
            f"{name} on the hub asks for consent first: agree on its page, then log in with `hf auth login`",
        ) from error
    except RevisionNotFoundError as error:
        raise BadRequest(Problem.UNKNOWN_MODEL, f"{name} on the hub has no revision {revision!r}") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise BadRequest(
            Problem.UNKNOWN_MODEL, f"there is no model {name!r} on the hub, or it is not public"
        ) from error
    except (DryRunError, LocalEntryNotFoundError) as error:
        if isinstance(error.__cause__, RepositoryNotFoundError):
            raise BadRequest(
                Problem.UNKNOWN_MODEL, f"there is no model {name!r} on the hub, or it is not public"
            ) from error
        raise _Offline(type(error.__cause__ or error).__name__) from error
    except (HfHubHTTPError, OSError) as error:
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadRequest(
            Problem.UNKNOWN_MODEL,
            f"fetching {name} broke off ({line[:120]}): the same command goes on where it stopped",
        ) from error


@contextmanager
def quietly() -> Iterator[None]:
    """Load without the libraries' progress bars, advice and warnings."""
    loud = transformers_log.get_verbosity(), diffusers_log.get_verbosity()
    bars = transformers_log.is_progress_bar_enabled()
    log = logging.getLogger("huggingface_hub")
    level = log.level
    transformers_log.set_verbosity_error()
    diffusers_log.set_verbosity_error()
    transformers_log.disable_progress_bar()
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_log.set_verbosity(loud[0])
        diffusers_log.set_verbosity(loud[1])
        if bars:
            transformers_log.enable_progress_bar()
        log.setLevel(level)
