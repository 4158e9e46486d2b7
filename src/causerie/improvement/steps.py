"""The steps of a round, in their order, and the thread that strings them: a job's step, seen as one timeline.

Does: name the steps; mark in our tables when each begins and ends; share the job's progress out among them.
Does not: do them; see `job.py`.
"""

from collections.abc import Awaitable, Callable

from causerie.jobs.contract import Result, Running

STEPS = ("collect", "examine", "hold_out", "train", "register", "compare", "evaluate", "gate")
"""A new step is a line here, a function in `job.py`, a test, and a row in the how-to."""
_ENDS = (0.02, 0.05, 0.08, 0.6, 0.65, 0.75, 0.98, 1.0)
"""Share of a round that is done when each step is: training and evaluating take nearly all of it."""
Finish = Callable[[Result], Result]
"""Makes of a step's result what is kept of it; may refuse it."""
Mark = Callable[[str, Result | None], Awaitable[None]]
"""Called with a step's name when it begins (None), and with what came of it when it ends."""


class Timeline:
    """A job as its kind sees it (`jobs.contract.Running`), whose steps are those of a round.

    Kinds of other rooms that do a step of it (training, evaluation) take it for their own job.

    Args:
        job: The round's.
        name: Of the step.
        mark: Called at its begin and end.
        finish: What is done to the result of another kind's work (None = nothing).
    """

    def __init__(self, job: Running, name: str, mark: Mark, finish: Finish | None = None) -> None:
        self.id, self.settings, self.database = job.id, job.settings, job.database
        self._job, self._name, self._mark, self._finish = job, name, mark, finish
        number = STEPS.index(name)
        self._from, self._to = (0.0, *_ENDS)[number], _ENDS[number]

    async def step(self, name: str, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do the step's work once; `name` is how the other kind calls it."""
        del name

        async def marked() -> Result:
            await self._mark(self._name, None)
            result = await work()
            if self._finish is not None:
                result = self._finish(result)
            await self._mark(self._name, result)
            return result

        return await self._job.step(self._name, marked)

    def progress(self, share: float, message: str) -> None:
        """How far the step is, as a part of the round."""
        share = min(max(share, 0.0), 1.0)
        self._job.progress(self._from + share * (self._to - self._from), f"{self._name}: {message}")

    def say(self, text: str, level: str = "info") -> None:
        """A line of the round's log."""
        self._job.say(text, level)

    def heed(self) -> None:
        """As the job does."""
        self._job.heed()
