"""How a candidate stands: all that the gate needs to know, looked up; and the whole judgement in one call.

Does: find the version, its evaluations and those of the release in service, pair them item by item, ask the lineage,
the card, the signature, the pauses and the overrides.
Does not: hold anything against the policy; `gate.py` does, from this alone.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.database.engine import Database
from causerie.errors import CauserieError, ModelNotFound, NotFound
from causerie.evaluation import store as evaluations
from causerie.evaluation.comparing import Judged, compare
from causerie.evaluation.contract import Evaluation
from causerie.evaluation.folder import folder_of, read_items
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.registry import card, editions, lineage, notes, overrides, pause, releases, store, versions
from causerie.registry.contract import ModelVersion
from causerie.registry.gate import Difference, Judgement, Standing, judge
from causerie.registry.policy import Policy
from causerie.settings import Settings

UNREGISTERED = "it is not registered: nobody signed its files"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What somebody named, found."""

    name: str
    """The catalogue's, or an upstream's."""
    model: Model | None = None
    """None = it does not run here."""
    version: ModelVersion | None = None
    """None = it is not registered."""

    @property
    def id(self) -> str:
        """Of the version (empty = it is not registered)."""
        return self.version.id if self.version else ""

    @property
    def sha256(self) -> str:
        """What evaluations call the version (empty = unknown)."""
        return self.version.sha256 if self.version else self.model.sha256 if self.model else ""


async def judged(
    database: Database, settings: Settings, policy: Policy, named: str, alias: str = releases.DEFAULT
) -> tuple[Judgement, str | None]:
    """What the gate says of a model, overrides in force applied, and the id of the override that it needs.

    Args:
        database: Of the registry.
        settings: Where models are.
        policy: What is asked.
        named: A model's name, or the id of a version or its beginning.
        alias: What it is to answer to: there it is compared with the release in service.

    Raises:
        NotFound: There is neither a model nor a version of that name.
    """
    candidate = await found(database, settings, named)
    standing = await standing_of(database, settings, policy, candidate, alias)
    async with database.read() as session:
        rows = await overrides.in_force(session, settings, standing.version, alias)
    judgement = judge(policy, standing, overrides.requirements_of(rows))
    # Of several for one line the one that ends last counts: so one is renewed before it ends.
    lasting = [
        max((row for row in rows if line in row.requirements), key=lambda row: row.expires_at)
        for line in judgement.overridden
    ]
    return judgement, min(lasting, key=lambda row: row.expires_at).id if lasting else None


async def found(database: Database, settings: Settings, named: str) -> Candidate:
    """A model by its name, or by the id of its version.

    Raises:
        NotFound: There is neither.
    """
    model = await asyncio.to_thread(_installed, settings, named)
    async with database.read() as session:
        if model is not None:
            return Candidate(name=model.name, model=model, version=await _version_of(session, model))
        if any(named in upstream.names for upstream in settings.upstreams):
            return Candidate(name=named)
        version = await store.find(session, named)
    model = await asyncio.to_thread(_installed, settings, version.model) if version.model else None
    if model is None:
        raise NotFound(
            "the model of the version {id} is no longer here", id=version.id[:12],
            hint="put it back among the models under the name {name}", name=version.model or "-",
        )  # fmt: skip
    return Candidate(name=model.name, model=model, version=version)


def _installed(settings: Settings, name: str) -> Model | None:
    try:
        return catalogue.find(settings, name)
    except ModelNotFound:
        return None


async def _version_of(session: AsyncSession, model: Model) -> ModelVersion | None:
    """The newest version that this model gives itself out to be; whether it is, the signature says."""
    claimed = await store.claiming(session, model.name, model.sha256)
    same = [version for version in claimed if model.sha256 and version.sha256 == model.sha256]
    return next(iter([*same, *claimed]), None)


