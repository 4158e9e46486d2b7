"""`/api/admin/applications`: programs with keys of their own, which are nobody's.

Does: list, make, give further keys, remove.
Does not: limit them; `/api/admin/quotas` does, by a key or by the application's id in a person's place.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import applications, audit, keys, personal_data
from causerie.accounts.keys import NewKey
from causerie.accounts.personal_data import PersonalData
from causerie.accounts.tables import Person
from causerie.server.accounts_schema import Asked, KeyShown, KeyTold, Page, ShortName, Told, key_told
from causerie.server.accounts_session import SessionRoutes
from causerie.server.identity import ADMINISTRATORS, Administrator

Scopes = Annotated[list[Literal["models", "conversations"]], Field(min_length=1, max_length=2)]


class ApplicationTold(Told):
    """A program with keys of its own."""

    id: str
    name: str
    created_at: datetime
    keys: list[KeyTold]


class ApplicationKeyMade(Asked):
    """A key of an application."""

    scopes: Scopes = ["models"]  # noqa: RUF012 - pydantic copies it
    expires_days: Annotated[int, Field(ge=1, le=3650)] | None = 90
    """Null = never."""


class ApplicationMade(ApplicationKeyMade):
    """A new application, and its first key."""

    name: ShortName


class ApplicationShown(KeyShown):
    """A new application with its first key; `secret` is shown this once."""

    application: ApplicationTold


def application_routes(shared: SessionRoutes, rooms: Sequence[PersonalData]) -> APIRouter:
    """The routes.

    Args:
        shared: What the routes of accounts share.
        rooms: What each room keeps of whoever asks.
    """
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/applications", summary="List the applications")
    async def list_applications() -> Page[ApplicationTold]:
        async with doors.database.read() as session:
            return Page(items=[await _told(session, each) for each in await applications.listed(session)])

    @routes.post("/api/admin/applications", summary="Make an application with a key", status_code=201)
    async def make(caller: Administrator, body: ApplicationMade) -> ApplicationShown:
        async with doors.changing() as session:
            application = await applications.create(session, body.name)
            await audit.record(session, caller.person_id, "application.make", application.id)
            shown = await _key(session, caller.person_id, application, body)
            told = await _told(session, application)
        return ApplicationShown(application=told, key=shown.key, secret=shown.secret)

    @routes.post(
        "/api/admin/applications/{application_id}/keys", summary="Give an application a further key", status_code=201
    )
    async def make_key(caller: Administrator, application_id: str, body: ApplicationKeyMade) -> KeyShown:
        async with doors.changing() as session:
            application = await applications.by_id(session, application_id)
            return await _key(session, caller.person_id, application, body)

    @routes.delete(
        "/api/admin/applications/{application_id}", summary="Remove an application with its keys", status_code=204
    )
    async def remove(caller: Administrator, application_id: str) -> None:
        async with doors.changing() as session:
            application = await applications.by_id(session, application_id)
            await personal_data.erase(session, rooms, application.id, caller.person_id)

    return routes


async def _key(session: AsyncSession, actor_id: str, application: Person, body: ApplicationKeyMade) -> KeyShown:
    new = NewKey(name=application.name, scopes=tuple(body.scopes), expires_days=body.expires_days)
    key, secret = await keys.make(session, application.id, new)
    await audit.record(session, actor_id, "key.make", key.id, scopes=" ".join(key.scopes), of=application.id)
    return KeyShown(key=key_told(key), secret=secret)


async def _told(session: AsyncSession, application: Person) -> ApplicationTold:
    mine = await keys.of_person(session, application.id)
    return ApplicationTold(
        id=application.id,
        name=application.name,
        created_at=application.created_at,
        keys=[key_told(key) for key in mine],
    )
