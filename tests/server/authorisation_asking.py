"""A whole team, and how each row of the table of authorisation is asked."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from causerie.accounts.identity import Role
from tests.inference.stub_upstream import StubUpstream
from tests.server.authorisation_rows import NOBODY, Row
from tests.server.serving import upstream_config
from tests.server.team import Answer, Someone, Team, Way, team_server

Route = tuple[str, str]
"""Method and path."""
REFUSED = (401, 403)
ROLES = {
    "olga": Role.OWNER, "adam": Role.ADMINISTRATOR, "bea": Role.BUILDER, "mia": Role.MEMBER, "vic": Role.VIEWER,
    "bob": Role.MEMBER,
}  # fmt: skip
"""Somebody in each role, and Bob, who is a member as Mia is."""


@asynccontextmanager
async def whole_team(home: Path) -> AsyncIterator[Team]:
    """A server with all of `ROLES` on it, and a model that answers."""
    async with StubUpstream(("Hi",)) as stub, team_server(home, upstream_config(stub)) as running:
        for login, role in ROLES.items():
            await running.join(login, role)
        yield running


def filled(path: str, **ids: str) -> str:
    """A path with ids in its places: those given, else one that nothing has."""
    return re.sub(r"\{(\w+)\}", lambda place: ids.get(place[1], NOBODY), path)


async def ask(team: Team, route: Route, row: Row, by: Someone | None, way: Way = "cookie", path: str = "") -> Answer:
    """A request as the row has it; `path` names a thing that is there."""
    method, template = route
    asked = (path or filled(template)) + row.query
    return await team.ask(method, asked, by, way, row.body, beginning=row.stream)


def sign_in_failed(answer: Answer) -> bool:
    """A 401 that answers a wrong code or password of somebody who was let in."""
    return answer.status == 401 and answer.code == "sign_in_failed"
