"""`/v1/responses`: answers that the server keeps, so that the next question need not repeat the conversation.

Does: translate a request into a chat for the engine, keep the response, and give it back later.
Does not: work in the background or run tools itself; both are refused by name.
Form: https://platform.openai.com/docs/api-reference/responses
Try it: curl http://127.0.0.1:8080/v1/responses -d '{"input":"Bonjour"}'
"""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import TypeAdapter
from pydantic_core import from_json
from starlette.types import Receive, Scope, Send

from causerie.errors import CauserieError, InvalidRequest, UnsupportedParameter
from causerie.inference.contract import Capabilities
from causerie.inference.router import Router
from causerie.server.bodies import read_request
from causerie.server.identity import Signed, caller_of
from causerie.server.metering import Metering
from causerie.server.openai_chat import refuse_unless, sampling_payload
from causerie.server.openai_events import DATA, chat_body, chat_events
from causerie.server.openai_messages import Message, SystemMessage, wire_messages
from causerie.server.openai_responses_events import ResponseWriter, encoded
from causerie.server.openai_responses_items import Item, MessageItem, messages_of, new_id, user_item
from causerie.server.openai_responses_schema import AllowedTools, ChosenFunction, ResponseRequest, SchemaFormat
from causerie.server.openai_schema import JsonObjectFormat
from causerie.server.records import Record, record_of
from causerie.server.relay import relay_stream, relay_whole
from causerie.server.responses_store import ResponseStore, StoredResponse

PATH = "/v1/responses"
_ITEMS: TypeAdapter[list[Item]] = TypeAdapter(list[Item])


