"""What the routes of evaluations take and answer.

Does: describe; turn evaluations, their answers and comparisons into what the page shows.
Does not: look for them; see `evaluation/overview.py`.
"""

from datetime import datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from causerie.evaluation.comparing import Row, Verdict
from causerie.evaluation.contract import Metric, Scored, ScoredBy, Shots, Suite, Task
from causerie.evaluation.examples import MOST
from causerie.evaluation.overview import Entry, State
from causerie.server.accounts_schema import Asked, ModelName, Told
from causerie.server.jobs import JobError

HEADLINES = 4
"""Figures that the list shows of an evaluation."""
SuiteName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]


class MetricTold(Told):
    """A figure with its interval."""

    task: str
    """Empty = of the whole suite."""
    name: str
    value: float
    low: float | None
    """Null = nothing is known, as from a single group; `high` too."""
    high: float | None
    confidence: float
    items: int
    clusters: int
    """Independent groups of items."""
    higher_is_better: bool | None
    """Null = neither way is better."""
    unit: str
    method: str
    """How the interval was made."""


class EvaluationTold(Told):
    """An evaluation, in short."""

    id: str
    model: str
    version: str
    """SHA-256 of the model's file (empty = unknown)."""
    suite: str
    state: State
    share: float
    """What is done of it, 0 to 1."""
    message: str
    """What it is at now."""
    error: JobError | None
    """Why it failed."""
    job_id: str | None
    """The job that is at it (null = it is over, or the command line's)."""
    shots: int | None
    """Examples before each item: as asked for, then the most of any task (null = none, or as the suite says)."""
    began_at: datetime
    ended_at: datetime | None
    headlines: list[MetricTold]
    """Its first figures: those of the whole suite before those of its tasks."""


class Evaluations(Told):
    """Some of the list."""

    items: list[EvaluationTold]
    next: str | None
    """What `before` takes for the following ones (null = there are none)."""


class ItemTold(Told):
    """An item with its answer."""

    id: str
    task: str
    prompt: str
    answer: str
    expected: str
    score: float
    cluster: str
    side: str
    language: str
    scored_by: ScoredBy
    tokens_in: int
    tokens_out: int
    seconds: float
    error: str
    """Why there is no answer (empty = there is)."""
    extra: dict[str, Any]
    """Figures of the score, and which form of the question was used."""


class EvaluationWhole(EvaluationTold):
    """All that is known of an evaluation, and some of its answers."""

    suite_sha256: str
    scored_by: ScoredBy | None
    """Null = it is not over."""
    metrics: list[MetricTold]
    tasks: list[str]
    """Those that have a figure."""
    tokens_in: int
    tokens_out: int
    cost: float
    currency: str
    seconds: float
    guardrail: str
    languages: list[str]
    causerie: str
    errors: int
    """Items that got no answer."""
    notes: list[str]
    items: list[ItemTold]
    next: int | None
    """What `after` takes for the following answers (null = there are none)."""


class ComparedRow(Told):
    """One figure of two evaluations."""

    task: str
    name: str
    unit: str
    first: float
    second: float
    difference: float
    """Second minus first."""
    low: float | None
    """Null = nothing is known; `high` too."""
    high: float | None
    p_value: float | None
    """Null = the answers could not be paired: only the intervals were compared."""
    p_corrected: float | None
    """For the number of figures (Holm)."""
    effect: float | None
    items: int
    seen_from: float | None
    """Least difference that so many items show four times in five, before p is corrected (null = none is known)."""
    items_needed: int | None
    """To show a difference of 0.05 as often (null = not known, or the figure is no share)."""
    method: str
    verdict: Verdict


class Compared(Told):
    """Two evaluations of one suite, figure by figure."""

    rows: list[ComparedRow]


class TaskTold(Told):
    """A task of a suite."""

    name: str
    kind: str
    languages: list[str]
    items: int
    examples: str
    """Where examples before its items come from (empty = it says of none)."""
    shots: int
    """How many it has by itself."""


