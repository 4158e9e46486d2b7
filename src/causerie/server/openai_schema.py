"""What clients may send to `/v1/chat/completions`, and the fields that other routes share with it.

Does: check types and ranges; take unknown fields; refuse the known fields whose meaning this server does not have,
by name, so that nothing is ignored in silence.
Does not: know models; what depends on the model is checked in `openai_chat.py`.
Form: https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from causerie.errors import InvalidRequest, UnsupportedParameter
from causerie.server.openai_messages import STRICT, FunctionName, Message

MAX_INT32 = 2**31 - 1
MAX_INT64 = 2**63 - 1
MAX_CHOICES = 8
"""Answers to one request; each takes a slot of the engine."""
TokenCount = Annotated[int, Field(ge=1, le=MAX_INT32)]
StopText = Annotated[str, Field(min_length=1)]
Stop = StopText | Annotated[list[StopText], Field(max_length=4)]
TokenId = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]
Bias = Annotated[float, Field(ge=-100, le=100)]


class StreamOptions(BaseModel):
    """How a stream is sent."""

    model_config = STRICT
    include_usage: bool | None = None
    """One more chunk before `[DONE]`, without choices, with the tokens used."""
    include_obfuscation: bool | None = None


class Refusing(BaseModel):
    """A request that refuses fields by name; `refused` maps each to the values that it may have all the same."""

    model_config = STRICT
    refused: ClassVar[dict[str, tuple[object, ...]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _refuse(cls, given: object) -> object:
        if isinstance(given, dict):
            for field, harmless in cls.refused.items():
                value = given.get(field)
                if value is not None and value not in harmless:
                    raise UnsupportedParameter(
                        "{field} is not supported with this value", field=field, param=field,
                        hint="leave it out",
                    )  # fmt: skip
        return given


class Sampling(Refusing):
    """How the next token is chosen, and how the answer comes; chat and text completion share these."""

    model: str | None = None
    """Name of the model (null = the server's default)."""
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=0, le=MAX_INT32)
    """Only the k likeliest tokens (0 = all); an extension that llama.cpp and vLLM share."""
    min_p: float | None = Field(None, ge=0, le=1)
    """Only tokens at least this likely, relative to the likeliest; an extension too."""
    repeat_penalty: float | None = Field(None, gt=0, le=10)
    """Factor against tokens seen before (1 = none); an extension too."""
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logit_bias: dict[TokenId, Bias] | None = Field(None, max_length=1024)
    n: int | None = Field(None, ge=1, le=MAX_CHOICES)
    seed: int | None = Field(None, ge=-MAX_INT64 - 1, le=MAX_INT64)
    stop: Stop | None = None
    max_tokens: TokenCount | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = None
    """Whose request it is, in the client's words; changes nothing."""

    @model_validator(mode="after")
    def _stream_options_need_a_stream(self) -> Self:
        if self.stream_options is None:
            return self
        if not self.stream:
            raise InvalidRequest("stream_options needs stream to be true", param="stream_options")
        if self.stream_options.include_obfuscation:
            raise UnsupportedParameter(
                "{field} is not supported", field="stream_options.include_obfuscation",
                param="stream_options.include_obfuscation",
            )  # fmt: skip
        return self


class FunctionDefinition(BaseModel):
    """A function that the model may ask to be called."""

    model_config = STRICT
    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    """JSON schema of its arguments (null = it takes none)."""
    strict: bool | None = None


class Tool(BaseModel):
    """A tool; functions are the only type."""

    model_config = STRICT
    type: Literal["function"]
    function: FunctionDefinition


class NamedFunction(BaseModel):
    """The name of a function."""

    model_config = STRICT
    name: FunctionName


class NamedToolChoice(BaseModel):
    """This function must be called."""

    model_config = STRICT
    type: Literal["function"]
    function: NamedFunction


class JsonSchema(BaseModel):
    """The schema that an answer must fit; the engine can then write nothing else."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)
    name: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class TextFormat(BaseModel):
    """Any text."""

    model_config = STRICT
    type: Literal["text"]


class JsonObjectFormat(BaseModel):
    """Any JSON object."""

    model_config = STRICT
    type: Literal["json_object"]


class JsonSchemaFormat(BaseModel):
    """JSON that fits a schema."""

    model_config = STRICT
    type: Literal["json_schema"]
    json_schema: JsonSchema


ResponseFormat = Annotated[TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")]
ToolChoice = Literal["none", "auto", "required"] | NamedToolChoice


class ChatRequest(Sampling):
    """The body of `POST /v1/chat/completions`."""

    refused: ClassVar[dict[str, tuple[object, ...]]] = {
        "audio": (),
        "function_call": (),
        "functions": (),
        "modalities": (["text"],),
        "moderation": (),
        "prediction": (),
        "prompt_cache_options": (),
        "prompt_cache_retention": ("in_memory",),
        "service_tier": ("auto", "default"),
        "store": (False,),
        "web_search_options": (),
    }

    messages: list[Message] = Field(min_length=1)
    max_completion_tokens: TokenCount | None = None
    """The same as `max_tokens`."""
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    tools: list[Tool] | None = Field(None, max_length=128)
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    """Values for the model's chat template, such as `enable_thinking`; an extension that llama.cpp and vLLM share."""
    metadata: dict[str, str] | None = Field(None, max_length=16)
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        if self.top_logprobs is not None and not self.logprobs:
            raise InvalidRequest("top_logprobs needs logprobs to be true", param="top_logprobs")
        if None not in (self.max_tokens, self.max_completion_tokens) and (
            self.max_tokens != self.max_completion_tokens
        ):
            raise InvalidRequest(
                "max_tokens {old} and max_completion_tokens {new} mean the same and differ",
                old=self.max_tokens, new=self.max_completion_tokens, param="max_tokens",
                hint="send only max_completion_tokens",
            )  # fmt: skip
        self._check_tool_choice()
        return self

    def _check_tool_choice(self) -> None:
        if isinstance(self.tool_choice, NamedToolChoice):
            name = self.tool_choice.function.name
            if name not in [tool.function.name for tool in self.tools or ()]:
                raise InvalidRequest(
                    "tool_choice names {name!r}, which is not among the tools", name=name, param="tool_choice"
                )
        elif self.tool_choice == "required" and not self.tools:
            raise InvalidRequest("tool_choice 'required' needs tools", param="tool_choice")
