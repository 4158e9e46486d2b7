"""Released names beside models: listed, found, open to some, and what a conversation of the page goes on with."""

from collections import Counter
from typing import Any

from causerie.accounts import usage
from causerie.chat import feedback
from causerie.database.tables import now
from causerie.inference.packaged import STARTER_NAME
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.registry.stories import Registry
from tests.server.chatting import ask, begin, ended
from tests.server.team import Team
from tests.server.test_releases import asked, by, release, stub, team

__all__ = ["stub", "team"]
ASKED = 40
"""Of a fair coin, fewer than 8 or more than 32 heads of 40 come once in 17,000 times."""


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
    await release(team, "two", stage="share", share=0.5)
    await close(team, "two")
    assert "chat" in await names(team)
    assert {await asked(team, stub) for _ in range(20)} == {"one"}, "a candidate that is closed to Mia"
    assert {await asked(team, stub, None) for _ in range(20)} == {"one"}
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


async def test_a_share_splits_a_conversation_of_the_page(team: Team) -> None:
    mia, began = team.people["mia"], now()
    await release(team, "one")
    await release(team, "two", stage="share", share=0.5)
    talk = await begin(team, mia)  # it names no model
    assert talk["model"] == "chat", "the name itself, not the model of the moment"
    for number in range(ASKED):
        assert (await ask(team, mia, talk["id"], str(number), None, models=["chat"])).status == 201
        talk = await ended(team, mia, talk["id"])
        assert talk["model"] == "chat"
    answers = [each for each in talk["messages"] if each["role"] == "assistant"][1:]
    came = Counter(each["model"] for each in answers)
    assert came.keys() == {"one", "two"}, "an answer says which model gave it"
    assert 8 <= came["two"] <= ASKED - 8
    rated = next(each["id"] for each in answers if each["model"] == "two")
    assert (await by(team, "mia", "PUT", f"/api/messages/{rated}/feedback", {"rating": -1})).status == 200
    await team.parts.usage.flush()
    async with team.database.read() as session:
        assert await feedback.thumbs(session, "two", began) == (1, 1)
        assert await feedback.thumbs(session, "chat", began) == (0, 0)
        assert (await usage.health(session, "two", since=began)).requests >= came["two"]
        assert (await usage.health(session, "chat", since=began)).requests == 0


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