class SuiteTold(Told):
    """A suite that can be asked for."""

    name: str
    title: str
    version: str
    licence: str
    languages: list[str]
    sha256: str
    description: dict[str, str]
    """By language."""
    card: str
    """Markdown."""
    items: int
    tasks: list[TaskTold]


class Suites(Told):
    """All of them."""

    suites: list[SuiteTold]


class EvaluationAsked(Asked):
    """An evaluation to be made."""

    model: ModelName
    suite: SuiteName
    judge: Annotated[str, Field(max_length=96)] = ""
    """Model that judges answers, where the suite has such a task (empty = none)."""
    shots: Annotated[int | None, Field(ge=0, le=MOST)] = None
    """Examples before each item (null = as the suite says)."""


def told(entry: Entry) -> EvaluationTold:
    """An evaluation in short."""
    return EvaluationTold.model_validate(_in_short(entry))


def whole(entry: Entry, currency: str, answers: list[Scored], following: int | None) -> EvaluationWhole:
    """An evaluation with some of its answers."""
    known = entry.evaluation
    facts: dict[str, Any] = {
        "suite_sha256": "", "scored_by": None, "tokens_in": 0, "tokens_out": 0, "cost": 0.0, "seconds": 0.0,
        "guardrail": "", "languages": (), "causerie": "", "errors": 0, "notes": (),
    }  # fmt: skip
    if known is not None:
        facts = {name: getattr(known, name) for name in facts}
    facts["languages"], facts["notes"] = list(facts["languages"]), list(facts["notes"])
    metrics = known.metrics if known else ()
    return EvaluationWhole.model_validate(
        {
            **_in_short(entry), **facts, "currency": currency, "next": following,
            "metrics": [_metric(metric) for metric in metrics],
            "tasks": list(dict.fromkeys(metric.task for metric in metrics if metric.task)),
            "items": [{name: getattr(row, name) for name in ItemTold.model_fields} for row in answers],
        }
    )  # fmt: skip


def compared(rows: tuple[Row, ...]) -> Compared:
    """A comparison."""
    names = ComparedRow.model_fields
    return Compared(rows=[ComparedRow.model_validate(_bounded({name: getattr(row, name) for name in names}))
                          for row in rows])  # fmt: skip


def suites_told(suites: list[Suite]) -> Suites:
    """Suites with the number of their items, not the items."""
    return Suites(
        suites=[
            SuiteTold(
                name=suite.name, title=suite.title, version=suite.version, licence=suite.licence,
                languages=list(suite.languages), sha256=suite.sha256, description=dict(suite.description),
                card=suite.card, items=sum(len(task.items) for task in suite.tasks),
                tasks=[_task(task) for task in suite.tasks],
            )
            for suite in suites
        ]
    )  # fmt: skip


def _task(task: Task) -> TaskTold:
    shots = task.shots or Shots()
    return TaskTold(name=task.name, kind=task.kind, languages=list(task.languages), items=len(task.items),
                    examples=shots.source, shots=shots.count)  # fmt: skip


def _in_short(entry: Entry) -> dict[str, Any]:
    known = entry.evaluation
    metrics = sorted(known.metrics, key=lambda metric: metric.task != "") if known else []
    return {
        "id": entry.id, "model": entry.model, "suite": entry.suite, "state": entry.state, "share": entry.share,
        "message": entry.message, "error": entry.error, "job_id": entry.job_id, "shots": entry.shots,
        "began_at": entry.began_at,
        "ended_at": known.ended_at if known else None, "version": known.version if known else "",
        "headlines": [_metric(metric) for metric in metrics[:HEADLINES]],
    }  # fmt: skip


def _metric(metric: Metric) -> dict[str, Any]:
    return _bounded({name: getattr(metric, name) for name in MetricTold.model_fields})


def _bounded(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has no infinity."""
    return values | {name: None for name in ("low", "high") if not isfinite(values[name])}
