"""`POST /v1/embeddings`: vectors of texts.

Does: translate; OpenAI's clients ask for base64 (little-endian float32) unless told otherwise, and get it.
Does not: shorten vectors: `dimensions` other than the model's own is a 400.
Form: https://platform.openai.com/docs/api-reference/embeddings/create
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from causerie.errors import UnsupportedParameter
from causerie.inference.contract import Capabilities
from causerie.inference.router import Router
from causerie.server.bodies import read_request
from causerie.server.metering import Metering
from causerie.server.openai_chat import refuse_unless
from causerie.server.openai_completions import Tokens
from causerie.server.openai_messages import STRICT
from causerie.server.records import record_of
from causerie.server.relay import relay_whole

PATH = "/v1/embeddings"
MAX_INPUTS = 2048
"""OpenAI's own limit."""
PROMPT_TOKENS = re.compile(rb'"prompt_tokens"\s*:\s*(\d+)')

Text = Annotated[str, Field(min_length=1)]
Input = (
    Text
    | Annotated[list[Text], Field(min_length=1, max_length=MAX_INPUTS)]
    | Tokens
    | Annotated[list[Tokens], Field(min_length=1, max_length=MAX_INPUTS)]
)


class EmbeddingRequest(BaseModel):
    """The body of `POST /v1/embeddings`."""

    model_config = STRICT
    model: str | None = None
    """Name of the model (null = the server's default)."""
    input: Input
    """A text, token ids, or a list of either."""
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = Field(None, ge=1, le=65536)
    """Length of the vectors; only the model's own is possible."""
    user: str | None = None
    """Whose request it is, in the client's words; changes nothing."""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The route, as an ASGI application."""

    router: Router
    metering: Metering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for vectors."""
        record = record_of(scope)
        record.route, record.operation = PATH, "embeddings"
        request = await read_request(receive, EmbeddingRequest)
        record.model = model = self.metering.resolve(scope, request.model, request.input)
        payload = embedding_payload(request, model, await self.router.capabilities(model))

        def finish(raw: bytes) -> bytes:
            # Vectors are long: the count is found without parsing them.
            if found := PROMPT_TOKENS.search(raw):
                record.tokens_in = int(found[1])
            return raw

        async with self.metering.metered(scope, payload):
            await relay_whole(scope, receive, send, self.router.send("embeddings", payload), finish)


def embedding_payload(request: EmbeddingRequest, model: str, can: Capabilities) -> dict[str, Any]:
    """What the engine gets.

    Raises:
        UnsupportedParameter: The model gives no vectors, or none of that length; `param` names the field.
    """
    refuse_unless(can.embeddings, "model", model, "it gives no embeddings")
    if can.embedding_dimensions and request.dimensions not in (None, can.embedding_dimensions):
        raise UnsupportedParameter(
            "dimensions {asked} is not supported: the vectors of model {model!r} have {own}",
            asked=request.dimensions, model=model, own=can.embedding_dimensions, param="dimensions",
        )  # fmt: skip
    payload: dict[str, Any] = {
        "model": model,
        "input": request.input,
        "encoding_format": request.encoding_format or "float",
    }
    if request.dimensions and not can.embedding_dimensions:
        payload["dimensions"] = request.dimensions
    return payload
