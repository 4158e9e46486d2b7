"""Rounds that nobody asks for: after so many days, or at so many statements.

Does: look now and then, and ask for a round like anyone; several servers ask once.
Does not: release anything: a round ends at the gate, whoever began it.
"""

from datetime import timedelta

from causerie.chat import feedback
from causerie.database.engine import Database
from causerie.errors import Conflict
from causerie.improvement import store
from causerie.jobs.appointments import turn

BY_DAYS, BY_COUNT = "improve by days", "improve by count"
COUNT_EVERY = timedelta(minutes=1)
"""Between two counts of what people said."""


async def keep_rounds(database: Database) -> bool:
    """Ask for a round where one is due; whether one was."""
    async with database.read() as session:
        wishes = await store.wishes(session)
    days = timedelta(days=wishes.every_days)
    by_days = bool(days) and await turn(database, BY_DAYS, days)
    if not by_days and not (wishes.at_count and await turn(database, BY_COUNT, COUNT_EVERY)):
        return False
    async with database.read() as session:
        waiting = await feedback.count(session, await store.last_until(session))
    if waiting < (1 if by_days else wishes.at_count):
        return False
    try:
        async with database.write() as session:
            await store.ask(session, {}, None)
    except Conflict:  # one is at work
        return False
    return True
