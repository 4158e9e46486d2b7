"""What each step of a round does, and what it leaves for the next: files in the round's folder, facts for people.

    improvements/ID/
      collected.jsonl       what people said, personal data masked
      kept.jsonl            without campaigns, contradictions, duplicates
      held-out.jsonl        what is measured on
      data/                 what training reads; its card stays

Does: call the files of this room and of the rooms below, one for each step; a step may be done twice.
Does not: know their order (`job.py`).

The texts go when the round is over: what is left says how many there were, and their hash.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from causerie.data.card import StepFacts
from causerie.database.tables import now
from causerie.errors import Conflict, NotFound
from causerie.improvement import candidate, collecting, comparing, judging, pairs, poisoning, store, training_set
from causerie.improvement.contract import Finding, Statement, Wishes
from causerie.improvement.steps import Finish, Timeline
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.jobs.contract import Result, Running
from causerie.registry import adding
from causerie.registry.contract import Feedback
from causerie.settings import Settings
from causerie.training import runs
from causerie.training.process import TrainingProcess

FOLDER = "improvements"
COLLECTED, KEPT, HELD_OUT = "collected.jsonl", "kept.jsonl", "held-out.jsonl"
DATA = "data"


class Round:
    """A round at work.

    Args:
        job: That does it.
        wishes: What is wanted of it.
        model: To go on from (empty = the release in service).
    """

    def __init__(self, job: Running, wishes: Wishes, model: str) -> None:
        self._job, self._wishes, self._model = job, wishes, model
        self._settings: Settings = job.settings
        self._folder = rounds_folder(job.settings) / job.id

    def timeline(self, name: str, finish: Finish | None = None) -> Timeline:
        """The job, as the step of this name sees it."""

        async def mark(step: str, facts: Result | None) -> None:
            async with self._job.database.write() as session:
                if facts is None:
                    await store.began(session, self._job.id, step)
                else:
                    await store.ended(session, self._job.id, step, facts)

        return Timeline(self._job, name, mark, finish)

    async def do(self, name: str, work: Callable[[], Awaitable[Result]]) -> Result:
        """One step."""
        return await self.timeline(name).step(name, work)

    async def nothing(self, count: int) -> Result:
        """The end of a round that found too little."""
        message = f"{count} statements are left, and {self._wishes.least} are needed: nothing was trained"
        self._job.say(message)
        await asyncio.to_thread(forget_texts, self._folder)
        return {"verdict": "nothing", "message": message}

    async def collect(self) -> Result:
        """What people said since the model that is gone on from."""
        await asyncio.to_thread(_begin, self._folder)
        async with self._job.database.read() as session:
            until = (await store.get(session, self._job.id)).job.created_at
            base = await candidate.base_of(session, self._settings, self._wishes.alias, self._model)
            found = await collecting.collect(session, base.since, until)
        await asyncio.to_thread(collecting.write, self._folder / COLLECTED, found.statements)
        counts = {**found.left_out, **{f"masked: {kind}": times for kind, times in found.masked.items()}}
        return {
            "message": f"{len(found.statements)} statements; the round goes on from {base.model.name}",
            "count": len(found.statements), "counts": counts, "masked": found.masked, "accounts": found.accounts,
            "base": base.model.name, "base_version": base.version, "until": until.isoformat(),
            "since": base.since.isoformat() if base.since else "",
        }  # fmt: skip

    async def examine(self, collected: Result) -> Result:
        """Without campaigns, contradictions and duplicates."""

        def work() -> Result:
            statements = _read(self._folder / COLLECTED)
            found = poisoning.examine(statements, collected["accounts"], self._wishes.unheeded)
            cleaned = pairs.clean(found.kept)
            collecting.write(self._folder / KEPT, cleaned.kept)
            counts = dict(cleaned.left_out)
            if found.over_share:
                counts["over the share of one account"] = found.over_share
            for each in found.findings:
                name = f"set aside: {each.rule}"
                counts[name] = counts.get(name, 0) + len(each.statements)
                self._job.say(f"{name}, {len(each.statements)} statements: {each.evidence}", "warning")
            message = f"{len(cleaned.kept)} of {len(statements)} statements are left"
            return {"message": message, "count": len(cleaned.kept), "counts": counts,
                    "findings": [_told(each) for each in found.findings]}  # fmt: skip

        return await asyncio.to_thread(work)

    async def hold_out(self, collected: Result, examined: Result) -> Result:
        """The data folder, and the recipe of the run."""
        base = await asyncio.to_thread(catalogue.find, self._settings, collected["base"])
        return await asyncio.to_thread(self._hold_out, base, collected, examined)

    def _hold_out(self, base: Model, collected: Result, examined: Result) -> Result:
        statements = _read(self._folder / KEPT)
        method = pairs.method_for(statements, self._wishes.method, self._wishes.least)
        chosen = pairs.for_method(statements, method)
        learnt, held_out = training_set.parted(chosen, self._wishes.held_out)
        data, name = self._folder / DATA, candidate.run_name(self._job.id)
        made = training_set.write_set(data, learnt, held_out, method, _steps_of(collected, examined))
        collecting.write(self._folder / HELD_OUT, held_out)
        candidate.write_run(self._settings, name, base, data, method, self._wishes.changes)
        return {
            "message": f"{len(learnt)} to learn from, {len(held_out)} held out, by {method}",
            "count": len(learnt), "learnt": len(learnt), "held_out": len(held_out), "method": method, "run": name,
            "people": made.people, "sha256": made.sha256,
        }  # fmt: skip

    def trained(self, result: Result) -> Result:
        """What came of the run, for people."""
        name = candidate.run_name(self._job.id)
        flops = runs.facts(runs.find(self._settings, name)).flops
        message = f"{result['state']} after {result['step']} steps, {flops:.2g} operations"
        return {**result, "message": message, "count": result["step"], "run": name, "flops": flops}

    async def register(self, collected: Result, held: Result) -> Result:
        """The model of the run, installed and known to the registry."""
        settings, database = self._settings, self._job.database
        folder = await asyncio.to_thread(self._finished, held["run"])
        base = await asyncio.to_thread(catalogue.find, settings, collected["base"])
        if not collected["base_version"]:
            await adding.add_installed(database, settings, base)
        left = runs.with_models(settings, [runs.read(folder)])[0].model
        if left is not None:  # this step was cut off before, and nobody can have released what it left
            await asyncio.to_thread(catalogue.remove, settings, left)
        name = candidate.candidate_name(base, self._job.id, now())
        feedback = Feedback(
            pairs=held["learnt"] if held["method"] == "dpo" else 0,
            judgements=held["learnt"] if held["method"] == "kto" else 0,
            people=held["people"], since=collected["since"], until=collected["until"], sha256=held["sha256"],
            improvement=self._job.id,
        )  # fmt: skip
        model, version = await adding.add_run(database, settings, folder, name, feedback=feedback)
        return {"message": model.name, "model": model.name, "version": version.id}

    def _finished(self, name: str) -> Path:
        """The folder of the run; one that was stopped, or waits for a permit, keeps the round from going on."""
        folder = runs.find(self._settings, name)
        state = runs.read(folder).state
        if state != "finished":
            raise Conflict(
                "the run {name} is {state}, and the round needs its end", name=name, state=state, job=self._job.id,
                hint="resume the run, and try the round again when it is over: `causerie jobs retry {job}`",
            )  # fmt: skip
        return folder

    async def compare(self, collected: Result, made: Result) -> Result:
        """Candidate against what it was made from, on what was held out."""
        settings = self._settings
        names = {comparing.RELEASE: collected["base"], comparing.CANDIDATE: made["model"]}
        models = {role: str(catalogue.find(settings, name).path) for role, name in names.items()}
        folder = await asyncio.to_thread(runs.find, settings, candidate.run_name(self._job.id))
        async with TrainingProcess(
            "score", settings.home, {"run": str(folder.resolve()), "models": models}
        ) as process:
            rows = [said async for said in process.said()]
        statements = await asyncio.to_thread(_read, self._folder / HELD_OUT)
        facts = comparing.compared(comparing.gains(rows), statements)
        if not facts:
            return {"message": "nothing that was held out fits the context", "count": 0}
        found = facts["interval"]
        figures = f"{found['value']:.0%} ({found['low']:.0%} to {found['high']:.0%})"
        message = f"the candidate leans more to what people preferred in {figures} of what was held out"
        self._job.say(message)
        return {**facts, "message": message, "count": len(rows)}

    async def evaluate(self, collected: Result, made: Result) -> Result:
        """Candidate and release by the suites that the gate asks for."""
        return await judging.evaluate(self.timeline("evaluate"), (made["model"], collected["base"]))

    async def judge(self, made: Result, compared: Result) -> Result:
        """What the gate says; and the end of the round's texts."""
        result = await judging.judge(self._job, self._wishes.alias, made["model"], made["version"], compared)
        await asyncio.to_thread(forget_texts, self._folder)
        return result


