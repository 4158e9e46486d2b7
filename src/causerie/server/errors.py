"""Failures as HTTP: every error becomes OpenAI's error shape.

Does: `{"error": {"message", "type", "param", "code"}}` with the right status and headers, plus `hint` (what to do)
where there is one; makes one `InvalidRequest` of a validation report, naming the field as the client typed it.
Does not: decide what is wrong, or log it; `observation.py` logs.
Try it: curl -i http://127.0.0.1:8080/v1/nothing
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from fastapi import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Send

from causerie.errors import (
    CauserieError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    RequestTimeout,
    Unauthenticated,
)
from causerie.server.records import record_of

if TYPE_CHECKING:
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Those of HTTP that anything here may take or count by name."""
CLIENT_CLOSED_REQUEST = 499
"""For logs and metrics only, as nginx has it: nobody is there to read a status."""


def error_object(error: CauserieError) -> dict[str, Any]:
    """The JSON object of an error, as OpenAI's clients read it."""
    inner = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
    if error.hint:
        inner["hint"] = error.hint
    return {"error": inner}


def error_event(error: CauserieError) -> bytes:
    """The error as the last event of a stream that has begun."""
    return b"data: " + json.dumps(error_object(error), ensure_ascii=False).encode() + b"\n\n"


def error_headers(error: CauserieError) -> dict[str, str]:
    """Headers that say how to go on: when to come back, which credentials to bring."""
    headers = {}
    if error.status in (429, 503):
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after or 1)))
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    return headers


async def send_error(send: Send, error: CauserieError) -> None:
    """Answer a request that has had no byte of an answer yet."""
    body = json.dumps(error_object(error), ensure_ascii=False).encode()
    headers = [(name.encode(), value.encode()) for name, value in error_headers(error).items()]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if isinstance(error, RequestTimeout):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def invalid_request(errors: Sequence[Mapping[str, Any]], given: object) -> InvalidRequest:
    """One error for a validation report: the deepest finding, since a union reports each branch that was tried.

    Of two as deep, a value out of its bounds says more than one of the wrong type, which another branch had for it.

    Args:
        errors: pydantic's findings, as `ValidationError.errors()` gives them.
        given: What was validated, to tell its keys from the names of union branches in a finding's place.
    """

    def tells(error: Mapping[str, Any]) -> tuple[int, bool]:
        path = field_path(error["loc"], given)
        return path.count(".") + path.count("["), error["type"] != "missing" and not error["type"].endswith("_type")

    first = max(errors, key=tells)
    param = field_path(first["loc"], given)
    reason = first["msg"].removeprefix("Value error, ")
    if not param:
        return InvalidRequest("the request is not valid: {reason}", reason=reason)
    return InvalidRequest("{field} is not valid: {reason}", param=param, field=param, reason=reason)


def field_path(location: Sequence[int | str], given: object) -> str:
    """Where a finding is, as a client writes it: `messages[0].content[1].type`.

    pydantic puts the names of the union branches it tried between the keys: what is neither a key of the input nor
    the last part of the place is such a name.
    """
    path, here = "", given
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(part, int) and isinstance(here, list) and part < len(here):
            path, here = f"{path}[{part}]", here[part]
        elif isinstance(here, Mapping) and (part in here or (last and isinstance(part, str) and part.isidentifier())):
            path = f"{path}.{part}" if path else str(part)
            here = here.get(part)
    return path


async def answer_causerie_error(request: Request, error: Exception) -> Response:
    """An error of ours, raised by any route."""
    ours = cast("CauserieError", error)
    record_of(request.scope).error = ours.code
    body = json.dumps(error_object(ours), ensure_ascii=False)
    return Response(body, ours.status, error_headers(ours), media_type="application/json")


async def answer_fault(request: Request, _error: Exception) -> Response:
    """What nobody foresaw; `observation.py` logs it with its traceback."""
    fault = CauserieError(
        "the server failed while answering; its log says more under {request_id}",
        request_id=record_of(request.scope).request_id,
    )
    return await answer_causerie_error(request, fault)


async def answer_client_gone(request: Request, _error: Exception) -> Response:
    """The client left before its request was whole: nobody reads this, logs and metrics count it."""
    record_of(request.scope).cancelled = True
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def answer_validation_error(request: Request, error: Exception) -> Response:
    """For FastAPI's own routes: parameters that do not fit the schema are a 400, as OpenAI has it, not a 422."""
    # FastAPI puts the part of the request (`path`, `query`) before the field's name.
    refused = cast("RequestValidationError", error)
    findings = [{**finding, "loc": finding["loc"][1:]} for finding in refused.errors()]
    given = refused.body if isinstance(refused.body, dict) else dict(request.path_params)
    return await answer_causerie_error(request, invalid_request(findings, given))


async def answer_http_error(request: Request, error: Exception) -> Response:
    """For the router's own refusals: unknown paths and wrong methods."""
    refusal = cast("HTTPException", error)
    path, method = request.url.path, request.method
    ours: CauserieError
    if refusal.status_code == NotFound.status:
        ours = NotFound("there is no path {path}", path=path, hint="GET /openapi.json lists every path")
    elif refusal.status_code == MethodNotAllowed.status:
        ours = MethodNotAllowed("{path} does not take the method {method}", path=path, method=method)
    else:
        ours = InvalidRequest("{reason}", reason=str(refusal.detail))
    response = await answer_causerie_error(request, ours)
    response.headers.update(refusal.headers or {})
    if isinstance(ours, MethodNotAllowed):
        response.headers["allow"] = ", ".join(_methods(request))
    return response


def _methods(request: Request) -> list[str]:
    """The methods that the path takes; the router's own `Allow` has those of one route, a path may have several.

    A path that the schema names whole is not what another's `{parameter}` was meant for, though that one fits it too.
    """
    described = request.app.openapi()["paths"].get(request.url.path)
    if described is not None:
        return [method for method in METHODS if method.lower() in described]

    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in METHODS if takes(method)]
