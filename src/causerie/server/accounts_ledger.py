"""`/api/admin/usage`, `audit` and `settings`: what was used, what was done, what is set.

Does: show. Does not: change; the settings are those of `causerie.toml` and the environment.
"""

import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import SecretStr
from pydantic_core import PydanticUndefined, from_json, to_json

from causerie.accounts import audit, people, usage
from causerie.server.accounts_schema import (
    Days,
    Named,
    Page,
    Told,
    UsageReport,
    UsageSum,
    sum_told,
    usage_told,
)
from causerie.server.accounts_session import SessionRoutes
from causerie.server.identity import ADMINISTRATORS
from causerie.settings import Settings

PASSWORD = re.compile(rb"://[^/@\"]+@")
"""The part of an address that says who asks."""


class UsagePerson(UsageSum):
    """Of one person."""

    id: str | None
    """Null = the account is gone."""
    name: str


class UsageOfAll(UsageReport):
    """What everybody used."""

    people: list[UsagePerson]


class AuditTold(Told):
    """Something that was done."""

    sequence: int
    at: datetime
    actor: Named | None
    """Null = the command line; without a name = the account is gone."""
    action: str
    target: str
    details: dict[str, Any]
    hash: str


class AuditVerified(Told):
    """What came out of reading the whole log."""

    intact: bool
    entries: int
    head: str
    """Write it down elsewhere: it shows later whether the end was cut off."""
    broken_at: int | None


class SettingTold(Told):
    """A setting and what it does."""

    name: str
    value: Any
    """A secret is `set` or `not set`."""
    default: Any
    source: str
    """`default` or `set`."""
    description: str
    secret: bool


def ledger_routes(shared: SessionRoutes, settings: Settings) -> APIRouter:
    """The routes."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/usage", summary="Show what everybody used")
    async def show_usage(days: Annotated[Days, Query()] = 30) -> UsageOfAll:
        async with doors.database.read() as session:
            report = await usage.report(session, days)
            names = await people.names_of(session, {each.of for each in report.people})
        by_person = [
            UsagePerson(id=each.of or None, name=names.get(each.of, ""), **sum_told(each)) for each in report.people
        ]
        return UsageOfAll(**usage_told(report, settings.currency).model_dump(), people=by_person)

    @routes.get("/api/admin/audit", summary="Show what was done, the newest first")
    async def show_audit(
        cursor: Annotated[int | None, Query(ge=1, le=2**62)] = None,
        action: Annotated[str, Query(max_length=48)] = "",
        person_id: Annotated[str, Query(max_length=48)] = "",
    ) -> Page[AuditTold]:
        async with doors.database.read() as session:
            entries, before = await audit.page(session, cursor, action, person_id)
            names = await people.names_of(session, {entry.actor_id for entry in entries if entry.actor_id})
        items = [
            AuditTold(
                actor=Named(id=entry.actor_id, name=names.get(entry.actor_id, "")) if entry.actor_id else None,
                sequence=entry.sequence, at=entry.at, action=entry.action, target=entry.target,
                details=entry.details, hash=entry.hash,
            )
            for entry in entries
        ]  # fmt: skip
        return Page(items=items, next=None if before is None else str(before))

    @routes.get("/api/admin/audit/verify", summary="Check that nobody changed the audit log")
    async def verify() -> AuditVerified:
        async with doors.database.read() as session:
            found = await audit.verify(session)
        return AuditVerified(
            intact=found.broken_at is None, entries=found.entries, head=found.head, broken_at=found.broken_at
        )

    @routes.get("/api/admin/settings", summary="Show every setting and what it does")
    async def show_settings() -> Page[SettingTold]:
        return Page(items=[_setting_told(settings, name) for name in Settings.model_fields])

    return routes


def _setting_told(settings: Settings, name: str) -> SettingTold:
    field = Settings.model_fields[name]
    value = getattr(settings, name)
    default = None if field.default is PydanticUndefined else field.default
    secret = "SecretStr" in repr(field.annotation)
    return SettingTold(
        name=name,
        value=("set" if _is_set(value) else "not set") if secret else _shown(value),
        default="not set" if secret else _shown(default),
        source="set" if name in settings.model_fields_set else "default",
        description=" ".join((field.description or "").split()),
        secret=secret,
    )


def _shown(value: object) -> object:
    """As JSON, without the passwords that addresses may carry."""
    return from_json(PASSWORD.sub(rb"://***@", to_json(value)))


def _is_set(value: SecretStr | tuple[SecretStr, ...] | None) -> bool:
    return bool(value.get_secret_value()) if isinstance(value, SecretStr) else bool(value)
