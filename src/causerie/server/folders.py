"""`/api/folders`, `/api/drafts`: where conversations are put, and what was typed and not sent.

Does: parse, call, answer, tell the other tabs.
Does not: move conversations; `conversations.py` does.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from causerie.chat import drafts, folders, views
from causerie.chat.desk import Desk
from causerie.server.accounts_schema import Asked, Id, Page
from causerie.server.conversations_schema import Content, FileIds, FolderName
from causerie.server.identity import Member, Signed

CREATED, NO_CONTENT = 201, 204


class NewFolder(Asked):
    """A folder to be made."""

    name: FolderName


class FolderChange(Asked):
    """What is to change; null = it stays."""

    name: FolderName | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None


class DraftAsked(Asked):
    """What was typed."""

    content: Content
    attachment_ids: FileIds = Field(default_factory=list)


def folder_routes(desk: Desk) -> APIRouter:
    """Folders."""
    routes = APIRouter(tags=["Conversations"])

    async def tell(person_id: str) -> list[views.Folder]:
        async with desk.database.read() as session:
            shown = [views.folder(each) for each in await folders.of_person(session, person_id)]
        desk.live.tell(person_id, "folders", {"folders": shown})
        return shown

    @routes.get("/api/folders", summary="Folders")
    async def listed(caller: Signed) -> Page[views.Folder]:
        async with desk.database.read() as session:
            return Page(items=[views.folder(each) for each in await folders.of_person(session, caller.person_id)])

    @routes.post("/api/folders", summary="Make a folder", status_code=CREATED)
    async def create(caller: Member, asked: NewFolder) -> views.Folder:
        async with desk.database.write() as session:
            made = await folders.create(session, caller.person_id, asked.name)
        await tell(caller.person_id)
        return views.folder(made)

    @routes.patch("/api/folders/{folder_id}", summary="Rename or move a folder")
    async def change(caller: Member, folder_id: Id, asked: FolderChange) -> views.Folder:
        async with desk.database.write() as session:
            changed = await folders.change(
                session, caller.person_id, folder_id, name=asked.name, position=asked.position
            )
        await tell(caller.person_id)
        return views.folder(changed)

    @routes.delete("/api/folders/{folder_id}", summary="Remove a folder", status_code=NO_CONTENT)
    async def remove(caller: Member, folder_id: Id) -> None:
        async with desk.database.write() as session:
            inside = await folders.remove(session, caller.person_id, folder_id)
        await tell(caller.person_id)
        await desk.tell_conversations(caller.person_id, inside)

    return routes


def draft_routes(desk: Desk) -> APIRouter:
    """Drafts."""
    routes = APIRouter(tags=["Conversations"])

    @routes.put("/api/drafts/{key}", summary="Keep what was typed", status_code=NO_CONTENT)
    async def keep(caller: Member, key: Id, asked: DraftAsked) -> None:
        async with desk.database.write() as session:
            await drafts.keep(session, caller.person_id, key, asked.content, asked.attachment_ids)
        async with desk.database.read() as session:
            kept = await drafts.find(session, caller.person_id, key)
        if kept is None:
            desk.tell_no_draft(caller.person_id, key)
        else:
            desk.live.tell(caller.person_id, "draft", kept)

    @routes.delete("/api/drafts/{key}", summary="Forget what was typed", status_code=NO_CONTENT)
    async def forget(caller: Member, key: Id) -> None:
        async with desk.database.write() as session:
            await drafts.keep(session, caller.person_id, key, "", [])
        desk.tell_no_draft(caller.person_id, key)

    return routes
