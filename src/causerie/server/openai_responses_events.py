"""From an engine's chat answer to a response, event by event.

Does: build the response object item by item (reasoning, text, function calls) and name each step; one code
makes the streamed and the whole answer.
Does not: read from engines or send.
Form: https://platform.openai.com/docs/api-reference/responses-streaming
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from causerie.errors import CauserieError
from causerie.server.openai_responses_items import new_id

Event = tuple[str, dict[str, Any]]
"""Its type, and its fields but for `type` and `sequence_number`."""

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why an answer is not complete, by the engine's finish reason."""


class ResponseWriter:
    """Writes one response.

    Args:
        response: The object to complete: its `output` is empty, its `status` is `in_progress`.
    """

    def __init__(self, response: dict[str, Any]) -> None:
        self.response = response
        self._text: _Text | None = None
        self._calls: dict[int, _Call] = {}
        self._finish_reason = "stop"
        self._usage: Mapping[str, Any] = {}

    def begin(self) -> Iterator[Event]:
        """The engine has begun."""
        yield "response.created", {"response": self.response}
        yield "response.in_progress", {"response": self.response}

    def write(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        """One chunk of a chat completion; of a whole one, `message` is read as the only delta."""
        self._usage = chunk.get("usage") or self._usage
        for choice in chunk.get("choices", ()):
            said = choice.get("delta") or choice.get("message") or {}
            logprobs = (choice.get("logprobs") or {}).get("content") or []
            if said.get("reasoning_content"):
                yield from self._say(_REASONING, said["reasoning_content"], [])
            if said.get("content"):
                yield from self._say(_MESSAGE, said["content"], logprobs)
            for index, call in enumerate(said.get("tool_calls") or ()):
                yield from self._call(call.get("index", index), call)
            self._finish_reason = choice.get("finish_reason") or self._finish_reason

    def end(self) -> Iterator[Event]:
        """The engine has said everything; the last event has the whole response."""
        if not self.response["output"]:
            yield from self._open_text(_MESSAGE)  # a model may say nothing, and clients look for its message
        reason = INCOMPLETE.get(self._finish_reason)
        status = "incomplete" if reason else "completed"
        yield from self._close_text(status)
        for call in self._calls.values():
            yield from call.close(status)
        self.response |= {
            "status": status,
            "completed_at": None if reason else int(time.time()),
            "incomplete_details": {"reason": reason} if reason else None,
            "usage": _usage(self._usage),
        }
        yield f"response.{status}", {"response": self.response}

    def fail(self, error: CauserieError) -> Event:
        """The engine broke off."""
        for item in self.response["output"]:
            item["status"] = "incomplete" if item["status"] == "in_progress" else item["status"]
        if self._text:
            self._text.settle()
        for call in self._calls.values():
            call.settle()
        self.response |= {"status": "failed", "error": {"code": "server_error", "message": error.message}}
        return "response.failed", {"response": self.response}

    def _say(self, kind: "_Kind", text: str, logprobs: list[Any]) -> Iterator[Event]:
        if self._text is None or self._text.kind is not kind:
            yield from self._close_text("completed")
            yield from self._open_text(kind)
        if self._text is not None:
            yield self._text.add(text, logprobs)

    def _open_text(self, kind: "_Kind") -> Iterator[Event]:
        item = kind.item()
        self._text = _Text(kind, item, len(self.response["output"]))
        yield from self._added(item)
        yield "response.content_part.added", {**self._text.place, "part": kind.part("")}

    def _close_text(self, status: str) -> Iterator[Event]:
        if self._text is not None:
            yield from self._text.close(status)
            self._text = None

    def _call(self, index: int, piece: Mapping[str, Any]) -> Iterator[Event]:
        yield from self._close_text("completed")
        function = piece.get("function") or {}
        if index not in self._calls:
            item = {
                "id": new_id("fc"), "type": "function_call", "status": "in_progress", "arguments": "",
                "call_id": piece.get("id") or new_id("call"), "name": function.get("name", ""),
            }  # fmt: skip
            self._calls[index] = _Call(item, len(self.response["output"]))
            yield from self._added(item)
        if function.get("arguments"):
            yield self._calls[index].add(function["arguments"])

    def _added(self, item: dict[str, Any]) -> Iterator[Event]:
        self.response["output"].append(item)
        yield "response.output_item.added", {"output_index": len(self.response["output"]) - 1, "item": item}


@dataclass(frozen=True)
class _Kind:
    """What reasoning and speech differ in."""

    item_type: str
    prefix: str
    part_type: str
    event: str

    def item(self) -> dict[str, Any]:
        item = {"id": new_id(self.prefix), "type": self.item_type, "status": "in_progress", "content": []}
        if self is _MESSAGE:
            return {**item, "role": "assistant"}
        return {**item, "summary": [], "encrypted_content": None}

    def part(self, text: str, logprobs: list[Any] | None = None) -> dict[str, Any]:
        part: dict[str, Any] = {"type": self.part_type, "text": text}
        return part | {"annotations": [], "logprobs": logprobs or []} if self is _MESSAGE else part


_MESSAGE = _Kind("message", "msg", "output_text", "response.output_text")
_REASONING = _Kind("reasoning", "rs", "reasoning_text", "response.reasoning_text")


@dataclass
class _Text:
    """An item of text that is being written."""

    kind: _Kind
    item: dict[str, Any]
    output_index: int
    pieces: list[str] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)

    @property
    def place(self) -> dict[str, Any]:
        return {"item_id": self.item["id"], "output_index": self.output_index, "content_index": 0}

    def add(self, text: str, logprobs: list[Any]) -> Event:
        self.pieces.append(text)
        self.logprobs += logprobs
        more = {"logprobs": logprobs} if self.kind is _MESSAGE else {}
        return f"{self.kind.event}.delta", {**self.place, "delta": text, **more}

    def settle(self) -> dict[str, Any]:
        """Put what was said into the item."""
        part = self.kind.part("".join(self.pieces), self.logprobs)
        self.item["content"] = [part]
        return part

    def close(self, status: str) -> Iterator[Event]:
        part = self.settle()
        self.item["status"] = status
        more = {"logprobs": self.logprobs} if self.kind is _MESSAGE else {}
        yield f"{self.kind.event}.done", {**self.place, "text": part["text"], **more}
        yield "response.content_part.done", {**self.place, "part": part}
        yield "response.output_item.done", {"output_index": self.output_index, "item": self.item}


