"""Writers, each against its real program: what a run said is read back with that program's own tools.

The packages are of the extra `writers` and none of the tests' own: what is not installed here is left out.
    pip install 'causerie[writers]'; pytest tests/training/test_writers.py
"""

import json
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from causerie.errors import ConfigError, RunStopped
from causerie.training.events import Event
from causerie.training.recipe import Recipe
from causerie.training.run import train
from causerie.training.writers import table
from causerie.training.writers.contract import Place, numbers
from tests.training.runs import events, recipe_of

STEPS = 6
# Each brings warnings of its own, about packages that it uses.
pytestmark = [pytest.mark.filterwarnings("ignore::Warning"), pytest.mark.timeout(900)]


def recipe_with(language: Path, run: Path, *use: str, **changes: Any) -> Recipe:
    return recipe_of(
        language, run, schedule__steps=STEPS, evaluation__every_steps=3, writers={"use": list(use), **changes}
    )


def without_times(rows: list[dict[str, Any]], key: str) -> list[tuple[int, float]]:
    return [(row["step"], row[key]) for row in rows]


def run_in_two_parts(recipe: Recipe) -> Path:
    """Stopped at step 4, and gone on with; gives its folder."""

    def stop(event: Event) -> None:
        if event.kind == "step" and event.step == 4:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(RunStopped):
        train(recipe, tell=stop)
    run = train(recipe, resume=True).path
    assert not events(run, "writer lost")
    return run


def test_what_is_not_installed_is_said_before_anything_is_made(
    language: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ConfigError, match="needs the package wandb, which is not installed") as caught:
        train(recipe_with(language, tmp_path / "run", "wandb"))
    assert caught.value.hint == "pip install 'causerie[writers]'"
    assert not (tmp_path / "run").exists()


