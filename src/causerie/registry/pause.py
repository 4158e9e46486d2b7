"""The pause: a run that would pass a threshold, and a model that has, wait until two people sign.

Does: work out how far a run may go, write down who waits for what, take signatures, and say what they allow.
Does not: train (`training/permit.py` stops a run) or count what went into weights (`spent.py`).

A signature allows one run, by its name, recipe and start, or one model version; and no more operations than were
asked for. To cut a run in two, to rename it or to train a little further makes another run on the same weights, whose
operations come on top of what the ledger knows of them by their content.
"""

import asyncio
import hashlib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, Forbidden, NotFound
from causerie.evaluation import store as evaluations
from causerie.evaluation.contract import Metric
from causerie.registry import editions, signing, spent
from causerie.registry.gate import Judgement
from causerie.registry.overrides import checked_reason, may_decide, moment, require_signer
from causerie.registry.policy import AbilityCeiling, Policy
from causerie.registry.tables import Pause
from causerie.settings import Settings
from causerie.training import start_files
from causerie.training.permit import Permit
from causerie.training.recipe import Recipe

ROUNDING = 1.001
"""What was signed for may be passed by so much: the last step is counted whole."""
_UNTAUGHT = {"run", "money", "writers", "samples", "compute", "checkpoints", "evaluation"}
"""Parts of a recipe that change nothing of what is learnt, and may change while a run goes on."""
MOST = 200
LINE = "pause: "
"""What the gate's lines for thresholds begin with."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A run that somebody wants trained."""

    name: str
    recipe: Recipe
    folder: Path
    """Where it is started: there relative paths of the recipe begin."""

    @property
    def run(self) -> Path:
        """The folder that it writes."""
        return self.folder / self.recipe.run

    @property
    def start(self) -> Path | None:
        """What it goes on from (None = nothing)."""
        return self.folder / self.recipe.model.start if self.recipe.model.start else None

    def subject(self) -> str:
        """What a signature is for: the run's name, its recipe, and the bytes that it goes on from."""
        said = self.recipe.model_dump(mode="json", exclude=_UNTAUGHT)
        start = sorted(start_files.hashes(self.start).values()) if self.start else []
        return hashlib.sha256(json.dumps([self.name, said, start], sort_keys=True).encode()).hexdigest()


async def permit_for(session: AsyncSession, settings: Settings, policy: Policy, wish: Wish) -> Permit:
    """How far a run may go, by the policy and by what two people signed.

    `spent.note_runs` has been called just before: else weights of a moment ago are not known yet.
    """
    rules = policy.rules.pause
    subject = await asyncio.to_thread(wish.subject)
    before = await spent.behind(session, settings, policy, wish.start) if wish.start else 0.0
    signed = {row.threshold: row for row in await _signed(session, settings, subject)}
    limits = [(math.inf, "")]
    for threshold in rules.compute:
        row = signed.get(threshold.name)
        limits.append((max(threshold.flops, row.flops * ROUNDING) if row else threshold.flops, threshold.name))
    most, name = min(limits)
    passed = await _abilities_passed(session, settings, policy, wish.start) if wish.start else []
    blocked = next((ceiling.name for ceiling in passed if ceiling.name not in signed), "")
    return Permit(before_flops=before, most_flops=most, threshold=name, stop=rules.stop, blocked=blocked)


async def _abilities_passed(
    session: AsyncSession, settings: Settings, policy: Policy, start: Path
) -> list[AbilityCeiling]:
    """Reference models that what a run goes on from has passed already."""
    ceilings = policy.rules.pause.ability
    suites = await asyncio.to_thread(editions.required, settings, policy) if ceilings else {}
    hashes = await asyncio.to_thread(lambda: start_files.hashes(start).values())
    known = await abilities(session, ceilings, suites, hashes)
    passed = []
    for ceiling in ceilings:
        bound = await reference_low(session, ceiling, suites)
        if bound is not None and ceiling.name in known and known[ceiling.name].low > bound:
            passed.append(ceiling)
    return passed


async def abilities(
    session: AsyncSession, ceilings: Collection[AbilityCeiling], suites: Mapping[str, str], hashes: Collection[str]
) -> dict[str, Metric]:
    """The most that was ever measured of a model, by each ceiling's name.

    What weights can do in one form counts for all, and an evaluation that went worse, or that nobody answered, takes
    back nothing that an earlier one showed.

    Args:
        session: To read in.
        ceilings: What is measured.
        suites: As `editions.required`: to measure it by a harder suite of that name takes nothing back.
        hashes: Of files of the model.
    """
    found = {}
    forms = await spent.siblings(session, hashes) if ceilings else ()
    for ceiling in ceilings:
        told = [await evaluations.every(session, each, ceiling.suite, suites[ceiling.suite]) for each in forms]
        metrics = [each.metric(ceiling.metric, ceiling.task) for each in chain(*told)]
        if measured := [metric for metric in metrics if metric is not None]:
            found[ceiling.name] = max(measured, key=lambda metric: metric.low)
    return found


