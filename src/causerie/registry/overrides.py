"""Overrides: two people let a model pass what the gate refused, for a reason and for a time.

Does: take what one person asks, have another sign it, and say what is in force for a version.
Does not: release; whoever releases has the gate judge again with what is in force.

An override is of a judgement: for its version, whose bytes it knows, and for lines that failed in it. What is signed
is a text with every field of the decision, by the key of this machine: a row that somebody changes in the database is
in force no more. Never let pass are files that are not what was signed, and thresholds of the pause, which has
signatures of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit, people
from causerie.accounts.identity import Role
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, Forbidden, InvalidRequest, NotFound
from causerie.registry import signing
from causerie.registry.gate import Judgement
from causerie.registry.policy import Policy
from causerie.registry.tables import Override
from causerie.settings import Settings

LEAST_REASON = 10
MOST_REASON = 2000
"""Characters of a reason."""
MOST = 200
_NEVER = ("signature", "pause: ")


@dataclass(frozen=True, kw_only=True)
class AskedOverride:
    """What somebody wants to let pass."""

    alias: str
    """What the model is to answer to."""
    requirements: tuple[str, ...]
    """Names of the gate's lines."""
    reason: str
    days: float
    """For so long it holds."""


async def ask(
    session: AsyncSession, policy: Policy, judgement: Judgement, asked: AskedOverride, person_id: str
) -> Override:
    """Ask for an override of a judgement; it holds once another person signs it.

    Raises:
        Forbidden: The person's role does not reach, or there is only one person here.
        InvalidRequest: The model is not registered, a line can never be let pass or did not fail, or reason or time
            are not right.
    """
    await require_signer(session, person_id)
    if not judgement.version:
        raise InvalidRequest(
            "{model} is not registered: an override is for a version, not for a name", model=judgement.model,
            param="model", hint="`causerie models register {model}` registers it",
        )  # fmt: skip
    never = [name for name in asked.requirements if name.startswith(_NEVER)]
    if never or not asked.requirements:
        raise InvalidRequest(
            "no override lets these pass: {names}", names=", ".join(never) or "-", param="requirements",
            hint="name lines of the gate that failed; a pause is signed with `causerie release sign`",
        )  # fmt: skip
    failed = {*judgement.failed, *judgement.overridden}
    if wrong := sorted({*asked.requirements} - failed):
        raise InvalidRequest(
            "no line of the gate that failed is called so: {names}", names=", ".join(wrong), param="requirements",
            hint="these failed: {failed}", failed=", ".join(sorted(failed)) or "-",
        )  # fmt: skip
    reason = checked_reason(asked.reason)
    if not 0 < asked.days <= policy.rules.overrides.most_days:
        raise InvalidRequest(
            "an override holds for {most} days at most", most=policy.rules.overrides.most_days, param="days",
            hint="the policy's key overrides.most_days says so",
        )  # fmt: skip
    row = Override(
        id=new_id("over"), model=judgement.model, version=judgement.version, alias=asked.alias,
        requirements=sorted(set(asked.requirements)), reason=reason, asked_by=person_id, asked_at=now(),
        expires_at=now() + timedelta(days=asked.days),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await audit.record(session, person_id, "override.ask", row.id, version=row.version)
    return row


def checked_reason(reason: str) -> str:
    """A reason that says something.

    Raises:
        InvalidRequest: It is too short or too long.
    """
    reason = reason.strip()
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise InvalidRequest(
            "a reason has {least} to {most} characters", least=LEAST_REASON, most=MOST_REASON, param="reason",
            hint="say why, for those who read it later",
        )  # fmt: skip
    return reason


async def sign(session: AsyncSession, settings: Settings, override_id: str, person_id: str) -> Override:
    """Sign what another person asked for: from now on it holds.

    Raises:
        NotFound: There is none of that id.
        Forbidden: The person's role does not reach, or it is they who asked.
        Conflict: It is signed already, or its time is over.
    """
    row = await session.get(Override, override_id, with_for_update=True)
    if row is None:
        raise NotFound("there is no override {id}", id=override_id[:64], hint="`causerie release status` lists them")
    await require_signer(session, person_id)
    if not await may_decide(session, row.asked_by):
        raise Forbidden("who asked for this override may no longer decide", hint="ask for it again")
    if row.asked_by == person_id:
        raise Forbidden("who asked for an override cannot sign it too", hint="another administrator must")
    if row.signed_by is not None:
        raise Conflict("this override is signed already")
    if row.expires_at <= now():
        raise Conflict("the time of this override is over", hint="ask for it again")
    row.signed_by, row.signed_at = person_id, now()
    row.signature = signing.sign_text(settings, statement(row))
    await session.flush()
    await audit.record(session, person_id, "override.sign", row.id, version=row.version)
    return row


async def require_signer(session: AsyncSession, person_id: str) -> None:
    """Make sure that this is a person with an account and the role to decide.

    Raises:
        Forbidden: It is not.
    """
    try:
        person = await people.by_id(session, person_id)
    except NotFound:
        raise Forbidden("who decides must have an account") from None
    if person.login is None:
        raise Forbidden(
            "two different people must decide, and nobody has an account here",
            hint="`causerie accounts create NAME` makes accounts",
        )
    if person.disabled_at is not None or not Role(person.role).may_act_as(Role.ADMINISTRATOR):
        raise Forbidden("this needs the role {role}; yours is {own}", role="administrator", own=person.role)


async def may_decide(session: AsyncSession, person_id: str) -> bool:
    """Whether somebody who decided has the account and the role still."""
    try:
        await require_signer(session, person_id)
    except Forbidden:
        return False
    return True


def statement(row: Override) -> str:
    """What is signed: every field of the decision, in one order."""
    said = {
        "override": row.id, "model": row.model, "version": row.version, "alias": row.alias,
        "requirements": row.requirements, "reason": row.reason, "asked_by": row.asked_by,
        "asked_at": moment(row.asked_at), "expires_at": moment(row.expires_at), "signed_by": row.signed_by,
        "signed_at": moment(row.signed_at),
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def moment(at: datetime | None) -> str:
    """A time in a text that is signed: the same whichever database it came from."""
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else ""


async def in_force(session: AsyncSession, settings: Settings, version: str, alias: str) -> list[Override]:
    """Overrides that hold for a version under an alias now; what was changed after it was signed does not."""
    if not version:
        return []
    query = select(Override).where(
        Override.version == version, Override.alias == alias, Override.signed_by.is_not(None),
        Override.expires_at > now(),
    )  # fmt: skip
    rows = await session.scalars(query.order_by(Override.id))
    return [row for row in rows if holds(settings, row)]


def holds(settings: Settings, row: Override) -> bool:
    """Whether two people decided exactly this, and its time is not over."""
    two = row.signed_by is not None and row.signed_by != row.asked_by
    return two and row.expires_at > now() and signing.verify_text(settings, statement(row), row.signature)


async def is_over(session: AsyncSession, settings: Settings, override_id: str | None) -> bool:
    """Whether something needs an override that holds no more: its time has passed, or somebody changed it."""
    row = await session.get(Override, override_id) if override_id else None
    return row is not None and not holds(settings, row)


def requirements_of(rows: Sequence[Override]) -> frozenset[str]:
    """What these let pass together."""
    return frozenset(str(name) for row in rows for name in row.requirements)


async def listed(session: AsyncSession, *, version: str = "", limit: int = 50) -> list[Override]:
    """Overrides, the newest first; of one version where it is named."""
    query = select(Override).order_by(Override.id.desc()).limit(max(1, min(limit, MOST)))
    return list(await session.scalars(query.where(Override.version == version) if version else query))


async def lines_for(session: AsyncSession, version: str) -> list[str]:
    """What the card says of the overrides of a version, those that are over too; without anybody's name."""
    query = select(Override).where(Override.version == version, Override.signed_by.is_not(None)).order_by(Override.id)
    return [
        f"Released as `{row.alias}` by an override of {', '.join(map(str, row.requirements))}, decided by two people "
        f"on {row.signed_at:%Y-%m-%d} until {row.expires_at:%Y-%m-%d}: {row.reason}"
        for row in await session.scalars(query)
    ]
