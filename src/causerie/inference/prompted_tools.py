"""Tool calls for models whose chat template knows no tools: the tools are described, and the answer is constrained.

Does: put the tools into the system prompt, hold the answer to a JSON schema of "these calls" or "this text", and turn
it back into OpenAI's tool calls. With `required` or a named function the model can do nothing but call.
Does not: make a small model choose well; it only makes sure that what it chooses is well-formed.
Models whose template has tools do not come here: llama.cpp writes and parses their own format.
"""

import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import from_json

from causerie.inference.aggregate import DATA, decoded, encoded
from causerie.inference.contract import Payload
from causerie.inference.wire import DONE

TOOL_FIELDS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})
"""What a request without tools does not have."""
_INSTRUCTION = (
    "You can call these functions. Answer with one JSON object: "
    '{{"tool_calls": [{{"name": ..., "arguments": {{...}}}}]}} to call{or_text}.\nFunctions:\n{functions}'
)
_OR_TEXT = ', or {"answer": "..."} to answer in words'


def prompted(payload: Payload) -> dict[str, Any]:
    """The request without tools that asks for the same: instructions, and a schema for the answer."""
    tools = [tool["function"] for tool in payload["tools"]]
    request = {name: value for name, value in payload.items() if name not in TOOL_FIELDS}
    request["messages"] = [_plain(message) for message in payload["messages"]]
    forced = payload.get("tool_choice", "auto") != "auto"
    _instruct(request["messages"], tools, forced=forced)
    one_call = payload.get("parallel_tool_calls") is False
    schema = {"name": "answer", "schema": _schema(tools, forced=forced, one_call=one_call)}
    return request | {"response_format": {"type": "json_schema", "json_schema": schema}}


def _instruct(messages: list[dict[str, Any]], tools: list[dict[str, Any]], *, forced: bool) -> None:
    described = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    text = _INSTRUCTION.format(or_text="" if forced else _OR_TEXT, functions=described)
    if messages and messages[0]["role"] == "system":
        messages[0] = {**messages[0], "content": f"{messages[0]['content']}\n\n{text}"}
    else:
        messages.insert(0, {"role": "system", "content": text})


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    """Calls and results of earlier turns, in words that any template takes."""
    if message["role"] == "tool":
        return {"role": "user", "content": f"Result of the call {message['tool_call_id']}: {message['content']}"}
    if message.get("tool_calls"):
        calls = [
            {"id": call["id"], "name": call["function"]["name"], "arguments": call["function"]["arguments"]}
            for call in message["tool_calls"]
        ]
        return {"role": "assistant", "content": json.dumps({"tool_calls": calls}, ensure_ascii=False)}
    return dict(message)


def _schema(tools: list[dict[str, Any]], *, forced: bool, one_call: bool) -> dict[str, Any]:
    # A small model that may go on calling does: one call for each function is the most it is let make.
    calls = [_object(name={"const": tool["name"]}, arguments=_arguments(tool)) for tool in tools]
    items = {"type": "array", "items": {"anyOf": calls}, "minItems": 1, "maxItems": 1 if one_call else len(tools)}
    call = _object(tool_calls=items)
    return call if forced else {"anyOf": [call, _object(answer={"type": "string"})]}


def _arguments(tool: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = tool.get("parameters") or {}
    return schema if schema.get("properties") else {"type": "object", "additionalProperties": False, **schema}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


async def tool_events(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Turn the constrained answer, which is only whole at its end, into deltas of tool calls or of text."""
    texts: dict[int, list[str]] = {}
    async for event in events:
        if event == DONE or not event.startswith(DATA):
            yield event
            continue
        chunk = decoded(event)
        ready = not chunk.get("choices")
        for choice in chunk.get("choices", ()):
            delta = choice["delta"]
            text = texts.setdefault(choice["index"], [])
            if delta.get("content"):
                text.append(delta["content"])
            if choice.get("finish_reason"):
                for delta_event in _deltas(chunk, choice, "".join(text)):
                    yield delta_event
            elif "role" in delta:
                ready = True
        if ready:
            yield event


def _deltas(chunk: dict[str, Any], choice: dict[str, Any], text: str) -> list[bytes]:
    answer = _parsed(text)
    calls = [call for call in answer.get("tool_calls", ()) if {"name", "arguments"} <= call.keys()]
    deltas: list[dict[str, Any]] = [{"tool_calls": [_call(index, call)]} for index, call in enumerate(calls)]
    if not calls:
        deltas.append({"content": answer.get("answer", "")})
    reason = "tool_calls" if calls and choice["finish_reason"] == "stop" else choice["finish_reason"]
    pieces = [{**choice, "delta": delta, "finish_reason": None} for delta in deltas]
    pieces.append({**choice, "delta": {}, "finish_reason": reason})
    return [encoded({**chunk, "choices": [piece]}) for piece in pieces]


def _parsed(text: str) -> dict[str, Any]:
    """The answer's object; of one that was cut in the middle, what is whole."""
    try:
        answer = from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _call(index: int, call: dict[str, Any]) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
    return {"index": index, "id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}
