"""`/v1/responses`, as OpenAI's client uses it, against the real server and the starter."""

import json

import openai
import pytest
from openai.types.responses import Response, ResponseFunctionToolCall, ResponseStreamEvent

from tests.running import RunningServer
from tests.server.conftest import CHAT_MODEL, NO_KEY

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]

ASKED = {"model": CHAT_MODEL, "input": "Name three fruits.", "temperature": 0, "max_output_tokens": 24}
WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


def seen(**image: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "input_image", **image}]}


def ask(client: openai.OpenAI, **fields: object) -> Response:
    answer = client.post("/responses", body={**ASKED, **fields}, cast_to=Response)
    assert isinstance(answer, Response)
    return answer


def stream(client: openai.OpenAI, **fields: object) -> list[ResponseStreamEvent]:
    with client.responses.create(**{**ASKED, **fields}, stream=True) as events:  # type: ignore[call-overload]
        return list(events)


def last(events: list[ResponseStreamEvent]) -> Response:
    response = getattr(events[-1], "response", None)
    assert isinstance(response, Response)
    return response


def test_an_answer_is_one_message_with_what_was_asked_for_beside_it(client: openai.OpenAI) -> None:
    answer = ask(client, metadata={"who": "Ada"}, top_p=0.5, user="u", instructions="Be brief.", max_output_tokens=4)
    assert answer.output_text
    assert answer.object == "response"
    assert answer.model == CHAT_MODEL
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert (answer.temperature, answer.top_p, answer.max_output_tokens) == (0, 0.5, 4)
    assert (answer.metadata, answer.user, answer.instructions) == ({"who": "Ada"}, "u", "Be brief.")
    assert (answer.parallel_tool_calls, answer.tool_choice, answer.tools) == (True, "auto", [])
    assert answer.usage is not None
    assert answer.usage.output_tokens == 4
    assert answer.usage.total_tokens == answer.usage.input_tokens + 4
    assert answer.usage.input_tokens_details.cached_tokens >= 0


def test_the_streamed_answer_is_the_whole_answer(client: openai.OpenAI) -> None:
    ask(client)  # so that both find their prompt in the cache
    whole, streamed = ask(client), last(stream(client))
    assert streamed.output_text == whole.output_text
    assert streamed.status == whole.status
    assert streamed.usage is not None
    assert whole.usage is not None
    assert streamed.usage.output_tokens == whole.usage.output_tokens
    assert streamed.output[0].model_dump(exclude={"id"}) == whole.output[0].model_dump(exclude={"id"})


def test_events_come_in_openais_order_and_are_numbered(client: openai.OpenAI) -> None:
    events = stream(client, input="Say yes.")
    kinds = [event.type for event in events]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert set(kinds[4:-4]) == {"response.output_text.delta"}
    assert kinds[-4:-1] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ]
    assert kinds[-1] in ("response.completed", "response.incomplete")
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(deltas) == last(events).output_text
    ids = {event.response.id for event in events if event.type in ("response.created", "response.in_progress")}
    assert ids == {last(events).id}


def test_a_response_goes_on_from_the_one_before(client: openai.OpenAI) -> None:
    first = ask(client, input="My name is Ada and I like violins.", instructions="Answer in one short sentence.")
    second = ask(client, input="What is my name?", previous_response_id=first.id)
    third = ask(client, input="And what do I like?", previous_response_id=second.id)
    alone = ask(client, input="What is my name?")
    assert second.previous_response_id == first.id
    assert second.instructions is None
    assert first.usage is not None
    assert second.usage is not None
    assert third.usage is not None
    assert alone.usage is not None
    assert alone.usage.input_tokens < second.usage.input_tokens < third.usage.input_tokens


def test_an_unknown_response_is_a_404_that_names_the_field(client: openai.OpenAI) -> None:
    for asked in (
        lambda: ask(client, previous_response_id="resp_none"),
        lambda: client.responses.retrieve("resp_none"),
        lambda: client.responses.delete("resp_none"),
        lambda: client.responses.input_items.list("resp_none"),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            asked()
        assert caught.value.code == "response_not_found"
    with pytest.raises(openai.NotFoundError) as caught:
        stream(client, previous_response_id="resp_none")
    assert caught.value.param == "previous_response_id"


def test_a_response_can_be_read_again_until_it_is_deleted(client: openai.OpenAI) -> None:
    answer = ask(client, max_output_tokens=4)
    again = client.responses.retrieve(answer.id)
    assert again == answer
    client.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)


def test_a_response_that_is_not_to_be_stored_is_not(client: openai.OpenAI) -> None:
    answer = ask(client, store=False, max_output_tokens=4)
    assert json.loads(answer.to_json())["store"] is False
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)


