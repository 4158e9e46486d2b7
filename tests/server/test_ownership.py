"""What one owns does not exist for others: it is not read, changed, listed, streamed, smuggled in or guessed.

Not for colleagues, not for administrators and owners either: the administration shows what people use, never what
they say.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from causerie.server import relay
from causerie.settings import Settings
from tests.server.authorisation_asking import ask, filled, whole_team
from tests.server.authorisation_chat import QUESTION, SCOPE, conversation, made, opened
from tests.server.authorisation_chat import THINGS as OF_CHAT
from tests.server.authorisation_rows import NOBODY, SECRET
from tests.server.authorisation_table import ROWS, THINGS
from tests.server.team import WAYS, Answer, Someone, Team, Way, team_server

OTHERS = ["bob", "vic", "adam", "olga"]


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str) -> AsyncIterator[Team]:
    async with whole_team(settings.home) as running:
        yield running


async def kept(team: Team, owner: Someone) -> Any:
    """All that is somebody's, but for what their own requests change."""
    everything = (await team.ask("GET", "/api/me/export", owner)).json
    return {section: rows for section, rows in everything.items() if section not in ("exported_at", "usage", "audit")}


async def test_what_one_owns_does_not_exist_for_others_and_is_as_it_was_after_they_tried(team: Team) -> None:
    mia = team.people["mia"]
    for route, row in ROWS.items():
        if not row.thing:
            continue
        thing = await THINGS[row.thing](team, mia)
        path = filled(route[1], **{row.parameter: thing})
        before = await kept(team, mia)
        for other in OTHERS:
            for way in WAYS:
                if row.in_person and way != "cookie":
                    continue
                theirs = await ask(team, route, row, team.people[other], way, path)
                missing = await ask(team, route, row, team.people[other], way)
                assert theirs.status == missing.status, (route, other, way, theirs.status)
                assert theirs.status in (403, 404), (route, other, way, theirs.status)
                if theirs.status == 404:
                    # The two answers are alike but for the name: nothing tells that the one exists.
                    assert theirs.text.replace(thing, NOBODY) == missing.text, route
        assert await kept(team, mia) == before, route
        mine = await ask(team, route, row, mia, "cookie", path)
        assert mine.status < 300, (route, mine.status, mine.text[:200])


@pytest.mark.parametrize("other", OTHERS)
async def test_no_list_shows_what_another_owns(team: Team, other: str) -> None:
    mia, them = team.people["mia"], team.people[other]
    hidden = [await make_one(team, mia) for make_one in OF_CHAT.values()]
    if other in ("bob", "vic"):  # administrators see who there is, and which keys
        hidden += [mia.id, *[await make_one(team, mia) for name, make_one in THINGS.items() if name not in OF_CHAT]]
    for route, row in ROWS.items():
        if route[0] != "GET" or row.stream:
            continue
        answer = await ask(team, route, row, them)
        shown = [thing for thing in (*hidden, *_secret(route, them)) if thing in answer.text]
        assert not shown, (route, shown)
        if row.scope == SCOPE and not row.thing and route[1] not in NAMELESS:
            assert SECRET in (await ask(team, route, row, mia)).text, (route, "shows it to who owns it")


NAMELESS = ("/api/personal",)
"""Lists in which the makers put nothing."""


def _secret(route: tuple[str, str], them: Someone) -> list[str]:
    """The word itself, but where one's own question is given back, and in the names of keys for administrators."""
    named = route[1] == "/api/admin/keys" and them.login in ("adam", "olga")
    return [] if named else [SECRET]


async def test_an_id_of_another_is_not_smuggled_in_by_a_body_or_a_query(team: Team) -> None:
    mia, bob = team.people["mia"], team.people["bob"]
    theirs = {name: await make_one(team, mia) for name, make_one in OF_CHAT.items()}
    own = await conversation(team, bob)
    compared = (await opened(team, bob, await _compared(team, bob)))["comparisons"][0]["id"]
    file, folder, answer = theirs["attachment"], theirs["folder"], theirs["answer"]
    one = f"/api/conversations/{own}"
    for method, path, body in (
        ("POST", "/api/conversations", {"folder_id": folder}),
        ("POST", "/api/conversations", {"ask": {**QUESTION, "attachment_ids": [file]}}),
        ("PATCH", one, {"folder_id": folder}),
        ("PATCH", one, {"head_id": answer}),
        ("POST", f"{one}/messages", {"content": "Hello", "parent_id": answer}),
        ("POST", f"{one}/messages", {"content": "Hello", "parent_id": None, "attachment_ids": [file]}),
        ("POST", f"/api/comparisons/{compared}/vote", {"verdict": "winner", "winner_id": answer}),
        ("GET", f"/api/events?conversation={theirs['conversation']}", None),
    ):
        tried = await team.ask(method, path, bob, body=body)
        missing = await team.ask(method, _of_nobody(path, theirs), bob, body=_of_nobody(body, theirs))
        assert tried.status in (400, 404), (method, path, tried.status)
        assert tried.text == missing.text, (method, path)
    for path in (
        f"/api/conversations?folder_id={folder}",
        f"/api/shares?conversation_id={theirs['share']}",
        f"/api/shares?conversation_id={theirs['conversation']}",
    ):
        assert (await team.ask("GET", path, bob)).json["items"] == []


