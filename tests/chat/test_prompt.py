"""What a model is given: within its context where the person wants that, and within the person's quota."""

from pathlib import Path

import pytest
from aiohttp import web

from causerie.accounts import limits, people, quotas, rules
from causerie.accounts.identity import Caller
from causerie.accounts.ledger_tables import Quota
from causerie.accounts.rules import Rules, Unit
from causerie.chat.attachment_files import path_of
from causerie.chat.prompt import File, Prompt, Turn, oldest_to_leave_out, wire
from causerie.database.engine import Database
from causerie.errors import UnsupportedParameter
from causerie.settings import Settings
from tests.chat.documents_made import png
from tests.chat.talking import Talk, config, desk_of, join
from tests.inference.stub_upstream import StubUpstream
from tests.server.team import settings_in

TEN_WORDS = "one two three four five six seven eight nine ten"


async def test_the_oldest_are_left_out_where_the_person_said_so_and_the_answer_says_how_many(
    database: Database, settings: Settings, stub: StubUpstream
) -> None:
    await people.prepare(database)
    ada = await join(database, "ada")
    stub.words = tuple(f"{word} " for word in TEN_WORDS.split())
    small = config(stub).replace('name = "stub"', 'name = "stub"\ncontext_tokens = 40')
    async with desk_of(database, settings_in(settings.home, small)) as desk:
        talk = Talk(desk, stub, ada, ada)
        begun = await talk.begin(TEN_WORDS, title="x", parameters={"leave_out_oldest": True})
        head = begun.head_id
        for _ in range(2):
            head = (await talk.ask(begun.id, TEN_WORDS, head)).answers[0].id
        opened = await talk.open(begun.id)
        assert [message.left_out for message in opened.messages] == [0, 0, 0, 0, 0, 4]
        assert talk.told[-1]["messages"] == [{"role": "user", "content": TEN_WORDS}]
        await talk.ask(begun.id, TEN_WORDS, head, parameters={"leave_out_oldest": False})
        assert len(talk.told[-1]["messages"]) == 7, "nothing is left out silently"


class CannotCount(StubUpstream):
    """An upstream such as OpenAI's, which has no `/tokenize`."""

    async def _tokenize(self, request: web.Request) -> web.Response:  # noqa: ARG002 - as its parent's
        return web.json_response({"error": "there is no such path"}, status=404)


async def test_where_the_engine_does_not_count_the_length_is_guessed(database: Database, settings: Settings) -> None:
    await people.prepare(database)
    ada = await join(database, "ada")
    async with CannotCount() as stub:
        small = config(stub).replace('name = "stub"', 'name = "stub"\ncontext_tokens = 40')
        async with desk_of(database, settings_in(settings.home, small)) as desk:
            talk = Talk(desk, stub, ada, ada)
            begun = await talk.begin("word " * 30, title="x", parameters={"leave_out_oldest": True})
            await talk.ask(begun.id, "short", begun.head_id)
    assert talk.told[-1]["messages"] == [{"role": "user", "content": "short"}]


async def test_what_is_left_begins_with_a_question_and_the_last_one_always_stays() -> None:
    turns = [Turn(role=("user", "assistant")[number % 2], content="x" * 100) for number in range(9)]

    async def tokens(skip: int) -> int:
        return 10 * (9 - skip)

    prompt = Prompt(system="", turns=turns)
    assert await oldest_to_leave_out(prompt, 90, tokens) == 0
    assert await oldest_to_leave_out(prompt, 50, tokens) == 6
    assert await oldest_to_leave_out(prompt, 1, tokens) == 8


async def test_a_picture_is_refused_for_a_model_that_sees_none(tmp_path: Path) -> None:
    file = File(name="p.png", kind="image", media_type="image/png", sha256="ab" * 32, text="")
    path = path_of(tmp_path, file.sha256)
    path.parent.mkdir()
    path.write_bytes(png())
    prompt = Prompt(system="", turns=[Turn(role="user", content="", files=[file])])
    (said,) = await wire(prompt, tmp_path, images=True)
    assert [part["type"] for part in said["content"]] == ["image_url"]
    with pytest.raises(UnsupportedParameter, match="sees none"):
        await wire(prompt, tmp_path, images=False)
    twice = Prompt(system="", turns=[Turn(role="user", content="Look"), *prompt.turns])
    (joined,) = await wire(twice, tmp_path, images=True)
    assert [part["type"] for part in joined["content"]] == ["text", "image_url"]


async def limited(database: Database, most: dict[Unit, int]) -> tuple[Caller, Rules, list[Quota]]:
    """A member with these quotas for a day, and the rules in force."""
    await people.prepare(database)
    await join(database, "olga")  # the first is an owner
    ada = await join(database, "ada")
    async with database.write() as session:
        added = [
            await limits.add_quota(session, "person", ada.person_id, unit, "day", limit)
            for unit, limit in most.items()
        ]
    async with database.read() as session:
        return ada, await rules.load(session), added


async def test_an_answer_is_paid_from_the_quota_and_refused_when_that_is_used_up(
    database: Database, settings: Settings, stub: StubUpstream
) -> None:
    ada, known, limited_by = await limited(database, {"tokens": 3000})
    async with desk_of(database, settings_in(settings.home, config(stub)), known) as desk:
        talk = Talk(desk, stub, ada, ada)
        begun = await talk.begin("Hello?")
        assert (await talk.open(begun.id)).title_origin == "model"
        await talk.quiet()
        asked = await talk.ask(begun.id, "A very long one", begun.head_id, parameters={"max_tokens": 5000})
        answer = await desk.message(ada.person_id, asked.answers[0].id)
        assert answer.status == "failed"
        assert answer.error is not None
        assert answer.error.code == "quota_exceeded"
        await talk.quiet()
        async with database.read() as session:
            (state,) = await quotas.states(session, limited_by)
        assert state.reserved == 0, "nothing stays reserved"
        assert 0 < state.used < 3000


async def test_a_title_is_paid_in_tokens_and_is_no_request_of_the_person_s(
    database: Database, settings: Settings, stub: StubUpstream
) -> None:
    ada, known, limited_by = await limited(database, {"requests": 1, "tokens": 5000})
    async with desk_of(database, settings_in(settings.home, config(stub)), known) as desk:
        talk = Talk(desk, stub, ada, ada)
        begun = await talk.begin("Hello?")
        await talk.quiet()
        assert (await talk.open(begun.id)).title_origin == "model", "its only request is used up by the answer"
        async with database.read() as session:
            told = await quotas.states(session, limited_by)
        answer, title = 4, 5  # the one by its size, as the stub's stream does not count; the other as it says
        assert [(state.used, state.reserved) for state in told] == [(1, 0), (answer + title, 0)]


async def test_a_quota_does_not_close_models_whose_engine_cannot_count(
    database: Database, settings: Settings, stub: StubUpstream
) -> None:
    stub.counts = False
    ada, known, limited_by = await limited(database, {"requests": 1})
    async with desk_of(database, settings_in(settings.home, config(stub)), known) as desk:
        talk = Talk(desk, stub, ada, ada)
        begun = await talk.begin("Hello?", title="x")
        assert [message.status for message in begun.messages] == ["complete", "complete"]
        await talk.quiet()
        asked = await talk.ask(begun.id, "And now?", begun.head_id)
        answer = await desk.message(ada.person_id, asked.answers[0].id)
        assert (answer.status, answer.error and answer.error.code) == ("failed", "quota_exceeded")
        await talk.quiet()
        async with database.read() as session:
            (state,) = await quotas.states(session, limited_by)
        assert (state.used, state.reserved) == (1, 0)
