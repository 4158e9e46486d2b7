"""Rounds done by the real worker with a tiny model: to the gate, through a kill, past a pause, with too little."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from causerie.improvement import store
from causerie.improvement.store import Improvement, Step
from causerie.inference import catalogue
from causerie.jobs import store as jobs
from causerie.jobs.workers import Workers
from causerie.registry import policy, releases, standing
from causerie.settings import Settings
from causerie.training import runs
from causerie.training.process import outcome
from causerie.training.run import train
from tests.improvement.talked import Talked
from tests.training.talks import WORDS, write_talks
from tests.training.test_export import taught

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("rounds")]
BEST = "white"
"""What people like best, whatever they asked."""
PAIRS = [(first, second) for first in WORDS for second in WORDS if first != BEST]
POLICY = 'version = "test"\n[gate]\nlineage = false\ncard = false\nsignature = true\nautomatic = {automatic}\n'
SMALL = {
    "model.context": "64", "schedule.epochs": "8", "optimiser.matrices": "0.02", "lora.rank": "4", "batch.size": "4",
    "checkpoints.every_steps": "20", "evaluation.every_steps": "1000", "compute.threads": "1",
}  # fmt: skip
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that has learnt next to nothing."""
    folder = tmp_path_factory.mktemp("tiny")
    return train(taught(write_talks(folder / "talks"), folder / "run")).path / "export" / "model.gguf"


class Rounds:
    """Asks for rounds of the tiny model, and looks at them."""

    def __init__(self, talked: Talked, settings: Settings) -> None:
        self.talked, self.settings, self.database = talked, settings, talked.database

    async def votes(self, number: int, people: int = 3) -> None:
        """So many votes for the colour that people like best."""
        ids = [await self.talked.join(f"person{each}") for each in range(people)]
        for place in range(number):
            first, second = PAIRS[place]
            await self.talked.compared(ids[place % people], f"{first} or {second}, what comes after?", BEST, first)

    async def ask(self, **given: Any) -> str:
        wanted = {"model": "tiny", "least": 4, "held_out": 0.3, "changes": SMALL, **given}
        async with self.database.write() as session:
            return (await store.ask(session, wanted, None)).id

    async def get(self, job_id: str) -> Improvement:
        async with self.database.read() as session:
            return await store.get(session, job_id)

    async def until(self, job_id: str, *states: str) -> Improvement:
        while (found := await self.get(job_id)).job.state not in states:
            assert found.job.state not in {"failed", "cancelled"}, found.job.error
            await asyncio.sleep(0.1)
        return found

    async def until_training(self, job_id: str) -> Improvement:
        """Until a step of the training is done."""
        while "train: step" not in (found := await self.get(job_id)).job.message:
            assert found.job.state in {"queued", "running"}, found.job.error
            await asyncio.sleep(0.05)
        return found

    async def log(self, job_id: str) -> str:
        async with self.database.read() as session:
            return "\n".join(line.text for line in await jobs.lines(session, job_id))

    def texts(self) -> list[str]:
        """Files in which people's words are."""
        kept = (self.settings.home / "improvements").rglob("*.jsonl*")
        return sorted(path.name for path in kept)


@pytest_asyncio.fixture
async def rounds(talked: Talked, settings: Settings, tiny: Path) -> AsyncIterator[Rounds]:
    settings.home.mkdir(exist_ok=True)
    (settings.home / "policy.toml").write_text(POLICY.format(automatic="false"))
    catalogue.add_file(settings, tiny, "tiny")
    yield Rounds(talked, settings)


def by_name(found: Improvement) -> dict[str, Step]:
    return {step.name: step for step in found.steps}


async def test_what_people_said_becomes_a_candidate_that_the_policy_lets_pass(rounds: Rounds) -> None:
    (rounds.settings.home / "policy.toml").write_text(POLICY.format(automatic="true"))
    await rounds.votes(30)
    job_id = await rounds.ask()
    async with Workers(rounds.database, rounds.settings):
        found = await rounds.until(job_id, "done")
    steps = by_name(found)
    assert [step.state for step in found.steps] == ["done"] * 8
    assert (steps["collect"].facts["count"], steps["collect"].facts["base"]) == (30, "tiny")
    held = steps["hold_out"].facts
    assert (held["method"], held["learnt"] + held["held_out"]) == ("dpo", 30)
    compared = steps["compare"].facts
    assert compared["pairs"] == held["held_out"]
    assert compared["interval"]["value"] > 0.7, compared
    leans = compared["interval"]["low"] > 0.5
    assert (found.job.result or {})["verdict"] == ("released" if leans else "ready")
    made = steps["register"].facts
    assert made["model"].startswith("tiny-improved-")
    assert catalogue.find(rounds.settings, made["model"]).sha256
    async with rounds.database.read() as session:
        row = await releases.current(session, "chat")
        assert (row.model if row else "") == (made["model"] if leans else "")
        assert await store.collected_until(session, made["model"]) == found.job.created_at
    assert rounds.texts() == [], "people's words are gone"
    assert (rounds.settings.home / "improvements" / job_id / "data" / "card.json").is_file()
    assert [run.name for run in await asyncio.to_thread(runs.listed, rounds.settings)] == [held["run"]]

    # Who made it: nobody wrote that down, and the setting says it of whatever is trained here.
    asked = policy.parse('version = "test"\n[gate]\ncard = true\nlineage = false\nsignature = false\n')
    lacks = []
    for organisation in ("", "The Lilac Lab"):
        settings = rounds.settings.model_copy(update={"organisation": organisation})
        said, _ = await standing.judged(rounds.database, settings, asked, made["model"])
        lacks.append(next(line.values["missing"] for line in said.lines if line.requirement == "card"))
    assert lacks == [lacks[0], lacks[0].replace("developed_by: who made it, ", "")]
    assert "developed_by: who made it, " in lacks[0]


