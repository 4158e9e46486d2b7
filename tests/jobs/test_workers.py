"""Whoever keeps the worker goes on when it dies, hangs, or when the database is away."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from causerie.database.engine import Database, open_database
from causerie.jobs import store, workers
from causerie.jobs.workers import Workers
from causerie.settings import Settings

FAILS = "tests.jobs.worker_that_fails"


async def ask(database: Database) -> str:
    async with database.write() as session:
        return (await store.ask(session, "backup", {}, None)).id


async def until_said(lines: Sequence[object], event: str) -> None:
    while event not in str(lines):  # noqa: ASYNC110 - a log sends no event
        await asyncio.sleep(0.02)


async def test_a_worker_that_dies_is_told_and_started_again(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MAX_DELAY_S", 0.1)
    await ask(database)
    with capture_logs() as lines:
        async with Workers(database, settings, FAILS):
            while str(lines).count("the worker of jobs died") < 2:  # noqa: ASYNC110 - a log sends no event
                await asyncio.sleep(0.02)
    died = [line for line in lines if line["event"] == "the worker of jobs died"]
    assert {line["exit_code"] for line in died} == {3}
    assert "a line too long to keep" in str(lines)


async def test_a_worker_that_does_not_end_is_killed_when_the_server_stops(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAUSERIE_TEST_HOLD", "1")
    monkeypatch.setattr(workers, "STOP_S", 0.2)
    await ask(database)
    keeping = Workers(database, settings, FAILS)
    async with keeping:
        while keeping._process is None:  # noqa: ASYNC110 - it starts by itself
            await asyncio.sleep(0.02)
        began = time.monotonic()
    assert time.monotonic() - began < 50
    assert keeping._process is not None
    assert keeping._process.returncode == -9


async def test_while_the_database_is_away_jobs_wait(settings: Settings) -> None:
    away = settings.model_copy(update={"database_url": SecretStr("postgresql://nobody@/nothing?host=/nowhere")})
    database = open_database(away)
    with capture_logs() as lines:
        async with Workers(database, away, FAILS):
            await until_said(lines, "jobs wait for the database")
    await database.close()


async def test_a_fault_in_the_schedule_does_not_end_the_watch(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(workers, "keep_appointments", fault)
    with capture_logs() as lines:
        async with Workers(database, settings, FAILS) as keeping:
            await until_said(lines, "jobs could not be looked at")
            lines.clear()
            keeping.wake()
            await until_said(lines, "jobs could not be looked at")