async def evaluation_in_service(
    session: AsyncSession, settings: Settings, like: Evaluation, alias: str = releases.DEFAULT
) -> Evaluation | None:
    """The last evaluation, by the suite of this one, of what answers to an alias now (None = there is none)."""
    row = await releases.current(session, alias)
    if row is None:
        return None
    sha256 = await _sha256_of(session, settings, row.model, row.version)
    return await evaluations.latest(session, sha256, like.suite, like.suite_sha256)


async def standing_of(
    database: Database, settings: Settings, policy: Policy, candidate: Candidate, alias: str
) -> Standing:
    """All that the gate needs to know of a candidate."""
    signature = await _signature(settings, candidate)
    suites = await asyncio.to_thread(editions.required, settings, policy)
    async with database.read() as session:
        row = await releases.current(session, alias)
        in_service, in_service_version = (row.model, row.version) if row else ("", "")
        own = await editions.last(session, suites, candidate.sha256, candidate.name)
        before_sha256 = await _sha256_of(session, settings, in_service, in_service_version)
        before = await editions.last(session, suites, before_sha256, in_service) if in_service else {}
        family = await lineage.family(session, candidate.version) if candidate.version else None
        signed = await pause.signed_names(session, settings, candidate.id)
        ceilings = policy.rules.pause.ability
        lows = {each.name: await pause.reference_low(session, each, suites) for each in ceilings}
        abilities = await pause.abilities(session, ceilings, suites, {candidate.sha256} - {""})
    said = await asyncio.to_thread(notes.notes_of, settings, family) if family else {}
    pairs = await asyncio.to_thread(lambda: dict(_differences(settings, policy, before, own)))
    return Standing(
        model=candidate.name,
        version=candidate.id,
        editions=suites,
        evaluations=own,
        in_service=in_service,
        in_service_version=in_service_version,
        before=before,
        differences=pairs,
        lineage_gaps=lineage.missing(family) if family else (UNREGISTERED,),
        card_gaps=card.gaps(family, list(own.values()), said) if family else (UNREGISTERED,),
        licence=lineage.licence(family) if family else "",
        licences=lineage.licences(family) if family else (),
        signature=signature,
        flops=lineage.cumulated(family).flops if family else 0.0,
        signed_pauses=signed,
        references={name: low for name, low in lows.items() if low is not None},
        abilities=abilities,
    )


async def _signature(settings: Settings, candidate: Candidate) -> str:
    """Why the files are not what was signed (empty = they are)."""
    if candidate.version is None or candidate.model is None:
        return UNREGISTERED
    try:
        await versions.verify(settings, candidate.version, candidate.model)
    except CauserieError as error:
        return error.message
    return ""


async def _sha256_of(session: AsyncSession, settings: Settings, name: str, version: str) -> str:
    if version:
        try:
            return (await store.get(session, version)).sha256
        except NotFound:  # the database was restored from before it was registered
            return ""
    model = await asyncio.to_thread(_installed, settings, name) if name else None
    return model.sha256 if model else ""


def _differences(
    settings: Settings, policy: Policy, before: Mapping[str, Evaluation], own: Mapping[str, Evaluation]
) -> Iterator[tuple[tuple[str, str, str], Difference]]:
    """How far the metrics are apart that the policy compares, where a direction of them is better."""
    for suite in policy.rules.suites:
        old, new = before.get(suite.name), own.get(suite.name)
        if old is None or new is None or all(each.regression is None for each in suite.thresholds):
            continue
        if old.suite_sha256 != new.suite_sha256:  # not the same questions: the gate says so
            continue
        rows = compare(_with_items(settings, old), _with_items(settings, new))
        directed = {(each.task, each.name) for each in new.metrics if each.higher_is_better is not None}
        for row in rows:
            if (row.task, row.name) in directed:
                key = (suite.name, row.name, row.task)
                yield key, Difference(value=row.difference, low=row.low, high=row.high)


def _with_items(settings: Settings, evaluation: Evaluation) -> Judged:
    return Judged(evaluation=evaluation, items=read_items(folder_of(settings, evaluation.id)))
