"""The outermost layer of the application: every request gets an id, a log line, its figures, and an end.

Does: take or make `x-request-id`; put the headers on that every answer has; turn errors that nobody answered into an
answer, if none had begun; write one access line, count, trace.
Does not: see or log bodies.
"""

import asyncio
import re
import secrets
import traceback
from collections.abc import Callable, Sequence

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from causerie.errors import CauserieError
from causerie.server.errors import METHODS, send_error
from causerie.server.metrics import Metrics
from causerie.server.records import KEY, Record

log = structlog.get_logger(__name__)

SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)
QUIET = frozenset(("/healthz", "/readyz", "/metrics"))
"""Routes that programs ask every few seconds: their lines are for `debug`."""


class Observation:
    """Pure ASGI middleware; see the module.

    Args:
        app: What it wraps.
        metrics: Where requests are counted.
        also: What else is told of each ended request.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, also: Sequence[Callable[[Record], None]] = ()) -> None:
        self._app = app
        self._metrics = metrics
        self._also = also

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens in it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        record = Record(request_id=_request_id(scope), method=method)
        scope[KEY] = record
        structlog.contextvars.bind_contextvars(request_id=record.request_id)
        own_headers = ((b"x-request-id", record.request_id.encode()), *HEADERS)

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *own_headers, *record.headers]
            await send(message)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_dressed)
        except CauserieError as error:
            await _answer(error, record, send_dressed)
        except asyncio.CancelledError:
            record.error = record.error or "cancelled"
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence
            # Whatever raised it has been answered, if that was still possible: this is for whoever reads the log.
            _log_fault(scope, error)
            record.error = type(error).__name__
        finally:
            self._ended(scope, record)

    def _ended(self, scope: Scope, record: Record) -> None:
        self._metrics.in_flight.dec()
        if record.route == "unmatched" and (route := scope.get("route")) is not None:
            record.route = getattr(route, "path", record.route)
        self._metrics.count(record)
        for tell in self._also:
            tell(record)
        line = log.debug if record.route in QUIET else log.info
        facts = {
            "method": record.method,
            "path": scope["path"],
            "status": record.status,
            "ms": round(record.elapsed_s() * 1000, 1),
        }
        if record.model:
            facts |= {"model": record.model, "tokens_in": record.tokens_in, "tokens_out": record.tokens_out}
        if record.error:
            facts["error"] = record.error
        if record.cancelled:
            facts["cancelled"] = True
        line("request", **facts)


async def _answer(error: CauserieError, record: Record, send: Send) -> None:
    record.error = record.error or error.code
    if not record.status:
        await send_error(send, error)


def _log_fault(scope: Scope, error: Exception) -> None:
    # Its kind and the way to where it was raised; its message may quote a prompt, which only `debug` may show.
    where = "".join((*traceback.format_tb(error.__traceback__), type(error).__qualname__))
    log.error("request_failed", method=scope["method"], path=scope["path"], exception=where)
    log.debug("request_failed", exc_info=error)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and SANE_ID.fullmatch(value):
            return str(value, "ascii")
    return f"req_{secrets.token_hex(12)}"
