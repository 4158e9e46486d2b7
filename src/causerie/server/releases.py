"""`/api/releases`, `/api/overrides`, `/api/pauses`: what answers to which name, and who lets what pass.

Does: release, roll back, show the gate's lines, take overrides and signatures.
Does not: decide; the gate does by the policy, and people do.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit, people
from causerie.registry import overrides, pause, policy, releases, standing
from causerie.registry.aliases import Aliases, reached
from causerie.registry.gate import Judgement
from causerie.registry.overrides import AskedOverride
from causerie.registry.releases import Wanted
from causerie.registry.tables import Override, Pause, Release
from causerie.server.identity import BUILDERS, Administrator, in_person
from causerie.server.releases_schema import (
    AliasTold,
    JudgementTold,
    OverrideAsked,
    OverrideTold,
    Pauses,
    PauseTold,
    PolicyTold,
    ReasonAsked,
    Refused,
    ReleaseAsked,
    Releases,
    ReleaseTold,
    people_in,
)
from causerie.settings import Settings

PAGE = 50
"""Entries of the history in one answer."""
MAY_REFUSE: dict[int | str, dict[str, Any]] = {
    409: {"model": Refused, "description": "The gate does not let it pass; `judgement` says why"}
}
"""For the schema."""
DECIDES = [Depends(in_person)]
"""Two people decide, and a key is none."""


def releases_routes(aliases: Aliases, settings: Settings) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["Releases"], dependencies=[BUILDERS])
    _look(routes, aliases, settings)
    _release(routes, aliases, settings)
    _override(routes, aliases, settings)
    _pause(routes, aliases, settings)
    return routes


def _look(routes: APIRouter, aliases: Aliases, settings: Settings) -> None:
    @routes.get("/api/releases", summary="List what answers to which name, and what happened")
    async def list_releases(
        alias: Annotated[str, Query(max_length=48)] = "", before: Annotated[str | None, Query(max_length=48)] = None
    ) -> Releases:
        in_force = policy.load(settings)
        async with aliases.database.read() as session:
            rows = [row for row in await releases.all_aliases(session) if row.model]
            counted = await reached(session, rows)
            history = await releases.history(session, alias, before, PAGE + 1)
            asked = await overrides.listed(session)
            names = await people.names_of(session, people_in(*history, *asked))
        return Releases(
            aliases=[AliasTold.of(row, told) for row, told in zip(rows, counted, strict=True)],
            history=[ReleaseTold.of(row, names) for row in history[:PAGE]],
            next=history[PAGE - 1].id if len(history) > PAGE else None,
            overrides=[OverrideTold.of(row, names) for row in asked],
            policy=PolicyTold.of(in_force),
        )

    # A model's name may hold slashes: `upstream/owner/name`.
    @routes.get("/api/models/{name:path}/judgement", summary="Say what the gate says of a model, and release nothing")
    async def judgement(name: str, alias: Annotated[str, Query(max_length=48)] = releases.DEFAULT) -> JudgementTold:
        said, _ = await standing.judged(aliases.database, settings, policy.load(settings), name, alias)
        return JudgementTold.of(said, alias)


def _release(routes: APIRouter, aliases: Aliases, settings: Settings) -> None:
    @routes.post(
        "/api/releases", summary="Release a model, or try it beside the one in service", responses=MAY_REFUSE,
        response_model=ReleaseTold,
    )  # fmt: skip
    async def release(caller: Administrator, body: ReleaseAsked) -> ReleaseTold | JSONResponse:
        releases.checked(Wanted(model=body.model, alias=body.alias, stage=body.stage, share=body.share))
        rules = policy.load(settings)
        said, override_id = await standing.judged(aliases.database, settings, rules, body.model, body.alias)
        if not said.passed:
            return await _refused(aliases, caller.person_id, said, body.alias)
        wanted = Wanted(
            model=said.model, version=said.version, alias=body.alias, stage=body.stage, share=body.share,
            reason=body.reason.strip(),
        )  # fmt: skip
        async with aliases.changing() as session:
            entry = await releases.release(session, wanted, said, caller.person_id, override_id)
            return await _told(session, entry)

    @routes.post("/api/releases/{alias}/rollback", summary="Put the release before this one in service again")
    async def rollback(caller: Administrator, alias: str, body: ReasonAsked) -> ReleaseTold:
        async with aliases.changing() as session:
            entry = await releases.rollback(session, settings, alias, caller.person_id, body.reason.strip())
            return await _told(session, entry)


async def _refused(aliases: Aliases, person_id: str, said: Judgement, alias: str) -> JSONResponse:
    """The gate's lines; what a threshold of the pause keeps back waits for signatures from now on."""
    async with aliases.database.write() as session:
        await pause.note_model(session, said)
        await audit.record(session, person_id, "release.refuse", said.version, failed=len(said.failed))
    error = releases.refusal(said)
    told = Refused.of(JudgementTold.of(said, alias), error)
    return JSONResponse(told.model_dump(mode="json"), error.status)


def _override(routes: APIRouter, aliases: Aliases, settings: Settings) -> None:
    @routes.post("/api/overrides", summary="Ask that a model be let past lines of the gate", status_code=201,
                 dependencies=DECIDES)  # fmt: skip
    async def ask(caller: Administrator, body: OverrideAsked) -> OverrideTold:
        rules = policy.load(settings)
        said, _ = await standing.judged(aliases.database, settings, rules, body.model, body.alias)
        asked = AskedOverride(
            alias=body.alias, requirements=tuple(body.requirements), reason=body.reason, days=body.days
        )
        async with aliases.database.write() as session:
            row = await overrides.ask(session, rules, said, asked, caller.person_id)
            return await _told_override(session, row)

    @routes.post("/api/overrides/{override_id}/sign", summary="Sign what another person asked to let pass",
                 dependencies=DECIDES)  # fmt: skip
    async def sign(caller: Administrator, override_id: str) -> OverrideTold:
        async with aliases.database.write() as session:
            row = await overrides.sign(session, settings, override_id, caller.person_id)
            return await _told_override(session, row)


def _pause(routes: APIRouter, aliases: Aliases, settings: Settings) -> None:
    @routes.get("/api/pauses", summary="List runs and models that wait for two signatures, and those that had them")
    async def list_pauses(waiting: bool = False) -> Pauses:
        async with aliases.database.read() as session:
            rows = await pause.listed(session, waiting=waiting)
            names = await people.names_of(session, people_in(*rows))
        return Pauses(pauses=[PauseTold.of(row, names) for row in rows])

    @routes.post("/api/pauses/{pause_id}/sign", summary="Sign that a run or a model may go on", dependencies=DECIDES)
    async def sign(caller: Administrator, pause_id: str, body: ReasonAsked) -> PauseTold:
        async with aliases.database.write() as session:
            row: Pause = await pause.sign(session, settings, pause_id, caller.person_id, body.reason)
            return PauseTold.of(row, await people.names_of(session, people_in(row)))


async def _told(session: AsyncSession, entry: Release) -> ReleaseTold:
    return ReleaseTold.of(entry, await people.names_of(session, people_in(entry)))


async def _told_override(session: AsyncSession, row: Override) -> OverrideTold:
    return OverrideTold.of(row, await people.names_of(session, people_in(row)))
