"""The shell: python -m generation "прямые леопардовые джинсы" -o jeans.png

Reads arguments and photos, draws with a LocalStudio, writes PNG files. What is
wrong with the input is said in one line on stderr, with exit code 2. It does
not know torch: everything that can be judged without a model is judged before
one is loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from generation import photos
from generation.request import (
    PHOTO_WEIGHT,
    SAMPLERS,
    BadRequest,
    Picture,
    Problem,
    Progress,
    Request,
    check,
)
from generation.worker import LocalStudio

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
MAX_FILE_BYTES = 100_000_000
OTHER_SUFFIXES = {".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}


class BadInput(ValueError):
    """Something about files or arguments; the message is the line that the user reads."""


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise BadInput(f"{message} (see --help)")


def parser() -> Parser:
    """The command's arguments."""
    it = Parser(
        prog="python -m generation",
        description="Draw a garment from a Russian or English sentence, from photos, or from both.",
        epilog="The same seed, text and settings give the same picture.",
        allow_abbrev=False,
    )
    it.add_argument(
        "text",
        nargs="?",
        default="",
        metavar="TEXT",
        help="what to draw; not needed with a photo or --init",
    )
    it.add_argument(
        "--photo", action="append", default=[], metavar="FILE", help="take the look of this photo over"
    )
    it.add_argument("--photo-weight", type=float, default=PHOTO_WEIGHT, metavar="X", help=(
        "how much of the look comes from the photos: 0 to 1 (%(default)s)"
    ))  # fmt: skip
    it.add_argument("--init", metavar="FILE", help="start from this picture instead of noise, to vary it")
    it.add_argument("--strength", type=float, metavar="X", help="how much of it is drawn anew: 0 to 1")
    it.add_argument("--mask", metavar="FILE", help="paint only what is white in this picture anew")
    it.add_argument("--negative", default="", metavar="TEXT", help="what to steer away from")
    it.add_argument("--count", type=int, default=1, metavar="N", help="how many pictures (1)")
    it.add_argument(
        "--seed", type=int, metavar="N", help="of the first picture; the next ones count up (at random)"
    )
    it.add_argument("--size", type=int, metavar="PX", help="side of the picture (the model's own)")
    it.add_argument("--width", type=int, metavar="PX", help="of a picture that is not square")
    it.add_argument("--height", type=int, metavar="PX", help="of a picture that is not square")
    it.add_argument("--sampler", choices=SAMPLERS, help="how steps are taken (dpm++)")
    it.add_argument("--steps", type=int, metavar="N", help="denoising steps (the model's default)")
    it.add_argument(
        "--guidance", type=float, metavar="X", help="how closely to follow the text; 1 is not at all more"
    )
    it.add_argument(
        "--model", default="atelier", metavar="NAME|FOLDER|HUB_ID", help="a Kandinsky 2.1 (%(default)s)"
    )
    it.add_argument(
        "--adapters", default="", metavar="FOLDER[:WEIGHT],...", help="fine-tuned weights on top of the model"
    )
    it.add_argument("--fuse", action="store_true", help="add the adapters to the weights for good")
    it.add_argument("--translator", default="auto", metavar="auto|none|FOLDER|HUB_ID", help=(
        "Russian to English, for a model that reads English only (%(default)s)"
    ))  # fmt: skip
    it.add_argument(
        "-o", "--output", default="out", metavar="FILE_OR_FOLDER", help="a .png or a folder (%(default)s)"
    )
    it.add_argument(
        "--json", action="store_true", help="print one JSON object about the pictures as the last line"
    )
    return it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        arguments = parser().parse_args(argv)
        request = read(arguments)
        target = Target(arguments.output)
        pictures = asyncio.run(draw(request, studio(arguments)))
        files = target.write(pictures, request)
        if arguments.json:
            print(json.dumps(report(pictures, files), ensure_ascii=False))
        else:
            print("\n".join(map(str, files)))
        sys.stdout.flush()
    except (BadInput, BadRequest) as error:
        return complain(str(error), BAD_INPUT)
    except KeyboardInterrupt:
        return complain("interrupted", INTERRUPTED)
    except MemoryError:
        return complain("there is not enough memory for this model or size", FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (RuntimeError, OSError, ArithmeticError) as error:
        return complain(f"could not draw: {error}", FAILED)
    return 0


def complain(sentence: str, code: int) -> int:
    """One line on stderr."""
    print(f"python -m generation: {' '.join(sentence.split())}", file=sys.stderr)
    return code


def read(arguments: argparse.Namespace) -> Request:
    """The request, with its photos read and known to be pictures. Raises BadInput, BadRequest."""
    request = Request(
        prompt=arguments.text,
        photos=tuple(b"" for _ in arguments.photo),
        count=arguments.count,
        seed=arguments.seed,
        size=arguments.size,
        steps=arguments.steps,
        guidance=arguments.guidance,
        photo_weight=arguments.photo_weight,
        init=None if arguments.init is None else b"",
        strength=arguments.strength,
        mask=None if arguments.mask is None else b"",
        negative=arguments.negative,
        width=arguments.width,
        height=arguments.height,
        sampler=arguments.sampler,
    )
    check(request)
    return replace(
        request,
        photos=tuple(read_photo(Path(name)) for name in arguments.photo),
        init=None if arguments.init is None else read_photo(Path(arguments.init)),
        mask=None if arguments.mask is None else read_photo(Path(arguments.mask)),
    )


def read_photo(path: Path) -> bytes:
    """The bytes of a picture file. Raises BadInput, BadRequest."""
    try:
        if path.is_file() and path.stat().st_size > MAX_FILE_BYTES:
            raise BadRequest(Problem.PICTURE_TOO_LARGE, f"{path}: more than {MAX_FILE_BYTES // 1_000_000} MB")
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file")
        data = path.read_bytes()
        photos.open_photo(data)
    except BadRequest as error:
        raise BadRequest(error.problem, f"{path}: {error}") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    return data


class Target:
    """Where pictures are written: one .png file (numbered for several), or a folder."""

    def __init__(self, output: str) -> None:
        """Make the folders and see that they can be written to. Raises BadInput."""
        path = Path(output)
        try:
            self.file = path if path.suffix.lower() == ".png" and not path.is_dir() else None
            if self.file is None and path.suffix.lower() in OTHER_SUFFIXES and not path.is_dir():
                raise BadInput(f"{output}: pictures are written as PNG; name a .png file or a folder")
            self.folder = path.parent if self.file else path
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".lekalo-"):
                pass
        except (OSError, ValueError) as error:
            if isinstance(error, BadInput):
                raise
            reason = error.strerror if isinstance(error, OSError) else error
            raise BadInput(f"{output}: cannot be written: {reason}") from None

    def write(self, pictures: Sequence[Picture], request: Request) -> list[Path]:
        """Write the pictures, each at once; returns their paths."""
        files = []
        for number, picture in enumerate(pictures, 1):
            if self.file is None:
                path = self.folder / f"{slug(request.prompt)}-{picture.seed}.png"
            elif len(pictures) == 1:
                path = self.file
            else:
                path = self.file.with_stem(f"{self.file.stem}-{number}")
            beside = path.with_name(f".{os.getpid()}-{number}.part")
            try:
                beside.write_bytes(picture.png)
                os.replace(beside, path)
            except OSError as error:
                beside.unlink(missing_ok=True)
                raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
            files.append(path)
        return files


