"""ShareGPT's form: `{"conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]}`."""

from collections.abc import Iterable, Iterator
from typing import Any

from causerie.data.contract import Message, Removed, Sample
from causerie.data.forms.turns import NotInThisForm, conversation, turns


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """Each row's conversation; a field `system` beside it comes first."""
    for key, row in rows:
        try:
            said = turns(row.get("conversations", row.get("conversation")), "from", "value")
        except NotInThisForm as error:
            yield Removed(str(error), key)
            continue
        system = row.get("system")
        yield conversation(key, (Message("system", system), *said) if isinstance(system, str) and system else said)
