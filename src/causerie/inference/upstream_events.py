"""What differs between OpenAI-compatible servers' streams, put into one form.

Does: the role in each choice's first delta; our name of the model; `[DONE]` where a server leaves it out; an error
where a stream ends before its end or an event says one; plain `data: ` lines.
Does not: parse an event that needs no mending: it passes as the bytes in which it came. A quoted key cannot occur
inside JSON text, where quotes are escaped, so looking for one in the bytes is exact.
"""

import re
from collections.abc import AsyncIterator

from causerie.errors import CauserieError
from causerie.inference.aggregate import DATA, decoded, encoded
from causerie.inference.wire import DONE, Failures, error_object

_OBJECT = b"data: {"
_MODEL = re.compile(rb'"model"\s*:\s*"(?:[^"\\]|\\.)*"')
_ERROR = re.compile(rb'data: \{\s*"(error"|object"\s*:\s*"error")')
_ROLE = b'"role":"assistant"'


async def mended(events: AsyncIterator[bytes], failures: Failures, model: str, choices: int) -> AsyncIterator[bytes]:
    """A server's events in the form that `contract.Reply.events` promises, to the first `[DONE]`.

    Args:
        events: Whole events, as they came.
        failures: What the ways to fail are called.
        model: What each chunk must call its model.
        choices: Choices that must each begin with a role (0 = the chunks have no roles).

    Raises:
        CauserieError: `failures.refused` for an error event, `failures.broken` when the end is missing.
    """
    silent = set(range(choices))
    finished = False
    quoted = f'"{model}"'.encode()
    async for raw in events:
        event = raw if raw.startswith(_OBJECT) else _plain(raw)
        if event == DONE:
            yield event
            return
        if not event.startswith(_OBJECT):
            if event:
                yield event  # a comment: a sign of life
            continue
        if _ERROR.match(event):
            raise _error_in(event, failures)
        if quoted not in event:
            event = named(event, model)
        if silent:
            event = _with_roles(event, silent)
        if not finished:
            finished = b'"finish_reason":"' in event or b'"finish_reason": "' in event
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


def _with_roles(event: bytes, silent: set[int]) -> bytes:
    """The event, with the role in the first delta of each choice that was silent up to now."""
    if silent == {0} and _ROLE in event:
        silent.clear()
        return event
    chunk = decoded(event)
    changed = False
    for choice in chunk.get("choices") or ():
        if choice.get("index", 0) not in silent:
            continue
        silent.discard(choice.get("index", 0))
        delta = choice.get("delta") or {}
        if not delta.get("role"):
            choice["delta"] = {"role": "assistant", **{name: said for name, said in delta.items() if name != "role"}}
            changed = True
    return encoded(chunk) if changed else event


def _error_in(event: bytes, failures: Failures) -> CauserieError:
    return failures.refused(500, error_object(event[len(DATA) :].strip()), None)
