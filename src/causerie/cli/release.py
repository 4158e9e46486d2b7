"""`causerie release`: the gate, what answers to which name, the way back, and what two people let pass.

Does: judge and release, show each line, roll back; take overrides and signatures of people by their passwords.
Does not: ask the running server; it feels within half a second what was changed here.
Try it: causerie release starter --as chat        causerie release rollback chat        causerie release status
"""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from causerie.cli.default_command import WithDefault
from causerie.cli.language import retold, t
from causerie.cli.models import print_table
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from causerie.database.engine import Database
    from causerie.registry.gate import Judgement, Line
    from causerie.registry.tables import Override, Pause, Release, ReleaseAlias
    from causerie.settings import Settings

    Counted = tuple[ReleaseAlias, tuple[int, int]]

app = typer.Typer(no_args_is_help=True, cls=WithDefault)
Answer = TypeVar("Answer")
Stage = Literal["shadow", "share", "all"]
ALIAS_FIELDS = ("alias", "model", "version", "candidate", "candidate_version", "stage", "share", "since")
RELEASE_FIELDS = ("id", "alias", "act", "model", "version", "previous", "previous_version", "stage", "share",
                  "override_id", "person_id", "reason", "at")  # fmt: skip
OVERRIDE_FIELDS = ("id", "model", "version", "alias", "requirements", "reason", "asked_by", "asked_at", "expires_at",
                   "signed_by", "signed_at")  # fmt: skip
PAUSE_FIELDS = ("id", "kind", "name", "threshold", "limit_flops", "flops", "reason", "first_by", "first_at",
                "second_by", "second_at", "created_at")  # fmt: skip
HISTORY = 20
_Model = Annotated[str, typer.Argument(help=t("A model's name, or the id of a version or its beginning."))]
_As = Annotated[str, typer.Option("--as", help=t("The name that it is to answer to."))]
_Alias = Annotated[str, typer.Argument(help=t("The released name."))]
_Person = Annotated[str, typer.Option("--person", help=t("Who decides; their password is asked for."))]
_Reason = Annotated[str, typer.Option(help=t("Why, for those who read it later."))]
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]


@app.command("promote", help=t("Judge a model and release it; `causerie release MODEL` does the same."))
def promote(
    model: _Model,
    alias: _As = "chat",
    stage: Annotated[
        Stage, typer.Option(help=t("shadow: it gets copies; share: it answers some; all: it answers all."))
    ] = "all",
    share: Annotated[float, typer.Option(help=t("Of people, in the stage share: such as 0.1."))] = 0.0,
    reason: _Reason = "",
    as_json: _Json = False,
) -> None:
    """The gate, and what it lets pass is released."""
    from causerie.registry import pause, releases, standing
    from causerie.registry import policy as policies
    from causerie.registry.releases import Wanted

    wanted = releases.checked(Wanted(model=model, alias=alias, stage=stage, share=share, reason=reason))

    async def work(database: "Database", settings: "Settings") -> "tuple[Judgement, Release | None]":
        said, override_id = await standing.judged(database, settings, policies.load(settings), model, alias)
        async with database.write() as session:
            if not said.passed:
                await pause.note_model(session, said)
                return said, None
            asked = Wanted(
                model=said.model, version=said.version, alias=alias, stage=stage, share=wanted.share, reason=reason
            )
            return said, await releases.release(session, asked, said, None, override_id)

    said, entry = _done(work)
    if as_json:
        print_json({"judgement": said.to_json(), "release": _facts(entry, RELEASE_FIELDS) if entry else None})
    else:
        _print_lines(said)
    if entry is None:
        raise releases.refusal(said)
    if not as_json:
        console().print(_released(entry), markup=False)


@app.command("check", help=t("Say what the gate says of a model, and release nothing."))
def check(model: _Model, alias: _As = "chat", as_json: _Json = False) -> None:
    """The lines alone."""
    from causerie.registry import policy as policies
    from causerie.registry import releases, standing

    async def work(database: "Database", settings: "Settings") -> "Judgement":
        return (await standing.judged(database, settings, policies.load(settings), model, alias))[0]

    said = _done(work)
    if as_json:
        print_json(said.to_json())
    else:
        _print_lines(said)
    if not said.passed:
        raise releases.refusal(said)


