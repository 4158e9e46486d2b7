"""Folders of conversations.

Does: make, rename, move, list and remove folders of one person.
Does not: put conversations into them; `conversations.py` does.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat.tables import Conversation, Folder
from causerie.database.tables import new_id
from causerie.errors import InvalidRequest, NotFound

MOST = 500
"""Folders of one person."""


async def of_person(session: AsyncSession, person_id: str) -> list[Folder]:
    """The person's folders, in their order."""
    query = select(Folder).where(Folder.person_id == person_id).order_by(Folder.position, Folder.name, Folder.id)
    return list(await session.scalars(query))


async def by_id(session: AsyncSession, person_id: str, folder_id: str) -> Folder:
    """The person's folder of this id.

    Raises:
        NotFound: They have none.
    """
    folder = await session.get(Folder, folder_id)
    if folder is None or folder.person_id != person_id:
        raise NotFound("there is no such folder")
    return folder


async def create(session: AsyncSession, person_id: str, name: str) -> Folder:
    """A new folder, after the others.

    Raises:
        InvalidRequest: There are too many.
    """
    there = await of_person(session, person_id)
    if len(there) >= MOST:
        raise InvalidRequest("there are {limit} folders, which is the limit", limit=MOST)
    position = max((folder.position for folder in there), default=-1) + 1
    folder = Folder(id=new_id("folder"), person_id=person_id, name=name, position=position)
    session.add(folder)
    return folder


async def change(
    session: AsyncSession, person_id: str, folder_id: str, *, name: str | None, position: int | None
) -> Folder:
    """Another name or place (None = as it is).

    Raises:
        NotFound: They have no such folder.
    """
    folder = await by_id(session, person_id, folder_id)
    folder.name = name or folder.name
    folder.position = folder.position if position is None else position
    return folder


async def remove(session: AsyncSession, person_id: str, folder_id: str) -> list[str]:
    """Remove a folder; its conversations stay, and their ids are given back.

    Raises:
        NotFound: They have no such folder.
    """
    folder = await by_id(session, person_id, folder_id)
    inside = list(await session.scalars(select(Conversation.id).where(Conversation.folder_id == folder_id)))
    await session.delete(folder)
    return inside
