"""`causerie models`: the models on this machine, and which others would suit it.

Does: list, show, add those of runs, rename, remove and suggest, each also as JSON.
Does not: fetch; see `pull.py`. Whether a model is loaded, and which answers to a released name, is asked of the
running server; without one, the registry knows the latter.
Try it: causerie models        causerie models suggest
"""

import http.client
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from causerie.cli import models_registry
from causerie.cli.language import language, t
from causerie.cli.terminal import console, errors, print_error, print_json
from causerie.cli.usage import json_too_early
from causerie.errors import Conflict, Unauthenticated

if TYPE_CHECKING:
    from causerie.inference.contract import Model
    from causerie.inference.suggestions import Suggestion
    from causerie.settings import Settings

app = typer.Typer(invoke_without_command=True, no_args_is_help=False)
models_registry.add_commands(app)
NOT_TOLD: dict[str, dict[str, Any]] = {}
"""A server is up, and does not tell us."""
_STATUS_TIMEOUT_S = 0.5
_MAX_STATUS_BYTES = 2**22
_Name = Annotated[str, typer.Argument(help=t("The model's name."))]
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]


@app.callback()
def models(context: typer.Context, as_json: _Json = False) -> None:
    """The models on this machine."""
    if context.invoked_subcommand is None:
        list_models(as_json=as_json)
    elif as_json:
        raise json_too_early(context)


@app.command("list", help=t("List the models: size, quantisation, context, licence, loaded or not, memory."))
def list_models(as_json: _Json = False) -> None:
    """The models, one a line."""
    from causerie.inference.catalogue import installed
    from causerie.settings import load_settings

    settings = load_settings()
    states = running_states(settings)
    found = installed(settings)
    released = _released(settings, states)
    if as_json:
        print_json([facts(model) | _state(states, model.name) | _names(released, model.name) for model in found])
        return
    rows = [
        (
            model.name,
            sized(model.size_bytes),
            model.quantization,
            f"{model.context_tokens:_}".replace("_", " ") if model.context_tokens else "",
            model.licence,
            _state_in_words(states, model.name),
            sized(_state(states, model.name)["memory_bytes"]),
        )
        for model in found
    ]
    headings = (t("name"), t("size"), t("quantisation"), t("context"), t("licence"), t("state"), t("memory"))
    print_table(headings, rows, right=(1, 3, 6))
    if not found:
        errors().print(t("there is no model here yet: `causerie pull starter` gets one"))
    for each in released:
        console().print(_release_in_words(each), markup=False, soft_wrap=True)


@app.command("show", help=t("Show all that is known of a model."))
def show(name: _Name, as_json: _Json = False) -> None:
    """One model."""
    from causerie.inference.catalogue import find
    from causerie.settings import load_settings

    settings = load_settings()
    model = find(settings, name)
    known = facts(model) | _state(running_states(settings), model.name)
    if as_json:
        print_json(known)
        return
    description = known.pop("description")
    rows = [(key, _plain(value)) for key, value in known.items() if value not in ("", 0, [], None)]
    print_table((), rows)
    if description:
        console().print(description.get(language()) or description.get("en", ""), markup=False)


@app.command("add", help=t("Make a model of a run, to talk with it here."))
def add(
    run: Annotated[str, typer.Argument(help=t("The run's folder, or its name."))],
    name: Annotated[
        str | None, typer.Option("--name", "-n", help=t("What to call the model (none = as the run)."))
    ] = None,
    as_json: _Json = False,
) -> None:
    """A model of a run."""
    from causerie.cli.pull import say_what_came

    settings, model, version = models_registry.add_run(run, name)
    if as_json:
        print_json(facts(model) | {"version": version.id})
    else:
        say_what_came(settings, model)
        models_registry.say_registered(version)


@app.command("rename", help=t("Give a model another name."))
def rename(
    name: _Name, new_name: Annotated[str, typer.Argument(help=t("Its new name."))], as_json: _Json = False
) -> None:
    """Another name."""
    from causerie.inference import catalogue
    from causerie.settings import load_settings

    settings = load_settings()
    old = catalogue.find(settings, name).name  # in the form in which the registry knows it
    model = catalogue.rename(settings, old, new_name)
    models_registry.follow(settings, old, model.name)
    if as_json:
        print_json(facts(model))
    else:
        console().print(t("{old} is now {new}", old=old, new=model.name), markup=False)


@app.command("remove", help=t("Take a model off the disk."))
def remove(
    name: _Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=t("Do not ask."))] = False,
    as_json: _Json = False,
) -> None:
    """Off the disk."""
    from causerie.inference import catalogue
    from causerie.settings import load_settings

    settings = load_settings()
    model = catalogue.find(settings, name)
    names = models_registry.names_of(settings, model.name)
    if names and not yes:
        raise Conflict(
            "{model} answers to {names}, or is tried for it", model=model.name, names=", ".join(names), name=names[0],
            hint="release another model, or `causerie release rollback {name}`; --yes removes it all the same",
        )  # fmt: skip
    if not yes:
        question = t("Remove {name} ({size})?", name=model.name, size=sized(model.size_bytes))
        typer.confirm(question, abort=True, err=True)
    catalogue.remove(settings, model.name)
    models_registry.follow(settings, model.name, "")
    if names:
        warning = t(
            "it answered to {names}, or was tried for it: release another model, or"
            " `causerie release rollback {name}`", names=", ".join(names), name=names[0],
        )  # fmt: skip
        errors().print(warning, markup=False)
    if as_json:
        print_json(facts(model))
    else:
        text = t("{name} is gone; {size} are free again", name=model.name, size=sized(model.size_bytes))
        console().print(text, markup=False)


