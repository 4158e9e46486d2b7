"""Runs are begun, paused, gone on with, stopped and removed by whoever asks, and trained by real jobs.

The runs are a few hundred steps of a tiny model, each in the real worker's own child.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from causerie.database.engine import Database
from causerie.errors import Conflict, InvalidRequest, NotFound, RunStopped
from causerie.jobs import store
from causerie.jobs.workers import Workers
from causerie.settings import Settings
from causerie.training import control, follow, job, runs
from causerie.training.at_work import at_work
from causerie.training.recipe_file import toml_of
from causerie.training.runs import ASKED
from tests.jobs.test_backup import Here
from tests.training.asking import Runs, wanted
from tests.training.runs import events, recipe_of

ROOT = Path(__file__).parents[2]


@pytest_asyncio.fixture
async def here(database: Database, settings: Settings) -> Runs:
    settings.home.mkdir(parents=True, exist_ok=True)
    return Runs(database, settings)


@pytest_asyncio.fixture
async def workers(database: Database, settings: Settings) -> AsyncIterator[Workers]:
    async with Workers(database, settings) as keeping:
        yield keeping


async def test_a_run_waits_for_its_worker_and_its_name_is_taken(here: Runs, language: Path) -> None:
    run = await here.begin(wanted(language))
    assert (run.name, run.state, run.step, run.objective, run.error) == ("tiny", "waiting", 0, "pretrain", None)
    assert (await here.job(run)).parameters == {"run": "tiny"}
    with pytest.raises(Conflict, match="a run named tiny is there already"):
        await here.begin(wanted(language))
    assert await here.do("pause") == await here.get()
    paused = await here.get()
    assert (paused.state, (await here.job(paused)).state) == ("paused", "cancelled")
    assert (await here.do("resume")).state == "waiting"
    assert (await here.do("stop")).state == "stopped"
    async with here.database.read() as session:
        assert [each.state for each in await control.listed(session, here.settings)] == ["stopped"]
    await here.remove()
    with pytest.raises(NotFound):
        await here.get()
    assert list((here.settings.home / "runs").iterdir()) == []


@pytest.mark.timeout(900)
async def test_a_run_is_paused_goes_on_and_is_stopped_by_its_job(
    here: Runs, workers: Workers, language: Path
) -> None:
    await here.begin(wanted(language, steps=100_000))
    workers.wake()
    run = await here.until("running", step=3)
    assert (run.steps, run.parameters > 0, run.message) == (100_000, True, "")
    for verb in ("resume", "remove"):
        with pytest.raises(Conflict, match="the run tiny is running"):
            await (here.remove() if verb == "remove" else here.do(verb))
    assert (await here.do("pause")).state == "running", "it comes to write its checkpoint first"
    paused = await here.until("paused")
    assert events(run.path, "stop")[-1]["step"] == paused.step
    assert runs.checkpoints_of(run.path)[-1].step == paused.step
    done = await here.job(paused)
    assert (done.state, done.result) == ("done", {"state": "paused", "step": paused.step, "steps": 100_000})
    with pytest.raises(Conflict, match="the run tiny is paused"):
        await here.do("pause")
    mark = follow.said(run.path).mark
    assert (await here.do("resume")).state == "waiting"
    workers.wake()
    again = await here.until("running", step=paused.step + 2)
    assert again.job_id != paused.job_id
    assert [row["step"] for row in events(run.path, "step")][: paused.step] == list(range(1, paused.step + 1))
    assert {row["kind"] for row in follow.said(run.path, mark).rows} >= {"start", "resumed", "step"}
    async with here.database.write() as session:
        await store.cancel(session, again.job_id or "")
    stopped = await here.until("stopped")
    assert (await here.job(stopped)).state == "cancelled"
    assert runs.checkpoints_of(run.path)[-1].step == stopped.step > paused.step
    await here.remove()
    assert not run.path.exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_run_comes_to_its_end(here: Runs, workers: Workers, language: Path) -> None:
    await here.begin(wanted(language, steps=10))
    workers.wake()
    over = await here.until("finished")
    assert (over.step, over.steps, over.seconds_left, over.error) == (10, 10, None, None)
    assert (await here.job(over)).result == {"state": "finished", "step": 10, "steps": 10}
    with pytest.raises(Conflict, match="the run tiny is finished"):
        await here.do("resume")
    async with here.database.read() as session:
        said = [line.text for line in await store.lines(session, over.job_id or "")]
    assert "10 steps over" in said[0]
    assert any("held-out loss" in text for text in said)
    assert said[-1] == "the run is over after 10 steps"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_kill_9_of_the_worker_costs_nothing(here: Runs, language: Path) -> None:
    await here.begin(wanted(language, steps=100_000))
    command = [sys.executable, "-m", "tests.jobs.parent", str(here.settings.home)]
    parent = subprocess.Popen(command, cwd=ROOT)  # noqa: ASYNC220 - a parent as a second server would be
    try:
        before = await here.until("running", step=3)
        (worker,) = psutil.Process(parent.pid).children()
        (trainer,) = worker.children()
        os.kill(worker.pid, signal.SIGKILL)
        await asyncio.to_thread(psutil.wait_procs, [trainer], timeout=120)
        stop = events(before.path, "stop")
        assert stop, "the trainer saw it, and wrote a checkpoint"
        after = await here.until("running", step=stop[-1]["step"] + 1)
        await here.do("stop")
        stopped = await here.until("stopped")
    finally:
        parent.kill()
        parent.wait()
    assert after.job_id == before.job_id
    assert events(before.path, "resumed")[-1]["checkpoint_step"] == stop[-1]["step"]
    assert [row["step"] for row in events(before.path, "step")] == list(range(1, stopped.step + 1))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_kill_9_of_the_trainer_fails_the_run_and_it_can_go_on(
    here: Runs, workers: Workers, language: Path
) -> None:
    await here.begin(wanted(language, steps=100_000))
    workers.wake()
    run = await here.until("running", step=21)
    held = at_work(run.path)
    assert held is not None
    os.kill(held.pid, signal.SIGKILL)
    failed = await here.until("failed")
    assert failed.error is not None
    assert "the training process died (SIGKILL)" in failed.error
    done = await here.job(failed)
    assert done.error is not None
    assert (done.state, done.error["code"]) == ("failed", "run_failed")
    assert "memory was too small" in done.error["hint"]
    assert (await here.do("resume")).error is None
    workers.wake()
    while not events(run.path, "resumed"):  # noqa: ASYNC110 - another process writes them
        await asyncio.sleep(0.05)
    await here.do("stop")
    await here.until("stopped")
    assert events(run.path, "resumed")[-1]["checkpoint_step"] >= 20


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_run_that_fails_says_why(here: Runs, workers: Workers, tmp_path: Path) -> None:
    await here.begin(wanted(tmp_path / "no-data-here"))
    workers.wake()
    failed = await here.until("failed")
    assert failed.error is not None
    assert "no-data-here" in failed.error
    assert events(failed.path, "failed")[-1]["message"] == failed.error
    assert (await here.do("stop")).state == "stopped"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_trainer_without_a_job_is_paused_by_a_signal(here: Runs, language: Path) -> None:
    recipe = recipe_of(language, here.settings.home / "runs" / "tiny", schedule__steps=100_000)
    (here.settings.home / "tiny.toml").write_text(toml_of(recipe))
    command = [sys.executable, "-m", "causerie.cli.main", "train", str(here.settings.home / "tiny.toml")]
    trainer = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    while not (here.settings.home / "runs" / "tiny" / "metrics.jsonl").exists():  # noqa: ASYNC110 - another's file
        await asyncio.sleep(0.05)
    run = await here.until("running", step=5)
    assert run.job_id is None
    await here.do("pause")
    await trainer.communicate()
    assert trainer.returncode == RunStopped.exit_code
    assert (await here.get()).state == "paused"


@pytest.mark.parametrize("parameters", [{}, {"run": 3}, {"run": "x", "more": 1}])
def test_a_training_has_one_parameter(parameters: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="one parameter"):
        job.check(parameters)
    assert job.check({"run": "x"}) == {"run": "x"}


async def test_a_job_whose_run_was_asked_to_stop_meanwhile_begins_nothing(here: Runs, language: Path) -> None:
    run = await here.begin(wanted(language))
    (run.path / ASKED).write_text("paused")
    at_work = Here(here.settings, here.database)
    result = await job.run(at_work, {"run": "tiny"})
    assert result == {"state": "paused", "step": 0, "steps": 0}
    assert "asked to stop before" in at_work.said[0]
    with pytest.raises(NotFound):
        await job.run(at_work, {"run": "none"})
