"""Applications: programs that ask models with keys of their own, and are nobody's.

Does: make, list and find them. Each has a row among the people, so that keys, quotas, groups, permissions and usage
hold for it as for anybody; it has no login, so nobody signs in as it, and no list of people shows it.
Does not: remove them; `personal_data.erase` does, with all of theirs.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.identity import Role, Scope
from causerie.accounts.tables import Person
from causerie.database.tables import new_id
from causerie.errors import Conflict, NotFound

PREFIX = "app"
"""Of their ids."""
SCOPES: tuple[Scope, ...] = ("models", "conversations")
"""What their keys may be for: an application has no account to look after, and administers nothing."""


def is_one(person_id: str) -> bool:
    """Whether this is the id of an application."""
    return person_id.startswith(f"{PREFIX}_")


async def listed(session: AsyncSession) -> list[Person]:
    """Every application, by name."""
    query = select(Person).where(Person.login.is_(None), Person.id.startswith(f"{PREFIX}_", autoescape=True))
    return list(await session.scalars(query.order_by(Person.name, Person.id)))


async def create(session: AsyncSession, name: str) -> Person:
    """A new application, which may what a member may.

    Raises:
        Conflict: There is one of this name.
    """
    if any(each.name.casefold() == name.casefold() for each in await listed(session)):
        raise Conflict("there is an application {name!r} already", name=name, param="name")
    application = Person(id=new_id(PREFIX), login=None, name=name, role=Role.MEMBER.value, preferences={})
    session.add(application)
    await session.flush()
    return application


async def by_id(session: AsyncSession, application_id: str) -> Person:
    """The application of this id.

    Raises:
        NotFound: There is none.
    """
    found = await session.get(Person, application_id) if is_one(application_id) else None
    if found is None:
        raise NotFound("there is no such application")
    return found
