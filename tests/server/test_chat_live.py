"""Talking over HTTP: what is acknowledged is kept, every tab hears it, a broken stream goes on where it was."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event

from causerie.accounts.identity import Role
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.server.chatting import Told, ask, begin, ended, listening, opened
from tests.server.serving import upstream_config
from tests.server.team import Someone, Team, team_server


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with StubUpstream() as running:
        yield running


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str, stub: StubUpstream) -> AsyncIterator[Team]:
    async with team_server(settings.home, upstream_config(stub)) as running:
        await running.join("olga", Role.OWNER)
        for login in ("ada", "bob"):
            await running.join(login)
        yield running


@pytest_asyncio.fixture
async def ada(team: Team) -> Someone:
    return team.people["ada"]


def pieces(heard: list[Told]) -> list[tuple[int, str]]:
    return [(told.content["seq"], told.content["content"]) for told in heard if told.name == "delta"]


async def test_two_tabs_see_one_answer_being_written(team: Team, ada: Someone) -> None:
    begun = await begin(team, ada)
    async with listening(team, ada, begun["id"]) as one, listening(team, ada, begun["id"]) as two:
        assert (await one.next()).content == (await two.next()).content == {"resumed": False}
        assert one.retry_ms == 1000
        asked = await ask(team, ada, begun["id"], "And?", begun["head_id"])
        assert asked.status == 201
        assert [answer["status"] for answer in asked.json["answers"]] == ["running"]
        for tab in (one, two):
            last = await tab.until("message", role="assistant", status="complete")
            assert last.content["message"]["content"] == "Bonjour"
            assert pieces(tab.heard) == [(1, "Bon"), (2, "jour")]
            assert {told.name for told in tab.heard} >= {"ready", "conversation", "message", "delta"}


async def test_nobody_hears_another_s_conversation(team: Team, ada: Someone) -> None:
    bob = team.people["bob"]
    begun = await begin(team, ada)
    refused = await team.ask("GET", f"/api/events?conversation={begun['id']}", bob)
    assert (refused.status, refused.code) == (404, "not_found")
    async with listening(team, bob) as his:
        await his.next()
        await ask(team, ada, begun["id"], "And?", begun["head_id"])
        await ended(team, ada, begun["id"])
        await team.ask("POST", "/api/folders", bob, body={"name": "Mine"})
        assert (await his.next()).name == "folders"


@pytest.mark.parametrize(
    ("query", "header", "status", "param"),
    [
        ("conversation=", "", 400, "conversation"),
        ("conversation=no%20id", "", 404, None),
        (f"conversation={'x' * 200}", "", 400, "conversation"),
        (f"after={'9' * 65}", "", 400, "after"),
        ("", "9" * 65, 400, None),
    ],
)
async def test_parameters_that_cannot_be_are_refused_before_a_stream_begins(
    team: Team, ada: Someone, query: str, header: str, status: int, param: str | None
) -> None:
    headers = {"Last-Event-ID": header} if header else {}
    refused = await team.ask("GET", f"/api/events?{query}", ada, headers=headers)
    assert (refused.status, refused.json["error"]["param"]) == (status, param)


async def test_positions_that_mean_nothing_begin_a_stream_anew(team: Team, ada: Someone) -> None:
    for position in ("", ".", "-1", "\u00e9.1", "0.99999999999999999999", "nonsense"):
        async with listening(team, ada, after=position) as tab:
            assert (await tab.next()).content == {"resumed": False}, position


@pytest.mark.parametrize("by_header", [False, True])
async def test_a_stream_that_broke_goes_on_after_the_last_event_that_came(
    team: Team, ada: Someone, stub: StubUpstream, by_header: bool
) -> None:
    begun = await begin(team, ada)
    stub.words = tuple(f"{number} " for number in range(300))
    async with listening(team, ada, begun["id"], after=begun["event_id"]) as first:
        assert (await first.next()).content == {"resumed": True}
        await ask(team, ada, begun["id"], "Count", begun["head_id"])
        await first.until("delta", seq=5)
    await ended(team, ada, begun["id"])
    had = first.heard[-1].id
    again = {"last": had, "after": begun["event_id"]} if by_header else {"after": had}
    async with listening(team, ada, begun["id"], **again) as second:
        assert (await second.next()).content == {"resumed": True}
        await second.until("message", role="assistant", status="complete")
    said = pieces(first.heard + second.heard)
    assert [seq for seq, _ in said] == list(range(1, 301))
    assert "".join(text for _, text in said) == "".join(stub.words)


async def test_a_page_that_knows_nothing_gets_what_there_is_of_running_answers(
    team: Team, ada: Someone, stub: StubUpstream
) -> None:
    begun = await begin(team, ada)
    stub.fault = "hang-mid"
    running = (await ask(team, ada, begun["id"], "Long", begun["head_id"])).json["answers"][0]["id"]
    async with asyncio.timeout(60):
        while not (await opened(team, ada, begun["id"]))["messages"][-1]["content"]:  # noqa: ASYNC110 - as a client waits
            await asyncio.sleep(0.01)
    for position in (None, "0.0", "nonsense"):
        async with listening(team, ada, begun["id"], after=position) as tab:
            assert (await tab.next()).content == {"resumed": False}
            assert (await tab.next()).content == {"message_id": running, "seq": 1, "content": "Bon", "reasoning": ""}
    stopped = await team.ask("POST", f"/api/messages/{running}/stop", ada)
    assert (stopped.status, stopped.json["status"], stopped.json["content"]) == (200, "stopped", "Bon")


async def test_an_answer_goes_on_when_whoever_asked_has_gone(team: Team, ada: Someone, stub: StubUpstream) -> None:
    stub.fault = "slow"
    begun = await begin(team, ada)
    async with listening(team, ada, begun["id"]):
        await ask(team, ada, begun["id"], "And?", begun["head_id"])
    found = await ended(team, ada, begun["id"])
    assert (found["messages"][-1]["status"], found["messages"][-1]["content"]) == ("complete", "Bonjour")


async def test_a_restart_in_the_middle_keeps_the_question_and_what_there_was(
    settings: Settings, database_url: str, stub: StubUpstream
) -> None:
    stub.fault = "hang-mid"
    config = upstream_config(stub)
    async with team_server(settings.home, config) as before:
        ada = await before.join("ada")
        made = await before.ask(
            "POST", "/api/conversations", ada, body={"ask": {"content": "Hello?", "parent_id": None}}
        )
        one = made.json["conversation"]["id"]
        async with asyncio.timeout(60):
            while not (await opened(before, ada, one))["messages"][-1]["content"]:  # noqa: ASYNC110 - as a client waits
                await asyncio.sleep(0.01)
        position = (await opened(before, ada, one))["event_id"]
    async with team_server(settings.home, config) as after:
        found = await opened(after, ada, one)
        assert [(each["content"], each["status"]) for each in found["messages"]] == [
            ("Hello?", "complete"), ("Bon", "interrupted"),
        ]  # fmt: skip
        async with listening(after, ada, one, after=position) as tab:
            assert (await tab.next()).content == {"resumed": False}, "the page looks anew"


async def test_a_question_sent_twice_is_asked_once_also_at_the_same_moment(
    team: Team, ada: Someone, stub: StubUpstream
) -> None:
    begun = await begin(team, ada)
    sent = [ask(team, ada, begun["id"], "And?", begun["head_id"], client_id="client-0001") for _ in range(4)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json["question"]["id"] for answer in answers}) == 1
    assert len((await ended(team, ada, begun["id"]))["messages"]) == 4


async def test_opening_a_conversation_costs_three_requests_and_eight_statements_at_most(
    team: Team, ada: Someone
) -> None:
    begun = await begin(team, ada)
    for _ in range(3):
        begun = await ended(team, ada, (await ask_again(team, ada, begun))["id"])
    await team.look_no_more()
    counts = [await statements(team, ada, begun) for _ in range(3)]
    assert 0 < min(counts) <= 8, counts  # the least: usage is written each second


async def ask_again(team: Team, ada: Someone, begun: dict[str, Any]) -> dict[str, Any]:
    await ask(team, ada, begun["id"], "And?", begun["head_id"])
    return begun


async def statements(team: Team, ada: Someone, begun: dict[str, Any]) -> int:
    """Of the page's two requests: the conversation, and the live events that go on from it."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            counted.append(statement)

    engine = team.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        found = await opened(team, ada, begun["id"])
        async with listening(team, ada, begun["id"], after=found["event_id"]) as tab:
            assert (await tab.next()).content == {"resumed": True}
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(counted)


async def test_a_conversation_of_2000_messages_is_read_in_as_many_statements_as_a_short_one(
    team: Team, ada: Someone
) -> None:
    nodes = {
        str(number): {
            "parent": str(number - 1) if number else None,
            "message": {
                "author": {"role": "assistant" if number % 2 else "user"},
                "content": {"content_type": "text", "parts": [f"Message {number} " + "word " * 50]},
            },
        }
        for number in range(2000)
    }
    answer = await team.ask(
        "POST", "/api/conversations/import", ada, body=[{"mapping": nodes, "id": "long", "title": "Long"}]
    )
    assert (answer.status, answer.json["messages"]) == (200, 2000)
    one = (await team.ask("GET", "/api/conversations", ada)).json["items"][0]["id"]
    found = await opened(team, ada, one)
    assert len(found["messages"]) == 2000
    await team.look_no_more()
    assert 0 < min([await statements(team, ada, found) for _ in range(3)]) <= 8
