"""The engine that runs a GGUF model in llama.cpp, in a child process of its own.

Does: speak HTTP to the child; give its failures our names.
Does not: start or stop children by itself; `pool.py` decides when.

llama.cpp is always asked for a stream, with progress: it notices only when it writes that a client has left
(docs/explanation/decisions/002-engine-always-streams.md).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import psutil

from causerie.errors import UnsupportedParameter
from causerie.inference import child as children
from causerie.inference import gguf
from causerie.inference.aggregate import DATA, whole_answer
from causerie.inference.contract import Capabilities, Model, Payload, Reply
from causerie.inference.llama_errors import failures_of
from causerie.inference.llama_events import (
    chat_events,
    completion_events,
    same_created,
    until_done,
    without_top_logprobs,
)
from causerie.inference.memory import context_tokens
from causerie.inference.prompted_tools import TOOL_FIELDS, prompted, tool_events
from causerie.inference.sealing import sealed, unsealed
from causerie.inference.wire import DONE, Failures, Timeouts, post, read_events, read_whole
from causerie.settings import Settings

_TIMEOUTS = Timeouts(connect_s=5.0)
"""A slot may be long in coming and a prompt long to read: only the connection has a limit."""
_SEEDS = 2**31
"""Seeds that differ: llama.cpp keeps 32 bits of one, adds a choice's index, and takes the largest for "none"."""


def capabilities_of(model: Model, settings: Settings) -> Capabilities:
    """What a GGUF model can be asked for; known without loading it."""
    text = not model.embedding
    return Capabilities(
        chat=text, completions=text, embeddings=model.embedding, tools=text, json_schema=text, logprobs=text,
        context_tokens=context_tokens(model, settings),
    )  # fmt: skip


@dataclass(frozen=True)
class LlamaReply:
    """An answer of llama.cpp that is being written."""

    response: aiohttp.ClientResponse
    failures: Failures
    choices: int | None = None
    """Answers for each prompt of a text completion (None = it is a chat)."""
    by_prompt: bool = False
    """Tools were described in the prompt, not by the template."""
    was_sealed: bool = False
    """The question had names of control tokens in it."""
    chosen_only: bool = False
    """Log-probabilities are wanted, but no other tokens' than the chosen ones'."""

    async def read(self) -> bytes:
        """As `contract.Reply.read`."""
        return await whole_answer(self.events())

    def events(self) -> AsyncIterator[bytes]:
        """As `contract.Reply.events`."""
        raw = read_events(self.response, _TIMEOUTS, self.failures)
        if self.was_sealed:
            raw = unsealed(raw)
        mended = chat_events(raw) if self.choices is None else completion_events(raw, self.choices)
        if self.by_prompt:
            mended = tool_events(mended)
        if self.chosen_only:
            mended = without_top_logprobs(mended)
        return until_done(same_created(mended), self.failures)


@dataclass(frozen=True)
class WholeReply:
    """An answer that llama.cpp gives in one piece: embeddings."""

    response: aiohttp.ClientResponse
    failures: Failures

    async def read(self) -> bytes:
        """As `contract.Reply.read`."""
        return await read_whole(self.response, self.failures)

    async def events(self) -> AsyncIterator[bytes]:
        """One event with the whole, then the end."""
        yield DATA + await self.read() + b"\n\n"
        yield DONE


