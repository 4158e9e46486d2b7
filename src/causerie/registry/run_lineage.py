"""Where a model comes from, as far as the disk tells it: the folder of its run, the card of its data, its start.

Does: read these, bounded, for they may come from anybody; hash what a run was started from.
Does not: look a parent up in the registry; see `lineage.py`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from causerie.errors import ModelChanged
from causerie.inference.contract import Model
from causerie.inference.model_files import file_sha256
from causerie.registry.contract import Data, Feedback, File, Lineage, Parent, Text
from causerie.settings import Settings
from causerie.training import start_files
from causerie.training.control import started_in
from causerie.training.recipe import Recipe
from causerie.training.run_folder import LINEAGE, RECIPE
from causerie.training.runs import GGUF, facts, read, read_json, recipe_of, runs_folder

MAX_RECIPE_BYTES = 2**18
MAX_TEXTS = 1000
"""Sources of one data card; a recipe has a few dozen."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def of_run(settings: Settings, run: Path, *, feedback: Feedback | None = None) -> Lineage:
    """What a run's folder says of the model that it made.

    Args:
        settings: To find where the run was started: there the relative paths of its recipe begin.
        run: Its folder; a run that is not over has no `lineage.json`, and less is known.
        feedback: What people said that it learned from, if it did.
    """
    said, recipe = read_json(run / LINEAGE), recipe_of(run)
    known = facts(run)
    start = said.get("start") if said else _start(settings, run, recipe)
    card = _object(said.get("data_card")) or _card(settings, run, recipe)
    return Lineage(
        made_by="run",
        source=run.name,
        objective=str(said.get("objective") or (recipe.objective if recipe else ""))[:64],
        recipe=known.recipe[:MAX_RECIPE_BYTES],
        recipe_sha256=_hash(said.get("recipe_sha256")),
        code={name[:64]: version[:200] for name, version in known.versions.items()},
        tokenizer_sha256=known.tokenizer_sha256[:64],
        parameters=_number(said.get("parameters")) or read(run).parameters,
        tokens=_number(said.get("tokens")),
        steps=_number(said.get("steps")),
        seconds=_figure(said.get("seconds")),
        flops=_figure(said.get("flops")) or known.flops,
        data=(data_of(card, known.data_sha256),) if card or known.data_sha256 else (),
        parents=_parents(_object(start)),
        feedback=feedback,
    )


def of_file(model: Model) -> Lineage:
    """What is known of a model that no run here made: pulled, packaged, or given as a file."""
    return Lineage(made_by="file", source=model.source, licence=model.licence, parameters=model.parameters)


def weights_of(run: Path) -> tuple[File, ...]:
    """The weights that a run exported for others to go on from, with their hashes."""
    files = sorted((run / "export").rglob("*.safetensors"))
    return tuple(
        File(
            name=file.relative_to(run).as_posix(),
            sha256=file_sha256([file]),
            size_bytes=file.stat().st_size,
            role="adapter" if "adapter" in file.name else "weights",
        )
        for file in files
    )


def require_untouched(run: Path) -> None:
    """Refuse the model file of a run that is over when it is not the one that the run wrote.

    Raises:
        ModelChanged: It is another.
    """
    expected = _hash(read_json(run / LINEAGE).get("gguf_sha256"))
    if expected and (run / GGUF).is_file() and (found := file_sha256([run / GGUF])) != expected:
        raise ModelChanged(
            "{file} is not the file that the run {name} wrote (SHA-256 {expected} expected, {found} found)",
            file=str(GGUF), name=run.name, expected=expected, found=found,
            hint="remove it, and ask again: it is exported anew from the run's last checkpoint",
        )  # fmt: skip


def run_behind(settings: Settings, start: Path | None, sha256: frozenset[str]) -> Path | None:
    """The run that wrote files with these hashes, whatever they are called now (None = none is at hand).

    Args:
        settings: Where runs are.
        start: Where the files were said to be.
        sha256: Of the files.
    """
    if start is not None:
        for folder in (start, *list(start.parents)[:2]):
            if (folder / RECIPE).is_file() and sha256 & set(_written_by(folder, look=True)):
                return folder
    return next((run for run in _runs(settings) if sha256 & set(_written_by(run, look=False))), None)


def _runs(settings: Settings) -> Iterator[Path]:
    try:
        found = sorted(runs_folder(settings).iterdir())
    except OSError:
        return
    yield from (path for path in found if (path / RECIPE).is_file())


def _written_by(run: Path, *, look: bool) -> Iterator[str]:
    """Hashes of what a run exported: as it wrote them down, or of the files themselves."""
    said = read_json(run / LINEAGE)
    yield _hash(said.get("gguf_sha256")) or "-"
    yield from (_hash(each) or "-" for each in _object(said.get("weights_sha256")).values())
    if look and not said:  # a run that is not over has written nothing down
        yield from start_files.hashes(run).values()
        if (run / GGUF).is_file():
            yield file_sha256([run / GGUF])


def data_of(card: Mapping[str, Any], sha256: str = "") -> Data:
    """What the registry keeps of a data card (`data.card.Card` as JSON)."""
    sources = [each for each in _list(card.get("sources"))[:MAX_TEXTS] if isinstance(each, dict)]
    steps = [each for each in _list(card.get("steps"))[:MAX_TEXTS] if isinstance(each, dict)]
    texts = tuple(
        Text(
            name=_text(each.get("name")),
            kind=_text(each.get("kind")),
            licence=_text(each.get("licence")),
            language=_text(each.get("language")),
            characters=_number(each.get("training_characters")),
            sha256=_hash(each.get("sha256")),
        )
        for each in sources
    )
    return Data(
        name=_text(card.get("name")),
        sha256=sha256[:64] or _hash(card.get("data_sha256")),
        made_at=_text(card.get("made_at")),
        recipe_sha256=_hash(card.get("recipe_sha256")),
        texts=texts,
        steps=tuple(_text(each.get("name")) for each in steps),
        characters=sum(text.characters for text in texts),
    )


def _start(settings: Settings, run: Path, recipe: Recipe | None) -> dict[str, str]:
    if recipe is None or not recipe.model.start:
        return {}
    return start_files.start_of(started_in(settings, run) / recipe.model.start, recipe.model.start)


def _card(settings: Settings, run: Path, recipe: Recipe | None) -> dict[str, Any]:
    return read_json(started_in(settings, run) / recipe.data.folder / "card.json") if recipe else {}


def _parents(start: Mapping[str, Any]) -> tuple[Parent, ...]:
    if not start:
        return ()
    hashes = tuple(sorted({_hash(value) for key, value in start.items() if key != "path"} - {""}))
    return (Parent(name=_text(start.get("path")), sha256=hashes),)


def _hash(value: object) -> str:
    return value if isinstance(value, str) and _SHA256.fullmatch(value) else ""


def _text(value: object) -> str:
    return str(value)[:500] if isinstance(value, str | int | float) else ""


def _number(value: object) -> int:
    return int(_figure(value)) if _figure(value) < 2**63 else 0


def _figure(value: object) -> float:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known and 0 <= value < 1e300 else 0.0  # type: ignore[operator,arg-type]


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
