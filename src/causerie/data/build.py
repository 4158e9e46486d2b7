"""Build data from a recipe: read and clean in parallel, compare, mix, and say what was done.

    data/novels/
      card.json  card.md      sources, licences, steps, counts, hashes; written last
      report.html             what each step removed, with examples
      recipe.json             every key with its value
      documents/train-00000.jsonl.zst, validation-00000.jsonl.zst ...
      conversations/  preferences/  judgements/
      work/                   only while it is being built

Does: go on, task by task, where a former build of the same recipe and the same files was stopped.
Does not: make tokens; see `encode.py`.
Try it: causerie data build recipes/sample.toml
"""

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from causerie.data.assembly import Cleaned, compare, mix, opened
from causerie.data.card import Card, make_card, read_card, write_card
from causerie.data.cleaning import Failure, Task, clean
from causerie.data.contract import Portion
from causerie.data.packages import needed
from causerie.data.recipe import DataRecipe
from causerie.data.report import write_report
from causerie.data.steps.decontaminate import Decontaminate
from causerie.data.tally import Tally
from causerie.errors import Conflict, DataError, DiskFull

Progress = Callable[[str, int, int], None]
"""Called with the stage (`clean`, `compare`, `write`), how many bytes of the sources are done, and of how many."""
GROUP_BYTES = 2**21
"""Small files are cleaned together, up to this size: a million files must not make a million tasks."""
_GROUP_FILES = 512
_LEAST_ROOM = 2**20
"""Bytes; a disk with less is full."""
_WAITING = 4
"""Tasks given to each process ahead of time."""


def _silent(stage: str, done: int, total: int) -> None:
    """Nobody looks."""


def build(
    recipe: DataRecipe,
    folder: Path,
    *,
    beside: Path,
    workers: int = 0,
    progress: Progress = _silent,
    language: str = "en",
) -> Card:
    """Build a folder of data.

    Args:
        recipe: What to build.
        folder: Where to. If it holds the same data already, nothing is done.
        beside: What relative paths of the recipe are relative to: its folder.
        workers: Processes (0 = one for each core that may be used).
        progress: Called as it goes.
        language: Of the report, `fr` or `en`.

    Raises:
        Conflict: The folder holds something else, or another process builds in it.
        DataError: A source cannot be read, or nothing is left of all of them.
        DiskFull: There is no room for it; what is done already stays for the next try.
    """
    needed("numpy", "pyarrow")
    found = recipe.beside(beside)
    tasks = _planned(found, folder / "work")
    plan = _plan_sha256(recipe, found, tasks)
    former = read_card(folder) if (folder / "card.json").is_file() else None
    if former and former.plan_sha256 == plan:
        _tidy(folder)
        return former
    _refuse_what_is_not_ours(folder, former)
    with _alone(folder), _room_for(folder):
        _begin(folder, plan)
        tallies = _cleaned(tasks, workers or len(os.sched_getaffinity(0)), progress)
        by_source = _by_source(found, tasks, tallies)
        portions = opened(tasks)
        total = sum(task.size_bytes for task in tasks)
        progress("compare", 0, total)
        compare(found, portions, by_source, folder / "work")
        progress("compare", total, total)
        _refuse_nothing(found, portions, by_source)
        done = 0

        def advance(size: int) -> None:
            nonlocal done
            done += size
            progress("write", min(done, total), total)

        _clear(folder)
        outcome = mix(found, portions, folder, advance)
        card = make_card(recipe, found, plan, by_source, outcome, folder)
        write_report(card, by_source, folder / "report.html", language)
        write_json(folder / "recipe.json", recipe.said())
        write_card(card, folder)
        _remove(folder / "work")
        return card


def _plan_sha256(recipe: DataRecipe, found: DataRecipe, tasks: list[Task]) -> str:
    """One hash of all that decides the outcome: the recipe, the source files, the evaluation sets, and who builds."""
    portions = [[task.source, *_version(portion)] for task in tasks for portion in task.portions]
    sets = [step.versions() for step in found.steps if isinstance(step, Decontaminate)]
    return hashlib.sha256(json.dumps([version("causerie"), recipe.sha256(), portions, sets]).encode()).hexdigest()


def _version(portion: Portion) -> list[object]:
    return [portion.name, portion.start, portion.end, portion.version]


def _planned(recipe: DataRecipe, work: Path) -> list[Task]:
    """Every portion of every source, small ones together."""
    made = []
    for number, source in enumerate(recipe.sources):
        for place, portions in enumerate(_grouped(source.portions())):
            made.append(Task(recipe, number, portions, work / f"{number:03}-{place:06}"))
    return made


def _grouped(portions: list[Portion]) -> Iterator[tuple[Portion, ...]]:
    group: list[Portion] = []
    size = 0
    for portion in portions:
        if group and (size + portion.size_bytes > GROUP_BYTES or len(group) == _GROUP_FILES):
            yield tuple(group)
            group, size = [], 0
        group.append(portion)
        size += portion.size_bytes
    if group:
        yield tuple(group)


def _refuse_what_is_not_ours(folder: Path, former: Card | None) -> None:
    """A folder is built in when it is new, when a build was stopped in it, or when it holds older data."""
    work = folder / "work"
    if _was_stopped(work) or not folder.exists():
        return
    theirs_in_work = work.exists() and not _is_bare(work)
    if theirs_in_work or (former is None and (not folder.is_dir() or any(each != work for each in folder.iterdir()))):
        raise Conflict(
            "{folder} holds something else", folder=str(folder), hint="name a folder that is empty or new with --out"
        )


