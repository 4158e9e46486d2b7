"""Streams of servers that differ come out in one form; what needs no mending passes as the same bytes."""

import json
from collections.abc import AsyncIterator

import pytest

from causerie.errors import UpstreamError
from causerie.inference.upstream_errors import failures_of
from causerie.inference.upstream_events import mended, named

FIRST = b'data: {"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\n'
LAST = b'data: {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"


async def out_of(*events: bytes, choices: int = 1) -> list[bytes]:
    async def given() -> AsyncIterator[bytes]:
        for event in events:
            yield event

    return [event async for event in mended(given(), failures_of("gpu"), "m", choices)]


async def test_what_needs_no_mending_passes_as_the_same_bytes() -> None:
    assert await out_of(FIRST, LAST, DONE) == [FIRST, LAST, DONE]


async def test_nothing_comes_after_done() -> None:
    assert await out_of(FIRST, LAST, DONE, FIRST) == [FIRST, LAST, DONE]


async def test_done_is_added_only_after_a_finish_reason() -> None:
    assert await out_of(FIRST, LAST) == [FIRST, LAST, DONE]
    for events in ((FIRST,), (FIRST, DONE), (DONE,), (FIRST.replace(b"}}]", b'},"finish_reason":""}]'), DONE), ()):
        with pytest.raises(UpstreamError, match="ended early"):
            await out_of(*events)


@pytest.mark.parametrize("data", [b"{bad", b'{"choices":3}', b'{"choices":["x"]}', b'{"choices":[{"delta":"x"}]}'])
async def test_a_first_event_that_is_no_chunk_is_an_error(data: bytes) -> None:
    with pytest.raises(UpstreamError, match="is no chunk"):
        await out_of(b"data: " + data + b"\n\n", LAST, DONE)


@pytest.mark.parametrize(
    "event",
    [
        b'data: {"error": {"message": "boom"}}\n\n',
        b'data: {"error":"boom"}\n\n',
        b'data: {"object":"error","message":"boom"}\n\n',
        b'data: {"id":"1","error":{"message":"boom"},"choices":[]}\n\n',
        b'event: error\ndata: {"message":"boom"}\n\n',
        b'error: {"code":500,"message":"boom"}\n\n',
    ],
)
async def test_an_error_is_seen_in_each_servers_form(event: bytes) -> None:
    with pytest.raises(UpstreamError, match="boom"):
        await out_of(FIRST, event)


async def test_text_that_speaks_of_errors_is_text() -> None:
    said = FIRST.replace(b"Hi", rb"{\"error\": \"x\"} error: \"finish_reason\":\"stop\"")
    assert await out_of(said, LAST, DONE) == [said, LAST, DONE]
    with pytest.raises(UpstreamError, match="ended early"):
        await out_of(said, DONE)


async def test_comments_pass_and_other_fields_do_not() -> None:
    dressed = b"event: message\nid: 7\n" + FIRST
    assert await out_of(b": wait\n\n", b"retry: 5\n\n", dressed, LAST, DONE) == [b": wait\n\n", FIRST, LAST, DONE]


async def test_an_event_without_choices_needs_no_role() -> None:
    usage = b'data: {"model":"m","choices":[],"usage":{}}\n\n'
    silent = b'data: {"model":"m","choices":[{"index":0,"delta":{"role":null,"content":"Hi"}}]}\n\n'
    first, second, *_ = await out_of(usage, silent, LAST, DONE)
    assert first == usage
    assert json.loads(second[6:])["choices"][0]["delta"] == {"role": "assistant", "content": "Hi"}


async def test_text_completions_get_no_roles() -> None:
    text = b'data: {"model":"m","choices":[{"index":0,"text":"Hi","finish_reason":"stop"}]}\n\n'
    assert await out_of(text, DONE, choices=0) == [text, DONE]


def test_only_the_models_own_field_is_renamed() -> None:
    answer = rb'{"model": "a \"b\"", "choices": [{"text": "\"model\": \"x\""}]}'
    assert named(answer, "m") == rb'{"model":"m", "choices": [{"text": "\"model\": \"x\""}]}'
    assert named(b'{"model":"m"}', "m") == b'{"model":"m"}'
