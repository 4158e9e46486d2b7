"""`/api/runs` and `/api/recipes`: training for builders: begin a run, watch it, pause it, make a model of it.

Does: list, show, follow; look at a recipe before it costs anything; ask for what `training/control.py` does.
Does not: train, nor load what does; jobs do.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query

from causerie.accounts import audit
from causerie.accounts.identity import LOCAL_OWNER, Caller
from causerie.database.engine import Database
from causerie.inference import catalogue
from causerie.inference.router import Router
from causerie.jobs.workers import Workers
from causerie.registry import adding, policy, spent
from causerie.server.identity import BUILDERS, Builder
from causerie.server.runs_schema import (
    Checked,
    Checkpoint,
    Facts,
    ModelAsked,
    ModelMade,
    RecipeAsked,
    Recipes,
    RecipeTold,
    RunAsked,
    RunMetrics,
    Runs,
    RunTold,
    RunWhole,
)
from causerie.server.schema import ErrorAnswer
from causerie.settings import Settings
from causerie.training import control, follow, runs, shipped
from causerie.training.control import NewRun
from causerie.training.runs import Run

CHECKED_AS = "checked"
"""Name of a run that is only looked at."""
MAY_FAIL: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorAnswer, "description": "The data, or the model to go on from, is damaged"},
    507: {"model": ErrorAnswer, "description": "The disk is full"},
}
"""Errors that not every route has, for the schema."""


def runs_routes(database: Database, settings: Settings, workers: Workers, router: Router) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["Runs"], dependencies=[BUILDERS])
    _begin(routes, database, settings, workers)
    _look(routes, database, settings)
    _steer(routes, database, settings, workers)
    _finish(routes, database, settings, router)
    return routes


def _begin(routes: APIRouter, database: Database, settings: Settings, workers: Workers) -> None:
    @routes.get("/api/recipes", summary="List the recipes that come with the program")
    async def recipes() -> Recipes:
        found = await asyncio.to_thread(shipped.recipes)
        return Recipes(recipes=[RecipeTold(name=each.name, title=each.title, text=each.text) for each in found])

    @routes.post("/api/runs", summary="Begin a run", status_code=201)
    async def begin(caller: Builder, body: RunAsked) -> RunTold:
        wanted = _wanted(caller, body, body.name)
        await asyncio.to_thread(control.checked, settings, wanted)  # long before a transaction begins
        async with database.write() as session:
            run = await control.begin(session, settings, wanted, caller.person_id)
            await audit.record(session, caller.person_id, "run.begin", str(run.job_id))
        workers.wake()
        return _told(run)

    @routes.post("/api/runs/check", summary="Say what a run would take, and begin nothing", responses=MAY_FAIL)
    async def check(caller: Builder, body: RecipeAsked) -> Checked:
        plan = await control.planned(settings, _wanted(caller, body, CHECKED_AS))
        memory: dict[str, int] = plan["memory_bytes"]
        facts = {**plan, "memory": memory, "memory_bytes": sum(memory.values()), "hours": plan["seconds"] / 3600}
        return Checked(ok=True, facts=Facts.model_validate(facts))


def _look(routes: APIRouter, database: Database, settings: Settings) -> None:
    @routes.get("/api/runs", summary="List the runs, the newest first")
    async def list_runs() -> Runs:
        async with database.read() as session:
            return Runs(runs=[_told(run) for run in await control.listed(session, settings)])

    @routes.get("/api/runs/{name}", summary="Show a run")
    async def show(name: str) -> RunWhole:
        async with database.read() as session:
            run = await control.get(session, settings, name)
        facts = await asyncio.to_thread(runs.facts, run.path)
        known = {field: getattr(facts, field) for field in RunWhole.model_fields.keys() & vars(facts).keys()}
        checkpoints = [Checkpoint(step=each.step, at=each.at, bytes=each.bytes) for each in facts.checkpoints]
        known |= {"checkpoints": checkpoints, "model_name": catalogue.name_from(name)}
        return RunWhole.model_validate({**_told(run).model_dump(), **known})

    @routes.get("/api/runs/{name}/metrics", summary="Follow what a run says")
    async def metrics(name: str, after: Annotated[str, Query(max_length=96)] = "") -> RunMetrics:
        async with database.read() as session:
            run = await control.get(session, settings, name)
        said = await asyncio.to_thread(follow.said, run.path, after)
        return RunMetrics(rows=said.rows, whole=said.whole, next=said.mark, run=_told(run))


def _steer(routes: APIRouter, database: Database, settings: Settings, workers: Workers) -> None:
    @routes.post("/api/runs/{name}/pause", summary="Have a run keep a checkpoint and leave", status_code=202)
    async def pause(caller: Builder, name: str) -> RunTold:
        async with database.write() as session:
            run = await control.pause(session, settings, name)
            await audit.record(session, caller.person_id, "run.pause", run.job_id or "")
        return _told(run)

    @routes.post("/api/runs/{name}/resume", summary="Have a run go on from its last checkpoint", status_code=202)
    async def resume(caller: Builder, name: str) -> RunTold:
        async with database.write() as session:
            run = await control.resume(session, settings, name, caller.person_id)
            await audit.record(session, caller.person_id, "run.resume", run.job_id or "")
        workers.wake()
        return _told(run)

    @routes.post("/api/runs/{name}/stop", summary="Have a run keep a checkpoint and end its job", status_code=202)
    async def stop(caller: Builder, name: str) -> RunTold:
        async with database.write() as session:
            run = await control.stop(session, settings, name)
            await audit.record(session, caller.person_id, "run.stop", run.job_id or "")
        return _told(run)


def _finish(routes: APIRouter, database: Database, settings: Settings, router: Router) -> None:
    @routes.post(
        "/api/runs/{name}/model", summary="Make a model of a run that can be asked", status_code=201,
        responses=MAY_FAIL,
    )  # fmt: skip
    async def make_model(caller: Builder, name: str, body: ModelAsked) -> ModelMade:
        model, _ = await adding.add_run(database, settings, await _path(settings, name), body.name)
        router.look()
        async with database.write() as session:
            await audit.record(session, caller.person_id, "run.model", "")
        return ModelMade(model=model.name)

    @routes.delete("/api/runs/{name}", summary="Remove a run and all that it left", status_code=204)
    async def remove(caller: Builder, name: str) -> None:
        # What it exported may lie elsewhere by now: what went into that is not forgotten with the run.
        await spent.note_runs(database, settings, policy.load(settings))
        async with database.write() as session:
            await control.remove(session, settings, name)
            await audit.record(session, caller.person_id, "run.remove", "")


def _wanted(caller: Caller, body: RecipeAsked, name: str) -> NewRun:
    # Whoever is alone on this machine may name any folder of it; a team's builders may not.
    return NewRun(name=name, recipe=body.recipe, changes=body.set, anywhere=caller == LOCAL_OWNER)


async def _path(settings: Settings, name: str) -> Path:
    return await asyncio.to_thread(runs.find, settings, name)


def _told(run: Run) -> RunTold:
    return RunTold.model_validate({name: getattr(run, name) for name in RunTold.model_fields})
