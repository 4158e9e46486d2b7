"""Quotas in front of the models: what an answer may take is reserved, what it took is counted, the headers say it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event

from causerie.accounts import limits
from causerie.accounts.identity import Role
from causerie.accounts.rules import Unit
from causerie.inference.bounds import IMAGE_TOKENS, OWN_TOKENS, most_answer_tokens, most_prompt_tokens
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.server.serving import upstream_config
from tests.server.team import Answer, Someone, Team, team_server

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with StubUpstream() as running:
        yield running


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str, stub: StubUpstream) -> AsyncIterator[Team]:
    async with team_server(settings.home, upstream_config(stub)) as running:
        await running.join("olga", Role.OWNER)
        await running.join("ada")
        yield running


@pytest_asyncio.fixture
async def ada(team: Team) -> Someone:
    return team.people["ada"]


async def limit(team: Team, someone: Someone, unit: Unit, amount: int) -> None:
    async with team.parts.doors.changing() as session:
        await limits.add_quota(session, "person", someone.id, unit, "day", amount)


async def chat(team: Team, by: Someone, **fields: Any) -> Answer:
    return await team.ask("POST", CHAT, by, "bearer", {"messages": MESSAGES, "max_tokens": 10, **fields})


async def used(team: Team, by: Someone) -> tuple[float, float]:
    (quota,) = (await team.ask("GET", "/api/me/quotas", by)).json["items"]
    return quota["used"], quota["reserved"]


@pytest.mark.parametrize("stream", [False, True])
async def test_what_an_answer_took_is_counted_and_nothing_stays_reserved(
    team: Team, ada: Someone, stream: bool
) -> None:
    await limit(team, ada, "tokens", 10_000)
    answer = await chat(team, ada, stream=stream)
    assert answer.status == 200
    assert answer.headers["x-ratelimit-limit-tokens"] == "10000"
    assert 0 < int(answer.headers["x-ratelimit-remaining-tokens"]) < 10_000
    assert answer.headers["x-ratelimit-reset-tokens"].endswith("s")
    await settled(team, ada)
    await team.parts.usage.flush()
    totals = (await team.ask("GET", "/api/me/usage", ada)).json["totals"]
    assert (await used(team, ada))[0] == totals["tokens_in"] + totals["tokens_out"] > 0


async def settled(team: Team, ada: Someone) -> None:
    for _ in range(3000):
        if (await used(team, ada))[1] == 0:
            return
        await asyncio.sleep(0.02)
    pytest.fail("it is not settled")


async def test_a_used_up_quota_is_a_429_that_says_when_it_begins_anew(team: Team, ada: Someone) -> None:
    await limit(team, ada, "requests", 1)
    assert (await chat(team, ada)).status == 200
    await settled(team, ada)
    for stream in (False, True):
        answer = await chat(team, ada, stream=stream)
        assert (answer.status, answer.code) == (429, "quota_exceeded")
        assert 0 < int(answer.headers["retry-after"]) <= 86_400
        assert answer.headers.getall("x-ratelimit-remaining-requests")[-1] == "0"
        assert "1 requests a day" in answer.json["error"]["message"]
    assert (await chat(team, team.people["olga"])).status == 200, "it is Ada's quota"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"messages": MESSAGES, "max_tokens": 10}),
        ("/v1/completions", {"prompt": "Hello", "max_tokens": 10}),
        ("/v1/embeddings", {"input": "Hello"}),
        ("/v1/responses", {"input": "Hello", "max_output_tokens": 10}),
    ],
)
async def test_every_way_to_a_model_is_counted(team: Team, ada: Someone, path: str, body: dict[str, Any]) -> None:
    await limit(team, ada, "tokens", 1)
    answer = await team.ask("POST", path, ada, "bearer", body)
    assert (answer.status, answer.code) == (429, "quota_exceeded")


async def test_many_at_once_do_not_overspend(team: Team, ada: Someone) -> None:
    await limit(team, ada, "requests", 3)
    answers = await asyncio.gather(*(chat(team, ada) for _ in range(12)))
    assert sorted(answer.status for answer in answers) == [200] * 3 + [429] * 9
    await settled(team, ada)
    assert await used(team, ada) == (3, 0)


async def test_a_model_without_a_price_is_refused_where_money_is_counted(team: Team, ada: Someone) -> None:
    await limit(team, ada, "money", 1_000_000)
    answer = await chat(team, ada)
    assert (answer.status, answer.code) == (403, "price_unknown")


async def test_a_question_that_no_engine_answered_costs_nothing(team: Team, ada: Someone, stub: StubUpstream) -> None:
    await limit(team, ada, "requests", 5)
    stub.status = 400
    assert (await chat(team, ada)).status == 400
    await settled(team, ada)
    assert await used(team, ada) == (0, 0)


async def test_an_engine_that_does_not_say_what_it_used_is_counted_by_bounds(
    team: Team, ada: Someone, stub: StubUpstream
) -> None:
    await limit(team, ada, "tokens", 10_000)
    await chat(team, ada, stream=True)  # this stub's streams end without usage
    await settled(team, ada)
    assert (await used(team, ada))[0] > OWN_TOKENS


async def test_who_leaves_in_the_middle_has_used_what_was_said_until_then(
    team: Team, ada: Someone, stub: StubUpstream
) -> None:
    await limit(team, ada, "requests", 5)
    stub.fault = "hang-mid"
    headers = ada.headers("bearer", team.address)
    body = {"messages": MESSAGES, "max_tokens": 10, "stream": True}
    async with team.http.post(team.address + CHAT, json=body, headers=headers) as answer:
        await answer.content.readline()
    await settled(team, ada)
    assert await used(team, ada) == (1, 0)


async def test_near_its_end_a_quota_is_held_against_the_exact_count(team: Team, ada: Someone) -> None:
    # By bytes this question may take far more than 40 tokens; this engine counts 1, and 10 for the answer.
    await limit(team, ada, "tokens", 40)
    assert (await chat(team, ada)).status == 200
    await settled(team, ada)
    assert (await chat(team, ada, max_tokens=40)).code == "quota_exceeded"


async def test_who_has_no_quota_costs_no_statement_before_the_answer(team: Team, ada: Someone) -> None:
    await chat(team, ada)
    await team.look_no_more()
    await team.parts.usage.flush()
    statements: list[str] = []

    def note(*given: Any) -> None:
        statements.append(given[2])

    event.listen(team.database.engine.sync_engine, "before_cursor_execute", note)
    for _ in range(5):
        assert (await chat(team, ada)).status == 200
    ours = [
        each for each in statements if "accounts_version" not in each and not each.startswith(("BEGIN", "INSERT"))
    ]
    assert [each for each in ours if "usage" not in each and "FROM people" not in each] == []


async def test_a_viewer_asks_no_model(team: Team) -> None:
    vic = await team.join("vic", Role.VIEWER)
    answer = await chat(team, vic)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert (await team.ask("GET", "/v1/models", vic)).status == 200


async def test_a_model_that_is_not_open_to_one_does_not_exist_for_them(team: Team, ada: Someone) -> None:
    model = (await chat(team, ada)).json["model"]
    name = team.parts.router.resolve(None)
    await team.ask("PUT", "/api/admin/permissions", team.people["olga"], body={"model": name, "everyone": False})
    answer = await chat(team, ada, model=name)
    missing = await chat(team, ada, model="no-such-model")
    assert (answer.status, answer.code) == (missing.status, missing.code) == (404, "model_not_found")
    assert answer.text.replace(name, "no-such-model") == missing.text
    assert (await chat(team, team.people["olga"], model=name)).json["model"] == model


def test_the_bound_of_a_prompt_is_never_below_its_tokens() -> None:
    said = "Bonjour à tous, 你好 🙂"
    assert most_prompt_tokens({"messages": [{"role": "user", "content": said}]}) > len(said.encode()) + OWN_TOKENS
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}
    with_picture = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, picture]}]}
    assert IMAGE_TOKENS < most_prompt_tokens(with_picture) < IMAGE_TOKENS + 200
    assert most_prompt_tokens({"prompt": [1, 2, 3]}) == 3
    assert most_prompt_tokens({"prompt": [[1, 2], [3]]}) == 3
    assert most_prompt_tokens({"input": ["a", "b"]}) == 2 * (1 + OWN_TOKENS)


def test_the_bound_of_an_answer_counts_every_choice_of_every_prompt() -> None:
    assert most_answer_tokens({"messages": [], "max_tokens": 10}) == 10
    assert most_answer_tokens({"messages": [], "max_tokens": 10, "n": 3}) == 30
    assert most_answer_tokens({"prompt": ["a", "b"], "max_tokens": 10, "n": 2}) == 40
    assert most_answer_tokens({"prompt": [1, 2], "max_tokens": 10}) == 10
    assert most_answer_tokens({"input": "a"}) == 0
