"""The process that `process.py` starts, as `python -m causerie.training.child`: it trains, plans, exports and scores.

Does: read what to do from standard input, tell each event as a line of JSON on standard output, and stop when its
standard input ends: that is how it is asked to, and what happens when its parent dies, however that dies.
Does not: outlive its parent by more than its step and one checkpoint.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any

from causerie.data.packages import needed
from causerie.errors import CauserieError
from causerie.training.events import Event
from causerie.training.process import told
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import parse_recipe
from causerie.training.run_folder import RECIPE
from causerie.training.shipped import data_recipe

Parameters = Mapping[str, Any]
Tell = Callable[[Mapping[str, Any]], None]
_BUILDING_EVERY = 0.01
"""Least share of the data between two lines that say how much of it is built."""


def _train(parameters: Parameters, tell: Tell) -> None:
    """`run`: the run's folder, which has its recipe; `permit`: how far it may go. Goes on wherever it stands."""
    from causerie.training.permit import Permit
    from causerie.training.run import train

    run = Path(parameters["run"]).resolve()
    here = Path.cwd().resolve()
    recipe = parse_recipe((run / RECIPE).read_text(encoding="utf-8"), RECIPE)
    recipe = recipe.model_copy(update={"run": str(run.relative_to(here) if run.is_relative_to(here) else run)})
    _build_data(recipe, tell)

    def say(event: Event) -> None:
        tell({"kind": event.kind, "step": event.step, **event.facts})

    train(recipe, resume=True, tell=say, permit=Permit.from_json(parameters.get("permit", {})))


def _build_data(recipe: Recipe, tell: Tell) -> None:
    """The data of a recipe that ships, where nobody has built it yet; built data stays what this run learns from."""
    folder = Path(recipe.data.folder)
    known = data_recipe(recipe.data.folder)
    built = (folder / "card.json").is_file()  # and maybe a newer build was stopped before it replaced it
    if known is None or built or (folder.exists() and not (folder / "work").is_dir()):
        return
    from causerie.data.build import build
    from causerie.data.recipe import load_recipe

    reached = {"": 0.0}

    def progress(stage: str, done: int, total: int) -> None:
        share = done / total if total else 1.0
        if share - reached.get(stage, -1.0) >= _BUILDING_EVERY:
            reached[stage] = share
            tell({"kind": "data", "step": 0, "stage": stage, "share": share})

    build(load_recipe(known, []), folder, beside=known.parent, progress=progress)


def _plan(parameters: Parameters, tell: Tell) -> None:
    """`recipe`: its text; `changes`: as behind `--set`."""
    from causerie.training.dry_run import plan

    recipe = parse_recipe(parameters["recipe"], RECIPE, parameters["changes"])
    tell({"kind": "plan", **asdict(plan(recipe))})


def _export(parameters: Parameters, tell: Tell) -> None:
    """`run`: the run's folder."""
    from causerie.training.run import export_last

    tell({"kind": "exported", "path": str(export_last(Path(parameters["run"])))})


def _score(parameters: Parameters, tell: Tell) -> None:
    """`run`: the run's folder; `models`: by name, where each is. Tells each held-out sample by itself."""
    from causerie.training.scoring import scored

    run = Path(parameters["run"])
    recipe = parse_recipe((run / RECIPE).read_text(encoding="utf-8"), RECIPE)
    for each in scored(recipe, parameters["models"]):
        tell({"kind": "scored", **asdict(each)})


def _quantise(parameters: Parameters, tell: Tell) -> None:
    """`source`: a GGUF file; `target`: where the other is to be; `kind`: of `gguf_file.KINDS`; `name`: for people."""
    from causerie.modeling.gguf_file import load_gguf, save_gguf
    from causerie.tokenization.vocabulary_gguf import load_tokenizer

    source, target = Path(parameters["source"]), Path(parameters["target"])
    save_gguf(load_gguf(source), load_tokenizer(source), target, kind=parameters["kind"], name=parameters["name"])
    tell({"kind": "exported", "path": str(target)})


WORK: Mapping[str, Callable[[Parameters, Tell], None]] = {
    "train": _train,
    "plan": _plan,
    "export": _export,
    "score": _score,
    "quantise": _quantise,
}


def main() -> int:
    """Do what is asked; the exit code."""
    to_parent = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what torch prints must not be taken for what is told to the parent
    parameters = json.loads(_first_line())
    if os.getppid() != parameters.pop("parent"):
        return 1
    Thread(target=_stop_with_input, daemon=True).start()

    def tell(said: Mapping[str, Any]) -> None:
        with suppress(BrokenPipeError):  # the parent is gone: the thread below sees it too
            to_parent.write(json.dumps(said, default=str) + "\n")
            to_parent.flush()

    try:
        needed("numpy", "torch", "tokenizers", "tiktoken", "safetensors", "gguf", "jinja2")
        WORK[parameters.pop("work")](parameters, tell)
    except CauserieError as error:
        tell(told(error))
        return error.exit_code
    return 0


def _first_line() -> bytes:
    # Not sys.stdin: the lock of its buffer, held by the thread below, would break Python's end.
    line = b""
    while not line.endswith(b"\n") and (part := os.read(0, 1)):
        line += part
    return line


def _stop_with_input() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
