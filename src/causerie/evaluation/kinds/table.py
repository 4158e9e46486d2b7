"""The kinds of task by name, each made for one task.

Does: name the module of each kind; imported when a suite has such a task.
Does not: ask or score; the modules' `make(task, judge)` gives what does.
"""

from collections.abc import Mapping
from importlib import import_module

from causerie.errors import DataError
from causerie.evaluation.contract import Kind, Subject, Task

KINDS: Mapping[str, str] = {
    "answer": "causerie.evaluation.kinds.answer",
    "bits_per_byte": "causerie.evaluation.kinds.bits_per_byte",
    "choice": "causerie.evaluation.kinds.choice",
    "injection": "causerie.evaluation.kinds.safety",
    "instructions": "causerie.evaluation.kinds.instructions",
    "judge": "causerie.evaluation.kinds.judge",
    "over_refusal": "causerie.evaluation.kinds.safety",
    "pairs": "causerie.evaluation.kinds.even_handed",
    "privacy": "causerie.evaluation.kinds.safety",
    "refusal": "causerie.evaluation.kinds.safety",
    "rules": "causerie.evaluation.kinds.rules",
    "toxicity": "causerie.evaluation.kinds.safety",
}
"""A new kind is one line here, its module, its test and a line of documentation."""
WITH_EXAMPLES = frozenset({"answer", "choice"})
"""Kinds whose items can have examples before them: those with a right answer to show."""


def kind_of(task: Task, judge: Subject | None = None) -> Kind:
    """The kind of a task, made for it.

    Args:
        task: With its options.
        judge: Who judges answers, where the kind has a model do it.

    Raises:
        DataError: There is no such kind, or its options are wrong.
    """
    if task.kind not in KINDS:
        raise DataError(
            "the task {task} is of the kind {kind!r}, which is not known", task=task.name, kind=task.kind,
            hint="known are: {known}", known=", ".join(KINDS),
        )  # fmt: skip
    made: Kind = import_module(KINDS[task.kind]).make(task, judge)
    return made
