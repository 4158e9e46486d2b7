"""`/api/me/password`, `sessions`, `passkeys`, `second-factor`: how one signs in, changed by oneself.

Does: for a signed-in person, never for an API key.
Does not: sign anyone in; see `accounts_session.py`.
"""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from causerie.accounts import audit, passkeys, people, second_factor, sessions, sign_in
from causerie.accounts.tables import Passkey
from causerie.errors import Conflict
from causerie.server.accounts_schema import Asked, Page, Password, SessionTold, ShortName, Told, session_told
from causerie.server.accounts_session import CodeShown, PublicKey, SessionRoutes
from causerie.server.browsers import headers_of
from causerie.server.identity import InPerson, Signed


class PasswordChanged(Asked):
    """Another password."""

    current: Password | None = None
    """Null only where there is none yet."""
    password: Password


class PasskeyTold(Told):
    """A passkey."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    synced: bool
    """Its authenticator keeps a copy elsewhere."""


class PasskeyMade(Asked):
    """What `navigator.credentials.create` gave."""

    name: ShortName
    credential: dict[str, Any]


class PasskeyNamed(Asked):
    """Another name."""

    name: ShortName


class SecondFactorTold(Told):
    """How the second factor stands."""

    enabled: bool
    recovery_codes_left: int


class SecondFactorSetup(Told):
    """For an authenticator application; shown once."""

    secret: str
    uri: str
    svg: str
    """`uri` as a QR code."""


class RecoveryCodes(Told):
    """Shown this once; each is good once."""

    recovery_codes: list[str]


def security_routes(shared: SessionRoutes) -> APIRouter:
    """Passwords and sessions."""
    routes, doors = APIRouter(tags=["My account"]), shared.doors

    @routes.put("/api/me/password", summary="Change my password", status_code=204)
    async def change_password(caller: InPerson, body: PasswordChanged) -> None:
        await sign_in.change_password(doors, caller.person_id, caller.session_id, body.current, body.password)

    @routes.get("/api/me/sessions", summary="List where I am signed in")
    async def list_sessions(caller: Signed) -> Page[SessionTold]:
        async with doors.database.read() as session:
            found = await sessions.of_person(session, caller.person_id)
        return Page(items=[session_told(row, caller.session_id) for row in found])

    @routes.delete("/api/me/sessions/{session_id}", summary="End one of my sessions", status_code=204)
    async def end_session(caller: InPerson, session_id: str) -> None:
        async with doors.changing() as session:
            await sessions.end(session, caller.person_id, session_id)
            await audit.record(session, caller.person_id, "session.end", session_id)

    @routes.delete("/api/me/sessions", summary="End all my other sessions", status_code=204)
    async def end_sessions(caller: InPerson) -> None:
        async with doors.changing() as session:
            await sessions.end_all(session, caller.person_id, but=caller.session_id)
            await audit.record(session, caller.person_id, "session.end_all", caller.person_id)

    return routes


def passkey_routes(shared: SessionRoutes) -> APIRouter:
    """Passkeys."""
    routes, doors = APIRouter(tags=["My account"]), shared.doors

    @routes.get("/api/me/passkeys", summary="List my passkeys")
    async def list_passkeys(caller: Signed) -> Page[PasskeyTold]:
        async with doors.database.read() as session:
            found = await passkeys.of_person(session, caller.person_id)
        return Page(items=[_passkey_told(passkey) for passkey in found])

    @routes.post("/api/me/passkeys/options", summary="Begin to add a passkey")
    async def options(caller: InPerson, request: Request) -> PublicKey:
        party = shared.ours.party(request.scope, headers_of(request.scope))
        async with doors.database.read() as session:
            person = await people.by_id(session, caller.person_id)
            if person.login is None:
                raise Conflict("there is no account yet", hint="`causerie accounts create` makes the first")
            known = await passkeys.of_person(session, person.id)
        return PublicKey(public_key=passkeys.register_options(party, person, known, doors.challenges))

    @routes.post("/api/me/passkeys", summary="Add a passkey", status_code=201)
    async def add(caller: InPerson, body: PasskeyMade, request: Request) -> PasskeyTold:
        party = shared.ours.party(request.scope, headers_of(request.scope))
        async with doors.changing() as session:
            made = await passkeys.register(
                session, party, caller.person_id, doors.challenges, body.credential, body.name
            )
            await audit.record(session, caller.person_id, "passkey.add", made.id)
        return _passkey_told(made)

    @routes.patch("/api/me/passkeys/{passkey_id}", summary="Rename a passkey")
    async def rename(caller: InPerson, passkey_id: str, body: PasskeyNamed) -> PasskeyTold:
        async with doors.changing() as session:
            return _passkey_told(await passkeys.rename(session, caller.person_id, passkey_id, body.name))

    @routes.delete("/api/me/passkeys/{passkey_id}", summary="Remove a passkey", status_code=204)
    async def remove(caller: InPerson, passkey_id: str) -> None:
        async with doors.changing() as session:
            await passkeys.remove(session, caller.person_id, passkey_id)
            await audit.record(session, caller.person_id, "passkey.remove", passkey_id)

    return routes


def second_factor_routes(shared: SessionRoutes) -> APIRouter:
    """The second factor."""
    routes, doors = APIRouter(tags=["My account"]), shared.doors

    @routes.get("/api/me/second-factor", summary="Show how my second factor stands")
    async def show(caller: Signed) -> SecondFactorTold:
        async with doors.database.read() as session:
            return SecondFactorTold(
                enabled=await second_factor.enabled(session, caller.person_id),
                recovery_codes_left=await second_factor.recovery_codes_left(session, caller.person_id),
            )

    @routes.post("/api/me/second-factor", summary="Begin to set up a second factor")
    async def set_up(caller: InPerson) -> SecondFactorSetup:
        async with doors.database.write() as session:
            person = await people.by_id(session, caller.person_id)
            if person.login is None:
                raise Conflict("there is no account yet", hint="`causerie accounts create` makes the first")
            made = await second_factor.set_up(session, person)
        return SecondFactorSetup(secret=made.secret, uri=made.uri, svg=made.svg)

    @routes.post("/api/me/second-factor/confirm", summary="Switch the second factor on with a first code")
    async def confirm(caller: InPerson, body: CodeShown) -> RecoveryCodes:
        async with doors.changing() as session:
            codes = await second_factor.confirm(session, caller.person_id, body.code)
            await audit.record(session, caller.person_id, "second_factor.on", caller.person_id)
        return RecoveryCodes(recovery_codes=codes)

    @routes.post("/api/me/second-factor/recovery-codes", summary="Get new recovery codes")
    async def renew(caller: InPerson, body: CodeShown) -> RecoveryCodes:
        await sign_in.confirm_code(doors, caller.person_id, body.code)
        async with doors.changing() as session:
            codes = await second_factor.new_recovery_codes(session, caller.person_id)
            await audit.record(session, caller.person_id, "second_factor.codes", caller.person_id)
        return RecoveryCodes(recovery_codes=codes)

    @routes.post("/api/me/second-factor/remove", summary="Switch the second factor off", status_code=204)
    async def remove(caller: InPerson, body: CodeShown) -> None:
        await sign_in.confirm_code(doors, caller.person_id, body.code)
        async with doors.changing() as session:
            await second_factor.remove(session, caller.person_id)
            await audit.record(session, caller.person_id, "second_factor.off", caller.person_id)

    return routes


def _passkey_told(passkey: Passkey) -> PasskeyTold:
    return PasskeyTold(**{name: getattr(passkey, name) for name in PasskeyTold.model_fields})
