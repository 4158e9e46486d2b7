"""From a training set to a candidate: which model is gone on from, by which recipe, and what it is called.

Does: find the release in service and since when feedback counts; write the recipe of the run (`recipe.py`).
Does not: train; the job does, as the kind `train` would.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.errors import InvalidRequest
from causerie.improvement import store
from causerie.improvement.contract import Method
from causerie.improvement.recipe import recipe_of
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.inference.packaged import STARTER_NAME
from causerie.registry import releases
from causerie.settings import Settings
from causerie.training.recipe_file import toml_of
from causerie.training.run_folder import RECIPE, write_whole
from causerie.training.runs import runs_folder

CONTEXT = 512
"""Tokens of an example, at most: most questions with their answers fit; longer ones are left out, and counted."""


@dataclass(frozen=True)
class Base:
    """What a round goes on from."""

    model: Model
    version: str
    """Id of the registered version (empty = it is not registered)."""
    since: datetime | None
    """What was said after this is new to it (None = everything is)."""
    released: bool
    """It is the release in service."""


async def base_of(session: AsyncSession, settings: Settings, alias: str, model: str = "") -> Base:
    """The model that a round goes on from.

    Args:
        session: To read in.
        settings: Where models are.
        alias: Whose release in service.
        model: Name of another one (empty = the release in service, or the default model before any release).

    Raises:
        ModelNotFound: It is not on this machine.
        InvalidRequest: It gives vectors, not text.
    """
    row = await releases.current(session, alias)
    released = row is not None and model in {"", row.model}
    name = row.model if row is not None and released else model or settings.default_model or STARTER_NAME
    found = catalogue.find(settings, name)
    if found.kind != "gguf" or found.embedding:
        raise InvalidRequest("{model} gives vectors, not text", model=found.name, param="model")
    version = row.version if row is not None and released else ""
    return Base(found, version, await _since(session, alias, found.name), released)


async def _since(session: AsyncSession, alias: str, model: str) -> datetime | None:
    """Up to when the round that made it had collected; of a model that no round made, when it was released."""
    until = await store.collected_until(session, model)
    if until is not None:
        return until
    entries = await releases.history(session, alias)
    return next((each.at for each in entries if each.act == "release" and each.model == model), None)


def candidate_name(base: Model, job_id: str, moment: datetime) -> str:
    """What the candidate is called: as the base, with the day and the end of the round's id."""
    stem = base.name.rsplit("-improved-", 1)[0][: catalogue.MAX_NAME_LENGTH - 32]
    return catalogue.name_from(f"{stem}-improved-{moment:%Y%m%d}-{job_id[-6:]}")


def run_name(job_id: str) -> str:
    """Of the run that a round trains."""
    return f"improve-{job_id[-12:]}"


def write_run(
    settings: Settings, name: str, base: Model, data: Path, method: Method, changes: Mapping[str, str]
) -> Path:
    """Make a run's folder with its recipe, again if need be; gives the folder.

    Args:
        settings: Where runs are.
        name: Of the run.
        base: What is gone on from.
        data: The data folder.
        method: `dpo` or `kto`.
        changes: Keys with other values, as behind `--set`.

    Raises:
        InvalidRequest: A change is wrong: the message says which.
        ConfigError: The recipes that ship are missing.
    """
    context = min(CONTEXT, base.context_tokens or CONTEXT)
    own = {
        "run": f"runs/{name}", "data.folder": str(data.relative_to(settings.home)),
        "model.start": str(base.path), "model.context": str(context),
    }  # fmt: skip
    recipe = recipe_of(method, changes, own)
    folder = runs_folder(settings) / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / RECIPE, toml_of(recipe))
    return folder
