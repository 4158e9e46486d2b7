"""Runs as people ask for them: begin, pause, go on, stop, remove; each is trained by a job.

Does: check a recipe before anything is made of it, make the run's folder and its job, and ask whoever trains to stop.
Does not: train; the job does, in a process of its own (`job.py`), and so does `causerie train`.

What a run is asked to be stands in its folder, how it stands in its metrics, and who trains it in the lock of
`at_work.py`: so a run is told alike whether the page or the terminal began it, and survives the loss of either.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.errors import ConfigError, Conflict, InvalidRequest
from causerie.jobs import store
from causerie.jobs.marks import UNFINISHED
from causerie.jobs.tables import Job
from causerie.settings import Settings
from causerie.training import placing, runs
from causerie.training.at_work import at_work, last
from causerie.training.process import Said, outcome
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import parse_recipe, toml_of
from causerie.training.run_folder import RECIPE, write_whole
from causerie.training.runs import ASKED, Run, RunState

KIND = "train"
RESUMABLE: tuple[RunState, ...] = ("paused", "stopped", "failed")
_SAME_MOMENT = timedelta(seconds=2)
"""A job's end is written a moment after the last words of its run."""


@dataclass(frozen=True)
class NewRun:
    """What somebody wants trained."""

    name: str
    recipe: str
    """TOML."""
    changes: Mapping[str, str]
    """By key, as behind `--set`."""
    anywhere: bool
    """Paths may lead out of the data folder: whoever asks owns this machine."""


async def listed(session: AsyncSession, settings: Settings) -> list[Run]:
    """All runs, the newest first, with what their jobs know of them."""
    found = await asyncio.to_thread(runs.listed, settings)
    jobs = await _jobs(session)
    return [_laid_over(run, jobs.get(run.name)) for run in found]


async def get(session: AsyncSession, settings: Settings, name: str) -> Run:
    """One run.

    Raises:
        NotFound: There is none of that name.
    """
    return (await _found(session, settings, name))[0]


async def _found(session: AsyncSession, settings: Settings, name: str) -> tuple[Run, Job | None]:
    path = runs.find(settings, name)
    run = await asyncio.to_thread(lambda: runs.with_models(settings, [runs.read(path)])[0])
    job = (await _jobs(session)).get(name)
    return _laid_over(run, job), job


async def _jobs(session: AsyncSession) -> dict[str, Job]:
    """The last job of each run."""
    found = await store.listed(session, kind=KIND, limit=store.MAX_LIST)
    return {str(job.parameters["run"]): job for job in reversed(found)}


def _laid_over(run: Run, job: Job | None) -> Run:
    """The run with what its last job knows better."""
    if job is None or (job.ended_at is not None and job.ended_at + _SAME_MOMENT < run.started_at):
        return run  # or the job is of another run that had this name before
    run = replace(run, job_id=job.id)
    if job.state == "queued" and run.state != "running":
        return replace(run, state="waiting", error=None)
    if job.state == "running":
        at_first = at_work(run.path) is None  # torch is loaded, or data is built
        return replace(run, state="running", error=None, message=job.message if at_first else "")
    newer = job.ended_at is not None and job.ended_at + _SAME_MOMENT >= run.updated_at
    if run.state not in {"paused", "failed"} or not newer or (run.path / ASKED).is_file():
        return run
    if job.state == "cancelled":
        return replace(run, state="stopped", error=None)
    if job.state == "failed":
        return replace(run, state="failed", error=run.error or str((job.error or {}).get("message", "")))
    return run


def checked(settings: Settings, wanted: NewRun) -> Recipe:
    """The recipe of a new run, its paths placed on this machine.

    Raises:
        InvalidRequest: It is wrong: the message says where, the hint what to do.
    """
    changes = [*(f"{key}={value}" for key, value in wanted.changes.items()), f"run=runs/{wanted.name}"]
    try:
        placing.require_packages()
        recipe = parse_recipe(wanted.recipe, RECIPE, changes)
        return placing.placed(settings, recipe, anywhere=wanted.anywhere)
    except ConfigError as error:
        raise as_request(error) from error


def as_request(error: ConfigError) -> InvalidRequest:
    """A setting that is wrong was sent by whoever asks."""
    values: dict[str, Any] = error.values
    return InvalidRequest(error.template, hint=error.hint_template, param=error.param, **values)


