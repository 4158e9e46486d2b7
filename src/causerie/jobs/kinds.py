"""The kinds of jobs, by name.

Does: name the module of each kind; imported when it is needed, since those of higher rooms stand above this one.
Does not: do the work; see `contract.py` for what such a module has.
"""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from causerie.errors import InvalidRequest

if TYPE_CHECKING:
    from causerie.jobs.contract import Kind

KINDS = {
    "backup": "causerie.jobs.backup",
    "evaluate": "causerie.registry.evaluation_job",
    "improve": "causerie.improvement.job",
    "train": "causerie.registry.training_job",
}
"""A new kind is one line here, its module, its test and a line of documentation."""
LONG = frozenset({"train", "improve"})
"""Kinds that may take days: one of them at a time, and the others do not wait for it."""


def kind(name: str) -> "Kind":
    """The module of a kind.

    Raises:
        InvalidRequest: There is none of that name.
    """
    if name not in KINDS:
        raise InvalidRequest(
            "{name!r} is not a kind of job",
            name=name,
            param="kind",
            hint="known are: {known}",
            known=", ".join(KINDS),
        )  # fmt: skip
    return cast("Kind", import_module(KINDS[name]))
