"""What the refusals and failures of an upstream are called here.

Does: turn a status and an error object, in any of the servers' dialects, into one of our errors: what the client got
wrong comes to the client with the upstream's own message; what is wrong with the upstream names the upstream.
Does not: talk to upstreams; `upstream.py` does.
"""

import re
from typing import Any

from causerie.errors import (
    BodyTooLarge,
    CauserieError,
    ContextLengthExceeded,
    InvalidRequest,
    ModelNotFound,
    RateLimited,
    UnsupportedParameter,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from causerie.inference.wire import Failures

TOO_LONG = re.compile(r"context[ _](length|size)|exceed_context_size", re.IGNORECASE)
"""How servers with no code for it say that a prompt does not fit: vLLM "maximum context length", SGLang "longer than
the model's context length", llama.cpp `exceed_context_size_error`."""
BY_CODE: dict[object, type[InvalidRequest | ModelNotFound]] = {
    "context_length_exceeded": ContextLengthExceeded,
    "unsupported_parameter": UnsupportedParameter,
    "model_not_found": ModelNotFound,
}
SET_WRONG = frozenset({404, 405, 407})
"""What no client can cause: the path and the upstream's name of the model come from our settings."""
LONGEST_WAIT_S = 3600.0
"""An upstream cannot send clients away for longer, whatever its Retry-After says."""
BY_STATUS: dict[int, type[InvalidRequest]] = {413: BodyTooLarge, 501: UnsupportedParameter}
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


def failures_of(name: str) -> Failures:
    """What the ways to fail are called for the upstream of this name."""

    def unreachable(reason: str) -> CauserieError:
        return UpstreamUnavailable(
            "upstream {name!r} cannot be reached: {reason}", name=name, reason=reason, retry_after=1.0
        )

    def timed_out(what: str) -> CauserieError:
        return UpstreamTimeout(
            "upstream {name!r} did not send {what} in time", name=name, what=what,
            hint="ask for a stream, or raise its first_token_timeout_s or idle_timeout_s",
        )  # fmt: skip

    def broken(reason: str) -> CauserieError:
        return UpstreamError(
            "upstream {name!r} broke off in the middle of this answer: {reason}", name=name, reason=reason
        )

    def refused(status: int, said: dict[str, Any], wait_s: float | None) -> CauserieError:
        # Inside a stream the status is the error's `code` in vLLM and llama.cpp.
        inner = said.get("code")
        status = inner if status == 500 and isinstance(inner, int) and 400 <= inner < 600 else status
        return _refused(name, status, said, wait_s)

    return Failures(unreachable=unreachable, timed_out=timed_out, broken=broken, refused=refused)


def refused_with_reason(error: BaseException) -> bool:
    """Whether the server that this came from is well: the request, or our settings, are what it refused."""
    if isinstance(error, UpstreamUnavailable | UpstreamTimeout):
        return False
    status = error.values.get("status") if isinstance(error, UpstreamError) else None
    return isinstance(error, InvalidRequest | ModelNotFound) or (isinstance(status, int) and status < 500)


def _refused(name: str, status: int, said: dict[str, Any], wait_s: float | None) -> CauserieError:
    # An upstream must not be able to write on a terminal.
    message = "".join(sign for sign in str(said.get("message"))[:2000] if sign.isprintable() or sign == "\n")
    wait_s = None if wait_s is None else min(wait_s, LONGEST_WAIT_S)
    if status in {401, 403}:
        # Its message is left out: it may hold a part of our key.
        return UpstreamError(
            "upstream {name!r} does not accept our key (status {status})", name=name, status=status,
            hint="look at its api_key_env or api_key_file in causerie.toml",
        )  # fmt: skip
    if status == 429:
        return RateLimited("upstream {name!r} is busy: {message}", name=name, message=message, retry_after=wait_s)
    if status in {408, 502, 503, 504}:
        return UpstreamUnavailable(
            "upstream {name!r} is unavailable (status {status}): {message}", name=name, status=status,
            message=message, retry_after=wait_s or 1.0,
        )  # fmt: skip
    if status < 400:
        return UpstreamError(
            "upstream {name!r} redirects elsewhere (status {status})", name=name, status=status,
            hint="set its base_urls to the address that answers, up to and with /v1",
        )  # fmt: skip
    set_wrong = status in SET_WRONG and said.get("code") != "model_not_found"
    if (status < 500 and not set_wrong) or status in BY_STATUS:
        return _passed_on(status, said, message)
    return UpstreamError(
        "upstream {name!r} failed (status {status}): {message}", name=name, status=status, message=message
    )


def _passed_on(status: int, said: dict[str, Any], message: str) -> CauserieError:
    """The client's own mistake, in the upstream's words."""
    code, param = said.get("code"), said.get("param")
    kind = BY_CODE.get(code) if isinstance(code, str) else None
    if kind is None and TOO_LONG.search(f"{said.get('type')} {message}"):
        kind = ContextLengthExceeded
    error = (kind or BY_STATUS.get(status, InvalidRequest))(
        "{message}", message=message, param=param if isinstance(param, str) else None
    )
    if kind is None and isinstance(code, str) and _CODE.fullmatch(code):
        # Programs compare codes: the upstream's own says more than the one that its class has here.
        error.__dict__["code"] = code
    return error
