"""The job `backup`, asked for over HTTP of the real server, and done by its real worker."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from causerie.database.archive import open_archive
from causerie.database.backup import BACKUPS
from causerie.database.engine import Database
from causerie.errors import ArchiveError
from causerie.jobs import backup
from causerie.jobs.contract import Result
from causerie.settings import Settings
from tests.running import answer_of, running_server


class Here:
    """A job without a worker: its steps are done at once."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.id, self.settings, self.database = "job_here", settings, database
        self.said: list[str] = []

    async def step(self, name: str, work: Callable[[], Awaitable[Result]]) -> Result:
        assert name
        return await work()

    def progress(self, share: float, message: str) -> None:
        assert 0 <= share <= 1
        assert message

    def say(self, text: str, level: str = "info") -> None:
        self.said.append(f"{level}: {text}")

    def heed(self) -> None:
        pass


def asked(address: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    status, told = answer_of(address, method, path, body)
    return status, told if status < 400 else told["error"]["code"]


def cancelled(address: str) -> Any:
    """A backup that was cancelled in time: the worker may be faster, and then there is another one."""
    while True:
        _, job = asked(address, "POST", "/api/jobs", {"kind": "backup"})
        status, told = asked(address, "POST", f"/api/jobs/{job['id']}/cancel")
        if status != 409:
            assert (status, told["state"] == "cancelled" or told["cancelling"]) == (200, True)
        while job["state"] in {"queued", "running"}:
            time.sleep(0.1)
            _, job = asked(address, "GET", f"/api/jobs/{job['id']}")
        if job["state"] == "cancelled":
            return job


def test_a_backup_asked_for_on_the_page_is_made_while_the_server_runs(database_url: str, settings: Settings) -> None:
    with running_server(settings.home, CAUSERIE_DATABASE_URL=database_url) as server:
        status, job = asked(server.address, "POST", "/api/jobs", {"kind": "backup"})
        assert (status, job["state"], job["kind"], job["person_id"]) == (201, "queued", "backup", "person_local")
        path = f"/api/jobs/{job['id']}"
        while job["state"] in {"queued", "running"}:
            time.sleep(0.1)
            _, job = asked(server.address, "GET", path)
        assert (job["state"], job["error"], job["share"]) == ("done", None, 1.0)
        with open_archive(Path(job["result"]["file"])) as archive:
            archive.check()
            assert archive.manifest.rows == job["result"]["rows"] > 0
        _, log = asked(server.address, "GET", f"{path}/log")
        assert "rows" in log["items"][0]["text"]
        _, listed = asked(server.address, "GET", "/api/jobs?state=done&limit=1")
        assert [each["id"] for each in listed["items"]] == [job["id"]]
        assert asked(server.address, "POST", f"{path}/cancel") == (409, "conflict")
        assert asked(server.address, "POST", f"{path}/retry") == (409, "conflict")
        other = cancelled(server.address)
        status, other = asked(server.address, "POST", f"/api/jobs/{other['id']}/retry")
        assert (status, other["attempt"], other["state"]) == (200, 2, "queued")
        assert asked(server.address, "GET", "/api/jobs/job_none") == (404, "not_found")
        assert asked(server.address, "POST", "/api/jobs", {"kind": "dance"}) == (400, "invalid_request")


async def test_the_schedules_backups_are_kept_up_to_a_number_and_no_other_is_removed(
    database: Database, settings: Settings
) -> None:
    few = settings.model_copy(update={"backups_kept": 2})
    folder = settings.home / BACKUPS
    await asyncio.to_thread(put_old_backups, folder)
    result = await backup.run(Here(few, database), {"scheduled": True})
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["asked-20200101-000000.zip", "scheduled-20200102-000000.zip", Path(result["file"]).name]


def put_old_backups(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in ("asked-20200101-000000", "scheduled-20200101-000000", "scheduled-20200102-000000"):
        (folder / f"{name}.zip").write_bytes(b"")


async def test_a_step_that_is_done_again_finds_its_file(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "new_path", lambda home, why: home / BACKUPS / f"{why}-the-same.zip")
    first = await backup.run(Here(settings, database), {"scheduled": False})
    assert await backup.run(Here(settings, database), {"scheduled": False}) == first


async def test_a_backup_that_cannot_be_read_again_is_not_kept(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BadDisk(Here):
        async def step(self, name: str, work: Callable[[], Awaitable[Result]]) -> Result:
            if name == "verify":
                for path in (settings.home / BACKUPS).iterdir():
                    path.write_bytes(path.read_bytes()[:-50])
            return await super().step(name, work)

    with pytest.raises(ArchiveError):
        await backup.run(BadDisk(settings, database), {"scheduled": False})
    assert list((settings.home / BACKUPS).iterdir()) == []
