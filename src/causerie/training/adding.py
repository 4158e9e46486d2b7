"""From a run to a model that one can talk with: exported where it is not yet, and installed under a name.

Does: what `causerie models add` and the page's button do.
Does not: load torch here; the export runs in a process of its own.
"""

import asyncio
from pathlib import Path

from causerie.errors import ConfigError, NotFound
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.inference.pull import pull
from causerie.settings import Settings
from causerie.training.control import as_request, started_in
from causerie.training.process import outcome
from causerie.training.run_folder import RECIPE
from causerie.training.runs import GGUF, checkpoints_of, find, has_export


def run_at(settings: Settings, place: str) -> Path:
    """The folder of a run, given as a path or as the name of one in the data folder.

    Raises:
        NotFound: There is no run.
    """
    path = Path(place)
    return path if (path / RECIPE).is_file() else find(settings, place)


async def add_model(settings: Settings, run: Path, name: str | None = None) -> Model:
    """Install the model of a run, as `pull` installs a file.

    Args:
        settings: Where models live.
        run: Its folder.
        name: What to call the model (None = as the folder).

    Raises:
        NotFound: The run has neither a model nor a checkpoint to make one of.
        Conflict: A model of that name is there, or the run is training now.
        CauserieError: As `run.export_last` and `catalogue.add_file`.
    """
    run = await asyncio.to_thread(run.resolve)
    name = catalogue.safe_name(name) if name else catalogue.name_from(run.name)
    if any(model.name == name for model in await asyncio.to_thread(catalogue.installed, settings)):
        raise catalogue.taken(name)  # said before the export, which may take long
    checkpoints = checkpoints_of(run)
    if not has_export(run, checkpoints):
        if not checkpoints:
            raise NotFound("the run {name} has no checkpoint yet", name=run.name, hint="let it train a while first")
        try:
            await outcome("export", started_in(settings, run), {"run": str(run)})
        except ConfigError as error:
            raise as_request(error) from error
    return await pull(settings, str(run / GGUF), name)
