"""A process that keeps a worker, as the server does, until it is killed: `python -m tests.jobs.parent HOME [URL]`."""

import asyncio
import sys
from pathlib import Path

from pydantic import SecretStr

from causerie.database.engine import open_database
from causerie.jobs.workers import Workers
from causerie.settings import Settings


async def main(home: str, url: str = "") -> None:
    """Until killed."""
    settings = Settings(home=Path(home), database_url=SecretStr(url), backup_interval_h=0)
    async with Workers(open_database(settings), settings, "tests.jobs.worker_with_steps"):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
