"""What a row of the table of authorisation says; the rows are in `authorisation_table.py` and beside it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from causerie.accounts.identity import Role
from tests.server.team import Someone, Team

ANYBODY = None
"""Strangers too."""
NOBODY = "thing_00000000000000000000000000"
"""An id that nothing has."""


@dataclass(frozen=True)
class Row:
    """What a route asks of who asks."""

    least: Role | None
    """The least role (None = anybody, strangers too)."""
    scope: str = ""
    """What a key must be for (empty = any key will do)."""
    in_person: bool = False
    """Not with a key."""
    body: Any = None
    """Of a request that is well formed, but does no harm."""
    thing: str = ""
    """The path names something that a person owns: for others it does not exist. A name of `THINGS`."""
    parameter: str = ""
    """The path's parameter that is the thing's id."""
    query: str = ""
    stream: bool = False
    """The answer does not end by itself."""
    ends_session: bool = False
    """Whoever asks is signed out."""


Maker = Callable[[Team, Someone], Awaitable[str]]
"""Makes something that this person owns; its id."""
SECRET = "aubergine-of-one-person-alone"
"""A word in all that the makers make: it is shown to its owner and to nobody else."""
