"""What the routes of releases take and answer.

Does: describe; turn rows and judgements into what the page shows, people by their names.
Does not: decide or look anything up; see `registry/releases.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from causerie.database.tables import now
from causerie.errors import CauserieError
from causerie.registry.gate import Judgement, Line
from causerie.registry.policy import Policy
from causerie.registry.releases import Act, Stage
from causerie.registry.tables import Override, Pause, Release, ReleaseAlias
from causerie.server.accounts_schema import Asked, Told
from causerie.server.errors import error_object

Names = Mapping[str, str]
"""What people are called, by their ids."""
AliasName = Annotated[str, StringConstraints(min_length=1, max_length=48)]
ModelOrVersion = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(max_length=2000)]
RequirementName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class LineTold(Told):
    """One requirement of the policy, and how a model stands to it."""

    requirement: str
    """Its name, by which an override lets it pass."""
    passed: bool
    overridden: bool
    """It failed, and two people let it pass."""
    kind: str
    """Which sentence says it, for the page's own words."""
    values: dict[str, str]
    """What fills that sentence."""
    reason: str
    """The sentence in English."""
    figure: float | None
    low: float | None
    """Lower end of the figure's interval."""
    high: float | None
    bound: float | None
    """What the policy asks."""

    @classmethod
    def of(cls, line: Line) -> "LineTold":
        """From the gate's."""
        known = line.to_json()
        return cls.model_validate({name: known[name] for name in cls.model_fields})


class JudgementTold(Told):
    """What the gate says of a model."""

    model: str
    version: str
    """Id of the registered version (empty = it is not registered)."""
    alias: str
    passed: bool
    policy_version: str
    policy_sha256: str
    lines: list[LineTold]

    @classmethod
    def of(cls, judgement: Judgement, alias: str) -> "JudgementTold":
        """From the gate's."""
        return cls(
            model=judgement.model, version=judgement.version, alias=alias, passed=judgement.passed,
            policy_version=judgement.policy_version, policy_sha256=judgement.policy_sha256,
            lines=[LineTold.of(line) for line in judgement.lines],
        )  # fmt: skip


class RefusedError(Told):
    """An error, as all are."""

    message: str
    type: str
    param: str | None
    code: str
    hint: str = ""


class Refused(Told):
    """A model that the gate does not let pass, and why."""

    error: RefusedError
    judgement: JudgementTold

    @classmethod
    def of(cls, judgement: JudgementTold, error: CauserieError) -> "Refused":
        """From the error and the judgement."""
        return cls.model_validate({**error_object(error), "judgement": judgement})


class AliasTold(Told):
    """A name that people ask for, and what answers to it."""

    alias: str
    model: str
    version: str
    candidate: str
    """Model that is being tried beside it (empty = none)."""
    candidate_version: str
    stage: Stage
    """Of the candidate; `all` = there is none."""
    share: float
    """Of people whom the candidate answers."""
    reached: int
    """People and applications who fall in the share."""
    people: int
    """Of so many (0 = nobody has an account, and conversations are shared out)."""
    since: datetime
    """When the present stage began."""

    @classmethod
    def of(cls, row: ReleaseAlias, reached: tuple[int, int]) -> "AliasTold":
        """From its row, and what `aliases.reached` says of it."""
        known = {name: getattr(row, name) for name in cls.model_fields if name not in {"reached", "people"}}
        return cls.model_validate({**known, "reached": reached[0], "people": reached[1]})


class ReleaseTold(Told):
    """Something that happened to an alias."""

    id: str
    alias: str
    act: Act
    model: str
    version: str
    previous: str
    """What was in service before, or what was taken back."""
    previous_version: str
    stage: Stage
    share: float
    override_id: str | None
    person: str | None
    """Who did it (null = the command line, or the program by itself)."""
    reason: str
    at: datetime
    failed: list[str]
    """Requirements that only an override let pass."""

    @classmethod
    def of(cls, row: Release, names: Names) -> "ReleaseTold":
        """From its row."""
        lines = row.judgement.get("lines", [])
        failed = [str(line["requirement"]) for line in lines if line.get("overridden")]
        known = {name: getattr(row, name) for name in cls.model_fields if name not in {"person", "failed"}}
        return cls.model_validate({**known, "failed": failed, "person": _name(row.person_id, names)})