async def test_too_little_ends_a_round_early_and_says_so(rounds: Rounds) -> None:
    await rounds.votes(3)
    async with Workers(rounds.database, rounds.settings):
        few = await rounds.until(await rounds.ask(), "done")
        assert (few.job.result or {})["verdict"] == "nothing"
        assert [step.state for step in few.steps] == ["done", *["skipped"] * 7]
        one = await rounds.talked.join("loud")
        for number in range(12):
            await rounds.talked.compared(one, "the same question", "better", f"worse {'so ' * number}")
        same = await rounds.until(await rounds.ask(least=13), "done")
    assert (same.job.result or {})["verdict"] == "nothing"
    assert [step.state for step in same.steps] == ["done"] * 3 + ["skipped"] * 5
    assert rounds.texts() == []
    assert "nothing was trained" in await rounds.log(same.job.id)


@ONE
async def test_single_answers_are_learnt_by_kto(rounds: Rounds) -> None:
    ada = await rounds.talked.join("ada")
    for first, second in PAIRS[:24]:
        for text, rating in ((BEST, 1), (first, -1)):
            (said,) = await rounds.talked.asked(ada, f"{first} or {second}, what comes after?", text)
            await rounds.talked.thinks(ada, said, rating)
    job_id = await rounds.ask(changes={**SMALL, "schedule.epochs": "4"})
    async with Workers(rounds.database, rounds.settings):
        found = await rounds.until(job_id, "done")
    steps = by_name(found)
    assert (steps["hold_out"].facts["method"], steps["collect"].facts["accounts"]) == ("kto", 1)
    assert steps["compare"].facts["judgements"] == steps["hold_out"].facts["held_out"]
    assert 0 <= steps["compare"].facts["interval"]["low"] <= steps["compare"].facts["interval"]["high"] <= 1


@ONE
async def test_kill_9_of_the_worker_costs_no_step_that_was_done(rounds: Rounds) -> None:
    await rounds.votes(30)
    job_id = await rounds.ask(changes={**SMALL, "schedule.epochs": "25"})
    async with Workers(rounds.database, rounds.settings):
        before = by_name(await rounds.until_training(job_id))
        for child in psutil.Process(os.getpid()).children():
            if "causerie.jobs.worker" in child.cmdline():
                child.send_signal(signal.SIGKILL)
        found = await rounds.until(job_id, "done")
    after = by_name(found)
    for name in ("collect", "examine", "hold_out"):
        assert after[name].began_at == before[name].began_at, "it is not done again"
    assert before["train"].began_at is not None
    assert after["train"].began_at is not None
    assert after["train"].began_at > before["train"].began_at
    assert "going on from step" in await rounds.log(job_id)


@ONE
async def test_a_round_waits_for_a_run_that_somebody_paused(rounds: Rounds) -> None:
    await rounds.votes(30)
    job_id = await rounds.ask(changes={**SMALL, "schedule.epochs": "25"})
    async with Workers(rounds.database, rounds.settings) as workers:
        await rounds.until_training(job_id)
        (run,) = await asyncio.to_thread(runs.listed, rounds.settings)
        (run.path / runs.ASKED).write_text("paused")
        while (found := await rounds.get(job_id)).job.state == "running":  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)
        assert found.job.state == "failed"
        assert "paused" in (found.job.error or {})["message"]
        (run.path / runs.ASKED).unlink()
        await outcome("train", rounds.settings.home, {"run": str(run.path)})
        async with rounds.database.write() as session:
            await jobs.retry(session, job_id)
        workers.wake()
        over = await rounds.until(job_id, "done")
    assert (over.job.result or {})["verdict"] == "ready"


@ONE
async def test_what_cannot_be_gone_on_from_is_said(rounds: Rounds) -> None:
    async with Workers(rounds.database, rounds.settings):
        for model, says in (("none", "no model is named 'none'"), ("multilingual-e5-small", "gives vectors")):
            job_id = await rounds.ask(model=model)
            while (found := await rounds.get(job_id)).job.state in {"queued", "running"}:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)
            assert found.job.state == "failed", model
            assert says in (found.job.error or {})["message"]
            assert found.steps[0].state == "failed"
