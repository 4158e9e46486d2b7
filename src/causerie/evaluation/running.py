"""Runs a suite on a subject: many items at a time, each asked once, going on after whatever killed it.

Does: ask what was not asked yet, score, keep every answer at once, make the figures at the end.
Does not: know kinds (`kinds/`) or subjects (`subjects/`), write into the database, or draw (`evaluating.py` does).

An item that the model refuses to take (too long a question, say) counts as wrong and carries its error. A model that
does not answer at all is asked again a few times, and then the evaluation stops: what is there is kept, and the same
command goes on from it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from importlib.metadata import version as version_of
from pathlib import Path
from typing import IO

from causerie.database.tables import now
from causerie.errors import CauserieError, ConfigError, ContextLengthExceeded
from causerie.evaluation import examples
from causerie.evaluation import folder as folders
from causerie.evaluation.caching import Cache, cache_of, hash_of
from causerie.evaluation.contract import (
    OF_THE_QUESTION,
    Answer,
    Evaluation,
    Item,
    Kind,
    Metric,
    Scored,
    ScoredBy,
    Subject,
    Suite,
    Task,
)
from causerie.evaluation.folder import Begun
from causerie.evaluation.kinds.judging import JUDGE_ERROR, JUDGE_TOKENS
from causerie.evaluation.kinds.measuring import mean_metric
from causerie.evaluation.kinds.table import kind_of
from causerie.settings import Settings

TRIES = 4
"""Times that an item is asked of a model that does not answer."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
MAX_PROMPT = 20_000
"""Characters of a question that are kept with its answer, for people to read."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an evaluation is."""

    done: int
    items: int
    task: str
    """That of the last item."""
    tokens_in: int
    tokens_out: int
    cost: float
    seconds: float
    """Worked so far."""
    seconds_left: float


def _silent(_: Progress) -> None:
    pass


def _on() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run, beyond what and on whom."""

    judge: Subject | None = None
    """Who judges answers, for tasks of that kind."""
    cost: Callable[[int, int], float] = lambda _in, _out: 0.0
    """Money for tokens read and written."""
    judge_cost: Callable[[int, int], float] = lambda _in, _out: 0.0
    """The same of the judge's."""
    progress: Callable[[Progress], None] = _silent
    heed: Callable[[], None] = _on
    """Raises to stop the work: between two items."""
    cached: bool = True
    """Take answers that the same model version gave before."""
    evaluation_id: str = ""
    """Of the evaluation to go on with (empty = one of the same that was left, else a new one)."""


async def run(settings: Settings, suite: Suite, subject: Subject, options: Options | None = None) -> Evaluation:
    """Evaluate.

    Returns:
        The evaluation; its folder (`folder.folder_of`) has every answer, and `evaluation.json`.

    Raises:
        CauserieError: The model does not answer, or the suite names a kind that is not known.
    """
    given = options or Options()
    judge = given.judge.name if given.judge else ""
    kinds, missing = _made(suite, given.judge)
    wanted = folders.new(
        subject.name, subject.version, suite.name, suite.sha256, judge, evaluation_id=given.evaluation_id
    )
    scorer = f"{type(subject).__name__}: {','.join(sorted(subject.abilities))}"
    cache = cache_of(settings, subject.version if given.cached else "", scorer)
    with folders.begin(settings, wanted) as (place, begun), cache:
        work = _Work(place, begun, subject, given, cache)
        tasks, notes = _possible(suite, kinds, subject)
        scored = await work.all_of([(task, item, kinds[task.name]) for task in tasks for item in task.items])
        found = _evaluation(begun, suite, subject, given, scored, work.seconds)
        evaluation = replace(
            found, metrics=_measured(tasks, kinds, scored), notes=(*missing, *notes, *_how(tasks, scored, judge)),
            shots={task.name: examples.facts(task.shots) for task in tasks if task.shots and task.shots.count},
        )  # fmt: skip
        folders.finish(place, evaluation, scored)
        return evaluation


@dataclass(frozen=True)
class _Used:
    """Tokens read and written, by the model and by who judges it."""

    tokens_in: int = 0
    tokens_out: int = 0
    judge_in: int = 0
    judge_out: int = 0

    def and_of(self, row: Scored) -> "_Used":
        judged = row.extra.get(JUDGE_TOKENS, (0, 0))
        return _Used(self.tokens_in + row.tokens_in, self.tokens_out + row.tokens_out,
                     self.judge_in + judged[0], self.judge_out + judged[1])  # fmt: skip

    def cost(self, options: Options) -> float:
        return options.cost(self.tokens_in, self.tokens_out) + options.judge_cost(self.judge_in, self.judge_out)


