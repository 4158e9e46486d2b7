"""Authorisation is proved, not promised: every route, every role, every way of showing who one is.

The rows stand in `authorisation_table.py`; what people own is in `test_ownership.py`.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest_asyncio
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.routing import Route as PlainRoute

from causerie.accounts import keys, people, sessions
from causerie.accounts.identity import SCOPES, Role
from causerie.accounts.keys import NewKey
from causerie.accounts.tables import ApiKey, SessionRow
from causerie.database.tables import new_id, now
from causerie.server.app import create_api, parts_of
from causerie.server.schema import openapi
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.server.authorisation_asking import REFUSED, Route, ask, sign_in_failed, whole_team
from tests.server.authorisation_rows import Row
from tests.server.authorisation_table import ROWS
from tests.server.serving import upstream_config
from tests.server.team import HERE, WAYS, Someone, Team, Way, team_server

OF_THE_PAGE = {("GET", "/"), ("GET", "/{name}"), ("GET", "/openapi.json")}
"""Files that every installation has alike."""
STRANGER = Someone("person_x", "x", Role.OWNER, session="no-session-of-ours", key="causerie-no-key-of-ours")


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str) -> AsyncIterator[Team]:
    async with whole_team(settings.home) as running:
        yield running


def routes_of(api: FastAPI) -> set[Route]:
    """Every route, whether the schema tells of it or not, save for the files of the page."""

    def inside(routes: Iterable[BaseRoute]) -> Iterator[Route]:
        for route in routes:
            included = getattr(route, "original_router", None)
            if included is not None:
                yield from inside(included.routes)
            else:
                path = getattr(route, "path", "").replace(":path}", "}")  # as the schema has it
                yield from ((method, path) for method in getattr(route, "methods", None) or ("ANY",))

    return {route for route in inside(api.router.routes) if route not in OF_THE_PAGE and route[0] != "HEAD"}


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert routes_of(create_api(parts_of(Settings()))) == ROWS.keys()
    told = {(method.upper(), path) for path, entry in openapi()["paths"].items() for method in entry}
    assert told == ROWS.keys(), "the schema tells of each"


def test_a_new_route_without_a_row_is_found_even_where_no_schema_tells_of_it() -> None:
    api, more = create_api(parts_of(Settings())), APIRouter()

    @more.get("/api/new", include_in_schema=False)
    async def new() -> None: ...

    api.include_router(more)
    api.router.routes.append(PlainRoute("/v1/newer", new, methods=["POST"]))
    assert routes_of(api) - ROWS.keys() == {("GET", "/api/new"), ("POST", "/v1/newer")}


async def test_each_role_may_what_its_row_says_and_nothing_else_by_cookie_and_by_key_in_either_header(
    team: Team,
) -> None:
    for route, row in ROWS.items():
        for someone in list(team.people.values()):
            for way in WAYS:
                by = await team.again(someone) if row.ends_session else someone
                answer = await ask(team, route, row, by, way)
                may = row.least is None or by.role.may_act_as(row.least)
                expected = may and not (row.in_person and way != "cookie")
                assert (answer.status not in REFUSED) is expected or sign_in_failed(answer), (
                    route, someone.role, way, answer.status, answer.text[:200],
                )  # fmt: skip
                assert answer.status != 500, (route, someone.role, way)


async def test_a_stranger_is_let_in_nowhere_but_where_one_signs_in(team: Team) -> None:
    for route, row in ROWS.items():
        shown: list[tuple[Someone | None, Way]] = [(None, "cookie"), *((STRANGER, way) for way in WAYS)]
        for by, way in shown:
            answer = await ask(team, route, row, by, way)
            assert (answer.status == 401) is (row.least is not None), (route, way, answer.status)


async def test_what_was_good_once_opens_no_more_than_a_stranger_has(team: Team) -> None:
    for name, by, way in await _worthless(team):
        for route, row in ROWS.items():
            answer = await ask(team, route, row, by, way)
            assert (answer.status == 401) is (row.least is not None), (name, route, answer.status)


async def _worthless(team: Team) -> list[tuple[str, Someone, Way]]:
    """Keys and sessions of an owner that have ended, are over, wait for a code, or whose owner is kept out."""
    olga = team.people["olga"]
    gone = await team.join("otto", Role.OWNER)
    async with team.parts.doors.changing() as session:
        person = await people.by_id(session, olga.id)
        new = NewKey(name="old", scopes=SCOPES, expires_days=1)
        revoked, revoked_secret = await keys.make(session, olga.id, new)
        over, over_secret = await keys.make(session, olga.id, new)
        ended = await sessions.open_session(session, person, "password", HERE)
        late = await sessions.open_session(session, person, "password", HERE)
        pending = await sessions.open_session(session, person, "password", HERE, pending=True)
        await keys.revoke(session, revoked.id)
        (await session.get_one(ApiKey, over.id)).expires_at = now() - timedelta(seconds=1)
        (await session.get_one(SessionRow, late.row.id)).expires_at = now() - timedelta(seconds=1)
        await sessions.end(session, olga.id, ended.row.id)
        await people.set_disabled(session, await people.by_id(session, gone.id), disabled=True)
    return [
        ("revoked key", replace(olga, key=revoked_secret), "bearer"),
        ("key that is over", replace(olga, key=over_secret), "x-api-key"),
        ("ended session", replace(olga, session=ended.token), "cookie"),
        ("session that is over", replace(olga, session=late.token), "cookie"),
        ("session that waits for a code", replace(olga, session=pending.token), "cookie"),
        ("session of who is kept out", gone, "cookie"),
        ("key of who is kept out", gone, "bearer"),
    ]


async def test_a_key_opens_only_what_it_is_for(team: Team) -> None:
    olga = team.people["olga"]
    for scope in SCOPES:
        async with team.parts.doors.changing() as session:
            _, secret = await keys.make(session, olga.id, NewKey(name=scope, scopes=(scope,), expires_days=1))
        narrow = replace(olga, session="", key=secret)
        for route, row in ROWS.items():
            if row.least is None or row.in_person:
                continue
            answer = await ask(team, route, row, narrow, "bearer")
            assert (answer.status == 403) is bool(row.scope and row.scope != scope), (route, scope, answer.text[:200])


async def test_another_origin_changes_nothing_with_a_cookie_whoever_it_is_of(team: Team) -> None:
    olga = team.people["olga"]
    for (method, path), row in ROWS.items():
        if method == "GET" or row.least is None:
            continue
        for headers in (
            {"Cookie": f"causerie_session={olga.session}"},
            {"Cookie": f"causerie_session={olga.session}", "Origin": "https://elsewhere.example"},
            {"Cookie": f"causerie_session={olga.session}", "Origin": "null"},
            {"Cookie": f"causerie_session={olga.session}", "Sec-Fetch-Site": "cross-site"},
        ):
            answer = await team.ask(method, path, None, body=row.body, headers=headers)
            assert (answer.status, answer.code) == (403, "forbidden"), (method, path, headers, answer.status)


async def test_alone_on_loopback_one_may_everything_and_signs_in_to_nothing(
    settings: Settings, database_url: str
) -> None:
    async with StubUpstream(("Hi",)) as stub, team_server(settings.home, upstream_config(stub)) as alone:
        for route, row in ROWS.items():
            answer = await ask(alone, route, row, None)
            assert answer.status not in (*REFUSED, 500) or sign_in_failed(answer), (route, answer.status, answer.text)


async def test_a_key_of_the_settings_shuts_loopback_and_speaks_for_models_alone_once_there_are_accounts(
    settings: Settings, database_url: str
) -> None:
    by = replace(STRANGER, key="key-of-the-settings")
    async with StubUpstream(("Hi",)) as stub:
        config = f'api_keys = ["{by.key}"]\n{upstream_config(stub)}'
        async with team_server(settings.home, config) as team:
            for route, row in ROWS.items():
                bare = await ask(team, route, row, None)
                assert (bare.status == 401) is (row.least is not None), (route, bare.status)
                for way in ("bearer", "x-api-key"):
                    answer = await ask(team, route, row, by, way)
                    assert answer.status not in REFUSED or sign_in_failed(answer), (route, way, answer.text[:200])
            await team.join("olga", Role.OWNER)
            for route, row in ROWS.items():
                if row.least is not None:
                    answer = await ask(team, route, row, by, "bearer")
                    assert (answer.status not in REFUSED) is _of_the_settings(row), (route, answer.status)


def _of_the_settings(row: Row) -> bool:
    return not row.in_person and row.scope in ("", "models", "metrics")


async def test_an_administrator_changes_no_owner_and_makes_none(team: Team) -> None:
    adam, olga = team.people["adam"], team.people["olga"]
    one = f"/api/admin/people/{olga.id}"
    link = {"role": "administrator"}
    made = {"login": "eve", "name": "Eve", "password": "correct horse battery staple", "role": "owner"}
    for method, path, body in (
        ("PATCH", one, {"role": "viewer"}), ("PATCH", one, {"disabled": True}), ("DELETE", one, None),
        ("POST", f"{one}/reset", None), ("DELETE", f"{one}/sessions", None), ("DELETE", f"{one}/second-factor", None),
        ("PATCH", f"/api/admin/people/{adam.id}", {"role": "owner"}), ("POST", "/api/admin/invitations", link),
        ("POST", "/api/admin/people", made),
    ):  # fmt: skip
        answer = await team.ask(method, path, adam, body=body)
        assert (answer.status, answer.code) == (403, "forbidden"), (method, path)
    assert (await team.ask("GET", one, olga)).json["role"] == "owner"


async def test_the_last_owner_stays(team: Team) -> None:
    olga = team.people["olga"]
    one = f"/api/admin/people/{olga.id}"
    for method, body in (("PATCH", {"role": "member"}), ("PATCH", {"disabled": True}), ("DELETE", None)):
        assert (await team.ask(method, one, olga, body=body)).code == "conflict"


def test_an_id_cannot_be_guessed() -> None:
    ids = {new_id("key") for _ in range(10_000)}
    assert len(ids) == 10_000
    assert len({each[-16:] for each in ids}) == 10_000, "80 bits of each are drawn by lot"
