"""Conversations as wholes: titles, folders, pins, archive, trash, lists."""

import pytest

from causerie.accounts.identity import Caller
from causerie.chat import conversations, folders, titles
from causerie.chat.conversations import Wanted
from causerie.chat.tables import Conversation, Message
from causerie.errors import CauserieError, Conflict, InvalidRequest, NotFound
from tests.chat.talking import Talk


async def change(talk: Talk, conversation_id: str, by: Caller | None = None, **given: object) -> None:
    async with talk.database.write() as session:
        await conversations.change(session, (by or talk.ada).person_id, conversation_id, dict(given))


async def listed(talk: Talk, **wanted: object) -> list[str]:
    async with talk.database.read() as session:
        found, _ = await conversations.listed(session, talk.ada.person_id, Wanted(**wanted))  # type: ignore[arg-type]
    return [each.id for each in found]


async def empty(talk: Talk, title: str = "", **new: object) -> str:
    return (await talk.desk.create(talk.ada.person_id, {"title": title, **new})).id


async def folder(talk: Talk, name: str, by: Caller | None = None) -> str:
    async with talk.database.write() as session:
        return (await folders.create(session, (by or talk.ada).person_id, name)).id


async def test_the_model_gives_the_title_after_the_first_answer(talk: Talk) -> None:
    question = "What is the capital of France, " + "and " * 40
    made = await talk.begin(question)
    assert (made.title, made.title_origin) == ("Bonjour", "model")
    order = talk.stub.requests[-1]
    assert order["max_tokens"] == titles.MAX_TOKENS
    assert question[:100] in order["messages"][0]["content"]
    talk.stub.words = ("Autre ", "titre")
    renamed = await talk.desk.entitle(talk.ada, made.id)
    assert renamed.title == "Autre titre"


async def test_a_title_that_a_person_gave_stays_and_an_empty_one_gives_it_back(talk: Talk) -> None:
    titled = await talk.begin("Question", title="  Mine   alone ")
    await talk.quiet()
    assert ((await talk.open(titled.id)).title, titled.title_origin) == ("Mine alone", "person")
    await change(talk, titled.id, title="")
    assert ((await talk.open(titled.id)).title, (await talk.open(titled.id)).title_origin) == ("Question", "question")
    nothing = await empty(talk, "Named")
    await change(talk, nothing, title="")
    assert ((await talk.open(nothing)).title, (await talk.open(nothing)).title_origin) == ("", "none")
    with pytest.raises(Conflict, match="no answer"):
        await talk.desk.entitle(talk.ada, nothing)
    with pytest.raises(NotFound):
        await talk.desk.entitle(talk.bob, titled.id)


async def test_without_a_title_of_use_the_question_s_beginning_stays(talk: Talk) -> None:
    talk.stub.words = ("*" * 5, " ")
    made = await talk.desk.create(talk.ada.person_id, {})
    await talk.ask(made.id, "Hello " * 50, None, wait=False)
    await talk.quiet()
    opened = await talk.open(made.id)
    assert opened.title_origin == "question"
    assert opened.title == ("Hello " * 13).strip() + "…"
    talk.stub.fault = "not-json"
    with pytest.raises(CauserieError):
        await talk.desk.entitle(talk.ada, made.id)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('"Voyage à Rome."', "Voyage à Rome"),
        ("Title: **Paris**\nmore", "Paris"),
        ("\n\n  Titre :  Deux   mots  ", "Deux mots"),
        ("# C++ or C#", "C++ or C#"),
        ("I/O in Python", "I/O in Python"),
        ("| Fruit | Colour |", ""),
        ("I'm not sure what to say.", ""),
        ("Je ne sais pas quoi dire", ""),
        ("Sure, here is a title", ""),
        ("x" * 81, ""),
        ("", ""),
        ("«»", ""),
    ],
)
def test_what_of_a_model_s_words_is_a_title(said: str, title: str) -> None:
    assert titles.cleaned(said) == title


async def test_folders_hold_conversations_and_leave_them_when_they_go(talk: Talk) -> None:
    work, home = await folder(talk, "Work"), await folder(talk, "Home")
    inside = await empty(talk, "In", folder_id=work)
    await empty(talk, "Out")
    assert await listed(talk, folder_id=work) == [inside]
    await change(talk, inside, folder_id=home)
    assert (await listed(talk, folder_id=work), await listed(talk, folder_id=home)) == ([], [inside])
    await change(talk, inside, folder_id=None)
    assert await listed(talk, folder_id=home) == []
    await change(talk, inside, folder_id=home)
    async with talk.database.write() as session:
        changed = await folders.change(session, talk.ada.person_id, work, name=None, position=9)
        assert (changed.name, changed.position) == ("Work", 9)
        assert await folders.remove(session, talk.ada.person_id, home) == [inside]
    opened = await talk.open(inside)
    assert opened.folder_id is None
    assert [each.name for each in (await talk.desk.sidebar(talk.ada.person_id)).folders] == ["Work"]


