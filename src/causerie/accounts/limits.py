"""What administrators set: quotas and prices.

Does: list, make, change and remove them.
Does not: count; `quotas.py` does.
"""

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.ledger_tables import Price, Quota
from causerie.accounts.people import changed
from causerie.accounts.rules import Period, Rules, Unit
from causerie.accounts.tables import ApiKey, Group, Person
from causerie.database.tables import new_id
from causerie.errors import Conflict, NotFound

SUBJECTS: dict[str, type[Person] | type[Group] | type[ApiKey]] = {"person": Person, "group": Group, "key": ApiKey}


async def quotas(session: AsyncSession) -> list[Quota]:
    """Every quota."""
    return list(await session.scalars(select(Quota).order_by(Quota.subject_kind, Quota.subject_id, Quota.id)))


async def quotas_of(session: AsyncSession, rules: Rules, person_id: str) -> list[Quota]:
    """The quotas of a person, of their groups and of their keys."""
    keys = select(ApiKey.id).where(ApiKey.person_id == person_id)
    mine = or_(
        (Quota.subject_kind == "person") & (Quota.subject_id == person_id),
        (Quota.subject_kind == "group") & Quota.subject_id.in_(rules.groups.get(person_id, frozenset())),
        (Quota.subject_kind == "key") & Quota.subject_id.in_(keys),
    )
    return list(await session.scalars(select(Quota).where(mine).order_by(Quota.id)))


async def add_quota(
    session: AsyncSession, subject_kind: str, subject_id: str, unit: Unit, period: Period, limit: int
) -> Quota:
    """A new quota.

    Raises:
        NotFound: There is no such person, group or key.
        Conflict: The subject has one of this unit and period.
    """
    if await session.get(SUBJECTS[subject_kind], subject_id) is None:
        raise NotFound("there is no {kind} of this id", kind=subject_kind, param="subject_id")
    quota = Quota(
        id=new_id("quota"), subject_kind=subject_kind, subject_id=subject_id, unit=unit, period=period, limit=limit
    )
    session.add(quota)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("there is a quota of {unit} a {period} already", unit=unit, period=period) from error
    await changed(session)
    return quota


async def quota_by_id(session: AsyncSession, quota_id: str) -> Quota:
    """The quota of this id.

    Raises:
        NotFound: There is none.
    """
    quota = await session.get(Quota, quota_id)
    if quota is None:
        raise NotFound("there is no such quota")
    return quota


async def remove_quota(session: AsyncSession, quota: Quota) -> None:
    """Limit no more, and forget what was counted."""
    await session.delete(quota)
    await changed(session)


async def names_of(session: AsyncSession, quotas: list[Quota]) -> dict[tuple[str, str], str]:
    """What people call the subjects of these quotas."""
    names = {}
    for kind, table in SUBJECTS.items():
        ids = {quota.subject_id for quota in quotas if quota.subject_kind == kind}
        for row in await session.execute(select(table.id, table.name).where(table.id.in_(ids))):
            names[kind, row.id] = row.name
    return names


async def set_price(session: AsyncSession, model: str, input_micros: int, output_micros: int) -> Price:
    """What a million tokens of a model cost."""
    price = await session.merge(Price(model=model, input_micros=input_micros, output_micros=output_micros))
    await changed(session)
    return price


async def remove_price(session: AsyncSession, model: str) -> None:
    """Its price is not known any more.

    Raises:
        NotFound: It was not.
    """
    if await session.scalar(delete(Price).where(Price.model == model).returning(Price.model)) is None:
        raise NotFound("model {model!r} has no price", model=model)
    await changed(session)
