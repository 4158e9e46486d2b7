"""The application: every route, behind the layers that watch and guard it.

Does: put the routes, the router of models, metrics and traces together, once, from the settings.
Does not: listen; see `serve.py`.

The order is `Observation` (id, log, metrics) around `Gate` (host, origin, key, limits) around FastAPI. The routes
that carry tokens are plain ASGI applications inside it: nothing stands between an engine's bytes and the client.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from causerie.accounts import operator_key
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.personal_data import PersonalData
from causerie.accounts.usage import UsageWriter
from causerie.chat import feedback
from causerie.chat.desk import Desk
from causerie.chat.personal_data import SECTIONS as CONVERSATIONS
from causerie.database.engine import Database, open_database
from causerie.database.migrate import migrate
from causerie.errors import CauserieError
from causerie.improvement.schedule import keep_rounds
from causerie.inference.router import Router
from causerie.jobs.workers import Workers
from causerie.registry.aliases import Aliases
from causerie.registry.shadow import Shadow
from causerie.registry.versions import load_check
from causerie.registry.watching import Watch
from causerie.server.accounts_routes import accounts_routes
from causerie.server.chat_routes import chat_routes
from causerie.server.errors import (
    answer_causerie_error,
    answer_client_gone,
    answer_fault,
    answer_http_error,
    answer_validation_error,
)
from causerie.server.evaluations import evaluations_routes
from causerie.server.health import health_routes
from causerie.server.improvement import improvement_routes
from causerie.server.jobs import jobs_routes
from causerie.server.metering import Metering
from causerie.server.metrics import Metrics
from causerie.server.observation import Observation
from causerie.server.openai_chat import PATH as CHAT
from causerie.server.openai_chat import ChatCompletions
from causerie.server.openai_completions import PATH as COMPLETIONS
from causerie.server.openai_completions import Completions
from causerie.server.openai_embeddings import PATH as EMBEDDINGS
from causerie.server.openai_embeddings import Embeddings
from causerie.server.openai_models import models_routes
from causerie.server.openai_responses import PATH as RESPONSES
from causerie.server.openai_responses import Responses, responses_routes
from causerie.server.page import page_routes
from causerie.server.page_api import page_api_routes
from causerie.server.plans import plans_routes
from causerie.server.relay import ClientGone
from causerie.server.releases import releases_routes
from causerie.server.responses_store import ResponseStore
from causerie.server.runs import runs_routes
from causerie.server.schema import openapi_of
from causerie.server.security import Gate
from causerie.server.versions import versions_routes
from causerie.settings import Settings

VERSION = version("causerie")
PERSONAL_DATA: tuple[PersonalData, ...] = CONVERSATIONS
"""What each room above the accounts keeps of people: given out and removed with theirs."""


@dataclass(frozen=True)
class Parts:
    """What the routes stand on; nothing of it has begun before the application does."""

    settings: Settings
    router: Router
    metrics: Metrics
    database: Database
    doors: Doorkeeper
    usage: UsageWriter
    metering: Metering
    desk: Desk
    workers: Workers
    aliases: Aliases
    watch: Watch


def parts_of(settings: Settings) -> Parts:
    """The parts, from the settings."""
    database = open_database(settings)
    aliases = Aliases(database)
    router = Router(settings, check=load_check(database, settings), released=aliases.resolve)
    shadow = Shadow(router.send, aliases.shadow_of)
    router.copy_to(shadow)
    watch = Watch(settings, aliases, shadow, feedback.thumbs)
    doors = Doorkeeper(database, settings.currency)
    usage = UsageWriter(database, lambda: doors.rules)
    metering = Metering(router, doors, usage, aliases)
    workers = Workers(database, settings, due=keep_rounds)
    desk = Desk(database, router, settings, lambda: doors.rules, metering.named, usage, metering.lasting)
    metrics = Metrics(router.models)
    return Parts(settings, router, metrics, database, doors, usage, metering, desk, workers, aliases, watch)


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[None]:
    """All parts at work, the lower ones first; what waits to be written is written at the end."""
    try:
        await migrate(parts.database, parts.settings.home)
        await parts.doors.start()
        async with parts.usage, parts.aliases, parts.router, parts.watch, parts.desk, parts.workers:
            yield
    finally:
        await parts.doors.close()
        await parts.database.close()


def create_api(parts: Parts) -> FastAPI:
    """The routes alone, without the layers around them."""
    settings, router, metering = parts.settings, parts.router, parts.metering

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(parts):
            yield

    api = FastAPI(
        title="causerie",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,  # its pages load from other hosts
        redoc_url=None,
        redirect_slashes=False,  # a path that does not exist is a 404, with a slash at its end or without
        exception_handlers={
            CauserieError: answer_causerie_error,
            RequestValidationError: answer_validation_error,
            HTTPException: answer_http_error,
            ClientGone: answer_client_gone,
            Exception: answer_fault,
        },
    )
    responses = ResponseStore()
    streaming: tuple[tuple[str, ASGIApp], ...] = (
        (CHAT, ChatCompletions(router, metering, settings.max_tokens)),
        (COMPLETIONS, Completions(router, metering)),
        (EMBEDDINGS, Embeddings(router, metering)),
        (RESPONSES, Responses(router, metering, responses, settings.max_tokens)),
    )
    for path, endpoint in streaming:
        api.router.routes.append(Route(path, endpoint, methods=["POST"]))
    for routes in (
        models_routes(metering),
        responses_routes(responses),
        page_api_routes(metering, settings, VERSION),
        *chat_routes(parts.desk, parts.doors.still),
        *accounts_routes(parts.doors, settings, metering, PERSONAL_DATA),
        jobs_routes(parts.database, parts.workers),
        runs_routes(parts.database, settings, parts.workers, parts.router),
        releases_routes(parts.aliases, settings),
        evaluations_routes(parts.database, settings, metering, parts.workers),
        improvement_routes(parts.database, parts.workers),
        plans_routes(settings),
        versions_routes(parts.database, settings),
        health_routes(router, parts.metrics),
        page_routes(),  # last: it takes every path
    ):
        api.include_router(routes)
    api.openapi = lambda: openapi_of(api)  # type: ignore[method-assign] # FastAPI's own way to extend the schema
    return api


def create_app(settings: Settings) -> ASGIApp:
    """The whole application, as `serve.py` runs it."""
    parts = parts_of(settings)
    listeners = [parts.metering.note]
    if settings.otlp_endpoint:
        from causerie.server.tracing import Tracing

        listeners.append(Tracing(settings.otlp_endpoint, VERSION).count)
    gate = Gate(create_api(parts), settings, parts.doors, operator_key.prepare(settings.home))
    return Observation(gate, parts.metrics, listeners)
