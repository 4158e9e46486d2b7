"""What a kind of job is: a module with two functions, named once in `kinds.py`.

Does: say what such a module must have, and what it is given.
Does not: know DBOS; `running.py` makes steps durable with it.

A job's work is cut into steps. A step that has finished is never done again, whatever is killed; one that had begun
may be, so a step must bear being done twice: it writes beside and renames, it deletes what may be gone already.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from causerie.database.engine import Database
from causerie.settings import Settings

Parameters = dict[str, Any]
"""What a job is asked for, as JSON."""
Result = dict[str, Any]
"""What comes of a step or a job, as JSON."""


class Running(Protocol):
    """The job that is at work, as its kind sees it."""

    id: str
    settings: Settings
    database: Database

    async def step(self, name: str, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do `work` once and keep what it returns; the steps of a job always come in the same order.

        Raises:
            Cancelled: Somebody asked the job to stop.
        """

    def progress(self, share: float, message: str) -> None:
        """Say how far the job is: its share from 0 to 1, and what it is at. Called as often as one likes."""

    def say(self, text: str, level: str = "info") -> None:
        """Add a line to the job's log."""

    def heed(self) -> None:
        """For long work in a thread, where nothing else can stop it.

        Raises:
            Cancelled: Somebody asked the job to stop.
        """


class Kind(Protocol):
    """A module that does one kind of job."""

    def check(self, parameters: Parameters) -> Parameters:
        """The parameters, complete and checked; called where a job is asked for.

        Raises:
            InvalidRequest: They are wrong.
        """

    async def run(self, job: Running, parameters: Parameters) -> Result:
        """Do the work; called in the worker's process."""


class Cancelled(Exception):
    """Somebody asked the job to stop."""
