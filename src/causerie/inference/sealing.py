"""What people write stays text: names of control tokens in it open no turn and end no answer.

Does: break each such name in the messages and tools of a request with a sign that is not seen, and take that sign out
of an answer that repeats it.
Does not: touch the prompt of a text completion, where whoever writes it writes the tokens too.

llama.cpp puts the messages into the model's template and then reads names like `<|im_start|>` as tokens wherever they
stand, in the template's own text and in the messages alike. A question, a file or a web page could so bring a system
message of its own.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from causerie.inference.contract import Payload

BREAK = "\u2060"
"""WORD JOINER: it has no width, and no name has it."""
_WRITTEN = ("messages", "tools")
"""Fields of a request with what people and programs wrote."""


def sealed(request: Payload, names: Sequence[str]) -> Payload:
    """The request with none of these names in what was written.

    Args:
        request: Of a chat.
        names: Of the model's control tokens.
    """
    return {**request, **{field: _sealed(request[field], names) for field in _WRITTEN if request.get(field)}}


async def unsealed(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The events of an answer to a sealed request, as if nothing had been broken: code in it may be copied."""
    async for event in events:
        yield event.replace(BREAK.encode(), b"").replace(rb"\u2060", b"")  # JSON has both forms


def _sealed(value: Any, names: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        for name in names:
            if name in value:
                value = value.replace(name, name[0] + BREAK + name[1:])
        return value
    if isinstance(value, list):
        return [_sealed(each, names) for each in value]
    if isinstance(value, dict):
        return {_sealed(key, names): _sealed(each, names) for key, each in value.items()}
    return value
