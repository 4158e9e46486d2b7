"""`/api/evaluations` and `/api/suites`: models judged, for builders.

Does: list, ask for, show with answers, compare; give the report as a page of its own.
Does not: evaluate; a job does (`evaluation/job.py`).
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from causerie.accounts import audit
from causerie.database.engine import Database
from causerie.evaluation import finding, overview, store
from causerie.evaluation.comparing import compare
from causerie.evaluation.overview import KIND, Which
from causerie.jobs import store as jobs
from causerie.jobs.workers import Workers
from causerie.registry.standing import evaluation_in_service
from causerie.server.accounts_schema import Id
from causerie.server.evaluations_schema import (
    Compared,
    EvaluationAsked,
    Evaluations,
    EvaluationTold,
    EvaluationWhole,
    Suites,
    compared,
    suites_told,
    told,
    whole,
)
from causerie.server.identity import BUILDERS, Builder
from causerie.server.metering import Metering
from causerie.server.schema import ErrorAnswer
from causerie.settings import Settings

REPORT_HEADERS = {
    # What models write stands in it: it runs nothing, loads nothing, and is no part of this site.
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-cache",
}
DAMAGED: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorAnswer, "description": "The suite is damaged, or of a kind that is not known"}
}
"""Errors that not every route has, for the schema."""


def evaluations_routes(database: Database, settings: Settings, metering: Metering, workers: Workers) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["Evaluations"], dependencies=[BUILDERS])
    _list(routes, database, settings)
    _begin(routes, database, settings, metering, workers)
    _show(routes, database, settings)
    return routes


def _list(routes: APIRouter, database: Database, settings: Settings) -> None:
    @routes.get("/api/suites", summary="List the suites that models can be judged by")
    async def suites() -> Suites:
        return suites_told(await asyncio.to_thread(finding.listed, settings))

    @routes.get("/api/evaluations", summary="List the evaluations, the newest first")
    async def list_evaluations(
        model: Annotated[str | None, Query(max_length=96)] = None,
        suite: Annotated[str | None, Query(max_length=96)] = None,
        before: Id | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Evaluations:
        async with database.read() as session:
            found = await overview.listed(session, model=model, suite=suite, before=before, limit=limit)
        return Evaluations(
            items=[told(each) for each in found], next=found[-1].id if len(found) == limit else None
        )  # fmt: skip

    @routes.get("/api/evaluations/compare", summary="Compare two evaluations of one suite")
    async def compare_two(first: Id, second: Id) -> Compared:
        async with database.read() as session:
            one = await store.get(session, first)
            other = await store.get(session, second)

        def read_and_compare() -> Compared:
            return compared(compare(overview.with_answers(settings, one), overview.with_answers(settings, other)))

        return await asyncio.to_thread(read_and_compare)


def _begin(routes: APIRouter, database: Database, settings: Settings, metering: Metering, workers: Workers) -> None:
    @routes.post("/api/evaluations", summary="Judge a model by a suite", status_code=201, responses=DAMAGED)
    async def begin(caller: Builder, body: EvaluationAsked) -> EvaluationTold:
        model = metering.named(caller, body.model)
        judge = metering.named(caller, body.judge) if body.judge else ""
        await asyncio.to_thread(finding.find, settings, body.suite, anywhere=False, shots=body.shots)
        asked = {"model": model, "suite": body.suite, "judge": judge, "shots": body.shots}
        async with database.write() as session:
            job = await jobs.ask(session, KIND, asked, caller.person_id)
            await audit.record(session, caller.person_id, "evaluation.begin", job.id)
            entry = await overview.get(session, overview.id_of(job.id))
        workers.wake()
        return told(entry)


def _show(routes: APIRouter, database: Database, settings: Settings) -> None:
    @routes.get("/api/evaluations/{evaluation_id}", summary="Show an evaluation with some of its answers")
    async def show(
        evaluation_id: Id,
        which: Which = "all",
        task: Annotated[str, Query(max_length=96)] = "",
        after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> EvaluationWhole:
        async with database.read() as session:
            entry = await overview.get(session, evaluation_id)
        answers, following = await asyncio.to_thread(
            overview.answers, settings, entry.id, which=which, task=task, after=after, limit=limit
        )
        return whole(entry, settings.currency, answers, following)

    @routes.get(
        "/api/evaluations/{evaluation_id}/report", summary="The report of an evaluation, a page of its own",
        response_class=HTMLResponse,
    )  # fmt: skip
    async def report(evaluation_id: Id, language: Annotated[str, Query(pattern="^(en|fr)$")] = "en") -> HTMLResponse:
        from causerie.evaluation.evaluating import compared_with, reported
        from causerie.evaluation.report import page

        async with database.read() as session:
            evaluation = await store.get(session, evaluation_id)
            others = await compared_with(session, settings, evaluation, evaluation_in_service)

        def read_and_write() -> str:
            judged, found, known = reported(settings, evaluation, others)
            return page(judged, language=language, others=found, contamination=known)

        return HTMLResponse(await asyncio.to_thread(read_and_write), headers=REPORT_HEADERS)
