"""Jobs are done, stopped and tried again by a process of their own; no kill makes a finished step happen twice."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from causerie.database.engine import Database
from causerie.errors import Conflict
from causerie.jobs import store
from causerie.jobs.workers import EXIT_NOT_NOW, Workers
from causerie.settings import Settings
from tests.jobs.conftest import WORKER, Steps

ROOT = Path(__file__).parents[2]


async def cancel(steps: Steps, job_id: str) -> None:
    async with steps.database.write() as session:
        await store.cancel(session, job_id)


async def retry(steps: Steps, job_id: str) -> None:
    async with steps.database.write() as session:
        await store.retry(session, job_id)


async def log_of(steps: Steps, job_id: str) -> list[str]:
    async with steps.database.read() as session:
        return [f"{line.level}: {line.text}" for line in await store.lines(session, job_id)]


@contextmanager
def another_process(settings: Settings) -> Iterator[psutil.Process]:
    """A parent with its worker, as a second server has them; killed at the end."""
    url = settings.database_url.get_secret_value()
    command = [sys.executable, "-m", "tests.jobs.parent", str(settings.home), *([url] if url else [])]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


async def test_a_job_is_done_and_says_how_far_it_is(steps: Steps, workers: Workers, settings: Settings) -> None:
    steps.put("hold-two")
    job_id = await steps.ask()
    workers.wake()
    await steps.until_marked("one", "two")
    while (job := await steps.get(job_id)).message != "two":  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.05)
    assert (job.state, round(job.share, 2)) == ("running", 0.33)
    assert job.started_at is not None
    steps.take("hold-two")
    job = await steps.until(job_id, "done")
    assert job.result == {"did": ["one", "two", "three"]}
    assert (job.share, job.message, job.error) == (1.0, "", None)
    assert await log_of(steps, job_id) == ["info: step one", "info: step two", "info: step three"]
    if not settings.database_url.get_secret_value():
        assert (settings.home / "jobs.db").stat().st_mode & 0o777 == 0o600


async def test_a_job_that_failed_goes_on_from_its_last_finished_step(steps: Steps, workers: Workers) -> None:
    steps.put("fail-two")
    job_id = await steps.ask()
    workers.wake()
    job = await steps.until(job_id, "failed")
    assert job.error == {"code": "model_too_large", "message": "step two is too large", "hint": "make it smaller"}
    assert (await log_of(steps, job_id))[-1] == "error: step two is too large"
    steps.take("fail-two")
    await retry(steps, job_id)
    workers.wake()
    job = await steps.until(job_id, "done")
    assert steps.marks == ["one", "two", "two", "three"]
    assert (job.attempt, job.error) == (2, None)


async def test_a_job_at_work_stops_within_its_step_and_can_go_on(steps: Steps, workers: Workers) -> None:
    steps.put("hold-two")
    job_id = await steps.ask()
    workers.wake()
    await steps.until_marked("one", "two")
    await cancel(steps, job_id)
    await steps.until(job_id, "cancelled")
    with pytest.raises(Conflict, match="cancelled"):
        await cancel(steps, job_id)
    steps.take("hold-two")
    await retry(steps, job_id)
    workers.wake()
    await steps.until(job_id, "done")
    assert steps.marks == ["one", "two", "two", "three"]


async def test_a_job_that_waits_is_cancelled_at_once_and_never_begins(steps: Steps, settings: Settings) -> None:
    first, second = await steps.ask(), await steps.ask()
    await cancel(steps, first)
    assert (await steps.get(first)).state == "cancelled"
    async with Workers(steps.database, settings, WORKER):
        await steps.until(second, "done")
    assert steps.marks == ["one", "two", "three"]


async def test_kill_9_of_everything_in_the_middle_goes_on_from_the_last_finished_step(
    steps: Steps, settings: Settings
) -> None:
    steps.put("hold-two")
    job_id = await steps.ask()
    with another_process(settings) as parent:
        await steps.until_marked("one", "two")
        (worker,) = parent.children()
        parent.kill()
        worker.wait(60)  # it dies with its parent
    assert (await steps.get(job_id)).state == "running"
    steps.take("hold-two")
    async with Workers(steps.database, settings, WORKER):
        job = await steps.until(job_id, "done")
    assert steps.marks == ["one", "two", "two", "three"]
    assert job.result == {"did": ["one", "two", "three"]}


async def test_a_worker_that_is_killed_is_started_again(steps: Steps, settings: Settings) -> None:
    steps.put("hold-three")
    job_id = await steps.ask()
    with another_process(settings) as parent:
        await steps.until_marked("one", "two", "three")
        os.kill(parent.children()[0].pid, signal.SIGKILL)
        steps.take("hold-three")
        await steps.until(job_id, "done")
    assert steps.marks == ["one", "two", "three", "three"]


async def test_two_servers_on_one_database_have_one_worker(steps: Steps, settings: Settings) -> None:
    steps.put("hold-one")
    await steps.ask()
    with another_process(settings):
        await steps.until_marked("one")
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", WORKER, stdin=subprocess.PIPE, cwd=ROOT
        )  # fmt: skip
        given = {"parent": os.getpid(), "home": str(settings.home),
                 "database_url": settings.database_url.get_secret_value()}  # fmt: skip
        await second.communicate(json.dumps(given).encode() + b"\n")
        assert second.returncode == EXIT_NOT_NOW
        assert steps.marks == ["one"]


async def test_what_ended_without_saying_so_is_said_to_be_given_up(steps: Steps, workers: Workers) -> None:
    job_id = await steps.ask()
    workers.wake()
    await steps.until(job_id, "done")
    async with steps.database.write() as session:  # as if the end had not been written
        await session.execute(text("UPDATE jobs SET state = 'running'"))
    workers.wake()
    job = await steps.until(job_id, "failed")
    assert job.error is not None
    assert job.error["code"] == "interrupted"


def test_the_server_does_not_load_what_does_jobs() -> None:
    code = "import causerie.server.app, sys; sys.exit('dbos' in sys.modules or 'alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_the_worker_ends_when_nothing_is_to_do(steps: Steps, settings: Settings, database: Database) -> None:
    job_id = await steps.ask()
    with another_process(settings) as parent:
        await steps.until(job_id, "done")
        while parent.children():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