class LlamaEngine:
    """One loaded model. Implements `contract.Engine`."""

    def __init__(
        self,
        model: Model,
        settings: Settings,
        child: children.Child,
        session: aiohttp.ClientSession,
        template: str,
        control: Sequence[str],
    ) -> None:
        self.child = child
        self._model = model
        self._settings = settings
        self._session = session
        self._template_has_tools = "tools" in template
        self._control = control
        self._failures = failures_of(model.name)

    @asynccontextmanager
    async def chat(self, payload: Payload) -> AsyncIterator[Reply]:
        """As `contract.Engine.chat`."""
        request = _narrowed(payload)
        failures = failures_of(self._model.name, payload)
        by_prompt = bool(request.get("tools")) and not self._template_has_tools
        if by_prompt:
            self._refuse_beside_tools(request)
            request = prompted(request)
        safe = sealed(request, self._control)
        async with self._post("chat/completions", _streamed(safe), failures) as response:
            yield LlamaReply(
                response, failures, by_prompt=by_prompt, was_sealed=safe != request, chosen_only=_chosen_only(payload)
            )

    @asynccontextmanager
    async def complete(self, payload: Payload) -> AsyncIterator[Reply]:
        """As `contract.Engine.complete`."""
        failures = failures_of(self._model.name, payload)
        async with self._post("completions", _streamed(payload), failures) as response:
            yield LlamaReply(response, failures, choices=payload.get("n", 1), chosen_only=_chosen_only(payload))

    @asynccontextmanager
    async def embed(self, payload: Payload) -> AsyncIterator[Reply]:
        """As `contract.Engine.embed`."""
        if payload.get("dimensions"):
            raise UnsupportedParameter(
                "{name!r} gives vectors of one length only", name=self._model.name, param="dimensions"
            )
        failures = failures_of(self._model.name, payload)
        async with self._post("embeddings", payload, failures) as response:
            yield WholeReply(response, failures)

    async def count_tokens(self, payload: Payload) -> int:
        """As `contract.Engine.count_tokens`."""
        text = payload.get("prompt")
        if "messages" in payload:
            request = sealed({"messages": payload["messages"]}, self._control)
            text = (await self._ask("/apply-template", request))["prompt"]
        return len(
            (await self._ask("/tokenize", {"content": text, "add_special": "messages" not in payload}))["tokens"]
        )

    async def capabilities(self, model: str) -> Capabilities:  # noqa: ARG002 - it holds one model only
        """As `contract.Engine.capabilities`."""
        return capabilities_of(self._model, self._settings)

    async def health(self) -> bool:
        """As `contract.Engine.health`."""
        if not self.child.alive:
            return False
        try:
            async with self._session.get(f"{self.child.address}/health", timeout=aiohttp.ClientTimeout(5)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        """As `contract.Engine.close`."""
        await self.child.stop()

    def _refuse_beside_tools(self, request: Payload) -> None:
        # The tools are told in the prompt and the calls come as text of a schema: there is room for no other.
        for field in ("response_format", "logprobs"):
            if request.get(field):
                raise UnsupportedParameter(
                    "{field} is not possible together with tools: the template of {name!r} knows none",
                    field=field, name=self._model.name, param=field,
                )  # fmt: skip

    def _post(
        self, path: str, body: Mapping[str, Any], failures: Failures
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return post(
            self._session, f"{self.child.address}/v1/{path}", raw,
            key=self.child.secret, timeouts=_TIMEOUTS, failures=failures,
        )  # fmt: skip

    async def _ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        raw = json.dumps(body).encode()
        url = f"{self.child.address}{path}"
        async with post(
            self._session, url, raw, key=self.child.secret, timeouts=_TIMEOUTS, failures=self._failures
        ) as response:
            answer: dict[str, Any] = json.loads(await read_whole(response, self._failures))
            return answer


async def start_llama(model: Model, settings: Settings, session: aiohttp.ClientSession) -> LlamaEngine:
    """Load a model into a child process of its own.

    Raises:
        ModelFileError: llama.cpp cannot read the file.
        EngineUnavailable: The child died, or took longer than `settings.start_timeout_s`.
    """
    # A damaged file is named exactly here; llama.cpp only says that it failed.
    await asyncio.to_thread(gguf.read, model.path)
    # One of a single sign could not be broken, and is none that a template has.
    control = [name for name in await asyncio.to_thread(gguf.control_tokens, model.path) if len(name) > 1]
    wanted = {
        "path": str(model.path), "name": model.name, "context_tokens": context_tokens(model, settings),
        "slots": settings.slots, "threads": settings.threads or computing_threads(),
        "batch_threads": settings.threads or max(2, computing_threads()), "gpu_layers": settings.gpu_layers,
        "embedding": model.embedding,
    }  # fmt: skip
    child = await children.start(
        "causerie.inference.llama_child", model.name, wanted, timeout_s=settings.start_timeout_s
    )
    try:
        headers = {"Authorization": f"Bearer {child.secret}"}
        async with session.get(f"{child.address}/props", headers=headers) as answer:
            properties = await answer.json()
    except BaseException:
        await child.stop()
        raise
    return LlamaEngine(model, settings, child, session, properties.get("chat_template", ""), control)


def computing_threads() -> int:
    """Threads to compute with: one for each physical core but one, which is left to everything else.

    llama.cpp's threads wait for each other some hundred times for a token. When another program takes one's core, all
    wait for the system to give it back. Prompts and several answers at once gain enough from a second thread to have
    it even on two cores (docs/explanation/decisions/003-threads.md).
    """
    return max(1, (psutil.cpu_count(logical=False) or psutil.cpu_count() or 2) - 1)


def _narrowed(payload: Payload) -> Payload:
    """A named function as llama.cpp understands it: that tool alone, and required; no tools at all for `none`."""
    choice = payload.get("tool_choice")
    if choice == "none":
        return {name: value for name, value in payload.items() if name not in TOOL_FIELDS}
    if not isinstance(choice, Mapping):
        return payload
    name = choice["function"]["name"]
    tools = [tool for tool in payload["tools"] if tool["function"]["name"] == name]
    return {**payload, "tools": tools, "tool_choice": "required"}


def _streamed(payload: Payload) -> dict[str, Any]:
    streamed: dict[str, Any] = {"stream": True, "return_progress": True, "stream_options": {"include_usage": True}}
    if "seed" in payload:
        streamed["seed"] = payload["seed"] % _SEEDS
    if _chosen_only(payload):
        name = "top_logprobs" if "messages" in payload else "logprobs"
        return {**payload, **streamed, name: 1}
    return {**payload, **streamed}


def _chosen_only(payload: Payload) -> bool:
    if "messages" in payload:
        return bool(payload.get("logprobs")) and not payload.get("top_logprobs")
    return payload.get("logprobs") == 0
