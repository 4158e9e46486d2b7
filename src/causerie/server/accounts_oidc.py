"""`/sign-in/oidc/{provider}`: to the provider and back, as pages that a browser opens.

Does: send the browser away with a ticket in a cookie, and take what it brings back.
Does not: stand under `/api/`: the way back is a link on another's page, which no route there may be.
"""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from causerie.accounts import outside
from causerie.accounts.oidc import OidcClient, Ticket
from causerie.errors import CauserieError, NotFound, SignInFailed
from causerie.server.accounts_session import SessionRoutes
from causerie.server.browsers import TICKET, cookie, headers_of, keep_session, keep_ticket
from causerie.server.recognition import session_token
from causerie.settings import Settings

PATH = "/sign-in/oidc/{provider}"
SEE_OTHER = 303
ProviderId = Annotated[str, Path(max_length=32)]


def oidc_routes(shared: SessionRoutes, settings: Settings) -> APIRouter:
    """The two routes."""
    routes, doors, ours = APIRouter(tags=["Sign-in"]), shared.doors, shared.ours
    clients = {provider.id: OidcClient(provider) for provider in settings.oidc}

    def client_of(provider: str) -> OidcClient:
        if provider not in clients:
            raise NotFound("there is no provider {name!r}", name=provider)
        return clients[provider]

    def way_back(request: Request, provider: str) -> str:
        return f"{ours.origin(request.scope, headers_of(request.scope))}{PATH.format(provider=provider)}/callback"

    @routes.get(PATH, summary="Sign in at a provider", response_class=RedirectResponse, status_code=SEE_OTHER)
    async def begin(provider: ProviderId, request: Request) -> Response:
        client, ticket = client_of(provider), Ticket.new(provider)
        response = RedirectResponse(await client.begin(ticket, way_back(request, provider)), SEE_OTHER)
        keep_ticket(response, ticket.text(), secure=ours.is_secure(request.scope, headers_of(request.scope)))
        return response

    @routes.get(
        PATH + "/callback", summary="Back from a provider", response_class=RedirectResponse, status_code=SEE_OTHER
    )
    async def come_back(provider: ProviderId, request: Request) -> Response:
        headers = headers_of(request.scope)
        secure = ours.is_secure(request.scope, headers)
        client = client_of(provider)
        response = RedirectResponse("/", SEE_OTHER)
        try:
            ticket = Ticket.read(cookie(headers, TICKET, secure=secure))
            if ticket.provider != provider:
                raise SignInFailed("this sign-in was not begun here, or took too long", hint="begin again")
            vouched = await client.finish(ticket, way_back(request, provider), dict(request.query_params))
            token = session_token(request.scope, headers, ours)
            caller = await doors.by_session(token) if token else None
            where = ours.client(request.scope, headers)
            opened = await outside.sign_in(doors, client.provider, vouched, where, caller)
            if opened is not None:
                keep_session(response, opened, secure=secure)
        except CauserieError as error:
            # A person reads this: the page says it in their language.
            response = RedirectResponse(f"/#sign_in_error={quote(error.code)}", SEE_OTHER)
        keep_ticket(response, "", secure=secure)
        return response

    return routes
