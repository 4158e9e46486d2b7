"""`causerie accounts`: who may use this causerie.

Does: make the first account and others, list them, change roles and passwords, let in and keep out, remove, invite.
Does not: ask the running server; it sees what was changed within a second.
Try it: causerie accounts create ada --name "Ada Lovelace"
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from causerie.accounts.identity import Role
from causerie.cli import accounts_keys
from causerie.cli.language import t
from causerie.cli.terminal import console, print_json

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from causerie.accounts.tables import Person
    from causerie.settings import Settings

app = typer.Typer(no_args_is_help=True)
app.add_typer(accounts_keys.app, name="keys", help=t("List and revoke API keys, and make them for applications."))
Answer = TypeVar("Answer")
Work = Callable[["AsyncSession"], Awaitable[Answer]]
_Login = Annotated[str, typer.Argument(help=t("What the person signs in with."))]
_Role = Annotated[Role, typer.Option(help=t("What the person may do."))]
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help=t("Do not ask."))]


@app.command("create", help=t("Make an account; the first of all is an owner. Its password is asked for."))
def create(
    login: _Login,
    name: Annotated[str | None, typer.Option(help=t("The person's name."))] = None,
    email: Annotated[str | None, typer.Option(help=t("An e-mail address, which signs in too."))] = None,
    role: _Role = Role.MEMBER,
    as_json: _Json = False,
) -> None:
    """A new account."""
    from causerie.accounts import audit, passwords, people

    login = people.normal_login(login)
    password_hash = passwords.hash_of(_new_password(), login, name, email)
    new = people.NewPerson(login=login, name=name or login, role=role, email=email, password_hash=password_hash)

    async def work(session: "AsyncSession") -> "Person":
        person = await people.create(session, new)
        await audit.record(session, None, "person.create", person.id, role=person.role)
        return person

    person = done(work)
    if as_json:
        print_json(_facts(person))
    else:
        console().print(t("{login} has an account, as {role}", login=person.login, role=person.role), markup=False)


@app.command("list", help=t("List the accounts."))
def list_accounts(as_json: _Json = False) -> None:
    """Every account, one a line."""
    from causerie.accounts import people

    async def work(session: "AsyncSession") -> "list[Person]":
        found: list[Person] = []
        after: str | None = ""
        while after is not None:
            some, after = await people.listed(session, after=after)
            found += some
        return found

    found = done(work)
    if as_json:
        print_json([_facts(person) for person in found])
        return
    for person in found:
        out = f"  ({t('disabled')})" if person.disabled_at else ""
        console().print(f"{person.login}  {person.role}  {person.name}{out}", markup=False)
    if not found:
        console().print(t("nobody has an account yet: `causerie accounts create NAME` makes the first"))


@app.command("role", help=t("Give a person another role."))
def set_role(
    login: _Login, role: Annotated[Role, typer.Argument(help=t("What the person may do."))], as_json: _Json = False
) -> None:
    """Another role."""
    from causerie.accounts import audit, people

    async def work(session: "AsyncSession") -> "Person":
        person = await _person(session, login)
        await audit.record(session, None, "person.role", person.id, role=role.value, was=person.role)
        await people.set_role(session, person, role)
        return person

    _say(done(work), t("{login} is now {role}", login=login, role=role.value), as_json=as_json)


@app.command("password", help=t("Set a new password, which is asked for; the person's sessions end."))
def set_password(login: _Login, as_json: _Json = False) -> None:
    """A new password."""
    from causerie.accounts import audit, lockout, passwords, sessions

    password_hash = passwords.hash_of(_new_password(), login)

    async def work(session: "AsyncSession") -> "Person":
        person = await _person(session, login)
        person.password_hash = password_hash
        await sessions.end_all(session, person.id)
        await lockout.forget(session, person.login or "", person.email or "")
        await audit.record(session, None, "password.set", person.id)
        return person

    _say(done(work), t("{login} has a new password", login=login), as_json=as_json)


@app.command("disable", help=t("Keep a person out: no sign-in, no session, no key."))
def disable(login: _Login, as_json: _Json = False) -> None:
    """Keep out."""
    _say(_set_disabled(login, disabled=True), t("{login} is kept out", login=login), as_json=as_json)


@app.command("enable", help=t("Let a person in again."))
def enable(login: _Login, as_json: _Json = False) -> None:
    """Let in."""
    _say(_set_disabled(login, disabled=False), t("{login} may come in", login=login), as_json=as_json)


@app.command("delete", help=t("Remove an account with everything of the person's."))
def delete(login: _Login, yes: _Yes = False, as_json: _Json = False) -> None:
    """Remove."""
    from causerie.accounts import personal_data
    from causerie.server.app import PERSONAL_DATA

    if not yes:
        typer.confirm(t("Remove {login} with everything of theirs?", login=login), abort=True, err=True)

    async def work(session: "AsyncSession") -> "Person":
        person = await _person(session, login)
        await personal_data.erase(session, PERSONAL_DATA, person.id, None)
        return person

    _say(done(work), t("{login} is gone, with everything of theirs", login=login), as_json=as_json)


@app.command("invite", help=t("Make a link that opens an account once."))
def invite(
    role: _Role = Role.MEMBER,
    email: Annotated[str | None, typer.Option(help=t("For whom; an OIDC provider's word is enough then."))] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help=t("How long the link opens."))] = 7,
    as_json: _Json = False,
) -> None:
    """A link."""
    from causerie.accounts import audit, links, people
    from causerie.settings import load_settings

    settings = load_settings()

    async def work(session: "AsyncSession") -> str:
        link, token = await links.make(
            session, "invitation", timedelta(days=days), role=role, email=people.normal_email(email)
        )
        await audit.record(session, None, "invitation.make", link.id, role=role.value)
        return token

    link = f"{public_address(settings)}/#invitation={done(work, settings)}"
    if as_json:
        print_json({"link": link, "role": role.value, "days": days})
    else:
        console().print(link, markup=False, soft_wrap=True)


def public_address(settings: "Settings") -> str:
    """Where people find the server, without a slash at the end."""
    if settings.public_url is not None:
        return str(settings.public_url).rstrip("/")
    return f"http://{settings.host}:{settings.port}"


def done(work: Work[Answer], settings: "Settings | None" = None) -> Answer:
    """What `work` returns, done in one transaction of the database that the settings name."""
    from causerie.accounts import people
    from causerie.database.engine import open_database
    from causerie.database.migrate import migrate
    from causerie.settings import load_settings

    given = settings or load_settings()

    async def run() -> Answer:
        database = open_database(given)
        try:
            await migrate(database, given.home)
            await people.prepare(database)
            async with database.write() as session:
                return await work(session)
        finally:
            await database.close()

    return asyncio.run(run())


async def _person(session: "AsyncSession", login: str) -> "Person":
    from causerie.accounts import people
    from causerie.errors import NotFound

    person = await people.by_login(session, login)
    if person is None:
        raise NotFound(
            "nobody signs in as {login!r}", login=login, hint="`causerie accounts list` lists the accounts"
        )
    return person


def _set_disabled(login: str, *, disabled: bool) -> "Person":
    from causerie.accounts import audit, people

    async def work(session: "AsyncSession") -> "Person":
        person = await _person(session, login)
        await people.set_disabled(session, person, disabled=disabled)
        await audit.record(session, None, "person.disable" if disabled else "person.enable", person.id)
        return person

    return done(work)


def _new_password() -> str:
    """From the terminal, typed twice; from a pipe, its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(t("Password"), hide_input=True, confirmation_prompt=t("Once more"), err=True))


def _facts(person: "Person") -> dict[str, Any]:
    return {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "email": person.email,
        "role": str(person.role),
        "disabled": person.disabled_at is not None,
        "created_at": person.created_at.isoformat(),
    }


def _say(person: "Person", sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(person))
    else:
        console().print(sentence, markup=False)
