"""A kind of job for the tests: steps that leave marks, and wait or fail when a file says so."""

import asyncio
from functools import partial
from pathlib import Path

from causerie.errors import ModelTooLarge
from causerie.jobs.contract import Parameters, Result, Running

STEPS = ("one", "two", "three")


def check(parameters: Parameters) -> Parameters:
    """`folder`, where the marks are."""
    return {"folder": str(parameters["folder"])}


async def run(job: Running, parameters: Parameters) -> Result:
    """Each step in turn."""
    folder = Path(parameters["folder"])

    async def leave_a_mark(name: str) -> Result:
        with (folder / "marks").open("a") as marks:
            marks.write(f"{name}\n")
        job.say(f"step {name}")
        while (folder / f"hold-{name}").exists():  # noqa: ASYNC110 - the test makes and removes it
            await asyncio.sleep(0.02)
        if (folder / f"fail-{name}").exists():
            raise ModelTooLarge("step {name} is too large", name=name, hint="make it smaller")
        return {"did": name}

    done = []
    for number, name in enumerate(STEPS):
        job.progress(number / len(STEPS), name)
        done.append((await job.step(name, partial(leave_a_mark, name)))["did"])
    return {"did": done}
