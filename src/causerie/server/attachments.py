"""`/api/attachments`: files that go with questions.

Does: receive, show and give back files.
Does not: look into them; `chat/attachments.py` does.
Try it: curl --data-binary @report.pdf 'http://127.0.0.1:8080/api/attachments?name=report.pdf'
"""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from causerie.chat import attachment_files, attachments, file_types, views
from causerie.chat.desk import Desk
from causerie.errors import NotFound
from causerie.server.accounts_schema import Id, Told
from causerie.server.conversations_schema import dumped, refusals
from causerie.server.identity import Member, Signed
from causerie.server.uploads import BODY, chunks

OK, CREATED, NO_CONTENT = 200, 201, 204
ANY = "application/octet-stream"
GIVEN = (ANY, *file_types.PICTURES)
"""Media types under which a file is given back."""


class Read(Told):
    """A file that was read and not kept."""

    name: str
    kind: str
    media_type: str
    size_bytes: int
    text: str
    text_cut: bool


class Text(Told):
    """What a model reads of a file."""

    text: str
    text_cut: bool


def attachment_routes(desk: Desk) -> APIRouter:
    """Files."""
    routes = APIRouter(tags=["Conversations"])

    @routes.post(
        "/api/attachments", summary="Give a file", status_code=CREATED, response_model=views.Attachment,
        responses={OK: {"model": Read, "description": "With `keep=false`: it was read, and nothing is kept"},
                   **refusals(413, 415, 422)},
        openapi_extra=BODY,
    )  # fmt: skip
    async def give(
        caller: Member,
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=1024)],
        keep: bool = True,
    ) -> Response:
        async with attachments.received(desk.folder, name, chunks(request)) as file:
            looked = await attachments.look(file)
            if keep:
                row = await attachments.keep(desk.database, desk.folder, caller.person_id, file, looked)
                return dumped(views.attachment(row), CREATED)
            return dumped(
                Read(
                    name=file.name, kind=looked.type.kind, media_type=looked.type.media_type,
                    size_bytes=file.size_bytes, text=looked.text, text_cut=looked.text_cut,
                )
            )  # fmt: skip

    @routes.get("/api/attachments/{attachment_id}", summary="What a file is")
    async def shown(caller: Signed, attachment_id: Id) -> views.Attachment:
        async with desk.database.read() as session:
            return views.attachment(await attachments.by_id(session, caller.person_id, attachment_id))

    @routes.get("/api/attachments/{attachment_id}/text", summary="What a model reads of a file")
    async def text(caller: Signed, attachment_id: Id) -> Text:
        async with desk.database.read() as session:
            found = await attachments.by_id(session, caller.person_id, attachment_id, text=True)
        return Text(text=found.text, text_cut=found.text_cut)

    @routes.get(
        "/api/attachments/{attachment_id}/content",
        summary="The file itself",
        response_class=FileResponse,
        responses={OK: {"description": "Its bytes", "content": {media_type: {} for media_type in GIVEN}}},
    )
    async def content(caller: Signed, attachment_id: Id) -> FileResponse:
        async with desk.database.read() as session:
            found = await attachments.by_id(session, caller.person_id, attachment_id)
        return await _bytes_of(views.attachment(found), attachment_files.path_of(desk.folder, found.sha256))

    @routes.delete("/api/attachments/{attachment_id}", summary="Take back a file", status_code=NO_CONTENT)
    async def remove(caller: Member, attachment_id: Id) -> None:
        async with desk.database.write() as session:
            await attachments.remove(session, caller.person_id, attachment_id)

    return routes


async def _bytes_of(found: views.Attachment, path: Path) -> FileResponse:
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("the bytes of this file are not on this server", hint="they were not restored with the rows")
    picture = found.kind == "image"
    # A document of a stranger's making must never run as a page of ours.
    how = "inline" if picture else "attachment"
    headers = {
        "content-disposition": f"{how}; filename*=UTF-8''{quote(found.name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, max-age=31536000, immutable",
    }
    return FileResponse(path, media_type=found.media_type if picture else ANY, headers=headers)
