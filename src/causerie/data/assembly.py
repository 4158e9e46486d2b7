"""From cleaned portions to the finished texts: compare all with all, mix, hold out, shuffle, write.

Does: one pass over the portions, in their order. In memory are a few numbers for each text, and one output file.
Does not: depend on how many processes cleaned the portions.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causerie.data.chance import drawn, shares
from causerie.data.cleaning import Task
from causerie.data.contract import Kind, whole_text
from causerie.data.mixture import Wanted, repeats
from causerie.data.recipe import DataRecipe
from causerie.data.records import SPLITS, SUFFIX, Split, lines, sample_of, written
from causerie.data.sources.table import kind_of
from causerie.data.steps.duplicates import Duplicates
from causerie.data.steps.hashing import Hashes
from causerie.data.tally import EXAMPLES, StepTally, Tally, example

PART_CHARACTERS = 2**26
"""Text of one output file, about; it is shuffled in memory."""
MOST_OPEN = 64
"""Output files that are written at once."""
Copies = NDArray[np.int64]
Advance = Callable[[int], None]


@dataclass
class Cleaned:
    """What a task has left."""

    task: Task
    sizes: NDArray[np.int64]
    """Characters of each text, shape (texts,)."""
    keys: Hashes
    """What chance knows them by, shape (texts,)."""
    alive: NDArray[np.bool_]
    """Which of them are still there, shape (texts,)."""


@dataclass
class Output:
    """One file that was written."""

    path: Path
    kind: Kind
    split: Split
    samples: int = 0
    characters: int = 0


@dataclass
class Assembled:
    """What came out."""

    outputs: list[Output] = field(default_factory=list)
    repeats: dict[str, float] = field(default_factory=dict)
    """By source."""
    written_characters: dict[str, int] = field(default_factory=dict)
    """Of training text, by source, repetitions included."""


def opened(tasks: Iterable[Task]) -> list[Cleaned]:
    """What the tasks have left."""
    made = []
    for task in tasks:
        sizes = np.load(task.numbers_file("sizes"))
        made.append(Cleaned(task, sizes, np.load(task.numbers_file("keys")), np.ones(len(sizes), bool)))
    return made


def compare(recipe: DataRecipe, portions: list[Cleaned], tallies: list[Tally], work: Path) -> None:
    """Take out duplicates, step by step; the tallies of the sources get one more step for each."""
    for step in recipe.steps:
        if isinstance(step, Duplicates):
            _compare(step, portions, tallies, work)


def _compare(step: Duplicates, portions: list[Cleaned], tallies: list[Tally], work: Path) -> None:
    name = str(step.use)  # type: ignore[attr-defined] # every step of the table has it
    for tally in tallies:
        tally.steps.append(StepTally())
    for portion in portions:
        counted = tallies[portion.task.source].steps[-1]
        counted.seen += int(portion.alive.sum())
        counted.characters += int(portion.sizes[portion.alive].sum())
    fingerprints = _gathered(name, portions, work)
    originals = step.originals(fingerprints)
    places = _places(portions)
    twice = np.flatnonzero(originals != np.arange(len(originals)))
    for portion_number in np.unique(places[twice, 0]):
        portion = portions[portion_number]
        rows = places[twice[places[twice, 0] == portion_number], 1]
        counted = tallies[portion.task.source].steps[-1]
        counted.removed[step.reason] += len(rows)
        counted.removed_characters += int(portion.sizes[rows].sum())
        portion.alive[rows] = False
    # Of the texts that went, a few spread over all of them; each beside the one that stays.
    for text in twice[:: max(1, len(twice) // EXAMPLES)][:EXAMPLES]:
        gone, stays = places[text], places[originals[text]]
        counted = tallies[portions[gone[0]].task.source].steps[-1]
        id_, before = _text(portions[gone[0]], int(gone[1]))
        other, after = _text(portions[stays[0]], int(stays[1]))
        counted.keep(step.reason, example(id_, before, f"{other}: {after}"))


def _gathered(name: str, portions: list[Cleaned], work: Path) -> NDArray[Any]:
    """The fingerprints of all texts that are still there, on disk as one array."""
    total = sum(int(portion.alive.sum()) for portion in portions)
    first = np.load(portions[0].task.numbers_file(name), mmap_mode="r")
    path = work / f"{name}.npy"
    # Written as a file and mapped only then: a full disk is an error here, and a killed process in a mapping.
    with path.open("wb") as file:
        shape = {"descr": first.dtype.str, "fortran_order": False, "shape": (total, first.shape[1])}
        np.lib.format.write_array_header_1_0(file, shape)
        for portion in portions:
            file.write(np.load(portion.task.numbers_file(name), mmap_mode="r")[portion.alive].tobytes())
    whole: NDArray[Any] = np.load(path, mmap_mode="r" if total else None)
    return whole


def _places(portions: list[Cleaned]) -> NDArray[np.int64]:
    """Portion and row of every text that is still there, shape (texts, 2)."""
    made = []
    for number, portion in enumerate(portions):
        rows = np.flatnonzero(portion.alive)
        made.append(np.stack([np.full(len(rows), number), rows], axis=1))
    return np.concatenate(made)


def _text(portion: Cleaned, row: int) -> tuple[str, str]:
    line = next(islice(lines(portion.task.samples_file), row, None))
    source = portion.task.recipe.sources[portion.task.source]
    sample = sample_of(line, kind_of(source))
    return sample.id, whole_text(sample)


def mix(recipe: DataRecipe, portions: list[Cleaned], folder: Path, advance: Advance) -> Assembled:
    """Hold out, repeat, shuffle and write everything that is left."""
    held = [_held_out(recipe, portion) for portion in portions]
    available = dict.fromkeys((source.name for source in recipe.sources), 0)
    for portion, out in zip(portions, held, strict=True):
        name = recipe.sources[portion.task.source].name
        available[name] += int(portion.sizes[portion.alive & ~out].sum())
    made = Assembled(repeats=_repeats(recipe, available))
    made.written_characters = dict.fromkeys(available, 0)
    for kind in sorted({kind_of(source) for source in recipe.sources}):
        for split in SPLITS:
            _write(recipe, portions, held, folder, (kind, split), made, advance)
    return made


def _held_out(recipe: DataRecipe, portion: Cleaned) -> NDArray[np.bool_]:
    """Which texts are for validation, shape (texts,)."""
    return shares(_numbers(recipe, portion, "holdout")) < recipe.holdout


def _numbers(recipe: DataRecipe, portion: Cleaned, purpose: str) -> NDArray[np.uint64]:
    return drawn(portion.keys, recipe.seed, purpose)


def _repeats(recipe: DataRecipe, available: dict[str, int]) -> dict[str, float]:
    if recipe.sources[0].weight is None:
        return dict.fromkeys(available, 1.0)
    wanted = {
        source.name: Wanted(available[source.name], source.weight or 0.0, source.max_repeats)
        for source in recipe.sources
    }
    return repeats(wanted, recipe.mixture.characters)


def _copies(
    recipe: DataRecipe, portion: Cleaned, held: NDArray[np.bool_], split: Split, times: float
) -> NDArray[Any]:
    """How often each text is written, shape (texts,)."""
    if split == "validation":
        return (portion.alive & held).astype(np.int64)
    once_more = shares(_numbers(recipe, portion, "repeat")) < times % 1
    return np.where(portion.alive & ~held, int(times) + once_more, 0)


def _write(
    recipe: DataRecipe,
    portions: list[Cleaned],
    held: list[NDArray[np.bool_]],
    folder: Path,
    what: tuple[Kind, Split],
    made: Assembled,
    advance: Advance,
) -> None:
    """The files of one kind and split: texts are dealt out to them by chance, then each file is shuffled."""
    kind, split = what
    own = [
        (portion, _copies(recipe, portion, out, split, made.repeats[recipe.sources[portion.task.source].name]))
        for portion, out in zip(portions, held, strict=True)
        if kind_of(recipe.sources[portion.task.source]) == kind
    ]
    characters = sum(int((portion.sizes * copies).sum()) for portion, copies in own)
    if not characters:
        return
    outputs = [
        Output(folder / kind / f"{split}-{number:05}{SUFFIX}", kind, split)
        for number in range(-(-characters // PART_CHARACTERS))
    ]
    dealt = [output.path.with_name(output.path.name + ".dealt") for output in outputs]

    def counted() -> Iterator[tuple[int, bytes]]:
        for portion, copies in own:
            name = recipe.sources[portion.task.source].name
            for number, row, line in _dealt(recipe, portion, copies, len(outputs)):
                outputs[number].samples += 1
                outputs[number].characters += int(portion.sizes[row])
                yield number, line
            if split == "train":
                made.written_characters[name] += int((portion.sizes * copies).sum())
            advance(portion.task.size_bytes)

    _sort(counted(), dealt)
    for output, path in zip(outputs, dealt, strict=True):
        rows = np.arange(output.samples, dtype=np.uint64)
        _shuffle(path, output.path, drawn(rows, recipe.seed, "order", path.name))
    made.outputs += outputs


def _dealt(recipe: DataRecipe, portion: Cleaned, copies: Copies, files: int) -> Iterator[tuple[int, int, bytes]]:
    """Lines with the number of the file that they go to, and their row; repeated ones go to other files."""
    numbers = _numbers(recipe, portion, "file")
    for row, line in enumerate(lines(portion.task.samples_file)):
        for copy in range(int(copies[row])):
            yield (int(numbers[row]) + copy) % files, row, line


def _sort(numbered: Iterable[tuple[int, bytes]], paths: Sequence[Path]) -> None:
    """Write lines into the files of their numbers, in their order.

    A system lets a program have some thousand files open, and each takes a megabyte: so many files are written by way
    of a few piles, each of which is sorted again.
    """
    each = 1
    while each * MOST_OPEN < len(paths):
        each *= MOST_OPEN
    piles = paths if each == 1 else [path.with_name(f"{path.name}.{each}") for path in paths[::each]]
    with ExitStack() as stack:
        files = [stack.enter_context(written(path)) for path in piles]
        for number, line in numbered:
            files[number // each].write(line if each == 1 else b"%d\t%b" % (number % each, line))
    if each > 1:
        for first, pile in zip(range(0, len(paths), each), piles, strict=True):
            _sort(_numbered(pile), paths[first : first + each])
            pile.unlink()


def _numbered(pile: Path) -> Iterator[tuple[int, bytes]]:
    for line in lines(pile):
        number, _, rest = line.partition(b"\t")
        yield int(number), rest


def _shuffle(dealt: Path, path: Path, numbers: NDArray[np.uint64]) -> None:
    """The same lines in another order."""
    held = list(lines(dealt))
    with written(path) as file:
        for place in np.argsort(numbers, kind="stable"):
            file.write(held[place])
    dealt.unlink()
