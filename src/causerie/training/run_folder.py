"""The folder of a run: what it was asked, with what, what it did, and what came out.

    runs/x/
      recipe.toml           every key, the defaults too
      versions.json         of packages, Python and machine
      new_tokens.json       ids of tokens that the model to go on from never met; see `new_tokens.py`
      metrics.jsonl         one object an event: {"kind": "step", "step": 12, "loss": 3.4, ...}
      samples.jsonl         what the model wrote along the way
      checkpoints/          see `checkpoint.py`
      process.json          who trains here, or was the last to; see `at_work.py`
      curves.svg            loss, bits per byte and learning rate, drawn anew at each evaluation; see `plots.py`
      lineage.json          at the end: hashes of recipe, data, tokenizer and start, figures reached, FLOPs spent
      README.md             at the end: figures, curves and samples for a person
      export/               the model: a Hugging Face folder and a GGUF file
      writers/              files of other programs, where the recipe names some; see `writers/table.py`

Does: write these, each whole or not at all; refuse to mix two runs in one folder; cut metrics back on resuming.
Does not: train.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from causerie.errors import ConfigError, Conflict
from causerie.training.events import Event
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import parse_recipe, toml_of

RECIPE, VERSIONS, NEW_TOKENS, METRICS, SAMPLES, LINEAGE = (
    "recipe.toml", "versions.json", "new_tokens.json", "metrics.jsonl", "samples.jsonl", "lineage.json",
)  # fmt: skip
FIXED = ("objective", "seed", "data", "tokenizer", "model", "lora", "batch", "optimiser", "schedule", "preferences")
"""Parts of a recipe that cannot change while a run goes on: the result would belong to neither recipe."""


class RunFolder:
    """One run's folder.

    Args:
        recipe: What the run is asked.
        resume: Whether it may be there already.

    Raises:
        Conflict: There is a run in the folder, and it is not to be resumed; or there are checkpoints of none.
        ConfigError: It is to be resumed with a recipe that differs in what cannot change.
    """

    def __init__(self, recipe: Recipe, *, resume: bool) -> None:
        self.path = Path(recipe.run)
        self.recipe = recipe
        known = self.path / RECIPE
        if known.is_file():
            if not resume:
                raise Conflict(
                    "there is a run in {folder} already", folder=str(self.path),
                    hint="go on with it by --resume, or give another folder by --set run=...",
                )  # fmt: skip
            _same_run(parse_recipe(known.read_text(encoding="utf-8"), str(known)), recipe)
        elif next(self.checkpoints.glob("step-*"), None) is not None:
            # A run writes its recipe before the first of them. They were brought here, and what is behind them,
            # this run would not know: not their data, and not the model that they began with.
            raise Conflict(
                "there are checkpoints in {folder}, and no recipe.toml of the run that wrote them",
                folder=str(self.path),
                hint="put the recipe.toml of their run beside them, or give another folder by --set run=...",
            )

    @property
    def checkpoints(self) -> Path:
        """Where they are."""
        return self.path / "checkpoints"

    @property
    def export(self) -> Path:
        """Where the model goes."""
        return self.path / "export"

    @property
    def begun(self) -> bool:
        """Whether there is a run in it."""
        return (self.path / RECIPE).is_file()

    def begin(self, versions: dict[str, str], new_tokens: Sequence[int]) -> None:
        """Write down what is known before the first step."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.path / RECIPE, toml_of(self.recipe))
        write_whole(self.path / VERSIONS, _json(versions))
        write_whole(self.path / NEW_TOKENS, json.dumps(list(new_tokens)) + "\n")

    def write(self, event: Event) -> None:
        """Append an event; one that says where a run goes on takes back what was said after that."""
        if "checkpoint_step" in event.facts:
            self._cut_back(event.facts["checkpoint_step"])
        row = {"kind": event.kind, "step": event.step, "time": round(time.time(), 3), **event.facts}
        with (self.path / (SAMPLES if event.kind == "sample" else METRICS)).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _cut_back(self, step: int) -> None:
        for name in (METRICS, SAMPLES):
            path = self.path / name
            if path.is_file():
                kept = [row for row in rows(path) if row["step"] <= step]
                write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))

    def finish(self, lineage: dict[str, Any]) -> None:
        """Write the lineage, with the hash of the recipe."""
        recipe_sha256 = hashlib.sha256(toml_of(self.recipe).encode()).hexdigest()
        versions = json.loads((self.path / VERSIONS).read_text(encoding="utf-8"))
        write_whole(self.path / LINEAGE, _json({"recipe_sha256": recipe_sha256, "versions": versions, **lineage}))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file; a last line that a killed run left unfinished is none."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue


def new_tokens_of(run: Path) -> tuple[int, ...]:
    """Ids of the tokens whose rows the run drew anew before its first step."""
    path = run / NEW_TOKENS
    return tuple(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def last_of(run: Path, kind: str) -> dict[str, Any]:
    """The last event of a kind that a run said (empty = none)."""
    found = [row for row in rows(run / METRICS) if row["kind"] == kind]
    return found[-1] if found else {}


def last_step(run: Path) -> int:
    """The step of the last event that a run said (0 = none)."""
    steps = [row["step"] for row in rows(run / METRICS)] if (run / METRICS).is_file() else []
    return int(steps[-1]) if steps else 0


def _same_run(before: Recipe, now: Recipe) -> None:
    for part in FIXED:
        old, new = getattr(before, part), getattr(now, part)
        if old == new:
            continue
        name = part
        if isinstance(old, BaseModel) and type(old) is type(new):
            name, old, new = next(
                (f"{part}.{key}", value, getattr(new, key)) for key, value in old if value != getattr(new, key)
            )
        raise ConfigError(
            "{key} was {before!r} when the run began and is {now!r}", key=name, before=old, now=new, param=name,
            hint="resume with the run's own recipe, or begin a new run in another folder",
        )  # fmt: skip


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def write_whole(path: Path, text: str) -> None:
    """The file has its old content or all of the new one, never a part."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
