"""What people write stays text: names of control tokens in it open no turn and end no answer.

Does: break each such name in the messages and tools of a request with a sign that is not seen.
Does not: touch the prompt of a text completion, where whoever writes it writes the tokens too.

llama.cpp puts the messages into the model's template and then reads names like `<|im_start|>` as tokens wherever they
stand, in the template's own text and in the messages alike. A question, a file or a web page could so bring a system
message of its own.
"""

from collections.abc import Sequence
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
