"""The runs of a machine as their folders tell them, and nothing outside of these folders."""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from causerie.errors import Conflict, NotFound
from causerie.inference.pull import pull
from causerie.settings import Settings
from causerie.training import adding, at_work, runs, shipped
from causerie.training.at_work import alone_in
from causerie.training.recipe_file import toml_of
from causerie.training.run import train
from causerie.training.run_folder import RECIPE
from causerie.training.runs import ASKED, Run
from tests.training.runs import recipe_of
from tests.training.test_export import taught


def put(settings: Settings, name: str, *rows: dict[str, object]) -> Path:
    """A run's folder as the trainer would have left it."""
    path = settings.home / "runs" / name
    path.mkdir(parents=True)
    (path / RECIPE).write_text(toml_of(recipe_of(Path("data"), Path("runs") / name)))
    (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def only(settings: Settings) -> Run:
    (run,) = runs.listed(settings)
    return run


START = {"kind": "start", "step": 0, "time": 1e9, "steps": 24, "sequences": 9, "parameters": 1234}
STEP = {
    "kind": "step", "step": 7, "time": 1e9 + 5, "loss": 3.25, "bits_per_byte": 1.5, "tokens_per_s": 800.0,
    "seconds_left": 60.5, "flops": 4e9,
}  # fmt: skip


def test_a_machine_without_runs_has_none(settings: Settings) -> None:
    assert runs.listed(settings) == []
    settings.home.mkdir(parents=True)
    (settings.home / "runs").write_text("a file in the folder's place")
    assert runs.listed(settings) == []


def test_a_run_is_told_from_its_files(settings: Settings) -> None:
    path = put(settings, "first", START, STEP)
    run = only(settings)
    assert (run.name, run.path, run.objective, run.state) == ("first", path, "pretrain", "paused")
    assert (run.step, run.steps, run.parameters) == (7, 24, 1234)
    assert (run.loss, run.bits_per_byte, run.tokens_per_s, run.seconds_left) == (3.25, 1.5, 800.0, 60.5)
    assert (run.started_at.timestamp(), run.updated_at.timestamp()) == (1e9, 1e9 + 5)
    assert (run.error, run.model, run.job_id) == (None, None, None)


def test_the_newest_comes_first_and_what_is_no_run_is_none(settings: Settings) -> None:
    put(settings, "old", START)
    put(settings, "new", START | {"time": 2e9})
    (settings.home / "runs" / "empty").mkdir()
    put(settings, ".removed-x", START)
    (settings.home / "runs" / "gone").symlink_to(settings.home / "nowhere")
    assert [run.name for run in runs.listed(settings)] == ["new", "old"]


@pytest.mark.parametrize(
    ("row", "asked", "finished", "expected"),
    [
        ({"kind": "stop", "step": 7, "time": 1e9}, "", False, "paused"),
        ({"kind": "failed", "step": 7, "time": 1e9, "message": "the disk is full"}, "", False, "failed"),
        (STEP, "", False, "paused"),
        (STEP, "stopped", False, "stopped"),
        (STEP, "paused", False, "paused"),
        ({"kind": "end", "step": 24, "time": 1e9}, "", True, "finished"),
    ],
)
def test_how_a_run_stands(
    settings: Settings, row: dict[str, object], asked: str, finished: bool, expected: str
) -> None:
    path = put(settings, "x", START, row)
    if asked:
        (path / ASKED).write_text(asked)
    if finished:
        (path / "lineage.json").write_text("{}")
    run = only(settings)
    assert run.state == expected
    assert run.error == ("the disk is full" if expected == "failed" else None)
    assert (run.seconds_left is None) is (expected == "finished" or row is not STEP)


def test_damaged_files_make_no_run_disappear(settings: Settings) -> None:
    path = put(settings, "x")
    (path / RECIPE).write_bytes(b"\xff\x00 not = [TOML")
    (path / "metrics.jsonl").write_bytes(b'\xff\n{"kind": "start", "step": 0, "time": 1e300, "steps": "many"}\n{"ki')
    for name in ("versions.json", "lineage.json", "process.json"):
        (path / name).write_text("[1")
    (path / "checkpoints" / "step-what").mkdir(parents=True)
    run = only(settings)
    assert (run.objective, run.step, run.steps, run.loss) == ("", 0, 0, None)
    facts = runs.facts(path)
    assert (facts.versions, facts.checkpoints, facts.flops, facts.has_export) == ({}, [], 0.0, False)
    assert "TOML" in facts.recipe


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../runs/x", "x/../x", "/etc", "x/", "x\x00", "x\n", ".hidden", "-x", "x" * 65, "é", "x y",
        "..%2fx", "x\\..\\x",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder_of_runs(settings: Settings, name: str) -> None:
    put(settings, "x", START)
    put(settings, ".hidden", START)
    (settings.home / RECIPE).write_text("outside")
    with pytest.raises(NotFound, match="there is no run"):
        runs.find(settings, name)
    assert runs.find(settings, "x") == settings.home / "runs" / "x"


def test_a_run_that_was_trained_elsewhere_is_shown_by_a_link(settings: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "project" / "runs" / "mine"
    elsewhere.mkdir(parents=True)
    assert runs.show(settings, elsewhere) == settings.home / "runs" / "mine"
    assert runs.show(settings, elsewhere) == settings.home / "runs" / "mine", "once is enough"
    (elsewhere / RECIPE).write_text(toml_of(recipe_of(Path("data"), Path("runs/mine"))))
    assert only(settings).name == "mine"
    other = tmp_path / "other" / "mine"
    other.mkdir(parents=True)
    assert runs.show(settings, other) == other, "another run has the name"
    own = put(settings, "own", START)
    assert runs.show(settings, own) == own
    strange = tmp_path / "a run with spaces"
    assert runs.show(settings, strange) == strange
    (elsewhere / RECIPE).unlink()
    elsewhere.rmdir()
    assert runs.show(settings, other) == settings.home / "runs" / "mine", "the first one's folder is gone"
    assert (settings.home / "runs" / "mine").resolve() == other


def test_a_data_folder_that_cannot_be_written_stops_no_run(settings: Settings, tmp_path: Path) -> None:
    settings.home.mkdir(parents=True)
    (settings.home / "runs").write_text("a file in the folder's place")
    assert runs.show(settings, tmp_path / "x") == tmp_path / "x"


@contextmanager
def held(run: Path) -> Iterator[int]:
    """Another process trains in the folder; its id."""
    code = "import sys; from pathlib import Path; from causerie.training.at_work import alone_in\n"
    code += "with alone_in(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        yield process.pid
        process.kill()


def test_one_process_trains_in_a_folder_and_all_see_which(settings: Settings) -> None:
    path = put(settings, "x", START, STEP)
    assert at_work.at_work(path) is None
    with held(path) as pid:
        assert at_work.at_work(path) == at_work.Process(pid, str(Path.cwd()))
        assert only(settings).state == "running"
        with pytest.raises(Conflict, match="another process trains in"), alone_in(path, wait_s=0.2):
            pass
    assert at_work.at_work(path) is None, "killed, it holds nothing"
    assert at_work.last(path) == at_work.Process(pid, str(Path.cwd()))
    assert only(settings).state == "paused"


def test_a_new_process_waits_for_the_last_checkpoint_of_the_one_before(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    seen = context.Event()

    def let_go(run: Path) -> None:
        with alone_in(run):
            seen.wait(60)
            time.sleep(0.7)

    other = context.Process(target=let_go, args=(tmp_path,))
    other.start()
    while at_work.at_work(tmp_path) is None:
        time.sleep(0.01)
    seen.set()
    with alone_in(tmp_path):
        assert at_work.last(tmp_path) == at_work.Process(os.getpid(), str(Path.cwd()))
    other.join()


def test_recipes_come_with_the_program() -> None:
    found = {each.name: each for each in shipped.recipes()}
    assert next(iter(found)) == "starter"
    assert found["starter"].title.startswith("A first model, of your own")
    assert "[schedule]" in found["starter"].text
    assert shipped.data_recipe("data/sample") is not None
    for wanted in ("data/none", "sample", "data/../sample", "/data/sample", "data/x/sample", "data"):
        assert shipped.data_recipe(wanted) is None, wanted


def test_without_its_recipes_the_program_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "a" / "b")
    assert (shipped.recipes(), shipped.data_recipe("data/sample")) == ([], None)
    (tmp_path / "a" / "b" / "recipes").mkdir(parents=True)
    (tmp_path / "a" / "b" / "recipes" / "starter.toml").write_text("objective = 1\n")
    assert [(each.name, each.title) for each in shipped.recipes()] == [("starter", "starter")]


def test_reading_runs_loads_no_torch() -> None:
    code = "import causerie.server.app, causerie.training.job, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_run_becomes_a_model_that_is_found_with_it_again(settings: Settings, talks: Path) -> None:
    path = train(taught(talks, settings.home / "runs" / "talker")).path
    facts = runs.facts(path)
    assert facts.has_export
    assert (facts.checkpoints[-1].step, facts.flops > 0) == (4, True)
    assert facts.checkpoints[-1].bytes > 1000
    assert len(facts.data_sha256) == 64
    assert facts.versions["torch"].startswith("2.")
    model = asyncio.run(adding.add_model(settings, path))
    assert (model.name, model.path.is_file()) == ("talker", True)
    run = only(settings)
    assert (run.state, run.model, run.step, run.steps) == ("finished", "talker", 4, 4)
    assert run.parameters > 1000
    with pytest.raises(Conflict, match="a model named 'talker' is there already"):
        asyncio.run(adding.add_model(settings, path))
    assert asyncio.run(adding.add_model(settings, path, "second")).name == "second"
    with pytest.raises(Conflict):
        asyncio.run(pull(settings, str(path / "export" / "model.gguf"), "second"))


def test_what_is_missing_of_a_model_is_exported_from_the_last_checkpoint(settings: Settings, talks: Path) -> None:
    path = train(taught(talks, settings.home / "runs" / "talker", lora={"rank": 2})).path
    gguf = path / "export" / "model.gguf"
    first = gguf.read_bytes()
    os.utime(gguf, (1e9, 1e9))  # older than the last checkpoint: as of a run that went on since
    assert not runs.facts(path).has_export
    asyncio.run(adding.add_model(settings, path, "anew"))
    assert gguf.read_bytes() == first
    for checkpoint in (path / "checkpoints").iterdir():
        (checkpoint / "checkpoint.json").unlink()
    gguf.unlink()
    with pytest.raises(Exception, match="has no checkpoint that is good") as caught:
        asyncio.run(adding.add_model(settings, path, "damaged"))
    assert type(caught.value).__name__ == "CheckpointError"


def test_a_run_without_a_checkpoint_or_a_tokenizer_is_no_model_yet(settings: Settings, language: Path) -> None:
    put(settings, "x", START)
    with pytest.raises(NotFound, match="the run x has no checkpoint yet"):
        asyncio.run(adding.add_model(settings, adding.run_at(settings, "x")))
    path = train(recipe_of(language, settings.home / "runs" / "mute", schedule__steps=2)).path
    with pytest.raises(Exception, match="nobody could talk with its model") as caught:
        asyncio.run(adding.add_model(settings, adding.run_at(settings, str(path))))
    assert type(caught.value).__name__ == "InvalidRequest"
