"""Releases: which model answers to a name, what happened to that name, and the way back.

Does: promote, try beside the release in service, roll back, fall back, each in one transaction with its history.
Does not: judge (`gate.py`), send requests anywhere (`aliases.py`), or watch how a release does (`watching.py`).

A candidate goes through stages: `shadow` (it gets copies of requests, and its answers are thrown away), `share` (it
answers some people), `all`. It is judged before each of them.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, GateRefused, InvalidRequest, NotFound
from causerie.registry import overrides, store
from causerie.registry.contract import ModelVersion
from causerie.registry.gate import Judgement
from causerie.registry.tables import Release, ReleaseAlias
from causerie.settings import Settings

Stage = Literal["shadow", "share", "all"]
Act = Literal["release", "stage", "rollback", "fall_back"]
DEFAULT = "chat"
"""The alias that answers who names no model."""
ALIAS = re.compile(r"[a-z0-9][a-z0-9.-]{0,47}")
MOST = 200
"""Entries of the history in one answer."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants released."""

    model: str
    """The catalogue's name."""
    version: str = ""
    """Id of the registered version."""
    alias: str = DEFAULT
    stage: Stage = "all"
    share: float = 0.0
    """Of people, in the stage `share`: more than 0, less than 1."""
    reason: str = ""


def checked(wanted: Wanted) -> Wanted:
    """The same, when it makes sense; without a share where none belongs.

    Raises:
        InvalidRequest: The alias cannot be one, or the share is none.
    """
    if not ALIAS.fullmatch(wanted.alias):
        raise InvalidRequest(
            "{alias!r} cannot be an alias", alias=wanted.alias[:64], param="alias",
            hint="use up to 48 lower-case letters, digits, dots and dashes, the first a letter or a digit",
        )  # fmt: skip
    if wanted.stage == "share" and not 0 < wanted.share < 1:
        raise InvalidRequest(
            "a share of {share} is none", share=wanted.share, param="share",
            hint="give a number between 0 and 1, such as 0.1; for all requests, the stage `all`",
        )  # fmt: skip
    return wanted if wanted.stage == "share" else replace(wanted, share=0.0)


async def release(
    session: AsyncSession,
    wanted: Wanted,
    judgement: Judgement,
    person_id: str | None,
    override_id: str | None = None,
) -> Release:
    """Promote a model that the gate lets pass, or begin to try it.

    Raises:
        GateRefused: The gate does not let it pass; nothing is changed.
        InvalidRequest: As `checked`; or there is nothing in service beside which it could be tried.
        Conflict: The judgement is of another model.
    """
    wanted = checked(wanted)
    if (judgement.model, judgement.version) != (wanted.model, wanted.version):
        raise Conflict("the judgement is of {other}, not of {model}", other=judgement.model, model=wanted.model)
    if not judgement.passed:
        raise refusal(judgement)
    row = await _locked(session, wanted.alias)
    if row is None:
        row = ReleaseAlias(alias=wanted.alias, model="", version="")
        session.add(row)
    if wanted.stage != "all" and not row.model:
        raise InvalidRequest(
            "nothing answers to {alias} yet, beside which {model} could be tried", alias=wanted.alias,
            model=wanted.model, param="stage", hint="release it to all: --stage all",
        )  # fmt: skip
    before = (row.model, row.version)
    if wanted.stage == "all":
        row.model, row.version = wanted.model, wanted.version
        _without_candidate(row)
        await _mark(session, row.version, before[1])
    else:
        row.candidate, row.candidate_version = wanted.model, wanted.version
        row.stage, row.share, row.since = wanted.stage, wanted.share, now()
    entry = _entry(row, "release" if wanted.stage == "all" else "stage", (wanted.model, wanted.version), before)
    entry.judgement, entry.override_id = judgement.to_json(), override_id
    entry.person_id, entry.reason = person_id, wanted.reason
    return await _kept(session, entry, overridden=bool(judgement.overridden))