def _was_stopped(work: Path) -> bool:
    """Whether a build was stopped in the middle: then what else is there is its own."""
    return all((work / name).is_file() for name in ("lock", "plan"))


def _is_bare(work: Path) -> bool:
    """Whether it is what a build leaves that was stopped at its very beginning or end: the lock, or nothing."""
    return work.is_dir() and all(each.name == "lock" for each in work.iterdir())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No second build in the same folder."""
    import fcntl

    (folder / "work").mkdir(parents=True, exist_ok=True)
    with (folder / "work" / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "another process builds in {folder}", folder=str(folder), hint="wait for its end, or stop it"
            ) from error
        yield


@contextmanager
def _room_for(folder: Path) -> Iterator[None]:
    """A full disk is said as one. Not every library tells the reason of a short write: then what is free does."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT} and shutil.disk_usage(folder).free > _LEAST_ROOM:
            raise
        raise DiskFull(
            "{file} cannot be written: {reason}", file=str(folder), reason=os.strerror(errno.ENOSPC),
            hint="free some room; the same command goes on from here",
        ) from error  # fmt: skip


def _begin(folder: Path, plan: str) -> None:
    """Forget what a build of another recipe or of other files has left; keep what this one has done."""
    state = folder / "work" / "plan"
    if not state.is_file() or state.read_text(encoding="utf-8") != plan:
        _empty(folder / "work")
        state.write_text(plan, encoding="utf-8")


def _empty(work: Path) -> None:
    """Take out all but the lock and a plan without a word.

    Stopped in the middle, the rest is still known for ours by these two. No recipe goes on from half its files: none
    has an empty plan.
    """
    (work / "plan").write_text("", encoding="utf-8")
    for path in work.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in {"lock", "plan"}:
            path.unlink()


def _remove(work: Path) -> None:
    """Take out all, the plan and the lock last: at every moment, what is left is known for ours."""
    _empty(work)
    (work / "plan").unlink()
    (work / "lock").unlink()
    with suppress(OSError):  # another build may have begun in it since the lock went
        work.rmdir()


def _tidy(folder: Path) -> None:
    """Take out what a stopped build of another recipe left in a folder that holds what is wanted already."""
    work = folder / "work"
    # A running build keeps its work; and where nothing can be written, what is wanted can still be read.
    with suppress(Conflict, OSError):
        if _was_stopped(work) or _is_bare(work):
            with _alone(folder):
                _remove(work)


def _clear(folder: Path) -> None:
    """Take out older data, at the moment when the new can be written; a build that fails before has cost nothing."""
    (folder / "card.json").unlink(missing_ok=True)
    for kind in ("documents", "conversations", "preferences", "judgements", "tokens"):
        shutil.rmtree(folder / kind, ignore_errors=True)


def _cleaned(tasks: list[Task], workers: int, progress: Progress) -> list[Tally]:
    """The tallies of all portions, in their order; what a former build has done is not done again."""
    total = sum(task.size_bytes for task in tasks)
    tallies: dict[Path, Tally] = {}
    left = []
    for task in tasks:
        tally = task.tally()
        if tally is None:
            left.append(task)
        else:
            tallies[task.path] = tally
    done = total - sum(task.size_bytes for task in left)
    progress("clean", done, total)
    for task, tally in _run(left, workers):
        tallies[task.path] = tally
        done += task.size_bytes
        progress("clean", done, total)
    return [tallies[task.path] for task in tasks]


def _run(tasks: list[Task], workers: int) -> Iterator[tuple[Task, Tally]]:
    """Do the tasks; each comes out when it is done."""
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield task, _told(clean(task))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(tasks)), context, _undisturbed) as pool:
        waiting: dict[Future[Tally | Failure], Task] = {}
        queue = iter(tasks)
        try:
            while True:
                for task in queue:
                    waiting[pool.submit(clean, task)] = task
                    if len(waiting) >= workers * _WAITING:
                        break
                if not waiting:
                    return
                ended, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield waiting.pop(future), _told(future.result())
        except BrokenProcessPool as error:
            raise DataError(
                "a process that cleaned text was killed", hint="if memory ran out, run again with fewer --workers"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _undisturbed() -> None:
    """Ctrl-C reaches every process of the terminal: the one that shares out the work ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _told(outcome: Tally | Failure) -> Tally:
    if isinstance(outcome, Failure):
        raise outcome.error()
    return outcome


def _by_source(recipe: DataRecipe, tasks: list[Task], tallies: list[Tally]) -> list[Tally]:
    made = [Tally() for _ in recipe.sources]
    for task, tally in zip(tasks, tallies, strict=True):
        made[task.source].add(tally)
    return made


def _refuse_nothing(recipe: DataRecipe, portions: list[Cleaned], by_source: list[Tally]) -> None:
    """Data of which nothing is left is a mistake in the recipe: say which step took it."""
    if any(portion.alive.any() for portion in portions):
        return
    steps = ["reading", *(str(step.use) for step in recipe.steps)]
    counts = {
        (name, reason): number
        for tally in by_source
        for name, step in zip(steps, tally.steps, strict=True)
        for reason, number in step.removed.items()
    }
    (step, reason), number = max(counts.items(), key=lambda item: item[1], default=(("reading", "no text"), 0))
    raise DataError(
        "nothing is left of the sources: {step} took out {number} for {reason}", step=step, number=number,
        reason=reason, hint="look at the form and the fields of the sources, or leave the step out",
    )  # fmt: skip


def write_json(path: Path, content: object) -> None:
    """Write a whole file or nothing."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(path)
