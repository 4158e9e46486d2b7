"""The runs of this machine, as their folders tell them: which there are, how far each is, what it leaves.

Does: find them by name below the data folder, read what a run writes while it writes it, without torch.
Does not: begin or stop anything (`control.py`), or know jobs; what a job knows more is laid over it there.
Try it: causerie runs        causerie runs show starter
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from causerie.errors import ConfigError, NotFound
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.settings import Settings
from causerie.training.at_work import at_work
from causerie.training.follow import Row, first_row, last_rows
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import parse_recipe
from causerie.training.run_folder import LINEAGE, METRICS, RECIPE, VERSIONS

RunState = Literal["waiting", "running", "paused", "stopped", "finished", "failed"]
ASKED = "asked"
"""File in a run's folder that says what it was asked to be, `paused` or `stopped`, until it goes on."""
GGUF = Path("export", "model.gguf")
MAX_JSON_BYTES = 2**22
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Run:
    """A run, in short."""

    name: str
    path: Path
    objective: str
    """Empty = its recipe cannot be read."""
    state: RunState
    step: int
    """Steps taken."""
    steps: int
    """Steps that it has in all (0 = not known yet)."""
    loss: float | None
    """Of the last step, in nats."""
    bits_per_byte: float | None
    tokens_per_s: float | None
    seconds_left: float | None
    """None = it is over, or has not begun."""
    started_at: datetime
    updated_at: datetime
    parameters: int
    """0 = not known yet."""
    error: str | None
    message: str = ""
    job_id: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class CheckpointFacts:
    """A state that a run can go on from."""

    step: int
    at: datetime
    bytes: int


@dataclass(frozen=True)
class RunFacts:
    """What a run's folder holds beside what is in short."""

    recipe: str
    """TOML, every key."""
    versions: dict[str, str]
    data_sha256: str
    """Empty = not known yet, as the next."""
    tokenizer_sha256: str
    flops: float
    checkpoints: list[CheckpointFacts]
    has_export: bool
    """There is a model file, and it is of the last checkpoint."""


def runs_folder(settings: Settings) -> Path:
    """Where the runs are, or a link to each that was trained elsewhere."""
    return settings.home / "runs"


def find(settings: Settings, name: str) -> Path:
    """The folder of the run of this name; no name leads out of the folder of runs.

    Raises:
        NotFound: There is none.
    """
    path = runs_folder(settings) / name
    if not _NAME.fullmatch(name) or not (path / RECIPE).is_file():
        raise NotFound("there is no run {name}", name=name[:64], hint="`causerie runs` lists them")
    return path