@app.command("rollback", help=t("Put the release before this one in service again, or take a candidate back."))
def rollback(alias: _Alias = "chat", reason: _Reason = "", as_json: _Json = False) -> None:
    """The way back."""
    from causerie.registry import releases

    async def work(database: "Database", settings: "Settings") -> "Release":
        async with database.write() as session:
            return await releases.rollback(session, settings, alias, None, reason)

    entry = _done(work)
    if as_json:
        print_json(_facts(entry, RELEASE_FIELDS))
    else:
        console().print(_released(entry), markup=False)


@app.command("status", help=t("List what answers to which name, overrides, and what happened."))
def status(as_json: _Json = False) -> None:
    """All there is."""
    from causerie.registry import overrides, releases
    from causerie.registry.aliases import reached

    async def work(database: "Database", _: "Settings") -> "tuple[list[Counted], list[Override], list[Release]]":
        async with database.read() as session:
            rows = [row for row in await releases.all_aliases(session) if row.model]
            known = list(zip(rows, await reached(session, rows), strict=True))
            return known, await overrides.listed(session), await releases.history(session, limit=HISTORY)

    rows, asked, history = _done(work)
    if as_json:
        print_json({
            "aliases": [{**_facts(row, ALIAS_FIELDS), "reached": told[0], "people": told[1]} for row, told in rows],
            "overrides": [_facts(row, OVERRIDE_FIELDS) for row in asked],
            "history": [_facts(row, RELEASE_FIELDS) for row in history],
        })  # fmt: skip
        return
    headings = (t("name"), t("model"), t("version"), t("candidate"), t("stage"), t("since (UTC)"))
    print_table(headings, [(row.alias, row.model, row.version[:12], row.candidate, _in_words(row, *told),
                            f"{row.since:%Y-%m-%d %H:%M}") for row, told in rows])  # fmt: skip
    for row in asked:
        console().print(_override_in_words(row), markup=False, soft_wrap=True)
    for entry in history:
        console().print(f"{entry.at:%Y-%m-%d %H:%M}  {_released(entry)}", markup=False, soft_wrap=True)
    if not rows:
        errors().print(t("nothing is released yet: `causerie release MODEL` does it"))


@app.command("override", help=t("Ask that a model be let past lines of the gate; another person signs it."))
def override(
    model: _Model,
    lines: Annotated[list[str], typer.Option("--line", help=t("A line of the gate; may be repeated."))],
    person: _Person,
    reason: _Reason,
    alias: _As = "chat",
    days: Annotated[float, typer.Option(help=t("For so many days it holds."))] = 7.0,
    as_json: _Json = False,
) -> None:
    """The first of two people."""
    from causerie.registry import overrides, standing
    from causerie.registry import policy as policies
    from causerie.registry.overrides import AskedOverride

    password = _password(person)

    async def work(database: "Database", settings: "Settings") -> "Override":
        person_id = await _known(database, person, password)
        rules = policies.load(settings)
        said, _ = await standing.judged(database, settings, rules, model, alias)
        asked = AskedOverride(alias=alias, requirements=tuple(lines), reason=reason, days=days)
        async with database.write() as session:
            return await overrides.ask(session, rules, said, asked, person_id)

    _say_override(_done(work), as_json=as_json)


@app.command("sign", help=t("Sign an override or a pause as the second person."))
def sign(
    decision: Annotated[str, typer.Argument(help=t("Id of the override or of the pause."))],
    person: _Person,
    reason: _Reason = "",
    as_json: _Json = False,
) -> None:
    """One more signature."""
    from causerie.registry import overrides, pause

    password = _password(person)

    async def work(database: "Database", settings: "Settings") -> "Override | Pause":
        person_id = await _known(database, person, password)
        async with database.write() as session:
            if decision.startswith("pause_"):
                return await pause.sign(session, settings, decision, person_id, reason)
            return await overrides.sign(session, settings, decision, person_id)

    row = _done(work)
    if decision.startswith("pause_"):
        _say_pause(row, as_json=as_json)
    else:
        _say_override(row, as_json=as_json)


@app.command("pauses", help=t("List runs and models that wait for two signatures, and those that had them."))
def pauses(
    waiting: Annotated[bool, typer.Option("--waiting", help=t("Only those that wait."))] = False,
    as_json: _Json = False,
) -> None:
    """Who waits for what."""
    from causerie.registry import pause

    async def work(database: "Database", _: "Settings") -> "list[Pause]":
        async with database.read() as session:
            return await pause.listed(session, waiting=waiting)

    found = _done(work)
    if as_json:
        print_json([_facts(row, PAUSE_FIELDS) for row in found])
        return
    for row in found:
        console().print(_pause_in_words(row), markup=False, soft_wrap=True)
    if not found:
        errors().print(t("nothing waits for signatures"))


