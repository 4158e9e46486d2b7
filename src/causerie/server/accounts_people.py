"""`/api/admin/people` and `/api/admin/invitations`: who has an account, and who may get one.

Does: list, make, change, disable and remove people; invite; help who lost a password or a telephone.
Does not: let an administrator make or change owners and administrators; only owners do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import (
    applications,
    audit,
    groups,
    links,
    lockout,
    people,
    personal_data,
    second_factor,
    sessions,
    usage,
)
from causerie.accounts.identity import Caller, Role
from causerie.accounts.people import NewPerson
from causerie.accounts.personal_data import PersonalData
from causerie.accounts.tables import OneTimeLink, Person
from causerie.errors import NotFound
from causerie.server.accounts_schema import (
    Asked,
    Days,
    Email,
    Id,
    Login,
    Name,
    Named,
    Page,
    Password,
    PersonTold,
    RoleName,
    Told,
    UsageReport,
    named,
    person_told,
    usage_told,
)
from causerie.server.accounts_session import SessionRoutes
from causerie.server.browsers import headers_of
from causerie.server.identity import ADMINISTRATORS, Administrator
from causerie.settings import Settings


class PersonMade(Asked):
    """A new account, its password chosen by the administrator."""

    login: Login
    name: Name
    password: Password
    role: RoleName = Role.MEMBER
    email: Email | None = None


class PersonChanged(Asked):
    """What is changed; what is not given stays as it is."""

    name: Name | None = None
    email: Email | None = None
    role: RoleName | None = None
    disabled: bool | None = None


class LinkMade(Told):
    """A link that opens once; shown this once."""

    link: str
    expires_at: datetime


class InvitationTold(Told):
    """An invitation, without its link."""

    id: str
    role: Role
    email: str | None
    groups: list[Named]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    invited_by: Named | None


class InvitationMade(Asked):
    """Who is invited as what."""

    role: RoleName = Role.MEMBER
    email: Email | None = None
    group_ids: Annotated[list[Id], Field(max_length=100)] = []  # noqa: RUF012 - pydantic copies it
    days: Annotated[int, Field(ge=1, le=90)] = 7
    """How long the link opens."""


class InvitationShown(Told):
    """A new invitation; its link is shown this once."""

    invitation: InvitationTold
    link: str


def people_routes(shared: SessionRoutes, settings: Settings, rooms: Sequence[PersonalData]) -> APIRouter:
    """People: list, make, show, change, remove."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/people", summary="List the people")
    async def list_people(
        search: Annotated[str, Query(max_length=128)] = "",
        cursor: Annotated[str, Query(max_length=64)] = "",
    ) -> Page[PersonTold]:
        async with doors.database.read() as session:
            found, following = await people.listed(session, search.strip(), cursor)
            return Page(items=await _told(session, found), next=following)

    @routes.post("/api/admin/people", summary="Make an account", status_code=201)
    async def make(caller: Administrator, body: PersonMade) -> PersonTold:
        people.refuse_unless_manages(caller, body.role)
        password_hash = await doors.passwords.hashed(body.password, body.login, body.name, body.email)
        new = NewPerson(
            login=body.login, name=body.name, role=body.role, email=body.email, password_hash=password_hash
        )
        async with doors.changing() as session:
            person = await people.create(session, new)
            await audit.record(session, caller.person_id, "person.create", person.id, role=person.role)
            return (await _told(session, [person]))[0]

    @routes.get("/api/admin/people/{person_id}", summary="Show a person")
    async def show(person_id: str) -> PersonTold:
        async with doors.database.read() as session:
            return (await _told(session, [await _person(session, person_id)]))[0]

    @routes.patch("/api/admin/people/{person_id}", summary="Change a person's name, role or access")
    async def change(caller: Administrator, person_id: str, body: PersonChanged) -> PersonTold:
        async with doors.changing() as session:
            person = await _manageable(session, caller, person_id)
            await _change(session, caller, person, body)
            return (await _told(session, [person]))[0]

    @routes.delete("/api/admin/people/{person_id}", summary="Remove a person with all of theirs", status_code=204)
    async def remove(caller: Administrator, person_id: str) -> None:
        async with doors.changing() as session:
            await _manageable(session, caller, person_id)
            await personal_data.erase(session, rooms, person_id, caller.person_id)

    @routes.get("/api/admin/people/{person_id}/usage", summary="Show what a person used")
    async def show_usage(person_id: str, days: Annotated[Days, Query()] = 30) -> UsageReport:
        async with doors.database.read() as session:
            await people.by_id(session, person_id)
            return usage_told(await usage.report(session, days, person_id), settings.currency)

    return routes


