"""Answers that people found good or bad: TRL's `prompt`, `completion`, `label`; or `answer` with a `rating`."""

from collections.abc import Iterable, Iterator
from typing import Any

from causerie.data.contract import Removed, Sample
from causerie.data.forms.preferences import asked
from causerie.data.forms.turns import NotInThisForm, content, judgement, turns


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """Each row's judgement."""
    for key, row in rows:
        try:
            yield judged(key, row)
        except NotInThisForm as error:
            yield Removed(str(error), key)


def judged(key: str, row: dict[str, Any]) -> Sample | Removed:
    """One judgement; a rating above 0 is a good one."""
    label, rating = row.get("label"), row.get("rating")
    if not isinstance(label, bool) and not isinstance(rating, int):
        return Removed("no `label` and no `rating`", key)
    answer = row.get("completion", row.get("answer"))
    text = turns(answer)[-1].content if isinstance(answer, list) and answer else content(answer)
    good = label if isinstance(label, bool) else bool(rating and rating > 0)
    return judgement(key, asked(row.get("prompt")), text, good=good)