@dataclass
class _Work:
    """One evaluation at work."""

    place: Path
    begun: Begun
    subject: Subject
    options: Options
    cache: Cache
    seconds: float = 0.0
    scored: dict[tuple[str, str], Scored] = field(default_factory=dict)
    used: _Used = _Used()
    asked: int = 0
    total: int = 0

    async def all_of(self, work: Sequence[tuple[Task, Item, Kind]]) -> list[Scored]:
        """Every item's result, in the suite's order."""
        before, self.seconds = folders.done_before(self.place)
        hashes = {(item.task, item.id): self._hash(task, item) for task, item, _ in work}
        self.scored = {key: row for key, row in before.items() if hashes.get(key) == row.hash and not row.error}
        self.total = len(work)
        left = [each for each in work if (each[1].task, each[1].id) not in self.scored]
        self.used = _used(self.scored.values())
        self._earlier, self._began = self.seconds, time.monotonic()
        with (self.place / folders.ITEMS).open("a", encoding="utf-8") as file:
            await _at_once(max(1, self.subject.at_once), iter(left), lambda each: self._one(file, *each))
        return [self.scored[item.task, item.id] for _, item, _ in work]

    def _hash(self, task: Task, item: Item) -> str:
        judge = self.options.judge
        return hash_of(task, item, f"{judge.name} {judge.version}" if judge else "")

    async def _one(self, file: IO[str], task: Task, item: Item, kind: Kind) -> None:
        self.options.heed()
        key = self._hash(task, item)
        began = time.monotonic()
        answer, error = self.cache.get(key), ""
        if answer is None:
            answer, error = await _answer(kind, item, self.subject)
            if not error and JUDGE_ERROR not in answer.extra:
                self.cache.put(key, answer)
        row = _row(task, item, kind, answer, error)
        row = replace(row, hash=key, seconds=round(time.monotonic() - began, 4))
        self.seconds = self._earlier + time.monotonic() - self._began
        folders.append(file, row, self.seconds)
        self.scored[item.task, item.id] = row
        self.asked += 1
        self.used = self.used.and_of(row)
        self.options.progress(self._progress(task))

    def _progress(self, task: Task) -> Progress:
        left = self.total - len(self.scored)
        return Progress(
            done=len(self.scored), items=self.total, task=task.name, tokens_in=self.used.tokens_in,
            tokens_out=self.used.tokens_out, cost=self.used.cost(self.options), seconds=self.seconds,
            seconds_left=(self.seconds - self._earlier) / self.asked * left,
        )  # fmt: skip


async def _at_once(
    many: int,
    work: Iterator[tuple[Task, Item, Kind]],
    do: Callable[[tuple[Task, Item, Kind]], Awaitable[None]],
) -> None:
    """Do all of it, so many at a time; the first failure ends the rest and is raised."""

    async def worker() -> None:
        for each in work:  # one iterator for all: each item is taken once
            await do(each)

    workers = [asyncio.create_task(worker()) for _ in range(many)]
    try:
        await asyncio.gather(*workers)
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _answer(kind: Kind, item: Item, subject: Subject) -> tuple[Answer, str]:
    """The answer, or why there is none."""
    for attempt in range(TRIES):
        try:
            return await kind.ask(item, subject), ""
        except CauserieError as error:
            if error.status in OF_THE_QUESTION:
                return Answer(), f"{error.code}: {error.message}"
            if (error.status < 500 and error.status != 429) or attempt == TRIES - 1:
                raise
            wait_s = error.retry_after or FIRST_WAIT_S * 2**attempt
            await asyncio.sleep(min(wait_s, LONGEST_WAIT_S))
    raise AssertionError("the last try returns or raises")