@dataclass
class _Call:
    """A function call that is being written; several may be at once."""

    item: dict[str, Any]
    output_index: int
    pieces: list[str] = field(default_factory=list)

    @property
    def place(self) -> dict[str, Any]:
        return {"item_id": self.item["id"], "output_index": self.output_index}

    def add(self, arguments: str) -> Event:
        self.pieces.append(arguments)
        return "response.function_call_arguments.delta", {**self.place, "delta": arguments}

    def settle(self) -> None:
        """Put the arguments so far into the item."""
        self.item["arguments"] = "".join(self.pieces)

    def close(self, status: str) -> Iterator[Event]:
        self.settle()
        self.item["status"] = status
        done = {**self.place, "name": self.item["name"], "arguments": self.item["arguments"]}
        yield "response.function_call_arguments.done", done
        yield "response.output_item.done", {"output_index": self.output_index, "item": self.item}


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    read, wrote = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": wrote,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + wrote,
    }


def encoded(event: Event, sequence_number: int) -> bytes:
    """A server-sent event, with its type in both places where clients look."""
    kind, fields = event
    data = json.dumps(
        {"type": kind, "sequence_number": sequence_number, **fields}, ensure_ascii=False, separators=(",", ":")
    )
    return f"event: {kind}\ndata: {data}\n\n".encode()
