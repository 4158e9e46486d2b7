"""The readers by name: what each makes of its files, and which files of a folder or a hub's set it wants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from causerie.errors import DataError, InvalidRequest
from causerie.evaluation.contract import Task
from causerie.evaluation.readers import arithmetic, choices, harms, instructions, political, reading
from causerie.evaluation.readers.opening import Files, found
from causerie.settings import Settings

TEST_FIRST = ("*test*", "*validation*", "*dev*", "*")
"""The part that models are not trained on, where the set has parts."""


@dataclass(frozen=True)
class Reader:
    """A public set."""

    tasks: Callable[[Files], tuple[Task, ...]]
    files: tuple[str, ...] = TEST_FIRST
    """Patterns of its files, the best first."""


READERS: Mapping[str, Reader] = {
    "advbench": Reader(harms.advbench, ("*harmful_behaviors*", "*")),
    "gsm8k": Reader(arithmetic.gsm8k, ("main/test*", *TEST_FIRST)),
    "hatecheck": Reader(harms.hatecheck, ("*test_suite_cases*", *TEST_FIRST)),
    "ifeval": Reader(instructions.ifeval, ("*input_data*", "*")),
    "mgsm": Reader(arithmetic.mgsm, ("*mgsm_*.tsv", "*.tsv")),
    "mmlu": Reader(choices.mmlu, ("all/test*", "*_test.csv", *TEST_FIRST)),
    "piaf": Reader(reading.squad),
    "political_neutrality": Reader(political.political_neutrality, ("*eval_set*", "*")),
    "simple_safety_tests": Reader(harms.simple_safety_tests, ("*test*", "*")),
    "squad": Reader(reading.squad, ("*validation*", "*dev*", "*")),
    "truthfulqa": Reader(choices.truthfulqa, ("*TruthfulQA*", "generation/*", "*")),
}


def read(name: str, source: str, settings: Settings) -> tuple[Task, ...]:
    """The tasks of a public set.

    Args:
        name: Of the reader.
        source: A file, a folder, or a name of the hub; see `opening.py`.
        settings: For the hub.

    Raises:
        InvalidRequest: There is no such reader.
        DataError: The files are not of its form, or there is nothing in them.
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
    return tasks
