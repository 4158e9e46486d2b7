"""A model written in another form: fewer bits a weight, or more, with its past kept.

Does: have the file read and written in a process of its own, install it, register it with the model as its parent.
Does not: claim a past for files that other programs wrote: nobody can tell from the bytes what they were made of.
Try it: causerie models quantise smollm2-135m-instruct --kind q8_0
"""

import asyncio
import tempfile
from importlib.metadata import version as version_of
from pathlib import Path

from causerie.database.engine import Database
from causerie.errors import InvalidRequest, ModelChanged
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.inference.model_files import require_room
from causerie.registry import lineage, versions
from causerie.registry.contract import Lineage, ModelVersion, Parent
from causerie.settings import Settings
from causerie.training.process import outcome

BYTES_A_WEIGHT = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""The forms, and what a weight takes: blocks of 32 with a scale of two bytes
(https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h). Embeddings of q4_0 are kept in q8_0."""


async def quantise(
    database: Database, settings: Settings, model: Model, kind: str, name: str | None = None
) -> tuple[Model, ModelVersion]:
    """Write a model in another form, and register what comes of it.

    Args:
        database: Of the registry.
        settings: Where models live.
        model: What is read; whatever is known of its past is known of the other's.
        kind: Of `BYTES_A_WEIGHT`.
        name: What to call the other (None = made from both).

    Raises:
        InvalidRequest: There is no such form, or the model is not one GGUF file.
        ModelFileError: The file is damaged, or holds a network that cannot be read here.
        ModelChanged: It is not what was registered, or was changed meanwhile.
        Conflict: A model of that name is there.
        DiskFull: There is no room for it.
        CauserieError: As `training.process.outcome`.
    """
    if kind not in BYTES_A_WEIGHT:
        raise InvalidRequest("there is no form {kind!r}", kind=kind[:32], param="kind", hint="there are {kinds}",
                             kinds=", ".join(BYTES_A_WEIGHT))  # fmt: skip
    if model.kind != "gguf" or len(await asyncio.to_thread(versions.files_of, model)) != 1:
        raise InvalidRequest(
            "{name!r} cannot be written in another form: it is no GGUF file, or several", name=model.name
        )
    name = catalogue.safe_name(name) if name else catalogue.name_from(f"{model.name}-{kind}")
    if any(other.name == name for other in await asyncio.to_thread(catalogue.installed, settings)):
        raise catalogue.taken(name)  # said before the work
    await versions.load_check(database, settings)(model)
    source = f"{kind} of {model.name}"
    sha256, made = await _written(settings, model, kind, name, source)
    said = Lineage(
        made_by="quantised",
        source=source,
        licence=model.licence,
        code={"causerie": version_of("causerie")},
        parameters=made.parameters,
        parents=(Parent(name=model.name, sha256=(sha256,)),),
    )
    async with database.read() as session:
        found = await lineage.resolved(session, settings, said, model.path.parent)
    return made, await versions.add(database, settings, made, lineage=found)


async def _written(settings: Settings, model: Model, kind: str, name: str, source: str) -> tuple[str, Model]:
    """The hash of what was read, and the model that was made of it."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_room(settings.home, int(model.parameters * BYTES_A_WEIGHT[kind]))
    before = await asyncio.to_thread(versions.sha256_of, model)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".quantise-") as folder:
        target = Path(folder) / "model.gguf"
        asked = {"source": str(model.path), "target": str(target), "kind": kind, "name": name}
        await outcome("quantise", Path(folder), asked)
        if await asyncio.to_thread(versions.sha256_of, model) != before:
            raise ModelChanged(
                "the model {name!r} changed while it was read", name=model.name, param="model",
                hint="try again when nobody writes to it",
            )  # fmt: skip
        known = catalogue.Origin(
            source=source, licence=model.licence, languages=model.languages, description=model.description
        )
        made = await asyncio.to_thread(catalogue.add_file, settings, target, name, origin=known, move=True)
    return before, made