def listed(settings: Settings) -> list[Run]:
    """All runs, the newest first."""
    try:
        found = [path for path in runs_folder(settings).iterdir() if _NAME.fullmatch(path.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    runs = [read(path) for path in found if (path / RECIPE).is_file()]
    return sorted(with_models(settings, runs), key=lambda run: (run.started_at, run.name), reverse=True)


def with_models(settings: Settings, runs: list[Run]) -> list[Run]:
    """The same, each with the name of the model that was made of it."""
    models = {model.source: model for model in catalogue.installed(settings)} if runs else {}
    return [replace(run, model=_model(models, run)) for run in runs]


def _model(models: dict[str, Model], run: Run) -> str | None:
    model = models.get(str((run.path / GGUF).resolve()))
    # A model is older than the run where another run had this folder before.
    return model.name if model and model.installed_at >= int(run.started_at.timestamp()) else None


def read(path: Path, name: str = "") -> Run:
    """A run by its folder, in short.

    Args:
        path: The folder.
        name: What to call it (empty = as the folder).
    """
    begun = first_row(path / METRICS)
    rows = last_rows(path / METRICS)
    starts = [row for row in [begun or {}, *rows] if row.get("kind") == "start"]
    steps = [row for row in rows if row["kind"] == "step"]
    start, step = (starts or [{}])[-1], (steps or [{}])[-1]
    state = _state(path, rows)
    changed = datetime.fromtimestamp((path / RECIPE).stat().st_mtime, UTC)
    failure = rows[-1] if state == "failed" else {}
    return Run(
        name=name or path.name,
        path=path,
        objective=_objective(path),
        state=state,
        step=max((int(row["step"]) for row in rows[-1:]), default=0),
        steps=_whole_number(start.get("steps")),
        loss=_number(step.get("loss")),
        bits_per_byte=_number(step.get("bits_per_byte")),
        tokens_per_s=_number(step.get("tokens_per_s")),
        seconds_left=None if state == "finished" else _number(step.get("seconds_left")),
        started_at=_moment(begun) or changed,
        updated_at=_moment(rows[-1] if rows else None) or changed,
        parameters=_whole_number(start.get("parameters")),
        error=str(failure["message"]) if "message" in failure else None,
    )


def _state(path: Path, rows: list[Row]) -> RunState:
    if at_work(path) is not None:
        return "running"
    if (path / LINEAGE).is_file():
        return "finished"
    if (path / ASKED).is_file():
        return "stopped" if _text(path / ASKED).strip() == "stopped" else "paused"
    if rows and rows[-1]["kind"] == "failed":
        return "failed"
    # It stopped of itself, was killed, or its machine went off: it can go on in any case.
    return "paused"


def _objective(path: Path) -> str:
    recipe = recipe_of(path)
    return recipe.objective if recipe else ""


def recipe_of(path: Path) -> Recipe | None:
    """The recipe of a run (None = it cannot be read)."""
    try:
        return parse_recipe(_text(path / RECIPE), RECIPE)
    except ConfigError:
        return None


def facts(path: Path) -> RunFacts:
    """What a run's folder holds."""
    lineage, versions = read_json(path / LINEAGE), read_json(path / VERSIONS)
    checkpoints = checkpoints_of(path)
    state = read_json(path / "checkpoints" / _folder_name(checkpoints[-1].step) / "state.json") if checkpoints else {}
    objective = state.get("objective")
    reached = [row["flops"] for row in last_rows(path / METRICS) if _number(row.get("flops")) is not None]
    return RunFacts(
        recipe=_text(path / RECIPE),
        versions={str(key): str(value) for key, value in versions.items()},
        data_sha256=str(lineage.get("data_sha256") or (objective or {}).get("data_sha256") or ""),
        tokenizer_sha256=str(lineage.get("tokenizer_sha256") or ""),
        flops=float(reached[-1]) if reached else 0.0,
        checkpoints=checkpoints,
        has_export=has_export(path, checkpoints),
    )


def checkpoints_of(path: Path) -> list[CheckpointFacts]:
    """The checkpoints that are whole, the oldest first."""
    found = []
    for folder in sorted((path / "checkpoints").glob("step-*")):
        try:
            size = sum(file.stat().st_size for file in folder.iterdir())
            at = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
            found.append(CheckpointFacts(int(folder.name.removeprefix("step-")), at, size))
        except (OSError, ValueError):  # the trainer removed it just now, or it is none
            continue
    return found


def _folder_name(step: int) -> str:
    return f"step-{step:08}"


def has_export(path: Path, checkpoints: list[CheckpointFacts]) -> bool:
    """Whether there is a model file that is no older than the last checkpoint."""
    try:
        made = datetime.fromtimestamp((path / GGUF).stat().st_mtime, UTC)
    except OSError:
        return False
    return not checkpoints or made >= checkpoints[-1].at


def show(settings: Settings, path: Path) -> Path:
    """Make a run that was trained elsewhere known here, by a link among the runs; the link, or the folder itself.

    Nothing is done where another run has its name, where its name is none for runs, or where the data folder cannot
    be written.
    """
    folder, run = runs_folder(settings), path.resolve()
    if run.parent == folder.resolve():
        return folder / run.name
    link = folder / run.name
    if not _NAME.fullmatch(run.name):
        return path
    try:
        if link.is_symlink() and not link.exists():
            link.unlink()  # of a folder that is gone
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        link.symlink_to(run, target_is_directory=True)
    except FileExistsError:
        return link if link.resolve() == run else path
    except OSError:
        return path
    return link


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file of anybody's (empty = there is none, or it is damaged or far too large)."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_JSON_BYTES + 1)
        found = json.loads(text) if len(text) <= MAX_JSON_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _whole_number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _moment(row: Row | None) -> datetime | None:
    """When an event was; None where its time is none."""
    try:
        return datetime.fromtimestamp(float(row["time"]), UTC) if row else None
    except (OverflowError, ValueError, OSError):
        return None
