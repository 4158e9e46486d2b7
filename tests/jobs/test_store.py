"""Jobs are asked for, listed, cancelled and tried again only where that makes sense."""

from datetime import timedelta

import pytest

from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import Conflict, InvalidRequest, NotFound
from causerie.jobs import marks, store
from causerie.jobs.appointments import keep_appointments
from causerie.jobs.tables import Job
from causerie.settings import Settings


async def ask(database: Database, **parameters: object) -> Job:
    async with database.write() as session:
        return await store.ask(session, "backup", parameters, "person_ada")


async def test_a_new_job_waits_and_knows_who_asked(database: Database) -> None:
    job = await ask(database)
    assert (job.kind, job.state, job.share, job.attempt, job.person_id) == ("backup", "queued", 0.0, 1, "person_ada")
    assert job.parameters == {"scheduled": False}
    assert [each.id for each in await marks.unfinished(database)] == [job.id]


@pytest.mark.parametrize("parameters", [{"wrong": 1}, {"scheduled": "yes"}])
async def test_parameters_are_checked_where_the_job_is_asked_for(
    database: Database, parameters: dict[str, object]
) -> None:
    with pytest.raises(InvalidRequest, match="scheduled"):
        await ask(database, **parameters)


async def test_a_kind_that_is_not_known_is_refused(database: Database) -> None:
    with pytest.raises(InvalidRequest, match="'dance' is not a kind of job"):
        async with database.write() as session:
            await store.ask(session, "dance", {}, None)


async def test_the_list_has_the_newest_first_by_state_kind_and_page(database: Database) -> None:
    jobs = [(await ask(database)).id for _ in range(3)]
    newest_first = sorted(jobs, reverse=True)
    await marks.ended(database, newest_first[0], "done", result={})
    async with database.read() as session:
        assert [job.id for job in await store.listed(session)] == newest_first
        assert [job.id for job in await store.listed(session, limit=1)] == newest_first[:1]
        assert [job.id for job in await store.listed(session, before=newest_first[0])] == newest_first[1:]
        assert [job.id for job in await store.listed(session, state="done")] == newest_first[:1]
        assert await store.listed(session, kind="other") == []
        with pytest.raises(InvalidRequest, match="'asleep'"):
            await store.listed(session, state="asleep")


async def test_what_is_over_cannot_be_cancelled_and_what_is_done_not_tried_again(database: Database) -> None:
    job = await ask(database)
    async with database.write() as session:
        with pytest.raises(Conflict, match="queued"):
            await store.retry(session, job.id)
    await marks.started(database, job.id)
    await marks.ended(database, job.id, "done", result={"rows": 1})
    async with database.write() as session:
        with pytest.raises(Conflict, match="done"):
            await store.cancel(session, job.id)
        with pytest.raises(Conflict, match="done"):
            await store.retry(session, job.id)


async def test_what_does_not_exist_is_not_found(database: Database) -> None:
    async with database.write() as session:
        for work in (store.get, store.cancel, store.retry, store.lines):
            with pytest.raises(NotFound, match="job_none"):
                await work(session, "job_none")


async def test_an_end_is_written_once_and_a_cancelled_job_does_not_begin(database: Database) -> None:
    job = await ask(database)
    async with database.write() as session:
        await store.cancel(session, job.id)
    assert not await marks.started(database, job.id)
    await marks.ended(database, job.id, "done", result={})
    async with database.read() as session:
        assert (await store.get(session, job.id)).state == "cancelled"


async def test_progress_and_log_are_kept_and_a_log_is_read_in_pieces(database: Database) -> None:
    job = await ask(database)
    await marks.started(database, job.id)
    await marks.noted(database, job.id, (7.0, "x" * 500), [(now(), "info", f"line {number}") for number in range(5)])
    async with database.read() as session:
        job = await store.get(session, job.id)
        assert (job.share, len(job.message)) == (1.0, 200)
        first = await store.lines(session, job.id, limit=2)
        rest = await store.lines(session, job.id, after=first[-1].number)
    assert [line.text for line in (*first, *rest)] == [f"line {number}" for number in range(5)]


async def test_the_backup_of_the_day_is_due_an_interval_after_the_first_start_and_asked_for_once(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    assert not await keep_appointments(database, settings)
    assert not await keep_appointments(database, settings)
    monkeypatch.setattr("causerie.jobs.appointments.now", lambda: moment + timedelta(hours=25))
    assert await keep_appointments(database, settings)
    assert not await keep_appointments(database, settings)
    monkeypatch.setattr("causerie.jobs.appointments.now", lambda: moment + timedelta(hours=50))
    assert not await keep_appointments(database, settings), "the first has not been done yet"
    (job,) = await marks.unfinished(database)
    assert (job.parameters, job.person_id) == ({"scheduled": True}, None)


async def test_without_an_interval_nothing_is_ever_due(database: Database, settings: Settings) -> None:
    never = settings.model_copy(update={"backup_interval_h": 0})
    assert not await keep_appointments(database, never)


async def test_after_a_restore_what_was_at_work_is_said_to_be_interrupted(database: Database) -> None:
    job = await ask(database)
    await marks.interrupted(database, "restored")
    async with database.read() as session:
        job = await store.get(session, job.id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["code"] == "interrupted"
