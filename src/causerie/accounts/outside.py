"""Whose account it is that an OIDC provider vouches for.

Does: find the account, tie it to the person's own, make one where an invitation or the settings allow it; have its
person join and leave groups as the provider says, where the settings let it.
Does not: believe an address that the provider has not verified, or match it with one that a member typed in: either
would let somebody take another's place.
"""

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit, groups, links, people, second_factor, sessions
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import Caller, Role
from causerie.accounts.oidc import Vouched
from causerie.accounts.people import LOGIN, NewPerson
from causerie.accounts.sessions import Client, OpenedSession
from causerie.accounts.sign_in import join_groups
from causerie.accounts.tables import OneTimeLink, OutsideIdentity, Person
from causerie.accounts.tokens import hash_of
from causerie.database.tables import now
from causerie.errors import Conflict, Forbidden, SignInFailed
from causerie.settings import OidcProvider

_logger = structlog.get_logger(__name__)


async def sign_in(
    doors: Doorkeeper, provider: OidcProvider, vouched: Vouched, client: Client, caller: Caller | None
) -> OpenedSession | None:
    """A session for whom the provider vouches for.

    Args:
        doors: Of this server.
        provider: Who vouches.
        vouched: For whom.
        client: From where they come.
        caller: Who is signed in already in that browser (None = nobody).

    Returns:
        The session (None = the caller's account is tied to the provider's now, and their session goes on).

    Raises:
        Forbidden: There is no account for them, and none is made.
        SignInFailed: The account is disabled.
        Conflict: The provider's account opens somebody else's already.
    """
    async with doors.changing() as session:
        person = await _known(session, vouched)
        if caller is not None:
            if person is not None and person.id != caller.person_id:
                raise Conflict("this account of {name} opens another account here", name=provider.name)
            if person is None:
                await _tie(session, vouched, caller.person_id, provider)
            await _follow(session, vouched, caller.person_id, provider)
            return None
        if person is None:
            person = await _made(session, provider, vouched)
            await _tie(session, vouched, person.id, provider)
        if person.disabled_at is not None:
            raise SignInFailed("this account is disabled", hint="an administrator can enable it")
        await _follow(session, vouched, person.id, provider)
        pending = await second_factor.enabled(session, person.id)
        opened = await sessions.open_session(session, person, "oidc", client, pending=pending)
        if not pending:
            await audit.record(session, person.id, "sign_in", person.id, method="oidc", provider=provider.id)
        return opened


async def _known(session: AsyncSession, vouched: Vouched) -> Person | None:
    query = select(Person).join(OutsideIdentity, OutsideIdentity.person_id == Person.id)
    mine = OutsideIdentity.issuer == vouched.issuer, OutsideIdentity.subject == vouched.subject
    return await session.scalar(query.where(*mine))


async def _tie(session: AsyncSession, vouched: Vouched, person_id: str, provider: OidcProvider) -> None:
    session.add(OutsideIdentity(issuer=vouched.issuer, subject=vouched.subject, person_id=person_id))
    await audit.record(session, person_id, "person.tie", person_id, provider=provider.id)


async def _follow(session: AsyncSession, vouched: Vouched, person_id: str, provider: OidcProvider) -> None:
    if provider.groups_claim is None:
        return
    if vouched.groups is None:
        _logger.warning("a provider keeps somebody's groups out of its token: they stay as they are", id=provider.id)
        return
    joined, left = await groups.follow(session, person_id, vouched.groups, provider.groups)
    for action, group_ids in (("group.put_in", joined), ("group.take_out", left)):
        for group_id in group_ids:
            await audit.record(session, None, action, group_id, person=person_id, provider=provider.id)


async def _made(session: AsyncSession, provider: OidcProvider, vouched: Vouched) -> Person:
    if not await people.accounts_exist(session):
        raise Forbidden("the first account is made here, not at a provider")
    invitation = await _invitation(session, vouched)
    if invitation is None and not _may_come(provider, vouched):
        raise Forbidden("there is no account here for you", hint="ask an administrator for an invitation")
    role = Role(invitation.role) if invitation is not None and invitation.role else Role(provider.role)
    login = await _free_login(session, vouched)
    email = vouched.email if vouched.email and await people.by_login(session, vouched.email) is None else None
    person = await people.create(session, NewPerson(login=login, name=vouched.name, role=role, email=email))
    if invitation is not None:
        invitation.used_at = now()
        await join_groups(session, invitation, person.id)
    await audit.record(session, person.id, "person.create", person.id, role=person.role, by=provider.id)
    return person


def _may_come(provider: OidcProvider, vouched: Vouched) -> bool:
    if not provider.makes_accounts:
        return False
    domain = (vouched.email or "").rpartition("@")[2]
    return not provider.email_domains or domain in provider.email_domains


async def _invitation(session: AsyncSession, vouched: Vouched) -> OneTimeLink | None:
    if vouched.email is None:
        return None
    open_ones = await links.invitations(session)
    moment = now()
    fitting = (each for each in open_ones if each.email == vouched.email and not each.used_at)
    return next((each for each in fitting if each.expires_at > moment), None)


async def _free_login(session: AsyncSession, vouched: Vouched) -> str:
    """What the provider calls them, if it can be a login and nobody has it."""
    wanted = vouched.login.strip().lower()
    if LOGIN.fullmatch(wanted) and await people.by_login(session, wanted) is None:
        return wanted
    return f"oidc-{hash_of(f'{vouched.issuer} {vouched.subject}')[:16]}"
