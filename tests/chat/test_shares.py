"""Links to conversations: they show one branch as it was, until they are revoked or over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from causerie.chat import conversations, feedback, shares
from causerie.chat.shares import Shared
from causerie.chat.tables import Share
from causerie.database.tables import now
from causerie.errors import Conflict, LinkNotValid, NotFound
from tests.chat.talking import OTHER, Talk


async def make(talk: Talk, conversation_id: str, **given: Any) -> tuple[Share, str]:
    wanted: dict[str, Any] = {"audience": "anyone", "days": 30, **given}
    async with talk.database.write() as session:
        return await shares.make(session, talk.ada.person_id, conversation_id, **wanted)


async def look(talk: Talk, token: str, *, signed_in: bool = False) -> Shared:
    async with talk.database.read() as session:
        return await shares.look(session, token, signed_in=signed_in)


async def test_a_link_shows_the_branch_as_it_was_and_nothing_else(talk: Talk) -> None:
    begun = await talk.begin("First", system="A secret prompt", title="Shared")
    await talk.ask(begun.id, "Hidden branch", begun.head_id)
    await talk.ask(begun.id, "Shown", begun.head_id)
    share, token = await make(talk, begun.id)
    await talk.ask(begun.id, "Later", (await talk.open(begun.id)).head_id)
    async with talk.database.write() as session:
        await conversations.change(session, talk.ada.person_id, begun.id, {"title": "Renamed"})
    shown = await look(talk, token)
    assert [message.content for message in shown.messages] == ["First", "Bonjour", "Shown", "Bonjour"]
    assert [message.model for message in shown.messages] == [None, "theirs", None, "theirs"]
    assert shown.title == "Shared"
    assert "secret" not in repr(shown)
    assert (await talk.open(begun.id)).shared
    assert token not in repr(vars(share)), "the link itself is not kept"


async def test_a_revoked_link_leads_nowhere(talk: Talk) -> None:
    begun = await talk.begin("First")
    share, token = await make(talk, begun.id)
    with pytest.raises(NotFound):
        async with talk.database.write() as session:
            await shares.revoke(session, talk.bob.person_id, share.id)
    await look(talk, token)
    async with talk.database.write() as session:
        revoked = await shares.revoke(session, talk.ada.person_id, share.id)
        again = await shares.revoke(session, talk.ada.person_id, share.id)
        assert again.revoked_at == revoked.revoked_at
    with pytest.raises(LinkNotValid):
        await look(talk, token)
    assert not (await talk.open(begun.id)).shared


async def test_a_link_is_over_at_its_time_or_never(talk: Talk) -> None:
    begun = await talk.begin("First")
    share, token = await make(talk, begun.id, days=1)
    endless, forever = await make(talk, begun.id, days=None)
    assert endless.expires_at is None
    assert share.expires_at is not None
    assert timedelta(hours=23) < share.expires_at - now() < timedelta(hours=25)
    async with talk.database.write() as session:
        await session.execute(update(Share).where(Share.id == share.id).values(expires_at=now()))
    with pytest.raises(LinkNotValid):
        await look(talk, token)
    await look(talk, forever)
    async with talk.database.write() as session:
        await shares.revoke(session, talk.ada.person_id, endless.id)
    assert not (await talk.open(begun.id)).shared, "the only open link was over"


async def test_a_stranger_reads_what_is_for_anyone_and_members_the_rest(talk: Talk) -> None:
    begun = await talk.begin("First")
    _, token = await make(talk, begun.id, audience="members")
    with pytest.raises(LinkNotValid):
        await look(talk, token)
    assert len((await look(talk, token, signed_in=True)).messages) == 2
    for wrong in ("", "x", token[:-1], token + "x"):
        with pytest.raises(LinkNotValid):
            await look(talk, wrong, signed_in=True)


async def test_a_conversation_in_the_trash_is_not_shown(talk: Talk) -> None:
    begun = await talk.begin("First")
    _, token = await make(talk, begun.id)
    async with talk.database.write() as session:
        await conversations.discard(session, talk.ada.person_id, begun.id)
    with pytest.raises(LinkNotValid):
        await look(talk, token)
    with pytest.raises(Conflict):
        await make(talk, begun.id)


async def test_only_what_is_one_s_own_there_and_finished_is_shared(talk: Talk) -> None:
    nothing = await talk.desk.create(talk.ada.person_id, {})
    with pytest.raises(Conflict, match="nothing to share"):
        await make(talk, nothing.id)
    talk.stub.fault = "hang-mid"
    running = await talk.ask(nothing.id, "Long", None, wait=False)
    with pytest.raises(Conflict, match="still being written"):
        await make(talk, nothing.id)
    await talk.desk.stop(talk.ada.person_id, running.answers[0].id)
    with pytest.raises(NotFound):
        async with talk.database.write() as session:
            await shares.make(session, talk.bob.person_id, nothing.id, audience="anyone", days=1)
    await make(talk, nothing.id)
    async with talk.database.read() as session:
        assert len(await shares.listed(session, talk.ada.person_id)) == 1
        assert len(await shares.listed(session, talk.ada.person_id, nothing.id)) == 1
        assert await shares.listed(session, talk.ada.person_id, "conv_other") == []
        assert await shares.listed(session, talk.bob.person_id) == []


async def test_a_link_tells_no_name_that_a_blind_comparison_hides(talk: Talk) -> None:
    begun = await talk.begin("First")
    asked = await talk.ask(begun.id, "Who is better?", begun.head_id, to=("theirs", OTHER), blind=True)
    _, token = await make(talk, begun.id)
    assert (await look(talk, token)).messages[-1].model is None
    assert asked.comparison is not None
    async with talk.database.write() as session:
        winner = asked.answers[0].id
        await feedback.vote(session, talk.ada.person_id, asked.comparison.id, "winner", winner, consent=False)
    assert (await look(talk, token)).messages[-1].model == "theirs"
