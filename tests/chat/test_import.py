"""Exports of other programs are taken in whole, once, and whatever is in them; ours goes out and comes back."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from causerie.accounts.identity import Caller
from causerie.chat import attachments, conversations, exports, feedback, folders, import_formats, imports
from causerie.chat.documents import UnreadableError
from causerie.chat.feedback import DOWN, Opinion
from causerie.chat.import_form import (
    MOST_CHARACTERS,
    Imported,
    ImportedMessage,
    NotUnderstoodError,
    finished,
    in_order,
    moment,
)
from causerie.chat.imports import Report
from causerie.chat.tables import Conversation, Message
from causerie.errors import InvalidImport, NotFound
from tests.chat.documents_made import zipped
from tests.chat.exports_of_others import T, chatgpt, chatgpt_node, old_open_webui, open_webui
from tests.chat.talking import Talk, way


async def chunks(raw: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), 65_536):
        yield raw[start : start + 65_536]


async def take_in(talk: Talk, content: object, by: Caller | None = None) -> Report:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    async with attachments.received(talk.desk.folder, "import", chunks(raw)) as file:
        return await imports.take_in(talk.database, talk.desk.folder, (by or talk.ada).person_id, file)


async def document(talk: Talk) -> dict[str, Any]:
    pieces = [piece async for piece in exports.everything(talk.database, talk.ada.person_id)]
    made: dict[str, Any] = json.loads(b"".join(pieces))
    return made


async def test_chatgpt_s_export_keeps_branches_thoughts_dates_and_pins(talk: Talk) -> None:
    report = await take_in(talk, [chatgpt()])
    assert (report.format, report.messages, report.skipped) == ("chatgpt", 4, [])
    opened = await talk.open(report.conversation_ids[0])
    assert way(opened) == ["[image]\n\nWhat is it?", "A fox.", "Sure?"]
    by_text = {message.content: message for message in opened.messages}
    assert by_text["A fox."].reasoning == "It has ears."
    assert by_text["A fox."].model == "gpt-4o"
    assert by_text["```\nprint(1)\n```"].parent_id == by_text["[image]\n\nWhat is it?"].id
    assert (opened.title, opened.title_origin, opened.pinned) == ("A fox", "person", True)
    assert (opened.created_at.timestamp(), opened.updated_at.timestamp()) == (T, T + 100)
    assert all(message.status == "complete" for message in opened.messages)
    await talk.ask(opened.id, "Go on", opened.head_id)
    assert [message["content"] for message in talk.told[-1]["messages"]] == [
        "[image]\n\nWhat is it?", "A fox.", "Sure?\n\nGo on",
    ]  # fmt: skip


async def test_thumbs_on_imported_answers_teach_nothing_and_tell_nothing_of_a_model_here(talk: Talk) -> None:
    report = await take_in(talk, [chatgpt()])
    opened = await talk.open(report.conversation_ids[0])
    written = next(message for message in opened.messages if message.content == "A fox.")
    given = (await talk.ask(opened.id, "Go on", opened.head_id)).answers[0]
    async with talk.database.write() as session:
        for answer in (written, given):
            opinion = Opinion(rating=DOWN, reasons=[], better="Better.", consent=True)
            await feedback.give(session, talk.ada.person_id, answer.id, opinion)
    async with talk.database.read() as session:
        assert [each.question_id async for each in feedback.judgements(session)] == [given.parent_id]
        assert [each.question_id async for each in feedback.pairs(session)] == [given.parent_id]
        assert await feedback.count(session) == 1
        assert await feedback.thumbs(session, "gpt-4o", opened.created_at) == (0, 0)


async def test_open_webui_s_export_keeps_branches_thoughts_and_the_system_prompt(talk: Talk) -> None:
    report = await take_in(talk, [open_webui(), old_open_webui()])
    assert (report.format, report.messages) == ("open_webui", 5)
    async with talk.database.read() as session:
        found, _ = await conversations.listed(session, talk.ada.person_id, conversations.Wanted(state="archived"))
    opened = await talk.open(found[0].id)
    assert way(opened) == ["What is it?", "A fox."]
    assert [message.content for message in opened.messages] == ["What is it?", "A fox.", "A dog."]
    assert opened.messages[1].reasoning == "It has ears."
    assert [message.model for message in opened.messages] == [None, "llama3", "qwen3"]
    assert (opened.system, opened.archived, opened.title) == ("Be brief.", True, "A fox")
    old = next(each for each in report.conversation_ids if each != opened.id)
    assert way(await talk.open(old)) == ["Hello", "Hi"]


async def test_the_same_file_twice_makes_nothing_twice_and_another_person_has_their_own(talk: Talk) -> None:
    await take_in(talk, [chatgpt()])
    again = await take_in(talk, [chatgpt(), {**chatgpt(), "conversation_id": "other", "title": ""}])
    assert (len(again.conversation_ids), again.already_here) == (1, 1)
    assert (await talk.open(again.conversation_ids[0])).title == "[image] What is it?"
    assert len((await take_in(talk, [chatgpt()], talk.bob)).conversation_ids) == 1
    assert await talk.count(Conversation) == 3


async def test_a_zip_of_chatgpt_s_is_taken_as_it_comes(talk: Talk) -> None:
    one, two = json.dumps([chatgpt()]).encode(), json.dumps([{**chatgpt(), "conversation_id": "2"}]).encode()
    raw = zipped({"chat.html": b"<html>", "conversations-000.json": one, "export/conversations-001.json": two})
    report = await take_in(talk, raw)
    assert (report.format, len(report.conversation_ids)) == ("chatgpt", 2)


async def test_our_own_export_comes_back_as_it_went(talk: Talk) -> None:
    async with talk.database.write() as session:
        folder = (await folders.create(session, talk.ada.person_id, "Work")).id
    begun = await talk.begin("First", folder_id=folder, system="Be brief.", parameters={"temperature": 0.5})
    await talk.ask(begun.id, "Left", begun.head_id)
    await talk.ask(begun.id, "Right", begun.head_id)
    async with talk.database.write() as session:
        await conversations.change(session, talk.ada.person_id, begun.id, {"pinned": True})
        hidden = await conversations.create(session, talk.ada.person_id, title="In the trash")
        await session.flush()
        await conversations.discard(session, talk.ada.person_id, hidden.id)
    went = await document(talk)
    assert len(went["conversations"]) == 1
    assert (await take_in(talk, went)).already_here == 1
    report = await take_in(talk, went, talk.bob)
    assert (report.format, report.messages) == ("causerie", 6)
    came = await talk.desk.open(talk.bob.person_id, report.conversation_ids[0])
    assert way(came) == ["First", "Bonjour", "Right", "Bonjour"]
    assert [message.content for message in came.messages] == [
        "First",
        "Bonjour",
        "Left",
        "Bonjour",
        "Right",
        "Bonjour",
    ]
    assert (came.system, came.parameters.temperature, came.pinned) == ("Be brief.", 0.5, True)
    async with talk.database.read() as session:
        assert [each.name for each in await folders.of_person(session, talk.bob.person_id)] == ["Work"]
    assert len((await take_in(talk, went, talk.bob)).conversation_ids) == 0


async def test_an_export_of_ours_that_somebody_changed_is_read_as_far_as_it_is_understood(talk: Talk) -> None:
    said = [
        {"id": "a", "parent_id": None, "role": "user", "content": "Hello"},
        {"id": "b", "parent_id": "a", "role": "assistant", "content": "Hi", "status": "running", "model": 3},
        {"id": "c", "parent_id": "b", "role": "system", "content": "no"}, {"role": "user", "content": "no id"}, "no",
    ]  # fmt: skip
    one = {"id": "x", "title": "T", "head_id": "b", "parameters": {"temperature": 99}, "messages": said}
    document = {"format": "causerie-conversations", "version": 1, "conversations": [one]}
    report = await take_in(talk, document)
    opened = await talk.open(report.conversation_ids[0])
    assert [(message.content, message.status) for message in opened.messages] == [
        ("Hello", "interrupted"), ("Hi", "interrupted"),
    ]  # fmt: skip
    assert opened.parameters.temperature is None


async def test_one_conversation_is_given_out_as_markdown_and_json(talk: Talk) -> None:
    begun = await talk.begin("First", title="Un titre")
    await talk.ask(begun.id, "Hidden", begun.head_id)
    await talk.ask(begun.id, "Second", begun.head_id)
    async with talk.database.read() as session:
        title, said = await exports.markdown(session, talk.ada.person_id, begun.id, "fr")
        assert title == "Un titre"
        assert said == (
            "# Un titre\n\n## Vous\n\nFirst\n\n## Réponse · theirs\n\nBonjour\n\n## Vous\n\nSecond\n\n"
            "## Réponse · theirs\n\nBonjour\n"
        )
        _, raw = await exports.one(session, talk.ada.person_id, begun.id)
        assert len(json.loads(raw)["conversations"][0]["messages"]) == 6
        for give in (exports.markdown, exports.one):
            with pytest.raises(NotFound):
                await give(session, talk.bob.person_id, begun.id)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not valid JSON"),
        (b"not json", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 200_000, "too deep|memory or time"),
        (b"[]", "no conversations"),
        (b"3", "no list"),
        (b'[1, "x", null]', "no conversations"),
        (b'{"a": 1}', "no conversations"),
        (b'[{"mapping": 3}]', "no conversations"),
        (zipped({"user.json": b"{}"}), r"no conversations\.json"),
        (b"PK\x03\x04 and nothing more", "damaged"),
        (zipped({"conversations.json": b"[1"}), "not valid JSON"),
    ],
    ids=[
        "empty",
        "text",
        "bytes",
        "deep",
        "none",
        "number",
        "scalars",
        "object",
        "shape",
        "zip",
        "damaged",
        "inside",
    ],
)
async def test_what_is_no_export_writes_nothing_and_says_why(talk: Talk, raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidImport, match=reason):
        await take_in(talk, raw)
    assert await talk.count(Conversation) == 0
    assert [path for path in talk.desk.folder.iterdir() if path.is_file()] == [], "no file stays behind"


async def test_what_cannot_be_understood_is_skipped_and_named(talk: Talk) -> None:
    empty = {**chatgpt(), "conversation_id": "e", "title": "Empty", "mapping": {}}
    strange = {"title": "Strange", "neither": 1}
    long = {**chatgpt(), "conversation_id": "l", "title": "Long"}
    long["mapping"] = {"a": chatgpt_node("a", None, "user", "x" * (MOST_CHARACTERS + 1))}
    report = await take_in(talk, [chatgpt(), empty, strange, long])
    assert len(report.conversation_ids) == 1
    assert [each["title"] for each in report.skipped] == ["Empty", "Strange", "Long"]
    assert "no messages" in report.skipped[0]["reason"]


async def test_nothing_of_a_hostile_tree_gets_through(talk: Talk) -> None:
    """Circles, missing parents, wrong types, NUL, half characters, dates out of time."""
    nodes: dict[str, Any] = {
        "a": chatgpt_node("a", "b", "user", "one\0 \ud800"),
        "b": chatgpt_node("b", "a", "assistant", "two", create_time=1e300),
        "c": chatgpt_node("c", "gone", "user", "three", create_time="yesterday"),
        "d": chatgpt_node("d", "d", "user", "four", create_time=-5),
        "s": chatgpt_node("s", "t", "system", "x"),
        "t": chatgpt_node("t", "s", "system", "x"),
        "u": chatgpt_node("u", "s", "user", "five", create_time=True),
        "n": None, "m": {"message": {"author": 3, "content": []}}, "p": {"parent": 5, "message": {"author": {}}},
    }  # fmt: skip
    given = {"mapping": nodes, "current_node": "s", "title": 7, "create_time": "2024-01-01T00:00:00", "id": None}
    report = await take_in(talk, json.dumps([given]).encode())
    opened = await talk.open(report.conversation_ids[0])
    assert sorted(message.content for message in opened.messages) == ["five", "four", "one ?", "three", "two"]
    assert opened.created_at.year == 2024
    assert all(message.created_at == opened.created_at for message in opened.messages if message.content == "two")
    assert opened.head_id in {message.id for message in opened.messages}


async def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_formats, "MOST_UNPACKED", 1_000_000)
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"conversations.json": b"[" + b" " * 5_000_000 + b"]"}))
    assert path.stat().st_size < 20_000
    with pytest.raises(UnreadableError, match="unpacks to more"):
        import_formats.convert(path, tmp_path / "into")
    path.write_bytes(zipped({f"conversations-{n}.json": b"[" + b" " * 400_000 + b"]" for n in range(3)}))
    with pytest.raises(UnreadableError, match="unpacks to more"):
        import_formats.convert(path, tmp_path / "into")


async def test_the_child_that_reads_has_limits_of_time_and_memory(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "READ_MEMORY", 150 * 2**20)
    big = zipped({"conversations.json": json.dumps([chatgpt()] * 1000).encode() + b" " * 100_000_000})
    with pytest.raises(InvalidImport, match=r"memory|too large"):
        await take_in(talk, big)
    assert await talk.count(Conversation) == 0


async def test_when_the_database_fails_in_the_middle_nothing_stays(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [{**chatgpt(), "conversation_id": str(number)} for number in range(5)]
    monkeypatch.setattr(imports, "AT_ONCE", 2)
    write, calls = imports._write, []

    async def breaks(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the disk is full")
        await write(*given)

    monkeypatch.setattr(imports, "_write", breaks)
    with pytest.raises(RuntimeError):
        await take_in(talk, many)
    assert await talk.count(Conversation) == 0
    assert await talk.count(Message) == 0


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (T, T), (T * 1000, T), ("2023-11-14T22:13:20Z", T), ("2023-11-14T22:13:20", T), ("nonsense", None),
        (True, None), (float("nan"), None), (float("inf"), None), (1e20, None), (0, None), (None, None), ([], None),
    ],
)  # fmt: skip
def test_a_date_is_read_in_the_forms_that_exports_have(given: object, seconds: float | None) -> None:
    assert moment(given) == seconds


def test_messages_come_in_an_order_in_which_parents_are_first() -> None:
    def said(name: str, parent: str | None, at: float) -> ImportedMessage:
        return ImportedMessage(id=name, parent=parent, role="user", content=name, created_at=at)

    given = [
        said("c", "b", 3),
        said("b", "a", 2),
        said("z", "a", 1),
        said("a", None, 0),
        said("x", "y", 0),
        said("y", "x", 0),
    ]
    ordered = in_order({message.id: message for message in given})
    assert [message.id for message in ordered] == ["a", "z", "b", "c", "x", "y"]
    with pytest.raises(NotUnderstoodError):
        finished("chatgpt", Imported(id="x", title="", messages={}))
