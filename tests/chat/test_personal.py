"""What a person keeps beside conversations: instructions, memory (off by default), prompts, drafts."""

from typing import Any

import pytest

from causerie.chat import drafts, personal, saved_prompts
from causerie.chat.personal_tables import Draft, Memory
from causerie.chat.saved_prompts import variables
from causerie.errors import Conflict, InvalidRequest, NotFound
from tests.chat.talking import Talk


async def choose(talk: Talk, **given: Any) -> None:
    async with talk.database.write() as session:
        await personal.choose(session, talk.ada.person_id, given)


async def remember(talk: Talk, text: str) -> Memory:
    async with talk.database.write() as session:
        return await personal.remember(session, talk.ada.person_id, text)


def system(talk: Talk) -> list[str]:
    """The system prompt of the last question, if it had one."""
    return [message["content"] for message in talk.told[-1]["messages"] if message["role"] == "system"]


async def test_memory_is_off_until_it_is_switched_on_and_off_again_when_it_is_switched_off(talk: Talk) -> None:
    await remember(talk, "I  live in\nLyon")
    begun = await talk.begin("Hello?")
    assert system(talk) == []
    async with talk.database.read() as session:
        assert not (await personal.choices(session, talk.ada.person_id)).memory_enabled
    await choose(talk, memory_enabled=True)
    await remember(talk, "I am a nurse")
    await talk.ask(begun.id, "And?", begun.head_id)
    assert system(talk) == [f"{personal.REMEMBERED}\n- I live in Lyon\n- I am a nurse"]
    await choose(talk, memory_enabled=False)
    await talk.ask(begun.id, "And?", begun.head_id)
    assert system(talk) == []


async def test_what_is_remembered_is_seen_changed_and_forgotten_by_its_owner_alone(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await remember(talk, "one"), await remember(talk, "two")
    async with talk.database.write() as session:
        await personal.rewrite(session, talk.ada.person_id, one.id, " uno ")
        with pytest.raises(NotFound):
            await personal.rewrite(session, talk.bob.person_id, one.id, "x")
        with pytest.raises(NotFound):
            await personal.forget(session, talk.bob.person_id, one.id)
        await personal.forget(session, talk.bob.person_id)
    async with talk.database.read() as session:
        assert [each.text for each in await personal.memories(session, talk.ada.person_id)] == ["uno", "two"]
    monkeypatch.setattr(personal, "MOST_MEMORIES", 2)
    with pytest.raises(InvalidRequest, match="2 things"):
        await remember(talk, "three")
    async with talk.database.write() as session:
        await personal.forget(session, talk.ada.person_id, two.id)
        await personal.forget(session, talk.ada.person_id)
        assert await personal.memories(session, talk.ada.person_id) == []


async def test_instructions_stand_after_the_conversation_s_own_and_can_be_switched_off(talk: Talk) -> None:
    await choose(talk, instructions="Answer in French.")
    begun = await talk.begin("Hello?", system="Be brief.")
    assert system(talk) == ["Be brief.\n\nAnswer in French."]
    await choose(talk, instructions_enabled=False)
    await talk.ask(begun.id, "And?", begun.head_id)
    assert system(talk) == ["Be brief."]
    async with talk.database.read() as session:
        kept = await personal.choices(session, talk.ada.person_id)
        assert kept.instructions == "Answer in French.", "what was written stays"
        assert (await personal.choices(session, talk.bob.person_id)).instructions == ""


def test_variables_of_a_prompt_each_once_with_their_default() -> None:
    assert variables("Translate {{ text }} into {{language|French}}, {{text|x}}.") == [
        ("text", "x"),
        ("language", "French"),
    ]
    assert variables("{{}} {{ }} {{a{b}} {x} {{ok}}") == [("ok", "")]
    assert variables("{{été|a b\nc}}") == [("été", "a b\nc")]
    assert variables("{{" * 10_000) == []


async def test_prompts_have_names_of_their_own(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    me = talk.ada.person_id
    async with talk.database.write() as session:
        beta = await saved_prompts.create(session, me, "beta", "{{x}}")
        await saved_prompts.create(session, me, "alpha", "y")
        await saved_prompts.create(session, talk.bob.person_id, "beta", "his")
    with pytest.raises(Conflict) as caught:
        async with talk.database.write() as session:
            await saved_prompts.create(session, me, "beta", "again")
    assert caught.value.param == "name"
    with pytest.raises(Conflict):
        async with talk.database.write() as session:
            await saved_prompts.change(session, me, beta.id, name="alpha", content=None)
    async with talk.database.write() as session:
        changed = await saved_prompts.change(session, me, beta.id, name=None, content="z")
        assert (changed.name, changed.content) == ("beta", "z")
        for what in (
            saved_prompts.change(session, talk.bob.person_id, beta.id, name="x", content=None),
            saved_prompts.remove(session, talk.bob.person_id, beta.id),
        ):
            with pytest.raises(NotFound):
                await what
    async with talk.database.read() as session:
        assert [each.name for each in await saved_prompts.listed(session, me)] == ["alpha", "beta"]
    monkeypatch.setattr(saved_prompts, "MOST", 2)
    with pytest.raises(InvalidRequest, match="2 prompts"):
        async with talk.database.write() as session:
            await saved_prompts.create(session, me, "gamma", "z")
    async with talk.database.write() as session:
        await saved_prompts.remove(session, me, beta.id)
        assert [each.name for each in await saved_prompts.listed(session, me)] == ["alpha"]


async def test_what_was_typed_is_kept_for_each_conversation_until_it_is_sent(talk: Talk) -> None:
    me = talk.ada.person_id
    begun = await talk.begin("Hello?")
    async with talk.database.write() as session:
        await drafts.keep(session, me, drafts.NEW, "for later", [])
        await drafts.keep(session, me, begun.id, "And", [])
        await drafts.keep(session, me, begun.id, "And wh", ["file_gone"])
        with pytest.raises(NotFound):
            await drafts.keep(session, talk.bob.person_id, begun.id, "his", [])
    opened = await talk.open(begun.id)
    assert opened.draft is not None
    assert (opened.draft.content, opened.draft.attachments) == ("And wh", [])
    side = await talk.desk.sidebar(me)
    assert side.draft is not None
    assert side.draft.content == "for later"
    assert (await talk.desk.sidebar(talk.bob.person_id)).draft is None
    await talk.ask(begun.id, "And why?", begun.head_id)
    assert (await talk.open(begun.id)).draft is None
    await talk.begin("Another")
    assert await talk.count(Draft) == 0
    async with talk.database.write() as session:
        await drafts.keep(session, me, begun.id, "x", [])
        await drafts.keep(session, me, begun.id, "", [])
    assert await talk.count(Draft) == 0
