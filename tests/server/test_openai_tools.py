"""Tools in a chat, as OpenAI's client gives and gets them. The starter's template knows none: they are prompted."""

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionMessageToolCallUnion

from tests.server.asking import QUESTION, ask, both, refused, saying, stream, text_of

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": ["Orléans", "Paris"]}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
NOW = {"type": "function", "function": {"name": "now"}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "Sunny"}
ASKING: dict[str, Any] = {"messages": saying("Weather in Orléans?"), "tools": [WEATHER, NOW], "max_tokens": 64}
NAMED = {"type": "function", "function": {"name": "weather"}}


def calls_of(answer: ChatCompletion) -> list[ChatCompletionMessageToolCallUnion]:
    return answer.choices[0].message.tool_calls or []


def test_required_calls_a_tool_the_same_way_streamed_and_whole(client: openai.OpenAI) -> None:
    whole, chunks = both(client, **ASKING, tool_choice="required")
    call = calls_of(whole)[0]
    assert whole.choices[0].finish_reason == "tool_calls"
    assert whole.choices[0].message.content is None
    assert call.id.startswith("call_")
    assert call.type == "function"
    assert call.function.name in ("weather", "now")
    assert isinstance(json.loads(call.function.arguments), dict)
    assert chunks[0].choices[0].delta.role == "assistant"


def test_a_call_in_a_stream_has_its_index_and_says_id_type_and_name_once(client: openai.OpenAI) -> None:
    chunks = stream(client, **ASKING, tool_choice="required")
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    pieces = [piece for delta in deltas for piece in delta.tool_calls or ()]
    indexes = list(dict.fromkeys(piece.index for piece in pieces))
    assert indexes == list(range(len(indexes)))
    for index in indexes:
        of_call = [piece for piece in pieces if piece.index == index]
        assert [bool(piece.id) for piece in of_call] == [True] + [False] * (len(of_call) - 1)
        assert [piece.type for piece in of_call] == ["function"] + [None] * (len(of_call) - 1)
        names = [piece.function.name for piece in of_call if piece.function]
        assert [bool(name) for name in names] == [True] + [False] * (len(names) - 1)
    # No delta is empty, but for the first, which has the role, and the last, which has the reason.
    assert all(delta.tool_calls for delta in deltas[1:-1])


def test_parallel_calls_each_have_an_id(client: openai.OpenAI) -> None:
    both_tools = saying("Call weather for Paris, and call now.")
    calls = calls_of(ask(client, **{**ASKING, "messages": both_tools, "tool_choice": "required"}))
    assert len({call.id for call in calls}) == len(calls) >= 1


def test_parallel_tool_calls_false_gives_one_call(client: openai.OpenAI) -> None:
    whole, _ = both(client, **ASKING, tool_choice="required", parallel_tool_calls=False)
    assert len(calls_of(whole)) == 1


def test_a_named_function_is_called_and_ends_with_stop(client: openai.OpenAI) -> None:
    whole, _ = both(client, **ASKING, tool_choice=NAMED)
    assert [call.function.name for call in calls_of(whole) if call.type == "function"] == ["weather"]
    assert whole.choices[0].finish_reason == "stop"


def test_arguments_are_a_json_text_that_fits_the_schema_accents_included(client: openai.OpenAI) -> None:
    only = {**WEATHER["function"], "parameters": {"type": "object", "properties": {"city": {"const": "Orléans"}}}}  # type: ignore[dict-item]
    only["parameters"]["required"] = ["city"]
    whole, _ = both(client, **{**ASKING, "tools": [{"type": "function", "function": only}]}, tool_choice=NAMED)
    call = calls_of(whole)[0]
    assert call.type == "function"
    assert isinstance(call.function.arguments, str)
    assert json.loads(call.function.arguments) == {"city": "Orléans"}


def test_none_calls_nothing_and_auto_answers_or_calls(client: openai.OpenAI) -> None:
    asked = {**ASKING, "max_tokens": 12}
    none, _ = both(client, **asked, tool_choice="none")
    assert calls_of(none) == []
    assert text_of(none)
    auto, _ = both(client, **{**ASKING, "max_tokens": 24}, tool_choice="auto")
    assert auto.choices[0].finish_reason in ("stop", "length", "tool_calls")
    assert bool(calls_of(auto)) == (auto.choices[0].message.content is None)


def test_no_tool_choice_means_auto(client: openai.OpenAI) -> None:
    unsaid, said = (ask(client, **{**ASKING, "max_tokens": 12}, **choice) for choice in ({}, {"tool_choice": "auto"}))
    assert text_of(unsaid) == text_of(said)


def test_a_call_that_is_cut_ends_with_length(client: openai.OpenAI) -> None:
    whole, _ = both(client, **{**ASKING, "max_tokens": 4}, tool_choice="required")
    assert whole.choices[0].finish_reason == "length"


@pytest.mark.parametrize("said", [{"content": None}, {"content": ""}, {}, {"content": "I look."}])
def test_a_conversation_goes_on_after_a_call(client: openai.OpenAI, said: dict[str, Any]) -> None:
    messages = [QUESTION, {"role": "assistant", "tool_calls": [CALL], **said}, RESULT]
    assert text_of(ask(client, messages=messages, max_tokens=4))


def test_a_result_may_come_in_parts_and_tools_may_still_stand(client: openai.OpenAI) -> None:
    result = {**RESULT, "content": [{"type": "text", "text": "Sunny"}]}
    plain, parts = (
        ask(client, messages=[QUESTION, {"role": "assistant", "content": None, "tool_calls": [CALL]}, last],
            tools=[WEATHER], tool_choice="none", max_tokens=4)
        for last in (RESULT, result)
    )  # fmt: skip
    assert text_of(plain) == text_of(parts)


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("tool_choice", {"tool_choice": "required"}),
        ("tool_choice", {"tool_choice": NAMED}),
        ("tool_choice", {"tools": [NOW], "tool_choice": NAMED}),
        ("tool_choice", {"tools": [NOW], "tool_choice": "perhaps"}),
        ("tools[0].type", {"tools": [{"type": "custom", "custom": {"name": "f"}}]}),
        ("tools[0].function.name", {"tools": [{"type": "function", "function": {"name": "a b"}}]}),
        ("tools[0].function", {"tools": [{"type": "function"}]}),
        (
            "tools",
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "nonsense"}}}]},
        ),
        ("response_format", {"tools": [NOW], "response_format": {"type": "json_object"}}),
        ("logprobs", {"tools": [NOW], "logprobs": True}),
    ],
)
def test_what_cannot_be_done_with_tools_is_named(
    client: openai.OpenAI, param: str, fields: dict[str, object]
) -> None:
    assert refused(client, **fields).param == param


def test_arguments_that_are_an_object_are_refused_by_name(client: openai.OpenAI) -> None:
    call = {**CALL, "function": {"name": "weather", "arguments": {"city": "Paris"}}}
    error = refused(client, messages=[QUESTION, {"role": "assistant", "content": None, "tool_calls": [call]}, RESULT])
    assert error.param == "messages[1].tool_calls[0].function.arguments"
