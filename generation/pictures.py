"""Pictures: pixels to a PNG that says where it comes from.

Seed, prompt, model and settings are in text chunks, with the note that the
picture is generated, in words and as IPTC's machine-readable source type. This
module does not know how pixels are drawn or where a file goes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

NOTE = "AI-generated: not a photograph of a real product"
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    "Iptc4xmpExt:DigitalSourceType="
    '"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/></rdf:RDF></x:xmpmeta>'
)


def encode(pixels: NDArray[np.uint8], facts: Mapping[str, str | int | float]) -> bytes:
    """A PNG of (H, W, 3) pixels with `facts` as text chunks (Seed, Prompt, ...) and the note."""
    info = PngInfo()
    for name, value in facts.items():
        info.add_itxt(name, f"{value:g}" if isinstance(value, float) else str(value))
    info.add_itxt("Comment", NOTE)
    info.add_itxt("Software", "Lekalo")
    info.add_itxt("XML:com.adobe.xmp", _XMP)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=info, optimize=False)
    return file.getvalue()