async def _compared(team: Team, owner: Someone) -> str:
    model = team.parts.router.resolve(None)
    ask_both = {"content": "Hello", "parent_id": None, "models": [model, model]}
    return str((await made(team, owner, "/api/conversations", {"ask": ask_both}))["conversation"]["id"])


def _of_nobody(given: Any, theirs: dict[str, str]) -> Any:
    """The same with an id that nothing has in the place of each of theirs."""
    text = json.dumps(given)
    for thing in theirs.values():
        text = text.replace(thing, NOBODY)
    return json.loads(text)


async def test_a_draft_does_not_open_the_file_of_another(team: Team) -> None:
    mia, bob = team.people["mia"], team.people["bob"]
    file = await OF_CHAT["attachment"](team, mia)
    draft = {"content": "mine", "attachment_ids": [file]}
    await team.ask("PUT", "/api/drafts/new", bob, body=draft)
    shown = await team.ask("GET", "/api/sidebar", bob)
    assert shown.json["draft"]["attachments"] == []
    assert SECRET not in shown.text


async def test_nobody_hears_what_happens_to_another(team: Team) -> None:
    mia = team.people["mia"]
    heard: dict[str, bytes] = {}

    async def listen(by: Someone, until: bytes) -> None:
        heard[by.login] = b""
        url, headers = f"{team.address}/api/events", by.headers("cookie", team.address)
        async with team.http.get(url, headers=headers) as stream:
            assert stream.status == 200
            async for chunk in stream.content.iter_any():
                heard[by.login] += chunk
                if until in heard[by.login]:
                    return

    async with asyncio.TaskGroup() as listening:
        for login in ("mia", *OTHERS):
            listening.create_task(listen(team.people[login], b"event: folders"))
        while len(heard) < 5 or not all(b"event: ready" in each for each in heard.values()):  # noqa: ASYNC110 - of HTTP
            await asyncio.sleep(0.01)
        for make_one in OF_CHAT.values():
            if make_one is not OF_CHAT["folder"]:
                await make_one(team, mia)
        for login in ("mia", *OTHERS):  # each hears something of their own, and so the end
            if login != "vic":  # who makes nothing
                await made(team, team.people[login], "/api/folders", {"name": "end"})
        team.parts.desk.live.tell(team.people["vic"].id, "folders", {"folders": []})
    assert SECRET.encode() in heard["mia"]
    for login in OTHERS:
        assert SECRET.encode() not in heard[login], login
        assert heard[login].count(b"event:") == 2, "the beginning and the end"


async def test_a_stream_ends_with_the_sign_in_that_began_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "HEARTBEAT_S", 0.05)
    mia, bob, adam = (team.people[login] for login in ("mia", "bob", "adam"))
    key = (await team.ask("GET", "/api/me/keys", mia)).json["items"][0]["id"]

    async def to_its_end(by: Someone, way: Way) -> None:
        url, headers = f"{team.address}/api/events", by.headers(way, team.address)
        async with asyncio.timeout(20), team.http.get(url, headers=headers) as stream:
            assert b"event: ready" in await stream.content.readuntil(b"\n\n")
            begun.release()
            await stream.content.read()

    begun = asyncio.Semaphore(0)
    goes_on = asyncio.create_task(to_its_end(adam, "cookie"))
    async with asyncio.TaskGroup() as ending:
        ways: tuple[tuple[Someone, Way], ...] = ((mia, "bearer"), (mia, "cookie"), (bob, "bearer"))
        for by, way in ways:
            ending.create_task(to_its_end(by, way))
        for _ in range(4):
            await begun.acquire()
        assert (await team.ask("DELETE", f"/api/me/keys/{key}", mia)).status == 204
        assert (await team.ask("DELETE", "/api/session", mia)).status == 204
        assert (await team.ask("PATCH", f"/api/admin/people/{bob.id}", adam, body={"disabled": True})).status == 200
    assert not goes_on.done()
    goes_on.cancel()


async def test_a_stream_of_the_local_owner_ends_with_the_first_account(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "HEARTBEAT_S", 0.05)
    async with (
        asyncio.timeout(20),
        team_server(settings.home) as alone,
        alone.http.get(f"{alone.address}/api/events") as stream,
    ):
        await stream.content.readuntil(b"\n\n")
        await asyncio.sleep(0.2)
        assert not stream.content.at_eof()
        await alone.join("olga")
        await stream.content.read()


async def test_a_link_opens_to_those_it_is_for_until_it_is_revoked_and_cannot_be_guessed(team: Team) -> None:
    mia, bob = team.people["mia"], team.people["bob"]
    shares = f"/api/conversations/{await conversation(team, mia)}/shares"
    for audience in ("members", "anyone"):
        link = await made(team, mia, shares, {"audience": audience})
        token = link["token"]

        async def look(by: Someone | None, shown: str) -> Answer:
            return await team.ask("POST", "/api/shared", by, body={"token": shown})

        assert SECRET in (await look(bob, token)).text
        assert (SECRET in (await look(None, token)).text) is (audience == "anyone")
        for wrong in (token[:-1], token + "x", link["share"]["id"], token.swapcase()):
            assert (await look(bob, wrong)).status == 404
        assert (await team.ask("DELETE", f"/api/shares/{link['share']['id']}", mia)).status == 204
        assert [(await look(by, token)).status for by in (bob, mia, None)] == [404, 404, 404]
