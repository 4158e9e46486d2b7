"""Conversations as files: `/api/conversations/export`, `.../import`, and one at a time.

Does: give out Markdown and JSON; take in our own export, ChatGPT's and Open WebUI's.
Does not: know their forms; `chat/exports.py` and `chat/imports.py` do.
Try it: curl --data-binary @conversations.json http://127.0.0.1:8080/api/conversations/import
"""

from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from causerie.chat import attachments, exports, imports
from causerie.chat.desk import Desk
from causerie.server.accounts_schema import Id, Told
from causerie.server.conversations_schema import refusals
from causerie.server.identity import Member, Signed
from causerie.server.uploads import BODY, LIMITS, chunks

IMPORT = "/api/conversations/import"
MOST_TOLD = 200
"""Imported conversations that open tabs are told of one by one; they ask for the rest as people scroll."""


class Skipped(Told):
    """A conversation that could not be understood."""

    title: str
    reason: str


class ImportTold(Told):
    """What came of an import."""

    format: Literal["causerie", "chatgpt", "open_webui"]
    imported: int
    already_here: int
    messages: int
    skipped: list[Skipped]
    """The first 50."""


def file_routes(desk: Desk) -> APIRouter:
    """Export and import. They stand before `/api/conversations/{conversation_id}`, whose form they have."""
    routes = APIRouter(tags=["Conversations"])

    @routes.get(
        "/api/conversations/export",
        summary="All conversations as JSON",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/json": {}}}},
    )
    async def everything(caller: Signed) -> StreamingResponse:
        pieces = exports.everything(desk.database, caller.person_id)
        return StreamingResponse(pieces, media_type="application/json", headers=_named("conversations.json"))

    @routes.post(IMPORT, summary="Take in an export", openapi_extra=BODY, responses=refusals(413))
    async def take_in(caller: Member, request: Request) -> ImportTold:
        body = chunks(request)
        async with attachments.received(desk.folder, "import", body, LIMITS[IMPORT]) as file:
            report = await imports.take_in(desk.database, desk.folder, caller.person_id, file)
        await desk.tell_conversations(caller.person_id, report.conversation_ids[-MOST_TOLD:])
        return ImportTold(
            format=report.format,
            imported=len(report.conversation_ids),
            already_here=report.already_here,
            messages=report.messages,
            skipped=[Skipped(**each) for each in report.skipped],
        )

    @routes.get(
        "/api/conversations/{conversation_id}/export",
        summary="One conversation as a file",
        response_class=Response,
        responses={200: {"content": {"text/markdown": {}, "application/json": {}}}},
    )
    async def one(
        caller: Signed,
        conversation_id: Id,
        format: Literal["markdown", "json"] = "markdown",  # noqa: A002 - the parameter's name
        language: Literal["en", "fr"] = "en",
    ) -> Response:
        async with desk.database.read() as session:
            if format == "json":
                title, body = await exports.one(session, caller.person_id, conversation_id)
                return Response(body, media_type="application/json", headers=_named(f"{title}.json"))
            title, said = await exports.markdown(session, caller.person_id, conversation_id, language)
        return Response(said, media_type="text/markdown", headers=_named(f"{title}.md"))

    return routes


def _named(name: str) -> dict[str, str]:
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name.strip() or 'conversation', safe='')}"}
