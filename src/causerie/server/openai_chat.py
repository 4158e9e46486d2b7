"""`POST /v1/chat/completions`.

Does: translate: a checked request into the payload of an engine, the engine's reply into OpenAI's answer.
Does not: run models (`inference/router.py`) or carry bytes (`relay.py`).
Try it: curl http://127.0.0.1:8080/v1/chat/completions -d '{"messages":[{"role":"user","content":"Bonjour"}]}'
"""

from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from causerie.errors import UnsupportedParameter
from causerie.inference.contract import Capabilities
from causerie.inference.router import Router
from causerie.server.bodies import read_request
from causerie.server.metering import Metering
from causerie.server.openai_events import chat_body, chat_events
from causerie.server.openai_messages import wire_messages
from causerie.server.openai_schema import ChatRequest, JsonObjectFormat, JsonSchemaFormat, NamedToolChoice, Sampling
from causerie.server.records import record_of
from causerie.server.relay import relay_stream, relay_whole

PATH = "/v1/chat/completions"
SAMPLING = (
    "temperature", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty",
    "logit_bias", "n", "seed", "stop", "user",
)  # fmt: skip
"""Fields that go to the engine as they came."""


@dataclass(frozen=True, slots=True)
class ChatCompletions:
    """The route, as an ASGI application."""

    router: Router
    metering: Metering
    default_max_tokens: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one chat."""
        record = record_of(scope)
        record.route, record.operation = PATH, "chat"
        request = await read_request(receive, ChatRequest)
        opening = next((each.content for each in request.messages if each.role == "user"), "")
        record.model = model = self.metering.resolve(scope, request.model, opening)
        payload = chat_payload(request, model, await self.router.capabilities(model), self.default_max_tokens)
        forced = isinstance(request.tool_choice, NamedToolChoice)
        opened = self.router.send("chat/completions", payload)
        include_usage = bool(request.stream_options and request.stream_options.include_usage)
        async with self.metering.metered(scope, payload):
            if not request.stream:
                await relay_whole(scope, receive, send, opened, lambda raw: chat_body(raw, record, forced=forced))
                return
            await relay_stream(
                scope, receive, send, opened,
                lambda events: chat_events(events, record, include_usage=include_usage, forced=forced),
            )  # fmt: skip


def chat_payload(request: ChatRequest, model: str, can: Capabilities, default_max_tokens: int) -> dict[str, Any]:
    """What the engine gets.

    Args:
        request: Checked.
        model: Canonical name.
        can: What this model can be asked for.
        default_max_tokens: Limit of an answer whose request sets none.

    Raises:
        UnsupportedParameter: The model cannot do what a field asks; `param` names it.
        InvalidRequest: The messages do not hang together.
    """
    refuse_unless(can.chat, "model", model, "it does not chat")
    payload = sampling_payload(request, model)
    payload["messages"] = wire_messages(request.messages, images=can.images)
    payload["max_tokens"] = request.max_completion_tokens or request.max_tokens or default_max_tokens
    if request.logprobs:
        refuse_unless(can.logprobs, "logprobs", model)
        payload |= {"logprobs": True, "top_logprobs": request.top_logprobs or 0}
    if request.tools:
        refuse_unless(can.tools, "tools", model)
        payload["tools"] = [tool.model_dump(exclude_none=True) for tool in request.tools]
        for field in ("tool_choice", "parallel_tool_calls"):
            value = getattr(request, field)
            if value is not None:
                payload[field] = value.model_dump() if isinstance(value, NamedToolChoice) else value
    if isinstance(request.response_format, JsonObjectFormat | JsonSchemaFormat):
        refuse_unless(can.json_schema, "response_format", model)
        payload["response_format"] = request.response_format.model_dump(exclude_none=True)
    for field in ("reasoning_effort", "verbosity"):
        value = getattr(request, field)
        if value is not None:
            refuse_unless(can.reasoning_effort, field, model)
            payload[field] = value
    if request.chat_template_kwargs:
        payload["chat_template_kwargs"] = request.chat_template_kwargs
    return payload


def sampling_payload(request: Sampling, model: str) -> dict[str, Any]:
    """The fields that chat and text completion share; usage is always asked for, since the server counts tokens."""
    payload: dict[str, Any] = {"model": model}
    for field in SAMPLING:
        value = getattr(request, field)
        if value is not None:
            payload[field] = value
    if request.stream:
        payload |= {"stream": True, "stream_options": {"include_usage": True}}
    return payload


def refuse_unless(able: bool, field: str, model: str, why: str = "it cannot do that") -> None:
    """Raise when a model cannot do what a field asks for.

    Raises:
        UnsupportedParameter: It cannot; `param` is the field.
    """
    if not able:
        raise UnsupportedParameter(
            "{field} is not supported by model {model!r}: {why}", field=field, model=model, why=why, param=field
        )
