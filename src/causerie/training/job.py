"""The job `train`: trains one run to its end, in a process of its own, and goes on with it after whatever killed it.

Does: start the trainer, say how far it is, have it write a checkpoint and leave when the run is asked to pause or the
job is cancelled.
Does not: make runs (`control.py`) or train (`child.py` does).
"""

import asyncio
from pathlib import Path

from causerie.errors import InvalidRequest, RunPaused, RunStopped
from causerie.jobs.contract import Parameters, Result, Running
from causerie.training import runs
from causerie.training.control import started_in
from causerie.training.permit import EVERYTHING, Permit
from causerie.training.process import Said, TrainingProcess
from causerie.training.runs import ASKED

LOOK_S = 0.5
"""Seconds between two looks at what the run is asked to be."""
STAGES = {"clean": "cleaning the texts", "compare": "comparing them", "write": "writing them"}

WAITS, WANTED = "waits", "wanted_flops"
"""Keys of the result of a run that waits for two signatures: why, and how many operations its lineage would have."""


def check(parameters: Parameters) -> Parameters:
    """`run`: the name of a run that has its folder."""
    if set(parameters) != {"run"} or not isinstance(parameters["run"], str):
        raise InvalidRequest("a training has one parameter: `run`, the name of a run", param="parameters")
    return {"run": parameters["run"]}


async def run(job: Running, parameters: Parameters, permit: Permit = EVERYTHING) -> Result:
    """Train, as far as is permitted. Whatever it is done again after, it goes on from the last checkpoint."""
    folder = runs.find(job.settings, parameters["run"])

    async def train() -> Result:
        return await _train(job, folder, permit)

    return await job.step("train", train)


async def _train(job: Running, folder: Path, permit: Permit) -> Result:
    if (folder / ASKED).is_file():
        job.say("the run was asked to stop before this job began; resume the run to go on", "warning")
        return _result(folder)
    job.progress(0.0, "the trainer starts")
    given = {"run": str(await asyncio.to_thread(folder.resolve)), "permit": permit.to_json()}
    async with TrainingProcess("train", started_in(job.settings, folder), given) as process:
        watching = asyncio.create_task(_stop_when_asked(process, folder))
        try:
            steps = 0
            async for said in process.said():
                steps = int(said.get("steps", steps))
                _tell(job, said, steps)
        except RunPaused as paused:
            job.say(paused.message, "warning")
            return _result(folder) | {WAITS: paused.message, WANTED: paused.values["flops"]}
        except RunStopped as stopped:
            job.say(stopped.message)
        finally:
            watching.cancel()
    return _result(folder)


async def _stop_when_asked(process: TrainingProcess, folder: Path) -> None:
    while not (folder / ASKED).is_file():  # noqa: ASYNC110 - a file sends no event
        await asyncio.sleep(LOOK_S)
    process.stop()


def _result(folder: Path) -> Result:
    known = runs.read(folder)
    return {"state": known.state, "step": known.step, "steps": known.steps}


def _tell(job: Running, said: Said, steps: int) -> None:
    """What people want to know of an event: as the job's progress, or as a line of its log."""
    step = int(said.get("step", 0))
    match said["kind"]:
        case "data":
            stage = STAGES.get(said["stage"], said["stage"])
            job.progress(0.0, f"the data is built: {stage}, {said['share']:.0%}")
        case "step":
            job.progress(step / max(1, steps), f"step {step} of {steps}, loss {said['loss']:.3f}")
        case "evaluation":
            job.say(f"step {step}: held-out loss {said['loss']:.4f}")
        case "start":
            job.say(f"{steps} steps over {said['sequences']} sequences, {said['parameters']:,} weights")
        case "rewind":
            job.say(f"step {said['from_step']}: {said['reason']}; back to step {step}", "warning")
        case "damaged":
            job.say(f"{said['path']} is damaged and is not used: {said['reason']}", "warning")
        case "left out":
            job.say(f"{said['count']} examples are left out: {said['reason']}", "warning")
        case "resumed":
            job.say(f"going on from step {said['checkpoint_step']}")
        case "end":
            job.say(f"the run is over after {step} steps")
        case _:
            pass
