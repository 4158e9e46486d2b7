"""The formats whose results can be taken in, and taking them in.

Does: find out which format a file has, read it, keep it as an evaluation with its answers and its report.
Does not: parse; each format has a file beside this one.
Try it: causerie eval import logs/2026-11-25T20-00-00_task.eval
"""

from dataclasses import replace
from pathlib import Path

from causerie.database.engine import Database
from causerie.errors import InvalidImport
from causerie.evaluation import folder as folders
from causerie.evaluation import store
from causerie.evaluation.comparing import Judged
from causerie.evaluation.contract import Evaluation
from causerie.evaluation.evaluating import InService, keep
from causerie.evaluation.importing import inspect, lm_eval
from causerie.evaluation.importing.bounded import json_of
from causerie.inference.contract import Model
from causerie.settings import Settings

FORMATS = ("lm-evaluation-harness", "Inspect")
"""As the page and the command name them."""


def read(path: Path) -> Judged:
    """The evaluation of a results file of any format, or of the newest results file of the harness in a folder.

    Raises:
        InvalidImport: There is none.
        UnreadableFile: It is damaged.
    """
    if path.is_dir():
        found = sorted(path.rglob("results_*.json"), key=lambda each: each.name)
        if not found:
            raise InvalidImport("{path} has no results_*.json of lm-evaluation-harness", path=str(path),
                                hint="name a results file, or a log of Inspect")  # fmt: skip
        return lm_eval.read(found[-1])
    if path.suffix == ".eval":
        return inspect.read(path)
    told = json_of(path)
    if lm_eval.matches(told):
        return lm_eval.read(path)
    if inspect.matches(told):
        return inspect.read(path)
    raise InvalidImport(
        "{path} holds no results in a form that is known here", path=str(path),
        hint="a results_*.json of lm-evaluation-harness, or an .eval or .json log of Inspect",
    )  # fmt: skip


async def take_in(
    database: Database,
    settings: Settings,
    judged: Judged,
    *,
    model: Model | None = None,
    language: str = "en",
    in_service: InService | None = None,
) -> Evaluation:
    """Keep an evaluation of another program; one that was taken in before is given back as it is.

    Args:
        database: To write in.
        settings: Where evaluations are.
        judged: What was read.
        model: The model of the catalogue that was measured (None = it goes by the name in the file).
        language: Of the report.
        in_service: As `evaluating.Wanted`.
    """
    told = judged.evaluation
    name, version = (model.name, model.sha256) if model else (told.model, "")
    evaluation = replace(told, model=name, version=version)
    async with database.read() as session:
        there = await store.list_of(session, model=name, suite=told.suite, limit=store.MAX_LIST)
    for known in there:
        if (known.began_at, known.suite_sha256) == (told.began_at, told.suite_sha256):
            return known
    place = folders.folder_of(settings, evaluation.id)
    place.mkdir(mode=0o700, parents=True)
    folders.finish(place, evaluation, judged.items)
    await keep(database, settings, evaluation, language=language, in_service=in_service)
    return evaluation
