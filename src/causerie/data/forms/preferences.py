r"""Preference pairs in the forms that are met: TRL's, OpenAI's, and Anthropic's transcripts.

| form | a row |
|---|---|
| TRL | `prompt` (text or messages), `chosen`, `rejected` (text, or messages) |
| TRL without a prompt | `chosen`, `rejected`: messages that begin alike |
| OpenAI | `input.messages`, `preferred_output`, `non_preferred_output` |
| Anthropic (hh-rlhf) | `chosen`, `rejected`: "\n\nHuman: ... \n\nAssistant: ..." |
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from causerie.data.contract import Message, Removed, Sample
from causerie.data.forms.turns import ROLE_OF, NotInThisForm, content, preference, turns

_TURN = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """Each row's pair."""
    for key, row in rows:
        try:
            yield preference(key, *_pair(row))
        except NotInThisForm as error:
            yield Removed(str(error), key)


def asked(value: object) -> tuple[Message, ...]:
    """A prompt: one question as text, or messages."""
    return (Message("user", value),) if isinstance(value, str) else turns(value)


def _pair(row: dict[str, Any]) -> tuple[tuple[Message, ...], str, str]:
    if "preferred_output" in row:
        given = row.get("input")
        question = turns(given.get("messages") if isinstance(given, dict) else None)
        return question, _answer(row["preferred_output"]), _answer(row.get("non_preferred_output"))
    if row.get("prompt"):
        return asked(row["prompt"]), _answer(row.get("chosen")), _answer(row.get("rejected"))
    chosen, rejected = (_transcript(row.get(name)) for name in ("chosen", "rejected"))
    if chosen[:-1] != rejected[:-1]:
        msg = "the two conversations differ before the answer"
        raise NotInThisForm(msg)
    if not chosen or {chosen[-1].role, rejected[-1].role} != {"assistant"}:
        msg = "no answer"
        raise NotInThisForm(msg)
    return chosen[:-1], chosen[-1].content, rejected[-1].content


def _answer(value: object) -> str:
    """An answer: text, or a list of one message."""
    if isinstance(value, list) and value:
        return turns(value)[-1].content
    return content(value)


def _transcript(value: object) -> tuple[Message, ...]:
    if not isinstance(value, str):
        return turns(value)
    before, *pieces = _TURN.split(value)
    if before.strip() or not pieces:
        msg = "no transcript of Human and Assistant"
        raise NotInThisForm(msg)
    names, said = pieces[::2], pieces[1::2]
    return tuple(Message(ROLE_OF[name.lower()], text.strip()) for name, text in zip(names, said, strict=True))
