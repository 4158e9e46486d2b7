"""Some portions of a source through all the steps that look at one text at a time. This is what runs in parallel.

Does: read, clean, and write what is left, with its tally and its fingerprints; the tally is written last, and whoever
finds it knows that the portions are done.
Does not: compare texts with each other; see `assembly.py`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from causerie.data.chance import keys
from causerie.data.contract import (
    Conversation,
    ConversationStep,
    Document,
    Edited,
    Portion,
    Removed,
    Sample,
    Source,
    Step,
    texts,
    whole_text,
    with_texts,
)
from causerie.data.recipe import DataRecipe
from causerie.data.records import SUFFIX, line_of, written
from causerie.data.steps.duplicates import Duplicates
from causerie.data.tally import Example, StepTally, Tally, as_json, example, example_of_edit, from_json
from causerie.errors import CauserieError

_BATCH = 256
"""Texts whose fingerprints are made together ..."""
_BATCH_CHARACTERS = 2**24
"""... fewer, where they are long: memory is bounded."""


@dataclass(frozen=True)
class Task:
    """Portions that are cleaned together: one large, or many small ones."""

    recipe: DataRecipe
    """With paths that lead somewhere."""
    source: int
    """Number of its source."""
    portions: tuple[Portion, ...]
    path: Path
    """Of what it leaves in the work folder, without the ends of names."""

    @property
    def size_bytes(self) -> int:
        """How much there is to read."""
        return sum(portion.size_bytes for portion in self.portions)

    @property
    def samples_file(self) -> Path:
        """What is left of the portions."""
        return self.path.with_name(self.path.name + SUFFIX)

    @property
    def tally_file(self) -> Path:
        """Written last."""
        return self.path.with_name(self.path.name + ".json")

    def numbers_file(self, name: str) -> Path:
        """An array with a row for each text that is left: `sizes`, `keys`, or the fingerprints of a step."""
        return self.path.with_name(f"{self.path.name}-{name}.npy")

    def tally(self) -> Tally | None:
        """What was counted, if the task is done."""
        try:
            return from_json(json.loads(self.tally_file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Failure:
    """An error of the family on its way from one process to another."""

    cls: type[CauserieError]
    template: str
    hint: str
    values: dict[str, Any]

    def error(self) -> CauserieError:
        """The error again."""
        return self.cls(self.template, hint=self.hint, **self.values)


def clean(task: Task) -> Tally | Failure:
    """Clean what a task names; gives the tally, or what went wrong."""
    try:
        return _clean(task)
    except CauserieError as error:
        return Failure(type(error), error.template, error.hint_template, error.values)


def _clean(task: Task) -> Tally:
    steps: list[Step] = [step for step in task.recipe.steps if isinstance(step, Step)]
    comparing = [step for step in task.recipe.steps if isinstance(step, Duplicates)]
    tally = Tally(steps=[StepTally() for _ in range(len(steps) + 1)])
    sizes: list[int] = []
    ids: list[str] = []
    fingerprints: list[list[Any]] = [[] for _ in comparing]
    with written(task.samples_file) as file:
        for batch in _batches(_cleaned(task, steps, tally)):
            wholes = [whole_text(sample) for sample in batch]
            for step, gathered in zip(comparing, fingerprints, strict=True):
                gathered.append(step.fingerprints(wholes))
            for sample in batch:
                file.write(line_of(sample))
            sizes += [sum(map(len, texts(sample))) for sample in batch]
            ids += [sample.id for sample in batch]
    tally.kept, tally.kept_characters = len(sizes), sum(sizes)
    np.save(task.numbers_file("sizes"), np.array(sizes, np.int64))
    np.save(task.numbers_file("keys"), keys(task.recipe.sources[task.source].name, ids))
    for step, gathered in zip(comparing, fingerprints, strict=True):
        rows = np.concatenate(gathered) if gathered else step.fingerprints([""])[:0]
        np.save(task.numbers_file(step.use), rows)
    unfinished = task.tally_file.with_suffix(".part")
    unfinished.write_text(json.dumps(as_json(tally), ensure_ascii=False), encoding="utf-8")
    unfinished.replace(task.tally_file)
    return tally


def _batches(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    batch: list[Sample] = []
    characters = 0
    for sample in samples:
        batch.append(sample)
        characters += sum(map(len, texts(sample)))
        if len(batch) == _BATCH or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _cleaned(task: Task, steps: list[Step], tally: Tally) -> Iterator[Sample]:
    """The samples that pass every step."""
    source = task.recipe.sources[task.source]
    read = hashlib.sha256()
    for portion, found in _read(source, task.portions):
        if isinstance(found, Removed):
            _count_removed(tally.steps[0], found, example(portion.name, found.detail), 0)
            continue
        sample: Sample | Removed = replace(found, source=source.name, language=found.language or source.language)
        read.update(line_of(found))
        size = sum(map(len, texts(found)))
        tally.samples += 1
        tally.characters += size
        tally.steps[0].seen += 1
        tally.steps[0].characters += size
        for step, counted in zip(steps, tally.steps[1:], strict=True):
            if not isinstance(sample, Removed):
                sample = apply(step, sample, counted)
        if not isinstance(sample, Removed):
            yield sample
    tally.sha256 = read.hexdigest()


def _read(source: Source, portions: Iterable[Portion]) -> Iterator[tuple[Portion, Sample | Removed]]:
    for portion in portions:
        for found in source.read(portion):
            yield portion, found


def apply(step: Step, sample: Sample, counted: StepTally) -> Sample | Removed:
    """One step on one sample, counted."""
    if not step.conversations and not isinstance(sample, Document):
        return sample
    before = texts(sample)
    size = sum(map(len, before))
    counted.seen += 1
    counted.characters += size
    outcome, counts = _outcome(step, sample)
    if isinstance(outcome, Removed):
        shown = whole_text(sample) if step.shows_what_it_cut else ""
        _count_removed(counted, outcome, example(sample.id, shown, outcome.detail), size)
        return outcome
    if counts:
        counted.edited.update(counts)
        after = texts(outcome)
        counted.removed_characters += max(0, size - sum(map(len, after)))
        changed = next(((old, new) for old, new in zip(before, after, strict=True) if old != new), None)
        if changed:
            shown_edit = example_of_edit(sample.id, *changed, show_before=step.shows_what_it_cut)
            counted.keep(next(iter(counts)), shown_edit)
    return outcome


def _outcome(step: Step, sample: Sample) -> tuple[Sample | Removed, dict[str, int]]:
    if isinstance(step, ConversationStep):
        if not isinstance(sample, Conversation):
            return sample, {}
        changed, done = step.change(sample)
        return changed, dict(done)
    if isinstance(sample, Document):
        return _split(step.apply(sample))
    if not step.by_message:
        whole = Document(id=sample.id, text=whole_text(sample), language=sample.language)
        seen, counts = _split(step.apply(whole))
        return (seen if isinstance(seen, Removed) else replace(sample, language=seen.language)), counts
    made: list[str] = []
    together: dict[str, int] = {}
    for text in texts(sample):
        seen, counts = _split(step.apply(Document(id=sample.id, text=text, language=sample.language)))
        if isinstance(seen, Removed):
            return seen, {}
        made.append(seen.text)
        for reason, times in counts.items():
            together[reason] = together.get(reason, 0) + times
    return with_texts(sample, tuple(made)), together


def _split(outcome: Document | Edited | Removed) -> tuple[Document | Removed, dict[str, int]]:
    return (outcome.document, dict(outcome.counts)) if isinstance(outcome, Edited) else (outcome, {})


def _count_removed(counted: StepTally, removed: Removed, shown: Example, size: int) -> None:
    counted.removed[removed.reason] += 1
    counted.removed_characters += size
    counted.keep(removed.reason, shown)
