"""Refusals and failures, as OpenAI's client sees them: its own exception classes, with code and param."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from tests.running import RunningServer, running_server
from tests.server.asking import ASKED, ask, refused, saying, text_of
from tests.server.conftest import CHAT_MODEL, EMBEDDING_MODEL, NO_KEY

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]

CHAT = "/v1/chat/completions"
KEY = "a-key-of-this-server"
LONG = {**ASKED, "messages": saying("Tell a very long story."), "max_tokens": 2000, "stream": True}


def send(
    server: RunningServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], Any]:
    """What OpenAI's client cannot send. Gives status, headers and the JSON of the body."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=120)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(answer.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that answers one request at a time, and asks for a key."""
    config = f'api_keys = ["{KEY}", "another-key"]\nmax_concurrent_requests = 1\nmax_body_mib = 0.01\n'
    with running_server(tmp_path_factory.mktemp("small") / "home", config) as up:
        yield up


@pytest.fixture
def keyed(small: RunningServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{small.address}/v1", api_key=KEY, max_retries=0, timeout=150) as client:
        yield client


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"null", b'{"messages": NaN}', b'{"a": 1} trailing', b"\xff\xfe", b"[" * 100_000],
)
def test_what_is_no_json_object_is_a_400(server: RunningServer, body: bytes) -> None:
    status, headers, answer = send(server, "POST", CHAT, body, content_type="application/json")
    assert status == 400
    assert answer["error"].keys() >= {"message", "type", "param", "code"}
    assert (answer["error"]["type"], answer["error"]["code"]) == ("invalid_request_error", "invalid_request")
    assert headers["content-type"] == "application/json"


def test_json_is_read_whatever_the_content_type_says(server: RunningServer) -> None:
    # curl -d says that it sends a form.
    body = json.dumps({**ASKED, "max_tokens": 1}).encode()
    for content_type in ("application/x-www-form-urlencoded", "text/plain"):
        status, _, answer = send(server, "POST", CHAT, body, content_type=content_type)
        assert (status, answer["object"]) == (200, "chat.completion")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("GET", "/nothing"), ("GET", "/v1"), ("POST", "/v1/nothing"), ("DELETE", "/v1/nothing")],
)
def test_an_unknown_path_is_a_404(server: RunningServer, method: str, path: str) -> None:
    status, headers, answer = send(server, method, path, b"{}" if method == "POST" else None)
    assert (status, answer["error"]["code"]) == (404, "not_found")
    assert path in answer["error"]["message"]
    assert headers["x-request-id"]


def test_a_route_of_openai_that_is_not_here_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.images.generate(prompt="a cat", model="x")


@pytest.mark.parametrize(("method", "path"), [("GET", CHAT), ("PUT", CHAT), ("POST", "/v1/models")])
def test_another_method_is_a_405_that_says_which_is_right(server: RunningServer, method: str, path: str) -> None:
    status, headers, answer = send(server, method, path)
    assert (status, answer["error"]["code"]) == (405, "method_not_allowed")
    assert headers["allow"]


def test_every_answer_has_its_request_id(client: openai.OpenAI, server: RunningServer) -> None:
    raw = client.chat.completions.with_raw_response.create(**{**ASKED, "max_tokens": 1})
    ids = {raw.headers["x-request-id"]}
    assert raw.parse().to_dict()["object"] == "chat.completion"
    with client.chat.completions.with_streaming_response.create(
        **{**ASKED, "max_tokens": 1}, stream=True
    ) as streamed:
        ids.add(streamed.headers["x-request-id"])
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, model="no-such-model")
    assert caught.value.request_id
    ids.add(caught.value.request_id)
    for path in ("/v1/models", "/v1/nothing", "/healthz"):
        ids.add(send(server, "GET", path)[1]["x-request-id"])
    assert len(ids) == 6


@pytest.mark.parametrize("streamed", [False, True])
def test_an_unknown_model_is_a_404(client: openai.OpenAI, streamed: bool) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, model="no-such-model", stream=streamed)
    assert caught.value.code == "model_not_found"
    assert "no-such-model" in caught.value.message


