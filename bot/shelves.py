"""Opens the shelves of pictures and photos where PICTURES_URL says: a folder, or a bucket."""

from __future__ import annotations

from pathlib import Path

from bot.premises import Premises, SettingsError
from bot.store.bucket import Bucket
from bot.store.files import Folder, Place, Shelf
from bot.store.patience import Patience


def open_shelves(settings: Premises, patience: Patience | None = None) -> tuple[Shelf, Shelf]:
    """Of pictures, and of photos. Raises SettingsError when PICTURES_URL cannot be used."""
    pictures, photos = (Shelf(_place(settings, kind), ".png", patience) for kind in ("pictures", "photos"))
    return pictures, photos


def _place(settings: Premises, kind: str) -> Place:
    url = settings.pictures_url
    if "://" not in url:
        return Folder((Path(url) if url else settings.data_dir) / kind)
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError:
        raise SettingsError("PICTURES_URL needs one more package: pip install 'lekalo[s3]'.") from None
    try:
        return Bucket(from_url(url), kind)
    except (BaseError, ValueError) as error:
        raise SettingsError(f"PICTURES_URL cannot be used: {str(error).splitlines()[0]}") from None
