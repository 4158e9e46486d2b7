"""Requests go to a real server on loopback that fails in every way that upstreams do."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from causerie.errors import (
    CauserieError,
    InvalidRequest,
    RateLimited,
    UnsupportedParameter,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from causerie.inference import breaker, upstream, wire
from causerie.inference.breaker import FAILURES_TO_OPEN
from causerie.inference.upstream import UpstreamEngine
from causerie.settings import Upstream
from tests.inference.stub_upstream import Fault, StubUpstream

QUESTIONS = 24
"""So many that one of two servers gets none of them only once in 16 million times."""


def chat(text: str = "Bonjour", **more: object) -> dict[str, Any]:
    return {"model": "ours", "messages": [{"role": "user", "content": text}], **more}


@asynccontextmanager
async def engine(*stubs: StubUpstream, **more: object) -> AsyncIterator[UpstreamEngine]:
    """An engine over one upstream that has these servers as its replicas."""
    settings = {
        "name": "gpu", "base_urls": [stub.url for stub in stubs], "models": {"ours": "theirs"},
        "health_interval_s": 60, **more,
    }  # fmt: skip
    running = UpstreamEngine([Upstream.model_validate(settings)])
    await running.start()
    try:
        yield running
    finally:
        await running.close()


@pytest.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with StubUpstream() as running:
        yield running


@pytest.fixture
async def other() -> AsyncIterator[StubUpstream]:
    async with StubUpstream(words=("Sal", "ut")) as running:
        yield running


async def whole(running: UpstreamEngine, text: str = "Bonjour", **more: object) -> dict[str, Any]:
    async with running.chat(chat(text, **more)) as reply:
        answer: dict[str, Any] = json.loads(await reply.read())
        return answer


async def until(ready: Callable[[], bool]) -> None:
    """Wait for something that happens in the server."""
    async with asyncio.timeout(60):
        while not ready():  # noqa: ASYNC110 - the server does not say when
            await asyncio.sleep(0.01)


async def streamed(running: UpstreamEngine, text: str = "Bonjour", **more: object) -> list[bytes]:
    async with running.chat(chat(text, stream=True, **more)) as reply:
        return [event async for event in reply.events()]


def text_of(events: list[bytes]) -> str:
    chunks = [json.loads(event[6:]) for event in events if event.startswith(b"data: {")]
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


async def test_a_whole_answer_comes_back_with_our_name_of_the_model(stub: StubUpstream) -> None:
    async with engine(stub) as running:
        answer = await whole(running, temperature=0.5)
    assert answer["model"] == "ours"
    assert answer["choices"][0]["message"]["content"] == "Bonjour"
    assert stub.requests == [chat(temperature=0.5) | {"model": "theirs"}]
    assert stub.keys == [None]


async def test_a_stream_comes_back_event_by_event_and_ends_with_done(stub: StubUpstream) -> None:
    async with engine(stub) as running:
        events = await streamed(running)
    assert text_of(events) == "Bonjour"
    assert events[-1] == b"data: [DONE]\n\n"
    assert all(b'"model":"ours"' in event for event in events[:-1])


async def test_a_streams_answer_can_be_read_as_a_whole(stub: StubUpstream) -> None:
    async with engine(stub) as running, running.chat(chat(stream=True)) as reply:
        answer = json.loads(await reply.read())
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "Bonjour"}


async def test_text_and_vectors_are_asked_at_their_own_paths(stub: StubUpstream) -> None:
    async with engine(stub) as running:
        async with running.complete({"model": "ours", "prompt": "Once"}) as reply:
            await reply.read()
        async with running.embed({"model": "ours", "input": "Once"}) as reply:
            events = [event async for event in reply.events()]
    assert stub.requests == [{"model": "theirs", "prompt": "Once"}, {"model": "theirs", "input": "Once"}]
    assert b'"embedding": [0.5, 0.25]' in events[0]


async def test_the_key_goes_with_each_request_and_into_no_message(stub: StubUpstream, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret")
    key.chmod(0o600)
    async with engine(stub, api_key_file=str(key)) as running:
        await whole(running)
        stub.status, stub.error = 401, {"error": {"message": "wrong key s3cret"}}
        with pytest.raises(UpstreamError, match="'gpu' does not accept our key") as caught:
            await whole(running)
    assert stub.keys == ["Bearer s3cret"] * 2
    assert "s3cret" not in caught.value.message


async def test_connections_are_used_again(stub: StubUpstream) -> None:
    async with engine(stub) as running:
        for _ in range(5):
            await whole(running)
            await streamed(running)
    assert len(stub.connections) <= 2, "one of ours, and one that looked after the server"


async def test_a_connection_that_the_server_closed_meanwhile_is_no_failure(stub: StubUpstream) -> None:
    async with engine(stub) as running:
        await whole(running)
        await stub.deafen()
        await stub.listen(stub.port)
        assert (await whole(running))["model"] == "ours"


async def test_a_client_that_goes_away_ends_the_upstreams_work(stub: StubUpstream) -> None:
    stub.fault = "hang-mid"
    async with engine(stub) as running:
        async with running.chat(chat(stream=True)) as reply:
            async for event in reply.events():
                assert b"Bon" in event
                break
        async with asyncio.timeout(25):
            await stub.left.wait()


async def test_a_client_that_goes_away_before_the_answer_begins_ends_it_too(stub: StubUpstream) -> None:
    stub.fault = "hang"
    async with engine(stub) as running:
        waiting = asyncio.create_task(whole(running))
        await until(lambda: bool(stub.requests))
        waiting.cancel()
        async with asyncio.timeout(25):
            await stub.left.wait()
        assert running.status("ours").state == "ready"


@pytest.mark.parametrize("fault", ["mid-death", "no-end"])
async def test_a_stream_that_ends_before_its_end_is_an_error_and_is_not_asked_again(
    fault: Fault, stub: StubUpstream, other: StubUpstream
) -> None:
    stub.fault = other.fault = fault
    received = []

    async def listen(running: UpstreamEngine) -> None:
        async with running.chat(chat(stream=True)) as reply:
            async for event in reply.events():
                received.append(event)  # noqa: PERF401 - what came before the failure counts

    async with engine(stub, other) as running:
        with pytest.raises(UpstreamError, match="'gpu' broke off in the middle"):
            await listen(running)
    assert received
    assert len(stub.requests) + len(other.requests) == 1


@pytest.mark.parametrize("fault", ["half-whole", "cut-whole", "not-json", "error-in-200"])
async def test_a_whole_answer_that_is_none_is_an_error(fault: Fault, stub: StubUpstream) -> None:
    stub.fault = fault
    async with engine(stub) as running:
        with pytest.raises(UpstreamError, match="'gpu'"):
            await whole(running)


async def test_an_answer_beyond_all_measure_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "MAX_BODY_BYTES", 1000)
    monkeypatch.setattr(wire, "MAX_BODY_BYTES", 1000)
    async with StubUpstream(words=("long" * 500_000,)) as stub, engine(stub) as running:
        with pytest.raises(UpstreamError, match="too long"):
            await whole(running)
        with pytest.raises(UpstreamError, match="longer than 1000 bytes"):
            await streamed(running)


@pytest.mark.parametrize(("fault", "reason"), [("ignores-stream", "not stream"), ("error-in-200", "out of memory")])
async def test_an_upstream_that_streams_nothing_is_an_error(fault: Fault, reason: str, stub: StubUpstream) -> None:
    stub.fault = fault
    async with engine(stub) as running:
        with pytest.raises(UpstreamError, match=reason):
            await streamed(running)


async def test_a_stream_that_cannot_be_made_whole_is_an_error(stub: StubUpstream) -> None:
    stub.fault = "no-index"
    async with engine(stub) as running:
        with pytest.raises(UpstreamError, match="is no chunk"):
            async with running.chat(chat(stream=True)) as reply:
                await reply.read()


@pytest.mark.parametrize("fault", ["no-role", "no-done", "crlf", "tight", "never-ends"])
async def test_servers_that_differ_all_give_the_same_stream(fault: Fault, stub: StubUpstream) -> None:
    async with engine(stub) as running:
        expected = await streamed(running)
        stub.fault = fault
        events = await streamed(running)
    chunks = [[json.loads(event[6:]) for event in part[:-1]] for part in (expected, events)]
    assert chunks[0] == chunks[1]
    assert events[-1] == b"data: [DONE]\n\n"


async def test_each_of_several_choices_begins_with_its_role(stub: StubUpstream) -> None:
    stub.fault = "no-role"
    async with engine(stub) as running:
        first, second, *_ = [json.loads(event[6:]) for event in (await streamed(running, n=2))[:-1]]
    assert [choice["delta"]["role"] for choice in first["choices"]] == ["assistant"] * 2
    assert all("role" not in choice["delta"] for choice in second["choices"])


async def test_an_error_inside_a_stream_is_raised(stub: StubUpstream) -> None:
    async with engine(stub) as running:
        stub.fault = "error-event"
        with pytest.raises(UpstreamError, match="the GPU is gone"):
            await streamed(running)
        stub.fault = "vllm-error-event"
        with pytest.raises(InvalidRequest, match="too long"):
            await streamed(running)


async def test_a_server_that_cannot_be_reached_is_replaced_by_another(
    stub: StubUpstream, other: StubUpstream
) -> None:
    async with engine(stub, other) as running:
        await stub.deafen()
        assert {text_of(await streamed(running, text=f"question {n}")) for n in range(QUESTIONS)} == {"Salut"}


@pytest.mark.parametrize("fault", ["drop", "empty", "drop-after-headers"])
async def test_a_server_that_fails_before_its_answer_is_replaced_by_another(
    fault: Fault, stub: StubUpstream, other: StubUpstream
) -> None:
    stub.fault = fault
    async with engine(stub, other) as running:
        assert {text_of(await streamed(running, text=f"question {n}")) for n in range(QUESTIONS)} == {"Salut"}
    assert stub.requests


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_server_that_is_busy_or_down_is_replaced_by_another(
    status: int, stub: StubUpstream, other: StubUpstream
) -> None:
    stub.status = status
    async with engine(stub, other) as running:
        answers = [await whole(running, text=f"question {n}") for n in range(QUESTIONS)]
    assert {answer["choices"][0]["message"]["content"] for answer in answers} == {"Salut"}
    assert stub.requests


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_what_another_server_would_refuse_too_is_not_asked_again(
    status: int, stub: StubUpstream, other: StubUpstream
) -> None:
    stub.status = other.status = status
    async with engine(stub, other) as running:
        with pytest.raises(CauserieError):
            await whole(running)
    assert len(stub.requests) + len(other.requests) == 1


async def test_too_many_requests_say_when_to_come_back(stub: StubUpstream) -> None:
    stub.status, stub.headers = 429, {"Retry-After": "7"}
    async with engine(stub) as running:
        with pytest.raises(RateLimited) as caught:
            await whole(running)
    assert caught.value.retry_after == 7


async def test_a_redirect_is_not_followed(stub: StubUpstream, other: StubUpstream) -> None:
    stub.status, stub.headers = 307, {"Location": f"{other.url}/chat/completions"}
    async with engine(stub) as running:
        with pytest.raises(UpstreamError, match="redirects elsewhere"):
            await whole(running)
    assert not other.requests


async def test_silence_before_and_in_an_answer_has_its_limits(stub: StubUpstream) -> None:
    async with engine(stub, first_token_timeout_s=0.1, idle_timeout_s=60) as running:
        stub.fault = "slow"
        with pytest.raises(UpstreamTimeout, match="first byte"):
            await streamed(running)
    async with engine(stub, first_token_timeout_s=2, idle_timeout_s=60) as running:
        stub.fault = "hang-after-headers"
        with pytest.raises(UpstreamTimeout, match="first piece"):
            await streamed(running)
    async with engine(stub, first_token_timeout_s=60, idle_timeout_s=1) as running:
        stub.fault = "slow"
        stub.slow_s = 1.5
        assert text_of(await streamed(running)) == "Bonjour", "the first byte has its own limit"
        stub.fault = "hang-mid"
        with pytest.raises(UpstreamTimeout, match="next piece"):
            await streamed(running)


async def test_an_upstream_that_keeps_failing_is_left_alone_for_a_while(
    stub: StubUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "FIRST_PAUSE_S", 60)
    stub.status = 500
    async with engine(stub) as running:
        await until(lambda: stub.looks > 0)  # a look that succeeds would end the pause
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(UpstreamError, match="status 500"):
                await whole(running)
        with pytest.raises(UpstreamUnavailable, match="no server of 'ours' answers") as caught:
            await whole(running)
        assert not await running.health()
        assert running.status("ours").state == "failed"
    assert len(stub.requests) == FAILURES_TO_OPEN
    assert caught.value.retry_after


@pytest.mark.parametrize(("status", "expected"), [(400, InvalidRequest), (401, UpstreamError), (404, UpstreamError)])
async def test_refusals_with_reason_do_not_count_as_failures(
    status: int, expected: type[CauserieError], stub: StubUpstream
) -> None:
    stub.status = status
    async with engine(stub) as running:
        for _ in range(2 * FAILURES_TO_OPEN):
            with pytest.raises(expected):
                await whole(running)
        assert await running.health(), "a model that it lacks must not take its other models away"


async def test_servers_are_looked_after(stub: StubUpstream, other: StubUpstream) -> None:
    async with engine(stub, other, health_interval_s=0.05) as running:
        stub.ill = True
        await until(lambda: stub.looks >= 3)
        assert {text_of(await streamed(running, text=f"question {n}")) for n in range(QUESTIONS)} == {"Salut"}
        assert not stub.requests
        other.ill = True
        looks = other.looks
        await until(lambda: other.looks >= looks + 3)
        assert running.status("ours").state == "failed"


async def test_tokens_are_counted_where_the_server_counts(stub: StubUpstream) -> None:
    async with engine(stub) as running:
        assert await running.count_tokens({"model": "ours", "prompt": "one two three"}) == 3
        assert await running.count_tokens(chat("one two")) == 2
        stub.status = 404
        with pytest.raises(UnsupportedParameter, match="does not count tokens"):
            await running.count_tokens(chat("one two"))


async def test_two_upstreams_may_serve_one_model(stub: StubUpstream, other: StubUpstream) -> None:
    first = Upstream.model_validate({"name": "a", "base_urls": [stub.url], "models": ["m"], "context_tokens": 100})
    second = Upstream.model_validate({"name": "b", "base_urls": [other.url], "models": {"m": "theirs"}})
    running = UpstreamEngine([first, second])
    await running.start()
    try:
        stub.status = 503
        for n in range(QUESTIONS):
            async with running.chat(chat(f"question {n}") | {"model": "m"}) as reply:
                assert b'"model":"m"' in await reply.read()
        assert {request["model"] for request in stub.requests} == {"m"}
        assert {request["model"] for request in other.requests} == {"theirs"}
        assert running.status("m").engine == "a, b"
        assert (await running.capabilities("m")).context_tokens == 100
    finally:
        await running.close()
