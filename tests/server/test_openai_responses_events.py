"""What an engine says becomes the same response, however it comes in pieces."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from causerie.errors import EngineCrashed
from causerie.server.openai_responses import response_events
from causerie.server.openai_responses_events import ResponseWriter
from causerie.server.records import Record


def begun() -> dict[str, Any]:
    return {"id": "resp_1", "status": "in_progress", "output": [], "error": None}


def delta(finish_reason: str | None = None, **fields: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


def call(index: int, name: str = "", arguments: str = "") -> dict[str, Any]:
    named = {"id": f"call_{index}", "type": "function"} if name else {}
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return {"index": index, **named, "function": function}


def written(*chunks: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    writer = ResponseWriter(begun())
    kinds = [kind for kind, _ in writer.begin()]
    for chunk in chunks:
        kinds += [kind for kind, _ in writer.write(chunk)]
    kinds += [kind for kind, _ in writer.end()]
    return [kind.removeprefix("response.") for kind in kinds], writer.response


def test_reasoning_text_and_calls_are_items_of_their_own() -> None:
    kinds, response = written(
        delta(role="assistant"),
        delta(reasoning_content="They want "),
        delta(reasoning_content="weather."),
        delta(content="Let me look."),
        delta(tool_calls=[call(0, "weather", '{"city":')]),
        delta(tool_calls=[call(1, "clock", "{}")]),
        delta(tool_calls=[call(0, arguments='"Paris"}')]),
        delta("tool_calls"),
    )
    assert kinds == [
        "created", "in_progress",
        "output_item.added", "content_part.added", "reasoning_text.delta", "reasoning_text.delta",
        "reasoning_text.done", "content_part.done", "output_item.done",
        "output_item.added", "content_part.added", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "output_item.done", "function_call_arguments.done", "output_item.done",
        "completed",
    ]  # fmt: skip
    reasoning, message, weather, clock = response["output"]
    assert reasoning["content"] == [{"type": "reasoning_text", "text": "They want weather."}]
    assert message["content"][0]["text"] == "Let me look."
    assert (weather["call_id"], weather["name"], weather["arguments"]) == ("call_0", "weather", '{"city":"Paris"}')
    assert (clock["call_id"], clock["arguments"], clock["status"]) == ("call_1", "{}", "completed")


def test_an_answer_without_a_word_is_an_empty_message() -> None:
    kinds, response = written(delta("stop", role="assistant"))
    assert "output_text.done" in kinds
    assert response["output"][0]["content"][0]["text"] == ""
    assert response["status"] == "completed"


def test_an_answer_that_was_cut_says_so_in_every_part() -> None:
    kinds, response = written(delta(content="Once"), delta("length"), {"choices": [], "usage": {"prompt_tokens": 3}})
    assert kinds[-1] == "incomplete"
    assert response["output"][0]["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["usage"]["input_tokens"] == 3


def test_a_whole_answer_is_read_as_one_piece() -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    _, response = written({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    assert response["output"][0]["name"] == "clock"


async def broken(*events: bytes) -> AsyncIterator[bytes]:
    for event in events:
        yield event
    raise EngineCrashed("the engine of {name!r} stopped", name="m")


async def test_a_failure_in_the_middle_is_the_last_event_and_keeps_what_was_said() -> None:
    writer, record = ResponseWriter(begun()), Record(request_id="r", method="POST")
    chunks = delta(content="Once"), delta(tool_calls=[call(0, "f", "{")])
    said = [b": wait\n\n", *(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)]
    events = [event async for event in response_events(broken(*said), writer, record)]
    assert events[0] == b": wait\n\n"
    final = json.loads(events[-1].partition(b"data: ")[2])
    assert final["type"] == "response.failed"
    assert final["sequence_number"] == len(events) - 2
    assert final["response"]["error"] == {"code": "server_error", "message": "the engine of 'm' stopped"}
    message, function = final["response"]["output"]
    assert (message["content"][0]["text"], message["status"]) == ("Once", "completed")
    assert (function["arguments"], function["status"]) == ("{", "incomplete")
    assert record.error == "engine_crashed"


async def test_a_failure_before_the_first_word_has_a_status_of_its_own() -> None:
    with pytest.raises(EngineCrashed):
        _ = [event async for event in response_events(broken(), ResponseWriter(begun()), Record("r", "POST"))]
