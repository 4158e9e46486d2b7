"""The application: every route, behind the layers that watch and guard it.

Does: put the routes, the router of models, metrics and traces together, once, from the settings.
Does not: listen; see `serve.py`.

The order is `Observation` (id, log, metrics) around `Gate` (host, origin, key, limits) around FastAPI. The routes
that carry tokens are plain ASGI applications inside it: nothing stands between an engine's bytes and the client.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from causerie.errors import CauserieError
from causerie.inference.router import Router
from causerie.server.errors import (
    answer_causerie_error,
    answer_client_gone,
    answer_fault,
    answer_http_error,
    answer_validation_error,
)
from causerie.server.health import health_routes
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
from causerie.server.relay import ClientGone
from causerie.server.responses_store import ResponseStore
from causerie.server.schema import openapi_of
from causerie.server.security import Gate
from causerie.settings import Settings

VERSION = version("causerie")


def create_api(settings: Settings, router: Router, metrics: Metrics) -> FastAPI:
    """The routes alone, without the layers around them."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with router:
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
        (CHAT, ChatCompletions(router, settings.max_tokens)),
        (COMPLETIONS, Completions(router)),
        (EMBEDDINGS, Embeddings(router)),
        (RESPONSES, Responses(router, responses, settings.max_tokens)),
    )
    for path, endpoint in streaming:
        api.router.routes.append(Route(path, endpoint, methods=["POST"]))
    for routes in (
        models_routes(router),
        responses_routes(responses),
        page_api_routes(router, settings, VERSION),
        health_routes(router, metrics),
        page_routes(),  # last: it takes every path
    ):
        api.include_router(routes)
    api.openapi = lambda: openapi_of(api)  # type: ignore[method-assign] # FastAPI's own way to extend the schema
    return api


def create_app(settings: Settings) -> ASGIApp:
    """The whole application, as `serve.py` runs it."""
    router = Router(settings)
    metrics = Metrics(router.models)
    listeners = []
    if settings.otlp_endpoint:
        from causerie.server.tracing import Tracing

        listeners.append(Tracing(settings.otlp_endpoint, VERSION).count)
    return Observation(Gate(create_api(settings, router, metrics), settings), metrics, listeners)
