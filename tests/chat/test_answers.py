"""An answer belongs to the server, not to the tab that asked: it goes on, is resumed, stopped or cut off."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from causerie.accounts import people
from causerie.accounts.ledger_tables import Usage
from causerie.chat import asking, conversations, drafts, feedback
from causerie.chat.answers import Answers
from causerie.chat.asking import Chosen
from causerie.chat.desk import Models
from causerie.chat.feedback import UP, Opinion
from causerie.chat.live import MOST_EVENTS, Live, Reader
from causerie.chat.running import stored
from causerie.chat.saving import Saver
from causerie.chat.tables import Conversation, Message
from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import DatabaseUnavailable, NotFound
from causerie.settings import Settings
from tests.chat.talking import Talk, desk_of, join, settings_for
from tests.inference.stub_upstream import StubUpstream


def parsed(events: bytes) -> list[tuple[str, str, Any]]:
    """Ids, names and contents of server-sent events."""
    found = []
    for one in events.decode().strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in one.split("\n"))
        found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


async def until(reader: Reader, name: str, **wanted: Any) -> list[tuple[str, str, Any]]:
    """What the reader hears, up to an event of this name (whose message has these fields)."""
    heard: list[tuple[str, str, Any]] = []
    async with asyncio.timeout(60):
        while True:
            heard += parsed(await reader.read() or b"")
            for _, what, content in heard:
                if what == name and wanted.items() <= content.get("message", {}).items():
                    return heard


async def first_piece(talk: Talk, message_id: str) -> None:
    async with asyncio.timeout(60):
        while not (await talk.desk.message(talk.ada.person_id, message_id)).content:  # noqa: ASYNC110 - as a client waits
            await asyncio.sleep(0.01)


async def test_every_tab_hears_the_question_each_piece_and_the_end(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    with talk.desk.live.listen(talk.ada.person_id, begun.id) as one, talk.desk.live.listen(talk.ada.person_id) as two:
        await talk.ask(begun.id, "And?", begun.head_id)
        heard = await until(one, "message", role="assistant", status="complete")
        pieces = [content for _, name, content in heard if name == "delta"]
        assert [(piece["seq"], piece["content"]) for piece in pieces] == [(1, "Bon"), (2, "jour")]
        ids = [position for position, _, _ in heard]
        assert ids == sorted(ids, key=lambda position: int(position.split(".")[1]))
        # Who shows another conversation hears that this one changed, and none of its pieces.
        elsewhere = parsed(await two.read() or b"")
        assert {name for _, name, _ in elsewhere} == {"conversation", "draft"}


async def test_a_page_that_comes_back_hears_what_it_missed_after_the_last_id_it_had(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    talk.stub.words = tuple(f"{number} " for number in range(100))
    with talk.desk.live.listen(talk.ada.person_id, begun.id, begun.event_id) as reader:
        assert reader.resumed
        await talk.ask(begun.id, "Count", begun.head_id, wait=False)
        heard = parsed(await reader.read() or b"")
    await talk.ended(begun.id)  # nobody listens now, and the answer goes on all the same
    with talk.desk.live.listen(talk.ada.person_id, begun.id, heard[-1][0]) as again:
        assert again.resumed
        heard += await until(again, "message", role="assistant", status="complete")
    pieces = [content for _, name, content in heard if name == "delta"]
    assert [piece["seq"] for piece in pieces] == list(range(1, 101)), "none missing, none twice"
    assert "".join(piece["content"] for piece in pieces) == "".join(talk.stub.words)


async def test_a_page_that_opens_in_the_middle_goes_on_from_the_pieces_that_it_was_shown(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    talk.stub.fault = "hang-mid"
    running = (await talk.ask(begun.id, "And?", begun.head_id, wait=False)).answers[0]
    await first_piece(talk, running.id)
    opened = await talk.open(begun.id)
    assert opened.running
    answer = opened.messages[-1]
    assert (answer.status, answer.content, answer.seq) == ("running", "Bon", 1)
    assert talk.desk.answers.snapshots(begun.id) == [
        {"message_id": running.id, "seq": 1, "content": "Bon", "reasoning": ""}
    ]
    await talk.desk.stop(talk.ada.person_id, running.id)


async def test_stopping_keeps_what_there_is_and_ends_the_model_s_work(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    talk.stub.fault = "hang-mid"
    running = (await talk.ask(begun.id, "And?", begun.head_id, wait=False)).answers[0]
    await first_piece(talk, running.id)
    with pytest.raises(NotFound):
        await talk.desk.stop(talk.bob.person_id, running.id)
    stopped = await talk.desk.stop(talk.ada.person_id, running.id)
    assert (stopped.status, stopped.content) == ("stopped", "Bon")
    await asyncio.wait_for(talk.stub.left.wait(), 25)
    again = await talk.desk.stop(talk.ada.person_id, running.id)
    assert again == stopped, "what has ended stays as it is"
    with pytest.raises(NotFound):
        await talk.desk.stop_all(talk.bob.person_id, begun.id)


async def test_an_answer_that_is_stopped_before_its_first_step_ends_too(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    chosen = Chosen(models=["theirs"], versions=[None], lasting="theirs")
    async with talk.database.write() as session:
        kept = await asking.keep_answers(session, talk.ada.person_id, begun.messages[0].id, chosen, None)
    talk.desk.answers.begin(kept, talk.ada, chosen.models, {})
    await asyncio.wait_for(talk.desk.answers.stop(kept.answer_ids), 25)
    stopped = await talk.desk.message(talk.ada.person_id, kept.answer_ids[0])
    assert (stopped.status, stopped.content) == ("stopped", "")


async def test_when_the_server_stops_an_answer_is_interrupted_with_what_it_had(
    database: Database, settings: Settings, stub: StubUpstream
) -> None:
    await people.prepare(database)
    ada = await join(database, "ada")
    stub.fault = "hang-mid"
    async with desk_of(database, settings_for(settings, stub)) as desk:
        talk = Talk(desk, stub, ada, ada)
        question = (await desk.create(ada.person_id, {})).id
        running = (await talk.ask(question, "Hello?", None, wait=False)).answers[0]
        await first_piece(talk, running.id)
    async with desk_of(database, settings_for(settings, stub)) as desk:
        found = await desk.message(ada.person_id, running.id)
        assert (found.status, found.content, found.model) == ("interrupted", "Bon", "theirs")
        assert found.ended_at is not None
        stub.fault = ""
        again = Talk(desk, stub, ada, ada)
        await again.ask(question, "Go on", running.id)
        assert again.told[-1]["messages"][1] == {"role": "assistant", "content": "Bon"}


async def test_after_a_crash_what_was_saved_of_an_answer_is_there_and_marked(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    talk.stub.fault = "hang-mid"
    running = (await talk.ask(begun.id, "And?", begun.head_id, wait=False)).answers[0]
    await first_piece(talk, running.id)
    async with asyncio.timeout(60):
        while await _saved(talk.database, running.id) != "Bon":  # noqa: ASYNC110 - as a client waits
            await asyncio.sleep(0.05)
    fresh = Answers(talk.desk._around, Live(), None, lambda _: None)
    await fresh.start()  # what a new process does that finds the rows of one that was killed
    await fresh.close()
    async with talk.database.read() as session:
        row = await session.scalar(Message.__table__.select().with_only_columns(Message.status).where(
            Message.id == running.id))  # fmt: skip
    assert row == "interrupted"
    await talk.desk.stop(talk.ada.person_id, running.id)


async def _saved(database: Database, message_id: str) -> str:
    async with database.read() as session:
        rows = await session.execute(Message.__table__.select().where(Message.__table__.c.id == message_id))
        return str(rows.one().content)


async def test_a_database_that_is_away_for_a_moment_loses_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await talk.begin("Hello?")
    tried, save = [], Saver._save

    async def fails_twice(saver: Saver) -> None:
        tried.append(1)
        if len(tried) < 3:
            raise DatabaseUnavailable("the database cannot be used: it is away")
        await save(saver)

    monkeypatch.setattr(Saver, "_save", fails_twice)
    monkeypatch.setattr("causerie.chat.saving.EVERY_S", 0.01)
    asked = await talk.ask(begun.id, "And?", begun.head_id)
    assert len(tried) >= 3
    assert (await talk.desk.message(talk.ada.person_id, asked.answers[0].id)).content == "Bonjour"


async def test_a_conversation_thrown_away_while_it_is_answered_ends_the_answer_quietly(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    talk.stub.fault = "hang-mid"
    running = (await talk.ask(begun.id, "And?", begun.head_id, wait=False)).answers[0]
    await first_piece(talk, running.id)
    async with talk.database.write() as session:
        await session.delete(await conversations.by_id(session, talk.ada.person_id, begun.id))
    await talk.desk.answers.stop([running.id])
    assert await talk.count(Message) == 0
    assert not talk.desk.answers.in_conversation(begun.id)


async def test_what_an_answer_used_is_noted(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    talk.stub.status = 500
    await talk.ask(begun.id, "And?", begun.head_id)
    usage = talk.desk.answers._usage
    assert usage is not None
    await usage.flush()
    async with talk.database.read() as session:
        rows = (await session.execute(Usage.__table__.select().order_by(Usage.__table__.c.id))).all()
    assert [(row.person_id, row.model, row.status) for row in rows] == [
        (talk.ada.person_id, "theirs", 200), (talk.ada.person_id, "theirs", 500),
    ]  # fmt: skip
    assert rows[0].tokens_out > 0


async def test_an_error_that_nobody_foresaw_fails_the_answer_and_not_the_server(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret prompt")

    monkeypatch.setattr("causerie.chat.answers.generate", broken)
    failed = await talk.begin("Hello?")
    answer = failed.messages[1]
    assert answer.status == "failed"
    assert answer.error is not None
    assert answer.error.code == "internal_error"
    assert "secret" not in answer.error.message


@pytest.mark.parametrize("fault", ["mid-death", "error-event", "no-end", "error-in-200", "empty"])
async def test_an_engine_that_breaks_off_fails_the_answer_with_what_there_is(talk: Talk, fault: Any) -> None:
    talk.stub.fault = fault
    failed = await talk.begin("Hello?")
    answer = failed.messages[1]
    assert answer.status == "failed", answer
    assert answer.error is not None
    assert answer.content == ("Bon" if fault in {"mid-death", "error-event"} else answer.content)


async def test_what_is_no_text_for_a_database_is_kept_as_text(talk: Talk) -> None:
    talk.stub.words = ("a\0b", "é")
    kept = (await talk.begin("Hello?")).messages[1]
    assert (kept.status, kept.content) == ("complete", "a\ufffdbé")
    assert (stored("plain"), stored("half \ud800")) == ("plain", "half ?")


async def test_reasoning_is_kept_beside_the_answer(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = StubUpstream._chunk

    def thinks_first(self: StubUpstream, asked: dict[str, Any], word: str | None, *, first: bool = False) -> bytes:
        made = chunk(self, asked, word, first=first)
        return made.replace(b'"content"', b'"reasoning_content"') if first else made

    monkeypatch.setattr(StubUpstream, "_chunk", thinks_first)
    answer = (await talk.begin("Hello?")).messages[1]
    assert (answer.reasoning, answer.content) == ("Bon", "jour")


def test_a_reader_that_falls_behind_the_ring_is_cut_off_and_another_begins_anew() -> None:
    live = Live()
    with live.listen("ada", "conv") as slow:
        for number in range(MOST_EVENTS + 10):
            live.tell("ada", "delta", {"number": number}, "conv")
        assert asyncio.run(slow.read()) is None
        position = slow.position
    assert not live.listen("ada", "conv", position).resumed
    for nonsense in ("", "x", "0.0", f"{position.split('.')[0]}.99999999", f"{position.split('.')[0]}.²", "9" * 64):
        assert not live.listen("ada", "conv", nonsense).resumed, nonsense


def test_a_ring_is_bounded_in_bytes_and_forgotten_when_nobody_reads_it() -> None:
    seconds = [0.0]
    live = Live(lambda: seconds[0])
    before = live.position("ada")
    for _ in range(20):
        live.tell("ada", "delta", {"text": "x" * 50_000})
    ring = live._rings["ada"]
    assert sum(len(each.data) for each in ring.events) <= 256 * 1024
    assert not live.listen("ada", None, before).resumed
    live.tell("bob", "delta", {"text": "nobody listens"})
    assert "bob" not in live._rings
    seconds[0] = 1e6
    live.tidy()
    assert not live._rings
    live.position("ada")
    with pytest.raises(TypeError):
        live.tell("ada", "x", {"no": object()})


async def test_what_was_thrown_away_long_ago_goes_for_good(talk: Talk) -> None:
    kept, thrown = await talk.begin("Kept"), await talk.begin("Thrown")
    async with talk.database.write() as session:
        await conversations.discard(session, talk.ada.person_id, kept.id)
        await conversations.discard(session, talk.ada.person_id, thrown.id)
        old = now() - timedelta(days=conversations.TRASH_DAYS, minutes=1)
        await session.execute(update(Conversation).where(Conversation.id == thrown.id).values(deleted_at=old))
    async with talk.database.write() as session:
        assert await conversations.purge(session) == 1
    assert await talk.count(Conversation) == 1
    assert await talk.count(Message) == 2


async def test_opening_asks_two_statements_and_one_more_for_what_few_conversations_have(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    await talk.quiet()
    assert await statements_of_opening(talk, begun.id) == 2
    async with talk.database.write() as session:
        await drafts.keep(session, talk.ada.person_id, begun.id, "Not yet sent", [])
        await feedback.give(session, talk.ada.person_id, begun.head_id or "", Opinion(rating=UP, reasons=["clear"]))
    assert await statements_of_opening(talk, begun.id) == 2
    await talk.ask(begun.id, "And?", begun.head_id, to=("theirs", "another"))
    await talk.quiet()
    assert await statements_of_opening(talk, begun.id) == 3
    opened = await talk.open(begun.id)
    assert [message.feedback and message.feedback.rating for message in opened.messages[:2]] == [None, UP]


async def statements_of_opening(talk: Talk, conversation_id: str) -> int:
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    engine = talk.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        await talk.open(conversation_id)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(statements)


async def test_two_models_blind(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    asked = await talk.ask(begun.id, "And?", begun.head_id, to=("theirs", "another"), blind=True)
    assert [answer.model for answer in asked.answers] == [None, None]
    opened = await talk.open(begun.id)
    assert [message.model for message in opened.messages[-2:]] == [None, None]
    assert opened.model == "theirs", "the name of the last that was asked openly"
    assert Models().blind is False
