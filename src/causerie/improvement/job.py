"""The job `improve`: one round of the loop, from what people said to a candidate at the gate.

Does: call the steps in their order, each durable, each marked on the round's timeline; end early where there is too
little to learn from.
Does not: any step's work (`one_round.py`); nor release what it made, unless the policy says so.
Try it: causerie improve        causerie improve show ID
"""

from causerie.errors import ConfigError, InvalidRequest
from causerie.improvement.contract import wished
from causerie.inference.catalogue import MAX_NAME_LENGTH
from causerie.jobs.contract import Parameters, Result, Running
from causerie.training.control import as_request
from causerie.training.placing import require_packages

LEAST_HELD_OUT = 2
"""Statements to measure on, without which nothing could be said of a candidate."""


def check(parameters: Parameters) -> Parameters:
    """What `contract.Wishes` has, and `model`, to go on from another one than the release in service.

    Raises:
        InvalidRequest: Something is wrong with it, or this machine cannot train.
    """
    try:
        require_packages()
    except ConfigError as error:
        raise as_request(error) from error
    model = parameters.get("model", "")
    if not isinstance(model, str) or len(model) > MAX_NAME_LENGTH:
        raise InvalidRequest("model must be the name of a model", param="model")
    wishes = wished({name: value for name, value in parameters.items() if name != "model"})
    return {**wishes.to_json(), "model": model}


async def run(job: Running, parameters: Parameters) -> Result:
    """Do a round, or go on with it where it was cut off."""
    from causerie.improvement.one_round import Round  # reads and writes data, which takes causerie[train]
    from causerie.registry import training_job

    wishes = wished({name: value for name, value in parameters.items() if name != "model"})
    one = Round(job, wishes, parameters["model"])
    collected = await one.do("collect", one.collect)
    if collected["count"] < wishes.least:
        return await one.nothing(collected["count"])
    examined = await one.do("examine", lambda: one.examine(collected))
    held = await one.do("hold_out", lambda: one.hold_out(collected, examined))
    if held["learnt"] < wishes.least or held["held_out"] < LEAST_HELD_OUT:
        return await one.nothing(held["learnt"])
    await training_job.run(one.timeline("train", one.trained), {"run": held["run"]})
    made = await one.do("register", lambda: one.register(collected, held))
    compared = await one.do("compare", lambda: one.compare(collected, made))
    await one.do("evaluate", lambda: one.evaluate(collected, made))
    return await one.do("gate", lambda: one.judge(made, compared))
