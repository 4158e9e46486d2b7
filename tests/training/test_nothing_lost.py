"""Killed at any moment, a run goes on as if nothing had happened: every loss and every weight, to the last bit."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from causerie.data.shards import read_manifest
from causerie.errors import CheckpointError, Conflict, DataError, DiskFull, RunStopped
from causerie.training.checkpoint import Checkpoints
from causerie.training.events import Event, Tell
from causerie.training.parallel import Processes
from causerie.training.run import train
from tests.training.runs import Running, digest, events, losses, process, recipe_of


@pytest.fixture(scope="module")
def whole(language: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    running = process(recipe_of(language, folder, checkpoints__every_steps=2))
    code, printed = running.ended()
    assert code == 0, printed
    return folder


def resumed_to_the_end(language: Path, folder: Path) -> None:
    code, printed = process(recipe_of(language, folder, checkpoints__every_steps=2), resume=True).ended()
    assert code == 0, printed


def step_of(folder: Path) -> int:
    steps = events(folder, "step") if (folder / "metrics.jsonl").is_file() else []
    return int(steps[-1]["step"]) if steps else 0


def wait_for(what: Callable[[], bool], running: Running) -> None:
    """Until a condition holds, or the run is over."""
    while not what() and not running.over:
        time.sleep(0.001)


def killed(running: Running) -> None:
    running.process.kill()
    running.process.join()


def asking_to_stop_at(step: int, number: signal.Signals) -> Tell:
    """One who watches, and sends this very process a signal after a step."""

    def tell(event: Event) -> None:
        if event.kind == "step" and event.step == step:
            os.kill(os.getpid(), number)

    return tell


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("number", range(10))
def test_kill_9_at_a_random_moment(language: Path, whole: Path, tmp_path: Path, number: int) -> None:
    moment = random.Random(number)
    folder = tmp_path / "run"
    running = process(recipe_of(language, folder, checkpoints__every_steps=2))
    step, late = moment.randrange(1, 24), moment.random() * 0.1
    wait_for(lambda: step_of(folder) >= step, running)
    time.sleep(late)
    killed(running)
    resumed_to_the_end(language, folder)
    assert losses(folder) == losses(whole)
    assert digest(folder) == digest(whole)


@pytest.mark.timeout(1200)
def test_kill_9_in_the_middle_of_a_checkpoint_again_and_again(language: Path, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    middles, kills, aim = 0, 0, 2
    while aim <= 24 and (kills < 4 or not middles):  # a busy machine may miss the moment
        running = process(recipe_of(language, folder, checkpoints__every_steps=2), resume=kills > 0)
        unfinished = folder / "checkpoints" / f".step-{aim:08}.part"
        wait_for(unfinished.exists, running)
        killed(running)
        kills += 1
        middles += unfinished.exists()
        last = max((folder / "checkpoints").glob("step-*"))
        aim = int(last.name.removeprefix("step-")) + 4
    assert middles, "none of the kills hit a checkpoint while it was written"
    resumed_to_the_end(language, folder)
    assert losses(folder) == losses(whole)
    assert digest(folder) == digest(whole)
    assert not list((folder / "checkpoints").glob(".*"))


@pytest.mark.timeout(900)
def test_sigterm_finishes_the_step_writes_a_checkpoint_and_leaves(
    language: Path, whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    recipe = recipe_of(language, folder, checkpoints__every_steps=1000)
    running = process(recipe)
    wait_for(lambda: step_of(folder) >= 3, running)
    running.send(signal.SIGTERM)
    code, printed = running.ended()
    assert code == RunStopped.exit_code == 19
    assert "RunStopped: the run was asked to stop: step" in printed
    kept = max((folder / "checkpoints").glob("step-*"))
    assert int(kept.name.removeprefix("step-")) == step_of(folder) >= 3
    train(recipe, resume=True)
    assert losses(folder) == losses(whole)
    assert digest(folder) == digest(whole)


def test_a_run_may_be_asked_to_stop_twice_and_by_itself(language: Path, tmp_path: Path) -> None:
    recipe = recipe_of(language, tmp_path / "run", schedule__steps=4)
    with pytest.raises(RunStopped, match="step 2 of 4 is kept"):
        train(recipe, tell=asking_to_stop_at(2, signal.SIGTERM))
    with pytest.raises(RunStopped, match="step 3 of 4 is kept"):
        train(recipe, resume=True, tell=asking_to_stop_at(3, signal.SIGINT))
    train(recipe, resume=True)
    assert [step for step, _, _ in losses(tmp_path / "run")] == [1, 2, 3, 4]


@pytest.mark.parametrize("resume", [True, False])
def test_checkpoints_without_the_recipe_of_their_run_are_not_gone_on_from(
    language: Path, whole: Path, tmp_path: Path, resume: bool
) -> None:
    """Else what is behind them, such as the model that they began with, would be in no lineage."""
    shutil.copytree(whole / "checkpoints", tmp_path / "run" / "checkpoints")
    recipe = recipe_of(language, tmp_path / "run")
    with pytest.raises(Conflict, match=r"there are checkpoints in .*run, and no recipe\.toml"):
        train(recipe, resume=resume)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["checkpoints"]
    shutil.copyfile(whole / "recipe.toml", tmp_path / "run" / "recipe.toml")
    if resume:
        train(recipe, resume=True)


def test_a_damaged_checkpoint_is_told_and_the_one_before_is_used(language: Path, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    last, before = sorted((folder / "checkpoints").glob("step-*"))[:0:-1]
    data = next(last.glob("*.distcp"))
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    (folder / "recipe.toml").write_text((folder / "recipe.toml").read_text().replace(str(whole), str(folder)))
    train(recipe_of(language, folder, checkpoints__every_steps=2), resume=True)
    damaged = [(row["path"], row["reason"]) for row in events(folder, "damaged")]
    assert damaged == [(str(last), f"{data.name} has not its SHA-256")]
    assert [row["path"] for row in events(folder, "resumed")] == [str(before)]
    assert losses(folder) == losses(whole)
    assert digest(folder) == digest(whole)


def test_when_no_checkpoint_is_good_nothing_is_begun_anew(language: Path, tmp_path: Path) -> None:
    recipe = recipe_of(language, tmp_path / "run", schedule__steps=2)
    folder = train(recipe)
    for path in folder.checkpoints.glob("step-*"):
        (path / "state.json").unlink()
    with pytest.raises(CheckpointError, match=r"no checkpoint in .* is good; of the last: .*state\.json") as caught:
        train(recipe, resume=True)
    assert caught.value.exit_code == 18


def test_a_missing_shard_is_named_when_the_run_is_resumed(language: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(language, data)
    recipe = recipe_of(data, tmp_path / "run", schedule__steps=2)
    train(recipe)
    name = read_manifest(data / "tokens" / "train").shards[1].tokens_file
    (data / "tokens" / "train" / name).unlink()
    with pytest.raises(DataError, match=name):
        train(recipe, resume=True)


def test_a_full_disk_ends_the_run_and_leaves_the_last_good_checkpoint(language: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the write fails in the middle, as it does when it is full."""
    limited = recipe_of(language, tmp_path / "run", checkpoints__every_steps=3, schedule__steps=9)
    before = tmp_path / "run" / "checkpoints"
    with pytest.raises(RunStopped):
        train(limited, tell=asking_to_stop_at(4, signal.SIGTERM))
    code, printed = process(limited, resume=True, largest_file=100_000).ended()
    assert code == CheckpointError.exit_code == 18
    assert "could not be written: " in printed
    assert "File too large" in printed
    assert "the checkpoints before it are untouched" in printed
    assert sorted(path.name for path in before.iterdir()) == ["step-00000000", "step-00000003", "step-00000004"]
    train(limited, resume=True)
    assert [step for step, _, _ in losses(tmp_path / "run")] == list(range(1, 10))


