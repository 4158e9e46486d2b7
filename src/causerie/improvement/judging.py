"""The candidate before the gate: evaluated beside the release by the suites that the policy asks for, then judged.

Does: have the rooms below evaluate and judge; release, where the policy says that the loop may and the candidate has
moved as people want.
Does not: soften anything: what the gate keeps back stays a candidate.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from causerie.accounts import audit
from causerie.evaluation import evaluating, finding
from causerie.evaluation import store as evaluations
from causerie.evaluation.running import Progress
from causerie.improvement.steps import Timeline
from causerie.inference import catalogue
from causerie.jobs.contract import Result, Running
from causerie.registry import policy, releases, versions
from causerie.registry.releases import Wanted
from causerie.registry.standing import judged

CHANCE = 0.5
"""Share of the pairs that a candidate which moved at random leans the right way in."""


async def evaluate(job: Timeline, models: Sequence[str]) -> Result:
    """Evaluate each model by each suite that the policy asks for; what is there already is not done again.

    Args:
        job: The step that does it.
        models: The candidate, and the model that it was made from.
    """
    rules = policy.load(job.settings).rules
    work = [(model, suite.name) for model in dict.fromkeys(models) for suite in rules.suites]
    done: list[dict[str, Any]] = []
    for number, (model, suite) in enumerate(work):
        job.heed()

        def told(at: Progress, number: int = number, model: str = model, suite: str = suite) -> None:
            share = (number + at.done / max(1, at.items)) / len(work)
            job.progress(share, f"{model} by the suite {suite}, {at.done} of {at.items}")

        found = await _evaluated(job, model, suite, told)
        done.append({"model": model, "suite": suite, "evaluation": found})
    return {"message": f"{len(done)} evaluations", "count": len(done), "evaluations": done}


async def _evaluated(job: Timeline, name: str, suite: str, progress: Callable[[Progress], None]) -> str:
    """Id of a model's evaluation by a suite: one that is there, or a new one."""
    model = await asyncio.to_thread(catalogue.find, job.settings, name)
    sha256 = await asyncio.to_thread(versions.sha256_of, model)
    wanted = await asyncio.to_thread(finding.find, job.settings, suite, anywhere=False)
    async with job.database.read() as session:
        known = await evaluations.latest(session, sha256, suite, wanted.sha256)
    if known is not None and not known.errors:
        return known.id
    asked = evaluating.Wanted(
        model=name, suite=suite, anywhere=False, check=versions.load_check(job.database, job.settings)
    )
    made = await evaluating.evaluate(job.database, job.settings, asked, progress=progress, heed=job.heed)
    return made.id


async def judge(job: Running, alias: str, model: str, version: str, compared: Result) -> Result:
    """Put a candidate at the gate; the round's result.

    Args:
        job: The round's.
        alias: What the candidate is to answer to.
        model: Its name.
        version: Its id in the registry.
        compared: How it stands to what it was made from, on what was held out.
    """
    rules = policy.load(job.settings)
    judgement, override = await judged(job.database, job.settings, rules, model, alias)
    lines = judgement.to_json()["lines"]
    facts = {"model": model, "version": version, "alias": alias, "count": len(lines), "lines": lines}
    for line in judgement.lines:
        if not line.passed:
            job.say(f"{line.requirement}: {line.reason}", "warning")
    if not judgement.passed:
        failed = ", ".join(judgement.failed)
        return {**facts, "verdict": "refused", "message": f"the gate refuses {model}: {failed}"}
    leans = compared.get("interval", {}).get("low", 0.0) > CHANCE
    # An override is two people's word for one release; a program does not use it up.
    if not rules.rules.gate.automatic or not leans or override is not None:
        why = f"{model} may be released: `causerie release {model} --as {alias}`"
        return {**facts, "verdict": "ready", "message": why}
    async with job.database.write() as session:
        wanted = Wanted(model=model, version=version, alias=alias, reason=f"round {job.id} of the loop")
        await releases.release(session, wanted, judgement, None)
        await audit.record(session, None, "release", version, alias=alias, round=job.id)
    return {**facts, "verdict": "released", "message": f"{model} is released as {alias}, as the policy says"}