def refusal(judgement: Judgement) -> GateRefused:
    """The error for a candidate that the gate keeps back."""
    return GateRefused(
        "the gate does not let {model} pass: {failed}", model=judgement.model, failed=", ".join(judgement.failed),
        hint="`causerie release check {model}` shows each line; two people can override it",
    )  # fmt: skip


async def rollback(
    session: AsyncSession, settings: Settings, alias: str, person_id: str | None, reason: str = ""
) -> Release:
    """Take back a candidate that is being tried; without one, put the release before this one in service again.

    One that needed an override which is over, or whose version is no longer here, is passed by.

    Raises:
        NotFound: Nothing answers to this alias.
        Conflict: There was no release before this one.
    """
    return await _go_back(session, settings, alias, "rollback", person_id, reason)


async def fall_back(
    session: AsyncSession, settings: Settings, alias: str, reason: str, *, in_service: bool = False
) -> Release:
    """As `rollback`, by the program itself; `in_service` means that release, whatever is tried beside it."""
    return await _go_back(session, settings, alias, "fall_back", None, reason, in_service=in_service)


async def _go_back(
    session: AsyncSession,
    settings: Settings,
    alias: str,
    act: Act,
    person_id: str | None,
    reason: str,
    *,
    in_service: bool = False,
) -> Release:
    row = await _locked(session, alias)
    if row is None or not row.model:
        raise not_found(alias)
    only_candidate = bool(row.candidate) and not in_service
    left = (row.candidate, row.candidate_version) if only_candidate else (row.model, row.version)
    if not only_candidate:
        before = await before_it(session, settings, row)
        if before is None:
            raise Conflict(
                "there was no release of {alias} before {model}", alias=alias, model=row.model,
                hint="release another model: `causerie release MODEL --as {alias}`",
            )  # fmt: skip
        row.model, row.version = before
        await _mark(session, row.version, left[1])
    _without_candidate(row)
    entry = _entry(row, act, (row.model, row.version), left)
    entry.person_id, entry.reason = person_id, reason
    return await _kept(session, entry, overridden=False)


async def before_it(session: AsyncSession, settings: Settings, row: ReleaseAlias) -> tuple[str, str] | None:
    """What was in service when the release that is in service now came, by its name of today (None = nothing was)."""
    model, version = row.model, row.version
    passed = {version or model}
    while True:
        query = select(Release).where(Release.alias == row.alias, Release.act == "release", _is(model, version))
        # Released a second time, it followed itself, whatever it was called: that is no way back.
        other = Release.previous_version != version
        query = query.where(other if version else other | (Release.previous != model))
        last = await session.scalar(query.order_by(Release.id.desc()).limit(1))
        if last is None or not last.previous or (last.previous_version or last.previous) in passed:
            return None
        model, version = last.previous, last.previous_version
        passed.add(version or model)
        name = await store.name_of(session, version) if version else model
        entry = await entry_of(session, row.alias, model, version)
        if name and not await overrides.is_over(session, settings, entry.override_id if entry else None):
            return name, version


async def entry_of(
    session: AsyncSession, alias: str, model: str, version: str, act: Act = "release"
) -> Release | None:
    """The last entry by which this came to an alias, or began to be tried (None = it never did)."""
    query = select(Release).where(Release.alias == alias, Release.act == act, _is(model, version))
    return await session.scalar(query.order_by(Release.id.desc()).limit(1))


def _is(model: str, version: str) -> ColumnElement[bool]:
    """Entries of a model; a version may have been called otherwise then."""
    return Release.version == version if version else (Release.version == "") & (Release.model == model)


async def current(session: AsyncSession, alias: str) -> ReleaseAlias | None:
    """What answers to an alias now (None = nothing)."""
    row = await session.get(ReleaseAlias, alias)
    return row if row is not None and row.model else None


async def promised(session: AsyncSession, model: str) -> list[tuple[str, ModelVersion]]:
    """Aliases that lead to a model of this name, or try it, and the version that was judged for each."""
    found = []
    for row in await leading_to(session, model):
        for name, version in ((row.model, row.version), (row.candidate, row.candidate_version)):
            if name == model and version:
                with suppress(NotFound):  # the database was restored from before it was registered
                    found.append((row.alias, await store.get(session, version)))
    return found


