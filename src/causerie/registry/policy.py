"""The policy: what a model must show to be released, when a release falls back, and when a run must wait for people.

Does: name every key, its unit and its default; read the file strictly, or say which key in which line is wrong.
Does not: judge (`gate.py`), watch (`watching.py`) or stop anything (`pause.py`).
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from causerie.data.toml_recipe import parsed
from causerie.errors import ConfigError
from causerie.planning import thresholds as planning
from causerie.settings import Settings

FILE = "policy.toml"
"""In the data folder; where there is none, the one that comes with the program holds."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Threshold(_Table):
    """What one metric must reach, over its whole interval."""

    metric: str = Field(min_length=1)
    """Its name, as in the evaluation."""
    task: str = ""
    """Of which task (empty = the whole suite; where it has no such figure, every task that has one must hold)."""
    least: float | None = None
    """The interval's lower end must not be below this."""
    most: float | None = None
    """Its upper end must not be above this."""
    within: float | None = Field(None, ge=0)
    """Both ends must lie between this and its negative: for differences between sides."""
    regression: float | None = Field(None, ge=0)
    """So much worse than the release in service it may be at most, at the end of the difference's interval that is
    least in its favour (none = it is not compared)."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if (self.least, self.most, self.within, self.regression) == (None, None, None, None):
            raise ValueError("a threshold needs one of least, most, within, regression")
        return self


class RequiredSuite(_Table):
    """A suite that a model must have been evaluated with."""

    name: str = Field(min_length=1)
    """As in `causerie eval --suite`."""
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    """Of its content, `suite_sha256` of an evaluation (empty = of the suite of that name that is here). An evaluation
    by another suite of that name does not count."""
    thresholds: tuple[Threshold, ...] = ()
    """What its metrics must reach."""


class GateRules(_Table):
    """What is asked beside figures."""

    lineage: bool = True
    """Nothing of the lineage may be missing."""
    card: bool = True
    """Nothing of the model card may be missing."""
    signature: bool = True
    """The version must be registered, and its files what was signed."""
    licences: tuple[str, ...] = ()
    """SPDX names that may be released (empty = any)."""
    automatic: bool = False
    """What the loop of improvement makes is released without a person, where it passes."""


class OverrideRules(_Table):
    """Exceptions by two people."""

    most_days: float = Field(30.0, gt=0)
    """For so many days at most an override holds."""


class FallBackRules(_Table):
    """When a release is taken back without a person."""

    least_requests: int = Field(20, ge=1)
    """Before so many requests nothing is decided."""
    error_rate: float = Field(0.05, ge=0, le=1)
    """Share of failed requests; the lower end of its interval must not pass it."""
    latency_ratio: float = Field(2.0, gt=0)
    """Median seconds to the first token, over those of the release before."""
    thumbs_down: float = Field(0.40, ge=0, le=1)
    """Share of ratings that are bad; the lower end of its interval must not pass it."""
    watch_hours: float = Field(24.0, ge=0)
    """A release to all is watched for so long."""


class ComputeThreshold(_Table):
    """An amount of computing, over all of a lineage."""

    flops: float = Field(gt=0)
    """Floating-point operations."""
    name: str = Field(min_length=1)
    """What people call it."""
    source: str = Field(min_length=1)
    """Where it comes from."""


class AbilityCeiling(_Table):
    """A model to compare with."""

    suite: str = Field(min_length=1)
    """Which suite shows it."""
    metric: str = Field(min_length=1)
    """Which of its metrics; higher must be better."""
    task: str = ""
    """Of which task (empty = the first metric of that name)."""
    reference: str = Field(min_length=1)
    """Name of the model to compare with."""
    low: float | None = None
    """Lower end of the reference's interval (none = of its last evaluation here)."""
    source: str = Field(min_length=1)
    """Why this model."""

    @property
    def name(self) -> str:
        """What a pause for it is called."""
        figure = "/".join(part for part in (self.suite, self.task, self.metric) if part)
        return f"{figure}: {self.reference}"


class KnownModel(_Table):
    """What is known of a model that was trained elsewhere."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of its file; one of several files has an entry for each."""
    flops: float = Field(ge=0)
    """Operations that made it."""
    source: str = Field(min_length=1)
    """Who says so."""


class PauseRules(_Table):
    """When a run waits for two signatures."""

    stop: Literal["start", "checkpoint"] = "start"
    """`start`: a run that would pass a threshold does not begin; `checkpoint`: it stops at the one before it does."""
    compute: tuple[ComputeThreshold, ...] = ()
    """Thresholds for the operations of a lineage."""
    ability: tuple[AbilityCeiling, ...] = ()
    """Models that must not be passed unnoticed."""
    known: tuple[KnownModel, ...] = ()
    """Models of elsewhere."""
    tokens_per_parameter: float = Field(20.0, gt=0)
    """A model of unknown origin is taken to have read so many tokens a weight (Hoffmann et al., 2022: about 20)."""

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [*(each.name for each in self.compute), *(each.name for each in self.ability)]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]} stands twice: signatures for one would let pass the other")
        return self


class Rules(_Table):
    """The whole file."""

    version: str = Field(min_length=1, max_length=64)
    """Name of this policy; change it with the rules."""
    gate: GateRules = GateRules()
    suites: tuple[RequiredSuite, ...] = ()
    overrides: OverrideRules = OverrideRules()
    fall_back: FallBackRules = FallBackRules()
    pause: PauseRules = PauseRules()

    @field_validator("suites")
    @classmethod
    def _each_once(cls, suites: tuple[RequiredSuite, ...]) -> tuple[RequiredSuite, ...]:
        names = [suite.name for suite in suites]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"the suite {twice[0]} stands twice")
        return suites


@dataclass(frozen=True)
class Policy:
    """Rules, and which text they were read from."""

    rules: Rules
    sha256: str
    """Of the file."""
    source: str
    """Its path (empty = the one that comes with the program)."""


def parse(text: str, name: str = FILE) -> Policy:
    """A policy from its text.

    Raises:
        ConfigError: A key is unknown, missing or wrong: the message has its line, the hint what to do.
    """
    return Policy(parsed(Rules, text, name), hashlib.sha256(text.encode()).hexdigest(), "")


def load(settings: Settings) -> Policy:
    """The policy in force.

    Raises:
        ConfigError: The file in the data folder cannot be read, or is wrong.
    """
    path = settings.home / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return parse(files("causerie.registry").joinpath(FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the policy {path} cannot be read: {reason}", path=str(path), reason=str(error),
            hint="it is a TOML file in UTF-8; without it, the one that comes with the program holds",
        ) from error  # fmt: skip
    policy = parse(text, str(path))
    return Policy(policy.rules, policy.sha256, str(path))


def compute_thresholds(settings: Settings) -> tuple[planning.Threshold, ...]:
    """Those of the policy in force, as a plan takes them.

    Raises:
        ConfigError: The file in the data folder cannot be read, or is wrong.
    """
    compute = load(settings).rules.pause.compute
    return planning.of_policy((each.flops, each.name, each.source) for each in compute)
