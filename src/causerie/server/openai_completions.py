"""`POST /v1/completions`: going on from a text, the older route.

Does: translate requests and replies; put log-probabilities into this route's own shape, which is not the chat's.
Does not: complete in the middle (`suffix`), repeat the prompt (`echo`) or choose among answers (`best_of`): 400.
Form: https://platform.openai.com/docs/api-reference/completions/create
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field
from pydantic_core import from_json
from starlette.types import Receive, Scope, Send

from causerie.errors import UnsupportedParameter
from causerie.inference.contract import Capabilities
from causerie.inference.router import Router
from causerie.server.bodies import read_request
from causerie.server.metering import Metering
from causerie.server.openai_chat import refuse_unless, sampling_payload
from causerie.server.openai_events import DATA, chat_body, chat_events
from causerie.server.openai_schema import MAX_INT32, Sampling
from causerie.server.records import Record, record_of
from causerie.server.relay import relay_stream, relay_whole

PATH = "/v1/completions"
DEFAULT_MAX_TOKENS = 16
"""OpenAI's own default for this route."""
MAX_PROMPTS = 16
LOGPROBS_KEY = b'"logprobs":{'

Tokens = Annotated[list[Annotated[int, Field(ge=0, le=MAX_INT32)]], Field(min_length=1)]
Prompt = (
    str
    | Annotated[list[str], Field(min_length=1, max_length=MAX_PROMPTS)]
    | Tokens
    | Annotated[list[Tokens], Field(min_length=1, max_length=MAX_PROMPTS)]
)


class CompletionRequest(Sampling):
    """The body of `POST /v1/completions`."""

    refused: ClassVar[dict[str, tuple[object, ...]]] = {"echo": (False,), "suffix": ("",)}

    prompt: Prompt
    """A text, token ids, or a list of either."""
    logprobs: int | None = Field(None, ge=0, le=5)
    """Likeliest tokens to list for each token."""
    best_of: int | None = Field(None, ge=1, le=20)


@dataclass(frozen=True, slots=True)
class Completions:
    """The route, as an ASGI application."""

    router: Router
    metering: Metering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one completion."""
        record = record_of(scope)
        record.route, record.operation = PATH, "text_completion"
        request = await read_request(receive, CompletionRequest)
        record.model = model = self.metering.resolve(scope, request.model, request.prompt)
        payload = completion_payload(request, model, await self.router.capabilities(model))
        opened = self.router.send("completions", payload)
        include_usage = bool(request.stream_options and request.stream_options.include_usage)
        async with self.metering.metered(scope, payload):
            if not request.stream:
                await relay_whole(scope, receive, send, opened, lambda raw: completion_body(raw, record))
                return
            await relay_stream(
                scope, receive, send, opened,
                lambda events: completion_events(events, record, include_usage=include_usage),
            )  # fmt: skip


def completion_payload(request: CompletionRequest, model: str, can: Capabilities) -> dict[str, Any]:
    """What the engine gets.

    Raises:
        UnsupportedParameter: The model cannot do what a field asks; `param` names it.
    """
    refuse_unless(can.completions, "model", model, "it does not complete text")
    if request.best_of not in (None, request.n or 1):
        raise UnsupportedParameter(
            "best_of {best_of} is not supported: it must be the same as n", best_of=request.best_of, param="best_of"
        )
    payload = sampling_payload(request, model)
    payload["prompt"] = request.prompt
    payload["max_tokens"] = request.max_tokens or DEFAULT_MAX_TOKENS
    if request.logprobs is not None:
        refuse_unless(can.logprobs, "logprobs", model)
        payload["logprobs"] = request.logprobs
    return payload


def completion_body(raw: bytes, record: Record) -> bytes:
    """The engine's whole answer, its log-probabilities in this route's shape."""
    body = chat_body(raw, record, forced=False)
    if LOGPROBS_KEY not in body:
        return body
    return _encoded(_with_legacy_logprobs(from_json(body), {}))


async def completion_events(
    events: AsyncIterator[bytes], record: Record, *, include_usage: bool
) -> AsyncGenerator[bytes]:
    """The engine's events, their log-probabilities in this route's shape."""
    offsets: dict[int, int] = {}
    async for event in chat_events(events, record, include_usage=include_usage, forced=False):
        if LOGPROBS_KEY in event:
            chunk = from_json(event[len(DATA) :].rstrip())
            yield DATA + _encoded(_with_legacy_logprobs(chunk, offsets)) + b"\n\n"
        else:
            yield event


def _with_legacy_logprobs(answer: dict[str, Any], offsets: dict[int, int]) -> dict[str, Any]:
    """Four parallel lists instead of a list of objects; `offsets` has the characters given so far by each choice."""
    for choice in answer.get("choices", ()):
        content = (choice.get("logprobs") or {}).get("content")
        if content is None:
            continue
        at = offsets.get(choice["index"], 0)
        positions = []
        for token in content:
            positions.append(at)
            at += len(token["token"])
        offsets[choice["index"]] = at
        choice["logprobs"] = {
            "tokens": [token["token"] for token in content],
            "token_logprobs": [token["logprob"] for token in content],
            "top_logprobs": [{top["token"]: top["logprob"] for top in token["top_logprobs"]} for token in content],
            "text_offset": positions,
        }
    return answer


def _encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
