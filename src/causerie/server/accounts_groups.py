"""`/api/admin/groups` and `/api/admin/permissions`: people together, and the models that are open to them.

Does: list, make, change and remove.
Does not: put limits on groups; see `accounts_limits.py`.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from causerie.accounts import audit, groups
from causerie.accounts.groups import Permission
from causerie.accounts.tables import Group
from causerie.server.accounts_schema import Asked, Id, ModelName, Name, Named, Page, Told, named
from causerie.server.accounts_session import SessionRoutes
from causerie.server.identity import ADMINISTRATORS, Administrator
from causerie.server.metering import Metering

Description = Annotated[str, StringConstraints(max_length=1024)]


class GroupTold(Told):
    """A group."""

    id: str
    name: str
    description: str
    members: int
    created_at: datetime


class GroupMade(Asked):
    """A new group."""

    name: Name
    description: Description = ""


class GroupChanged(Asked):
    """What is changed."""

    name: Name | None = None
    description: Description | None = None


class PermissionTold(Told):
    """To whom a model is open."""

    model: str
    everyone: bool
    groups: list[Named]
    people: list[Named]


class PermissionMade(Asked):
    """To whom a model is to be open; administrators may ask all models."""

    model: ModelName
    everyone: bool
    group_ids: Annotated[list[Id], Field(max_length=1000)] = []  # noqa: RUF012 - pydantic copies it
    person_ids: Annotated[list[Id], Field(max_length=1000)] = []  # noqa: RUF012


def group_routes(shared: SessionRoutes) -> APIRouter:
    """Groups and their people."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/groups", summary="List the groups")
    async def list_groups() -> Page[GroupTold]:
        async with doors.database.read() as session:
            return Page(items=[_told(group, members) for group, members in await groups.listed(session)])

    @routes.post("/api/admin/groups", summary="Make a group", status_code=201)
    async def make(caller: Administrator, body: GroupMade) -> GroupTold:
        async with doors.changing() as session:
            group = await groups.create(session, body.name, body.description)
            await audit.record(session, caller.person_id, "group.make", group.id)
        return _told(group, 0)

    @routes.patch("/api/admin/groups/{group_id}", summary="Change a group's name or description")
    async def change(caller: Administrator, group_id: str, body: GroupChanged) -> GroupTold:
        async with doors.changing() as session:
            group = await groups.by_group_id(session, group_id)
            await groups.change(session, group, name=body.name, description=body.description)
            await audit.record(session, caller.person_id, "group.change", group_id)
            return _told(group, len(await groups.members(session, group_id)))

    @routes.delete("/api/admin/groups/{group_id}", summary="Remove a group", status_code=204)
    async def remove(caller: Administrator, group_id: str) -> None:
        async with doors.changing() as session:
            await groups.remove(session, await groups.by_group_id(session, group_id))
            await audit.record(session, caller.person_id, "group.remove", group_id)

    @routes.get("/api/admin/groups/{group_id}/members", summary="List the people of a group")
    async def list_members(group_id: str) -> Page[Named]:
        async with doors.database.read() as session:
            await groups.by_group_id(session, group_id)
            found = await groups.members(session, group_id)
        return Page(items=[Named(id=person.id, name=person.name) for person in found])

    @routes.put(
        "/api/admin/groups/{group_id}/members/{person_id}", summary="Put somebody into a group", status_code=204
    )
    async def put_in(caller: Administrator, group_id: str, person_id: str) -> None:
        async with doors.changing() as session:
            await groups.put_in(session, group_id, person_id)
            await audit.record(session, caller.person_id, "group.put_in", group_id, person=person_id)

    @routes.delete(
        "/api/admin/groups/{group_id}/members/{person_id}", summary="Take somebody out of a group", status_code=204
    )
    async def take_out(caller: Administrator, group_id: str, person_id: str) -> None:
        async with doors.changing() as session:
            await groups.take_out(session, group_id, person_id)
            await audit.record(session, caller.person_id, "group.take_out", group_id, person=person_id)

    return routes


def permission_routes(shared: SessionRoutes, metering: Metering) -> APIRouter:
    """Who may ask which model."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/permissions", summary="List to whom each model is open")
    async def list_permissions() -> Page[PermissionTold]:
        models = [status.name for status in metering.router.models()]
        async with doors.database.read() as session:
            return Page(items=[_permission_told(each) for each in await groups.permissions(session, models)])

    @routes.put("/api/admin/permissions", summary="Say to whom a model is open")
    async def permit(caller: Administrator, body: PermissionMade) -> PermissionTold:
        async with doors.changing() as session:
            await groups.permit(
                session, body.model, everyone=body.everyone, group_ids=body.group_ids, person_ids=body.person_ids
            )
            await audit.record(
                session, caller.person_id, "model.permit", body.model, everyone=body.everyone,
                groups=" ".join(body.group_ids), people=" ".join(body.person_ids),
            )  # fmt: skip
            found = await groups.permissions(session, [body.model])
        return next(_permission_told(each) for each in found if each.model == body.model)

    return routes


def _told(group: Group, members: int) -> GroupTold:
    return GroupTold(
        id=group.id, name=group.name, description=group.description, members=members, created_at=group.created_at
    )


def _permission_told(permission: Permission) -> PermissionTold:
    return PermissionTold(
        model=permission.model,
        everyone=permission.everyone,
        groups=named(list(permission.groups)),
        people=[Named(id=person.id, name=person.name) for person in permission.people],
    )
