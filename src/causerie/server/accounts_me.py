"""`/api/me`: one's own account: name and language, keys, usage, quotas, export, end.

Does: show and change what is the caller's own; another's is not reachable from here.
Does not: passwords, passkeys and sessions; see `accounts_security.py`.
Try it: curl http://127.0.0.1:8080/api/me
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from causerie.accounts import audit, keys, limits, people, personal_data, quotas, sign_in, usage
from causerie.accounts.identity import SCOPES, Role, Scope
from causerie.accounts.keys import NewKey
from causerie.accounts.personal_data import PersonalData
from causerie.errors import InvalidRequest
from causerie.server.accounts_schema import (
    Asked,
    Days,
    Email,
    KeyShown,
    KeyTold,
    Login,
    Me,
    Name,
    Page,
    Password,
    QuotaTold,
    ShortName,
    UsageReport,
    key_told,
    quota_told,
    usage_told,
)
from causerie.server.accounts_session import SessionRoutes
from causerie.server.browsers import drop_session, headers_of
from causerie.server.identity import InPerson, MemberInPerson, Signed
from causerie.settings import Settings

MAX_PREFERENCES = 16 * 1024
"""Bytes of all of a person's preferences as JSON."""


class MeChanged(Asked):
    """What one changes of oneself; what is not given stays as it is."""

    name: Name | None = None
    email: Email | None = None
    """Empty = none."""
    language: Literal["fr", "en"] | None = None
    preferences: dict[str, Any] | None = None
    """Merged key by key; null removes one."""


class KeyMade(Asked):
    """A key to be made."""

    name: ShortName
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))] = ["models"]  # noqa: RUF012 - pydantic copies it
    expires_days: Annotated[int, Field(ge=1, le=3650)] | None = 90
    """Null = never."""


class Farewell(Asked):
    """Who deletes their account types its login."""

    confirm: Login
    password: Password | None = None
    """Not needed within ten minutes of a sign-in."""


def me_routes(shared: SessionRoutes, settings: Settings, rooms: Sequence[PersonalData]) -> APIRouter:
    """The routes.

    Args:
        shared: What the routes of accounts share.
        settings: For the currency.
        rooms: What each room keeps of people.
    """
    routes, doors = APIRouter(tags=["My account"]), shared.doors

    @routes.get("/api/me", summary="Show my account")
    async def show(caller: Signed) -> Me:
        return await shared.me(caller)

    @routes.patch("/api/me", summary="Change my name, language or preferences")
    async def change(caller: Signed, body: MeChanged) -> Me:
        async with doors.changing() as session:
            person = await people.by_id(session, caller.person_id)
            await people.set_contact(session, person, name=body.name, email=body.email)
            if "language" in body.model_fields_set:
                person.language = body.language
            if body.preferences is not None:
                person.preferences = _merged(person.preferences, body.preferences)
        return await shared.me(caller)

    @routes.get("/api/me/usage", summary="Show what I used")
    async def show_usage(caller: Signed, days: Annotated[Days, Query()] = 30) -> UsageReport:
        async with doors.database.read() as session:
            return usage_told(await usage.report(session, days, caller.person_id), settings.currency)

    @routes.get("/api/me/quotas", summary="Show my quotas, and what is left of them")
    async def show_quotas(caller: Signed) -> Page[QuotaTold]:
        async with doors.database.read() as session:
            mine = await limits.quotas_of(session, doors.rules, caller.person_id)
            names = await limits.names_of(session, mine)
            return Page(items=[quota_told(state, names) for state in await quotas.states(session, mine)])

    @routes.get(
        "/api/me/export", summary="Take out all that is mine", response_class=StreamingResponse,
        responses={200: {"description": "One JSON document", "content": {"application/json": {}}}},
    )  # fmt: skip
    async def export(caller: Signed) -> StreamingResponse:
        document = personal_data.export(doors.database, rooms, caller.person_id)
        headers = {"content-disposition": 'attachment; filename="causerie.json"', "cache-control": "no-store"}
        return StreamingResponse(document, media_type="application/json", headers=headers)

    @routes.post("/api/me/delete", summary="Delete my account with everything of mine", status_code=204)
    async def delete(caller: InPerson, body: Farewell, request: Request, response: Response) -> None:
        async with doors.database.read() as session:
            person = await people.by_id(session, caller.person_id)
        if (person.login or "") != body.confirm.strip().lower():
            raise InvalidRequest("{field} is not your login", field="confirm", param="confirm")
        await sign_in.confirm(doors, person.id, caller.session_id, body.password)
        async with doors.changing() as session:
            await personal_data.erase(session, rooms, person.id, person.id)
        drop_session(response, secure=shared.ours.is_secure(request.scope, headers_of(request.scope)))

    return routes


def key_routes(shared: SessionRoutes) -> APIRouter:
    """The routes of one's own keys."""
    routes, doors = APIRouter(tags=["My account"]), shared.doors

    @routes.get("/api/me/keys", summary="List my API keys")
    async def list_keys(caller: Signed) -> Page[KeyTold]:
        async with doors.database.read() as session:
            return Page(items=[key_told(key) for key in await keys.of_person(session, caller.person_id)])

    @routes.post("/api/me/keys", summary="Make an API key", status_code=201)
    async def make(caller: MemberInPerson, body: KeyMade) -> KeyShown:
        if {"administration", "metrics"} & set(body.scopes):
            caller.require(Role.ADMINISTRATOR)
        new = NewKey(name=body.name, scopes=tuple(body.scopes), expires_days=body.expires_days)
        async with doors.changing() as session:
            key, secret = await keys.make(session, caller.person_id, new)
            await audit.record(session, caller.person_id, "key.make", key.id, scopes=" ".join(key.scopes))
        return KeyShown(key=key_told(key), secret=secret)

    @routes.delete("/api/me/keys/{key_id}", summary="Revoke one of my keys", status_code=204)
    async def revoke(caller: Signed, key_id: str) -> None:
        async with doors.changing() as session:
            await keys.revoke(session, key_id, caller.person_id)
            await audit.record(session, caller.person_id, "key.revoke", key_id)

    return routes


def _merged(known: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {name: value for name, value in (known | changes).items() if value is not None}
    if len(json.dumps(merged)) > MAX_PREFERENCES:
        raise InvalidRequest("the preferences are over {limit} bytes", limit=MAX_PREFERENCES, param="preferences")
    return merged
