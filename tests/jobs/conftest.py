"""Jobs of the tests' kind, on both databases, done by the real worker in its own process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from causerie.database.engine import Database
from causerie.jobs import store
from causerie.jobs.kinds import KINDS
from causerie.jobs.tables import Job
from causerie.jobs.workers import Workers
from causerie.settings import Settings

WORKER = "tests.jobs.worker_with_steps"


@dataclass(frozen=True)
class Steps:
    """Asks for jobs of three steps, holds them and looks at them."""

    database: Database
    folder: Path

    async def ask(self) -> str:
        """A new job; its id."""
        async with self.database.write() as session:
            return (await store.ask(session, "steps", {"folder": self.folder}, None)).id

    async def get(self, job_id: str) -> Job:
        """How it is now."""
        async with self.database.read() as session:
            return await store.get(session, job_id)

    async def until(self, job_id: str, *states: str) -> Job:
        """Wait until it is in one of these states; the test's own time-out is the limit."""
        while (job := await self.get(job_id)).state not in states:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
        return job

    async def until_marked(self, *marks: str) -> None:
        """Wait until exactly these steps have begun, in this order."""
        while self.marks != list(marks):  # noqa: ASYNC110 - another process writes them
            await asyncio.sleep(0.05)

    @property
    def marks(self) -> list[str]:
        """The steps that have begun so far, each as often as it did."""
        path = self.folder / "marks"
        return path.read_text().split() if path.exists() else []

    def put(self, name: str) -> None:
        """`hold-two` holds the second step, `fail-two` fails it."""
        (self.folder / name).touch()

    def take(self, name: str) -> None:
        """No more of it."""
        (self.folder / name).unlink()


@pytest.fixture
def steps(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    monkeypatch.setitem(KINDS, "steps", "tests.jobs.steps_kind")
    (tmp_path / "marks").mkdir()
    return Steps(database, tmp_path / "marks")


@pytest_asyncio.fixture
async def workers(database: Database, settings: Settings) -> AsyncIterator[Workers]:
    async with Workers(database, settings, WORKER) as keeping:
        yield keeping
