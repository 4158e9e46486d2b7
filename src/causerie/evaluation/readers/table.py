"""The readers by name: what each makes of its files, and which files of a folder or a hub's set it wants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from causerie.errors import DataError, InvalidRequest
from causerie.evaluation.contract import Draw, Shots, Task
from causerie.evaluation.examples import unlike
from causerie.evaluation.kinds.table import WITH_EXAMPLES
from causerie.evaluation.readers import arithmetic, choices, harms, instructions, political, reading
from causerie.evaluation.readers.opening import Files, found, is_of_parts
from causerie.settings import Settings

TEST_FIRST = ("*test*", "*validation*", "*dev*", "*")
"""The part that models are not trained on, where the set has parts."""


@dataclass(frozen=True)
class Reader:
    """A public set."""

    tasks: Callable[[Files], tuple[Task, ...]]
    files: tuple[str, ...] = TEST_FIRST
    """Patterns of its files, the best first."""
    examples: tuple[str, ...] = ()
    """Patterns of those files of the set that examples may come from, the best first (none = it has no such part)."""
    draw: Draw = "seeded"
    """`first` where the set's examples are few and fixed, so that everybody shows the same ones."""


READERS: Mapping[str, Reader] = {
    "advbench": Reader(harms.advbench, ("*harmful_behaviors*", "*")),
    "gsm8k": Reader(arithmetic.gsm8k, ("main/test*", *TEST_FIRST), ("main/train*", "*train*")),
    "hatecheck": Reader(harms.hatecheck, ("*test_suite_cases*", *TEST_FIRST)),
    "ifeval": Reader(instructions.ifeval, ("*input_data*", "*")),
    "mgsm": Reader(arithmetic.mgsm, ("*mgsm_*.tsv", "*.tsv", "*test*"), ("*train*",), "first"),
    "mmlu": Reader(
        choices.mmlu, ("all/test*", "*_test.csv", *TEST_FIRST), ("all/dev*", "*_dev.csv", "*dev*"), "first"
    ),
    "piaf": Reader(reading.squad, examples=("*train*",)),
    "political_neutrality": Reader(political.political_neutrality, ("*eval_set*", "*")),
    "simple_safety_tests": Reader(harms.simple_safety_tests, ("*test*", "*")),
    "squad": Reader(reading.squad, ("*validation*", "*dev*", "*"), ("*train*",)),
    "truthfulqa": Reader(choices.truthfulqa, ("*TruthfulQA*", "generation/*", "*")),
}


def read(name: str, source: str, settings: Settings, examples: str | None = None) -> tuple[Task, ...]:
    """The tasks of a public set.

    Args:
        name: Of the reader.
        source: A file, a folder, or a name of the hub; see `opening.py`.
        settings: For the hub.
        examples: The same of examples (empty = in the set's own development or training part; None = none are
            wanted). Each task then has them in its `shots`, without those that ask what it asks; none is shown yet.

    Raises:
        InvalidRequest: There is no such reader.
        DataError: The files are not of its form, there is nothing in them, or the set has no part for examples.
        DownloadError: The hub cannot be reached, or does not let it out.
    """
    reader = READERS.get(name)
    if reader is None:
        raise InvalidRequest(
            "there is no reader {name!r}", name=name, known=", ".join(READERS), hint="these are known: {known}"
        )
    tasks = reader.tasks(found(source, reader.files, settings))
    if not any(task.items for task in tasks):
        raise DataError("{source} has no items for {name}", source=source, name=name)
    if examples is None or not any(task.kind in WITH_EXAMPLES for task in tasks):
        return tasks
    if not examples and not (reader.examples and is_of_parts(source)):
        raise DataError(
            "{source} has no part with examples for {name}", source=source, name=name,
            hint="name a file of them: --examples FILE, or examples = in the suite's file",
        )  # fmt: skip
    # A folder or a hub's set that is named for its examples is taken whole where no name in it says more.
    files = found(examples or source, (*reader.examples, "*") if examples else reader.examples, settings)
    pools = {task.name: task.items for task in reader.tasks(files)}
    first, last = files.paths[0].name, files.paths[-1].name
    names = first if len(files.paths) == 1 else f"{first} … {last}"
    return tuple(
        replace(task, shots=Shots(source=names, pool=unlike(task.items, pools.get(task.name, ())), draw=reader.draw))
        for task in tasks
    )
