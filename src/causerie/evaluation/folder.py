"""The folder of one evaluation: what was begun, every answer as soon as it is there, the result.

Does: begin one or go on with one that a crash left; hold it against a second process; append answers.
Does not: ask anything, or know what is in a suite.

    begun.json        what is evaluated, written first
    items.jsonl       a line for each item, appended; a line that a crash cut in two is dropped
    evaluation.json   the result, written last: with it the evaluation is over
    report.html       the same for people
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from causerie.database.tables import new_id, now
from causerie.errors import InvalidRequest, NotFound
from causerie.evaluation.contract import Evaluation, Scored
from causerie.inference.model_files import write_atomically
from causerie.settings import Settings

UNKNOWN_FOR = timedelta(days=1)
"""How long a model of an upstream is taken for the same one: nobody says when it is replaced."""
BEGUN, ITEMS, RESULT, REPORT, LOCK = "begun.json", "items.jsonl", "evaluation.json", "report.html", "lock"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What an evaluation is of."""

    id: str
    model: str
    version: str
    suite: str
    suite_sha256: str
    judge: str
    began_at: str
    """ISO 8601."""

    def same(self, other: "Begun") -> bool:
        """Whether the answers of one are answers of the other; of a model whose file is unknown, for a day."""
        if not self.version and abs(began_at(other) - began_at(self)) > UNKNOWN_FOR:
            return False
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("model", "version", "suite", "suite_sha256", "judge")
        )


def folder_of(settings: Settings, evaluation_id: str) -> Path:
    """Where an evaluation is; no id leads elsewhere.

    Raises:
        NotFound: It is no id.
    """
    if not evaluation_id.replace("_", "").isalnum() or not evaluation_id.isascii():
        raise NotFound("there is no evaluation {id}", id=evaluation_id[:64], hint="`causerie eval list` lists them")
    return settings.home / "evaluations" / evaluation_id


@contextmanager
def begin(settings: Settings, wanted: Begun) -> Iterator[tuple[Path, Begun]]:
    """The folder of a new evaluation, or of one of the same that was begun, is not over, and nobody is at.

    Args:
        settings: Where it is.
        wanted: With an id: that one alone. Without: one that was left, else a new one.
    """
    place = settings.home / "evaluations"
    for folder in [place / wanted.id] if wanted.id else _left(place, wanted):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder) as ours:
            if ours and not (folder / RESULT).exists():
                yield folder, _noted(folder, wanted)
                return
            if wanted.id:
                raise InvalidRequest("the evaluation {id} is over, or another process is at it", id=wanted.id)
    folder = place / new_id("eval")
    folder.mkdir(mode=0o700, parents=True)
    with _alone(folder):
        yield folder, _noted(folder, wanted)


def new(model: str, version: str, suite: str, suite_sha256: str, judge: str = "", evaluation_id: str = "") -> Begun:
    """What is to be begun now."""
    return Begun(
        id=evaluation_id, model=model, version=version, suite=suite, suite_sha256=suite_sha256, judge=judge,
        began_at=now().isoformat(),
    )  # fmt: skip


def began_at(begun: Begun) -> datetime:
    """As a moment."""
    return datetime.fromisoformat(begun.began_at)


def result_of(settings: Settings, evaluation_id: str) -> Evaluation | None:
    """The result of an evaluation (None = it is not over).

    Raises:
        InvalidRequest: It is of another format.
    """
    path = folder_of(settings, evaluation_id) / RESULT
    return Evaluation.from_json(json.loads(path.read_text("utf-8"))) if path.is_file() else None


def read_items(folder: Path) -> list[Scored]:
    """Every answer of an evaluation that is over, in the suite's order."""
    return [scored for scored, _ in _lines(folder / ITEMS)]


def done_before(folder: Path) -> tuple[dict[tuple[str, str], Scored], float]:
    """What a process that died left: answers by task and id, and the seconds that it had worked.

    The file is cut behind its last whole line, so that the next line does not begin within a broken one.
    """
    found: dict[tuple[str, str], Scored] = {}
    seconds, end = 0.0, 0
    path = folder / ITEMS
    for scored, (elapsed, after) in _lines(path):
        found[scored.task, scored.id] = scored
        seconds, end = max(seconds, elapsed), after
    if path.exists():
        os.truncate(path, end)
    return found, seconds


def append(file: IO[str], scored: Scored, elapsed: float) -> None:
    """Keep an answer; whatever is killed after this, it is kept."""
    line = finite(scored.to_json()) | {"elapsed": round(elapsed, 3)}
    file.write(json.dumps(line, ensure_ascii=False) + "\n")
    file.flush()


def finish(folder: Path, evaluation: Evaluation, scored: Sequence[Scored]) -> None:
    """Write the answers in the suite's order, then the result: from now on the evaluation is over."""
    lines = [json.dumps(finite(row.to_json()), ensure_ascii=False) + "\n" for row in scored]
    write_atomically(folder / ITEMS, "".join(lines).encode("utf-8", "replace"))
    write_json(folder / RESULT, evaluation.to_json())


def write_json(path: Path, value: object) -> None:
    """A JSON file that is there whole or not at all."""
    write_atomically(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace"))


def finite(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same with null for numbers that JSON does not have."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value


def _noted(folder: Path, wanted: Begun) -> Begun:
    """What is known of the evaluation in this folder, written down if it is new."""
    known = _begun(folder)
    if known is not None and known.same(wanted):
        return known
    (folder / ITEMS).unlink(missing_ok=True)  # answers of another model or suite
    begun = Begun(**{**asdict(wanted), "id": folder.name})
    write_json(folder / BEGUN, asdict(begun))
    return begun


def _left(place: Path, wanted: Begun) -> list[Path]:
    """Folders of evaluations of the same that are not over, the newest first."""
    folders = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    open_ones = [folder for folder in folders if (folder / BEGUN).is_file() and not (folder / RESULT).exists()]
    known = ((folder, _begun(folder)) for folder in open_ones)
    return [folder for folder, begun in known if begun is not None and begun.same(wanted)]


def _begun(folder: Path) -> Begun | None:
    try:
        begun = Begun(**json.loads((folder / BEGUN).read_text("utf-8")))
        began_at(begun)
    except (OSError, ValueError, TypeError):
        return None  # it was never begun, or is of another version
    return begun


def _lines(path: Path) -> Iterator[tuple[Scored, tuple[float, int]]]:
    """Whole lines, each with the seconds worked and where the next one begins; it ends at the first broken one."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            try:
                value = json.loads(line)
                scored = Scored.from_json(value)
            except (ValueError, TypeError, AttributeError, InvalidRequest):
                return
            if not line.endswith(b"\n"):
                return
            yield scored, (float(value.get("elapsed", 0.0)), file.tell())


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether this process has the folder to itself, until the context ends or the process dies."""
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
