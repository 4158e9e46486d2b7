"""A server with a team on it: people in every role, each with a session and a key, asking by real HTTP."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import aiohttp
from multidict import CIMultiDictProxy

from causerie.accounts import keys, people, sessions
from causerie.accounts.identity import SCOPES, Role
from causerie.accounts.keys import NewKey
from causerie.accounts.people import NewPerson
from causerie.accounts.sessions import Client
from causerie.database.engine import Database
from causerie.server.app import Parts, create_api, parts_of
from causerie.server.observation import Observation
from causerie.server.security import Gate
from causerie.settings import Settings, load_settings
from tests.server.serving import serving

Way = Literal["cookie", "bearer", "x-api-key"]
WAYS: tuple[Way, ...] = ("cookie", "bearer", "x-api-key")
HERE = Client(address="127.0.0.1", agent="test")


@dataclass(frozen=True)
class Someone:
    """A person of the team, and what they show."""

    id: str
    login: str
    role: Role
    session: str
    key: str

    def headers(self, way: Way, origin: str) -> dict[str, str]:
        """What a request carries: a cookie as a browser sends it, or the key in either header."""
        if way == "cookie":
            return {"Cookie": f"causerie_session={self.session}", "Origin": origin}
        return {"Authorization": f"Bearer {self.key}"} if way == "bearer" else {"x-api-key": self.key}


@dataclass(frozen=True)
class Answer:
    """What came back; of a stream its beginning."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


@dataclass
class Team:
    """The server and who is on it."""

    address: str
    parts: Parts
    http: aiohttp.ClientSession
    people: dict[str, Someone] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.parts.database

    async def join(self, login: str, role: Role = Role.MEMBER) -> Someone:
        """A new account with a session and a key for everything; the first is an owner whatever its role."""
        async with self.parts.doors.changing() as session:
            person = await people.create(session, NewPerson(login=login, name=login.title(), role=role))
            opened = await sessions.open_session(session, person, "password", HERE)
            _, key = await keys.make(session, person.id, NewKey(name="all", scopes=SCOPES, expires_days=None))
        someone = Someone(person.id, login, Role(person.role), opened.token, key)
        self.people[login] = someone
        return someone

    async def again(self, someone: Someone) -> Someone:
        """The same person with a session of just now: something may have ended the one before."""
        async with self.parts.doors.changing() as session:
            person = await people.by_id(session, someone.id)
            opened = await sessions.open_session(session, person, "password", HERE)
        self.people[someone.login] = replace(someone, session=opened.token)
        return self.people[someone.login]

    async def look_no_more(self) -> None:
        """End what the server does each second by itself: what is counted from here on, requests did."""
        doors, aliases, watch = self.parts.doors, self.parts.aliases, self.parts.watch
        for duty in (*doors._repeated, aliases._repeated, watch._repeated):
            if duty is not None:
                await duty.stop()

    async def ask(
        self,
        method: str,
        path: str,
        by: Someone | None = None,
        way: Way = "cookie",
        body: object = None,
        headers: Mapping[str, str] | None = None,
        *,
        beginning: bool = False,
    ) -> Answer:
        """One request; `beginning` reads only the head of the answer, for streams that do not end."""
        sent = dict(headers or {}) | (by.headers(way, self.address) if by else {})
        async with self.http.request(
            method, self.address + path, json=body, headers=sent, allow_redirects=False
        ) as answer:
            text = "" if beginning else await answer.text()
            return Answer(answer.status, answer.headers, text)


def settings_in(home: Path, config: str) -> Settings:
    """The settings of a data folder with this `causerie.toml`."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "causerie.toml").write_text(config)
    return load_settings()


@asynccontextmanager
async def team_server(home: Path, config: str = "") -> AsyncIterator[Team]:
    """A server in this process, with nobody on it yet."""
    settings = settings_in(home, config)
    parts = parts_of(settings)
    app = Observation(Gate(create_api(parts), settings, parts.doors), parts.metrics, [parts.metering.note])
    jar = aiohttp.DummyCookieJar()  # each request says itself what it carries
    async with serving(app) as address, aiohttp.ClientSession(cookie_jar=jar) as http:
        yield Team(address, parts, http)
