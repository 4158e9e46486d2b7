"""`/api/session` and `/api/links`: becoming somebody, and ceasing to be.

Does: sign in by password and code, by passkey or by a link; sign out; say how things stand before anybody is known.
Does not: sign in at a provider; see `accounts_oidc.py`.
Try it: curl http://127.0.0.1:8080/api/session
"""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from starlette.types import Scope

from causerie.accounts import audit, groups, links, passkeys, people, sessions, sign_in
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import Caller, Role
from causerie.accounts.passkeys import can_have_passkeys
from causerie.accounts.sessions import OpenedSession
from causerie.accounts.sign_in import Welcome
from causerie.server.accounts_schema import Asked, Code, Login, Me, Name, Named, Password, Token, Told, me_told
from causerie.server.browsers import Ours, drop_session, headers_of, keep_session
from causerie.server.identity import KEY, Signed
from causerie.server.recognition import session_token
from causerie.settings import Settings


class SignInMethods(Told):
    """How one can sign in here."""

    password: bool
    passkey: bool
    """Not where this server was found by an address: browsers bind passkeys to names."""
    oidc: list[Named]
    """Providers; a link to `/sign-in/oidc/{id}` begins."""


class SessionState(Told):
    """How things stand."""

    state: Literal["personal", "key_required", "signed_out", "second_factor", "signed_in"]
    me: Me | None
    methods: SignInMethods
    second_factors: list[Literal["totp", "recovery_code"]]
    """What is still to be shown, either of them (empty = nothing)."""


class SignIn(Asked):
    """A login and its password."""

    login: Login
    password: Password


class CodeShown(Asked):
    """A code of an authenticator application, or a recovery code."""

    code: Code


class PublicKey(Told):
    """What the browser gives to `navigator.credentials`."""

    public_key: dict[str, Any]


class CredentialShown(Asked):
    """What `navigator.credentials.get` gave."""

    credential: dict[str, Any]


class LinkShown(Asked):
    """The token of a one-time link."""

    token: Token


class LinkTold(Told):
    """What a link opens."""

    kind: Literal["setup", "invitation", "reset"]
    role: Role | None
    email: str | None
    login: str | None
    """Whose password is chosen anew."""
    expires_at: datetime


class LinkAccepted(Asked):
    """What somebody says who opens a link; a new password needs no login and no name."""

    token: Token
    password: Password
    login: Login | None = None
    name: Name | None = None
    language: Literal["fr", "en"] | None = None


class SessionRoutes:
    """What the routes share: how to tell the state, and to give a browser its session.

    Args:
        doors: Of this server.
        settings: For the providers and the keys.
        ours: Our names.
    """

    def __init__(self, doors: Doorkeeper, settings: Settings, ours: Ours) -> None:
        self.doors = doors
        self.ours = ours
        self._providers = [Named(id=each.id, name=each.name) for each in settings.oidc]

    async def state(self, scope: Scope, caller: Caller | None) -> SessionState:
        """How things stand for whoever sent this."""
        host = self.ours.party_host(scope, headers_of(scope))
        methods = SignInMethods(password=True, passkey=can_have_passkeys(host), oidc=self._providers)
        if caller is not None:
            state: Literal["personal", "signed_in"] = "personal" if self.doors.personal else "signed_in"
            return SessionState(state=state, me=await self.me(caller), methods=methods, second_factors=[])
        if self.doors.personal:
            return SessionState(state="key_required", me=None, methods=methods, second_factors=[])
        async with self.doors.database.read() as session:
            found = await sessions.find(session, session_token(scope, headers_of(scope), self.ours))
        if found is not None and found[0].pending:
            return self._waiting(methods)
        return SessionState(state="signed_out", me=None, methods=methods, second_factors=[])

    async def me(self, caller: Caller) -> Me:
        """The caller's own account."""
        async with self.doors.database.read() as session:
            person = await people.by_id(session, caller.person_id)
            means = await people.means_of(session, [person])
            mine = await groups.of_people(session, [person.id])
        return me_told(caller, person, means[person.id], mine[person.id])

    async def opened(self, request: Request, response: Response, session: OpenedSession) -> SessionState:
        """Give the browser its session, and tell the state that follows."""
        headers = headers_of(request.scope)
        keep_session(response, session, secure=self.ours.is_secure(request.scope, headers))
        row = session.row
        if row.pending:
            return self._waiting((await self.state(request.scope, None)).methods)
        caller = await self.doors.by_session(session.token)
        return await self.state(request.scope, caller)

    @staticmethod
    def _waiting(methods: SignInMethods) -> SessionState:
        return SessionState(state="second_factor", me=None, methods=methods, second_factors=["totp", "recovery_code"])


