"""`causerie runs`: what is being trained on this machine and what was, as the page shows it.

Does: list the runs and show one, each also as JSON.
Does not: train (`train.py`) or make models of runs (`causerie models add`).
Try it: causerie runs        causerie runs show starter
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from causerie.cli.accounts import done
from causerie.cli.language import t
from causerie.cli.models import print_table, sized
from causerie.cli.terminal import console, errors, print_json
from causerie.cli.usage import json_too_early

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncSession

    from causerie.settings import Settings
    from causerie.training.runs import Run

app = typer.Typer(invoke_without_command=True, no_args_is_help=False)
FIELDS = ("name", "objective", "state", "step", "steps", "loss", "bits_per_byte", "tokens_per_s", "seconds_left",
          "parameters", "started_at", "updated_at", "message", "error", "job_id", "model")  # fmt: skip
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]


@app.callback()
def runs(context: typer.Context, as_json: _Json = False) -> None:
    """The runs of this machine."""
    if context.invoked_subcommand is None:
        list_runs(as_json=as_json)
    elif as_json:
        raise json_too_early(context)


@app.command("list", help=t("List the runs, the newest first."))
def list_runs(as_json: _Json = False) -> None:
    """The runs, one a line."""
    from causerie.settings import load_settings
    from causerie.training import control

    settings = load_settings()

    async def work(session: "AsyncSession") -> "list[Run]":
        return await control.listed(session, settings)

    found = done(work, settings)
    if as_json:
        print_json([_facts(run) for run in found])
        return
    rows = [
        (
            run.name,
            run.objective,
            _in_words(run.state),
            f"{run.step}/{run.steps}" if run.steps else str(run.step),
            _figure(run.loss, ".4f"),
            _figure(run.bits_per_byte, ".3f"),
            f"{run.started_at:%Y-%m-%d %H:%M}",
            run.model or "",
        )
        for run in found
    ]
    headings = (t("name"), t("objective"), t("state"), t("steps"), t("loss"), t("bits per byte"), t("begun (UTC)"),
                t("model"))  # fmt: skip
    print_table(headings, rows, right=(3, 4, 5))
    if not found:
        errors().print(t("there are no runs yet: `causerie train` begins one"))


@app.command("show", help=t("Show all that is known of a run."))
def show(
    name: Annotated[str, typer.Argument(help=t("The run's name, or its folder."))], as_json: _Json = False
) -> None:
    """One run."""
    from dataclasses import asdict

    from causerie.settings import load_settings
    from causerie.training.adding import run_at
    from causerie.training.runs import facts

    settings = load_settings()
    path = run_at(settings, name)
    known, more = _facts(_run(settings, path)), asdict(facts(path))
    checkpoints = more.pop("checkpoints")
    if as_json:
        told = [each | {"at": each["at"].isoformat()} for each in checkpoints]
        print_json(known | more | {"folder": str(path.resolve()), "checkpoints": told})
        return
    rows = [(key, str(value)) for key, value in known.items() if value not in (None, "")]
    rows += [(key, more[key]) for key in ("data_sha256", "tokenizer_sha256") if more[key]]
    rows += [("folder", str(path.resolve())), ("flops", f"{more['flops']:.3g}")]
    rows += [("checkpoint", t("step {step}, {size}", step=each["step"], size=sized(each["bytes"])))
             for each in checkpoints]  # fmt: skip
    print_table((), rows)
    console().print(t("a model of it: {command}", command=f"causerie models add {name}"), markup=False)


def _run(settings: "Settings", path: "Path") -> "Run":
    """The run in a folder, with what its job knows where it is one of the data folder's."""
    from causerie.training import control, runs

    async def work(session: "AsyncSession") -> "Run":
        return await control.get(session, settings, path.name)

    if path.parent.resolve() == runs.runs_folder(settings).resolve():
        return done(work, settings)
    return runs.with_models(settings, [runs.read(path, path.resolve().name)])[0]


def _facts(run: "Run") -> dict[str, Any]:
    values = {name: getattr(run, name) for name in FIELDS}
    return {name: value.isoformat() if name.endswith("_at") else value for name, value in values.items()}


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _in_words(state: str) -> str:
    words = {
        "waiting": t("waiting"),
        "running": t("at work"),
        "paused": t("paused"),
        "stopped": t("stopped"),
        "finished": t("finished"),
        "failed": t("failed"),
    }
    return words[state]
