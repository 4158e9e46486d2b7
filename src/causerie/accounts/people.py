"""People and their roles.

Does: make, find, list, change, disable and remove people; the account that is made first takes over the local owner's
row, so that what was kept before there were accounts stays theirs.
Does not: sign anyone in (`sign_in.py`), or ask whether the caller may do this beyond the order of roles.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.identity import LOCAL_OWNER_ID, Caller, Role
from causerie.accounts.ledger_tables import Quota
from causerie.accounts.tables import ApiKey, Passkey, Person, SecondFactor, SessionRow, Version
from causerie.database.engine import Database
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, Forbidden, InvalidRequest, NotFound

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
PAGE = 50
"""People of one answer."""


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What is known of somebody who gets an account."""

    login: str
    name: str
    role: Role = Role.MEMBER
    email: str | None = None
    password_hash: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class SignInMeans:
    """How a person can sign in."""

    password: bool
    second_factor: bool
    passkeys: int


async def prepare(database: Database) -> bool:
    """Make the local owner, unless somebody is there; whether this was the first start."""
    async with database.write() as session:
        if await session.get(Version, 1) is None:
            session.add(Version(id=1, number=1))
        if await session.scalar(select(Person.id).limit(1)) is not None:
            return False
        session.add(Person(id=LOCAL_OWNER_ID, login=None, name="", role=Role.OWNER, preferences={}))
        return True


async def accounts_exist(session: AsyncSession) -> bool:
    """Whether anybody signs in here; if not, whoever asks is the local owner."""
    return await session.scalar(select(Person.id).where(Person.login.is_not(None)).limit(1)) is not None


async def changed(session: AsyncSession) -> None:
    """Tell whoever remembers something of these tables that it may be stale."""
    await session.execute(update(Version).where(Version.id == 1).values(number=Version.number + 1))


async def create(session: AsyncSession, new: NewPerson) -> Person:
    """A new account; the first of all is an owner, and has what the local owner had.

    Raises:
        InvalidRequest: The login or the e-mail address cannot be one.
        Conflict: Somebody has it.
    """
    login, email = normal_login(new.login), normal_email(new.email)
    await _free(session, login, email, None)
    facts = {
        "login": login, "name": new.name.strip() or login, "email": email, "role": new.role.value,
        "password_hash": new.password_hash, "language": new.language,
    }  # fmt: skip
    local = await session.get(Person, LOCAL_OWNER_ID, with_for_update=True)
    if local is not None and local.login is None:
        for field, value in facts.items():
            if value is not None:
                setattr(local, field, value)
        local.role = Role.OWNER
        person = local
    else:
        person = Person(id=new_id("person"), preferences={}, **facts)
        session.add(person)
    await _flush(session)
    await changed(session)
    return person


async def by_id(session: AsyncSession, person_id: str) -> Person:
    """The person of this id.

    Raises:
        NotFound: There is none.
    """
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFound("there is no such person")
    return person


async def by_login(session: AsyncSession, login: str) -> Person | None:
    """The person who signs in with this name or e-mail address."""
    wanted = login.strip().lower()
    found = await session.scalars(select(Person).where(or_(Person.login == wanted, Person.email == wanted)))
    people = list(found)
    # One person's e-mail address may be another's login: the login decides.
    return next((person for person in people if person.login == wanted), people[0] if people else None)


async def listed(session: AsyncSession, search: str = "", after: str = "") -> tuple[list[Person], str | None]:
    """One page of the accounts, by login, and where the next begins.

    Args:
        session: To read in.
        search: Part of a name, login or e-mail address (empty = everybody).
        after: The login that the page before ended with.
    """
    query = select(Person).where(Person.login.is_not(None), Person.login > after).order_by(Person.login)
    if search:
        columns = (Person.name, Person.login, Person.email)
        query = query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    found = list(await session.scalars(query.limit(PAGE + 1)))
    return found[:PAGE], found[PAGE - 1].login if len(found) > PAGE else None


async def names_of(session: AsyncSession, ids: set[str]) -> dict[str, str]:
    """The names of those of these people who are still here."""
    found = await session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {each.id: each.name for each in found}


async def joined(session: AsyncSession) -> dict[str, datetime]:
    """Everybody who is not kept out, each with when their account was made."""
    found = await session.execute(select(Person.id, Person.created_at).where(Person.disabled_at.is_(None)))
    return {each.id: each.created_at for each in found}


async def means_of(session: AsyncSession, people: list[Person]) -> dict[str, SignInMeans]:
    """How each of these people can sign in."""
    ids = [person.id for person in people]
    confirmed = select(SecondFactor.person_id).where(SecondFactor.confirmed_at.is_not(None))
    second = set(await session.scalars(confirmed.where(SecondFactor.person_id.in_(ids))))
    number = func.count().label("number")
    counted = select(Passkey.person_id, number).where(Passkey.person_id.in_(ids)).group_by(Passkey.person_id)
    passkeys = {each.person_id: each.number for each in await session.execute(counted)}
    return {
        person.id: SignInMeans(
            password=person.password_hash is not None,
            second_factor=person.id in second,
            passkeys=passkeys.get(person.id, 0),
        )
        for person in people
    }