def _done(work: "Callable[[Database, Settings], Awaitable[Answer]]") -> Answer:
    """What `work` returns, done with the database that the settings name."""
    from causerie.accounts import people
    from causerie.database.engine import open_database
    from causerie.database.migrate import migrate
    from causerie.settings import load_settings

    settings = load_settings()

    async def run() -> Answer:
        database = open_database(settings)
        try:
            await migrate(database, settings.home)
            await people.prepare(database)
            return await work(database, settings)
        finally:
            await database.close()

    return asyncio.run(run())


def _password(person: str) -> str:
    """From the terminal; from a pipe, its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(t("Password of {person}", person=person), hide_input=True, err=True))


async def _known(database: "Database", login: str, password: str) -> str:
    """Id of the person, once their password is right."""
    from causerie.accounts import people, sign_in
    from causerie.accounts.doorkeeper import Doorkeeper
    from causerie.errors import NotFound, SignInFailed

    async with database.read() as session:
        person = await people.by_login(session, login)
    try:
        await sign_in.confirm(Doorkeeper(database), person.id if person else "", None, password)
    except (SignInFailed, NotFound):
        raise SignInFailed("the name or the password is wrong", param="--person") from None
    return person.id if person else ""


def _print_lines(said: "Judgement") -> None:
    rows = [(_verdict(line), line.requirement, retold(line.reason)) for line in said.lines]
    print_table((t("gate"), t("requirement"), t("why")), rows)
    errors().print(t("policy {version}", version=said.policy_version), markup=False)


def _verdict(line: "Line") -> str:
    return t("passes") if line.passed else t("let pass") if line.overridden else t("fails")


def _released(entry: "Release") -> str:
    values = {"alias": entry.alias, "model": entry.model, "previous": entry.previous, "reason": retold(entry.reason)}
    if entry.act == "stage":
        return t("{model} is tried beside {previous}, which answers to {alias}", **values)
    if entry.act == "release":
        return t("{model} answers to {alias}", **values)
    if entry.act == "rollback":
        return t("{model} answers to {alias} again, in the place of {previous}", **values)
    return t("{model} answers to {alias} again, in the place of {previous}: {reason}", **values)


def _in_words(row: "ReleaseAlias", reached: int, people: int) -> str:
    if row.stage == "share":
        share = f"{row.share:.0%}"
        if not people:
            return t("{share} of conversations", share=share)
        return t("{share} of people: {reached} of {people}", share=share, reached=reached, people=people)
    return t("copies of requests") if row.stage == "shadow" else ""


def _say_override(row: Any, *, as_json: bool) -> None:  # noqa: ANN401 - a row of its table
    if as_json:
        print_json(_facts(row, OVERRIDE_FIELDS))
    else:
        console().print(_override_in_words(row), markup=False, soft_wrap=True)


def _override_in_words(row: "Override") -> str:
    values = {"id": row.id, "model": row.model, "alias": row.alias, "lines": ", ".join(map(str, row.requirements)),
              "until": f"{row.expires_at:%Y-%m-%d %H:%M}"}  # fmt: skip
    if row.signed_by is None:
        return t("{id}: {model} as {alias} past {lines}, until {until}: waits for another person", **values)
    return t("{id}: {model} as {alias} past {lines}, until {until}: two people decided", **values)


def _say_pause(row: Any, *, as_json: bool) -> None:  # noqa: ANN401 - a row of its table
    if as_json:
        print_json(_facts(row, PAUSE_FIELDS))
    else:
        console().print(_pause_in_words(row), markup=False, soft_wrap=True)


def _pause_in_words(row: "Pause") -> str:
    left = 2 - (row.first_by is not None) - (row.second_by is not None)
    values = {"id": row.id, "name": row.name, "threshold": row.threshold, "flops": f"{row.flops:.2e}", "left": left}
    if not left:
        return t("{id}: {name} may pass {threshold}, up to {flops} operations: two people signed", **values)
    return t("{id}: {name} would pass {threshold}, with {flops} operations: {left} signatures are missing", **values)


def _facts(row: Any, names: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - a row of any of its tables
    values = {name: getattr(row, name) for name in names}
    dates = ("since", "at")
    return {
        name: value.isoformat() if value is not None and (name in dates or name.endswith("_at")) else value
        for name, value in values.items()
    }