def test_a_writer_that_fails_is_said_and_the_run_goes_on(
    language: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __init__(self, _place: Place) -> None:
            self.seen = 0

        def write(self, event: Event) -> None:
            self.seen += event.kind == "step"
            if self.seen == 2:
                raise OSError("the server of curves is gone")

        def close(self) -> None:
            raise AssertionError("closed after it was lost")

    class NeverOpen(Broken):
        def __init__(self, _place: Place) -> None:
            raise ValueError("no room")

    class NeverClosed(Broken):
        def write(self, event: Event) -> None:
            pass

    monkeypatch.setattr(table, "PACKAGES", dict.fromkeys(table.PACKAGES, "json"))
    monkeypatch.setattr(table, "TABLE", {"tensorboard": Broken, "mlflow": NeverOpen, "wandb": NeverClosed})
    told: list[Event] = []
    run = train(recipe_with(language, tmp_path / "run", "tensorboard", "mlflow", "wandb"), tell=told.append).path
    assert len(events(run, "step")) == STEPS
    lost = [(row["writer"], row["step"], row["reason"]) for row in events(run, "writer lost")]
    assert lost == [
        ("mlflow", 0, "ValueError: no room"),
        ("tensorboard", 2, "OSError: the server of curves is gone"),
        ("wandb", 0, "AssertionError: closed after it was lost"),
    ]
    assert [event.kind for event in told].count("writer lost") == 3


def test_numbers_are_grouped_by_where_they_come_from() -> None:
    assert numbers(Event("step", 3, {"loss": 2, "text": "x"})) == {"train/loss": 2.0}
    assert numbers(Event("evaluation", 3, {"bits_per_byte": 1.5})) == {"held_out/bits_per_byte": 1.5}
    assert numbers(Event("checkpoint", 3, {"loss": 1.0})) == {}


def test_tensorboard_reads_curves_settings_and_samples(language: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = run_in_two_parts(recipe_with(language, tmp_path / "run", "tensorboard"))
    read = EventAccumulator(str(run / "writers" / "tensorboard"))
    read.Reload()
    scalars = [(each.step, each.value) for each in read.Scalars("train/loss")]
    said = without_times(events(run, "step"), "loss")
    assert scalars == [(step, pytest.approx(loss, rel=1e-6)) for step, loss in said]
    assert [each.step for each in read.Scalars("held_out/bits_per_byte")] == [3, 6]
    assert b"| schedule.steps | `6` |" in read.Tensors("recipe/text_summary")[0].tensor_proto.string_val[0]


def test_mlflow_reads_a_run_that_went_on(language: Path, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    run = run_in_two_parts(recipe_with(language, tmp_path / "run", "mlflow", project="trials"))
    client = MlflowClient(tracking_uri=f"sqlite:///{run}/writers/mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("trials")
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    assert (found.info.run_name, found.info.status) == ("run", "FINISHED")
    assert found.data.params["schedule.steps"] == "6"
    history = client.get_metric_history(found.info.run_id, "train/loss")
    assert [(each.step, each.value) for each in history] == without_times(events(run, "step"), "loss")
    assert [each.step for each in client.get_metric_history(found.info.run_id, "held_out/loss")] == [3, 6]


def test_a_run_that_fails_is_not_finished_for_mlflow(language: Path, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    database = f"sqlite:///{tmp_path}/shared.db"

    def stop(event: Event) -> None:
        if event.kind == "step":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe_with(language, tmp_path / "run", "mlflow", mlflow=database), tell=stop)
    client = MlflowClient(tracking_uri=database)
    (found,) = client.search_runs(["1"])
    assert found.info.status == "KILLED"


def test_weights_and_biases_keeps_an_offline_run(language: Path, tmp_path: Path) -> None:
    run = run_in_two_parts(recipe_with(language, tmp_path / "run", "wandb", project="trials"))
    parts = sorted((run / "writers" / "wandb" / "wandb").glob("offline-run-*/run-*.wandb"))
    assert len(parts) == 2
    assert {path.stem for path in parts} == {f"run-{(run / 'writers/wandb/id.txt').read_text()}"}
    rows = [row for part in parts for row in history_of(part)]
    losses = [(row["step"], row["train/loss"]) for row in rows if "train/loss" in row]
    assert losses == without_times(events(run, "step"), "loss")
    assert [row["step"] for row in rows if "held_out/loss" in row] == [3, 6]


def history_of(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a file of Weights & Biases, each a message of its own protocol."""
    from wandb.proto import wandb_internal_pb2

    kind = vars(wandb_internal_pb2)["Record"]  # made at import from the protocol, where no type checker sees it
    deadline = time.monotonic() + 120
    while True:  # a process of its own writes the file, and ends it a moment after the run
        records = [kind.FromString(message) for message in messages_of(path.read_bytes())]
        if records and records[-1].HasField("exit"):
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for record in records:
        if record.HasField("history"):
            yield {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}


def messages_of(log: bytes, block: int = 32768, head: int = 7) -> Iterator[bytes]:
    """Messages of a LevelDB log: each part has a checksum, a length and a kind (1 whole, 2 first, 3 more, 4 last)."""
    place, message = head, b""
    while place + head <= len(log):
        if block - place % block < head:
            place += block - place % block
            continue
        _, length, kind = struct.unpack_from("<IHB", log, place)
        if place + head + length > len(log):
            return  # it is being written
        message += log[place + head : place + head + length]
        place += head + length
        if kind in {1, 4}:
            yield message
            message = b""


def test_samples_reach_all_of_them(talks: Path, tmp_path: Path) -> None:
    """A run that writes: each program has what the model wrote."""
    recipe = recipe_of(
        talks, tmp_path / "run", objective="sft", model={"start": str(talks / "start"), "context": 64},
        samples={"every_steps": 2, "prompts": ["what comes after red?"], "tokens": 4}, schedule__steps=2,
        writers={"use": [*table.TABLE]},
    )  # fmt: skip
    run = train(recipe).path
    assert not events(run, "writer lost")
    (sample,) = (json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines())
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(run / "writers" / "tensorboard"))
    read.Reload()
    (tag,) = (tag for tag in read.Tags()["tensors"] if tag.startswith("sample/"))
    assert read.Tensors(tag)[0].tensor_proto.string_val[0].decode() == sample["text"]
    (file,) = (run / "writers" / "mlflow" / "artifacts").rglob("samples/*.txt")
    assert file.name == "00000002-what-comes-after-red.txt"
    assert file.read_text() == f"{sample['prompt']}{sample['text']}\n"
    (part,) = (run / "writers" / "wandb" / "wandb").glob("offline-run-*/run-*.wandb")
    (row,) = (row for row in history_of(part) if any(key.startswith("sample") for key in row))
    assert row["sample/what comes after red?"] == sample["text"]
