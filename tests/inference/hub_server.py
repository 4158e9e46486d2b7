"""A small hub on loopback: the API, `resolve` links, and a content network on a port of its own.

It speaks as much of the Hugging Face hub's protocol as `inference/hub.py` and `inference/download.py` rely on, with
the faults that a test asks for. Everything that was asked is noted.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Self

from aiohttp import web

COMMIT = "c0ffee" + "0" * 34
SMALL_BYTES = 16
"""Files up to this long are kept in git itself: no SHA-256 is announced, and no content network serves them."""


@dataclass
class Repo:
    """A repository."""

    files: dict[str, bytes]
    licence: str = "apache-2.0"
    languages: tuple[str, ...] = ("en",)
    gated: bool = False
    moved_to: str = ""


@dataclass
class Faults:
    """What goes wrong; each count goes down by one whenever it happens."""

    cut_after_bytes: int = 0
    cuts: int = 0
    statuses: list[int] = field(default_factory=list)
    """Given instead of content, one for each request to the content network."""
    expired_links: int = 0
    ignore_ranges: bool = False
    damage: bool = False
    grown: bytes = b""
    """What the content network has more than was announced."""
    pause_s: float = 0.0
    """Before each block of 64 KiB."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    host: str
    path: str
    range: str
    authorization: str


class HubServer:
    """Runs both servers in a thread; use it as a context."""

    def __init__(self, token: str = "") -> None:
        self.repos: dict[str, Repo] = {}
        self.faults = Faults()
        self.asked: list[Asked] = []
        self.instead: tuple[int, str] | None = None
        """What the API answers whatever it is asked: a status and a body."""
        self.loops = False
        """Links point to themselves."""
        self.endpoint = ""
        self.content_endpoint = ""
        self._token = token
        self._blobs: dict[str, bytes] = {}
        self._link = 0
        self._ready = Event()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, daemon=True)

    def add(self, repo: str, files: Mapping[str, bytes], **facts: object) -> Repo:
        """Put a repository on the hub."""
        self.repos[repo] = Repo(dict(files), **facts)  # type: ignore[arg-type]
        self._blobs |= {hashlib.sha256(content).hexdigest(): content for content in files.values()}
        return self.repos[repo]

    @property
    def ranges(self) -> list[str]:
        """The ranges asked of the content network so far."""
        return [asked.range for asked in self.asked if asked.path.startswith("/blob/") and asked.method == "GET"]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runners = [self._loop.run_until_complete(self._serve(routes)) for routes in (self._hub(), self._content())]
        self.endpoint, self.content_endpoint = (f"http://127.0.0.1:{runner.addresses[0][1]}" for runner in runners)
        self._ready.set()
        self._loop.run_forever()
        for runner in runners:
            self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _serve(self, routes: list[web.RouteDef]) -> web.AppRunner:
        app = web.Application()
        app.add_routes(routes)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    def _hub(self) -> list[web.RouteDef]:
        return [
            web.get("/api/models", self._search),
            web.get("/api/models/{owner}/{name}", self._describe),
            web.get("/{owner}/{name}/resolve/{commit}/{path:.+}", self._resolve),
        ]

    def _content(self) -> list[web.RouteDef]:
        return [web.get("/blob/{sha256}", self._blob)]

    def _note(self, request: web.Request) -> None:
        header = request.headers
        asked = Asked(
            request.method, request.host, request.path, header.get("Range", ""), header.get("Authorization", "")
        )
        self.asked.append(asked)

    def _found(self, request: web.Request) -> Repo:
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        repo = self.repos.get(name)
        if repo is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RepoNotFound"})
        if repo.moved_to:
            raise web.HTTPTemporaryRedirect(f"/api/models/{repo.moved_to}?blobs=true")
        return repo

    async def _search(self, request: web.Request) -> web.Response:
        self._note(request)
        words = request.query.get("search", "").lower().split("-")
        return web.json_response([{"id": name} for name in self.repos if words[0] in name.lower()])

    async def _describe(self, request: web.Request) -> web.Response:
        self._note(request)
        if self.instead is not None:
            return web.Response(status=self.instead[0], text=self.instead[1])
        repo = self._found(request)
        siblings = []
        for path, content in repo.files.items():
            stored = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append(
                {"rfilename": path, "size": len(content)} | ({"lfs": stored} if len(content) > SMALL_BYTES else {})
            )
        card = {"license": repo.licence, "language": list(repo.languages)}
        identity = {"id": f"{request.match_info['owner']}/{request.match_info['name']}", "sha": COMMIT}
        return web.json_response(identity | {"gated": repo.gated, "cardData": card, "siblings": siblings})

    async def _resolve(self, request: web.Request) -> web.Response:
        self._note(request)
        if self.loops:
            raise web.HTTPFound(request.path)
        repo = self._found(request)
        if repo.gated and request.headers.get("Authorization") != f"Bearer {self._token}":
            raise web.HTTPUnauthorized(headers={"X-Error-Code": "GatedRepo"})
        content = repo.files.get(request.match_info["path"])
        if content is None or request.match_info["commit"] != COMMIT:
            raise web.HTTPNotFound(headers={"X-Error-Code": "EntryNotFound"})
        sha256 = hashlib.sha256(content).hexdigest()
        if len(content) <= SMALL_BYTES:
            return web.Response(body=content, headers={"ETag": f'"{sha256[:40]}"'})
        self._link += 1
        headers = {
            "Location": f"{self.content_endpoint}/blob/{sha256}?link={self._link}",
            "X-Linked-Size": str(len(content)),
            "X-Linked-ETag": f'"{sha256}"',
        }
        return web.Response(status=302, headers=headers)

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        faults = self.faults
        if faults.statuses:
            return web.Response(status=faults.statuses.pop(0), headers={"Retry-After": "0"})
        if faults.expired_links and int(request.query["link"]) <= faults.expired_links:
            raise web.HTTPForbidden
        content = self._blobs[request.match_info["sha256"]] + faults.grown
        if faults.damage:
            content = bytes([content[0] ^ 1]) + content[1:]
        wanted = request.http_range
        ranged = wanted.start is not None and not faults.ignore_ranges
        first, end = (wanted.start, wanted.stop or len(content)) if ranged else (0, len(content))
        answer = web.StreamResponse(status=206 if ranged else 200)
        answer.content_length = end - first
        if ranged:
            answer.headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(content)}"
        await answer.prepare(request)
        await self._send(request, answer, content[first:end])
        return answer

    async def _send(self, request: web.Request, answer: web.StreamResponse, content: bytes) -> None:
        faults = self.faults
        cut = 0 < faults.cut_after_bytes < len(content) and faults.cuts > 0
        if cut:
            faults.cuts -= 1
            content = content[: faults.cut_after_bytes]
        for at in range(0, len(content), 2**16):
            if faults.pause_s:
                await asyncio.sleep(faults.pause_s)
            await answer.write(content[at : at + 2**16])
        if cut and request.transport:
            request.transport.close()
        else:
            await answer.write_eof()


@contextmanager
def hub(token: str = "") -> Iterator[HubServer]:
    """A hub that runs."""
    with HubServer(token) as server:
        yield server
