"""Pictures in a bucket: obstore's own stores, and its S3 client against a small S3 of the test's own."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web
from obstore.store import LocalStore, MemoryStore

from bot.chat.parcel import parcels
from bot.premises import Premises
from bot.shelves import open_shelves
from bot.store.bucket import Bucket
from bot.store.files import Shelf
from bot.store.patience import Fault


class SmallS3:
    """PUT, GET, HEAD and DELETE of objects, path style; takes signed requests of one key id only."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken = False
        self.app = web.Application(client_max_size=10_000_000)
        self.app.router.add_route("*", "/{key:.+}", self._answer)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        runner = web.AppRunner(self.app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if "Credential=tailor/" not in request.headers.get("Authorization", "") or self.broken:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        key = request.match_info["key"]
        if request.method == "POST" and "delete" in request.query:  # of many at once
            names = re.findall(r"<Key>(.*?)</Key>", await request.text())
            for name in names:
                self.objects.pop(f"{key}/{name}", None)
            gone = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
            return web.Response(text=f"<DeleteResult>{gone}</DeleteResult>", content_type="application/xml")
        if request.method == "PUT":
            self.objects[key] = await request.read()
        elif key not in self.objects:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        elif request.method == "DELETE":
            del self.objects[key]
            return web.Response(status=204)
        content = self.objects[key]
        headers = {"ETag": f'"{hashlib.md5(content).hexdigest()}"', "Last-Modified": formatdate(usegmt=True)}
        return web.Response(body=b"" if request.method == "PUT" else content, headers=headers)


async def _holds(shelf: Shelf) -> None:
    name = await shelf.put(b"picture")
    assert await shelf.put(b"picture") == name == hashlib.sha256(b"picture").hexdigest()
    assert await shelf.has(name)
    assert await shelf.get(name) == b"picture"
    await shelf.remove(name)
    await shelf.remove(name)
    assert not await shelf.has(name)
    with pytest.raises(FileNotFoundError):
        await shelf.get(name)


async def test_a_shelf_stands_anywhere(tmp_path: Path) -> None:
    await _holds(Shelf(Bucket(MemoryStore(), "pictures"), ".png"))
    await _holds(Shelf(Bucket(LocalStore(tmp_path)), ".png"))


async def test_a_shelf_stands_in_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = SmallS3()
    async with s3.listening() as url:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "tailor",
            "AWS_SECRET_ACCESS_KEY": "thread",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT": url,
            "AWS_ALLOW_HTTP": "true",
        }.items():
            monkeypatch.setenv(name, value)
        pictures, photos = open_shelves(Premises(pictures_url="s3://atelier/files", data_dir=tmp_path))
        await _holds(pictures)
        picture, photo = await pictures.put(b"picture"), await photos.put(b"photo")
        assert sorted(s3.objects) == sorted(
            f"atelier/files/{kind}/{name[:2]}/{name[2:4]}/{name}.png"
            for kind, name in (("pictures", picture), ("photos", photo))
        )
        s3.broken = True
        with pytest.raises(OSError, match="the bucket failed"):
            await pictures.get(picture)
        putting = asyncio.ensure_future(pictures.put(b"another"))
        await asyncio.sleep(0.5)
        assert not putting.done() and pictures.patience.fault is Fault.BROKEN
        s3.broken = False
        assert await pictures.has(await putting)


async def test_folders_are_where_they_were(tmp_path: Path) -> None:
    pictures, _ = open_shelves(Premises(data_dir=tmp_path))
    name = await pictures.put(b"picture")
    assert (tmp_path / "pictures" / name[:2] / name[2:4] / f"{name}.png").read_bytes() == b"picture"
    shared, photos = open_shelves(Premises(pictures_url=str(tmp_path / "shared"), data_dir=tmp_path))
    assert not await shared.has(name)
    name = await shared.put(b"picture")
    rows = {"pictures": [{"sha256": name}, {"sha256": "f" * 64}]}
    [archive] = parcels(rows, shared, photos)
    assert archive.stat().st_size > len(b"picture")
    archive.unlink()
