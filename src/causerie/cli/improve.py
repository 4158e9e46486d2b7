"""`causerie improve`: what people said of answers becomes a candidate at the gate.

Does: ask for a round, list rounds, show one as its timeline, change when rounds begin by themselves; each as JSON.
Does not: do rounds; the running server does, within seconds. Without one they wait for it.
Try it: causerie improve        causerie improve show ID        causerie improve settings --at-count 200
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from causerie.cli.accounts import done
from causerie.cli.language import retold, t
from causerie.cli.models import print_table
from causerie.cli.terminal import console, errors, print_json
from causerie.cli.usage import json_too_early

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from causerie.improvement.contract import Wishes
    from causerie.improvement.store import Improvement

app = typer.Typer(invoke_without_command=True, no_args_is_help=False)
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]
_Alias = Annotated[str | None, typer.Option(help=t("The release to make better (none = as in the settings)."))]
_Method = Annotated[str | None, typer.Option(help=t("How it is trained: dpo, kto, or auto."))]
_Least = Annotated[int | None, typer.Option(help=t("Statements without which nothing is trained."))]
_Changes = Annotated[
    list[str] | None, typer.Option("--set", help=t("Change a key of the recipe: key=value; may be repeated."))
]


@app.callback()
def improve(
    context: typer.Context,
    alias: _Alias = None,
    method: _Method = None,
    model: Annotated[
        str | None, typer.Option(help=t("Go on from this model (none = from the release in service)."))
    ] = None,
    least: _Least = None,
    changes: _Changes = None,
    as_json: _Json = False,
) -> None:
    """A new round."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise json_too_early(context)
        return
    from causerie.accounts import audit
    from causerie.improvement import store

    given = {"alias": alias, "method": method, "model": model, "least": least, "changes": _changed(changes)}

    async def work(session: "AsyncSession") -> "Improvement":
        job = await store.ask(session, {key: value for key, value in given.items() if value is not None}, None)
        await audit.record(session, None, "improvement.begin", job.id)
        return await store.get(session, job.id)

    made = done(work)
    if as_json:
        print_json(_facts(made))
        return
    console().print(t("a round begins: {id}", id=made.job.id), markup=False)
    console().print(t("see how far it is: {command}", command=f"causerie improve show {made.job.id}"), markup=False)


@app.command("list", help=t("List the rounds, the newest first."))
def list_rounds(
    limit: Annotated[int, typer.Option(min=1, max=100, help=t("At most so many."))] = 20, as_json: _Json = False
) -> None:
    """The rounds, one a line."""
    from causerie.improvement import store

    async def work(session: "AsyncSession") -> "list[Improvement]":
        return await store.listed(session, limit=limit)

    found = done(work)
    if as_json:
        print_json([_facts(each) for each in found])
        return
    rows = [
        (each.job.id, _in_words(each.job.state), _verdict(each), f"{each.job.share:.0%}",
         f"{each.job.created_at:%Y-%m-%d %H:%M}", _fact(each, "register", "model"))
        for each in found
    ]  # fmt: skip
    headings = (t("id"), t("state"), t("verdict"), t("share"), t("asked for (UTC)"), t("candidate"))
    print_table(headings, rows, right=(3,))
    if not found:
        errors().print(t("there are no rounds yet: `causerie improve` begins one"))


@app.command("show", help=t("Show the timeline of a round."))
def show(round_id: Annotated[str, typer.Argument(help=t("The round's id."))], as_json: _Json = False) -> None:
    """One round."""
    from causerie.improvement import store

    async def work(session: "AsyncSession") -> "Improvement":
        return await store.get(session, round_id)

    found = done(work)
    if as_json:
        print_json(_facts(found))
        return
    rows = []
    for step in found.steps:
        rows.append((step.name, _in_words(step.state), retold(str(step.facts.get("message", "")))))
        rows += [("", "", f"{reason}: {times}") for reason, times in step.facts.get("counts", {}).items()]
        rows += [("", "", f"{each['rule']}: {retold(each['evidence'])}") for each in step.facts.get("findings", [])]
        rows += [("", "", f"{line['requirement']}: {retold(line['reason'])}")
                 for line in step.facts.get("lines", []) if not line["passed"]]  # fmt: skip
    print_table((t("step"), t("state"), t("what came of it")), rows)
    if found.job.error:
        console().print(f"{t('error')}: {retold(str(found.job.error['message']))}", markup=False)
    elif verdict := _verdict(found):
        console().print(verdict, markup=False)


