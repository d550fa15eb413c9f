"""A model hub of a few files on this machine: the API's listing, downloads in ranges, a line that breaks."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Repositories by name; `breaks` names a file whose next download stops after so many bytes."""

    def __init__(self, repositories: dict[str, Path]) -> None:
        self.repositories = repositories
        self.breaks: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []
        """Files that were downloaded, with the range asked for."""
        self.url = ""

    def files(self, repository: str) -> dict[str, Path]:
        root = self.repositories[repository]
        return {p.relative_to(root).as_posix(): p for p in sorted(root.rglob("*")) if p.is_file()}


@contextmanager
def serve(repositories: dict[str, Path]) -> Iterator[Hub]:
    hub = Hub(repositories)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _send(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _missing(self, code: str) -> None:
            self._send(404, b"{}", {"X-Error-Code": code})

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            if found := re.fullmatch(r"/api/models/([\w.-]+/[\w.-]+)(?:/(revision|tree)/([^/]+))?", path):
                name, kind, revision = found.groups()
                if name not in hub.repositories:
                    return self._missing("RepoNotFound")
                if revision not in (None, "main", "v1", SHA):
                    return self._missing("RevisionNotFound")
                files = hub.files(name)
                if kind == "tree":
                    body: object = [
                        {"type": "file", "path": f, "size": p.stat().st_size, "oid": _oid(p)}
                        for f, p in files.items()
                    ]
                else:
                    body = {"id": name, "sha": SHA, "siblings": [{"rfilename": f} for f in files]}
                return self._send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})
            if found := re.fullmatch(r"/([\w.-]+/[\w.-]+)/resolve/([^/]+)/(.+)", path):
                name, _, file = found.groups()
                if name not in hub.repositories or file not in hub.files(name):
                    return self._missing("EntryNotFound")
                return self._file(hub.files(name)[file], file)
            return self._missing("EntryNotFound")

        do_HEAD = do_GET

        def _file(self, path: Path, name: str) -> None:
            data = path.read_bytes()
            headers = {"ETag": f'"{_oid(path)}"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
            wanted = self.headers.get("Range", "")
            start = 0
            if found := re.fullmatch(r"bytes=(\d+)-(\d*)", wanted):
                start = int(found[1])
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            if self.command == "GET":
                hub.asked.append((name, wanted))
            if self.command == "GET" and name in hub.breaks:
                stop = start + hub.breaks.pop(name)
                self.send_response(206 if start else 200)
                for key, value in {"Content-Length": str(len(data) - start), **headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(data[start:stop])
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self._send(206 if start else 200, data[start:], headers)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _oid(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()
