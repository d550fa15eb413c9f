"""Small pictures made large enough for a chat, where less than 512 px looks like a stamp.

The stored file keeps its own size; only what is sent is enlarged. The notes
in the file (seed, prompt, model, that it is generated) go with it.
"""

from __future__ import annotations

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SIDE = 512


def enlarged(png: bytes) -> bytes:
    """The picture with its longer side at least SIDE pixels (a whole multiple, Lanczos), as PNG."""
    with Image.open(io.BytesIO(png)) as picture:
        longer = max(picture.size)
        if longer >= SIDE:
            return png
        times = -(-SIDE // longer)
        large = picture.resize((picture.width * times, picture.height * times), Image.Resampling.LANCZOS)
        notes = PngInfo()
        for name, text in picture.info.items():
            if isinstance(name, str) and isinstance(text, str):
                notes.add_itxt(name, text)
        encoded = io.BytesIO()
        large.save(encoded, "PNG", pnginfo=notes)
        return encoded.getvalue()
