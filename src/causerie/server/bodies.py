"""Request bodies: read within their limits, parsed, checked.

Does: read a body in bounded time, parse JSON strictly (no NaN, no endless nesting, no half characters), check it
against a pydantic model and name the field at fault as the client typed it.
Does not: limit the size; `security.py` counts the bytes on their way here.
"""

import asyncio
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.types import Receive

from causerie.errors import InvalidRequest, RequestTimeout
from causerie.server.errors import invalid_request
from causerie.server.relay import ClientGone

BODY_TIMEOUT_S = 30.0
"""Time that a whole body may take to arrive."""

Checked = TypeVar("Checked", bound=BaseModel)


async def read_request(receive: Receive, model: type[Checked]) -> Checked:
    """The body as `model`.

    Raises:
        InvalidRequest: It is not JSON, or not what `model` describes; `param` names the field.
        RequestTimeout: It did not arrive in time.
        ClientGone: The connection closed in its middle.
    """
    given = parse_json(await _read(receive))
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid_request(error.errors(include_url=False, include_context=False), given) from None


def parse_json(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`.

    Raises:
        InvalidRequest: It is not JSON in UTF-8, or not an object.
    """
    try:
        given = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest("the body is not valid JSON: {reason}", reason=str(error)) from None
    if not isinstance(given, dict):
        raise InvalidRequest("the body must be a JSON object")
    return given


async def _read(receive: Receive) -> bytes:
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                return bytes(message.get("body", b""))
            chunks = bytearray()
            while message["type"] == "http.request":
                chunks += message.get("body", b"")
                if not message.get("more_body"):
                    return bytes(chunks)
                message = await receive()
    except TimeoutError:
        raise RequestTimeout("the body did not arrive within {limit} s", limit=BODY_TIMEOUT_S) from None
    raise ClientGone
