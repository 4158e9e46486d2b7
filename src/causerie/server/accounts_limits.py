"""`/api/admin/quotas`, `prices` and `keys`: what may be used, what it costs, and with which keys.

Does: list, set and remove.
Does not: count; the quotas are held in `accounts/quotas.py`.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from causerie.accounts import audit, keys, limits, quotas
from causerie.accounts.ledger_tables import Quota
from causerie.accounts.rules import Period, Rules, Unit
from causerie.server.accounts_schema import (
    MICROS,
    Asked,
    Id,
    KeyTold,
    ModelName,
    Named,
    Page,
    QuotaTold,
    Told,
    key_told,
    quota_told,
)
from causerie.server.accounts_session import SessionRoutes
from causerie.server.identity import ADMINISTRATORS, Administrator
from causerie.server.metering import Metering
from causerie.settings import Settings

Amount = Annotated[float, Field(ge=0, le=1e12)]


class QuotaMade(Asked):
    """A new quota; money is in the currency of the settings."""

    subject_kind: Literal["person", "group", "key"]
    subject_id: Id
    unit: Unit
    period: Period
    limit: Amount


class QuotaChanged(Asked):
    """Another limit."""

    limit: Amount


class PriceTold(Told):
    """What a million tokens of a model cost (null = not known: a quota of money refuses the model)."""

    model: str
    input_per_million: float | None
    output_per_million: float | None


class PriceMade(Asked):
    """What a million tokens of a model cost; 0 = nothing."""

    model: ModelName
    input_per_million: Amount
    output_per_million: Amount


class Prices(Page[PriceTold]):
    """Every model and its price."""

    currency: str


class KeyOfPerson(KeyTold):
    """A key and whose it is."""

    person: Named


def quota_routes(shared: SessionRoutes) -> APIRouter:
    """Quotas."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    async def told(found: list[Quota]) -> list[QuotaTold]:
        async with doors.database.read() as session:
            names = await limits.names_of(session, found)
            return [quota_told(state, names) for state in await quotas.states(session, found)]

    @routes.get("/api/admin/quotas", summary="List the quotas, and what is left of them")
    async def list_quotas() -> Page[QuotaTold]:
        async with doors.database.read() as session:
            found = await limits.quotas(session)
        return Page(items=await told(found))

    @routes.post("/api/admin/quotas", summary="Set a quota", status_code=201)
    async def make(caller: Administrator, body: QuotaMade) -> QuotaTold:
        limit = _stored(body.unit, body.limit)
        async with doors.changing() as session:
            quota = await limits.add_quota(session, body.subject_kind, body.subject_id, body.unit, body.period, limit)
            await audit.record(
                session, caller.person_id, "quota.make", quota.id, subject=body.subject_id, unit=body.unit,
                period=body.period, limit=limit,
            )  # fmt: skip
        return (await told([quota]))[0]

    @routes.patch("/api/admin/quotas/{quota_id}", summary="Change a quota's limit")
    async def change(caller: Administrator, quota_id: str, body: QuotaChanged) -> QuotaTold:
        async with doors.changing() as session:
            quota = await limits.quota_by_id(session, quota_id)
            quota.limit = _stored(quota.unit, body.limit)
            await audit.record(session, caller.person_id, "quota.change", quota.id, limit=quota.limit)
        return (await told([quota]))[0]

    @routes.delete("/api/admin/quotas/{quota_id}", summary="Remove a quota", status_code=204)
    async def remove(caller: Administrator, quota_id: str) -> None:
        async with doors.changing() as session:
            await limits.remove_quota(session, await limits.quota_by_id(session, quota_id))
            await audit.record(session, caller.person_id, "quota.remove", quota_id)

    return routes


def price_routes(shared: SessionRoutes, settings: Settings, metering: Metering) -> APIRouter:
    """Prices."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/prices", summary="List what each model costs")
    async def list_prices() -> Prices:
        rules = doors.rules
        models = {status.name for status in metering.router.models()} | set(rules.prices)
        return Prices(items=[_price_told(rules, model) for model in sorted(models)], currency=settings.currency)

    @routes.put("/api/admin/prices", summary="Say what a model costs")
    async def set_price(caller: Administrator, body: PriceMade) -> PriceTold:
        micros = [round(price * MICROS) for price in (body.input_per_million, body.output_per_million)]
        async with doors.changing() as session:
            await limits.set_price(session, body.model, *micros)
            await audit.record(
                session, caller.person_id, "price.set", body.model, input_micros=micros[0], output_micros=micros[1]
            )
        return _price_told(doors.rules, body.model)

    @routes.delete("/api/admin/prices", summary="Forget what a model costs", status_code=204)
    async def remove_price(caller: Administrator, model: Annotated[ModelName, Query()]) -> None:
        async with doors.changing() as session:
            await limits.remove_price(session, model)
            await audit.record(session, caller.person_id, "price.remove", model)

    return routes


def all_keys_routes(shared: SessionRoutes) -> APIRouter:
    """The keys of everyone."""
    routes, doors = APIRouter(tags=["Administration"], dependencies=[ADMINISTRATORS]), shared.doors

    @routes.get("/api/admin/keys", summary="List everyone's API keys")
    async def list_keys(person_id: Annotated[str | None, Query(max_length=48)] = None) -> Page[KeyOfPerson]:
        async with doors.database.read() as session:
            found = await keys.of_everyone(session, person_id)
        return Page(
            items=[
                KeyOfPerson(**key_told(key).model_dump(), person=Named(id=person.id, name=person.name))
                for key, person in found
            ]
        )

    @routes.delete("/api/admin/keys/{key_id}", summary="Revoke anyone's API key", status_code=204)
    async def revoke(caller: Administrator, key_id: str) -> None:
        async with doors.changing() as session:
            await keys.revoke(session, key_id)
            await audit.record(session, caller.person_id, "key.revoke", key_id)

    return routes


def _stored(unit: str, limit: float) -> int:
    return round(limit * MICROS) if unit == "money" else int(limit)


def _price_told(rules: Rules, model: str) -> PriceTold:
    rates = rules.prices.get(model)
    return PriceTold(
        model=model,
        input_per_million=rates.input_micros / MICROS if rates else None,
        output_per_million=rates.output_micros / MICROS if rates else None,
    )
