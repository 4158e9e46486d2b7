"""What must be looked at in an engine's chat and completion answers, and what must be mended.

Does: count tokens for the records; keep the usage chunk from clients that did not ask for it; see to
`prompt_tokens_details.cached_tokens`, to both names of reasoning text, and to the finish reason of a forced function.
Does not: parse what needs no look: an event goes through as the bytes it came in unless a quick search finds cause.
A quoted key cannot occur inside JSON text (quotes are escaped there), so searching bytes for one is exact.
"""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from pydantic_core import from_json

from causerie.errors import UpstreamError
from causerie.inference.wire import DONE
from causerie.server.records import Record

USAGE_KEY = b'"usage"'
REASONING_KEY = b'"reasoning'
FINISH_TOOL_CALLS = re.compile(rb'"finish_reason"\s*:\s*"tool_calls"')
NO_USAGE = re.compile(rb'"usage"\s*:\s*null')
DATA = b"data: "


async def chat_events(
    events: AsyncIterator[bytes], record: Record, *, include_usage: bool, forced: bool
) -> AsyncGenerator[bytes]:
    """The engine's events as this client must see them.

    Args:
        events: From `Reply.events`, usage included.
        record: Where tokens and the time of the first are noted.
        include_usage: The client asked for the usage chunk; every other chunk then says `"usage": null`.
        forced: One named function had to be called: OpenAI ends that with `stop`, not `tool_calls`.

    Raises:
        UpstreamError: An event that must be looked into is no chunk.
    """
    owed: dict[str, Any] | None = None
    async for event in events:
        if not event.startswith(b"data: {"):
            if owed and event == DONE:
                yield _encoded(owed)
            yield event
            continue
        record.first_token()
        mended = event
        if forced:
            mended = FINISH_TOOL_CALLS.sub(b'"finish_reason":"stop"', mended)
        if REASONING_KEY in mended:
            mended = _encoded(_with_reasoning(_decoded(mended, record), "delta"))
        if USAGE_KEY in mended and not NO_USAGE.search(mended):
            chunk = _decoded(mended, record)
            note_usage(chunk, record)
            if not include_usage:
                del chunk["usage"]
                if not chunk.get("choices"):
                    continue
            elif chunk.get("choices"):
                # Some engines say it beside the finish reason, where clients do not look for it.
                owed = {**chunk, "choices": []}
                chunk["usage"] = None
            else:
                owed = None
            mended = _encoded(chunk)
        elif include_usage and USAGE_KEY not in mended:
            end = mended.rfind(b"}")
            mended = mended[:end] + b',"usage":null' + mended[end:]
        yield mended


def chat_body(raw: bytes, record: Record, *, forced: bool) -> bytes:
    """The engine's whole answer as the client must see it; arguments and errors as for `chat_events`."""
    answer = _parsed(raw, record)
    complete = _counts_cached(answer)
    note_usage(answer, record)
    if complete and not forced and REASONING_KEY not in raw:
        return raw
    if forced:
        for choice in _choices(answer):
            if choice.get("finish_reason") == "tool_calls":
                choice["finish_reason"] = "stop"
    return json.dumps(_with_reasoning(answer, "message"), ensure_ascii=False, separators=(",", ":")).encode()


def note_usage(answer: dict[str, Any], record: Record) -> None:
    """Read the tokens used, and complete what clients crash without: the count of cached prompt tokens."""
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        usage = answer["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    record.tokens_in = _count(usage.get("prompt_tokens"))
    record.tokens_out = _count(usage.get("completion_tokens"))
    details = usage.get("prompt_tokens_details")
    if not isinstance(details, dict):
        details = usage["prompt_tokens_details"] = {}
    details.setdefault("cached_tokens", 0)


def _count(given: object) -> int:
    return given if isinstance(given, int) else 0


def _counts_cached(answer: dict[str, Any]) -> bool:
    usage = answer.get("usage")
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    return isinstance(details, dict) and "cached_tokens" in details


def _choices(answer: dict[str, Any]) -> list[dict[str, Any]]:
    given = answer.get("choices")
    return [choice for choice in given if isinstance(choice, dict)] if isinstance(given, list) else []


def _with_reasoning(answer: dict[str, Any], where: str) -> dict[str, Any]:
    # vLLM and Ollama say `reasoning`, llama.cpp and DeepSeek `reasoning_content`; clients read one or the other.
    for choice in _choices(answer):
        said = choice.get(where)
        if not isinstance(said, dict):
            continue
        text = said.get("reasoning_content") or said.get("reasoning")
        if text:
            said["reasoning_content"] = said["reasoning"] = text
    return answer


def _parsed(raw: bytes, record: Record) -> dict[str, Any]:
    try:
        answer = from_json(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise UpstreamError("the engine of {name!r} did not answer in OpenAI's form", name=record.model)
    return answer


def _decoded(event: bytes, record: Record) -> dict[str, Any]:
    return _parsed(event[len(DATA) :].rstrip(), record)


def _encoded(chunk: dict[str, Any]) -> bytes:
    return DATA + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
