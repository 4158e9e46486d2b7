"""The process that trains: what it tells, how it is ended, and what is made of its death."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from causerie.errors import CauserieError, ConfigError, RunError
from causerie.settings import Settings
from causerie.training import child, process, runs, shipped
from causerie.training.at_work import at_work
from causerie.training.process import TrainingProcess, outcome
from causerie.training.recipe_file import toml_of
from tests.training.runs import events, recipe_of

WITH_OTHER_RECIPES = """
import sys
from pathlib import Path
from causerie.training import child, shipped

if __name__ == "__main__":
    shipped._PACKAGE = Path.cwd()
    sys.exit(child.main())
"""
FEW = """
name = "few"
seed = 0
holdout = 0.1
[[sources]]
name = "texts"
kind = "files"
path = "../texts"
licence = "CC0-1.0"
part_characters = 2000
"""


async def test_data_that_ships_is_built_by_the_run_itself(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "x"
    for folder in (run, tmp_path / "recipes" / "texts", tmp_path / "recipes" / "data"):
        folder.mkdir(parents=True)
    texts = "\n\n".join(f"The number {number} is a number of its own." for number in range(900))
    recipe = recipe_of(Path("data/few"), Path("runs/x"), schedule__steps=2, tokenizer={"vocabulary": 300})
    for path, text in (
        (tmp_path / "child.py", WITH_OTHER_RECIPES), (tmp_path / "recipes" / "texts" / "one.txt", texts),
        (tmp_path / "recipes" / "starter.toml", "# The first\n"), (tmp_path / "recipes" / "data" / "few.toml", FEW),
        (run / "recipe.toml", toml_of(recipe)),
    ):  # fmt: skip
        path.write_text(text)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "child.py", cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps({"work": "train", "parent": os.getpid(), "run": str(run)}).encode() + b"\n")
    said = [json.loads(line) for line in (await child.stdout.read()).splitlines()]
    assert await child.wait() == 0, said
    child.stdin.close()
    assert {row["stage"] for row in said if row["kind"] == "data"} >= {"clean", "write"}
    assert said[-1]["kind"] == "end"
    assert runs.read(run).state == "finished"
    assert (tmp_path / "data" / "few" / "card.json").is_file()
    assert (run / "export" / "model.gguf").is_file()


async def test_older_data_that_a_stopped_build_keeps_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("recipes/data", "data/few/work"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "recipes" / "starter.toml").write_text("# The first\n")
    (tmp_path / "recipes" / "data" / "few.toml").write_text(FEW)
    (tmp_path / "data" / "few" / "card.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path)
    recipe = recipe_of(Path("data/few"), Path("runs/x"))
    child._build_data(recipe, print)
    (tmp_path / "data" / "few" / "card.json").unlink()
    with pytest.raises(
        CauserieError, match="texts"
    ):  # nothing was built: it goes on with the build, without its source
        child._build_data(recipe, print)


async def test_an_error_of_the_child_is_the_same_error_here(settings: Settings, language: Path) -> None:
    run = settings.home / "runs" / "x"
    run.mkdir(parents=True)
    (run / "recipe.toml").write_text(toml_of(recipe_of(language, Path("runs/x"))))
    with pytest.raises(CauserieError) as caught:
        await outcome("export", settings.home, {"run": str(run)})
    error = caught.value
    assert type(error) is ConfigError
    assert error.message.startswith(f"the run {run} was trained on tokens without a tokenizer")
    assert (error.hint, error.values) == ("give the folder of its tokenizer as data.tokenizer", {"folder": str(run)})


async def test_a_child_that_dies_without_a_word_is_a_failed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MODULE", "tests_have_no_such_module")
    with pytest.raises(RunError, match=r"the training process died \(exit code 1\): .*No module named"):
        await outcome("plan", tmp_path, {})


async def test_whoever_leaves_early_takes_the_child_along_however_impatient(tmp_path: Path, language: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "recipe.toml").write_text(toml_of(recipe_of(language, run, schedule__steps=100_000)))

    async def train() -> None:
        async with TrainingProcess("train", tmp_path, {"run": str(run)}) as training:
            async for _ in training.said():
                pass

    task = asyncio.create_task(train())
    while not (run / "metrics.jsonl").exists() or not events(run, "step"):  # noqa: ASYNC110 - another's file
        await asyncio.sleep(0.05)
    while not task.done():
        task.cancel()  # as the worker does, at each of its looks
        await asyncio.sleep(0.05)
    assert task.cancelled()
    assert at_work(run) is None
    assert events(run, "stop"), "it came to write its checkpoint"