@app.command("suggest", help=t("Say which models suit this machine, and which to take."))
def suggest(as_json: _Json = False) -> None:
    """What to take."""
    from causerie.inference import suggestions
    from causerie.settings import load_settings

    machine = suggestions.this_machine(load_settings())
    found = suggestions.suggest(machine, language())
    if as_json:
        print_json([_suggested(each) for each in found])
        return
    headings = (t("name"), t("size"), t("memory"), t("licence"), t("tokens/s"), t("verdict"))
    rows = [
        (
            each.model.name,
            sized(each.model.size_bytes),
            t("{gib} GiB", gib=each.model.memory_gib),
            each.model.licence,
            f"~{each.tokens_per_s:g}",
            _verdict(each),
        )
        for each in found
    ]
    print_table(headings, rows, right=(1, 2, 4))
    best = next((each for each in found if each.best), None)
    if best is None:
        console().print(t("none of them fits this machine; the starter does: causerie pull starter"))
        return
    reason = (
        t("Take {name}: the most able of those that answer here about as fast as you read.", name=best.model.name)
        if best.comfortable
        else t("Take {name}: the fastest of those that fit; all are slower here than you read.", name=best.model.name)
    )
    console().print()
    console().print(reason, style="bold", markup=False)
    console().print(best.model.description[language()], markup=False)
    console().print(f"  causerie pull {best.model.name}", markup=False)
    console().print(t("Speeds are estimated for {cores} cores without a GPU.", cores=machine.cores), style="dim")


def facts(model: "Model") -> dict[str, Any]:
    """All that is known of a model, for `--json`."""
    return asdict(model) | {"path": str(model.path), "languages": list(model.languages)}


def sized(size_bytes: int) -> str:
    """A size for people, in MiB or GiB (empty = 0)."""
    if not size_bytes:
        return ""
    if size_bytes < 2**30:
        return t("{mib} MiB", mib=f"{size_bytes / 2**20:.0f}")
    return t("{gib} GiB", gib=f"{size_bytes / 2**30:.1f}")


def running_states(settings: "Settings") -> dict[str, dict[str, Any]] | None:
    """What the running server says of each model (None = no server answers where the settings say).

    One that does not take our key says nothing, and that is said on standard error: `NOT_TOLD`.
    """
    from causerie.accounts import operator_key

    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=_STATUS_TIMEOUT_S)
    key = operator_key.known(settings)
    try:
        connection.request("GET", "/api/models", headers={"Authorization": f"Bearer {key}"} if key else {})
        answer = connection.getresponse()
        if answer.status == Unauthenticated.status:
            print_error(operator_key.refused())
            return NOT_TOLD
        listed = json.loads(answer.read(_MAX_STATUS_BYTES))["models"]
        return {str(model["name"]): model for model in listed}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _released(settings: "Settings", states: dict[str, dict[str, Any]] | None) -> list[dict[str, Any]]:
    """What answers to each released name: as the running server says, else as the registry does."""
    if not states:
        return models_registry.released(settings)
    return [{"alias": name, **model["release"]} for name, model in states.items() if model.get("release")]


def _names(released: list[dict[str, Any]], model: str) -> dict[str, list[str]]:
    return {"released_as": [each["alias"] for each in released if each["model"] == model]}


def _release_in_words(release: dict[str, Any]) -> str:
    values = {"model": release["model"], "alias": release["alias"]}
    if release["stage"] != "share":
        return t("{model} answers to {alias}", **values)
    share = f"{release['share']:.0%}"
    return t("{model} answers to {alias}, and a candidate to {share} of people", share=share, **values)


def _state(states: dict[str, dict[str, Any]] | None, name: str) -> dict[str, Any]:
    known = (states or {}).get(name, {})
    state = str(known.get("state", "unloaded")) if states is not None else "not running"
    if states is NOT_TOLD:
        state = "unknown"
    # What an unloaded model would take is an estimate; what a person asks for here is what is taken now.
    memory = int(known.get("memory_bytes", 0)) if state in {"ready", "loading"} else 0
    return {"state": state, "memory_bytes": memory}


def _state_in_words(states: dict[str, dict[str, Any]] | None, name: str) -> str:
    words = {
        "not running": t("not running"),
        "unknown": t("not known"),
        "unloaded": t("not loaded"),
        "loading": t("loading"),
        "ready": t("loaded"),
        "failed": t("failed"),
    }
    state = str(_state(states, name)["state"])
    return words.get(state, state)


def _verdict(each: "Suggestion") -> str:
    if not each.fits_memory:
        return t("too little memory")
    if not each.fits_disk:
        return t("too little disk")
    if each.best:
        return t("take this one")
    return t("fits") if each.comfortable else t("fits, but slow")


def _suggested(each: "Suggestion") -> dict[str, Any]:
    model = asdict(each.model) | {"last_checked": each.model.last_checked.isoformat()}
    return {
        "best": each.best,
        "fits_memory": each.fits_memory,
        "fits_disk": each.fits_disk,
        "tokens_per_s": each.tokens_per_s,
        **model,
    }


def _plain(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Columns as wide as their longest cell; nothing is ever cut, so that a pipe gets it all."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*([headings] if headings else []), *rows, strict=True)]
    for row in [headings, *rows] if headings else rows:
        cells = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_len(cell))
            cells.append(space + cell if index in right else cell + space)
        style = "bold" if row is headings else ""
        console().print("  ".join(cells).rstrip(), style=style, markup=False, soft_wrap=True)