def rounds_folder(settings: Settings) -> Path:
    """Where the rounds' folders are."""
    return settings.home / FOLDER


def _begin(folder: Path) -> None:
    """Make a round's folder; what rounds that failed have left of people's texts goes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if other != folder and other.is_dir():
            forget_texts(other)


def forget_texts(folder: Path) -> None:
    """Take what people said off the disk; the card stays, with counts and hashes."""
    for name in (COLLECTED, KEPT, HELD_OUT):
        (folder / name).unlink(missing_ok=True)
    for kind in ("preferences", "judgements"):
        shutil.rmtree(folder / DATA / kind, ignore_errors=True)


def _read(path: Path) -> list[Statement]:
    try:
        return collecting.read(path)
    except FileNotFoundError:
        raise NotFound(
            "the texts of this round are gone", hint="a later round has taken them away; begin a new one"
        ) from None


def _told(finding: Finding) -> dict[str, Any]:
    return asdict(finding) | {"statements": len(finding.statements), "people": list(finding.people)}


def _steps_of(collected: Result, examined: Result) -> list[StepFacts]:
    """What was done to the statements, as the data card has it."""
    seen = collected["count"]
    masking = StepFacts("personal-data", {}, seen, 0, {}, dict(collected["masked"]), 0)
    return [masking, StepFacts("examine", {}, seen, 0, dict(examined["counts"]), {}, 0)]