@app.command("settings", help=t("Show or change when rounds begin by themselves, and what they want."))
def settings(
    alias: _Alias = None,
    method: _Method = None,
    least: _Least = None,
    every_days: Annotated[int | None, typer.Option(help=t("Begin a round every so many days (0 = never)."))] = None,
    at_count: Annotated[int | None, typer.Option(help=t("Begin one at so many new statements (0 = never)."))] = None,
    held_out: Annotated[float | None, typer.Option(help=t("Share that is measured on, not learnt."))] = None,
    unheeded: Annotated[
        list[str] | None, typer.Option(help=t("Do not heed this rule against poisoned feedback; may be repeated."))
    ] = None,
    changes: _Changes = None,
    as_json: _Json = False,
) -> None:
    """The settings of the loop."""
    from causerie.accounts import audit
    from causerie.improvement import store

    given = {
        "alias": alias, "method": method, "least": least, "every_days": every_days, "at_count": at_count,
        "held_out": held_out, "unheeded": _unheeded(unheeded), "changes": _changed(changes),
    }  # fmt: skip
    wanted = {key: value for key, value in given.items() if value is not None}

    async def work(session: "AsyncSession") -> "Wishes":
        if not wanted:
            return await store.wishes(session)
        await audit.record(session, None, "improvement.settings", "")
        return await store.set_wishes(session, wanted)

    wishes = done(work).to_json()
    if as_json:
        print_json(wishes)
        return
    print_table((), [(name, _value(value)) for name, value in wishes.items()])


def _unheeded(rules: list[str] | None) -> list[str] | None:
    """None = as before; an empty name alone takes all back."""
    return [rule for rule in rules if rule] if rules else None


def _changed(changes: list[str] | None) -> dict[str, str] | None:
    """None = as before; an empty change alone takes all back."""
    return dict(_pair(each) for each in changes if each) if changes else None


def _pair(change: str) -> tuple[str, str]:
    from causerie.errors import ConfigError

    key, equals, value = change.partition("=")
    if not equals:
        raise ConfigError("--set {change} must be key=value", change=change, param="--set")
    return key.strip(), value.strip()


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _fact(found: "Improvement", step: str, name: str) -> str:
    return next((str(each.facts.get(name, "")) for each in found.steps if each.name == step), "")


def _verdict(found: "Improvement") -> str:
    words = {
        "ready": t("at the gate, and may be released"),
        "released": t("released"),
        "refused": t("refused by the gate"),
        "nothing": t("too little to learn from"),
    }
    return words.get(str((found.job.result or {}).get("verdict", "")), "")


def _facts(found: "Improvement") -> dict[str, Any]:
    job = found.job
    steps = [
        {"name": each.name, "state": each.state, "facts": dict(each.facts),
         "began_at": each.began_at.isoformat() if each.began_at else None,
         "ended_at": each.ended_at.isoformat() if each.ended_at else None}
        for each in found.steps
    ]  # fmt: skip
    return {
        "id": job.id, "state": job.state, "verdict": (job.result or {}).get("verdict", ""), "result": job.result,
        "error": job.error, "share": job.share, "parameters": job.parameters,
        "created_at": job.created_at.isoformat(), "steps": steps,
    }  # fmt: skip


def _in_words(state: str) -> str:
    words = {
        "queued": t("waiting"),
        "waiting": t("waiting"),
        "running": t("at work"),
        "done": t("done"),
        "failed": t("failed"),
        "cancelled": t("cancelled"),
        "skipped": t("not needed"),
    }
    return words[state]