class OverrideTold(Told):
    """An override."""

    id: str
    model: str
    version: str
    alias: str
    requirements: list[str]
    reason: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    signed_by: str | None
    """Null = it waits for another person."""
    signed_at: datetime | None
    over: bool
    """Its time has passed."""

    @classmethod
    def of(cls, row: Override, names: Names) -> "OverrideTold":
        """From its row."""
        known = {name: getattr(row, name) for name in cls.model_fields if name != "over"}
        people = {"asked_by": _name(row.asked_by, names), "signed_by": _name(row.signed_by, names)}
        return cls.model_validate({**known, **people, "over": row.expires_at <= now()})


class PauseTold(Told):
    """A run or a model that waits for two signatures, or had them."""

    id: str
    kind: str
    """`compute` or `ability`."""
    name: str
    """Of the run, or of the model."""
    threshold: str
    limit_flops: float
    flops: float
    """Of the whole lineage."""
    reason: str
    first_by: str | None
    first_at: datetime | None
    second_by: str | None
    """Null = it still waits."""
    second_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Pause, names: Names) -> "PauseTold":
        """From its row."""
        known = {name: getattr(row, name) for name in cls.model_fields}
        people = {"first_by": _name(row.first_by, names), "second_by": _name(row.second_by, names)}
        return cls.model_validate({**known, **people})


class PolicyTold(Told):
    """The policy in force."""

    version: str
    sha256: str
    suites: list[str]
    """That a model must have been evaluated with."""
    automatic: bool
    """What the loop makes is released without a person, where it passes."""

    @classmethod
    def of(cls, policy: Policy) -> "PolicyTold":
        """From the policy."""
        rules = policy.rules
        names = [suite.name for suite in rules.suites]
        return cls(version=rules.version, sha256=policy.sha256, suites=names, automatic=rules.gate.automatic)


class Releases(Told):
    """All that answers to a name, and what happened."""

    aliases: list[AliasTold]
    history: list[ReleaseTold]
    """The newest first."""
    next: str | None
    """What `before` takes for the history that is older (null = there is none)."""
    overrides: list[OverrideTold]
    policy: PolicyTold


class Pauses(Told):
    """Those that wait, and those that were signed."""

    pauses: list[PauseTold]


class ReleaseAsked(Asked):
    """What is to be released."""

    model: ModelOrVersion
    """A model's name, or the id of a version or its beginning."""
    alias: AliasName = "chat"
    stage: Stage = "all"
    share: float = Field(0.0, ge=0, lt=1)
    """Of people, in the stage `share`."""
    reason: Reason = ""


class ReasonAsked(Asked):
    """Why."""

    reason: Reason = ""


class OverrideAsked(Asked):
    """What is to be let pass."""

    model: ModelOrVersion
    alias: AliasName = "chat"
    requirements: list[RequirementName] = Field(min_length=1, max_length=100)
    """Names of the gate's lines."""
    reason: Reason
    days: float = Field(gt=0, le=3650)
    """For so long it holds."""


def people_in(*rows: Release | Override | Pause) -> set[str]:
    """Ids of all people that these rows name."""
    found: set[str | None] = set()
    for row in rows:
        if isinstance(row, Release):
            found.add(row.person_id)
        elif isinstance(row, Override):
            found |= {row.asked_by, row.signed_by}
        else:
            found |= {row.first_by, row.second_by}
    return {person for person in found if person}


def _name(person_id: str | None, names: Names) -> str | None:
    return names.get(person_id, "") if person_id else None