def session_routes(shared: SessionRoutes) -> APIRouter:
    """Signing in and out."""
    routes, doors, ours = APIRouter(tags=["Sign-in"]), shared.doors, shared.ours

    @routes.get("/api/session", summary="Who is signed in, and how one can")
    async def show(request: Request) -> SessionState:
        return await shared.state(request.scope, request.scope.get(KEY))

    @routes.post("/api/session", summary="Sign in with a password")
    async def open_with_password(body: SignIn, request: Request, response: Response) -> SessionState:
        client = ours.client(request.scope, headers_of(request.scope))
        opened = await sign_in.with_password(doors, body.login, body.password, client)
        return await shared.opened(request, response, opened)

    @routes.post("/api/session/second-factor", summary="Show the second factor")
    async def show_code(body: CodeShown, request: Request, response: Response) -> SessionState:
        headers = headers_of(request.scope)
        token = session_token(request.scope, headers, ours)
        opened = await sign_in.with_code(doors, token, body.code, ours.client(request.scope, headers))
        return await shared.opened(request, response, opened)

    @routes.post("/api/session/passkey/options", summary="Begin to sign in with a passkey")
    async def passkey_options(request: Request) -> PublicKey:
        party = ours.party(request.scope, headers_of(request.scope))
        return PublicKey(public_key=passkeys.sign_in_options(party, doors.challenges))

    @routes.post("/api/session/passkey", summary="Sign in with a passkey")
    async def open_with_passkey(body: CredentialShown, request: Request, response: Response) -> SessionState:
        headers = headers_of(request.scope)
        party, client = ours.party(request.scope, headers), ours.client(request.scope, headers)
        opened = await sign_in.with_passkey(doors, party, body.credential, client)
        return await shared.opened(request, response, opened)

    @routes.delete("/api/session", summary="Sign out", status_code=204)
    async def close(caller: Signed, request: Request, response: Response) -> None:
        if caller.session_id is not None:
            async with doors.changing() as session:
                await sessions.end(session, caller.person_id, caller.session_id)
                await audit.record(session, caller.person_id, "sign_out", caller.person_id)
        drop_session(response, secure=ours.is_secure(request.scope, headers_of(request.scope)))

    return routes


def link_routes(shared: SessionRoutes) -> APIRouter:
    """One-time links."""
    routes, doors, ours = APIRouter(tags=["Sign-in"]), shared.doors, shared.ours

    @routes.post("/api/links/look", summary="Look at a one-time link")
    async def look(body: LinkShown) -> LinkTold:
        async with doors.database.read() as session:
            link = await links.look(session, body.token)
            person = await people.by_id(session, link.person_id) if link.person_id else None
        return LinkTold(
            kind=link.kind,
            role=Role(link.role) if link.role else None,
            email=link.email,
            login=person.login if person else None,
            expires_at=link.expires_at,
        )

    @routes.post("/api/links/accept", summary="Use a one-time link: an account, or a new password")
    async def accept(body: LinkAccepted, request: Request, response: Response) -> SessionState:
        client = ours.client(request.scope, headers_of(request.scope))
        welcome = Welcome(password=body.password, login=body.login, name=body.name, language=body.language)
        opened = await sign_in.with_link(doors, body.token, welcome, client)
        return await shared.opened(request, response, opened)

    return routes