async def test_folders_are_one_person_s_and_there_is_a_limit(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    his, mine = await folder(talk, "His", talk.bob), await empty(talk)
    with pytest.raises(NotFound):
        await change(talk, mine, folder_id=his)
    with pytest.raises(NotFound):
        await empty(talk, folder_id=his)
    with pytest.raises(NotFound):
        async with talk.database.write() as session:
            await folders.remove(session, talk.ada.person_id, his)
    monkeypatch.setattr(folders, "MOST", 1)
    await folder(talk, "One")
    with pytest.raises(InvalidRequest, match="1 folders"):
        await folder(talk, "Two")


async def test_pins_and_archive_are_kept_apart(talk: Talk) -> None:
    pinned, archived, plain = await empty(talk, "P"), await empty(talk, "A"), await empty(talk, "C")
    await change(talk, pinned, pinned=True)
    await change(talk, archived, archived=True)
    side = await talk.desk.sidebar(talk.ada.person_id)
    assert [each.id for each in side.pinned] == [pinned]
    assert [each.id for each in side.items] == [plain]
    assert await listed(talk, state="archived") == [archived]
    await change(talk, pinned, pinned=False)
    await change(talk, archived, archived=False)
    assert set(await listed(talk)) == {pinned, archived, plain}
    with pytest.raises(NotFound):
        await change(talk, plain, by=talk.bob, pinned=True)


async def test_a_list_comes_in_pages_whose_cursor_misses_none(talk: Talk) -> None:
    made = [await empty(talk, str(number)) for number in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        async with talk.database.read() as session:
            page, cursor = await conversations.listed(session, talk.ada.person_id, Wanted(limit=3, cursor=cursor))
        seen += [each.id for each in page]
        if cursor is None:
            break
    assert seen == made[::-1]
    for wrong in ("x", "2026-01-01~a", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z~", "~"):
        with pytest.raises(InvalidRequest) as caught:
            await listed(talk, cursor=wrong)
        assert caught.value.param == "cursor"


async def test_the_trash_keeps_everything_until_it_is_emptied(talk: Talk) -> None:
    first, second = await talk.begin("One"), await talk.begin("Two")
    with pytest.raises(Conflict, match="only what is in the trash"):
        async with talk.database.write() as session:
            await conversations.remove(session, talk.ada.person_id, first.id)
    async with talk.database.write() as session:
        for each in (first, second):
            await conversations.discard(session, talk.ada.person_id, each.id)
    assert await listed(talk) == []
    assert set(await listed(talk, state="trash")) == {first.id, second.id}
    with pytest.raises(Conflict, match="in the trash"):
        await talk.ask(first.id, "More", first.head_id)
    assert len((await talk.open(first.id)).messages) == 2, "one can look into it"
    async with talk.database.write() as session:
        await conversations.restore(session, talk.ada.person_id, first.id)
    async with talk.database.write() as session:
        assert await conversations.empty_trash(session, talk.ada.person_id) == [second.id]
    assert await talk.count(Conversation) == 1
    assert await talk.count(Message) == 2
    assert await listed(talk) == [first.id]


async def test_parameters_and_system_prompt_are_changed_for_what_comes(talk: Talk) -> None:
    made = await talk.begin("One")
    await change(talk, made.id, system="Rhyme.", parameters={"top_p": 0.5})
    opened = await talk.open(made.id)
    assert (opened.system, opened.parameters.top_p) == ("Rhyme.", 0.5)
    await talk.ask(made.id, "Two", made.head_id)
    assert talk.told[-1]["top_p"] == 0.5
    assert talk.told[-1]["messages"][0]["content"] == "Rhyme."


async def test_other_tabs_are_told(talk: Talk) -> None:
    made = await empty(talk)
    with talk.desk.live.listen(talk.ada.person_id) as reader:
        await talk.desk.tell_conversations(talk.ada.person_id, [made])
        talk.desk.tell_removed(talk.ada.person_id, [made])
        heard = await reader.read()
    assert heard is not None
    assert heard.count(b"event: conversation\n") == 1
    assert heard.count(b"event: conversation_removed\n") == 1
