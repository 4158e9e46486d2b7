"""The page's files, as `make web` built them.

Does: serve `index.html` at `/` under a strict Content-Security-Policy, and the assets; their names hold a hash of
their content, so browsers keep them for ever; sends the `.br` or `.gz` beside a file when the client takes it.
Does not: build or compress anything, or send `index.html` for a path that does not exist.
"""

from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Match
from starlette.types import Scope

FOLDER = Path(__file__).parent / "page"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "manifest-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PAGE_HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
    "x-frame-options": "DENY",
}
FRAME_HEADERS = {
    "content-security-policy": "; ".join(
        (
            "sandbox allow-scripts",
            "default-src 'none'",
            "script-src 'unsafe-inline'",
            "style-src 'unsafe-inline'",
            "frame-ancestors 'self'",
        )
    ),
    "x-frame-options": "SAMEORIGIN",
}
"""Of the frame that draws diagrams (`web/scripts/diagram.ts`): what runs in it has no origin, no network and no
cookies, which is why its one file may hold its script itself."""
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NOT_BUILT = (
    "The page is not built yet: run `make web` in the repository, then reload.\n"
    "La page n'est pas encore construite : lancez `make web` dans le dépôt, puis rechargez.\n"
)
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""Best first: the name in `Accept-Encoding`, and the ending of the file."""


@dataclass(frozen=True)
class PageFile:
    """A file that may be sent."""

    path: Path
    media_type: str
    cache: str
    framed: bool
    """Shown in a frame of the page, with a policy of its own."""


def page_files(folder: Path) -> dict[str, PageFile]:
    """Every file of the built page by its path in the address; a name outside this table is not served.

    Args:
        folder: What the build wrote (may be missing: the table is empty then).
    """
    files = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in (".br", ".gz", ".map"):
            continue
        name = path.relative_to(folder).as_posix()
        media_type = guess_type(name)[0] or "application/octet-stream"
        built = name.startswith("assets/")
        files[name] = PageFile(path, media_type, FOR_EVER if built else ASK_AGAIN, built and path.suffix == ".html")
    return files


def page_routes(folder: Path = FOLDER) -> APIRouter:
    """The routes `/` and everything below it that is a file of the page; register them last."""
    files = page_files(folder)

    class FileRoute(APIRoute):
        """Stands in no other route's way: a name that is no file's is an unknown path, for every method."""

        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            match, child = super().matches(scope)
            name = child.get("path_params", {}).get("name")
            return (match, child) if name is None or name in files else (Match.NONE, {})

    routes = APIRouter(include_in_schema=False, route_class=FileRoute)

    @routes.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        if "index.html" not in files:
            return PlainTextResponse(NOT_BUILT, 503, PAGE_HEADERS)
        return _send(files["index.html"], request)

    @routes.api_route("/{name:path}", methods=["GET", "HEAD"])
    async def asset(name: str, request: Request) -> Response:
        return _send(files[name], request)

    return routes


def accepted_encodings(header: str) -> set[str]:
    """The names in `Accept-Encoding`, in small letters, without those that it refuses (`br;q=0`)."""
    parts = (part.lower().replace(" ", "").partition(";q=") for part in header.split(","))
    return {name for name, _, quality in parts if not quality or quality.strip("0.")}


def _send(file: PageFile, request: Request) -> Response:
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    own = FRAME_HEADERS if file.framed else PAGE_HEADERS
    headers = {**own, "cache-control": file.cache, "vary": "accept-encoding"}
    for name, ending in ENCODINGS:
        packed = file.path.with_name(file.path.name + ending)
        if name in accepted and packed.is_file():
            headers["content-encoding"] = name
            return FileResponse(packed, headers=headers, media_type=file.media_type)
    return FileResponse(file.path, headers=headers, media_type=file.media_type)