@dataclass(frozen=True, slots=True)
class Responses:
    """`POST`, as an ASGI application."""

    router: Router
    metering: Metering
    store: ResponseStore
    default_max_tokens: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and keep the answer."""
        record = record_of(scope)
        record.route, record.operation = PATH, "chat"
        request = await read_request(receive, ResponseRequest)
        asked = (user_item(request.input),) if isinstance(request.input, str) else tuple(request.input or ())
        earlier: tuple[Item, ...] = ()
        owner = caller_of(scope).person_id
        if request.previous_response_id:
            earlier = self.store.get(owner, request.previous_response_id, "previous_response_id").conversation
        said = (each for each in (*earlier, *asked) if isinstance(each, MessageItem) and each.role == "user")
        opening = next((each.content for each in said), "")
        record.model = model = self.metering.resolve(scope, request.model, opening)
        payload = response_payload(request, earlier, asked, model, await self.router.capabilities(model))
        payload["max_tokens"] = request.max_output_tokens or self.default_max_tokens
        writer = ResponseWriter(_begun(request, model))
        opened = self.router.send("chat/completions", payload)

        def keep() -> None:
            if request.store is not False:
                self.store.put(_stored(owner, writer.response, earlier, asked))

        def whole(raw: bytes) -> bytes:
            for _ in (*writer.write(from_json(chat_body(raw, record, forced=False))), *writer.end()):
                pass
            keep()
            return _json(writer.response)

        async def stream(events: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
            async for event in response_events(events, writer, record):
                if writer.response["status"] != "in_progress":
                    keep()
                yield event

        async with self.metering.metered(scope, payload):
            if request.stream:
                await relay_stream(scope, receive, send, opened, stream)
            else:
                await relay_whole(scope, receive, send, opened, whole)


def response_payload(
    request: ResponseRequest, earlier: tuple[Item, ...], asked: tuple[Item, ...], model: str, can: Capabilities
) -> dict[str, Any]:
    """What the engine gets, but for the limit of tokens.

    Args:
        request: Checked.
        earlier: The conversation up to this request.
        asked: The items of this request.
        model: Canonical name.
        can: What this model can be asked for.

    Raises:
        UnsupportedParameter: The model cannot do what a field asks; `param` names it.
        InvalidRequest: There is nothing to answer, or the items do not hang together.
    """
    refuse_unless(can.chat, "model", model, "it does not chat")
    payload = sampling_payload(request, model)
    items = [("previous_response_id", item) for item in earlier]
    items += [(f"input[{index}]", item) for index, item in enumerate(asked)]
    messages, fields = messages_of(items)
    if not messages:
        raise InvalidRequest("{field} is missing", field="input", param="input")
    instructions: list[Message] = []
    if request.instructions:
        instructions.append(SystemMessage(role="system", content=request.instructions))
    payload["messages"] = wire_messages(
        [*instructions, *messages], images=can.images, fields=["instructions"] * len(instructions) + fields
    )
    if request.wants_logprobs:
        field = "top_logprobs" if request.top_logprobs else "include"
        refuse_unless(can.logprobs, field, model)
        payload |= {"logprobs": True, "top_logprobs": request.top_logprobs or 0}
    if request.tools:
        refuse_unless(can.tools, "tools", model)
        payload |= _tools(request)
    if request.text and isinstance(request.text.format, JsonObjectFormat | SchemaFormat):
        refuse_unless(can.json_schema, "text.format", model)
        payload["response_format"] = _format(request.text.format)
    if request.text and request.text.verbosity:
        refuse_unless(can.reasoning_effort, "text.verbosity", model)
        payload["verbosity"] = request.text.verbosity
    if request.reasoning and request.reasoning.effort:
        refuse_unless(can.reasoning_effort, "reasoning.effort", model)
        payload["reasoning_effort"] = request.reasoning.effort
    return payload


def _tools(request: ResponseRequest) -> dict[str, Any]:
    choice, tools = request.tool_choice, request.tools or []
    wire: dict[str, Any] = {}
    if isinstance(choice, AllowedTools):
        allowed = {tool.name for tool in choice.tools}
        tools = [tool for tool in tools if tool.name in allowed]
        wire["tool_choice"] = choice.mode
    elif isinstance(choice, ChosenFunction):
        wire["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    elif choice:
        wire["tool_choice"] = choice
    if request.parallel_tool_calls is not None:
        wire["parallel_tool_calls"] = request.parallel_tool_calls
    functions = [tool.model_dump(exclude={"type"}, exclude_none=True) | _strict(tool.strict) for tool in tools]
    return {"tools": [{"type": "function", "function": function} for function in functions], **wire}


def _strict(given: bool | None) -> dict[str, bool]:
    return {"strict": given is not False}


def _format(wanted: JsonObjectFormat | SchemaFormat) -> dict[str, Any]:
    form = wanted.model_dump(exclude_none=True)
    kind = form.pop("type")
    return {"type": kind} | ({"json_schema": form} if form else {})


async def response_events(
    events: AsyncIterator[bytes], writer: ResponseWriter, record: Record
) -> AsyncGenerator[bytes]:
    """The engine's events as those of a response; a failure after the first is the response's last event."""
    number = 0
    try:
        async for event in chat_events(events, record, include_usage=True, forced=False):
            if not event.startswith(b"data: {"):
                if event.startswith(b":"):
                    yield event
                continue
            for step in (*(() if number else writer.begin()), *writer.write(from_json(event[len(DATA) :].rstrip()))):
                yield encoded(step, number)
                number += 1
        for step in writer.end():
            yield encoded(step, number)
            number += 1
    except CauserieError as error:
        if not number:
            raise
        record.error = error.code
        yield encoded(writer.fail(error), number)


def _begun(request: ResponseRequest, model: str) -> dict[str, Any]:
    """The response before anything was said: every field that clients read, and what was asked for."""
    text, reasoning, choice = request.text, request.reasoning, request.tool_choice
    form = text.format.model_dump(exclude_none=True) if text and text.format else {"type": "text"}
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "completed_at": None,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": request.max_tool_calls,
        "metadata": request.metadata or {},
        "model": model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "previous_response_id": request.previous_response_id,
        "prompt_cache_key": request.prompt_cache_key,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "safety_identifier": request.safety_identifier,
        "service_tier": "default",
        "store": request.store is not False,
        "temperature": request.temperature,
        "text": {"format": form, "verbosity": text.verbosity if text else None},
        "tool_choice": choice.model_dump() if isinstance(choice, ChosenFunction | AllowedTools) else choice or "auto",
        "tools": [tool.model_dump() | _strict(tool.strict) for tool in request.tools or ()],
        "top_logprobs": request.top_logprobs or 0,
        "top_p": request.top_p,
        "truncation": "disabled",
        "usage": None,
        "user": request.user,
    }


def _stored(
    owner: str, response: dict[str, Any], earlier: tuple[Item, ...], asked: tuple[Item, ...]
) -> StoredResponse:
    conversation = (*earlier, *asked, *_ITEMS.validate_python(response["output"]))
    size = sum(len(item.model_dump_json()) for item in conversation)
    return StoredResponse(owner=owner, response=response, asked=asked, conversation=conversation, size_bytes=size)


def _json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def responses_routes(store: ResponseStore) -> APIRouter:
    """The routes of responses that are kept."""
    routes = APIRouter(tags=["OpenAI"])

    @routes.get(PATH + "/{response_id}", summary="Show a response")
    async def show(caller: Signed, response_id: str, stream: bool | None = None) -> dict[str, Any]:
        if stream:
            raise UnsupportedParameter("{field} is not supported: it is complete", field="stream", param="stream")
        return dict(store.get(caller.person_id, response_id).response)

    @routes.delete(PATH + "/{response_id}", summary="Forget a response")
    async def remove(caller: Signed, response_id: str) -> dict[str, Any]:
        store.remove(caller.person_id, response_id)
        return {"id": response_id, "object": "response", "deleted": True}

    @routes.get(PATH + "/{response_id}/input_items", summary="List what a response was asked")
    async def input_items(
        caller: Signed,
        response_id: str,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        order: Literal["asc", "desc"] = "desc",
    ) -> dict[str, Any]:
        items = [item.model_dump() for item in store.get(caller.person_id, response_id).asked]
        if order == "desc":
            items.reverse()
        if after is not None:
            places = [place for place, item in enumerate(items) if item["id"] == after]
            if not places:
                raise InvalidRequest("no item of this response has the id {name!r}", name=after, param="after")
            items = items[places[0] + 1 :]
        page = items[:limit]
        return {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": len(items) > limit,
        }

    return routes
