"""`/api/versions`: model versions, where they come from, their cards and bills, for builders.

Does: list, show, draw, verify, each by one function of the registry.
Does not: register (the page's button on a run does, `runs.py`) or release (`releases.py`).
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from causerie.database.engine import Database
from causerie.errors import ModelChanged, SignatureInvalid
from causerie.registry import lineage_drawing, story, versions
from causerie.registry.contract import Status
from causerie.registry.story import Story
from causerie.server.identity import BUILDERS
from causerie.server.schema import ErrorAnswer
from causerie.server.versions_schema import (
    CardTold,
    LineageTold,
    Verified,
    VersionName,
    Versions,
    VersionWhole,
    bill_told,
    card_told,
    lineage_told,
    told,
    whole,
)
from causerie.settings import Settings

SVG_HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-cache",
}
DAMAGED: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorAnswer, "description": "A manifest in the database is damaged"},
    500: {"model": ErrorAnswer, "description": "People's notes for a card cannot be read"},
}
"""Errors that not every route has, for the schema."""


def versions_routes(database: Database, settings: Settings) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["Versions"], dependencies=[BUILDERS], responses=DAMAGED)

    async def find(name: str) -> Story:
        async with database.read() as session:
            return await story.story_of(session, settings, name)

    @routes.get("/api/versions", summary="List model versions, the newest first")
    async def list_versions(
        model: Annotated[str | None, Query(max_length=96)] = None,
        status: Status | None = None,
        before: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Versions:
        async with database.read() as session:
            found = await versions.listed(session, model=model, status=status, before=before, limit=limit)
        return Versions(items=[told(each) for each in found], next=found[-1].id if len(found) == limit else None)

    @routes.get("/api/versions/{name}", summary="Show a model version")
    async def show(name: VersionName) -> VersionWhole:
        return whole(await find(name))

    @routes.get("/api/versions/{name}/lineage", summary="Say where a model version comes from")
    async def lineage(name: VersionName) -> LineageTold:
        return lineage_told(await find(name))

    @routes.get(
        "/api/versions/{name}/lineage.svg", summary="Draw where a model version comes from",
        response_class=Response, responses={200: {"content": {"image/svg+xml": {}}}},
    )  # fmt: skip
    async def picture(name: VersionName) -> Response:
        drawn = lineage_drawing.as_svg((await find(name)).family)
        return Response(drawn, media_type="image/svg+xml", headers=SVG_HEADERS)

    @routes.get("/api/versions/{name}/card", summary="Write the card of a model version")
    async def card(name: VersionName, summary: bool = False) -> CardTold:
        return card_told(await find(name), summary=summary)

    @routes.get("/api/versions/{name}/bom", summary="Write the bill of materials of a model version (CycloneDX)")
    async def bill(name: VersionName) -> dict[str, Any]:
        return bill_told(await find(name))

    _verify(routes, database, settings)
    return routes


def _verify(routes: APIRouter, database: Database, settings: Settings) -> None:
    @routes.post("/api/versions/{name}/verify", summary="Compare a model with what was registered, every byte")
    async def verify(name: VersionName) -> Verified:
        async with database.read() as session:
            version = await versions.find(session, name)
        model = await asyncio.to_thread(versions.here, settings, version)
        try:
            await versions.verify(settings, version, model)
        except ModelChanged as error:
            values = {key: str(error.values.get(key, "")) for key in ("file", "expected", "found")}
            return Verified(ok=False, message=error.message, **values)
        except SignatureInvalid as error:
            return Verified(ok=False, file="", expected="", found="", message=error.message)
        return Verified(ok=True, file="", expected="", found="", message="")
