"""All that there is to tell of a model version, gathered in one place for the command line, the page and the gate.

Does: find the version, its family, its evaluations, people's notes and the gate's overrides.
Does not: put it into words; see `card.py`, `training_summary.py`, `bill_of_materials.py`, `lineage_drawing.py`.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.evaluation import store as evaluations
from causerie.evaluation.contract import Evaluation
from causerie.registry import lineage, notes, overrides, store
from causerie.registry.contract import ModelVersion
from causerie.registry.lineage import Family
from causerie.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Story:
    """A version and what is known of it."""

    version: ModelVersion
    family: Family
    evaluations: tuple[Evaluation, ...]
    """The newest of each suite, the newest first."""
    notes: dict[str, str]
    overrides: tuple[str, ...]
    """Sentences."""


async def story_of(session: AsyncSession, settings: Settings, name: str) -> Story:
    """The story of a version.

    Args:
        session: To read in.
        settings: Where models and their notes are.
        name: As `store.find` takes it.

    Raises:
        NotFound: There is no such version.
        ConfigError: The notes of a model cannot be read.
    """
    version = await store.find(session, name)
    family = await lineage.family(session, version)
    found = await evaluations.list_of(session, version=version.sha256, limit=evaluations.MAX_LIST)
    newest = {each.suite: each for each in reversed(found)}
    said = await asyncio.to_thread(notes.notes_of, settings, family)
    return Story(
        version=version,
        family=family,
        evaluations=tuple(sorted(newest.values(), key=lambda each: each.ended_at, reverse=True)),
        notes=said,
        overrides=tuple(await overrides.lines_for(session, version.id)),
    )