def _row(task: Task, item: Item, kind: Kind, answer: Answer, error: str) -> Scored:
    score, extra = (0.0, {}) if error else _score(kind, item, answer)
    if item.examples:
        extra["examples"] = [each.id for each in item.examples]
    asked = "\n\n".join(f"{message['role']}: {message['content']}" for message in item.messages)
    asked = asked.removeprefix("user: ") if len(item.messages) == 1 else asked
    return Scored(
        id=item.id, task=item.task, prompt=(asked or item.text)[:MAX_PROMPT], answer=answer.text, score=score,
        cluster=item.cluster, side=item.side, language=item.language or next(iter(task.languages), ""),
        expected=" | ".join(item.expected), scored_by=answer.scored_by, tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out, error=error, extra={**answer.extra, **extra},
    )  # fmt: skip


def _score(kind: Kind, item: Item, answer: Answer) -> tuple[float, dict[str, object]]:
    score = kind.score(item, answer)
    return score.value, dict(score.extra)


def _made(suite: Suite, judge: Subject | None) -> tuple[dict[str, Kind], list[str]]:
    """The kind of each task, and a note for each that takes a package which is not installed."""
    kinds: dict[str, Kind] = {}
    notes = []
    for task in suite.tasks:
        try:
            kinds[task.name] = kind_of(task, judge)
        except ConfigError as error:
            notes.append(f"{task.name} is left out: {error.message}")
    return kinds, notes


def _possible(suite: Suite, kinds: dict[str, Kind], subject: Subject) -> tuple[list[Task], list[str]]:
    """The tasks that the subject can do, and a note for each that it cannot."""
    tasks, notes = [], []
    for task in (each for each in suite.tasks if each.name in kinds):
        lacking = kinds[task.name].needs - subject.abilities
        if lacking:
            notes.append(f"{task.name} is left out: the engine cannot give {', '.join(sorted(lacking))}")
        else:
            tasks.append(task)
    return tasks, notes


def _how(tasks: Sequence[Task], scored: Sequence[Scored], judge: str) -> list[str]:
    """Which form each question took, where a kind has several, who judged, and which examples stood before it."""
    notes = []
    for task in tasks:
        rows = [row for row in scored if row.task == task.name]
        forms = sorted({str(row.extra["form"]) for row in rows if "form" in row.extra})
        if forms:
            notes.append(f"{task.name}: asked as {', '.join(forms)}, judged by {_by(rows)}")
        if any(JUDGE_TOKENS in row.extra for row in rows):
            notes.append(f"{task.name}: answers judged by the model {judge}")
            unheard = sum(JUDGE_ERROR in row.extra for row in rows)
            if unheard:
                notes.append(f"{task.name}: items of which the judge could not take a question: {unheard}")
        if task.shots and task.shots.count:
            notes += examples.told(task.name, task.shots)
            long = sum(row.error.startswith(ContextLengthExceeded.code) for row in rows)
            if long:
                notes.append(f"{task.name}: items that do not fit the model's context with their examples: {long}")
    return notes


def _measured(tasks: Sequence[Task], kinds: dict[str, Kind], scored: Sequence[Scored]) -> tuple[Metric, ...]:
    metrics = []
    for task in tasks:
        metrics += kinds[task.name].measure([row for row in scored if row.task == task.name])
    right = {metric.task for metric in metrics if metric.name == "accuracy"}
    if len(right) > 1:
        metrics.append(mean_metric("", "accuracy", [row for row in scored if row.task in right], _right))
    return tuple(metrics)


def _right(row: Scored) -> float:
    """An item's part of its task's accuracy, which need not be its score."""
    return float(row.extra.get("accuracy", row.score))


def _evaluation(
    begun: Begun, suite: Suite, subject: Subject, options: Options, scored: Sequence[Scored], seconds: float
) -> Evaluation:
    used = _used(scored)
    return Evaluation(
        id=begun.id, model=subject.name, version=subject.version, suite=suite.name, suite_sha256=suite.sha256,
        began_at=folders.began_at(begun), ended_at=now(), scored_by=_by(scored), metrics=(),
        tokens_in=used.tokens_in, tokens_out=used.tokens_out, cost=used.cost(options), seconds=round(seconds, 3),
        languages=suite.languages, causerie=version_of("causerie"), errors=sum(bool(row.error) for row in scored),
    )  # fmt: skip


def _used(scored: Iterable[Scored]) -> _Used:
    """By all of these items."""
    return reduce(_Used.and_of, scored, _Used())


def _by(scored: Sequence[Scored]) -> ScoredBy:
    ways = {row.scored_by for row in scored}
    return ways.pop() if len(ways) == 1 else "mixed" if ways else "generation"
