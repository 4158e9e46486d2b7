"""Passkeys: WebAuthn credentials, which need no password and no second factor.

Does: make the options that a browser gives its authenticator, check what comes back, keep the public key.
Does not: ask authenticators who made them (no attestation): any will do; nor load the library, 14 MB with its
cryptography, before somebody uses a passkey.
Form: https://www.w3.org/TR/webauthn-3/
"""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.people import changed
from causerie.accounts.tables import Passkey, Person
from causerie.accounts.tokens import Challenges
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, InvalidRequest, NotFound, SignInFailed

SIGN_IN = "passkey sign-in"
MAX_PASSKEYS = 20
"""Of one person."""


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """This server, as browsers bind passkeys to it."""

    host: str
    """Without a port; a name, since browsers refuse addresses."""
    origin: str

    def __post_init__(self) -> None:
        if not can_have_passkeys(self.host):
            raise InvalidRequest(
                "a passkey cannot be bound to {host}", host=self.host,
                hint="open the page as http://localhost, or set public_url to a name with https",
            )  # fmt: skip


def can_have_passkeys(host: str) -> bool:
    """Whether browsers bind passkeys to this host: to names, not to addresses."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


async def of_person(session: AsyncSession, person_id: str) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.created_at)
    return list(await session.scalars(query))


def register_options(
    party: RelyingParty, person: Person, known: list[Passkey], challenges: Challenges
) -> dict[str, Any]:
    """What `navigator.credentials.create` takes."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=party.host,
        rp_name="causerie",
        user_id=person.id.encode(),
        user_name=person.login or person.name,
        user_display_name=person.name,
        challenge=challenges.make(_registering(person.id)),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id)) for key in known
        ],
    )
    return dict(json.loads(options_to_json(options)))


async def register(
    session: AsyncSession,
    party: RelyingParty,
    person_id: str,
    challenges: Challenges,
    credential: dict[str, Any],
    name: str,
) -> Passkey:
    """Keep what the authenticator made.

    Raises:
        InvalidRequest: It does not answer our options.
        Conflict: It is known already, or there are too many.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=_challenge(credential, challenges, _registering(person_id)),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise InvalidRequest("this passkey cannot be added: {reason}", reason=str(error)) from error
    credential_id = bytes_to_base64url(verified.credential_id)
    known = await of_person(session, person_id)
    if len(known) >= MAX_PASSKEYS:
        raise Conflict("there are {n} passkeys, which is the limit", n=MAX_PASSKEYS)
    if await session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)) is not None:
        raise Conflict("this passkey is known already")
    passkey = Passkey(
        id=new_id("passkey"), person_id=person_id, credential_id=credential_id, name=name, created_at=now(),
        public_key=verified.credential_public_key, sign_count=verified.sign_count, used_at=None,
        synced=verified.credential_backed_up,
    )  # fmt: skip
    session.add(passkey)
    await changed(session)
    return passkey


def sign_in_options(party: RelyingParty, challenges: Challenges) -> dict[str, Any]:
    """What `navigator.credentials.get` takes; it names nobody, so it tells nothing of who has an account."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=party.host,
        challenge=challenges.make(SIGN_IN),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


async def accept(
    session: AsyncSession, party: RelyingParty, challenges: Challenges, credential: dict[str, Any]
) -> Person:
    """Whose passkey this is.

    Raises:
        SignInFailed: Nobody's, or it does not answer our options.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    query = select(Passkey, Person).join(Person, Person.id == Passkey.person_id).where(Person.disabled_at.is_(None))
    found = (await session.execute(query.where(Passkey.credential_id == str(credential.get("id"))))).first()
    try:
        challenge = _challenge(credential, challenges, SIGN_IN)
        if found is None:
            raise SignInFailed("this passkey is not known here")
        passkey, person = found
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise SignInFailed("this passkey is not known here") from error
    passkey.sign_count = verified.new_sign_count
    passkey.synced = verified.credential_backed_up
    passkey.used_at = now()
    return person


async def rename(session: AsyncSession, person_id: str, passkey_id: str, name: str) -> Passkey:
    """Another name.

    Raises:
        NotFound: The person has none of this id.
    """
    passkey = await session.get(Passkey, passkey_id)
    if passkey is None or passkey.person_id != person_id:
        raise NotFound("there is no such passkey")
    passkey.name = name
    return passkey


async def remove(session: AsyncSession, person_id: str, passkey_id: str) -> None:
    """Forget a passkey.

    Raises:
        NotFound: The person has none of this id.
    """
    mine = Passkey.id == passkey_id, Passkey.person_id == person_id
    if await session.scalar(delete(Passkey).where(*mine).returning(Passkey.id)) is None:
        raise NotFound("there is no such passkey")
    await changed(session)


def _registering(person_id: str) -> str:
    return f"passkey of {person_id}"


def _challenge(credential: dict[str, Any], challenges: Challenges, purpose: str) -> bytes:
    """The challenge that the authenticator signed, if it is one of ours."""
    from webauthn.helpers import base64url_to_bytes

    signed = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    challenge = base64url_to_bytes(signed["challenge"])
    if not challenges.use(challenge, purpose):
        raise ValueError("it answers no question of ours, or too late")
    return challenge