def refuse_unless_manages(actor: Caller, role: str) -> None:
    """Only an owner may make, change or remove owners and administrators.

    Raises:
        Forbidden: The actor is none.
    """
    if Role(role).may_act_as(Role.ADMINISTRATOR) and not actor.may(Role.OWNER):
        raise Forbidden("only an owner may make, change or remove an {role}", role=role)


async def set_role(session: AsyncSession, person: Person, role: Role) -> None:
    """Another role.

    Raises:
        Conflict: It is the last owner's.
    """
    if person.role == Role.OWNER and role is not Role.OWNER:
        await _refuse_for_the_last_owner(session, person)
    person.role = role.value
    await changed(session)


async def set_disabled(session: AsyncSession, person: Person, *, disabled: bool) -> None:
    """Keep somebody out, or let them in again; their sessions end, their keys rest.

    Raises:
        Conflict: It is the last owner.
    """
    if disabled:
        await _refuse_for_the_last_owner(session, person)
        await session.execute(delete(SessionRow).where(SessionRow.person_id == person.id))
    person.disabled_at = (person.disabled_at or now()) if disabled else None
    await changed(session)


async def set_contact(session: AsyncSession, person: Person, *, name: str | None, email: str | None) -> None:
    """Another name or e-mail address (None = as it is, an empty address = none).

    Raises:
        InvalidRequest: The address cannot be one.
        Conflict: Somebody has it.
    """
    if name is not None:
        person.name = name.strip() or person.name
    if email is not None:
        address = normal_email(email)
        await _free(session, None, address, person.id)
        person.email = address
    await _flush(session)
    await changed(session)


async def remove(session: AsyncSession, person: Person) -> None:
    """Remove an account with everything of its tables; usage stays in the sums, without the person.

    Raises:
        Conflict: It is the last owner, or the local owner of a causerie without accounts.
    """
    if person.id == LOCAL_OWNER_ID and person.login is None:
        raise Conflict("there is no account to remove", hint="the data folder holds all that is kept")
    await _refuse_for_the_last_owner(session, person)
    keys = select(ApiKey.id).where(ApiKey.person_id == person.id)
    await session.execute(delete(Quota).where(Quota.subject_kind == "key", Quota.subject_id.in_(keys)))
    await session.execute(delete(Quota).where(Quota.subject_kind == "person", Quota.subject_id == person.id))
    await session.delete(person)
    await changed(session)


def normal_login(login: str) -> str:
    """A login as it is kept.

    Raises:
        InvalidRequest: It cannot be one.
    """
    wanted = login.strip().lower()
    if not LOGIN.fullmatch(wanted):
        raise InvalidRequest(
            "{login!r} cannot be a login", login=login[:64], param="login",
            hint="2 to 64 characters: a letter or digit first, then letters, digits and . _ @ + -",
        )  # fmt: skip
    return wanted


def normal_email(email: str | None) -> str | None:
    """An e-mail address as it is kept (None = there is none).

    Raises:
        InvalidRequest: It cannot be one.
    """
    if email is None or not email.strip():
        return None
    wanted = email.strip().lower()
    if not EMAIL.fullmatch(wanted):
        raise InvalidRequest("{email!r} is not an e-mail address", email=email[:64], param="email")
    return wanted


async def _free(session: AsyncSession, login: str | None, email: str | None, but: str | None) -> None:
    for field, value in (("login", login), ("email", email)):
        if value is None:
            continue
        # Both sign in: one person's login must not be another's address, or each would stand before the other's door.
        names = or_(Person.login == value, Person.email == value)
        taken = await session.scalar(select(Person.id).where(names, Person.id != (but or "")))
        if taken is not None:
            raise Conflict("somebody has the {field} {value!r} already", field=field, value=value, param=field)


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:  # two at the same moment: `_free` saw neither
        raise Conflict("somebody has this login or e-mail address already") from error


async def _refuse_for_the_last_owner(session: AsyncSession, person: Person) -> None:
    if person.role != Role.OWNER:
        return
    # Locked together, so that two owners cannot remove each other at the same moment.
    query = select(Person.id).where(
        Person.role == Role.OWNER, Person.login.is_not(None), Person.disabled_at.is_(None)
    )
    if set(await session.scalars(query.order_by(Person.id).with_for_update())) <= {person.id}:
        raise Conflict(
            "this is the last owner", hint="make somebody else an owner first: nobody could administer otherwise"
        )