def rescue_routes(shared: SessionRoutes) -> APIRouter:
    """For who lost a password or a telephone, or must be kept out at once."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.post("/api/admin/people/{person_id}/reset", summary="Make a link to choose a new password")
    async def reset(caller: Administrator, person_id: str, request: Request) -> LinkMade:
        async with doors.changing() as session:
            await _manageable(session, caller, person_id)
            link, token = await links.make(
                session, "reset", links.RESET_LASTS, person_id=person_id, made_by=caller.person_id
            )
            await audit.record(session, caller.person_id, "password.link", person_id)
        return LinkMade(link=_address(shared, request, "reset", token), expires_at=link.expires_at)

    @routes.post(
        "/api/admin/people/{person_id}/unlock", summary="Let a person try to sign in again at once", status_code=204
    )
    async def unlock(caller: Administrator, person_id: str) -> None:
        async with doors.changing() as session:
            person = await _manageable(session, caller, person_id)
            await lockout.forget(session, person.login or "", person.email or "")
            await audit.record(session, caller.person_id, "person.unlock", person_id)

    @routes.delete("/api/admin/people/{person_id}/sessions", summary="End a person's sessions", status_code=204)
    async def end_sessions(caller: Administrator, person_id: str) -> None:
        async with doors.changing() as session:
            await _manageable(session, caller, person_id)
            await sessions.end_all(session, person_id)
            await audit.record(session, caller.person_id, "session.end_all", person_id)

    @routes.delete(
        "/api/admin/people/{person_id}/second-factor", summary="Switch a person's second factor off", status_code=204
    )
    async def remove_second_factor(caller: Administrator, person_id: str) -> None:
        async with doors.changing() as session:
            await _manageable(session, caller, person_id)
            await second_factor.remove(session, person_id)
            await audit.record(session, caller.person_id, "second_factor.off", person_id)

    return routes


def invitation_routes(shared: SessionRoutes) -> APIRouter:
    """Invitations."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/invitations", summary="List the invitations")
    async def list_invitations() -> Page[InvitationTold]:
        async with doors.database.read() as session:
            return Page(items=await _invitations_told(session, await links.invitations(session)))

    @routes.post("/api/admin/invitations", summary="Invite somebody", status_code=201)
    async def invite(caller: Administrator, body: InvitationMade, request: Request) -> InvitationShown:
        people.refuse_unless_manages(caller, body.role)
        async with doors.changing() as session:
            for group_id in body.group_ids:
                await groups.by_group_id(session, group_id)
            link, token = await links.make(
                session, "invitation", timedelta(days=body.days), role=body.role,
                email=people.normal_email(body.email), group_ids=body.group_ids, made_by=caller.person_id,
            )  # fmt: skip
            await audit.record(session, caller.person_id, "invitation.make", link.id, role=body.role.value)
            told = (await _invitations_told(session, [link]))[0]
        return InvitationShown(invitation=told, link=_address(shared, request, "invitation", token))

    @routes.delete("/api/admin/invitations/{invitation_id}", summary="Take an invitation back", status_code=204)
    async def revoke(caller: Administrator, invitation_id: str) -> None:
        async with doors.changing() as session:
            await links.revoke(session, invitation_id)
            await audit.record(session, caller.person_id, "invitation.revoke", invitation_id)

    return routes


async def _manageable(session: AsyncSession, caller: Caller, person_id: str) -> Person:
    person = await _person(session, person_id)
    people.refuse_unless_manages(caller, person.role)
    return person


async def _person(session: AsyncSession, person_id: str) -> Person:
    if applications.is_one(person_id):  # it gets no link to a password, and no role
        raise NotFound("there is no such person")
    return await people.by_id(session, person_id)


async def _change(session: AsyncSession, caller: Caller, person: Person, body: PersonChanged) -> None:
    if body.role is not None and body.role != person.role:
        people.refuse_unless_manages(caller, body.role)
        await audit.record(session, caller.person_id, "person.role", person.id, role=body.role.value, was=person.role)
        await people.set_role(session, person, body.role)
    if body.disabled is not None and body.disabled != (person.disabled_at is not None):
        await people.set_disabled(session, person, disabled=body.disabled)
        action = "person.disable" if body.disabled else "person.enable"
        await audit.record(session, caller.person_id, action, person.id)
    if body.name is not None or body.email is not None:
        await people.set_contact(session, person, name=body.name, email=body.email)
        await audit.record(session, caller.person_id, "person.contact", person.id)


async def _told(session: AsyncSession, found: list[Person]) -> list[PersonTold]:
    means = await people.means_of(session, found)
    mine = await groups.of_people(session, [person.id for person in found])
    return [person_told(person, means[person.id], mine[person.id]) for person in found]


async def _invitations_told(session: AsyncSession, found: list[OneTimeLink]) -> list[InvitationTold]:
    known = {group.id: group for group, _ in await groups.listed(session)}
    makers = await people.names_of(session, {link.made_by for link in found if link.made_by})
    return [
        InvitationTold(
            id=link.id,
            role=Role(link.role or Role.MEMBER),
            email=link.email,
            groups=named([known[group_id] for group_id in link.group_ids if group_id in known]),
            created_at=link.created_at,
            expires_at=link.expires_at,
            used_at=link.used_at,
            invited_by=Named(id=link.made_by, name=makers[link.made_by]) if link.made_by in makers else None,
        )
        for link in found
    ]


def _address(shared: SessionRoutes, request: Request, kind: str, token: str) -> str:
    # After the `#`, which browsers send to nobody: the token reaches no log on its way.
    return f"{shared.ours.origin(request.scope, headers_of(request.scope))}/#{kind}={token}"
