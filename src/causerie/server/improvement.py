"""`/api/improvements`: the closed loop: rounds with their timeline, and when they begin by themselves.

Does: list and show for builders; begin, and change the settings, for administrators.
Does not: do rounds; a job does (`improvement/job.py`).
"""

from typing import Annotated

from fastapi import APIRouter, Query

from causerie.accounts import audit, people
from causerie.chat import feedback
from causerie.database.engine import Database
from causerie.improvement import store
from causerie.jobs.workers import Workers
from causerie.server.accounts_schema import Id
from causerie.server.identity import BUILDERS, Administrator
from causerie.server.improvement_schema import (
    Improvements,
    ImprovementTold,
    RoundAsked,
    SettingsTold,
    WishesAsked,
    people_in,
    told,
    wishes_told,
)


def improvement_routes(database: Database, workers: Workers) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["Improvements"], dependencies=[BUILDERS])
    _settings(routes, database)

    @routes.get("/api/improvements", summary="List the rounds of the loop, the newest first")
    async def list_improvements(
        before: Id | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> Improvements:
        async with database.read() as session:
            found = await store.listed(session, before=before, limit=limit)
            names = await people.names_of(session, people_in(found))
        following = found[-1].job.id if len(found) == limit else None
        return Improvements(items=[told(each, names) for each in found], next=following)

    @routes.post("/api/improvements", summary="Begin a round of the loop", status_code=201)
    async def begin(caller: Administrator, body: RoundAsked) -> ImprovementTold:
        async with database.write() as session:
            job = await store.ask(session, body.model_dump(exclude_none=True), caller.person_id)
            await audit.record(session, caller.person_id, "improvement.begin", job.id)
            made = await store.get(session, job.id)
            names = await people.names_of(session, people_in([made]))
        workers.wake()
        return told(made, names)

    @routes.get("/api/improvements/{improvement_id}", summary="Show a round of the loop")
    async def show(improvement_id: str) -> ImprovementTold:
        async with database.read() as session:
            found = await store.get(session, improvement_id)
            return told(found, await people.names_of(session, people_in([found])))

    return routes


def _settings(routes: APIRouter, database: Database) -> None:
    @routes.get("/api/improvements/settings", summary="Say when rounds begin by themselves")
    async def settings() -> SettingsTold:
        async with database.read() as session:
            waiting = await feedback.count(session, await store.last_until(session))
            return wishes_told(await store.wishes(session), waiting)

    @routes.put("/api/improvements/settings", summary="Change when rounds begin by themselves")
    async def change(caller: Administrator, body: WishesAsked) -> SettingsTold:
        async with database.write() as session:
            wishes = await store.set_wishes(session, body.model_dump(exclude_none=True))
            await audit.record(session, caller.person_id, "improvement.settings", "")
            return wishes_told(wishes, await feedback.count(session, await store.last_until(session)))
