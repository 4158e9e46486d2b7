"""`/api/...`: what the page asks beside OpenAI's routes.

Does: say of each model what a person wants to know before choosing it, and of the server what the page must know.
Does not: chat; the page does that through `/v1/chat/completions`, as everyone.
"""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from causerie.registry.releases import Stage
from causerie.server.identity import Signed
from causerie.server.metering import Metering, Offered
from causerie.settings import Settings


class Description(BaseModel):
    """Honest sentences about a model, by language (empty = there are none)."""

    en: str
    fr: str


class PageRelease(BaseModel):
    """What answers to a released name."""

    model: str
    """In service."""
    version: str
    """Its id in the registry (empty = it is not registered)."""
    stage: Stage
    """Of the one that is being tried beside it; `all` = there is none."""
    share: float
    """Of people whom the one that is being tried answers, 0 to 1."""


class PageModel(BaseModel):
    """A model, or a released name, as the page shows it; of a released name, the facts are those of the model."""

    name: str
    """What to ask for."""
    engine: str
    state: Literal["unloaded", "loading", "ready", "failed"]
    size_bytes: int
    """On disk (0 = it does not run here)."""
    memory_bytes: int
    """Taken when loaded (estimated until it is)."""
    parameters: int
    """Number of weights (0 = unknown)."""
    quantization: str
    context_tokens: int
    """Prompt and answer together (0 = unknown)."""
    licence: str
    languages: list[str]
    """ISO 639-1 codes."""
    chat: bool
    embeddings: bool
    images: bool
    description: Description
    starter: bool
    """The small model that comes with the program."""
    release: PageRelease | None
    """Which model the name stands for now (null = it is a model's own name)."""


class PageModels(BaseModel):
    """Released names, then models; and what is asked when none is chosen."""

    default: str
    """A released name, where one answers (empty = there is nothing to ask)."""
    models: list[PageModel]


class PageSettings(BaseModel):
    """What the page must know of the server."""

    version: str
    api_key_required: bool
    max_tokens: int
    """Tokens of an answer when the request sets no limit."""


def page_api_routes(metering: Metering, settings: Settings, version: str) -> APIRouter:
    """The routes of the page."""
    routes = APIRouter(tags=["Page"])

    @routes.get("/api/models", summary="Models, for people")
    async def models(caller: Signed) -> PageModels:
        visible = [page_model(offered) for offered in metering.offered(caller)]
        return PageModels(default=metering.default(caller), models=visible)

    @routes.get("/api/settings", summary="What the page must know of the server")
    async def page_settings() -> PageSettings:
        return PageSettings(version=version, api_key_required=bool(settings.api_keys), max_tokens=settings.max_tokens)

    return routes


def page_model(offered: Offered) -> PageModel:
    """A model's facts in the page's form."""
    name, status, route = offered
    model, can = status.model, status.capabilities
    description = model.description if model else {}
    release = route and PageRelease(model=route.model, version=route.version, stage=route.stage, share=route.share)
    return PageModel(
        name=name,
        engine=status.engine,
        state=status.state,
        size_bytes=model.size_bytes if model else 0,
        memory_bytes=status.memory_bytes,
        parameters=model.parameters if model else 0,
        quantization=model.quantization if model else "",
        context_tokens=can.context_tokens,
        licence=model.licence if model else "",
        languages=list(model.languages) if model else [],
        chat=can.chat,
        embeddings=can.embeddings,
        images=can.images,
        description=Description(en=description.get("en", ""), fr=description.get("fr", "")),
        starter=bool(model and model.source == "starter"),
        release=release,
    )
