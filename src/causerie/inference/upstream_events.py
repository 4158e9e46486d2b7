"""What differs between OpenAI-compatible servers' streams, put into one form.

Does: the role in each choice's first delta; our name of the model; `[DONE]` where a server leaves it out; an error
where a stream ends without a finish reason or an event says one; plain `data: ` lines.
Does not: parse an event that needs no mending: it passes as the bytes in which it came. A quoted key cannot occur
inside JSON text, where quotes are escaped, so looking for one in the bytes is exact.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

from causerie.errors import CauserieError
from causerie.inference.aggregate import DATA, decoded, encoded
from causerie.inference.wire import DONE, Failures, error_object

_OBJECT = b"data: {"
_MODEL = re.compile(rb'"model"\s*:\s*"(?:[^"\\]|\\.)*"')
_ERROR = re.compile(rb'"error"\s*:\s*["{]|"object"\s*:\s*"error"')
_ERROR_FIELD = re.compile(rb"^(event: ?error\s*$|error:)", re.MULTILINE)
"""How servers say it outside the data: `event: error`, and llama.cpp's `error: {...}`."""
_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"[^"]')
_ROLE = b'"role":"assistant"'


async def mended(events: AsyncIterator[bytes], failures: Failures, model: str, choices: int) -> AsyncIterator[bytes]:
    """A server's events in the form that `contract.Reply.events` promises, to the first `[DONE]`.

    Args:
        events: Whole events, as they came.
        failures: What the ways to fail are called.
        model: What each chunk must call its model.
        choices: Choices that must each begin with a role (0 = the chunks have no roles).

    Raises:
        CauserieError: `failures.refused` for an error event, `failures.broken` when the end or the finish reason is
            missing or the first chunk is none.
    """
    silent = set(range(choices))
    finished = False
    async for raw in events:
        event = raw
        if not raw.startswith(_OBJECT):
            if _ERROR_FIELD.search(raw):
                raise _error_in(raw, failures)
            event = _plain(raw)
        if event == DONE:
            break
        if not event.startswith(_OBJECT):
            if event:
                yield event  # a comment: a sign of life
            continue
        if b'"error"' in event and _ERROR.search(event):
            raise _error_in(event, failures)
        event = named(event, model)
        if silent:
            event = _with_roles(event, silent, failures)
        finished = finished or bool(_FINISHED.search(event))
        yield event
    if not finished:
        raise failures.broken("its stream ended early")
    yield DONE


def named(answer: bytes, model: str) -> bytes:
    """An answer or event with our name of the model in it: names contain nothing that JSON would escape."""
    ours = b'"model":"%s"' % model.encode()
    if ours in answer:
        return answer
    return _MODEL.sub(lambda _: ours, answer, count=1)


def _plain(raw: bytes) -> bytes:
    """An event as one `data: ` line, or as a comment when it has no data; empty when it has neither."""
    lines = raw.split(b"\n")
    data = [line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")]
    if data:
        return DATA + b"".join(data).strip() + b"\n\n"
    comments = [line for line in lines if line.startswith(b":")]
    return b"\n".join(comments) + b"\n\n" if comments else b""


def _with_roles(event: bytes, silent: set[int], failures: Failures) -> bytes:
    """The event, with the role in the first delta of each choice that was silent up to now."""
    if silent == {0} and _ROLE in event:
        silent.clear()
        return event
    try:
        chunk = decoded(event)
        changed = [_give_role(choice) for choice in chunk.get("choices") or () if _speaks_first(choice, silent)]
    except (ValueError, TypeError, AttributeError) as error:
        raise failures.broken("its first event is no chunk") from error
    return encoded(chunk) if any(changed) else event


def _speaks_first(choice: dict[str, Any], silent: set[int]) -> bool:
    index = choice.get("index", 0)
    first = index in silent
    silent.discard(index)
    return first


def _give_role(choice: dict[str, Any]) -> bool:
    """Put the role into a delta that lacks it; whether it did."""
    delta = choice.get("delta") or {}
    if delta.get("role"):
        return False
    choice["delta"] = {"role": "assistant", **{name: said for name, said in delta.items() if name != "role"}}
    return True


def _error_in(event: bytes, failures: Failures) -> CauserieError:
    said = [line.partition(b":")[2] for line in event.split(b"\n") if line.startswith((b"data:", b"error:"))]
    return failures.refused(500, error_object(b"".join(said).strip()), None)
