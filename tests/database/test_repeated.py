"""What is done again and again outlives a database that is away, and ends when it is told to."""

import asyncio

from structlog.testing import capture_logs

from causerie.database.repeated import Repeated
from causerie.errors import DatabaseUnavailable


async def test_it_goes_on_after_the_database_was_away_and_ends_when_stopped() -> None:
    times = 0
    enough = asyncio.Event()

    async def duty() -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise DatabaseUnavailable("the database is away")
        if times == 3:
            enough.set()

    with capture_logs() as lines:
        repeated = Repeated(0.001, duty, "it waits")
        assert times == 0, "the first time comes after the wait"
        await asyncio.wait_for(enough.wait(), 10)
        await repeated.stop()
    assert [line["event"] for line in lines] == ["it waits"]
    assert lines[0]["error"] == "the database is away"
    stopped_at = times
    await asyncio.sleep(0.02)
    assert times == stopped_at
