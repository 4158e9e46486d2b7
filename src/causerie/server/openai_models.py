"""`GET /v1/models` and `GET /v1/models/{model}`: what can be asked, in OpenAI's form.

Does: list. Does not: say more than OpenAI's form holds; the page has `/api/models`.
Form: https://platform.openai.com/docs/api-reference/models
Try it: curl http://127.0.0.1:8080/v1/models
"""

import time
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from causerie.errors import ModelNotFound
from causerie.server.identity import Signed
from causerie.server.metering import Metering, Offered


class ModelObject(BaseModel):
    """One model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    """Seconds since 1970: when it was installed, or when this server started; of a release, when its stage began."""
    owned_by: str
    """Engine or upstream that runs it; `release` for a released name."""


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


def models_routes(metering: Metering) -> APIRouter:
    """The two routes."""
    routes = APIRouter(tags=["OpenAI"])
    started = int(time.time())

    def model_object(offered: Offered) -> ModelObject:
        name, status, route = offered
        if route is not None:
            return ModelObject(id=name, created=int(route.since.timestamp()), owned_by="release")
        installed = status.model.installed_at if status.model else 0
        return ModelObject(id=name, created=installed or started, owned_by=status.engine)

    @routes.get("/v1/models", summary="List the models")
    async def list_models(caller: Signed) -> ModelList:
        return ModelList(data=[model_object(offered) for offered in metering.offered(caller)])

    # An id may hold slashes: `upstream/owner/name`.
    @routes.get("/v1/models/{model:path}", summary="Show one model")
    async def show_model(caller: Signed, model: str) -> ModelObject:
        name = metering.lasting(model, metering.named(caller, model))
        for offered in metering.offered(caller):
            if offered.name == name:
                return model_object(offered)
        raise ModelNotFound("no model is named {name!r}", name=name)

    return routes
