"""What upstreams say when they refuse, in each server's dialect, becomes one of our errors."""

import json
import math
from typing import Any

import pytest

from causerie.errors import (
    BodyTooLarge,
    CauserieError,
    ContextLengthExceeded,
    InvalidRequest,
    ModelNotFound,
    RateLimited,
    UnsupportedParameter,
    UpstreamError,
    UpstreamUnavailable,
)
from causerie.inference.upstream_errors import LONGEST_WAIT_S, failures_of, refused_with_reason
from causerie.inference.wire import error_object


def refused(status: int, body: Any, wait_s: float | None = None) -> CauserieError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failures_of("gpu").refused(status, error_object(raw), wait_s)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "temperature is too high", "type": "invalid_request_error"}},
        {"error": "temperature is too high"},
        {"detail": "temperature is too high"},
        {"object": "error", "message": "temperature is too high", "code": 400},
        b"temperature is too high",
    ],
)
def test_the_clients_mistake_comes_in_the_upstreams_words_whatever_its_dialect(body: Any) -> None:
    error = refused(400, body)
    assert type(error) is InvalidRequest
    assert error.message == "temperature is too high"


def test_the_code_and_the_parameter_stay_the_upstreams() -> None:
    error = refused(400, {"error": {"message": "no", "param": "top_p", "code": "content_filter"}})
    assert (error.code, error.param, error.status) == ("content_filter", "top_p", 400)
    assert InvalidRequest.code == "invalid_request"


def test_a_code_that_is_no_word_is_not_passed_on() -> None:
    assert refused(400, {"error": {"message": "no", "code": "two words\n"}}).code == "invalid_request"


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (400, {"message": "This model's maximum context length is 4096 tokens."}, ContextLengthExceeded),
        (400, {"message": "The input is longer than the model's context length"}, ContextLengthExceeded),
        (400, {"message": "no", "type": "exceed_context_size_error"}, ContextLengthExceeded),
        (400, {"message": "no", "code": "context_length_exceeded"}, ContextLengthExceeded),
        (400, {"message": "no", "code": "unsupported_parameter"}, UnsupportedParameter),
        (404, {"message": "no", "code": "model_not_found"}, ModelNotFound),
        (404, {"message": "404 page not found"}, UpstreamError),
        (405, {"message": "no"}, UpstreamError),
        (408, {"message": "no"}, UpstreamUnavailable),
        (413, {"message": "too big"}, BodyTooLarge),
        (429, {"message": "later"}, RateLimited),
        (501, {"message": "no logprobs"}, UnsupportedParameter),
        (500, {"message": "no CUDA"}, UpstreamError),
        (500, {"message": "inside a stream", "code": 400}, InvalidRequest),
        (302, {"message": "there"}, UpstreamError),
        (401, {"message": "no"}, UpstreamError),
        (403, {"message": "no"}, UpstreamError),
        (502, {"message": "no"}, UpstreamUnavailable),
        (503, {"message": "no"}, UpstreamUnavailable),
        (504, {"message": "no"}, UpstreamUnavailable),
    ],
)
def test_each_refusal_has_its_name(status: int, said: dict[str, Any], expected: type[CauserieError]) -> None:
    assert type(refused(status, {"error": said})) is expected


def test_what_is_wrong_with_the_upstream_names_it() -> None:
    for status in (302, 401, 404, 429, 500, 503):
        assert "'gpu'" in refused(status, {"error": "no"}, 4).message


@pytest.mark.parametrize(("said_s", "wait_s"), [(None, None), (0, 0), (4, 4), (math.inf, LONGEST_WAIT_S)])
def test_how_long_to_wait_is_the_upstreams_word_within_reason(said_s: float | None, wait_s: float | None) -> None:
    assert refused(429, {"error": "no"}, said_s).retry_after == wait_s


def test_a_message_cannot_write_on_a_terminal() -> None:
    assert refused(400, {"error": "red \x1b[31m\r\x07text\n"}).message == "red [31mtext\n"


@pytest.mark.parametrize(
    ("status", "well"), [(302, True), (400, True), (401, True), (404, True), (429, False), (408, False), (500, False)]
)
def test_a_server_that_refuses_with_reason_is_well(status: int, well: bool) -> None:
    assert refused_with_reason(refused(status, {"error": "no"})) is well
