"""`causerie train` as a person meets it: the plan, the panel, the lines of a log, errors with their exit codes."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from causerie.cli import main
from causerie.cli.train import print_line
from causerie.cli.train_panel import Picture, clock, curve
from causerie.training.events import Event
from causerie.training.recipe_file import toml_of
from tests.training.runs import recipe_of, write_language


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    path = folder / "small.toml"
    said = recipe_of(write_language(folder / "data"), folder / "run", schedule__steps=12, money__per_hour=3.6)
    path.write_text(toml_of(said), encoding="utf-8")
    return path


def causerie(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main.run(list(arguments))
    return int(caught.value.code or 0)


def test_the_plan_says_memory_time_and_money(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert causerie("train", str(recipe), "--dry-run") == 0
    printed = capsys.readouterr().out
    for words in (
        "parameters",
        "memory: activations",
        "memory of a process",
        "3,072",
        "EUR",
        "timed on this machine",
    ):
        assert words in printed
    assert causerie("train", str(recipe), "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["steps"] == 12
    assert plan["tokens"] == 12 * 8 * 32


def test_a_run_in_a_pipe_prints_a_line_now_and_then(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert causerie("train", str(recipe), "--set", f"run={tmp_path / 'run'}") == 0
    lines = capsys.readouterr().err.splitlines()
    steps = [line.split()[1] for line in lines if line.startswith("step ")]
    assert steps == ["step=1", "step=10"]
    assert any(line.startswith("evaluation step=12 loss=") for line in lines)
    assert causerie("train", str(recipe), "--set", f"run={tmp_path / 'run'}") == 6
    assert "go on with it by --resume" in " ".join(capsys.readouterr().err.split())
    assert causerie("train", str(recipe), "--set", f"run={tmp_path / 'run'}", "--resume", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["kind"] for event in events] == ["start", "resumed", "end"]


def test_a_wrong_key_names_line_and_fix(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert causerie("train", str(recipe), "--set", "schedule.stepz=3") == 3
    printed = " ".join(capsys.readouterr().err.split())
    assert "the key schedule.stepz is not known" in printed
    assert "did you mean steps?" in printed


def test_the_panel_shows_figures_curve_samples_and_what_happened() -> None:
    picture = Picture()
    picture.tell(Event("start", 0, {"steps": 40}))
    assert "step 0 of 40" in drawn(picture)
    for step in range(1, 21):
        facts = {
            "loss": 4.0 - step / 10, "bits_per_byte": 1.5, "gradient_norm": 0.5, "tokens_per_s": 12345.6,
            "peak_share": 0.8123, "tokens": step * 1000, "seconds_left": 3723.0,
        }  # fmt: skip
        picture.tell(Event("step", step, facts))
    picture.tell(Event("evaluation", 20, {"loss": 2.1, "bits_per_byte": 1.25}))
    picture.tell(Event("sample", 20, {"prompt": "Once", "text": " upon\na time"}))
    picture.tell(Event("checkpoint", 20))
    picture.tell(Event("resumed", 20, {"path": "step-00000020", "checkpoint_step": 20}))
    picture.tell(Event("damaged", 20, {"path": "step-00000030", "reason": "state.json has not its size"}))
    picture.tell(Event("left out", 20, {"count": 3, "reason": "longer than model.context"}))
    picture.tell(Event("rewind", 15, {"from_step": 21, "reason": "the loss is nan"}))
    printed = drawn(picture)
    for words in (
        "step 15 of 40", "2.0000", "1.500", "1.250", "12,346", "81%", "20,000", "1:02:03", "Once", "upon a time", "█",
        "going on from step-00000020", "step-00000030 is damaged and is not used: state.json has not its size",
        "3 examples are left out", "step 21: the loss is nan; back to step 15, without that batch",
    ):  # fmt: skip
        assert words in printed, words


def test_every_figure_fits_a_terminal_of_80_columns() -> None:
    picture = Picture()
    facts = {
        "loss": 3.2, "bits_per_byte": 1.5, "gradient_norm": 0.75, "tokens_per_s": 12345.6, "peak_share": 0.8123,
        "tokens": 20000, "seconds_left": 3723.0,
    }  # fmt: skip
    picture.tell(Event("step", 20, facts))
    picture.tell(Event("evaluation", 20, {"loss": 2.1, "bits_per_byte": 1.25}))
    printed = drawn(picture, width=80)
    for words in ("loss 3.2000", "bits per byte 1.500", "held out 1.250", "gradient 0.75", "12,346", "left 1:02:03"):
        assert words in printed, words


def test_what_a_model_writes_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    sample = Event("sample", 20, {"prompt": "Il était", "text": " une\n\x1b[31mfois\x07"})
    picture = Picture()
    picture.tell(sample)
    assert "Il était une [31mfois " in drawn(picture)
    print_line(sample)
    assert capsys.readouterr().err == "sample step=20 prompt=Il était text= une [31mfois \n"


def drawn(picture: Picture, width: int = 110) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(picture)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_curve_shows_the_whole_however_long() -> None:
    assert curve([2.0, 1.0]) == "█▁"
    assert curve([1.0]) == "▁"
    assert len(curve([float(step) for step in range(1000)])) == 48


def test_time_is_said_by_the_clock() -> None:
    assert clock(59.6) == "0:01:00"