@pytest.mark.parametrize("name", ["metrics.jsonl", "README.md.part"])
def test_a_full_disk_is_said_whatever_is_written(language: Path, tmp_path: Path, name: str) -> None:
    """Nothing can be written to /dev/full."""
    recipe = recipe_of(language, tmp_path / "run", schedule__steps=4, checkpoints__every_steps=2)
    with pytest.raises(RunStopped):
        train(recipe, tell=asking_to_stop_at(2, signal.SIGTERM))
    kept = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    file = tmp_path / "run" / name
    file.unlink(missing_ok=True)
    file.symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="cannot be written: No space left on device") as caught:
        train(recipe, resume=True)
    assert "--resume" in caught.value.hint
    assert set(kept) <= {path.name for path in (tmp_path / "run" / "checkpoints").iterdir()}
    file.unlink(missing_ok=True)
    train(recipe, resume=True)
    assert (tmp_path / "run" / "lineage.json").is_file()


def test_no_room_is_seen_before_the_first_byte(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, 1, Processes(0, 1, torch.device("cpu")))
    huge = torch.empty(1).expand(2**50)
    with pytest.raises(CheckpointError, match="is full: a checkpoint takes") as caught:
        checkpoints.write(1, {"huge": huge}, {})
    assert "--resume" in caught.value.hint
    checkpoints.close()
    assert not list(tmp_path.iterdir())