async def reference_low(session: AsyncSession, ceiling: AbilityCeiling, suites: Mapping[str, str]) -> float | None:
    """Lower end of a reference model's interval (None = neither the policy nor an evaluation here says it)."""
    if ceiling.low is not None:
        return ceiling.low
    found = await evaluations.list_of(
        session, model=ceiling.reference, suite=ceiling.suite, suite_sha256=suites[ceiling.suite], limit=1
    )
    metric = found[0].metric(ceiling.metric, ceiling.task) if found else None
    return metric.low if metric is not None else None


async def note_run(session: AsyncSession, wish: Wish, permit: Permit, flops: float) -> Pause:
    """Write down that a run waits; one that waits already for as much is the same.

    Args:
        session: To write in.
        wish: The run.
        permit: By which it was stopped.
        flops: Operations of its lineage, if it may go on to its end.
    """
    subject = await asyncio.to_thread(wish.subject)
    kind, threshold = ("ability", permit.blocked) if permit.blocked else ("compute", permit.threshold)
    limit = 0.0 if permit.blocked else permit.most_flops
    return await _note(session, kind, subject, wish.name, threshold, limit, flops)


async def note_model(session: AsyncSession, judgement: Judgement) -> list[Pause]:
    """Write down that a model waits, for each threshold that keeps it back at the gate."""
    if not judgement.version:
        return []
    noted = []
    for line in judgement.lines:
        if line.requirement in judgement.failed and line.requirement.startswith(LINE):
            kind = "compute" if line.kind.startswith("compute") else "ability"
            limit, flops = (line.bound or 0.0, line.figure or 0.0) if kind == "compute" else (0.0, 0.0)
            threshold = line.requirement.removeprefix(LINE)
            noted.append(await _note(session, kind, judgement.version, judgement.model, threshold, limit, flops))
    return noted


async def _note(
    session: AsyncSession, kind: str, subject: str, name: str, threshold: str, limit: float, flops: float
) -> Pause:
    waiting = select(Pause).where(Pause.subject == subject, Pause.threshold == threshold, Pause.second_by.is_(None))
    for row in await session.scalars(waiting):
        if row.flops >= flops / ROUNDING:
            return row
    nothing: dict[str, Any] = {}
    row = Pause(
        id=new_id("pause"), kind=kind, subject=subject, name=name[:200], threshold=threshold, limit_flops=limit,
        flops=flops, facts=nothing, created_at=now(),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await audit.record(session, None, "pause.begin", row.id, kind=kind)
    return row


async def sign(session: AsyncSession, settings: Settings, pause_id: str, person_id: str, reason: str) -> Pause:
    """Sign a pause; with the second person's signature the run or the model may go on.

    Raises:
        NotFound: There is none of that id.
        Forbidden: The person's role does not reach, or they signed it before.
        Conflict: Two people signed it already.
        InvalidRequest: The reason says nothing.
    """
    row = await session.get(Pause, pause_id, with_for_update=True)
    if row is None:
        raise NotFound("there is no pause {id}", id=pause_id[:64], hint="`causerie release pauses` lists them")
    await require_signer(session, person_id)
    if row.second_by is not None:
        raise Conflict("two people signed this already")
    if row.first_by == person_id:
        raise Forbidden("nobody signs twice", hint="another administrator must")
    reason = checked_reason(reason)
    # Who signed first must have the role still: a signature of somebody who has not is none, and leaves its place.
    if row.first_by is None or not await may_decide(session, row.first_by):
        row.first_by, row.first_at, row.reason = person_id, now(), reason
    else:
        row.second_by, row.second_at, row.reason = person_id, now(), f"{row.reason}\n{reason}"
        row.signature = signing.sign_text(settings, statement(row))
    await session.flush()
    await audit.record(session, person_id, "pause.sign", row.id, second=row.second_by is not None)
    return row


def statement(row: Pause) -> str:
    """What is signed: every field of the decision, in one order."""
    said = {
        "pause": row.id, "kind": row.kind, "subject": row.subject, "name": row.name, "threshold": row.threshold,
        "limit_flops": repr(row.limit_flops), "flops": repr(row.flops), "reason": row.reason,
        "first_by": row.first_by, "first_at": moment(row.first_at), "second_by": row.second_by,
        "second_at": moment(row.second_at),
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


async def _signed(session: AsyncSession, settings: Settings, subject: str) -> list[Pause]:
    """What two people signed for a subject, the most operations last; what was changed afterwards is none."""
    query = select(Pause).where(Pause.subject == subject, Pause.second_by.is_not(None)).order_by(Pause.flops)
    return [row for row in await session.scalars(query) if holds(settings, row)]


def holds(settings: Settings, row: Pause) -> bool:
    """Whether two people decided exactly this."""
    two = row.second_by is not None and row.first_by is not None and row.first_by != row.second_by
    return two and signing.verify_text(settings, statement(row), row.signature)


async def signed_names(session: AsyncSession, settings: Settings, version: str) -> frozenset[str]:
    """Thresholds that a model version was let past."""
    return frozenset(row.threshold for row in await _signed(session, settings, version)) if version else frozenset()


async def listed(session: AsyncSession, *, waiting: bool = False, limit: int = 50) -> list[Pause]:
    """Pauses, the newest first; those alone that still wait for a signature, if that is asked."""
    query = select(Pause).order_by(Pause.id.desc()).limit(max(1, min(limit, MOST)))
    return list(await session.scalars(query.where(Pause.second_by.is_(None)) if waiting else query))
