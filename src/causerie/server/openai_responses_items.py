"""Items of a response: what clients of `/v1/responses` send and get, and the messages that engines read instead.

Does: check items; put the calls, results and reasoning of earlier turns back into messages.
Does not: keep them between requests; `responses_store.py` does.
Form: https://platform.openai.com/docs/api-reference/responses/create
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from causerie.errors import InvalidRequest, UnsupportedParameter
from causerie.server.openai_messages import (
    STRICT,
    AssistantMessage,
    CalledFunction,
    FunctionName,
    ImagePart,
    ImageUrl,
    Message,
    RefusalPart,
    SystemMessage,
    TextPart,
    ToolCall,
    ToolMessage,
    UserMessage,
)

ItemStatus = Literal["in_progress", "completed", "incomplete"]


def new_id(prefix: str) -> str:
    """An id that cannot be guessed: `msg_...`, `resp_...`."""
    return f"{prefix}_{secrets.token_hex(24)}"


class InputText(BaseModel):
    """A piece of text that the model reads."""

    model_config = STRICT
    type: Literal["input_text"]
    text: str


class OutputText(BaseModel):
    """A piece of text that the model wrote."""

    model_config = STRICT
    type: Literal["output_text"]
    text: str
    annotations: list[dict[str, Any]] = []
    logprobs: list[dict[str, Any]] | None = None


class InputImage(BaseModel):
    """A picture within the request: `data:image/png;base64,...`."""

    model_config = STRICT
    type: Literal["input_image"]
    image_url: str | None = None
    detail: Literal["auto", "low", "high"] | None = None
    file_id: str | None = None
    """Refused: this server keeps no files."""


ContentPart = Annotated[InputText | OutputText | InputImage | RefusalPart, Field(discriminator="type")]


class MessageItem(BaseModel):
    """What somebody said."""

    model_config = STRICT
    type: Literal["message"] = "message"
    id: str = Field(default_factory=lambda: new_id("msg"))
    status: ItemStatus = "completed"
    role: Literal["user", "assistant", "system", "developer"]
    content: str | Annotated[list[ContentPart], Field(min_length=1)]


class FunctionCallItem(BaseModel):
    """A call that the model asked for."""

    model_config = STRICT
    type: Literal["function_call"]
    id: str = Field(default_factory=lambda: new_id("fc"))
    status: ItemStatus = "completed"
    call_id: str = Field(min_length=1)
    name: FunctionName
    arguments: str


class FunctionCallOutputItem(BaseModel):
    """What a called function returned."""

    model_config = STRICT
    type: Literal["function_call_output"]
    id: str = Field(default_factory=lambda: new_id("fco"))
    status: ItemStatus = "completed"
    call_id: str = Field(min_length=1)
    output: str | Annotated[list[InputText], Field(min_length=1)]


class ReasoningText(BaseModel):
    """A piece of reasoning, whole or in summary."""

    model_config = STRICT
    type: Literal["reasoning_text", "summary_text"]
    text: str


class ReasoningItem(BaseModel):
    """What the model thought before it spoke; plain text here, never encrypted."""

    model_config = STRICT
    type: Literal["reasoning"]
    id: str = Field(default_factory=lambda: new_id("rs"))
    status: ItemStatus | None = "completed"
    summary: list[ReasoningText] = []
    content: list[ReasoningText] | None = None
    encrypted_content: str | None = None


def _kind(item: object) -> str:
    given = item.get("type") if isinstance(item, dict) else getattr(item, "type", None)
    return "message" if given is None else str(given)


Item = Annotated[
    Annotated[MessageItem, Tag("message")]
    | Annotated[FunctionCallItem, Tag("function_call")]
    | Annotated[FunctionCallOutputItem, Tag("function_call_output")]
    | Annotated[ReasoningItem, Tag("reasoning")],
    Discriminator(_kind),
]
"""One step of a conversation; a message may leave its type out."""


def user_item(text: str) -> MessageItem:
    """A plain text as the item that it stands for."""
    return MessageItem(role="user", content=[InputText(type="input_text", text=text)])


def messages_of(items: Iterable[tuple[str, Item]]) -> tuple[list[Message], list[str]]:
    """The messages that say the same as `items`, and the field that each comes from.

    What one turn of the model left (reasoning, text, calls) are several items and one message.

    Args:
        items: Each with the field that it stands in, for errors: `input[2]`.

    Raises:
        InvalidRequest: A result answers no call before it.
        UnsupportedParameter: A picture that is a file of another server.
    """
    messages: list[Message] = []
    fields: list[str] = []
    calls: set[str] = set()
    turn: AssistantMessage | None = None
    for field, item in items:
        message: Message
        if isinstance(item, FunctionCallOutputItem):
            if item.call_id not in calls:
                raise InvalidRequest(
                    "{field} {call!r} answers no function call before it",
                    field=f"{field}.call_id", param=f"{field}.call_id", call=item.call_id,
                )  # fmt: skip
            message = ToolMessage(role="tool", tool_call_id=item.call_id, content=_joined(item.output))
        elif isinstance(item, MessageItem) and item.role != "assistant":
            message = _heard(item, field)
        else:
            if isinstance(item, FunctionCallItem):
                calls.add(item.call_id)
            if turn:
                _add(turn, item, field)
                continue
            message = turn = AssistantMessage(role="assistant")
            _add(turn, item, field)
        if message is not turn:
            turn = None
        messages.append(message)
        fields.append(field)
    return messages, fields


def _add(turn: AssistantMessage, item: MessageItem | FunctionCallItem | ReasoningItem, field: str) -> None:
    if isinstance(item, FunctionCallItem):
        function = CalledFunction(name=item.name, arguments=item.arguments)
        turn.tool_calls = [*(turn.tool_calls or ()), ToolCall(id=item.call_id, function=function)]
    elif isinstance(item, ReasoningItem):
        text = "\n".join(piece.text for piece in item.content or item.summary)
        turn.reasoning_content = "\n".join(filter(None, (turn.reasoning_content, text))) or None
    else:
        said = _words(item, field)
        turn.content = said if turn.content is None else f"{turn.content}\n{said}"


def _heard(item: MessageItem, field: str) -> SystemMessage | UserMessage:
    if item.role != "user":
        return SystemMessage(role="system", content=_words(item, field))
    if isinstance(item.content, str):
        return UserMessage(role="user", content=item.content)
    parts: list[TextPart | ImagePart] = []
    for index, part in enumerate(item.content):
        if not isinstance(part, InputImage):
            parts.append(TextPart(type="text", text=_text(part)))
            continue
        if part.image_url is None:
            where = f"{field}.content[{index}].image_url"
            raise UnsupportedParameter("{field} must hold the image: no files are kept", field=where, param=where)
        image = ImageUrl(url=part.image_url, detail=part.detail)
        parts.append(ImagePart(type="image_url", image_url=image))
    return UserMessage(role="user", content=parts)


def _words(item: MessageItem, field: str) -> str:
    if isinstance(item.content, list) and any(isinstance(part, InputImage) for part in item.content):
        where = f"{field}.content"
        raise UnsupportedParameter("{field} has an image, which only a user may send", field=where, param=where)
    return _joined(item.content)


def _joined(content: str | Sequence[InputText | OutputText | InputImage | RefusalPart]) -> str:
    return content if isinstance(content, str) else "\n".join(map(_text, content))


def _text(part: InputText | OutputText | InputImage | RefusalPart) -> str:
    if isinstance(part, RefusalPart):
        return part.refusal
    return "" if isinstance(part, InputImage) else part.text
