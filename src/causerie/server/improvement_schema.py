"""What the routes of the closed loop take and answer.

Does: describe; turn a round into what the page shows.
Does not: read anything; see `improvement/store.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import Field, StringConstraints

from causerie.improvement.contract import Method, Wishes
from causerie.improvement.store import Improvement, Step, StepState
from causerie.jobs.store import State
from causerie.server.accounts_schema import Asked, ModelName, Told

Alias = Annotated[str, StringConstraints(min_length=1, max_length=48)]
RuleName = Annotated[str, StringConstraints(min_length=1, max_length=48)]
Change = Annotated[str, StringConstraints(max_length=4096)]
Changes = Annotated[dict[Annotated[str, StringConstraints(max_length=128)], Change], Field(max_length=32)]
"""Keys of the training's recipe with other values."""


class WishesTold(Told):
    """What is wanted of the loop."""

    alias: str
    """The release that is made better."""
    method: Method
    least: int
    """Statements without which a round does not train."""
    held_out: float
    """Share of the statements that is kept out of training."""
    every_days: int
    """Days between two rounds that begin by themselves (0 = none do)."""
    at_count: int
    """Statements since the last round, at which one begins by itself (0 = none does)."""
    unheeded: list[str]
    """Rules against poisoned feedback that are not heeded."""
    changes: dict[str, str]
    """Keys of the recipe with other values."""


class SettingsTold(WishesTold):
    """What is wanted of the loop, and what waits for it."""

    waiting: int
    """Statements that people allowed to train on since the last round."""


class WishesAsked(Asked):
    """What is wanted otherwise; null stays as it is."""

    alias: Alias | None = None
    method: Method | None = None
    least: int | None = Field(None, ge=2, le=1_000_000)
    held_out: float | None = Field(None, ge=0.05, le=0.5)
    every_days: int | None = Field(None, ge=0, le=366)
    at_count: int | None = Field(None, ge=0, le=1_000_000)
    unheeded: list[RuleName] | None = Field(None, max_length=16)
    changes: Changes | None = None


class RoundAsked(WishesAsked):
    """A round, with what it wants otherwise than the settings."""

    model: ModelName | None = None
    """To go on from this model (null = the release in service)."""


class StepTold(Told):
    """A step of a round."""

    name: str
    """`collect`, `examine`, `hold_out`, `train`, `register`, `compare`, `evaluate` or `gate`."""
    state: StepState
    count: int | None
    """Statements that are left behind it, or steps of training, or suites (null = it counts nothing)."""
    counts: dict[str, int]
    """What was left out, set aside or masked, by reason."""
    at: datetime | None
    """When it began (null = it has not)."""
    seconds: float | None
    """How long it took (null = it has not ended)."""
    message: str
    """What came of it, in a sentence."""
    facts: dict[str, Any]
    """All that came of it."""


class FindingTold(Told):
    """Feedback that was set aside because it looks like a campaign's."""

    rule: str
    people: list[str]
    """Names, or ids of those who are gone."""
    statements: int
    evidence: str


class ComparedTold(Told):
    """Candidate against release, on what was held out."""

    value: float
    """Share of the pairs whose better answer the candidate prefers more than the release does."""
    low: float
    high: float
    items: int
    clusters: int
    method: str


class ImprovementTold(Told):
    """A round."""

    id: str
    """That of its job."""
    state: State
    verdict: str
    """`ready` at the gate, `released`, `refused` by it, `nothing` to learn (empty = not known yet)."""
    alias: str
    method: str
    base: str
    """The model that is gone on from (empty = not known yet, as the next two)."""
    candidate: str
    run: str
    """Name of the run that trained it."""
    share: float
    message: str
    error: str | None
    person: str | None
    """Who asked (null = the schedule or the command line)."""
    created_at: datetime
    ended_at: datetime | None
    compared: ComparedTold | None
    findings: list[FindingTold]
    steps: list[StepTold]


class Improvements(Told):
    """Rounds, the newest first."""

    items: list[ImprovementTold]
    next: str | None
    """What `before` takes for the following ones (null = there are none)."""


def wishes_told(wishes: Wishes, waiting: int) -> SettingsTold:
    """The settings as the page shows them."""
    return SettingsTold.model_validate({**wishes.to_json(), "waiting": waiting})


def told(improvement: Improvement, names: Mapping[str, str]) -> ImprovementTold:
    """A round as the page shows it.

    Args:
        improvement: The round.
        names: Of people, by id.
    """
    job, facts = improvement.job, {step.name: step.facts for step in improvement.steps}
    compared = facts["compare"].get("interval")
    return ImprovementTold(
        id=job.id,
        state=cast("State", job.state),
        verdict=str((job.result or {}).get("verdict", "")),
        alias=str(job.parameters.get("alias", "")),
        method=str(facts["hold_out"].get("method") or job.parameters.get("method", "")),
        base=str(facts["collect"].get("base", "")),
        candidate=str(facts["register"].get("model", "")),
        run=str(facts["hold_out"].get("run", "")),
        share=job.share,
        message=job.message,
        error=str(job.error["message"]) if job.error else None,
        person=names.get(job.person_id or "", job.person_id),
        created_at=job.created_at,
        ended_at=job.ended_at,
        compared=ComparedTold.model_validate(compared) if compared else None,
        findings=[_finding(each, names) for each in facts["examine"].get("findings", [])],
        steps=[_step(step) for step in improvement.steps],
    )


def _finding(found: Mapping[str, Any], names: Mapping[str, str]) -> FindingTold:
    people = [names.get(person) or person for person in found["people"]]
    return FindingTold(rule=found["rule"], people=people, statements=found["statements"], evidence=found["evidence"])


def _step(step: Step) -> StepTold:
    seconds = (step.ended_at - step.began_at).total_seconds() if step.began_at and step.ended_at else None
    facts = dict(step.facts)
    return StepTold(
        name=step.name, state=step.state, count=facts.get("count"), counts=facts.get("counts", {}), at=step.began_at,
        seconds=seconds, message=str(facts.get("message", "")), facts=facts,
    )  # fmt: skip


def people_in(improvements: list[Improvement]) -> set[str]:
    """Ids of the people whose names are shown."""
    found = {each.job.person_id for each in improvements if each.job.person_id}
    for each in improvements:
        for step in each.steps:
            found.update(person for finding in step.facts.get("findings", []) for person in finding["people"])
    return found
