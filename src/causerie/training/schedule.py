"""The learning rate over a run, as a share of its highest value.

Does: warm-up, stable, decay (Hu et al., 2024, MiniCPM, https://arxiv.org/abs/2404.06395), whose level part needs no
length known beforehand; cosine (Loshchilov and Hutter, 2017, SGDR, https://arxiv.org/abs/1608.03983); constant.
Does not: hold state: the share follows from the step alone, so that a resumed run cannot differ.
"""

import math

from causerie.training.recipe import Schedule


def share(schedule: Schedule, step: int, steps: int) -> float:
    """What the learning rates are multiplied by in one step.

    Args:
        schedule: Of the recipe.
        step: Which step, 0 to `steps - 1`.
        steps: How many there are.
    """
    warm_up = round(schedule.warm_up * steps)
    if step < warm_up:
        return (step + 1) / (warm_up + 1)
    if schedule.kind == "constant":
        return 1.0
    start = steps - round(schedule.decay * steps) if schedule.kind == "wsd" else warm_up
    if step < start:
        return 1.0
    # The last step is the last that still learns something: the fall ends one step behind it.
    fallen = (step - start + 1) / (steps - start + 1)
    left = 1 - fallen if schedule.kind == "wsd" else (1 + math.cos(math.pi * fallen)) / 2
    return schedule.final + (1 - schedule.final) * left
