"""What must be known before anything listens: whether there is an account, and whether this is the first start.

Does: migrate the database, make the local owner, make the one-time link that the first start prints.
Does not: listen or print; see `serve.py` and `cli/up.py`.
"""

from dataclasses import dataclass

from causerie.accounts import links, people
from causerie.accounts.identity import Role
from causerie.database.engine import open_database
from causerie.database.migrate import migrate
from causerie.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How things stand."""

    accounts: bool
    """Somebody has an account."""
    setup_token: str
    """Opens the page where the first account is made (empty = this is not the first start)."""


async def look(settings: Settings) -> Standing:
    """See how things stand, and make what must be there.

    Raises:
        DatabaseNewer: A newer causerie has migrated the database.
        DatabaseUnavailable: It cannot be reached.
    """
    database = open_database(settings)
    try:
        await migrate(database, settings.home)
        first = await people.prepare(database)
        async with database.write() as session:
            accounts = await people.accounts_exist(session)
            token = ""
            if first and not accounts:
                _, token = await links.make(session, "setup", links.SETUP_LASTS, role=Role.OWNER)
        return Standing(accounts=accounts, setup_token=token)
    finally:
        await database.close()
