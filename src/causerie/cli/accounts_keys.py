"""`causerie accounts keys`: the API keys of everyone, and those of applications, which are nobody's.

Does: list all keys, make one for an application, with a quota if wanted, and revoke any.
Does not: make a person's key; they do it themselves, on the page.
Try it: causerie accounts keys make website --limit 100000
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from causerie.cli.language import t
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from causerie.accounts.tables import ApiKey, Person


class Scope(StrEnum):
    """What a key of an application may be for."""

    MODELS = "models"
    CONVERSATIONS = "conversations"


app = typer.Typer(no_args_is_help=True)
_DEFAULT = [Scope.MODELS]
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]


@app.command("list", help=t("List every API key: of people and of applications."))
def list_keys(as_json: _Json = False) -> None:
    """Every key, one a line."""
    from causerie.accounts import keys
    from causerie.cli.accounts import done

    async def work(session: "AsyncSession") -> "list[tuple[ApiKey, Person]]":
        return await keys.of_everyone(session)

    found = [_facts(key, person) for key, person in done(work)]
    if as_json:
        print_json(found)
        return
    for each in found:
        ended = f"  ({t('revoked')})" if each["revoked_at"] else ""
        said = (each["id"], f"{each['start']}…", each["of"], " ".join(each["scopes"]), each["expires_at"] or "")
        console().print("  ".join(said).rstrip() + ended, markup=False)


@app.command("make", help=t("Make a key for an application, which is nobody's; it is shown this once."))
def make(
    name: Annotated[str, typer.Argument(help=t("The application's name; one that is there gets a further key."))],
    scope: Annotated[list[Scope], typer.Option(help=t("What the key is for."))] = _DEFAULT,
    days: Annotated[int, typer.Option(min=0, max=3650, help=t("How long the key is good (0 = until revoked)."))] = 90,
    limit: Annotated[int | None, typer.Option(min=0, help=t("The most that the key may use (default: all)."))] = None,
    unit: Annotated[Literal["tokens", "requests"], typer.Option(help=t("Of what."))] = "tokens",
    period: Annotated[Literal["day", "month"], typer.Option(help=t("In which time."))] = "month",
    as_json: _Json = False,
) -> None:
    """A key, and its application if need be."""
    from causerie.accounts import applications, audit, keys, limits
    from causerie.accounts.people import changed
    from causerie.cli.accounts import done

    new = keys.NewKey(name=name, scopes=tuple(each.value for each in scope), expires_days=days or None)

    async def work(session: "AsyncSession") -> "tuple[ApiKey, Person, str]":
        there = await applications.listed(session)
        application = next((each for each in there if each.name.casefold() == name.casefold()), None)
        if application is None:
            application = await applications.create(session, name)
            await audit.record(session, None, "application.make", application.id)
        key, secret = await keys.make(session, application.id, new)
        await audit.record(session, None, "key.make", key.id, scopes=" ".join(key.scopes), of=application.id)
        if limit is not None:
            quota = await limits.add_quota(session, "key", key.id, unit, period, limit)
            await audit.record(session, None, "quota.make", quota.id, subject=key.id, unit=unit, limit=limit)
        await changed(session)
        return key, application, secret

    key, application, secret = done(work)
    if as_json:
        print_json(_facts(key, application) | {"secret": secret})
        return
    console().print(secret, markup=False)
    errors().print(t("this key of {name} is shown this once: put it where only the application reads it", name=name))


@app.command("revoke", help=t("Make a key worthless from now on."))
def revoke(key_id: Annotated[str, typer.Argument(help=t("The key's id."))], as_json: _Json = False) -> None:
    """No more of this key."""
    from causerie.accounts import audit, keys
    from causerie.accounts.people import by_id
    from causerie.cli.accounts import done

    async def work(session: "AsyncSession") -> "tuple[ApiKey, Person]":
        key = await keys.revoke(session, key_id)
        await audit.record(session, None, "key.revoke", key.id)
        return key, await by_id(session, key.person_id)

    key, person = done(work)
    if as_json:
        print_json(_facts(key, person))
    else:
        console().print(t("{key} of {name} is revoked", key=key.id, name=person.name), markup=False)


def _facts(key: "ApiKey", person: "Person") -> dict[str, Any]:
    return {
        "id": key.id,
        "start": key.start,
        "of": person.login or person.name,
        "scopes": list(key.scopes),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
