"""CLIP score: how near a drawing is to its words, by a CLIP that the model is not conditioned on.

Kandinsky 2.1 draws from ViT-L/14's embeddings, so that encoder would praise
what it asked for itself: it is refused. FashionCLIP or OpenAI's ViT-B/32 do. A
CLIP of this kind reads English, so drawings of a Russian prompt are compared with
the same wish in English. The score is Hessel et al.'s (2021, arXiv:2104.08718)
cosine times 100. This module knows CLIP; it does not know Studios.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from generation import hub
from generation.evaluation.colour import Pixels

FASHION_CLIP = "patrickjohncyh/fashion-clip"
BATCH = 32


class Similarity:
    """A CLIP that judges."""

    def __init__(self, name: str) -> None:
        """name: a folder or a hub id. Raises ValueError with one sentence; BadRequest from the hub."""
        from transformers import AutoTokenizer, CLIPModel
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

        self.name = name
        folder = Path(name).expanduser()
        if not folder.is_dir():
            folder = hub.fetch(name, ("*.json", "*.txt", "*.safetensors", "pytorch_model.bin"))
        try:
            with hub.quietly():
                self._model: Any = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
                self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                self._processor: Any = CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # a broken folder fails in as many ways as it has files
            raise ValueError(f"the judging CLIP {name!r} cannot be loaded: {str(error)[:150]}") from error
        config = self._model.config
        if (config.vision_config.hidden_size, config.vision_config.patch_size) == (1024, 14):
            raise ValueError(
                f"{name!r} is a ViT-L/14, which Kandinsky 2.1 draws from: it would judge its own wish; "
                f"take {FASHION_CLIP}"
            )

    @torch.no_grad()
    def scores(self, pictures: Sequence[Pixels], texts: Sequence[str]) -> NDArray[np.float64]:
        """100 × cosine of each picture (H, W, 3) and its text, (N,)."""
        found = []
        for i in range(0, len(pictures), BATCH):
            images = [Image.fromarray(picture) for picture in pictures[i : i + BATCH]]
            pixels = torch.from_numpy(
                np.asarray(self._processor(images, return_tensors="np")["pixel_values"], dtype=np.float32)
            )
            tokens = self._tokenizer(
                list(texts[i : i + BATCH]), padding=True, truncation=True, return_tensors="pt"
            )
            out = self._model(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"], pixel_values=pixels
            )
            seen = torch.nn.functional.normalize(out.image_embeds, dim=1)
            said = torch.nn.functional.normalize(out.text_embeds, dim=1)
            found.append(100 * (seen * said).sum(1).double().numpy())
        return np.concatenate(found) if found else np.zeros(0)
