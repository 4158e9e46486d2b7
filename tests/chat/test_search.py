"""Search: all words, in any case and with or without accents, newest first, one's own alone, hits marked."""

import pytest
from sqlalchemy import text

from causerie.accounts.identity import Caller
from causerie.chat import conversations, search
from causerie.chat.folding import fold, folded_with_places, words
from causerie.chat.search import PAGE, Found, Query, marked, parsed
from causerie.chat.tables import Conversation, Message
from causerie.database.engine import Database
from causerie.database.tables import new_id
from causerie.errors import InvalidRequest
from tests.chat.talking import Talk


async def say(database: Database, who: Caller, *texts: str, title: str = "Talk") -> Conversation:
    """A conversation of theirs with these messages."""
    async with database.write() as session:
        conversation = await conversations.create(session, who.person_id, title=title)
        await session.flush()
        for content in texts:
            session.add(
                Message(
                    id=new_id("msg"), conversation_id=conversation.id, person_id=who.person_id, role="user",
                    content=content, parent_id=None,
                )
            )  # fmt: skip
            await session.flush()
    return conversation


async def find(database: Database, who: Caller, asked: str, cursor: str | None = None) -> Found:
    async with database.read() as session:
        return await search.search(session, who.person_id, asked, cursor)


async def texts(database: Database, who: Caller, asked: str) -> list[str]:
    """What is shown of each hit, whole."""
    found = await find(database, who, asked)
    return ["".join(part.text for part in hit.parts) for hit in found.items]


def hits(found: Found) -> list[list[str]]:
    return [[part.text for part in hit.parts if part.hit] for hit in found.items]


async def test_words_are_found_in_any_order_whatever_their_case_and_accents(talk: Talk) -> None:
    await say(talk.database, talk.ada, "L'ÉTÉ à l'hôtel", "Un œuvre d\u2019été", "Straße nach Köln", "winter")
    for asked, expected in {
        "été": ["Un œuvre d\u2019été", "L'ÉTÉ à l'hôtel"],
        "ETE ": ["Un œuvre d\u2019été", "L'ÉTÉ à l'hôtel"],
        "hotel ete ": ["L'ÉTÉ à l'hôtel"],
        "OEUVRE ": ["Un œuvre d\u2019été"],
        "œuvre ": ["Un œuvre d\u2019été"],
        "strasse koln ": ["Straße nach Köln"],
        "ete winter ": [],
        "e\u0301te\u0301 ": ["Un œuvre d\u2019été", "L'ÉTÉ à l'hôtel"],
    }.items():
        assert await texts(talk.database, talk.ada, asked) == expected, asked


async def test_the_last_word_may_be_unfinished_and_quotes_keep_words_together(talk: Talk) -> None:
    await say(talk.database, talk.ada, "the quick brown fox", "brown and quick", "quickly done")
    for asked, expected in {
        "qui": ["quickly done", "brown and quick", "the quick brown fox"],
        "quick": ["quickly done", "brown and quick", "the quick brown fox"],
        "quick ": ["brown and quick", "the quick brown fox"],
        '"quick brown"': ["the quick brown fox"],
        '"brown fo': ["the quick brown fox"],
        '"quick brown" f': ["the quick brown fox"],
        "f": ["the quick brown fox"],
    }.items():
        assert await texts(talk.database, talk.ada, asked) == expected, asked


async def test_what_stands_between_words_does_not_hide_them(talk: Talk) -> None:
    lines = [
        "see docs.example.org/path/to-page", "mail ada@example.org", "snake_case_name", "C'est-à-dire", "v1.2.3-rc4",
        "日本語 テスト", "don't", "a/b", "<b>bold</b>", "100\u00a0000 km",
    ]  # fmt: skip
    await say(talk.database, talk.ada, *lines)
    for asked, line in {
        "example path ": lines[0], "page ": lines[0], "ada ": lines[1], "case ": lines[2], "snake_case": lines[2],
        "dire ": lines[3], "rc4 ": lines[4], "テスト ": lines[5], "don't": lines[6], "a/b": lines[7],
        "bold ": lines[8], "km ": lines[9],
    }.items():  # fmt: skip
        assert line in await texts(talk.database, talk.ada, asked), asked


async def test_only_one_s_own_is_found_and_nothing_in_the_trash(talk: Talk) -> None:
    mine = await say(talk.database, talk.ada, "the secret word", title="Secret plans")
    await say(talk.database, talk.bob, "my secret word", title="Secret too")
    assert await texts(talk.database, talk.ada, "secret") == ["the secret word"]
    assert await texts(talk.database, talk.bob, "secret") == ["my secret word"]
    # The owner is a word of the index: nobody reads another's by asking for it.
    owner = talk.bob.person_id.replace("_", "")
    for asked in (owner, f"{owner} secret", f'"{owner} my"', "owner : x OR secret", "secret) OR (my"):
        assert "my secret word" not in await texts(talk.database, talk.ada, asked), asked
    async with talk.database.write() as session:
        await conversations.discard(session, talk.ada.person_id, mine.id)
    found = await find(talk.database, talk.ada, "secret")
    assert (found.items, found.titles) == ([], [])
    async with talk.database.write() as session:
        await conversations.restore(session, talk.ada.person_id, mine.id)
    assert await texts(talk.database, talk.ada, "secret") == ["the secret word"]


