"""What the report tells: how many texts each step saw, changed and removed, and a few of each to look at.

Does: count and keep examples, in parts that can be added up in any order with the same outcome.
Does not: keep a text whole, or personal data: examples are cut and masked.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from causerie.data.steps.personal_data import Detected, masked

EXAMPLES = 4
"""Kept of each reason of each step: those whose hash is least, so that it does not matter who found them first."""
_SHOWN = 400
_MARGIN = 100
"""Looked at beyond what is shown, so that an address at its end is known as one."""
_AROUND = 60


@dataclass(frozen=True, order=True)
class Example:
    """A text that a step removed or changed."""

    order: str
    id: str
    before: str
    after: str = ""
    """What became of it, or why it went."""


@dataclass
class StepTally:
    """One step's part."""

    seen: int = 0
    characters: int = 0
    """Of the texts that it saw."""
    removed: Counter[str] = field(default_factory=Counter)
    edited: Counter[str] = field(default_factory=Counter)
    removed_characters: int = 0
    """Of the texts that went, and of what was cut from those that stayed."""
    examples: dict[str, list[Example]] = field(default_factory=dict)

    def keep(self, reason: str, example: Example) -> None:
        """Keep an example, if it is among the first."""
        self.examples[reason] = sorted({*self.examples.get(reason, []), example})[:EXAMPLES]

    def add(self, other: "StepTally") -> None:
        """Add another part of the same step."""
        self.seen += other.seen
        self.characters += other.characters
        self.removed_characters += other.removed_characters
        self.removed += other.removed
        self.edited += other.edited
        for reason, examples in other.examples.items():
            for example in examples:
                self.keep(reason, example)


@dataclass
class Tally:
    """What was done to one source, or to a portion of it."""

    samples: int = 0
    """Read."""
    characters: int = 0
    kept: int = 0
    """Left after every step."""
    kept_characters: int = 0
    sha256: str = ""
    """Of all that was read, whatever it was compressed by."""
    steps: list[StepTally] = field(default_factory=list)
    """First the reading itself, then each step of the recipe."""

    def add(self, other: "Tally") -> None:
        """Add the next portion; its hash is chained to those before."""
        self.samples += other.samples
        self.characters += other.characters
        self.kept += other.kept
        self.kept_characters += other.kept_characters
        self.sha256 = hashlib.sha256((self.sha256 + other.sha256).encode()).hexdigest()
        self.steps += [StepTally() for _ in range(len(other.steps) - len(self.steps))]
        for mine, its in zip(self.steps, other.steps, strict=True):
            mine.add(its)


def total(parts: Iterable[Tally]) -> Tally:
    """All sources together."""
    whole = Tally()
    for part in parts:
        whole.add(part)
    return whole


def as_json(tally: Tally) -> dict[str, Any]:
    """For the file that marks a portion as done."""
    steps = [
        vars(step) | {"examples": {reason: [asdict(each) for each in kept] for reason, kept in step.examples.items()}}
        for step in tally.steps
    ]
    return vars(tally) | {"steps": steps}


def from_json(said: dict[str, Any]) -> Tally:
    """From that file."""
    steps = [
        StepTally(
            **(
                step
                | {"removed": Counter(step["removed"]), "edited": Counter(step["edited"])}
                | {
                    "examples": {
                        reason: [Example(**each) for each in kept] for reason, kept in step["examples"].items()
                    }
                }
            )
        )
        for step in said["steps"]
    ]
    return Tally(**(said | {"steps": steps}))


def example(id_: str, before: str, after: str = "") -> Example:
    """An example of a text that went."""
    return Example(_order(id_), id_, _cut(before), _cut(after))


def example_of_edit(id_: str, before: str, after: str, *, show_before: bool) -> Example:
    """An example of a text that was changed: the place where it first differs."""
    first = next((place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(after))
    was = _around(before, first) if show_before else ""
    return Example(_order(id_), id_, was, _around(after, first))


def _order(id_: str) -> str:
    return hashlib.blake2b(id_.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _cut(text: str) -> str:
    """The beginning of a text, without personal data."""
    shown = _masked(text[: _SHOWN + _MARGIN])
    return shown[:_SHOWN] + (" ..." if len(text) > _SHOWN else "")


def _around(text: str, place: int) -> str:
    """A text on both sides of a place, without personal data."""
    return _masked(text[max(0, place - _AROUND) : place + 2 * _AROUND])


def _masked(text: str) -> str:
    # Whether the recipe masks or not: a report is passed around more freely than the data.
    return masked(text, get_args(Detected))[0]
