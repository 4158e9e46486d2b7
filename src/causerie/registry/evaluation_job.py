"""The job `evaluate` as the registry has it done: of files that are what was registered, against what is in service.

Does: hand the check before a load and the release in service down to `evaluation/job.py`.
Does not: evaluate.
"""

from causerie.evaluation import job as evaluation
from causerie.jobs.contract import Parameters, Result, Running
from causerie.registry.standing import evaluation_in_service
from causerie.registry.versions import load_check

check = evaluation.check


async def run(job: Running, parameters: Parameters) -> Result:
    """Evaluate."""
    may_load = load_check(job.database, job.settings)
    return await evaluation.run(job, parameters, check=may_load, in_service=evaluation_in_service)