async def test_hits_are_marked_in_what_is_around_the_first(talk: Talk) -> None:
    long = "word " * 100 + "l'Été fut bon, été comme hiver " + "word " * 100
    await say(talk.database, talk.ada, long)
    found = await find(talk.database, talk.ada, "ete")
    assert hits(found) == [["Été", "été"]]
    shown = [part.text for part in found.items[0].parts]
    assert shown[0] == shown[-1] == "…"
    assert len("".join(shown)) < 400
    assert len(shown[1]) <= 30, "a narrow list shows the hit itself"
    assert "".join(shown).strip("…") in long


async def test_a_page_is_followed_by_the_next_and_titles_come_first(talk: Talk) -> None:
    for number in range(PAGE + 5):
        await say(talk.database, talk.ada, f"apple {number}", title=f"Été {number}")
    first = await find(talk.database, talk.ada, "apple")
    assert [hit.parts[-1].text for hit in first.items] == [f" {number}" for number in range(PAGE + 4, 4, -1)]
    second = await find(talk.database, talk.ada, "apple", first.next)
    assert len(second.items) == 5
    assert second.next is None
    assert not second.titles
    titled = await find(talk.database, talk.ada, "ete")
    assert [each.summary.title for each in titled.titles] == [
        f"Été {number}" for number in range(PAGE + 4, PAGE - 1, -1)
    ]
    assert [(part.text, part.hit) for part in titled.titles[0].parts] == [("Été", True), (f" {PAGE + 4}", False)]
    assert titled.items == []


async def test_no_word_finds_nothing_and_a_wrong_cursor_is_refused(talk: Talk) -> None:
    await say(talk.database, talk.ada, "a 100% sure_thing", title="100% sure")
    for asked in ("", "   ", "%", "_", '""', "🦊", '"', "***", "--", "\0", "\\"):
        found = await find(talk.database, talk.ada, asked)
        assert (found.items, found.titles, found.next) == ([], [], None), asked
    for cursor in ("x", "-1", "1.5", "9" * 40, "²", ""):
        with pytest.raises(InvalidRequest) as caught:
            await find(talk.database, talk.ada, "sure", cursor)
        assert caught.value.param == "cursor"
    assert hits(await find(talk.database, talk.ada, "NEAR sure AND thing NOT OR")) == []
    assert len((await find(talk.database, talk.ada, "sure " * 50)).items) == 1, "the first words count"


async def test_an_answer_is_found_once_it_has_ended_and_leaves_with_its_conversation(talk: Talk) -> None:
    talk.stub.words = ("the quick ", "zebra")
    begun = await talk.begin("Which animal?")
    assert await texts(talk.database, talk.ada, "zebra") == ["the quick zebra"]
    talk.stub.words = ("half a ", "giraffe")
    talk.stub.fault = "hang-mid"
    running = (await talk.ask(begun.id, "And?", begun.head_id, wait=False)).answers[0]
    while not (await talk.desk.message(talk.ada.person_id, running.id)).content:
        pass
    assert await texts(talk.database, talk.ada, "half") == []
    await talk.desk.stop(talk.ada.person_id, running.id)
    assert await texts(talk.database, talk.ada, "half") == ["half a "]
    async with talk.database.write() as session:
        await conversations.discard(session, talk.ada.person_id, begun.id)
        await session.flush()
        await conversations.remove(session, talk.ada.person_id, begun.id)
    assert await texts(talk.database, talk.ada, "zebra") == []
    async with talk.database.read() as session:
        if talk.database.dialect == "sqlite":
            left = await session.scalar(
                text("SELECT count(*) FROM message_search WHERE message_search MATCH 'zebra'")
            )
        else:
            left = await session.scalar(text("SELECT count(*) FROM message_search"))
    assert left == 0


def test_words_of_a_query() -> None:
    assert parsed('Été "deux mots" fin') == Query((("deux", "mots"), ("ete",), ("fin",)), unfinished=True)
    assert parsed("fin ") == Query((("fin",),), unfinished=False)
    assert parsed("fin.") == Query((("fin",),), unfinished=False)
    assert len(parsed(" ".join("abcdefghijklmnop")).phrases) == search.MOST_WORDS
    assert not parsed(" ".join("abcdefghijklmnop")).unfinished, "the last word is not among those that count"


def test_folding_knows_where_each_letter_came_from() -> None:
    for said in ("plain", "Œuvre", "é", "e\u0301", "ß", "ǅ", "İstanbul", "ﬁn"):
        folded, places = folded_with_places(said)
        assert folded == fold(said)
        assert len(folded) == len(places)
        assert all(0 <= place < len(said) for place in places)
    assert words("L'Œuvre_d'été, 2e") == ["l", "oeuvre", "d", "ete", "2e"]


def test_words_are_marked_as_wholes_in_messages() -> None:
    query = parsed("art ")
    assert [(part.text, part.hit) for part in marked("art in part, ART", query)] == [
        ("art", True), (" in part, ", False), ("ART", True),
    ]  # fmt: skip
    assert [part.text for part in marked("nothing here", query)] == ["nothing here"]
