"""What the screens of evaluations, releases and improvement show: written into a data folder as the rooms write it.

Does: a suite that the stub's models answer in a moment; evaluations, rounds and pauses, as if they had happened.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from causerie.database.engine import Database, open_database
from causerie.database.migrate import migrate
from causerie.database.tables import now
from causerie.evaluation import store as evaluations
from causerie.evaluation.finding import find
from causerie.improvement import store as improvements
from causerie.jobs.tables import Job
from causerie.registry.tables import Pause
from causerie.settings import Settings
from tests.evaluation.written import task_table, write_suite
from tests.registry.policies import evaluated, metric

SUITE = "mine"
CONTAINS = '[tasks.options]\nform = "contains"'
LINES = [{"id": str(number), "question": f"say word {number}", "answer": f"word {number}"} for number in range(10)]
"""Questions that whoever repeats them answers well, but for the first two, whose answer is another."""
WRONG = [{**line, "answer": "nothing"} if line["id"] in {"0", "1"} else line for line in LINES]


def write_mine(home: Path) -> None:
    """The suite `mine`, of two tasks."""
    tasks = task_table("words", "answer", "words", CONTAINS) + task_table("more", "answer", "more", CONTAINS)
    write_suite(home / "suites" / SUITE, tasks, words=WRONG, more=LINES[:4])


def within(home: Path, work: Callable[[Database], Awaitable[object]]) -> None:
    """Do something with the database of a data folder, whether its server is up or not."""

    async def done() -> None:
        settings = Settings(home=home)
        database = open_database(settings)
        try:
            await migrate(database, home)
            await work(database)
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as aside:  # the browser's loop runs in this thread
        aside.submit(lambda: asyncio.run(done())).result()


def judge(home: Path, model: str, sha256: str, value: float, number: int) -> None:
    """An evaluation of a model by the suite `mine`, as if it were over."""

    async def add(database: Database) -> None:
        made = evaluated(metric(value=value), suite=SUITE, model=model, version=sha256, edition="7", number=number)
        made = replace(made, suite_sha256=find(Settings(home=home), SUITE).sha256)
        async with database.write() as session:
            await evaluations.add(session, made)

    within(home, add)


def hold(home: Path) -> None:
    """A run that waits for two signatures."""

    async def add(database: Database) -> None:
        pause = Pause(
            id="pause_00000000000000000000000001", kind="compute", subject="1" * 64, name="giant",
            threshold="EU AI Act, systemic risk presumed", limit_flops=1e25, flops=1.3e25, facts={}, reason="",
            created_at=now(), signature="",
        )  # fmt: skip
        async with database.write() as session:
            session.add(pause)

    within(home, add)


STEPS: dict[str, dict[str, Any]] = {
    "collect": {"count": 61, "counts": {"too long": 1, "the account is gone or kept out": 2}, "base": "starter"},
    "examine": {"count": 44, "counts": {"said before": 5, "set aside: burst": 12}},
    "hold_out": {"count": 44, "learnt": 35, "held_out": 9, "method": "dpo", "run": "improve-1"},
    "train": {"count": 240},
    "register": {"model": "starter-improved"},
    "compare": {
        "interval": {"value": 0.78, "low": 0.61, "high": 0.9, "items": 32, "clusters": 30, "method": "Wilson"}
    },
    "evaluate": {"count": 4},
    "gate": {},
}
FINDING = {
    "rule": "burst",
    "people": ["person_gone"],
    "statements": 12,
    "evidence": "12 moments, 12 or more within 60 s",
}


def rounds(home: Path) -> list[str]:
    """Ids of three rounds that are over: refused by the gate, with too little to learn, failed."""
    made: list[str] = []

    async def add(database: Database) -> None:
        for verdict, names in (("refused", list(STEPS)), ("nothing", ["collect"]), ("", ["collect", "examine"])):
            async with database.write() as session:
                job = await improvements.ask(session, {}, None)
                made.append(job.id)
                for name in names:
                    await improvements.began(session, job.id, name)
                    if not verdict and name == "examine":
                        break
                    more = {"findings": [FINDING]} if name == "examine" else {}
                    await improvements.ended(session, job.id, name, {**STEPS[name], **more})
                over: dict[str, Any] = {"state": "done", "result": {"verdict": verdict}}
                if not verdict:
                    over = {
                        "state": "failed",
                        "error": {"code": "not_found", "message": "the texts of this round are gone", "hint": ""},
                    }
                await session.execute(
                    update(Job).where(Job.id == job.id).values(**over, ended_at=now() + timedelta(minutes=9))
                )

    within(home, add)
    return made
