"""The job `train` as the registry lets it run: with a permit, and with what it exported written down.

Does: work out how far the run may go, have it trained so far, and write down that it waits where it was stopped.
Does not: train; `training/job.py` does, which cannot know the registry above it.
"""

from causerie.jobs.contract import Parameters, Result, Running
from causerie.registry import permits
from causerie.registry.pause import Wish
from causerie.training import job as training
from causerie.training import runs
from causerie.training.control import started_in

check = training.check


async def run(job: Running, parameters: Parameters) -> Result:
    """Train as far as is permitted; a run that must wait is over for this job, and is resumed by another."""
    folder = runs.find(job.settings, parameters["run"])
    recipe = runs.recipe_of(folder)
    if recipe is None:  # training says what is wrong with it
        return await training.run(job, parameters)
    wish = Wish(name=folder.name, recipe=recipe, folder=started_in(job.settings, folder))
    permit = await permits.permit_of(job.database, job.settings, wish)
    result = await training.run(job, parameters, permit)
    await permits.ended(job.database, job.settings, wish, permit, float(result.get(training.WANTED, 0.0)))
    return result
