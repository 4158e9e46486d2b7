"""causerie's own feedback: what people said of answers, and allowed to train on (`chat/feedback.py` lists it).

A row is a pair: `source`, `prompt` (messages), `chosen`, `rejected`, and which models wrote them. Who said it is not
taken over: a model must not learn people's ids.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from causerie.data.contract import Removed, Sample
from causerie.data.forms.turns import NotInThisForm, content, preference, turns


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """Each row's pair, with how the better answer is known to be better."""
    for key, row in rows:
        try:
            yield preference(
                key,
                turns(row.get("prompt")),
                content(row.get("chosen")),
                content(row.get("rejected")),
                how=row.get("source"),
                chosen_model=row.get("chosen_model"),
                rejected_model=row.get("rejected_model"),
            )
        except NotInThisForm as error:
            yield Removed(str(error), key)
