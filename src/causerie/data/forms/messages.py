"""OpenAI's form of conversations: `{"messages": [{"role": "user", "content": "..."}, ...]}`."""

from collections.abc import Iterable, Iterator
from typing import Any

from causerie.data.contract import Removed, Sample
from causerie.data.forms.turns import NotInThisForm, conversation, turns


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """Each row's conversation."""
    for key, row in rows:
        try:
            yield conversation(key, turns(row.get("messages")))
        except NotInThisForm as error:
            yield Removed(str(error), key)