async def leading_to(session: AsyncSession, model: str) -> list[ReleaseAlias]:
    """Aliases that lead to a model of this name, or try it, by name."""
    query = select(ReleaseAlias).where(or_(ReleaseAlias.model == model, ReleaseAlias.candidate == model))
    return list(await session.scalars(query.order_by(ReleaseAlias.alias)))


async def follow(session: AsyncSession, model: str, new: str) -> None:
    """Follow a model that is called otherwise now: what leads to it leads to it still.

    One that was released without a version is known by its name alone: there the history follows, too.
    """
    nameless = Release.version == "", Release.model == model
    await session.execute(update(Release).where(*nameless).values(model=new))
    before = Release.previous_version == "", Release.previous == model
    await session.execute(update(Release).where(*before).values(previous=new))
    for row in await all_aliases(session):
        if row.model == model and await _is_here(session, row.version):
            row.model = new
        if row.candidate == model and await _is_here(session, row.candidate_version):
            row.candidate = new


async def _is_here(session: AsyncSession, version: str) -> bool:
    """Whether a version is among the models: else another has its name, and takes nothing along with it."""
    return not version or bool(await store.name_of(session, version))


async def all_aliases(session: AsyncSession) -> list[ReleaseAlias]:
    """Every alias, by name."""
    return list(await session.scalars(select(ReleaseAlias).order_by(ReleaseAlias.alias)))


async def last_release(session: AsyncSession, alias: str) -> Release | None:
    """The entry by which what is in service came into it (None = nothing is)."""
    row = await current(session, alias)
    if row is None:
        return None
    query = select(Release).where(Release.alias == alias, Release.act != "stage", _is(row.model, row.version))
    return await session.scalar(query.order_by(Release.id.desc()).limit(1))


async def history(
    session: AsyncSession, alias: str = "", before: str | None = None, limit: int = 50
) -> list[Release]:
    """What happened, the newest first.

    Args:
        session: To read in.
        alias: To this one alone (empty = to all).
        before: Only what was before the entry of this id.
        limit: At most so many, and at most `MOST`.
    """
    query = select(Release).order_by(Release.id.desc()).limit(max(1, min(limit, MOST)))
    if alias:
        query = query.where(Release.alias == alias)
    if before is not None:
        query = query.where(Release.id < before)
    return list(await session.scalars(query))


def not_found(alias: str) -> NotFound:
    """The error for an alias that nothing answers to."""
    return NotFound(
        "nothing answers to {alias!r}", alias=alias[:64], hint="`causerie release status` lists what is released"
    )


async def _locked(session: AsyncSession, alias: str) -> ReleaseAlias | None:
    """The alias, and nobody else changes it before this transaction ends."""
    return await session.get(ReleaseAlias, alias, with_for_update=True)


async def _mark(session: AsyncSession, released: str, left: str) -> None:
    """Say of the versions what they are now; one that no name leads to any more is retired."""
    await session.flush()
    if released:
        await store.set_status(session, released, "released")
    query = select(ReleaseAlias.alias).where(ReleaseAlias.version == left).limit(1)
    if left and left != released and await session.scalar(query) is None:
        await store.set_status(session, left, "retired")


def _without_candidate(row: ReleaseAlias) -> None:
    row.candidate = row.candidate_version = ""
    row.stage, row.share, row.since = "all", 0.0, now()


def _entry(row: ReleaseAlias, act: Act, what: tuple[str, str], before: tuple[str, str]) -> Release:
    no_judgement: dict[str, Any] = {}
    return Release(
        id=new_id("rel"), alias=row.alias, act=act, model=what[0], version=what[1], previous=before[0],
        previous_version=before[1], stage=row.stage, share=row.share, judgement=no_judgement, reason="", at=now(),
    )  # fmt: skip


async def _kept(session: AsyncSession, entry: Release, *, overridden: bool) -> Release:
    session.add(entry)
    await session.flush()
    await audit.record(
        session, entry.person_id, f"release.{entry.act}", entry.id, version=entry.version, stage=entry.stage,
        overridden=overridden,
    )  # fmt: skip
    return entry