def test_its_input_can_be_listed_page_by_page(client: openai.OpenAI) -> None:
    said = (("user", "Hello"), ("assistant", "Hi."), ("user", "Bye"))
    asked = [{"role": role, "content": text} for role, text in said]
    answer = ask(client, input=asked, max_output_tokens=4)
    newest = client.responses.input_items.list(answer.id, limit=2)
    assert newest.has_more is True
    assert [getattr(item, "content", None) for item in newest.data] == ["Bye", "Hi."]
    assert len(list(newest)) == 3
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.input_items.list(answer.id, after="msg_none")
    assert caught.value.param == "after"


def test_a_function_is_called_and_its_result_taken_back(client: openai.OpenAI) -> None:
    fields = {"tools": [WEATHER], "tool_choice": "required", "max_output_tokens": 60, "input": "Weather in Paris?"}
    answer = ask(client, **fields)
    call = answer.output[0]
    assert isinstance(call, ResponseFunctionToolCall)
    assert call.name == "weather"
    assert "city" in json.loads(call.arguments)
    assert answer.tools[0].model_dump()["strict"] is True
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees, sunny"}
    after = ask(client, input=[result], previous_response_id=answer.id)
    assert after.output_text
    whole = ask(client, input=[{"role": "user", "content": "Weather in Paris?"}, call.model_dump(), result])
    assert whole.output_text


def test_a_function_call_is_streamed_as_it_is_whole(client: openai.OpenAI) -> None:
    fields = {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "weather"}, "max_output_tokens": 60}
    events = stream(client, **fields, input="Weather in Paris?")
    kinds = [event.type for event in events]
    assert kinds[2] == "response.output_item.added"
    assert kinds[-4:] == [
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    whole, streamed = ask(client, **fields, input="Weather in Paris?").output[0], last(events).output[0]
    assert isinstance(whole, ResponseFunctionToolCall)
    assert isinstance(streamed, ResponseFunctionToolCall)
    assert (streamed.name, streamed.arguments) == (whole.name, whole.arguments)


def test_only_allowed_tools_are_called(client: openai.OpenAI) -> None:
    clock = {**WEATHER, "name": "clock", "description": "The time in a city"}
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "clock"}]}
    answer = ask(client, tools=[WEATHER, clock], tool_choice=choice, max_output_tokens=60)
    assert {getattr(item, "name", None) for item in answer.output} == {"clock"}


def test_text_can_be_held_to_a_schema(client: openai.OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"legs": {"type": "integer"}},
        "required": ["legs"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "animal", "schema": schema, "strict": True}
    answer = ask(client, input="Describe a cat.", text={"format": form})
    assert isinstance(json.loads(answer.output_text)["legs"], int)
    assert answer.text is not None
    assert answer.text.format is not None
    assert answer.text.format.model_dump(by_alias=True)["schema"] == schema


def test_log_probabilities_come_when_they_are_included(client: openai.OpenAI) -> None:
    answer = ask(client, include=["message.output_text.logprobs"], top_logprobs=2, max_output_tokens=3)
    part = answer.output[0].content[0]  # type: ignore[union-attr,index]
    assert len(part.logprobs) == 3  # type: ignore[union-attr,arg-type]
    assert len(part.logprobs[0].top_logprobs) == 2  # type: ignore[union-attr,index]
    deltas = [e for e in stream(client, top_logprobs=1, max_output_tokens=3) if e.type.endswith("text.delta")]
    assert all(event.logprobs for event in deltas)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"truncation": "auto"}, "truncation"),
        ({"max_tokens": 5}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "name": "x"}}, "tool_choice"),
        ({"include": ["file_search_call.results"]}, "include[0]"),
        ({"reasoning": {"effort": "low"}}, "reasoning.effort"),
        ({"reasoning": {"summary": "detailed"}}, "reasoning.summary"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"input": []}, "input"),
        ({"input": [{"role": "user", "content": []}]}, "input[0].content"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0]"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "input[0].call_id"),
        ({"input": [seen(image_url="data:image/png;base64,AA")]}, "input[0].content[0]"),
        ({"input": [seen(file_id="f")]}, "input[0].content[0].image_url"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"metadata": {"k" * 65: "v"}}, None),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_by_name(
    client: openai.OpenAI, fields: dict[str, object], param: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **fields)
    assert param is None or caught.value.param == param


def test_a_prompt_that_does_not_fit_is_refused_before_the_stream_begins(client: openai.OpenAI) -> None:
    for asked in (ask, stream):
        with pytest.raises(openai.BadRequestError) as caught:
            asked(client, input="word " * 20_000)
        assert caught.value.code == "context_length_exceeded"


async def test_a_client_that_leaves_stores_nothing_and_frees_the_model(server: RunningServer) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key=NO_KEY, max_retries=0) as client:
        events = await client.responses.create(model=CHAT_MODEL, input="Count to 500.", stream=True)
        first = await anext(aiter(events))
        assert first.type == "response.created"
        await events.close()
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(first.response.id)
