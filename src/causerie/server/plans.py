"""`/api/plans`: what a run would take on a fleet, for builders who move sliders.

Does: plan one at a time, in a thread; tell the plan with its ranges, assumptions and sources.
Does not: keep anything, or compute; see `planning/plan.py`.
Try it: curl -d '{"parameters": 7000000000, "tokens": 1000000000000, "gpus": 1024}' -H content-type:application/json \
    http://127.0.0.1:8080/api/plans
"""

import asyncio

from fastapi import APIRouter

from causerie.errors import ConfigError
from causerie.planning.assumptions import assume
from causerie.planning.gpus import gpu
from causerie.planning.plan import make_plan
from causerie.planning.sketch import sketch
from causerie.registry.policy import compute_thresholds
from causerie.server.identity import BUILDERS
from causerie.server.plans_schema import PlanAsked, PlanTold, plan_told
from causerie.settings import Settings
from causerie.training.control import as_request


def plans_routes(settings: Settings) -> APIRouter:
    """The route.

    Args:
        settings: Where the policy is, with the thresholds of compute.
    """
    routes = APIRouter(tags=["Plans"], dependencies=[BUILDERS])
    turn = asyncio.Semaphore(1)  # a plan is arithmetic for up to seconds: answers to people go on beside one, not ten

    @routes.post("/api/plans", summary="Plan a run on a fleet")
    async def plan(body: PlanAsked) -> PlanTold:
        async with turn:
            return await asyncio.to_thread(_planned, body, settings)

    return routes


def _planned(body: PlanAsked, settings: Settings) -> PlanTold:
    thresholds = compute_thresholds(settings)
    try:
        run = sketch(
            parameters=body.parameters, tokens=body.tokens, context=body.context, batch_tokens=body.batch_tokens,
            precision=body.precision, optimiser=body.optimiser,
        )  # fmt: skip
        given = [f"{name}={'..'.join(map(repr, ends))}" for name, ends in body.assume.items()]
        made = make_plan(run, gpu(body.gpu), body.gpus, assume(given), thresholds=thresholds)
    except ConfigError as error:
        raise as_request(error) from error
    return plan_told(made, with_curves=body.curves)
