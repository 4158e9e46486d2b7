"""Items of a conversation become the messages that say the same."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from causerie.errors import UnsupportedParameter
from causerie.server.openai_messages import wire_messages
from causerie.server.openai_responses_items import Item, messages_of

ITEMS: TypeAdapter[list[Item]] = TypeAdapter(list[Item])


def wire(*items: dict[str, Any], images: bool = False) -> list[dict[str, Any]]:
    parsed = ITEMS.validate_python(list(items))
    messages, fields = messages_of((f"input[{index}]", item) for index, item in enumerate(parsed))
    return wire_messages(messages, images=images, fields=fields)


def test_one_turn_of_the_model_is_one_message() -> None:
    said = wire(
        {"role": "user", "content": [{"type": "input_text", "text": text} for text in ("Weather", "here?")]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Let me"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "not"}]},
        {"type": "function_call", "call_id": "a", "name": "weather", "arguments": "{}"},
        {"type": "function_call", "call_id": "b", "name": "clock", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "b", "output": "noon"},
        {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_text", "text": "sun"}]},
        {"role": "assistant", "content": "Sunny at noon."},
    )  # fmt: skip
    assert [message["role"] for message in said] == ["user", "assistant", "tool", "tool", "assistant"]
    assert said[0]["content"] == "Weather\nhere?"
    assert (said[1]["content"], said[1]["reasoning_content"]) == ("Let me\nnot", "Hm.")
    assert [call["id"] for call in said[1]["tool_calls"]] == ["a", "b"]
    assert said[3] == {"role": "tool", "tool_call_id": "a", "content": "sun"}
    assert said[4]["content"] == "Sunny at noon."


def test_a_summary_stands_for_reasoning_that_was_not_given() -> None:
    summary = [{"type": "summary_text", "text": "They greet."}]
    said = wire({"role": "user", "content": "Hi"}, {"type": "reasoning", "summary": summary})
    assert said[1] == {"role": "assistant", "content": "", "reasoning_content": "They greet."}


def test_developer_and_system_are_one_first_message() -> None:
    said = wire(
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": [{"type": "input_text", "text": "Be kind."}]},
    )
    assert said[0] == {"role": "system", "content": "Be brief.\n\nBe kind."}


def test_a_model_that_sees_gets_the_picture() -> None:
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"}
    said = wire({"role": "user", "content": [{"type": "input_text", "text": "What?"}, picture]}, images=True)
    assert said[0]["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,AA", "detail": "low"},
    }


def test_only_a_user_shows_pictures() -> None:
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AA"}
    for role in ("assistant", "system"):
        with pytest.raises(UnsupportedParameter) as caught:
            wire({"role": role, "content": [picture]}, images=True)
        assert caught.value.param == "input[0].content"
