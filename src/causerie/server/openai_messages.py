"""Messages of a chat, as clients of OpenAI's API write them, and as engines read them.

Does: check roles, contents and tool calls; merge what stands before the conversation into one first system message;
make plain text of parts that hold only text.
Does not: fetch anything: an image must come within the request.
Form: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from causerie.errors import InvalidRequest, UnsupportedParameter

STRICT = ConfigDict(strict=True, extra="ignore", use_attribute_docstrings=True)
FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class TextPart(BaseModel):
    """A piece of text."""

    model_config = STRICT
    type: Literal["text"]
    text: str


class RefusalPart(BaseModel):
    """What an assistant said instead of an answer."""

    model_config = STRICT
    type: Literal["refusal"]
    refusal: str


class ImageUrl(BaseModel):
    """An image within the request: `data:image/png;base64,...`."""

    model_config = STRICT
    url: str
    detail: Literal["auto", "low", "high"] | None = None


class ImagePart(BaseModel):
    """A picture, for models that see."""

    model_config = STRICT
    type: Literal["image_url"]
    image_url: ImageUrl


TextContent = str | Annotated[list[TextPart], Field(min_length=1)]
Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]
AssistantPart = Annotated[TextPart | RefusalPart, Field(discriminator="type")]


class SystemMessage(BaseModel):
    """How the model should behave; `developer` means the same."""

    model_config = STRICT
    role: Literal["system", "developer"]
    content: TextContent


class UserMessage(BaseModel):
    """What the person says."""

    model_config = STRICT
    role: Literal["user"]
    content: str | Annotated[list[Part], Field(min_length=1)]
    name: str | None = None


class CalledFunction(BaseModel):
    """A function with its arguments, a JSON text as the model wrote it."""

    model_config = STRICT
    name: FunctionName
    arguments: str


class ToolCall(BaseModel):
    """A call that the model asked for."""

    model_config = STRICT
    id: str = Field(min_length=1)
    type: Literal["function"] = "function"
    function: CalledFunction


class AssistantMessage(BaseModel):
    """What the model said before; `content` may be null beside tool calls."""

    model_config = STRICT
    role: Literal["assistant"]
    content: str | Annotated[list[AssistantPart], Field(min_length=1)] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    """Another name of `reasoning_content`; servers differ, both are taken."""
    audio: dict[str, Any] | None = None
    function_call: dict[str, Any] | None = None


class ToolMessage(BaseModel):
    """What a called tool returned."""

    model_config = STRICT
    role: Literal["tool"]
    content: TextContent
    tool_call_id: str = Field(min_length=1)


Message = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


def wire_messages(
    messages: Sequence[Message], *, images: bool, fields: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The messages for an engine: one system message, first, and plain text wherever there is only text.

    Args:
        messages: As the client sent them.
        images: The model sees pictures.
        fields: Where the client wrote each message, for errors (None = `messages[0]`, `messages[1]`...).

    Raises:
        InvalidRequest: A tool message answers no call, or an assistant says nothing at all.
        UnsupportedParameter: A picture for a model that sees none, or one that would have to be fetched.
    """
    system = [joined(message.content) for message in messages if isinstance(message, SystemMessage)]
    wire: list[dict[str, Any]] = [{"role": "system", "content": "\n\n".join(system)}] if system else []
    calls: set[str] = set()
    for index, message in enumerate(messages):
        where = fields[index] if fields else f"messages[{index}]"
        if isinstance(message, UserMessage):
            wire.append({"role": "user", "content": _user_content(message, where, images=images)})
        elif isinstance(message, AssistantMessage):
            calls.update(call.id for call in message.tool_calls or ())
            wire.append(_assistant(message, where))
        elif isinstance(message, ToolMessage):
            if message.tool_call_id not in calls:
                raise InvalidRequest(
                    "{field} {call!r} answers no tool call of an assistant message before it",
                    field=f"{where}.tool_call_id", param=f"{where}.tool_call_id", call=message.tool_call_id,
                )  # fmt: skip
            wire.append({"role": "tool", "content": joined(message.content), "tool_call_id": message.tool_call_id})
    return wire


def joined(content: str | Sequence[TextPart | RefusalPart]) -> str:
    """The text of a content, whichever way it was written."""
    if isinstance(content, str):
        return content
    return "\n".join(part.text if isinstance(part, TextPart) else part.refusal for part in content)


def _user_content(message: UserMessage, where: str, *, images: bool) -> str | list[dict[str, Any]]:
    content = message.content
    if isinstance(content, str):
        return content
    texts = [part for part in content if isinstance(part, TextPart)]
    if len(texts) == len(content):
        return joined(texts)
    for index, part in enumerate(content):
        field = f"{where}.content[{index}]"
        if isinstance(part, TextPart):
            continue
        if not images:
            raise UnsupportedParameter("{field} is an image, and this model sees none", field=field, param=field)
        if not part.image_url.url.startswith("data:image/"):
            # Fetching what a client names would let it reach into this machine's network.
            raise UnsupportedParameter(
                "{field} is not a data:image/... address; images are not fetched",
                field=f"{field}.image_url.url", param=f"{field}.image_url.url",
            )  # fmt: skip
    return [part.model_dump(exclude_none=True) for part in content]


def _assistant(message: AssistantMessage, where: str) -> dict[str, Any]:
    for name in ("audio", "function_call"):
        if getattr(message, name) is not None:
            raise UnsupportedParameter("{field} is not supported", field=f"{where}.{name}", param=f"{where}.{name}")
    content = message.refusal if message.content is None else joined(message.content)
    reasoning = message.reasoning_content or message.reasoning
    if content is None and not message.tool_calls and not reasoning:
        raise InvalidRequest("{field} has neither content nor tool_calls", field=where, param=f"{where}.content")
    wire: dict[str, Any] = {"role": "assistant", "content": content}
    if message.tool_calls:
        wire["tool_calls"] = [call.model_dump() for call in message.tool_calls]
    elif content is None:
        wire["content"] = ""
    if reasoning:
        wire["reasoning_content"] = reasoning
    return wire
