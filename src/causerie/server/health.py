"""`/healthz`: the process lives. `/readyz`: a request would be answered. `/metrics`: figures for Prometheus.

Does: answer programs that watch over the server. Does not: load a model to find out.
Try it: curl -i http://127.0.0.1:8080/readyz
"""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from causerie.inference.router import Router
from causerie.server.metrics import CONTENT_TYPE, Metrics


class Health(BaseModel):
    """Whether it can serve, and why not."""

    ready: bool
    reasons: list[str]
    """Why not (empty when it is ready)."""


def health_routes(router: Router, metrics: Metrics) -> APIRouter:
    """The three routes."""
    routes = APIRouter(tags=["Watching"])

    @routes.get("/healthz", summary="The process lives")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get(
        "/readyz",
        summary="A request would be answered now",
        responses={503: {"model": Health, "description": "It would not; `reasons` says why"}},
    )
    async def ready(response: Response) -> Health:
        health = readiness(router)
        if not health.ready:
            response.status_code = 503
            response.headers["retry-after"] = "5"
        return health

    @routes.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    async def figures() -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return routes


def readiness(router: Router) -> Health:
    """Ready when at least one model can be asked; a model that is not loaded yet can."""
    statuses = router.models()
    if any(status.state != "failed" for status in statuses):
        return Health(ready=True, reasons=[])
    if not statuses:
        return Health(ready=False, reasons=["no model is installed and no upstream is set: `causerie pull starter`"])
    return Health(ready=False, reasons=[f"{status.name}: {status.engine} has failed" for status in statuses])