async def planned(settings: Settings, wanted: NewRun) -> Said:
    """What a run will take, as `dry_run.Plan`, and whether its data is there.

    Raises:
        InvalidRequest: The recipe is wrong.
        CauserieError: As `dry_run.plan`.
    """
    recipe = await asyncio.to_thread(checked, settings, wanted)
    try:
        plan = await outcome("plan", settings.home, {"recipe": toml_of(recipe), "changes": []})
    except ConfigError as error:
        raise as_request(error) from error
    return plan | placing.data_state(settings, recipe)


async def begin(session: AsyncSession, settings: Settings, wanted: NewRun, person_id: str | None) -> Run:
    """Make a run's folder, and a job that trains it.

    Raises:
        InvalidRequest: The recipe is wrong.
        Conflict: There is a run of that name.
    """
    recipe = await asyncio.to_thread(checked, settings, wanted)
    folder = runs.runs_folder(settings) / wanted.name
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise Conflict(
            "a run named {name} is there already", name=wanted.name, param="name", hint="choose another name"
        ) from None
    try:
        write_whole(folder / RECIPE, toml_of(recipe))
        await store.ask(session, KIND, {"run": wanted.name}, person_id)
        return await get(session, settings, wanted.name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


async def pause(session: AsyncSession, settings: Settings, name: str) -> Run:
    """Have a run write a checkpoint and leave.

    Raises:
        NotFound: There is none of that name.
        Conflict: Nobody trains it, or is going to.
    """
    run, job = await _found(session, settings, name)
    _require(run, ("waiting", "running"))
    (run.path / ASKED).write_text("paused", encoding="utf-8")
    if job is not None and job.state == "queued":
        await _cancel(session, job)
    else:
        _signal(run, job)
    return await get(session, settings, name)


async def stop(session: AsyncSession, settings: Settings, name: str) -> Run:
    """The same, and its job is over; it can still go on one day.

    Raises:
        NotFound: There is none of that name.
        Conflict: It is over.
    """
    run, job = await _found(session, settings, name)
    _require(run, ("waiting", "running", "paused", "failed"))
    (run.path / ASKED).write_text("stopped", encoding="utf-8")
    if job is not None and job.state in UNFINISHED:
        await _cancel(session, job)
    else:
        _signal(run, job)
    return await get(session, settings, name)


async def resume(session: AsyncSession, settings: Settings, name: str, person_id: str | None) -> Run:
    """Have a run go on from its last checkpoint, by a new job.

    Raises:
        NotFound: There is none of that name.
        Conflict: It is over, or somebody trains it.
    """
    run, _ = await _found(session, settings, name)
    _require(run, RESUMABLE)
    await store.ask(session, KIND, {"run": name}, person_id)
    (run.path / ASKED).unlink(missing_ok=True)
    return await get(session, settings, name)


async def remove(session: AsyncSession, settings: Settings, name: str) -> None:
    """Take a run off the disk with all that it left; of one that was trained elsewhere only the link goes.

    Raises:
        NotFound: There is none of that name.
        Conflict: It is being trained, or is going to be.
    """
    run, _ = await _found(session, settings, name)
    _require(run, (*RESUMABLE, "finished"))
    if run.path.is_symlink():
        run.path.unlink()
        return
    # Renamed first: a folder that is half gone must not look like a run.
    doomed = run.path.with_name(f".removed-{name}-{time.time_ns()}")
    run.path.rename(doomed)
    await asyncio.to_thread(shutil.rmtree, doomed, ignore_errors=True)


def started_in(settings: Settings, path: Path) -> Path:
    """Where a run was started: there relative paths of its recipe begin (the data folder if that is not known)."""
    known = last(path)
    return Path(known.folder) if known and Path(known.folder).is_dir() else settings.home


def _require(run: Run, states: tuple[RunState, ...]) -> None:
    if run.state not in states:
        raise Conflict(
            "the run {name} is {state}: this can be done with one that is {wanted}", name=run.name, state=run.state,
            wanted=", ".join(states), hint="look at it again: something else has changed it",
        )  # fmt: skip


async def _cancel(session: AsyncSession, job: Job) -> None:
    with contextlib.suppress(Conflict):  # it has ended just now
        await store.cancel(session, job.id)


def _signal(run: Run, job: Job | None) -> None:
    """Ask a process to stop that no job looks after; a job sees by itself what its run was asked to be."""
    process = at_work(run.path)
    if process is None or process.pid <= 0 or (job is not None and job.state in UNFINISHED):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
