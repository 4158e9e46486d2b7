"""Who may ask at all: this machine by its own names, no page of another origin, keys, and the limits.

The models are a stub's: nothing here is about what they answer.
"""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.running import running_server
from tests.server.raw import Answer, send
from tests.web.stub_upstream import stub_upstream

pytestmark = pytest.mark.xdist_group("security")

CHAT = "/v1/chat/completions"
MODELS = "/v1/models"
KEYS = ("a-key-of-this-server", "another-key")
MAX_BODY = 16 * 1024
AT_ONCE = 2
EVIL = "http://evil.example"


def asking(model: str = "echo") -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": True}).encode()


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Settings of a stub that answers at once (`echo`), or for a minute (`slow`)."""
    with stub_upstream() as url:
        yield f'[[upstreams]]\nname = "stub"\nbase_urls = ["{url}"]\nmodels = ["echo", "slow"]\n'


@pytest.fixture(scope="module")
def server(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server as it is without settings: it asks for no key."""
    with running_server(tmp_path_factory.mktemp("open") / "home", upstream) as up:
        yield up.address


@pytest.fixture(scope="module")
def guarded(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with two keys and narrow limits."""
    limits = f"max_body_mib = {MAX_BODY / 2**20}\nmax_concurrent_requests = {AT_ONCE}\n"
    config = f"api_keys = {json.dumps(KEYS)}\n{limits}{upstream}"
    with running_server(tmp_path_factory.mktemp("guarded") / "home", config) as up:
        yield up.address


# --- this machine, by its own names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost:8080", "LOCALHOST", "[::1]:8080", "127.8.9.10:80"]
)
def test_a_host_header_that_names_this_machine_is_served_whatever_its_port(server: str, host: str) -> None:
    assert send(server, "GET", MODELS, {"Host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost",
        "0.0.0.0", "192.168.1.2", "169.254.169.254", "[::]", "::1", "localhost.", "localhost@evil.example",
        "evil.example@localhost", "localhost/..", "localhost?x", "localhost:port", "localhost:99999", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", MODELS, "/healthz", "/openapi.json", "/nothing"])
def test_any_other_host_is_refused_for_every_path_so_that_dns_rebinding_finds_nothing(
    server: str, path: str, host: str
) -> None:
    answer = send(server, "GET", path, {"Host": host})
    assert (answer.status, answer.code) == (403, "forbidden")
    assert answer.json["error"]["type"] == "permission_error"
    assert "http://127.0.0.1" in answer.json["error"]["hint"]


def test_two_host_headers_are_refused_even_when_one_is_ours(server: str) -> None:
    hosts = [("Host", "localhost"), ("Host", "evil.example")]
    for pair in (hosts, hosts[::-1]):
        assert send(server, "GET", MODELS, pair).status in (400, 403)


def test_a_full_address_in_the_request_line_does_not_replace_the_host_header(server: str) -> None:
    assert send(server, "GET", f"http://localhost{MODELS}", {"Host": "evil.example"}).status == 403


# --- no page of another origin ----------------------------------------------------------------------------------


def origin_of(server: str) -> str:
    return f"http://{urlsplit(server).netloc}"


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_our_own_page_may_ask(server: str, site: str | None) -> None:
    headers = {"Origin": origin_of(server)} | ({"Sec-Fetch-Site": site} if site else {})
    assert send(server, "GET", MODELS, headers).status == 200
    assert send(server, "POST", CHAT, headers, asking()).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},  # a file, a sandboxed frame
        {"Origin": "http://localhost:1"},  # another program on this machine
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another port of this machine
        {"Sec-Fetch-Site": "same-origin", "Origin": EVIL},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", MODELS), ("POST", CHAT), ("OPTIONS", CHAT), ("GET", "/healthz")]
)
def test_a_page_of_another_origin_may_not(server: str, method: str, path: str, headers: dict[str, str]) -> None:
    answer = send(server, method, path, headers, asking() if method == "POST" else b"")
    assert (answer.status, answer.code) == (403, "forbidden")
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_link_on_another_page_may_open_ours_and_nothing_else(server: str) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert send(server, "GET", "/", link).status != 403
    assert send(server, "GET", "/", {**link, "Sec-Fetch-Dest": "iframe"}).status == 403
    assert send(server, "GET", MODELS, link).status == 403
    assert send(server, "POST", CHAT, {**link, "Origin": EVIL}, asking()).status == 403


# --- keys -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_each_key_opens_by_either_header(guarded: str, key: str) -> None:
    for headers in ({"Authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}, {"X-Api-Key": key}):
        assert send(guarded, "GET", MODELS, headers).status == 200
        assert send(guarded, "POST", CHAT, headers, asking()).status == 200


def test_both_headers_together_open_when_both_are_right(guarded: str) -> None:
    assert send(guarded, "GET", MODELS, {"Authorization": f"Bearer {KEYS[0]}", "x-api-key": KEYS[1]}).status == 200


@pytest.mark.parametrize("path", [MODELS, CHAT, "/api/models", "/api/settings", "/metrics", "/v1/nothing"])
def test_without_a_key_the_api_is_closed_even_for_paths_that_do_not_exist(guarded: str, path: str) -> None:
    answer = send(guarded, "GET", path)
    assert (answer.status, answer.code) == (401, "invalid_api_key")
    assert answer.json["error"]["type"] == "authentication_error"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Bearer" in answer.json["error"]["hint"]
    assert "x-api-key" in answer.json["error"]["hint"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "wrong"},
        {"x-api-key": ""},
        {"x-api-key": KEYS[0].upper()},
        {"x-api-key": f"{KEYS[0]}x"},
        {"x-api-key": KEYS[0][:-1]},
        {"x-api-key": ", ".join(KEYS)},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {KEYS[0]}"},
        {"Authorization": KEYS[0]},
        {"Authorization": f"Bearer {KEYS[0]}", "x-api-key": "wrong"},
        {"Authorization": "Bearer wrong", "x-api-key": KEYS[0]},
    ],
)
def test_a_wrong_key_is_refused_even_beside_a_right_one(guarded: str, headers: dict[str, str]) -> None:
    for method, path in (("GET", MODELS), ("POST", CHAT)):
        answer = send(guarded, method, path, headers, asking() if method == "POST" else b"")
        assert (answer.status, answer.code) == (401, "invalid_api_key")
        assert not any(key in answer.body.decode() for key in (*KEYS, "wrong"))


def test_the_page_health_and_the_schema_are_open_without_a_key(guarded: str) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert send(guarded, "GET", path).status == 200
    assert send(guarded, "GET", "/").status != 401
    assert send(guarded, "GET", "/nothing").status == 404


def test_where_no_key_is_set_any_key_is_as_good_as_none(server: str) -> None:
    for headers in ({}, {"x-api-key": "whatever"}, {"Authorization": "Bearer whatever"}):
        assert send(server, "GET", MODELS, headers).status == 200


# --- headers and bodies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [[(f"X-Header-{number}", "x") for number in range(101)], [("X-Long", "x" * 33_000)], [("X" * 33_000, "x")]],
)
def test_too_many_headers_or_too_long_ones_are_a_431(server: str, headers: list[tuple[str, str]]) -> None:
    answer = send(server, "GET", "/healthz", headers)
    assert (answer.status, answer.code) == (431, "headers_too_large")


def test_headers_just_under_the_limits_are_served(server: str) -> None:
    assert send(server, "GET", "/healthz", [(f"X-Header-{number}", "x") for number in range(99)]).status == 200
    assert send(server, "GET", "/healthz", {"X-Long": "x" * 32_000}).status == 200


RIGHT = {"x-api-key": KEYS[0]}


def padded(size: int) -> bytes:
    return asking().ljust(size)


def test_a_body_of_just_the_limit_is_read_declared_or_in_chunks(guarded: str) -> None:
    body = padded(MAX_BODY)
    assert send(guarded, "POST", CHAT, RIGHT, body).status == 200
    assert send(guarded, "POST", CHAT, RIGHT, [body[:100], body[100:]]).status == 200


@pytest.mark.parametrize("size", [MAX_BODY + 1, 2**22])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_longer_one_is_a_413_declared_or_in_chunks(guarded: str, size: int, chunked: bool) -> None:
    body = padded(size)
    answer = send(
        guarded, "POST", CHAT, RIGHT, (body[at : at + 8192] for at in range(0, size, 8192)) if chunked else body
    )
    assert (answer.status, answer.code) == (413, "request_too_large")
    assert str(MAX_BODY) in answer.json["error"]["message"]
    assert "max_body_mib" in answer.json["error"]["hint"]


def test_a_length_over_the_limit_is_refused_before_the_body_comes(guarded: str) -> None:
    # Nothing is sent after the headers, so an answer means that nothing was waited for.
    assert send(guarded, "POST", CHAT, {**RIGHT, "Content-Length": str(10**12)}).status == 413


def test_the_body_of_who_may_not_ask_is_not_read(guarded: str) -> None:
    assert send(guarded, "POST", CHAT, {"Content-Length": "1000"}).status == 401


# --- how many at once -------------------------------------------------------------------------------------------


@contextmanager
def answers_in_progress(server: str, count: int) -> Iterator[None]:
    """As many long answers, each with its first word here."""
    connections = [http.client.HTTPConnection(urlsplit(server).netloc, timeout=120) for _ in range(count)]
    answers = []
    try:
        for connection in connections:
            connection.request("POST", CHAT, asking("slow"), RIGHT)
            answer = connection.getresponse()
            assert answer.readline().startswith(b"data: ")
            answers.append(answer)
        yield
    finally:
        for answer in answers:
            answer.close()
        for connection in connections:
            connection.close()
        # Their places are free again before anything else is asked.
        for _ in range(1200):
            if "causerie_requests_in_flight 1.0" in send(server, "GET", "/metrics", RIGHT).body.decode():
                break
            time.sleep(0.05)
        else:
            pytest.fail("answers that nobody reads are still in progress")


def limits_in(answer: Answer) -> tuple[str | None, ...]:
    return tuple(answer.headers[f"x-ratelimit-{what}-requests"] for what in ("limit", "remaining", "reset"))


def test_each_answer_tells_what_the_limit_leaves(guarded: str) -> None:
    assert limits_in(send(guarded, "POST", CHAT, RIGHT, asking())) == ("2", "1", "0s")
    with answers_in_progress(guarded, 1):
        assert limits_in(send(guarded, "POST", CHAT, RIGHT, asking())) == ("2", "0", "1s")


def test_one_more_than_the_limit_is_a_429_that_says_when_to_come_back(guarded: str) -> None:
    with answers_in_progress(guarded, AT_ONCE):
        answer = send(guarded, "POST", CHAT, RIGHT, asking())
        assert (answer.status, answer.code) == (429, "rate_limit_exceeded")
        assert answer.json["error"]["type"] == "rate_limit_error"
        assert int(answer.headers["retry-after"]) >= 1
        assert limits_in(answer) == ("2", "0", "1s")
        assert "max_concurrent_requests" in answer.json["error"]["hint"]


def test_what_costs_no_model_is_not_limited(guarded: str) -> None:
    with answers_in_progress(guarded, AT_ONCE):
        for path in (MODELS, "/api/models", "/metrics", "/readyz"):
            assert send(guarded, "GET", path, RIGHT).status == 200
        # Nor do those who may not ask take a place.
        assert send(guarded, "POST", CHAT, {}, asking()).status == 401
