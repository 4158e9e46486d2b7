"""Released names beside models: listed, found, open to some, and what a conversation of the page goes on with."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from causerie.accounts import applications, keys, usage
from causerie.accounts.identity import Role
from causerie.accounts.keys import NewKey
from causerie.chat import feedback
from causerie.database.tables import now
from causerie.inference.packaged import STARTER_NAME
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.registry.policies import written
from tests.registry.stories import Registry
from tests.server.chatting import ask, begin, ended
from tests.server.team import Someone, Team, Way, team_server
from tests.server.test_releases import ANY, asked, by, release, stub, team

__all__ = ["stub", "team"]
MANY = 24
"""A fair coin that is thrown so often shows one side alone once in 8 million times."""


async def listed(team: Team, login: str = "mia") -> list[dict[str, Any]]:
    """What the page is told; the list for programs has the same names in the same order."""
    models: list[dict[str, Any]] = (await by(team, login, "GET", "/api/models")).json["models"]
    programs = (await by(team, login, "GET", "/v1/models")).json["data"]
    assert [each["id"] for each in programs] == [each["name"] for each in models]
    assert [each["owned_by"] == "release" for each in programs] == [each["release"] is not None for each in models]
    return models


async def names(team: Team, login: str = "mia") -> list[str]:
    return [each["name"] for each in await listed(team, login)]


async def default(team: Team, login: str = "mia") -> str:
    return str((await by(team, login, "GET", "/api/models")).json["default"])


async def close(team: Team, model: str) -> None:
    closed = {"model": model, "everyone": False, "group_ids": []}
    answer = await by(team, "olga", "PUT", "/api/admin/permissions", closed)
    assert answer.status == 200, answer.text


async def test_what_is_released_is_listed_and_found_like_a_model(team: Team) -> None:
    models = await names(team)
    assert models == sorted(models)
    assert await default(team) != "chat"
    await release(team, "two")
    await release(team, "one", alias="chat-fr")
    chat, french, *own = await listed(team)
    assert (chat["name"], french["name"], [each["name"] for each in own]) == ("chat", "chat-fr", models)
    assert chat["release"] == {"model": "two", "version": "", "stage": "all", "share": 0}
    two = next(each for each in own if each["name"] == "two")
    assert two == {**chat, "name": "two", "release": None}, "its facts are the model's"
    assert await default(team) == "chat"
    programs = (await by(team, "mia", "GET", "/v1/models")).json["data"]
    for each in (programs[0], programs[-1]):
        assert (await by(team, "mia", "GET", f"/v1/models/{each['id']}")).json == each
    assert 0 <= now().timestamp() - programs[0]["created"] < 60
    await release(team, "three", stage="share", share=0.25)
    assert (await listed(team))[0]["release"] == {"model": "two", "version": "", "stage": "share", "share": 0.25}
    assert (await by(team, "mia", "GET", "/v1/models/none")).code == "model_not_found"


async def test_a_name_says_which_version_it_stands_for(team: Team, settings: Settings) -> None:
    registry = Registry(team.database, settings)
    version = await registry.add(registry.run("tiny"))
    assert (await by(team, "mia", "GET", "/v1/models/tiny")).status == 200  # the server has seen it
    assert (await release(team, "tiny")).status == 200
    assert (await listed(team))[0]["release"]["version"] == version.id


async def test_a_name_that_is_also_a_model_s_is_there_once(team: Team, stub: StubUpstream) -> None:
    models = await names(team)
    await release(team, "two", alias="one")
    assert await names(team) == ["one", *(name for name in models if name != "one")]
    assert await asked(team, stub, "one") == "two"
    assert (await by(team, "mia", "GET", "/v1/models/one")).json["owned_by"] == "release"


async def test_a_name_is_open_to_whom_its_model_is(team: Team, stub: StubUpstream) -> None:
    await release(team, "one")
    await release(team, "two", stage="share", share=1 - 1e-12)
    assert await asked(team, stub) == "two"
    await close(team, "two")
    assert "chat" in await names(team)
    assert await asked(team, stub) == "one", "a candidate that is closed to Mia"
    assert await asked(team, stub, None) == "one"
    await close(team, "one")
    assert not {"chat", "one", "two"} & set(await names(team))
    assert await default(team) == next(each["name"] for each in await listed(team) if each["chat"])
    assert (await by(team, "mia", "GET", "/v1/models/chat")).code == "model_not_found"
    body = {"model": "chat", "messages": [{"role": "user", "content": "Salut"}]}
    for _ in range(6):
        refused = await by(team, "mia", "POST", "/v1/chat/completions", body)
        assert (refused.status, refused.code) == (404, "model_not_found")
    assert {"chat", "one", "two"} <= set(await names(team, "adam"))
    assert await default(team, "adam") == "chat"


async def answered_in(team: Team, by: Someone, talk: dict[str, Any]) -> set[str]:
    """Who answered in a conversation, after further questions on the way and beside it."""
    for parent_id in (talk["head_id"], None):
        assert (await ask(team, by, talk["id"], "And?", parent_id)).status == 201
        talk = await ended(team, by, talk["id"])
        assert talk["model"] == "chat", "the name itself, not the model of the moment"
    return {each["model"] for each in talk["messages"] if each["role"] == "assistant"}


async def side_of(team: Team, someone: Someone, way: Way = "cookie") -> str:
    """Who answers a request of theirs to the API."""
    body = {"model": "chat", "messages": [{"role": "user", "content": "Salut"}]}
    answer = await team.ask("POST", "/v1/chat/completions", someone, way, body)
    assert answer.status == 200, answer.text
    return str(answer.json["model"])


async def test_a_share_splits_people_and_each_stays_where_they_are(team: Team) -> None:
    began = now()
    await release(team, "one")
    await release(team, "two", stage="share", share=0.5)
    people = [await team.join(f"p{number}") for number in range(MANY)]
    sides = {each.login: await side_of(team, each) for each in people}
    assert set(sides.values()) == {"one", "two"}
    for model in ("one", "two"):
        someone = next(each for each in people if sides[each.login] == model)
        again = await team.again(someone)  # signed in once more
        assert {await side_of(team, each, "bearer") for each in (someone, again)} == {model}
        talks = [await begin(team, someone) for _ in range(2)]  # they name no model
        assert [await answered_in(team, someone, talk) for talk in talks] == [{model}] * 2
    (rated,) = [each["id"] for each in talks[0]["messages"] if each["role"] == "assistant"]
    assert (await by(team, someone.login, "PUT", f"/api/messages/{rated}/feedback", {"rating": -1})).status == 200
    await team.parts.usage.flush()
    async with team.database.read() as session:
        assert await feedback.thumbs(session, "two", began) == (1, 1)
        assert await feedback.thumbs(session, "chat", began) == (0, 0)
        assert (await usage.health(session, "two", since=began)).requests >= list(sides.values()).count("two") + 8
        assert (await usage.health(session, "chat", since=began)).requests == 0
    await release(team, "two", stage="share", share=0.8)
    grown = {each.login: await side_of(team, each) for each in people}
    assert {login for login, model in sides.items() if model == "two"} <= {
        login for login, model in grown.items() if model == "two"
    }


async def test_an_application_stays_on_one_side_whichever_key_it_shows(team: Team) -> None:
    await release(team, "one")
    await release(team, "two", stage="share", share=0.5)
    sides = set()
    for number in range(MANY):
        async with team.parts.doors.changing() as session:
            program = await applications.create(session, f"program {number}")
            shown = [
                (await keys.make(session, program.id, NewKey(name=name, scopes=("models",), expires_days=None)))[1]
                for name in ("first", "second")
            ]
        asking = [Someone(program.id, program.name, Role.MEMBER, "", key) for key in shown]
        (side,) = {await side_of(team, each, way) for each in asking for way in ("bearer", "x-api-key")}
        sides.add(side)
    assert sides == {"one", "two"}


@pytest_asyncio.fixture
async def alone(settings: Settings, database_url: str, stub: StubUpstream) -> AsyncIterator[Team]:
    """A server on which nobody has an account, with a candidate for half of the conversations."""
    config = f'[[upstreams]]\nname = "far"\nbase_urls = ["{stub.url}"]\nmodels = ["one", "two"]\n'
    async with team_server(settings.home, config) as running:
        written(settings, ANY)
        for wanted in ({"model": "one"}, {"model": "two", "stage": "share", "share": 0.5}):
            answer = await running.ask("POST", "/api/releases", body=wanted)
            assert answer.status == 200, answer.text
        yield running


async def test_without_accounts_a_conversation_of_the_page_stays_on_one_side(alone: Team) -> None:
    nobody = Someone("", "", Role.OWNER, "", "")
    sides = set()
    for _ in range(MANY):
        (side,) = await answered_in(alone, nobody, await begin(alone, nobody))
        sides.add(side)
    assert sides == {"one", "two"}
    (alias,) = (await alone.ask("GET", "/api/releases")).json["aliases"]
    assert (alias["reached"], alias["people"]) == (0, 0)


async def came_to(team: Team, path: str, body: dict[str, Any], key: str = "") -> tuple[str, Any]:
    """Who answered a request, and what came back."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = await team.ask("POST", path, body={"model": "chat", **body}, headers=headers)
    assert answer.status == 200, answer.text
    return answer.json["model"], answer.json


