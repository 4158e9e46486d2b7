"""The engine that asks OpenAI-compatible servers elsewhere: vLLM, SGLang, Ollama, llama.cpp, a second causerie.

Does: send a request to the best replica, to another when that one fails before its answer begins; pass the answer on
as the bytes in which it comes; name each failure.
Does not: mend answers (`upstream_events.py`), choose replicas (`replicas.py`) or ask again once an answer has begun.

What is sent is encoded once, and a streamed chunk is not parsed unless it must be mended.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterable, Sized
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from pydantic_core import from_json, to_json

from causerie.errors import CauserieError, RateLimited, UnsupportedParameter, UpstreamError, UpstreamUnavailable
from causerie.inference.aggregate import DATA, whole_answer
from causerie.inference.contract import Capabilities, ModelStatus, Payload, Reply
from causerie.inference.replicas import Replica, choose, look, replicas_of
from causerie.inference.upstream_errors import failures_of, refused_with_reason
from causerie.inference.upstream_events import mended, named
from causerie.inference.wire import (
    DONE,
    MAX_BODY_BYTES,
    EventTooLongError,
    Failures,
    Timeouts,
    client_session,
    error_object,
    post,
    read_whole,
    split_events,
)
from causerie.settings import Upstream

MOST_TRIES = 3
"""Replicas that one request is sent to at most, so that one that kills its server cannot kill them all."""
DRAIN_S = 0.25
"""Seconds to wait after the last event for the end of the answer, so that the connection can be used again."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UpstreamReply:
    """An answer that has begun."""

    response: aiohttp.ClientResponse
    first: bytes
    """What has come of its body."""
    failures: Failures
    model: str
    """What the answer must call its model."""
    choices: int
    """Choices that must each begin with a role (0 = it is not a chat)."""
    streamed: bool

    async def read(self) -> bytes:
        """As `contract.Reply.read`."""
        if not self.streamed:
            return await self._whole()
        try:
            return await whole_answer(self.events())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.failures.broken("one of its events is no chunk") from error

    async def events(self) -> AsyncIterator[bytes]:
        """As `contract.Reply.events`."""
        if not self.streamed:
            yield DATA + (await self._whole()).replace(b"\n", b"") + b"\n\n"
            yield DONE
            return
        if self.first.lstrip().startswith(b"{"):
            await self._whole()  # an error, most likely, which this raises
            raise self.failures.broken("it did not stream its answer")
        try:
            async for event in mended(split_events(self._pieces()), self.failures, self.model, self.choices):
                yield event
        except EventTooLongError as error:
            raise self.failures.broken(str(error)) from error
        # Read to its end, the connection serves the next request; an upstream that does not end it loses it.
        if not self.response.content.at_eof():
            with contextlib.suppress(TimeoutError, aiohttp.ClientError):
                async with asyncio.timeout(DRAIN_S):
                    await self.response.content.readany()

    async def _whole(self) -> bytes:
        body = b"".join([piece async for piece in self._pieces(limit=MAX_BODY_BYTES)])
        try:
            answer = from_json(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self.failures.broken("its answer is no JSON object")
        if answer.get("error") or answer.get("object") == "error":
            raise self.failures.refused(500, error_object(body), None)
        return named(body, self.model)

    async def _pieces(self, limit: int | None = None) -> AsyncIterator[bytes]:
        yield self.first
        size = 0
        try:
            while piece := await self.response.content.readany():
                size += len(piece)
                if limit is not None and size > limit:
                    raise self.failures.broken("its answer is too long")
                yield piece
        except TimeoutError as error:
            raise self.failures.timed_out("the next piece of its answer") from error
        except (aiohttp.ClientError, OSError) as error:
            raise self.failures.broken("it closed the connection") from error


class UpstreamEngine:
    """All upstreams of the settings. Implements `contract.Engine`; `start` it before the first request."""

    def __init__(self, upstreams: Iterable[Upstream]) -> None:
        self._upstreams = tuple(upstreams)
        self._replicas: dict[str, tuple[Replica, ...]] = {}
        self._serving: dict[str, tuple[Replica, ...]] = {}
        self._failures = {upstream.name: failures_of(upstream.name) for upstream in self._upstreams}
        self._session: aiohttp.ClientSession | None = None
        self._watches: list[asyncio.Task[None]] = []
        self.names = frozenset(name for upstream in self._upstreams for name in upstream.names)
        """Canonical names of the models that they serve."""
        self._capabilities = {name: _capabilities_of(name, self._upstreams) for name in self.names}

    async def start(self) -> None:
        """Read the keys and begin to look after each replica.

        Raises:
            ConfigError: A key cannot be read.
        """
        self._replicas = {upstream.name: replicas_of(upstream) for upstream in self._upstreams}
        for name in self.names:
            serving = (self._replicas[upstream.name] for upstream in self._upstreams if name in upstream.names)
            self._serving[name] = tuple(replica for replicas in serving for replica in replicas)
        self._session = client_session(keep_alive=True)
        for replicas in self._replicas.values():
            self._watches += [asyncio.create_task(self._watch(replica)) for replica in replicas]

    async def close(self) -> None:
        """As `contract.Engine.close`."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def chat(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """As `contract.Engine.chat`."""
        return self._ask("chat/completions", payload, choices=payload.get("n") or 1)

    def complete(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """As `contract.Engine.complete`."""
        return self._ask("completions", payload)

    def embed(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """As `contract.Engine.embed`."""
        return self._ask("embeddings", payload)

    async def count_tokens(self, payload: Payload) -> int:
        """As `contract.Engine.count_tokens`, by the `/tokenize` that vLLM, SGLang and llama.cpp have beside `/v1`.

        Raises:
            UnsupportedParameter: The upstream does not count.
        """
        replica = self._first_choice(payload)
        prompt = payload.get("prompt")
        # vLLM and SGLang read `prompt`, llama.cpp `content`.
        asked = {name: payload[name] for name in ("messages", "tools", "chat_template_kwargs") if name in payload}
        asked = asked if prompt is None else {"prompt": prompt, "content": prompt}
        body = to_json({"model": replica.upstream.names[payload["model"]], **asked})
        url = f"{replica.url.removesuffix('/v1')}/tokenize"
        failures = self._failures[replica.upstream.name]
        try:
            async with self._post(replica, url, body) as response:
                answer = from_json(await read_whole(response, failures))
            return int(answer["count"] if prompt is None else answer.get("count", len(answer["tokens"])))
        except (CauserieError, ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, UpstreamUnavailable | RateLimited):
                raise
            raise UnsupportedParameter(
                "upstream {name!r} does not count tokens", name=replica.upstream.name, param="model"
            ) from error

    async def capabilities(self, model: str) -> Capabilities:
        """As `contract.Engine.capabilities`: all is let through; the upstream refuses what it cannot do."""
        return self._capabilities[model]

    def status(self, model: str) -> ModelStatus:
        """How a model of theirs stands now."""
        replicas = self._serving.get(model, ())
        names = dict.fromkeys(upstream.name for upstream in self._upstreams if model in upstream.names)
        ready = any(replica.usable() for replica in replicas)
        return ModelStatus(
            name=model, capabilities=self._capabilities[model], engine=", ".join(names),
            state="ready" if ready else "failed",
        )  # fmt: skip

    async def health(self) -> bool:
        """As `contract.Engine.health`."""
        return any(replica.usable() for replicas in self._replicas.values() for replica in replicas)

    @asynccontextmanager
    async def _ask(self, path: str, payload: Payload, choices: int = 0) -> AsyncIterator[Reply]:
        async with AsyncExitStack() as stack:
            replica, reply = await self._begin(stack, path, payload, choices)
            try:
                yield reply
            except BaseException as error:
                _count(replica, error)
                raise
            else:
                replica.breaker.succeed()
            finally:
                replica.in_flight -= 1

    async def _begin(
        self, stack: AsyncExitStack, path: str, payload: Payload, choices: int
    ) -> tuple[Replica, UpstreamReply]:
        """Send the request until a replica begins to answer; its `in_flight` is then counted."""
        replicas = self._serving[payload["model"]]
        tried: list[Replica] = []
        replica = self._first_choice(payload)
        reused = True
        while True:
            replica.breaker.begin()
            replica.in_flight += 1
            try:
                reply = await self._open(stack, replica, path, payload, choices)
            except BaseException as error:
                replica.in_flight -= 1
                if reused and _was_closed(error):
                    # The server closed a connection that it kept for us, just as we used it: it is well.
                    reused = False
                    replica.breaker.forget()
                    continue
                _count(replica, error)
                tried.append(replica)
                another = choose(replicas, payload, tried) if _may_ask_another(error, tried) else None
                if another is None:
                    raise
                _logger.info("another replica is asked", failed=replica.server, next=another.server)
                replica = another
            else:
                replica.breaker.answered()
                return replica, reply

    async def _open(
        self, stack: AsyncExitStack, replica: Replica, path: str, payload: Payload, choices: int
    ) -> UpstreamReply:
        """Send the request to a replica and wait for the first bytes of its answer."""
        model = payload["model"]
        failures = self._failures[replica.upstream.name]
        body = to_json({**payload, "model": replica.upstream.names[model]})
        response = await stack.enter_async_context(self._post(replica, f"{replica.url}/{path}", body))
        try:
            first = await response.content.readany()
        except TimeoutError as error:
            raise failures.timed_out("the first piece of its answer") from error
        except (aiohttp.ClientError, OSError) as error:
            raise failures.unreachable("it closed the connection before it answered") from error
        if not first:
            raise failures.unreachable("its answer is empty")
        connection = response.connection
        if connection is not None and connection.protocol is not None:
            # From here on the silence between two pieces counts. aiohttp runs this clock anyway.
            connection.protocol.read_timeout = replica.upstream.idle_timeout_s
            connection.protocol.start_timeout()
        return UpstreamReply(response, first, failures, model, choices, streamed=bool(payload.get("stream")))

    def _post(self, replica: Replica, url: str, body: bytes) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("start the engine first")
        upstream = replica.upstream
        timeouts = Timeouts(connect_s=upstream.connect_timeout_s, first_byte_s=upstream.first_token_timeout_s)
        key = replica.key.get_secret_value() if replica.key else None
        return post(self._session, url, body, key=key, timeouts=timeouts, failures=self._failures[upstream.name])

    def _first_choice(self, payload: Payload) -> Replica:
        replicas = self._serving[payload["model"]]
        replica = choose(replicas, payload)
        if replica is None:
            wait_s = min(replica.breaker.wait_s for replica in replicas)
            raise UpstreamUnavailable(
                "no server of {model!r} answers; it is tried again in {seconds:.0f} s",
                model=payload["model"], seconds=wait_s, retry_after=max(wait_s, 1.0),
                hint="the log says why they failed",
            )  # fmt: skip
        return replica

    async def _watch(self, replica: Replica) -> None:
        while self._session is not None:
            await look(self._session, replica)
            # Many programs that look after one server must not do it in step.
            await asyncio.sleep(replica.upstream.health_interval_s * random.uniform(0.9, 1.1))  # noqa: S311


def _capabilities_of(model: str, upstreams: Iterable[Upstream]) -> Capabilities:
    contexts = [upstream.context_tokens for upstream in upstreams if model in upstream.names]
    smallest = min((tokens for tokens in contexts if tokens), default=0)
    return Capabilities(embeddings=True, images=True, reasoning_effort=True, context_tokens=smallest)


def _count(replica: Replica, error: BaseException) -> None:
    """Tell the breaker what a try that failed says of its replica."""
    if refused_with_reason(error):
        replica.breaker.succeed()
    elif isinstance(error, UpstreamError):
        replica.breaker.fail()
    else:
        replica.breaker.forget()


def _may_ask_another(error: BaseException, tried: Sized) -> bool:
    return isinstance(error, UpstreamUnavailable | RateLimited) and len(tried) < MOST_TRIES


def _was_closed(error: BaseException) -> bool:
    return isinstance(error.__cause__, aiohttp.ServerDisconnectedError | ConnectionResetError | BrokenPipeError)
