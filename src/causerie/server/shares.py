"""`/api/shares`, `/api/shared`: links to conversations.

Does: make, list and revoke links; show what a link leads to, also to who is not known here where its maker said so.
Does not: keep them; `chat/shares.py` does.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from causerie.accounts.identity import Caller
from causerie.chat import shares, views
from causerie.chat.desk import Desk
from causerie.chat.shares import Audience
from causerie.chat.tables import Share
from causerie.server.accounts_schema import Asked, Id, Page, Token, Told
from causerie.server.identity import KEY, Member, Signed

CREATED, NO_CONTENT = 201, 204
ROWS = ConfigDict(use_attribute_docstrings=True, from_attributes=True)


class NewShare(Asked):
    """A link to be made."""

    audience: Audience = "members"
    """`members` = who is signed in here; `anyone` = whoever has the link."""
    expires_days: Annotated[int, Field(ge=1, le=365)] | None = 30
    """null = until it is revoked."""


class ShareTold(Told):
    """A link, without what opens it."""

    id: str
    conversation_id: str
    title: str
    audience: Audience
    created_at: views.Instant
    expires_at: views.Instant | None
    revoked_at: views.Instant | None


class ShareMade(Told):
    """A new link."""

    share: ShareTold
    token: str
    """Shown once; the link is `/#shared=TOKEN`."""


class SharedAsked(Asked):
    """What a link holds."""

    token: Token


class SharedMessage(BaseModel):
    """A message as others see it."""

    model_config = ROWS
    role: str
    content: str
    model: str | None
    attachments: list[str]
    """Names of files, which are not shared themselves."""
    created_at: views.Instant


class SharedTold(BaseModel):
    """What a link leads to."""

    model_config = ROWS
    title: str
    shared_at: views.Instant
    expires_at: views.Instant | None
    messages: list[SharedMessage]


def share_routes(desk: Desk) -> APIRouter:
    """Links."""
    routes = APIRouter(tags=["Conversations"])

    @routes.get("/api/shares", summary="Links that you made")
    async def listed(caller: Signed, conversation_id: Id | None = None) -> Page[ShareTold]:
        async with desk.database.read() as session:
            found = await shares.listed(session, caller.person_id, conversation_id)
        return Page(items=[_told(each) for each in found])

    @routes.post("/api/conversations/{conversation_id}/shares", summary="Share by a link", status_code=CREATED)
    async def make(caller: Member, conversation_id: Id, asked: NewShare) -> ShareMade:
        async with desk.database.write() as session:
            share, token = await shares.make(
                session, caller.person_id, conversation_id, audience=asked.audience, days=asked.expires_days
            )
        await desk.tell_conversation(caller.person_id, conversation_id)
        return ShareMade(share=_told(share), token=token)

    @routes.delete("/api/shares/{share_id}", summary="Revoke a link", status_code=NO_CONTENT)
    async def revoke(caller: Member, share_id: Id) -> None:
        async with desk.database.write() as session:
            share = await shares.revoke(session, caller.person_id, share_id)
        await desk.tell_conversation(caller.person_id, share.conversation_id)

    @routes.post("/api/shared", summary="Read what a link leads to")
    async def look(request: Request, asked: SharedAsked) -> SharedTold:
        known = isinstance(request.scope.get(KEY), Caller)
        async with desk.database.read() as session:
            found = await shares.look(session, asked.token, signed_in=known)
        return SharedTold.model_validate(found)

    return routes


def _told(share: Share) -> ShareTold:
    return ShareTold.model_validate(share, from_attributes=True)
