"""The job `evaluate`: judges a model by a suite, and goes on with it after whatever killed it.

Does: what `causerie eval` does, asked for in the page.
Does not: evaluate by itself; see `evaluating.py`.
"""

from causerie.errors import InvalidRequest
from causerie.evaluation.evaluating import InService, Wanted, evaluate
from causerie.evaluation.examples import MOST
from causerie.evaluation.overview import id_of
from causerie.evaluation.running import Progress
from causerie.inference.pool import Check
from causerie.jobs.contract import Parameters, Result, Running

NAMES = {"model", "suite", "judge"}


def check(parameters: Parameters) -> Parameters:
    """`model` and `suite` by name; `judge`, a model's name (empty = none); `shots`, examples before each item.

    `shots` is a number, or None = as the suite says.
    """
    given = {"judge": "", "shots": None, **parameters}
    names = [value for name, value in given.items() if name != "shots"]
    if set(given) != {*NAMES, "shots"} or not all(isinstance(name, str) and len(name) <= 200 for name in names):
        raise InvalidRequest(
            "an evaluation has the parameters `model`, `suite` and `judge`, names all three, and `shots`, a number",
            param="parameters",
        )
    if not given["model"] or not given["suite"]:
        raise InvalidRequest("an evaluation needs a model and a suite", param="parameters")
    shots = given["shots"]
    if shots is not None and (not isinstance(shots, int) or isinstance(shots, bool) or not 0 <= shots <= MOST):
        raise InvalidRequest("`shots` is a whole number from 0 to {most}", most=MOST, param="parameters")
    return given


async def run(
    job: Running, parameters: Parameters, *, check: Check | None = None, in_service: InService | None = None
) -> Result:
    """Evaluate. Whatever it is done again after, no answer is asked for twice.

    Args:
        job: At work.
        parameters: As `check` gives them.
        check: As `evaluating.Wanted`; `in_service` too. Higher rooms hand them down.
        in_service: See there.
    """

    def tell(progress: Progress) -> None:
        job.progress(
            progress.done / max(1, progress.items),
            f"{progress.done} of {progress.items}, {progress.task}, {progress.seconds_left:.0f} s left",
        )

    async def work() -> Result:
        wanted = Wanted(
            model=parameters["model"], suite=parameters["suite"], judge=parameters["judge"],
            shots=parameters.get("shots"), evaluation_id=id_of(job.id), anywhere=False, check=check,
            in_service=in_service,
        )  # fmt: skip
        job.progress(0.0, "the model is loaded")
        evaluation = await evaluate(job.database, job.settings, wanted, progress=tell, heed=job.heed)
        for note in evaluation.notes:
            job.say(note)
        return {"evaluation": evaluation.id, "errors": evaluation.errors}

    return await job.step("evaluate", work)
