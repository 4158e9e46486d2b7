"""The suites that can be asked for: those that come with the program, one's own, and public sets in a file.

Does: find one by its name, list them.
Does not: read their files; see `suite_file.py`, and `readers/` for the public formats.
Try it: causerie eval suites

A name is that of a folder in `suites/` of the program or of the data folder; a path of a folder; or a public format
with where the set is: `gsm8k:test.jsonl`, `gsm8k:hf:openai/gsm8k`.
"""

from collections.abc import Iterator
from pathlib import Path

import structlog

from causerie.errors import DataError, InvalidRequest, NotFound
from causerie.evaluation.contract import Suite, Task
from causerie.evaluation.suite_file import SUITE, SuiteTable, TaskTable, made, read_suite, with_shots
from causerie.settings import Settings

SHIPPED = Path(__file__).parent / "suites"
DEFAULT = "core"
"""The suite of who names none."""
_MOST_STEPS = 3
"""Suites that take tasks of suites that take tasks: none of ours does it twice."""
_logger = structlog.get_logger(__name__)


def find(
    settings: Settings, name: str, *, anywhere: bool = True, shots: int | None = None, examples: str = ""
) -> Suite:
    """The suite of this name.

    Args:
        settings: Where one's own suites are.
        name: As the top of this file says.
        anywhere: Also by a path or from a public set; a request over HTTP may not.
        shots: Examples before each item of the tasks that can have some (None = as the suite says).
        examples: Where those of a public set are (empty = in its own development or training part).

    Raises:
        NotFound: There is none.
        DataError: Its files are damaged, or there are too few examples.
        InvalidRequest: The name cannot be one, or the suite cannot have such examples.
    """
    if examples and not shots:
        raise InvalidRequest("examples are named, and not how many", hint="--shots says it: 5, say")
    suite = _find(settings, name, anywhere, 0, examples if shots else None)
    return suite if shots is None else with_shots(suite, shots)


def listed(settings: Settings) -> list[Suite]:
    """Every suite with a name, sorted; a damaged one is left out with a warning in the log."""
    suites = []
    for folder in _folders(settings):
        try:
            suites.append(_find(settings, folder.name, False, 0, None))
        except (DataError, InvalidRequest, NotFound) as error:
            _logger.warning("a suite is damaged and left out", suite=folder.name, error=error.message)
    return sorted(suites, key=lambda suite: suite.name)


def _find(settings: Settings, name: str, anywhere: bool, step: int, examples: str | None) -> Suite:
    if step > _MOST_STEPS:
        raise DataError("the suite {name} takes its tasks from itself", name=name)

    def task_of(wanted: str) -> Task:
        suite, _, task = wanted.partition("/")
        found = {each.name: each for each in _find(settings, suite, False, step + 1, None).tasks}
        if task not in found:
            raise DataError("the suite {suite} has no task {task!r}", suite=suite, task=task)
        return found[task]

    def read_with(reader: str, source: str, examples: str | None) -> tuple[Task, ...]:
        from causerie.evaluation.readers.table import read

        return read(reader, source, settings, examples)

    folders = {folder.name: folder for folder in _folders(settings)}
    folder = folders.get(name)
    reader, colon, source = name.partition(":")
    if folder is None and anywhere and colon and source:
        tasks = read_with(reader, source, examples)
        return made(_of_public_set(reader, source, tasks), list(tasks))
    if folder is None and anywhere and (Path(name) / SUITE).is_file():
        folder = Path(name)
    if folder is None:
        raise NotFound(
            "there is no suite {name!r}", name=name[:200], known=", ".join(sorted(folders)), hint="known are: {known}"
        )
    if examples:
        raise InvalidRequest(
            "the suite {suite} says itself where its examples come from", suite=name[:200],
            hint="--examples is for a public set, such as gsm8k:FILE",
        )  # fmt: skip
    return read_suite(folder, task_of, read_with)


def _folders(settings: Settings) -> Iterator[Path]:
    """Folders of suites; one's own does not hide one of the program, whose figures others compare with."""
    seen: set[str] = set()
    for place in (SHIPPED, settings.home / "suites"):
        for folder in sorted(place.iterdir()) if place.is_dir() else ():
            if folder.name not in seen and (folder / SUITE).is_file():
                seen.add(folder.name)
                yield folder


def _of_public_set(reader: str, source: str, tasks: tuple[Task, ...]) -> SuiteTable:
    languages = tuple(sorted({language for task in tasks for language in task.languages})) or ("en",)
    table = TaskTable.model_validate({"name": reader, "reader": reader, "source": source})
    return SuiteTable(
        name=reader, title=f"{reader}: {source}", version="1", licence="unknown", languages=languages, tasks=(table,)
    )
