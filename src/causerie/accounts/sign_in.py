"""Signing in: a password and perhaps a code, a passkey, a provider's word, or a link.

Does: check what is shown, count what fails, open a session, note both in the audit log.
Does not: say which part was wrong, or whether somebody of that name exists, by its words or by its time.

Passwords are computed outside transactions: nobody waits in the database for argon2.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import (
    audit,
    failures,
    groups,
    links,
    lockout,
    passkeys,
    passwords,
    people,
    second_factor,
    sessions,
)
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.failures import Failure
from causerie.accounts.identity import Role
from causerie.accounts.lockout import Attempt
from causerie.accounts.passkeys import RelyingParty
from causerie.accounts.people import NewPerson
from causerie.accounts.sessions import MAX_WRONG_CODES, Client, Method, OpenedSession
from causerie.accounts.tables import OneTimeLink, Person
from causerie.errors import ConfirmationRequired, Conflict, InvalidRequest, LinkNotValid, NotFound, SignInFailed

WRONG = "the name or the password is wrong"


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """What somebody says of themselves who opens a link."""

    password: str
    login: str | None = None
    name: str | None = None
    language: str | None = None


async def with_password(doors: Doorkeeper, login: str, password: str, client: Client) -> OpenedSession:
    """A session, which is pending when a code is still to come.

    Raises:
        SignInFailed: The login or the password is wrong, or the person is kept out.
        TooManyAttempts: It comes too soon after others that were wrong.
    """
    async with doors.database.write() as session:
        person = await people.by_login(session, login)
        attempt = await _attempt(session, person, login, client)
        number = await lockout.begin(session, attempt)
    known_hash = person.password_hash if person is not None and person.disabled_at is None else None
    if not await doors.passwords.fits(known_hash, password) or person is None or known_hash is None:
        await _failed(
            doors,
            Failure(
                shown="password", address=client.address, number=number,
                person_id=person.id if person is not None else "",
            ),
        )  # fmt: skip
        raise SignInFailed(WRONG)
    again = await doors.passwords.rehashed(password) if passwords.needs_rehash(known_hash) else None
    async with doors.changing() as session:
        await lockout.succeeded(session, attempt)
        person = await people.by_id(session, person.id)
        if person.password_hash != known_hash or person.disabled_at is not None:
            raise SignInFailed(WRONG)  # it was changed while we computed
        person.password_hash = again or known_hash
        return await _opened(session, person, "password", client)


async def with_code(doors: Doorkeeper, token: str, code: str, client: Client) -> OpenedSession:
    """The session that follows a pending one, once the code is right.

    Raises:
        SignInFailed: There is no pending session, or the code is wrong.
        TooManyAttempts: It comes too soon after others that were wrong.
    """
    async with doors.database.write() as session:
        found = await sessions.find(session, token)
        if found is None or not found[0].pending:
            raise SignInFailed("no sign-in waits for a code", hint="begin again with the password")
        row, person = found
        attempt = Attempt(f"code {person.id}", "", known=True)
        number = await lockout.begin(session, attempt)
        row.wrong_codes += 1
        spent = row.wrong_codes >= MAX_WRONG_CODES
        right = await second_factor.accept(session, person.id, code)
        if right or spent:
            await session.delete(row)
        if right:
            await lockout.succeeded(session, attempt)
            opened = await sessions.open_session(session, person, _method(row.method), client)
            await audit.record(session, person.id, "sign_in", person.id, method=row.method, second_factor=True)
        else:
            failure = Failure(shown="code", address=client.address, number=number, person_id=person.id)
            await failures.note(session, failure)
    if not right:
        raise SignInFailed("this code is wrong", param="code")
    return opened


async def with_passkey(
    doors: Doorkeeper, party: RelyingParty, credential: dict[str, object], client: Client
) -> OpenedSession:
    """A session; a passkey is two factors in one.

    Raises:
        SignInFailed: The passkey is nobody's, or does not answer our question.
    """
    try:
        async with doors.database.write() as session:
            person = await passkeys.accept(session, party, doors.challenges, credential)
            opened = await sessions.open_session(session, person, "passkey", client)
            await audit.record(session, person.id, "sign_in", person.id, method="passkey")
            return opened
    except SignInFailed:
        async with doors.database.write() as session:
            number = await lockout.count(session, f"passkey {client.address}")
            await failures.note(session, Failure(shown="passkey", address=client.address, number=number))
        raise


async def with_link(doors: Doorkeeper, token: str, welcome: Welcome, client: Client) -> OpenedSession:
    """An account, or a new password, and a session.

    Raises:
        LinkNotValid: The link was used, is over, or was taken back.
        InvalidRequest: What the link needs is missing, or cannot be (`WeakPassword`).
        Conflict: Somebody has this login.
    """
    async with doors.database.read() as session:
        link = await links.look(session, token)
        person = await people.by_id(session, link.person_id) if link.person_id else None
    if person is None and not (welcome.login and welcome.name):
        raise InvalidRequest("{field} is missing", field="name" if welcome.login else "login", param="login")
    about = (person.login, person.name, person.email) if person else (welcome.login, welcome.name, link.email)
    password_hash = await doors.passwords.hashed(welcome.password, *about)
    async with doors.changing() as session:
        link = await links.use(session, token)
        if person is not None:
            person = await people.by_id(session, person.id)
            if person.disabled_at is not None:
                raise LinkNotValid("this account is disabled")
            person.password_hash = password_hash
            await sessions.end_all(session, person.id)
            await lockout.forget(session, person.login or "", person.email or "")
            await audit.record(session, person.id, "password.reset", person.id)
        else:
            person = await _account_of(session, link, welcome, password_hash)
        return await _opened(session, person, "link", client)


async def _account_of(session: AsyncSession, link: OneTimeLink, welcome: Welcome, password_hash: str) -> Person:
    if link.kind == "setup" and await people.accounts_exist(session):
        raise LinkNotValid("the first account was made already", hint="ask an administrator for an invitation")
    new = NewPerson(
        login=welcome.login or "", name=welcome.name or "", role=Role(link.role or Role.OWNER), email=link.email,
        password_hash=password_hash, language=welcome.language,
    )  # fmt: skip
    person = await people.create(session, new)
    await join_groups(session, link, person.id)
    await audit.record(session, person.id, "person.create", person.id, role=person.role, by=link.kind)
    return person


async def join_groups(session: AsyncSession, link: OneTimeLink, person_id: str) -> None:
    """Put somebody into the groups that their invitation names, as far as there still are such groups."""
    for group_id in link.group_ids:
        try:
            await groups.put_in(session, str(group_id), person_id)
        except NotFound:
            continue


async def confirm(doors: Doorkeeper, person_id: str, session_id: str | None, password: str | None) -> None:
    """Make sure that it is still the person: by the password, or because they signed in just now.

    Raises:
        ConfirmationRequired: Neither.
        SignInFailed: The password is wrong.
        TooManyAttempts: It comes too soon after others that were wrong.
    """
    async with doors.database.write() as session:
        person = await people.by_id(session, person_id)
        if password is None:
            if await sessions.is_fresh(session, session_id):
                return
            raise ConfirmationRequired("show once more who you are", hint="give the password, or sign in again")
        attempt = Attempt(f"confirm {person_id}", "", known=True)
        await lockout.begin(session, attempt)
    if not await doors.passwords.fits(person.password_hash, password):
        raise SignInFailed("the password is wrong", param="password")
    async with doors.database.write() as session:
        await lockout.succeeded(session, attempt)


async def confirm_code(doors: Doorkeeper, person_id: str, code: str) -> None:
    """Make sure that it is still the person, by their second factor.

    Raises:
        SignInFailed: The code is wrong, or there is no second factor.
        TooManyAttempts: It comes too soon after others that were wrong.
    """
    attempt = Attempt(f"code {person_id}", "", known=True)
    async with doors.database.write() as session:
        await lockout.begin(session, attempt)
        right = await second_factor.accept(session, person_id, code)
        if right:
            await lockout.succeeded(session, attempt)
    if not right:
        raise SignInFailed("this code is wrong", param="code")


async def change_password(
    doors: Doorkeeper, person_id: str, session_id: str | None, current: str | None, password: str
) -> None:
    """Another password; every other session ends.

    Raises:
        WeakPassword: The new one is soon guessed.
        ConfirmationRequired, SignInFailed, TooManyAttempts: As `confirm`.
    """
    async with doors.database.read() as session:
        person = await people.by_id(session, person_id)
    if person.login is None:
        raise Conflict("there is no account yet", hint="`causerie accounts create` makes the first")
    if person.password_hash is not None and current is None:
        raise ConfirmationRequired("show once more who you are", hint="give the password", param="current")
    await confirm(doors, person_id, session_id, current)
    password_hash = await doors.passwords.hashed(password, person.login, person.name, person.email)
    async with doors.changing() as session:
        person = await people.by_id(session, person_id)
        person.password_hash = password_hash
        await sessions.end_all(session, person_id, but=session_id)
        await audit.record(session, person_id, "password.change", person_id)


async def _failed(doors: Doorkeeper, failure: Failure) -> None:
    # Whether it deserves a line hangs on its number alone, and not on whether there is such an account.
    if failure.deserves_a_line:
        async with doors.database.write() as session:
            await failures.note(session, failure)


async def _attempt(session: AsyncSession, person: Person | None, login: str, client: Client) -> Attempt:
    # Asked for nobody too: a statement less would tell by its time that there is no such person.
    known = await lockout.was_used_from(session, person.id if person is not None else "", client.address)
    # One account has two names, its login and its address: they must not make two counts of it.
    account = person.login if person is not None and person.login else login
    return Attempt(account, client.address, known)


async def _opened(session: AsyncSession, person: Person, method: Method, client: Client) -> OpenedSession:
    pending = await second_factor.enabled(session, person.id)
    opened = await sessions.open_session(session, person, method, client, pending=pending)
    if not pending:
        await audit.record(session, person.id, "sign_in", person.id, method=method)
    return opened


def _method(name: str) -> Method:
    known: dict[str, Method] = {"passkey": "passkey", "oidc": "oidc", "link": "link"}
    return known.get(name, "password")
