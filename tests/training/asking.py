"""Asking for runs as people do, each time in a transaction of its own, and waiting for how they stand."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from causerie.database.engine import Database
from causerie.jobs import store
from causerie.jobs.tables import Job
from causerie.settings import Settings
from causerie.training import control
from causerie.training.control import NewRun
from causerie.training.recipe_file import toml_of
from causerie.training.runs import Run
from tests.training.runs import recipe_of


def wanted(
    language: Path, changes: Mapping[str, str] | None = None, *, steps: int = 400, anywhere: bool = True
) -> NewRun:
    """A run named `tiny`."""
    recipe = recipe_of(language, Path("unused"), schedule__steps=steps, checkpoints__every_steps=20)
    return NewRun(name="tiny", recipe=toml_of(recipe), changes=changes or {}, anywhere=anywhere)


class Runs:
    """What people do with runs, in transactions of their own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings

    async def begin(self, new: NewRun) -> Run:
        async with self.database.write() as session:
            return await control.begin(session, self.settings, new, None)

    async def do(self, verb: str, name: str = "tiny") -> Run:
        async with self.database.write() as session:
            if verb == "resume":
                return await control.resume(session, self.settings, name, None)
            verbs = {"pause": control.pause, "stop": control.stop}
            return await verbs[verb](session, self.settings, name)

    async def remove(self, name: str = "tiny") -> None:
        async with self.database.write() as session:
            await control.remove(session, self.settings, name)

    async def get(self, name: str = "tiny") -> Run:
        async with self.database.read() as session:
            return await control.get(session, self.settings, name)

    async def job(self, run: Run) -> Job:
        assert run.job_id is not None
        async with self.database.read() as session:
            return await store.get(session, run.job_id)

    async def until(self, *states: str, step: int = 0) -> Run:
        while (run := await self.get()).state not in states or run.step < step:
            assert run.state != "failed" or "failed" in states, run.error
            await asyncio.sleep(0.05)
        return run