def test_a_prompt_that_does_not_fit_is_refused_and_not_cut(client: openai.OpenAI) -> None:
    error = refused(client, messages=saying("word " * 9000))
    assert (error.status_code, error.code, error.param) == (400, "context_length_exceeded", "messages")
    assert error.type == "invalid_request_error"
    assert "8192" in error.message


def test_the_code_of_every_error_is_a_text(client: openai.OpenAI) -> None:
    wrong: tuple[dict[str, Any], ...] = ({"temperature": 9}, {"audio": {}}, {"messages": 1}, {"n": 5})
    for fields in wrong:
        error = refused(client, **fields)
        assert isinstance(error.code, str)
        assert isinstance(error.body, dict)
        assert error.body.keys() >= {"message", "type", "param", "code"}


def test_without_a_key_there_is_a_401(small: RunningServer) -> None:
    status, headers, answer = send(small, "GET", "/v1/models")
    assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
    assert headers["www-authenticate"] == "Bearer"
    assert headers["x-request-id"]


def test_a_wrong_key_is_a_401(small: RunningServer) -> None:
    with openai.OpenAI(base_url=f"{small.address}/v1", api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.models.list()
        assert caught.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            ask(client, stream=True)


def test_each_key_opens_by_either_header(small: RunningServer, keyed: openai.OpenAI) -> None:
    assert keyed.models.list().data
    for key in (KEY, "another-key"):
        assert send(small, "GET", "/v1/models", x_api_key=key)[0] == 200
        assert send(small, "GET", "/v1/models", authorization=f"Bearer {key}")[0] == 200
        assert send(small, "GET", "/v1/models", authorization=f"bearer {key}")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"x_api_key": ""},
        {"x_api_key": "wrong"},
        {"x_api_key": KEY.upper()},
        {"authorization": f"Basic {KEY}"},
        {"authorization": KEY},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {KEY}", "x_api_key": "wrong"},
        {"authorization": "Bearer wrong", "x_api_key": KEY},
        {"x_api_key": "' OR 1=1 --"},
    ],
)
def test_both_headers_are_checked_alike(small: RunningServer, headers: dict[str, Any]) -> None:
    assert send(small, "GET", "/v1/models", **headers)[0] == 401


def test_too_many_at_once_is_a_429_that_says_when_to_come_back(keyed: openai.OpenAI) -> None:
    with keyed.chat.completions.create(**LONG) as busy:
        next(iter(busy))
        with pytest.raises(openai.RateLimitError) as caught:
            ask(keyed, max_tokens=1)
        error = caught.value
        assert (error.code, error.type) == ("rate_limit_exceeded", "rate_limit_error")
        headers = error.response.headers
        assert int(headers["retry-after"]) >= 1
        assert headers["x-ratelimit-limit-requests"] == "1"
        assert headers["x-ratelimit-remaining-requests"] == "0"
        assert headers["x-ratelimit-reset-requests"] == "1s"
        assert headers["x-request-id"]
        # What costs nothing is not limited.
        assert keyed.models.list().data


def test_a_client_that_tries_again_gets_its_answer(keyed: openai.OpenAI) -> None:
    # The place of a stream that was left, as the test before leaves one, is free a moment later.
    busy = keyed.with_options(max_retries=5).chat.completions.create(**LONG)
    next(iter(busy))
    busy.close()
    assert text_of(ask(keyed.with_options(max_retries=5), max_tokens=2))


def test_answers_tell_what_the_limits_leave(keyed: openai.OpenAI) -> None:
    raw = keyed.with_options(max_retries=5).embeddings.with_raw_response.create(model=EMBEDDING_MODEL, input="x")
    assert raw.headers["x-ratelimit-limit-requests"] == "1"
    assert raw.headers["x-ratelimit-remaining-requests"] == "0"


def test_a_body_over_the_limit_is_a_413(keyed: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(keyed.with_options(max_retries=5), messages=saying("x" * 20_000))
    assert (caught.value.status_code, caught.value.code) == (413, "request_too_large")


def test_nothing_listens_is_a_connection_error_and_not_an_answer() -> None:
    nobody = openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key=NO_KEY, max_retries=0)
    with nobody as client, pytest.raises(openai.APIConnectionError):
        client.models.retrieve(CHAT_MODEL)
