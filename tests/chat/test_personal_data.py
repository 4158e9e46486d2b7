"""All that is a person's is given out on request, and goes with their account."""

import json
from collections.abc import AsyncIterator

from causerie.accounts import personal_data
from causerie.chat import attachments, drafts, feedback, personal, saved_prompts, shares
from causerie.chat.feedback import Opinion
from causerie.chat.personal_data import SECTIONS
from causerie.chat.personal_tables import Attachment, Draft, Memory, MessageAttachment, Personal, SavedPrompt
from causerie.chat.tables import Comparison, Conversation, Feedback, Folder, Message, Share
from tests.chat.talking import Talk

TABLES = (
    Attachment, Comparison, Conversation, Draft, Feedback, Folder, Memory, Message, MessageAttachment, Personal,
    SavedPrompt, Share,
)  # fmt: skip


async def something_of_everything(talk: Talk) -> None:
    """What Ada keeps, one of each kind."""

    async def bytes_of() -> AsyncIterator[bytes]:
        yield b"the text of a file"

    me = talk.ada.person_id
    async with attachments.received(talk.desk.folder, "note.txt", bytes_of()) as file:
        looked = await attachments.look(file)
        kept = await attachments.keep(talk.database, talk.desk.folder, me, file, looked)
    begun = await talk.begin("The question", title="The title")
    asked = await talk.ask(begun.id, "And?", begun.head_id, to=("theirs", "another"), attachment_ids=[kept.id])
    async with talk.database.write() as session:
        await drafts.keep(session, me, begun.id, "the draft", [])
        await feedback.give(session, me, asked.answers[0].id, Opinion(rating=1, reasons=[], text="the reason"))
        await personal.choose(session, me, {"instructions": "the instructions"})
        await personal.remember(session, me, "the memory")
        await saved_prompts.create(session, me, "the prompt", "the prompt's text")
        await shares.make(session, me, begun.id, audience="anyone", days=1)
        session.add(Folder(id="folder_1", person_id=me, name="The folder"))


async def test_everything_is_in_the_document(talk: Talk) -> None:
    await something_of_everything(talk)
    pieces = [piece async for piece in personal_data.export(talk.database, SECTIONS, talk.ada.person_id)]
    document = json.loads(b"".join(pieces))
    assert {section.section for section in SECTIONS} <= document.keys()
    said = json.dumps(document)
    for part in ("question", "title", "draft", "reason", "instructions", "memory", "prompt's text", "text of a file"):
        assert part in said, part
    assert [len(document[section.section]) for section in SECTIONS] == [1, 1, 1, 1, 2, 1]
    his = [piece async for piece in personal_data.export(talk.database, SECTIONS, talk.bob.person_id)]
    assert b"question" not in b"".join(his)


async def test_nothing_of_it_is_left_when_the_account_goes(talk: Talk) -> None:
    await talk.begin("Mine too")
    stays = {table: await talk.count(table) for table in TABLES}
    talk.ada, talk.bob = talk.bob, talk.ada
    await something_of_everything(talk)
    assert all([await talk.count(table) > stays[table] for table in TABLES])
    await talk.quiet()
    async with talk.database.write() as session:
        await personal_data.erase(session, SECTIONS, talk.ada.person_id, None)
    assert {table: await talk.count(table) for table in TABLES} == stays
