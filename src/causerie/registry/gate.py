"""The gate: what the policy asks of a model, line by line, with the figure, the bound and the reason.

Does: judge what is known of a candidate. A threshold is held against the end of an interval that is least in the
candidate's favour: too few items are a reason to refuse, not to hope.
Does not: look anything up (`standing.py`), promote (`releases.py`) or ask people (`overrides.py`).
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from causerie.evaluation.contract import Evaluation, Metric
from causerie.registry.policy import AbilityCeiling, ComputeThreshold, Policy, RequiredSuite, Threshold

SENTENCES = {
    "suite": "evaluated with {suite}, {items} items",
    "no suite": "there is no evaluation with {suite}: `causerie eval {model} --suite {suite}`",
    "other edition": "it was evaluated with another suite of the name {suite} ({found}; {wanted} is asked for), which"
    " does not count: `causerie eval {model} --suite {suite}`",
    "errors": "{errors} items of {suite} have no answer",
    "no metric": "the evaluation with {suite} has no {metric}",
    "least": "{metric} is {figure}, at least {low}; {bound} is needed",
    "most": "{metric} is {figure}, at most {high}; it may be {bound}",
    "within": "{metric} is {figure}, between {low} and {high}; it must be within {bound} of 0",
    "no release": "there is no release in service to compare with",
    "same release": "it is the release in service",
    "not compared": "{model} in service has no evaluation with {suite} that has {metric}",
    "other suite": "{model} in service was evaluated with another edition of {suite}:"
    " `causerie eval {model} --suite {suite}`",
    "regression": "{metric} differs from {model} by {figure}, between {low} and {high}; it may be worse by {bound}",
    "lineage": "the lineage is complete",
    "lineage lacks": "the lineage lacks: {missing}",
    "card": "the card is complete",
    "card lacks": "the card lacks: {missing}",
    "licence": "the licence {licence} may be released",
    "licences": "these may not be released together with it: {licences}",
    "no licence": "the licence is not known",
    "signature": "the files are what was signed",
    "unsigned": "{reason}",
    "compute": "{flops} operations went into it, {threshold} of {name} are not passed",
    "compute passed": "{flops} operations went into it: {name} ({threshold}) is passed",
    "compute signed": "{flops} operations went into it: {name} is passed, and two people signed",
    "ability": "{metric} is at least {low}, and {reference} at least {bound}: it is not passed",
    "ability passed": "{metric} is at least {low}, and {reference} at least {bound}: it is passed",
    "ability before": "{metric} of the same weights was at least {low} before, or in another form, and {reference} at"
    " least {bound}: it is passed",
    "ability signed": "{reference} is passed, and two people signed",
    "ability unknown": "{reference} has no evaluation with {suite} here, and the policy no figure: not compared",
}
"""What a line says, by its kind."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The candidate's metric minus that of the release in service."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of a candidate and of the release that it would follow."""

    model: str
    version: str = ""
    """Id of the registered version (empty = it is not registered)."""
    editions: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each suite that the policy speaks of, by its name: an evaluation by another content is none."""
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    """The last by each suite."""
    in_service: str = ""
    """Name of the model that is released now (empty = none)."""
    in_service_version: str = ""
    before: Mapping[str, Evaluation] = field(default_factory=dict)
    """The last of the release in service, by suite."""
    differences: Mapping[tuple[str, str, str], Difference] = field(default_factory=dict)
    """By suite, metric and task; from the same items, pair by pair, where both have them."""
    lineage_gaps: tuple[str, ...] = ()
    card_gaps: tuple[str, ...] = ()
    licence: str = ""
    """Of the weights."""
    licences: tuple[tuple[str, str], ...] = ()
    """What it was made from, and under which licence."""
    signature: str = ""
    """Why the files are not what was signed (empty = they are)."""
    flops: float = 0.0
    """Operations of the whole lineage."""
    signed_pauses: frozenset[str] = frozenset()
    """Names of thresholds that two people let it pass."""
    references: Mapping[str, float] = field(default_factory=dict)
    """Lower end of each reference, by the ceiling's name."""
    abilities: Mapping[str, Metric] = field(default_factory=dict)
    """By the ceiling's name, the most that was measured of the same weights, in this form or another."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One requirement, and how the candidate stands to it."""

    requirement: str
    """Its name, by which an override lets it pass: `core/accuracy`, `lineage`, ..."""
    passed: bool
    kind: str
    """Of `SENTENCES`."""
    values: Mapping[str, str]
    """What fills the sentence."""
    figure: float | None = None
    low: float | None = None
    high: float | None = None
    bound: float | None = None
    overridden: bool = False
    """It failed, and two people let it pass."""

    @property
    def reason(self) -> str:
        """The sentence, in English."""
        return SENTENCES[self.kind].format_map(self.values)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; an end that is not finite is null."""
        known = asdict(self) | {"reason": self.reason, "values": dict(self.values)}
        return {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in known.items()}


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the gate says of a candidate."""

    model: str
    version: str
    policy_version: str
    policy_sha256: str
    lines: tuple[Line, ...]

    @property
    def passed(self) -> bool:
        """Whether it may be released: each line holds, or two people let it pass."""
        return all(line.passed or line.overridden for line in self.lines)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the requirements that keep it back."""
        return tuple(line.requirement for line in self.lines if not line.passed and not line.overridden)

    @property
    def overridden(self) -> tuple[str, ...]:
        """Names of those that only an override lets pass."""
        return tuple(line.requirement for line in self.lines if line.overridden)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "model": self.model, "version": self.version, "passed": self.passed,
            "policy_version": self.policy_version, "policy_sha256": self.policy_sha256,
            "lines": [line.to_json() for line in self.lines],
        }  # fmt: skip


def judge(policy: Policy, standing: Standing, overridden: Collection[str] = ()) -> Judgement:
    """Hold a candidate against the policy.

    Args:
        policy: What is asked.
        standing: What is known.
        overridden: Requirements that an override in force lets pass.
    """
    rules = policy.rules
    lines = [*_suites(standing, rules.suites), *_papers(policy, standing)]
    lines += [_compute(standing, threshold) for threshold in rules.pause.compute]
    lines += [_ability(standing, ceiling) for ceiling in rules.pause.ability]
    return Judgement(
        model=standing.model, version=standing.version, policy_version=rules.version, policy_sha256=policy.sha256,
        lines=tuple(
            line if line.passed else replace(line, overridden=line.requirement in overridden) for line in lines
        ),
    )  # fmt: skip


def _suites(standing: Standing, suites: Collection[RequiredSuite]) -> Iterator[Line]:
    for suite in suites:
        evaluation = _counted(standing, suite.name, suite.name)
        if isinstance(evaluation, Line):
            yield evaluation
            continue
        if evaluation.errors:
            yield _line(suite.name, False, "errors", suite=suite.name, errors=str(evaluation.errors))
        else:
            items = max((metric.items for metric in evaluation.metrics), default=0)
            yield _line(suite.name, True, "suite", suite=suite.name, items=str(items))
        for threshold in suite.thresholds:
            yield from _threshold(standing, suite.name, evaluation, threshold)


def _counted(standing: Standing, requirement: str, suite: str) -> Evaluation | Line:
    """The evaluation by the content that the policy asks for, or the line that says why there is none."""
    evaluation, wanted = standing.evaluations.get(suite), standing.editions.get(suite, "")
    if evaluation is None:
        return _line(requirement, False, "no suite", suite=suite, model=standing.model)
    if evaluation.suite_sha256 != wanted:
        found = evaluation.suite_sha256[:12]
        return _line(
            requirement, False, "other edition", suite=suite, model=standing.model, found=found, wanted=wanted[:12]
        )
    return evaluation


def _threshold(standing: Standing, suite: str, evaluation: Evaluation, threshold: Threshold) -> Iterator[Line]:
    metrics = metrics_of(evaluation, threshold)
    if not metrics:
        name = "/".join(part for part in (suite, threshold.task, threshold.metric) if part)
        yield _line(name, False, "no metric", suite=suite, metric=threshold.metric)
    for metric in metrics:
        yield from _held(standing, suite, metric, threshold)


def metrics_of(evaluation: Evaluation, threshold: Threshold) -> list[Metric]:
    """The metrics that a threshold speaks of: that of its task, or of the whole suite, or else of each task."""
    named = [metric for metric in evaluation.metrics if metric.name == threshold.metric]
    exact = [metric for metric in named if metric.task == threshold.task]
    return exact[:1] or ([] if threshold.task else named)


def _held(standing: Standing, suite: str, metric: Metric, threshold: Threshold) -> Iterator[Line]:
    name = "/".join(part for part in (suite, metric.task, metric.name) if part)
    if threshold.least is not None:
        yield _measured(name, "least", metric, threshold.least, passed=metric.low >= threshold.least)
    if threshold.most is not None:
        yield _measured(name, "most", metric, threshold.most, passed=metric.high <= threshold.most)
    if threshold.within is not None:
        holds = -threshold.within <= metric.low and metric.high <= threshold.within
        yield _measured(name, "within", metric, threshold.within, passed=holds)
    if threshold.regression is not None:
        yield _regression(standing, suite, f"{name} regression", metric, threshold)


def _measured(name: str, kind: str, metric: Metric, bound: float, *, passed: bool) -> Line:
    return Line(
        requirement=name, passed=passed, kind=kind, figure=metric.value, low=metric.low, high=metric.high,
        bound=bound,
        values={"metric": metric.name, "figure": _told(metric.value), "low": _told(metric.low),
                "high": _told(metric.high), "bound": _told(bound)},
    )  # fmt: skip


def _regression(standing: Standing, suite: str, name: str, metric: Metric, threshold: Threshold) -> Line:
    if not standing.in_service:
        return _line(name, True, "no release")
    if standing.in_service_version and standing.in_service_version == standing.version:
        return _line(name, True, "same release")
    others = standing.before.get(suite)
    same = (
        each for each in (others.metrics if others else ()) if (each.task, each.name) == (metric.task, metric.name)
    )
    before = next(same, None)
    if others is None or before is None:
        return _line(name, False, "not compared", model=standing.in_service, suite=suite, metric=metric.name)
    if others.suite_sha256 != standing.evaluations[suite].suite_sha256:
        return _line(name, False, "other suite", model=standing.in_service, suite=suite)
    margin = threshold.regression or 0.0
    apart = standing.differences.get((suite, metric.name, metric.task)) or apart_by_intervals(before, metric)
    better_up = metric.higher_is_better is True
    holds = apart.low >= -margin if better_up else apart.high <= margin
    return Line(
        requirement=name, passed=holds, kind="regression", figure=apart.value, low=apart.low, high=apart.high,
        bound=margin,
        values={"metric": metric.name, "model": standing.in_service, "figure": _told(apart.value),
                "low": _told(apart.low), "high": _told(apart.high), "bound": _told(margin)},
    )  # fmt: skip


def apart_by_intervals(before: Metric, now: Metric) -> Difference:
    """How far two metrics are apart when only their intervals are known.

    The two sides' distances to their ends, joined as independent errors are (Newcombe, 1998, Statistics in Medicine
    17, method 10). Of a metric that is best at 0, the distances from 0 are compared.
    """
    if now.higher_is_better is None:
        old, new = abs(before.value), abs(now.value)
    else:
        old, new = before.value, now.value
    down = math.hypot(now.value - now.low, before.high - before.value)
    up = math.hypot(now.high - now.value, before.value - before.low)
    return Difference(value=new - old, low=new - old - down, high=new - old + up)


def _papers(policy: Policy, standing: Standing) -> Iterator[Line]:
    asked = policy.rules.gate
    if asked.lineage:
        yield _whole("lineage", standing.lineage_gaps)
    if asked.card:
        yield _whole("card", standing.card_gaps)
    if asked.licences:
        yield _licence(standing, asked.licences)
    if asked.signature and standing.signature:
        yield _line("signature", False, "unsigned", reason=standing.signature)
    elif asked.signature:
        yield _line("signature", True, "signature")


def _whole(name: str, gaps: tuple[str, ...]) -> Line:
    if gaps:
        return _line(name, False, f"{name} lacks", missing=", ".join(gaps))
    return _line(name, True, name)


def _licence(standing: Standing, allowed: Collection[str]) -> Line:
    if not standing.licence:
        return _line("licence", False, "no licence")
    permitted = {name.lower() for name in allowed}
    wrong = [f"{what}: {licence or '?'}" for what, licence in (("", standing.licence), *standing.licences)
             if licence.lower() not in permitted]  # fmt: skip
    if wrong:
        return _line("licence", False, "licences", licences="; ".join(each.removeprefix(": ") for each in wrong))
    return _line("licence", True, "licence", licence=standing.licence)


def _compute(standing: Standing, threshold: ComputeThreshold) -> Line:
    passed = standing.flops > threshold.flops
    signed = passed and threshold.name in standing.signed_pauses
    kind = "compute signed" if signed else "compute passed" if passed else "compute"
    return Line(
        requirement=f"pause: {threshold.name}", passed=not passed or signed, kind=kind, figure=standing.flops,
        bound=threshold.flops,
        values={"flops": f"{standing.flops:.2e}", "threshold": f"{threshold.flops:.0e}", "name": threshold.name},
    )  # fmt: skip


def _ability(standing: Standing, ceiling: AbilityCeiling) -> Line:
    name = f"pause: {ceiling.name}"
    bound = standing.references.get(ceiling.name)
    if bound is None:
        return _line(name, True, "ability unknown", reference=ceiling.reference, suite=ceiling.suite)
    evaluation = _counted(standing, name, ceiling.suite)
    if isinstance(evaluation, Line):
        return evaluation
    own = evaluation.metric(ceiling.metric, ceiling.task)
    if own is None:
        return _line(name, False, "no metric", suite=ceiling.suite, metric=ceiling.metric)
    metric = max(own, standing.abilities.get(ceiling.name, own), key=lambda each: each.low)
    passed = metric.low > bound
    signed = passed and ceiling.name in standing.signed_pauses
    kind = "ability" if not passed else "ability signed" if signed else "ability passed"
    if kind == "ability passed" and own.low <= bound:
        kind = "ability before"
    return Line(
        requirement=name, passed=not passed or signed, kind=kind, figure=metric.value, low=metric.low,
        high=metric.high, bound=bound,
        values={"metric": metric.name, "low": _told(metric.low), "reference": ceiling.reference,
                "bound": _told(bound)},
    )  # fmt: skip


def _line(requirement: str, passed: bool, kind: str, **values: str) -> Line:
    return Line(requirement=requirement, passed=passed, kind=kind, values=values)


_told: Callable[[float], str] = "{:.3g}".format
