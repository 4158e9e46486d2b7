"""The OpenAPI schema: what every route takes and answers. The page's types and the reference page are made from it.

Does: add to FastAPI's schema the routes that carry tokens, which are plain ASGI, and the errors that every route has.
Does not: serve it; `app.py` does, at `/openapi.json`.
Try it: python -m causerie.server.schema > schema.json
"""

import json
import sys
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from causerie.server.openai_chat import PATH as CHAT
from causerie.server.openai_completions import PATH as COMPLETIONS
from causerie.server.openai_completions import CompletionRequest
from causerie.server.openai_embeddings import PATH as EMBEDDINGS
from causerie.server.openai_embeddings import EmbeddingRequest
from causerie.server.openai_responses import PATH as RESPONSES
from causerie.server.openai_responses_schema import ResponseRequest
from causerie.server.openai_schema import ChatRequest

REFERENCE = "#/components/schemas/{model}"


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    """For people."""
    type: str
    param: str | None
    """The field at fault."""
    code: str
    """For programs."""
    hint: str | None = None
    """What to do about it."""


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorDetail


class Operation(NamedTuple):
    """A route that FastAPI does not see into."""

    path: str
    request: type[BaseModel]
    summary: str
    answer: str
    streams: bool


OPERATIONS = [
    Operation(CHAT, ChatRequest, "Answer a chat", "OpenAI's chat completion", streams=True),
    Operation(COMPLETIONS, CompletionRequest, "Go on from a text", "OpenAI's text completion", streams=True),
    Operation(EMBEDDINGS, EmbeddingRequest, "Turn texts into vectors", "OpenAI's list of embeddings", streams=False),
    Operation(RESPONSES, ResponseRequest, "Answer, and keep the answer", "OpenAI's response", streams=True),
]
"""The routes that carry tokens."""

ERRORS = {
    "400": "The request is not valid, or asks for what the model cannot do",
    "401": "An API key is required, or wrong",
    "403": "Another origin, or a Host header that is not this machine's",
    "404": "There is no such model or object",
    "409": "The object exists already, or is in a state that forbids this",
    "413": "The body is over the limit",
    "429": "Too many requests at once; see Retry-After",
    "500": "The server failed",
    "502": "The engine or upstream failed",
    "503": "No engine is available now; see Retry-After",
    "504": "The upstream did not answer in time",
    "507": "The model does not fit the memory",
}
"""What an operation may answer besides its success."""
COMMON = ("400", "401", "403", "404", "409", "429", "500")
"""Those of the routes that ask no model."""


def openapi_of(api: FastAPI) -> dict[str, Any]:
    """The whole schema of the application; made once."""
    if api.openapi_schema is None:
        schema = get_openapi(
            title=api.title, version=api.version, routes=api.routes,
            description="Language models on your own machine. `/v1` speaks OpenAI's API.",
        )  # fmt: skip
        models: list[type[BaseModel]] = [*(operation.request for operation in OPERATIONS), ErrorAnswer]
        _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(definitions["$defs"])
        for unused in ("HTTPValidationError", "ValidationError"):  # a wrong parameter is a 400 here, in OpenAI's form
            schemas.pop(unused, None)
        for methods in schema["paths"].values():
            for operation in methods.values():
                if operation["responses"].get("422", {}).get("description") == "Validation Error":  # FastAPI's own
                    del operation["responses"]["422"]
                operation["responses"] |= {status: _error(status) for status in COMMON}
        schema["paths"] |= {operation.path: {"post": _described(operation)} for operation in OPERATIONS}
        api.openapi_schema = schema
    return api.openapi_schema


def _described(operation: Operation) -> dict[str, Any]:
    request = {"schema": {"$ref": REFERENCE.format(model=operation.request.__name__)}}
    answer: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    said = operation.answer
    if operation.streams:
        answer["text/event-stream"] = {}
        said += "; with `stream`, its chunks as server-sent events"
    return {
        "tags": ["OpenAI"],
        "summary": operation.summary,
        "operationId": operation.path.strip("/").replace("/", "_"),
        "requestBody": {"required": True, "content": {"application/json": request}},
        "responses": {"200": {"description": said, "content": answer}}
        | {status: _error(status) for status in ERRORS},
    }


def _error(status: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": REFERENCE.format(model="ErrorAnswer")}}}
    return {"description": ERRORS[status], "content": content}


def openapi() -> dict[str, Any]:
    """The schema without a running server."""
    from causerie.server.app import create_api, parts_of
    from causerie.settings import Settings

    return openapi_of(create_api(parts_of(Settings())))


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
