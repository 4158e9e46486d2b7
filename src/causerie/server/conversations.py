"""`/api/sidebar`, `/api/conversations`: conversations made, listed, opened, changed, put in the trash.

Does: parse, call the desk, answer.
Does not: ask models; see `messages.py`.
Try it: curl http://127.0.0.1:8080/api/conversations
"""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from causerie.chat import conversations, views
from causerie.chat.conversations import State, Wanted
from causerie.chat.desk import Desk
from causerie.server.accounts_schema import Id, Page
from causerie.server.conversations_schema import (
    MODEL_FAILS,
    ConversationChange,
    ConversationTold,
    Cursor,
    NewConversation,
    SidebarTold,
    dumped,
    refusals,
)
from causerie.server.identity import Member, Signed

NO_CONTENT = 204
CREATED = 201


def conversation_routes(desk: Desk) -> APIRouter:
    """Conversations as wholes."""
    routes = APIRouter(tags=["Conversations"])

    @routes.get("/api/sidebar", summary="Folders and the newest conversations", response_model=SidebarTold)
    async def sidebar(caller: Signed) -> Response:
        return dumped(SidebarTold(**vars(await desk.sidebar(caller.person_id))))

    @routes.get("/api/conversations", summary="Conversations, the last asked first")
    async def listed(
        caller: Signed,
        state: State = "active",
        folder_id: Id | None = None,
        pinned: bool | None = None,
        cursor: Cursor | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Page[views.Summary]:
        wanted = Wanted(state=state, folder_id=folder_id, pinned=pinned, cursor=cursor, limit=limit)
        async with desk.database.read() as session:
            items, following = await conversations.listed(session, caller.person_id, wanted)
        return Page(items=items, next=following)

    @routes.post(
        "/api/conversations", summary="Begin a conversation", status_code=CREATED, response_model=ConversationTold
    )
    async def begin(caller: Member, asked: NewConversation) -> Response:
        parameters = asked.parameters.model_dump(exclude_none=True) if asked.parameters else {}
        new = {"title": asked.title, "folder_id": asked.folder_id, "system": asked.system, "parameters": parameters}
        if asked.ask is None:
            made = await desk.create(caller.person_id, new)
        else:
            question, models = asked.ask.question(), asked.ask.chosen()
            made = await desk.begin(caller, question=question, models=models, parameters=asked.ask.given(), new=new)
        return dumped(ConversationTold(conversation=made), CREATED)

    @routes.get("/api/conversations/{conversation_id}", summary="Open", response_model=views.Conversation)
    async def opened(caller: Signed, conversation_id: Id) -> Response:
        return dumped(await desk.open(caller.person_id, conversation_id))

    @routes.patch("/api/conversations/{conversation_id}", summary="Rename, move, pin, archive, go to a branch")
    async def change(caller: Member, conversation_id: Id, asked: ConversationChange) -> views.Summary:
        async with desk.database.write() as session:
            await conversations.change(session, caller.person_id, conversation_id, asked.given())
        return await desk.tell_conversation(caller.person_id, conversation_id)

    @routes.post(
        "/api/conversations/{conversation_id}/title",
        summary="Ask the model for another title",
        responses=refusals(*MODEL_FAILS),
    )
    async def entitle(caller: Member, conversation_id: Id) -> views.Summary:
        return await desk.entitle(caller, conversation_id)

    return routes


def trash_routes(desk: Desk) -> APIRouter:
    """The trash: in, out, and emptied."""
    routes = APIRouter(tags=["Conversations"])

    @routes.delete("/api/conversations/{conversation_id}", summary="Put in the trash", status_code=NO_CONTENT)
    async def discard(caller: Member, conversation_id: Id) -> None:
        async with desk.database.write() as session:
            await conversations.discard(session, caller.person_id, conversation_id)
        await desk.answers.stop(desk.answers.in_conversation(conversation_id))
        await desk.tell_conversation(caller.person_id, conversation_id)

    @routes.post("/api/conversations/{conversation_id}/restore", summary="Take out of the trash")
    async def restore(caller: Member, conversation_id: Id) -> views.Summary:
        async with desk.database.write() as session:
            await conversations.restore(session, caller.person_id, conversation_id)
        return await desk.tell_conversation(caller.person_id, conversation_id)

    @routes.delete(
        "/api/conversations/{conversation_id}/permanently", summary="Remove for good", status_code=NO_CONTENT
    )
    async def remove(caller: Member, conversation_id: Id) -> None:
        async with desk.database.write() as session:
            await conversations.remove(session, caller.person_id, conversation_id)
        desk.tell_removed(caller.person_id, [conversation_id])

    @routes.delete("/api/trash", summary="Empty the trash", status_code=NO_CONTENT)
    async def empty(caller: Member) -> None:
        async with desk.database.write() as session:
            gone = await conversations.empty_trash(session, caller.person_id)
        desk.tell_removed(caller.person_id, gone)

    return routes
