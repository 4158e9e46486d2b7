"""One whole answer out of a stream of events, so that the two forms of an answer cannot differ.

Does: join the pieces of each choice: text, reasoning, tool calls, log-probabilities; take usage from the end.
Does not: read from the network or change what the engine said.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import from_json

from causerie.inference.wire import DONE

DATA = b"data: "
_TOP = ("id", "created", "model", "system_fingerprint")
_LAST = ("usage", "timings")
_TEXTS = ("content", "reasoning_content", "refusal")


def decoded(event: bytes) -> dict[str, Any]:
    """The JSON object of an event."""
    chunk: dict[str, Any] = from_json(event[len(DATA) :].rstrip())
    return chunk


def encoded(chunk: dict[str, Any]) -> bytes:
    """An event of this JSON object."""
    return DATA + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


async def whole_answer(events: AsyncIterator[bytes]) -> bytes:
    """The unstreamed form of a streamed chat or text completion, as JSON."""
    answer: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    chat = True
    async for event in events:
        if event == DONE or not event.startswith(DATA):
            continue
        chunk = decoded(event)
        chat = chunk.get("object") != "text_completion"
        answer |= {name: chunk[name] for name in _TOP if name in chunk}
        answer |= {name: chunk[name] for name in _LAST if chunk.get(name)}
        for piece in chunk.get("choices", ()):
            choice = choices.setdefault(piece["index"], {"index": piece["index"], "finish_reason": None})
            _join(choice, piece, chat=chat)
    kind = "chat.completion" if chat else "text_completion"
    whole = [_finished(choices[index], chat=chat) for index in sorted(choices)]
    return json.dumps(
        {"object": kind, **answer, "choices": whole}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def _join(choice: dict[str, Any], piece: dict[str, Any], *, chat: bool) -> None:
    said = piece.get("delta") or {} if chat else {"content": piece.get("text")}
    for name in _TEXTS:
        if said.get(name):
            choice.setdefault(name, []).append(said[name])
    for call in said.get("tool_calls") or ():
        _join_call(choice.setdefault("tool_calls", {}), call)
    logprobs = (piece.get("logprobs") or {}).get("content")
    if logprobs:
        choice.setdefault("logprobs", []).extend(logprobs)
    choice["finish_reason"] = piece.get("finish_reason") or choice["finish_reason"]


def _join_call(calls: dict[int, dict[str, Any]], piece: dict[str, Any]) -> None:
    call = calls.setdefault(piece["index"], {"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call["id"] = call["id"] or piece.get("id", "")
    function = piece.get("function") or {}
    call["function"]["name"] = call["function"]["name"] or function.get("name", "")
    call["function"]["arguments"] += function.get("arguments", "")


def _finished(joined: dict[str, Any], *, chat: bool) -> dict[str, Any]:
    logprobs = {"content": joined["logprobs"]} if "logprobs" in joined else None
    choice = {"index": joined["index"], "logprobs": logprobs, "finish_reason": joined["finish_reason"]}
    texts = {name: "".join(joined[name]) for name in _TEXTS if name in joined}
    if not chat:
        return {"text": texts.get("content", ""), **choice}
    message: dict[str, Any] = {"role": "assistant", "content": None if "tool_calls" in joined else "", **texts}
    if "tool_calls" in joined:
        message["tool_calls"] = [call for _, call in sorted(joined["tool_calls"].items())]
    return {"message": message, **choice}
