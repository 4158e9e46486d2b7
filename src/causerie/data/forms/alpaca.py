"""Alpaca's form: `instruction`, `input` (may be empty), `output`; later sets also have `system` and `history`.

Dolly's names are known too: `context` for `input`, `response` for `output`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from causerie.data.contract import Message, Removed, Sample
from causerie.data.forms.turns import conversation


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """Each row as a conversation of one question, or more with a `history`."""
    for key, row in rows:
        asked, answer = row.get("instruction"), row.get("output", row.get("response"))
        if not isinstance(asked, str) or not isinstance(answer, str):
            yield Removed("no `instruction` and `output`", key)
            continue
        given = row.get("input", row.get("context")) or ""
        said = [Message("system", str(row["system"]))] if row.get("system") else []
        before = row.get("history") or []
        if not isinstance(before, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in before):
            yield Removed("a `history` that is not pairs", key)
            continue
        for question, reply in before:
            said += [Message("user", str(question)), Message("assistant", str(reply))]
        question = f"{asked}\n\n{given}" if str(given).strip() else asked
        yield conversation(key, [*said, Message("user", question), Message("assistant", answer)])
