"""Groups of people, and which models are open to whom.

Does: make, change and remove groups; put people in and take them out; say who may ask a model.
Does not: answer for a request; `rules.py` does, from memory.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.ledger_tables import Quota
from causerie.accounts.people import by_id, changed
from causerie.accounts.tables import Group, Membership, ModelPermission, Person
from causerie.accounts.upserts import insert_into
from causerie.database.tables import new_id
from causerie.errors import Conflict, NotFound


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Who may ask a model."""

    model: str
    everyone: bool
    groups: tuple[Group, ...] = ()
    people: tuple[Person, ...] = ()


async def create(session: AsyncSession, name: str, description: str = "") -> Group:
    """A new group.

    Raises:
        Conflict: There is one of this name.
    """
    group = Group(id=new_id("group"), name=name, description=description)
    session.add(group)
    await _flush(session, name)
    return group


async def by_group_id(session: AsyncSession, group_id: str) -> Group:
    """The group of this id.

    Raises:
        NotFound: There is none.
    """
    group = await session.get(Group, group_id)
    if group is None:
        raise NotFound("there is no such group")
    return group


async def change(session: AsyncSession, group: Group, *, name: str | None, description: str | None) -> None:
    """Another name or description (None = as it is).

    Raises:
        Conflict: There is another group of this name.
    """
    group.name = name or group.name
    group.description = group.description if description is None else description
    await _flush(session, group.name)


async def remove(session: AsyncSession, group: Group) -> None:
    """Remove a group: its people stay, its quotas go, and a model that it alone could ask is closed, not opened."""
    await session.execute(delete(Quota).where(Quota.subject_kind == "group", Quota.subject_id == group.id))
    await session.delete(group)
    await changed(session)


async def listed(session: AsyncSession) -> list[tuple[Group, int]]:
    """Every group by name, with the number of its people."""
    query = select(Group, func.count(Membership.person_id)).outerjoin(Membership, Membership.group_id == Group.id)
    found = await session.execute(query.group_by(Group.id).order_by(Group.name))
    return [(row[0], row[1]) for row in found]


async def members(session: AsyncSession, group_id: str) -> list[Person]:
    """The people of a group, by name."""
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    return list(await session.scalars(query.where(Membership.group_id == group_id).order_by(Person.name, Person.id)))


async def of_people(session: AsyncSession, person_ids: list[str]) -> dict[str, list[Group]]:
    """The groups of each of these people, by name."""
    query = select(Membership.person_id, Group).join(Group, Group.id == Membership.group_id)
    found: dict[str, list[Group]] = {person_id: [] for person_id in person_ids}
    for row in await session.execute(query.where(Membership.person_id.in_(person_ids)).order_by(Group.name)):
        found[row[0]].append(row[1])
    return found


async def put_in(session: AsyncSession, group_id: str, person_id: str) -> None:
    """Put somebody into a group; nothing happens when they are in it.

    Raises:
        NotFound: There is no such group or person.
    """
    await by_group_id(session, group_id)
    await by_id(session, person_id)
    row = insert_into(session, Membership).values(group_id=group_id, person_id=person_id)
    await session.execute(row.on_conflict_do_nothing())
    await changed(session)


async def take_out(session: AsyncSession, group_id: str, person_id: str) -> None:
    """Take somebody out of a group.

    Raises:
        NotFound: They are not in it.
    """
    mine = Membership.group_id == group_id, Membership.person_id == person_id
    if await session.scalar(delete(Membership).where(*mine).returning(Membership.group_id)) is None:
        raise NotFound("this person is not in the group")
    await changed(session)


async def follow(
    session: AsyncSession, person_id: str, names: Collection[str], among: Collection[str]
) -> tuple[list[str], list[str]]:
    """Have somebody be in the groups of these names and in no other.

    Args:
        session: To write in.
        person_id: Who.
        names: Of groups; those that are not here are passed over.
        among: The names of the groups that this is about (empty = all); the others stay as they are.

    Returns:
        The ids of the groups that they joined and of those that they left.
    """
    rows = await session.execute(select(Group.id, Group.name).order_by(Group.name))
    known = {row.name: row.id for row in rows if not among or row.name in among}
    mine = set(await session.scalars(select(Membership.group_id).where(Membership.person_id == person_id)))
    joined = [group_id for name, group_id in known.items() if name in names and group_id not in mine]
    left = [group_id for name, group_id in known.items() if name not in names and group_id in mine]
    for group_id in joined:
        await put_in(session, group_id, person_id)
    for group_id in left:
        await take_out(session, group_id, person_id)
    return joined, left


async def permit(
    session: AsyncSession, model: str, *, everyone: bool, group_ids: list[str], person_ids: list[str]
) -> None:
    """Say anew who may ask a model.

    Raises:
        NotFound: There is no such group or person.
    """
    for group_id in group_ids:
        await by_group_id(session, group_id)
    for person_id in person_ids:
        await by_id(session, person_id)
    await session.execute(delete(ModelPermission).where(ModelPermission.model == model))
    if not everyone:
        session.add(ModelPermission(id=new_id("permission"), model=model))
        named = [{"group_id": each} for each in dict.fromkeys(group_ids)]
        named += [{"person_id": each} for each in dict.fromkeys(person_ids)]
        session.add_all(ModelPermission(id=new_id("permission"), model=model, **each) for each in named)
    await changed(session)


async def permissions(session: AsyncSession, models: list[str]) -> list[Permission]:
    """Who may ask each of these models, and those that have a rule though they are not here."""
    rows = list(await session.scalars(select(ModelPermission)))
    groups = {group.id: group for group, _ in await listed(session)}
    ids = {row.person_id for row in rows if row.person_id}
    people = {person.id: person for person in await session.scalars(select(Person).where(Person.id.in_(ids)))}
    ruled = {row.model for row in rows}
    return [
        Permission(
            model=model,
            everyone=model not in ruled,
            groups=tuple(groups[row.group_id] for row in rows if row.model == model and row.group_id),
            people=tuple(people[row.person_id] for row in rows if row.model == model and row.person_id),
        )
        for model in sorted({*models, *ruled})
    ]


async def _flush(session: AsyncSession, name: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("there is a group named {name!r} already", name=name, param="name") from error
