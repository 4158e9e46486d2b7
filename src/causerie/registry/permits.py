"""Permits for runs: worked out before a run begins, and what came of it written down when it has ended.

Does: the same for the command line, which waits for the run, and for jobs (`training_job.py`).
Does not: train.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from causerie.accounts import people
from causerie.database.engine import Database, open_database
from causerie.database.migrate import migrate
from causerie.errors import RunPaused
from causerie.registry import pause, policy, spent
from causerie.registry.pause import Wish
from causerie.settings import Settings
from causerie.training.permit import Permit
from causerie.training.recipe import Recipe

Answer = TypeVar("Answer")


async def permit_of(database: Database, settings: Settings, wish: Wish) -> Permit:
    """How far a run may go, by all that is known now.

    Raises:
        ConfigError: The policy in the data folder is wrong.
    """
    rules = policy.load(settings)
    await spent.note_runs(database, settings, rules, wish.run)
    async with database.read() as session:
        return await pause.permit_for(session, settings, rules, wish)


async def ended(
    database: Database, settings: Settings, wish: Wish, permit: Permit, wanted_flops: float = 0.0
) -> None:
    """Write down what a run exported, and that it waits where it was stopped.

    Args:
        database: Of the registry.
        settings: Where runs are.
        wish: The run.
        permit: How far it might go.
        wanted_flops: Operations of the lineage that it asks for (0 = it was not stopped by its permit).
    """
    if wanted_flops:
        async with database.write() as session:
            await pause.note_run(session, wish, permit, wanted_flops)
    await spent.note_runs(database, settings, policy.load(settings), wish.run)


@contextmanager
def permitted(settings: Settings, recipe: Recipe) -> Iterator[Permit]:
    """Around a run of this process, started in this folder.

    Raises:
        ConfigError: The policy in the data folder is wrong.
    """
    run = Path(recipe.run)
    wish = Wish(name=run.name, recipe=recipe, folder=Path())
    permit = _with_database(settings, lambda database: permit_of(database, settings, wish))
    flops = 0.0
    try:
        yield permit
    except RunPaused as paused:
        flops = float(str(paused.values["flops"]))
        raise
    finally:
        _with_database(settings, lambda database: ended(database, settings, wish, permit, flops))


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        database = open_database(settings)
        try:
            await migrate(database, settings.home)
            await people.prepare(database)
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
