"""What the routes of accounts take and answer.

Does: describe; turn rows into what the page shows, never a hash or a secret among it.
Does not: ask the database; who calls has the rows.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from causerie.accounts.identity import LOCAL_OWNER_ID, Caller, Role, Scope
from causerie.accounts.people import SignInMeans
from causerie.accounts.quotas import QuotaState as State
from causerie.accounts.rules import Period, Unit
from causerie.accounts.sessions import Method
from causerie.accounts.tables import ApiKey, Group, Person, SessionRow
from causerie.accounts.usage import Report, Sum

MICROS = 1_000_000
Item = TypeVar("Item")


class Asked(BaseModel):
    """A body: unknown fields are refused, so that a misspelt one does not pass in silence."""

    model_config = ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True)


class Told(BaseModel):
    """An answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Page(Told, Generic[Item]):
    """Some of a list."""

    items: list[Item]
    next: str | None = None
    """What `cursor` takes for the following ones (null = there are none)."""


RoleName = Annotated[Role, Field(strict=False)]
"""A role by its name, as JSON has it."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
ShortName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Login = Annotated[str, StringConstraints(max_length=64)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Email = Annotated[str, StringConstraints(max_length=254)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=128)]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=96)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=48)]
Days = Annotated[int, Field(ge=1, le=366)]


class Named(Told):
    """Something by its id and what people call it."""

    id: str
    name: str


class Me(Told):
    """Who is signed in."""

    id: str
    name: str
    """Empty for the local owner."""
    login: str | None
    email: str | None
    role: Role
    language: Literal["fr", "en"] | None
    preferences: dict[str, Any]
    groups: list[Named]
    has_password: bool
    second_factor: bool
    passkeys: int
    personal: bool
    """Nobody has an account: this is the local owner."""
    created_at: datetime
    permissions: list[Literal["ask_models", "make_keys", "build", "administer", "own"]]
    """What the page shows."""


class PersonTold(Told):
    """Somebody with an account."""

    id: str
    name: str
    login: str | None
    email: str | None
    role: Role
    groups: list[Named]
    disabled_at: datetime | None
    created_at: datetime
    seen_at: datetime | None
    has_password: bool
    second_factor: bool
    passkeys: int


class SessionTold(Told):
    """A browser that is signed in."""

    id: str
    current: bool
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    method: Method


class KeyTold(Told):
    """An API key, without the key."""

    id: str
    name: str
    start: str
    """Its first characters."""
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class KeyShown(Told):
    """A new key; `secret` is shown this once."""

    key: KeyTold
    secret: str


class UsageSum(Told):
    """What some answers used together."""

    requests: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    """In the currency (null = some of them have no price)."""
    first_token_ms: float | None
    """Mean time to the first token."""


class UsageDay(UsageSum):
    """Of one day (UTC)."""

    date: str


class UsageModel(UsageSum):
    """Of one model."""

    model: str


class UsageReport(Told):
    """What was used, for charts."""

    currency: str
    totals: UsageSum
    days: list[UsageDay]
    models: list[UsageModel]


class QuotaTold(Told):
    """A quota, and how much of it is gone."""

    id: str
    subject_kind: Literal["person", "group", "key"]
    subject_id: str
    subject_name: str
    unit: Unit
    period: Period
    limit: float
    used: float
    reserved: float
    """By answers in progress."""
    resets_at: datetime


def named(groups: list[Group]) -> list[Named]:
    """Groups by id and name."""
    return [Named(id=group.id, name=group.name) for group in groups]


def me_told(caller: Caller, person: Person, means: SignInMeans, groups: list[Group]) -> Me:
    """The caller's own account."""
    return Me(
        id=person.id,
        name=person.name,
        login=person.login,
        email=person.email,
        role=Role(person.role),
        language=person.language if person.language in ("fr", "en") else None,
        preferences=person.preferences,
        groups=named(groups),
        has_password=means.password,
        second_factor=means.second_factor,
        passkeys=means.passkeys,
        personal=person.login is None and person.id == LOCAL_OWNER_ID,
        created_at=person.created_at,
        permissions=caller.permissions,
    )


def person_told(person: Person, means: SignInMeans, groups: list[Group]) -> PersonTold:
    """A person as administrators see them."""
    return PersonTold(
        id=person.id,
        name=person.name,
        login=person.login,
        email=person.email,
        role=Role(person.role),
        groups=named(groups),
        disabled_at=person.disabled_at,
        created_at=person.created_at,
        seen_at=person.seen_at,
        has_password=means.password,
        second_factor=means.second_factor,
        passkeys=means.passkeys,
    )


def session_told(row: SessionRow, current: str | None) -> SessionTold:
    """A session as its person sees it."""
    facts = {name: getattr(row, name) for name in SessionTold.model_fields if name != "current"}
    return SessionTold(current=row.id == current, **facts)


def key_told(key: ApiKey) -> KeyTold:
    """A key as its person sees it."""
    return KeyTold(**{name: getattr(key, name) for name in KeyTold.model_fields})


def usage_told(report: Report, currency: str) -> UsageReport:
    """Usage for charts."""
    return UsageReport(
        currency=currency,
        totals=UsageSum(**sum_told(report.total)),
        days=[UsageDay(date=each.of, **sum_told(each)) for each in report.days],
        models=[UsageModel(model=each.of, **sum_told(each)) for each in report.models],
    )


def sum_told(each: Sum) -> dict[str, Any]:
    """The figures of a sum, money in the currency."""
    return {
        "requests": each.requests,
        "tokens_in": each.tokens_in,
        "tokens_out": each.tokens_out,
        "cost": None if each.cost_micros is None else each.cost_micros / MICROS,
        "first_token_ms": each.first_token_ms,
    }


def quota_told(state: State, names: Mapping[tuple[str, str], str]) -> QuotaTold:
    """A quota, money in the currency."""
    quota = state.quota
    scale = MICROS if quota.unit == "money" else 1
    return QuotaTold(
        id=quota.id,
        subject_kind=quota.subject_kind,
        subject_id=quota.subject_id,
        subject_name=names.get((quota.subject_kind, quota.subject_id), ""),
        unit=quota.unit,
        period=quota.period,
        limit=quota.limit / scale,
        used=state.used / scale,
        reserved=state.reserved / scale,
        resets_at=state.resets_at,
    )