def slug(prompt: str) -> str:
    """A file name of the prompt's words, short enough for any file system in any alphabet."""
    return "-".join(re.findall(r"\w+", prompt.lower()))[:60].strip("-_") or "picture"


def report(pictures: Sequence[Picture], files: Sequence[Path]) -> dict[str, object]:
    """What --json prints; seed is the first picture's, seconds the time until the last one."""
    first = pictures[0]
    return {
        "files": [str(path) for path in files],
        "seed": first.seed,
        "size": first.size,
        "seconds": round(max(picture.seconds for picture in pictures), 3),
        "model": first.model,
        "prompt": first.prompt,
    }


def studio(arguments: argparse.Namespace) -> LocalStudio:
    """The studio that is asked for, not started."""
    return LocalStudio(
        arguments.model,
        adapters=arguments.adapters,
        fuse=arguments.fuse,
        translator=arguments.translator,
    )


async def draw(request: Request, studio: LocalStudio) -> list[Picture]:
    """Load the model and draw, with a progress bar on stderr."""
    bar: tqdm[NoReturn] | None = None

    def on_progress(progress: Progress) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(total=progress.steps, desc="drawing", unit="step", file=sys.stderr)
        bar.update(progress.step - bar.n)

    hint = "loading the model…"
    if sys.stderr.isatty():
        print(hint, end="\r", file=sys.stderr, flush=True)
    try:
        await studio.start()
        if sys.stderr.isatty():
            print(" " * len(hint), end="\r", file=sys.stderr, flush=True)
        return await studio.draw(request, on_progress)
    finally:
        if bar is not None:
            bar.close()
        await studio.close()


if __name__ == "__main__":
    code = main()
    if code == INTERRUPTED:
        os._exit(code)  # a thread may still be loading; what is written is written whole
    sys.exit(code)
