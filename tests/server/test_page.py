"""The page's files, as a browser gets them: policy, caching, encodings, and what is not a file.

The page is the one that `make web` built.
"""

import asyncio
import gzip
import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from causerie.server.page import FOLDER, page_files, page_routes
from tests.running import RunningServer
from tests.server.raw import Answer, send
from tests.server.serving import serving

pytestmark = pytest.mark.xdist_group("server")

INDEX = FOLDER / "index.html"


def get(server: RunningServer, path: str, encodings: str = "") -> Answer:
    return send(server.address, "GET", path, {"Accept-Encoding": encodings} if encodings else {})


def asset(ending: str) -> Path:
    return min((FOLDER / "assets").glob(f"*{ending}"))


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_root_is_the_page(server: RunningServer) -> None:
    answer = get(server, "/")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body == INDEX.read_bytes() == get(server, "/index.html").body


def test_everything_that_the_page_names_is_there(server: RunningServer) -> None:
    named = re.findall(r'(?:src|href)="\.?(/[^"]+)"', INDEX.read_text())
    assert named
    for path in named:
        assert get(server, path).status == 200, path


def test_the_policy_lets_only_our_own_files_in_and_no_script_inside_the_page(server: RunningServer) -> None:
    policy = dict(part.split(" ", 1) for part in get(server, "/").headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert not {word for words in policy.values() for word in words.split()} & {
        "'unsafe-inline'",
        "'unsafe-eval'",
        "*",
    }
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\son\w+=|\sstyle=", INDEX.read_text())


@pytest.mark.parametrize("path", ["/", "/index.html", "/icon.svg"])
def test_no_other_page_may_frame_or_read_it(server: RunningServer, path: str) -> None:
    headers = get(server, path).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_frame_that_draws_diagrams_has_no_origin_and_no_network(server: RunningServer) -> None:
    headers = get(server, f"/assets/{asset('.html').name}").headers
    assert headers["x-frame-options"] == "SAMEORIGIN"
    parts = [part.split(" ", 1) for part in headers["content-security-policy"].split("; ")]
    policy = dict(parts)
    assert policy["sandbox"] == "allow-scripts", "and not allow-same-origin"
    assert policy["default-src"] == "'none'"
    assert not {"connect-src", "img-src", "frame-src", "form-action"} & set(policy), "nothing else is opened"
    assert policy["frame-ancestors"] == "'self'"


# --- caching and encodings --------------------------------------------------------------------------------------


def test_assets_are_kept_for_ever_since_their_names_hold_their_content(server: RunningServer) -> None:
    for path in (asset(".js"), asset(".css"), asset(".woff2")):
        answer = get(server, f"/assets/{path.name}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.body == path.read_bytes()


def test_what_keeps_its_name_is_asked_for_again(server: RunningServer) -> None:
    for path in ("/", "/index.html", "/first-paint.js", "/icon.svg"):
        assert get(server, path).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("encodings", "sent"),
    [
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.000, gzip;q=0", None),
        ("identity", None),
        ("zstd", None),
        ("", None),
    ],
)
def test_a_file_comes_packed_as_the_client_takes_it(server: RunningServer, encodings: str, sent: str | None) -> None:
    script = asset(".js")
    answer = get(server, f"/assets/{script.name}", encodings)
    ending = {"br": ".br", "gzip": ".gz", None: ""}[sent]
    assert answer.headers["content-encoding"] == sent
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.body == script.with_name(script.name + ending).read_bytes()
    if sent == "gzip":
        assert gzip.decompress(answer.body) == script.read_bytes()


def test_what_is_packed_by_its_own_form_is_sent_as_it_is(server: RunningServer) -> None:
    answer = get(server, f"/assets/{asset('.woff2').name}", "br, gzip")
    assert answer.headers["content-encoding"] is None
    assert answer.headers["content-type"] == "font/woff2"


def test_head_has_the_headers_of_get_and_no_body(server: RunningServer) -> None:
    for path in ("/", f"/assets/{asset('.js').name}"):
        got, asked = get(server, path), send(server.address, "HEAD", path)
        assert (asked.status, asked.body) == (200, b"")
        for name in ("content-length", "content-type", "cache-control", "content-security-policy"):
            assert asked.headers[name] == got.headers[name]


# --- what is not a file of the page -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/nothing", "/assets/", "/assets/nothing.js", "/v1", "/page"])
def test_a_path_that_is_no_file_is_unknown_for_every_method(server: RunningServer, method: str, path: str) -> None:
    answer = send(server.address, method, path)
    assert answer.status == 404
    if method != "HEAD":
        assert answer.code == "not_found"
        assert path in answer.json["error"]["message"]
        assert "/openapi.json" in answer.json["error"]["hint"]


@pytest.mark.parametrize("path", ["/", "/index.html", "/icon.svg"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_file_is_only_read(server: RunningServer, method: str, path: str) -> None:
    answer = send(server.address, method, path)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "path",
    [
        "/../page.py", "/assets/../../page.py", "/%2e%2e/page.py", "/..%2fpage.py", "/assets/..%2f..%2fpage.py",
        "//etc/passwd", "/%2fetc%2fpasswd", "/..%5cpage.py", "/index.html%00", "/index.html%00.js", "/./index.html",
        "/INDEX.HTML", "/assets//", "/%ff",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_page(server: RunningServer, path: str) -> None:
    answer = get(server, path)
    assert (answer.status, answer.code) == (404, "not_found")


def test_the_packed_files_and_source_maps_have_no_address_of_their_own(server: RunningServer) -> None:
    names = page_files(FOLDER)
    assert "index.html" in names
    assert not [name for name in names if name.endswith((".br", ".gz", ".map"))]
    assert get(server, "/index.html.br").status == 404


async def test_before_the_page_is_built_the_root_says_how_to_build_it(tmp_path: Path) -> None:
    app = FastAPI()
    app.include_router(page_routes(tmp_path / "missing"))
    async with serving(app) as address:
        answer = await asyncio.to_thread(send, address, "GET", "/")
    assert answer.status == 503
    assert "make web" in answer.body.decode()
