"""A model becomes a version: that of a run, with its lineage, or one that is here already.

Does: what `causerie models add`, the page's button and the loop call: export, install, register as a candidate.
Does not: release anything; the gate does.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

from causerie.database.engine import Database
from causerie.inference.contract import Model
from causerie.registry import lineage, run_lineage, store, versions
from causerie.registry.contract import Feedback, Lineage, ModelVersion
from causerie.settings import Settings
from causerie.training.adding import add_model
from causerie.training.control import started_in
from causerie.training.runs import checkpoints_of, has_export


async def add_run(
    database: Database, settings: Settings, run: Path, name: str | None = None, *, feedback: Feedback | None = None
) -> tuple[Model, ModelVersion]:
    """Install the model of a run and register it.

    Args:
        database: Of the registry.
        settings: Where models live.
        run: Its folder.
        name: What to call the model (None = as the folder).
        feedback: What people said that the run learned from.

    Raises:
        ModelChanged: The run's model file is not the one that the run wrote.
        NotFound: The run has neither a model nor a checkpoint to make one of.
        Conflict: A model of that name is there, or the run is training now.
        CauserieError: As `training.adding.add_model`.
    """
    run = await asyncio.to_thread(run.resolve)
    if has_export(run, checkpoints_of(run)):
        await asyncio.to_thread(run_lineage.require_untouched, run)
    model = await add_model(settings, run, name)
    known = await asyncio.to_thread(lambda: run_lineage.of_run(settings, run, feedback=feedback))
    base = await asyncio.to_thread(started_in, settings, run)
    more = await asyncio.to_thread(run_lineage.weights_of, run)
    async with database.read() as session:
        found = await lineage.resolved(session, settings, replace(known, licence=model.licence), base)
    return model, await versions.add(database, settings, model, lineage=found, more=more)


async def add_installed(database: Database, settings: Settings, model: Model) -> ModelVersion:
    """Register a model that is here already; what is known of the same bytes under another name goes with it.

    Raises:
        ModelFileError: It cannot be read.
        ConfigError: The key cannot be read, or others can read it.
    """
    sha256 = await asyncio.to_thread(versions.sha256_of, model)
    async with database.read() as session:
        known = [version.lineage for version in await store.by_file(session, sha256)]
    own: Lineage = max(
        known, key=lambda each: (each.flops, each.made_by != "file"), default=run_lineage.of_file(model)
    )
    return await versions.add(database, settings, model, lineage=own)
