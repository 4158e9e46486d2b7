"""Jobs that nobody asks for: the backup of every day.

Does: keep in the database when each is next due, so that neither a restart nor a second server makes it come twice.
Does not: do them; it asks for jobs like anyone. Rooms above keep appointments of their own with `turn`.
"""

from datetime import timedelta

from sqlalchemy import select, update

from causerie.database.engine import Database
from causerie.database.tables import new_id, now
from causerie.jobs.marks import UNFINISHED
from causerie.jobs.tables import Appointment, Job
from causerie.settings import Settings

BACKUP = "backup"


async def keep_appointments(database: Database, settings: Settings) -> bool:
    """Ask for what is due; whether something was.

    The first backup is due one interval after the first start: there is nothing to lose before.
    """
    if not settings.backup_interval_h:
        return False
    interval = timedelta(hours=settings.backup_interval_h)
    moment = now()
    async with database.read() as session:
        due = await session.scalar(select(Appointment.next_at).where(Appointment.kind == BACKUP))
    if due is not None and moment < due <= moment + interval:
        return False
    async with database.write() as session:
        if due is None:
            session.add(Appointment(kind=BACKUP, next_at=moment + interval))
            return False
        moved = await session.scalar(
            update(Appointment)
            .where(Appointment.kind == BACKUP, Appointment.next_at == due)
            .values(next_at=moment + interval)
            .returning(Appointment.kind)
        )
        waiting = await session.scalar(select(Job.id).where(Job.kind == BACKUP, Job.state.in_(UNFINISHED)).limit(1))
        # `due` is further away than an interval when the interval was made shorter: it is only moved.
        if moved is None or waiting is not None or due > moment:
            return False
        session.add(Job(id=new_id("job"), kind=BACKUP, parameters={"scheduled": True}))
    return True


async def turn(database: Database, name: str, every: timedelta) -> bool:
    """Whether something is due now that comes once in `every`, and it is for the caller to do.

    Args:
        database: Migrated.
        name: Of the appointment, up to 48 characters.
        every: From one time to the next; the first is due one `every` after it was first asked for.
    """
    moment = now()
    async with database.read() as session:
        due = await session.scalar(select(Appointment.next_at).where(Appointment.kind == name))
    if due is not None and moment < due <= moment + every:
        return False
    async with database.write() as session:
        if due is None:
            if await session.get(Appointment, name) is None:
                session.add(Appointment(kind=name, next_at=moment + every))
            return False
        moved = await session.scalar(
            update(Appointment)
            .where(Appointment.kind == name, Appointment.next_at == due)
            .values(next_at=moment + every)
            .returning(Appointment.kind)
        )
    # Further away than `every`: it was made shorter, and the appointment is only moved.
    return moved is not None and due <= moment