async def test_without_accounts_a_client_stays_by_its_key_or_by_how_its_conversation_began(alone: Team) -> None:
    def chat(*texts: str) -> dict[str, Any]:
        roles = ("user", "assistant")
        said = [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]
        return {"messages": [{"role": "system", "content": "Be brief."}, *said]}

    sides: dict[str, set[str]] = {"key": set(), "chat": set(), "responses": set(), "completions": set()}
    for number in range(MANY):
        first, key = f"Question {number}", f"key-{number}"
        (by_key,) = {(await came_to(alone, "/v1/chat/completions", chat(text), key))[0] for text in (first, "Salut")}
        longer = (chat(first), chat(first, "Yes?", "And?"), chat(first, "No.", "Why?"))
        (by_chat,) = {(await came_to(alone, "/v1/chat/completions", each))[0] for each in longer}
        began, answer = await came_to(alone, "/v1/responses", {"input": first})
        went_on, _ = await came_to(alone, "/v1/responses", {"input": "And?", "previous_response_id": answer["id"]})
        assert began == went_on
        told, _ = await came_to(alone, "/v1/completions", {"prompt": first})
        for kind, side in (("key", by_key), ("chat", by_chat), ("responses", began), ("completions", told)):
            sides[kind].add(side)
    assert all(each == {"one", "two"} for each in sides.values()), sides


async def test_a_conversation_follows_the_name_until_another_is_chosen(team: Team) -> None:
    mia = team.people["mia"]
    await release(team, "one")
    talk = await begin(team, mia)
    await release(team, "two")

    async def answered(**more: Any) -> tuple[str, str]:
        """Who answered, and what the conversation goes on with."""
        told = (await ask(team, mia, talk["id"], "And?", None, **more)).json
        await ended(team, mia, talk["id"])
        return told["answers"][0]["model"], told["conversation"]["model"]

    assert await answered() == ("two", "chat")
    assert await answered(models=["three"]) == ("three", "three")
    assert await answered() == ("three", "three")
    assert await answered(models=["chat"]) == ("two", "chat")
    for closed in ("two", STARTER_NAME):  # and with the one in service its name, to Mia
        await close(team, closed)
    assert await answered() == ("one", "one")
