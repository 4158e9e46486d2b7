"""What clients may send to `POST /v1/responses`.

Does: check types and ranges, and refuse by name what this server does not have: built-in tools, stored prompts and
conversations, work in the background.
Does not: know models; what depends on the model is checked in `openai_responses.py`.
Form: https://platform.openai.com/docs/api-reference/responses/create
"""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from causerie.errors import InvalidRequest, UnsupportedParameter
from causerie.server.openai_messages import STRICT, FunctionName
from causerie.server.openai_responses_items import Item
from causerie.server.openai_schema import JsonObjectFormat, Sampling, TextFormat, TokenCount

MAX_ITEMS = 4096
Includable = Literal[
    "message.output_text.logprobs",
    "reasoning.encrypted_content",
    "code_interpreter_call.outputs",
    "computer_call_output.output.image_url",
    "file_search_call.results",
    "message.input_image.image_url",
    "web_search_call.results",
    "web_search_call.action.sources",
]
INCLUDED = ("message.output_text.logprobs", "reasoning.encrypted_content")
"""What can be included. Reasoning is plain text here: a client that keeps no responses can send it back as it is."""


class FunctionTool(BaseModel):
    """A function that the model may ask to be called."""

    model_config = STRICT
    type: Literal["function"]
    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    """JSON schema of its arguments (null = it takes none)."""
    strict: bool | None = None
    """Null = true, as OpenAI has it for this route."""


class ChosenFunction(BaseModel):
    """This function must be called, or may be."""

    model_config = STRICT
    type: Literal["function"]
    name: FunctionName


class AllowedTools(BaseModel):
    """Only these of the tools, for this answer."""

    model_config = STRICT
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[ChosenFunction] = Field(min_length=1, max_length=128)


Choice = Literal["none", "auto", "required"] | Annotated[ChosenFunction | AllowedTools, Field(discriminator="type")]


class SchemaFormat(BaseModel):
    """The schema that the answer must fit."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)
    type: Literal["json_schema"]
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class TextSettings(BaseModel):
    """Form and length of the text."""

    model_config = STRICT
    format: Annotated[TextFormat | JsonObjectFormat | SchemaFormat, Field(discriminator="type")] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(BaseModel):
    """How much the model thinks before it speaks."""

    model_config = STRICT
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    """Only `auto`: reasoning is given whole."""


class ResponseRequest(Sampling):
    """The body of `POST /v1/responses`. `seed`, `stop` and further sampling fields of chat are taken too."""

    refused: ClassVar[dict[str, tuple[object, ...]]] = {
        "background": (False,),
        "context_management": (),
        "conversation": (),
        "max_tokens": (),
        "moderation": (),
        "n": (1,),
        "prompt": (),
        "prompt_cache_options": (),
        "prompt_cache_retention": ("in_memory",),
        "service_tier": ("auto", "default"),
        "truncation": ("disabled",),
    }

    input: str | Annotated[list[Item], Field(max_length=MAX_ITEMS)] | None = None
    instructions: str | None = None
    """A system message, for this answer only."""
    previous_response_id: str | None = None
    """The conversation goes on from this response."""
    max_output_tokens: TokenCount | None = None
    tools: list[FunctionTool] | None = Field(None, max_length=128)
    tool_choice: Choice | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = Field(None, ge=1)
    """Limit of calls of built-in tools, of which there are none here."""
    text: TextSettings | None = None
    reasoning: Reasoning | None = None
    include: list[Includable] | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    store: bool | None = None
    """Keep the response, so that a later one can go on from it (null = true)."""
    metadata: dict[
        Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]
    ] | None = Field(None, max_length=16)  # fmt: skip
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None

    @model_validator(mode="after")
    def _only_what_can_be_done(self) -> Self:
        for index, wish in enumerate(self.include or ()):
            if wish not in INCLUDED:
                field = f"include[{index}]"
                raise UnsupportedParameter("{field} is not supported with this value", field=field, param=field)
        if self.reasoning and self.reasoning.summary not in (None, "auto"):
            raise UnsupportedParameter(
                "{field} is not supported with this value", field="reasoning.summary", param="reasoning.summary",
                hint="leave it out: reasoning is given whole",
            )  # fmt: skip
        return self

    @model_validator(mode="after")
    def _choice_is_among_the_tools(self) -> Self:
        choice, known = self.tool_choice, {tool.name for tool in self.tools or ()}
        if choice == "required" and not known:
            raise InvalidRequest("tool_choice 'required' needs tools", param="tool_choice")
        for named in _named(choice):
            if named not in known:
                raise InvalidRequest(
                    "tool_choice names {name!r}, which is not among the tools", name=named, param="tool_choice"
                )
        return self

    @property
    def wants_logprobs(self) -> bool:
        """Log-probabilities are asked for, in either way."""
        return bool(self.top_logprobs) or INCLUDED[0] in (self.include or ())


def _named(choice: Choice | None) -> list[str]:
    if isinstance(choice, ChosenFunction):
        return [choice.name]
    return [tool.name for tool in choice.tools] if isinstance(choice, AllowedTools) else []
