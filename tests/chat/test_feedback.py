"""Thumbs, reasons, better answers and votes; what people allowed to train on becomes pairs, and nothing else does."""

from datetime import timedelta
from typing import Any

import pytest

from causerie.chat import feedback
from causerie.chat.feedback import DOWN, UP, JudgedAnswer, Opinion, PreferencePair
from causerie.chat.tables import Feedback
from causerie.chat.views import Verdict
from causerie.database.tables import now
from causerie.errors import Conflict, InvalidRequest, NotFound
from tests.chat.talking import OTHER, Talk


async def give(talk: Talk, message_id: str, rating: int, **more: Any) -> None:
    opinion = Opinion(**{"rating": rating, "reasons": [], **more})
    async with talk.database.write() as session:
        await feedback.give(session, talk.ada.person_id, message_id, opinion)


async def vote(talk: Talk, comparison_id: str, verdict: Verdict, winner: str | None, *, consent: bool = True) -> None:
    async with talk.database.write() as session:
        await feedback.vote(session, talk.ada.person_id, comparison_id, verdict, winner, consent=consent)


async def pairs(talk: Talk, **since: Any) -> list[PreferencePair]:
    async with talk.database.read() as session:
        return [each async for each in feedback.pairs(session, **since)]


async def test_an_opinion_is_kept_with_who_which_model_and_consent_and_replaced_by_the_next(talk: Talk) -> None:
    answer = (await talk.begin("Hello?")).messages[1]
    await give(talk, answer.id, DOWN, reasons=["wrong", "style"], text="Not so.", better="Good day.", consent=True)
    said = (await talk.desk.message(talk.ada.person_id, answer.id)).feedback
    assert said is not None
    assert (said.rating, said.reasons, said.text) == (-1, ["wrong", "style"], "Not so.")
    assert (said.better, said.consent) == ("Good day.", True)
    async with talk.database.read() as session:
        row = await session.get(Feedback, (answer.id, talk.ada.person_id))
        assert row is not None
        assert (row.model, row.model_version) == ("theirs", None)
    await give(talk, answer.id, UP)
    said = (await talk.desk.message(talk.ada.person_id, answer.id)).feedback
    assert said is not None
    assert (said.rating, said.reasons, said.better, said.consent) == (1, [], "", False)
    assert await talk.count(Feedback) == 1
    async with talk.database.write() as session:
        await feedback.take_back(session, talk.ada.person_id, answer.id)
        await feedback.take_back(session, talk.ada.person_id, answer.id)
    assert (await talk.desk.message(talk.ada.person_id, answer.id)).feedback is None


async def test_only_one_s_own_finished_answers_take_an_opinion(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    question, answer = begun.messages
    with pytest.raises(InvalidRequest):
        await give(talk, question.id, UP)
    with pytest.raises(NotFound):
        async with talk.database.write() as session:
            await feedback.give(session, talk.bob.person_id, answer.id, Opinion(rating=UP, reasons=[]))
    with pytest.raises(NotFound):
        async with talk.database.write() as session:
            await feedback.take_back(session, talk.bob.person_id, answer.id)
    talk.stub.fault = "hang-mid"
    running = (await talk.ask(begun.id, "Long", begun.head_id, wait=False)).answers[0]
    with pytest.raises(Conflict):
        await give(talk, running.id, UP)
    await talk.desk.stop(talk.ada.person_id, running.id)
    await give(talk, running.id, UP)


async def test_a_better_answer_and_the_one_it_replaces_are_a_pair_with_the_branch_that_led_there(talk: Talk) -> None:
    begun = await talk.begin("First")
    await talk.ask(begun.id, "Another branch", begun.head_id)
    asked = await talk.ask(begun.id, "Second", begun.head_id)
    await give(talk, asked.answers[0].id, DOWN, better="As it should be.", consent=True)
    (pair,) = await pairs(talk)
    assert (pair.source, pair.chosen, pair.rejected) == ("better_answer", "As it should be.", "Bonjour")
    assert (pair.chosen_model, pair.rejected_model) == (None, "theirs")
    assert [(turn.role, turn.content) for turn in pair.prompt] == [
        ("user", "First"), ("assistant", "Bonjour"), ("user", "Second"),
    ]  # fmt: skip
    assert (pair.person_id, pair.question_id) == (talk.ada.person_id, asked.question.id)
    assert await pairs(talk, since=now() + timedelta(seconds=1)) == []
    assert len(await pairs(talk, since=now() - timedelta(hours=1))) == 1


async def test_without_consent_nothing_is_a_pair(talk: Talk) -> None:
    begun = await talk.begin("First")
    await give(talk, begun.messages[1].id, DOWN, better="Better.")
    asked = await talk.ask(begun.id, "Second", begun.head_id, to=("theirs", OTHER))
    assert asked.comparison is not None
    await vote(talk, asked.comparison.id, "winner", asked.answers[0].id, consent=False)
    await give(talk, asked.answers[0].id, UP, consent=True)
    await give(talk, asked.answers[1].id, DOWN, consent=False)
    assert await pairs(talk) == []


async def test_a_vote_names_the_winner_shows_the_models_and_cannot_be_cast_twice(talk: Talk) -> None:
    begun = await talk.begin("First")
    asked = await talk.ask(begun.id, "Second", begun.head_id, to=("theirs", OTHER), blind=True)
    assert asked.comparison is not None
    first, second = (answer.id for answer in asked.answers)
    for verdict, winner in (("winner", None), ("winner", begun.head_id), ("all_bad", first), ("all_good", "msg_x")):
        with pytest.raises(InvalidRequest) as caught:
            await vote(talk, asked.comparison.id, verdict, winner)  # type: ignore[arg-type]
        assert caught.value.param == "winner_id"
    with pytest.raises(NotFound):
        async with talk.database.write() as session:
            await feedback.vote(session, talk.bob.person_id, asked.comparison.id, "winner", first, consent=True)
    await vote(talk, asked.comparison.id, "winner", second)
    opened = await talk.open(begun.id)
    assert [message.model for message in opened.messages[-2:]] == ["theirs", OTHER]
    assert [(each.verdict, each.winner_id) for each in opened.comparisons] == [("winner", second)]
    with pytest.raises(Conflict, match="vote already"):
        await vote(talk, asked.comparison.id, "all_bad", None)
    (pair,) = await pairs(talk)
    assert (pair.source, pair.chosen_model, pair.rejected_model) == ("vote", OTHER, "theirs")
    assert await pairs(talk, since=now() + timedelta(seconds=1)) == []


async def test_one_votes_when_all_answers_have_ended(talk: Talk) -> None:
    begun = await talk.begin("First")
    talk.stub.fault = "hang-mid"
    asked = await talk.ask(begun.id, "Second", begun.head_id, to=("theirs", OTHER), wait=False)
    assert asked.comparison is not None
    with pytest.raises(Conflict, match="still being written"):
        await vote(talk, asked.comparison.id, "winner", asked.answers[0].id)
    await talk.desk.stop_all(talk.ada.person_id, begun.id)
    await vote(talk, asked.comparison.id, "all_bad", None)
    assert await pairs(talk) == [], "none of them is better"


async def test_thumbs_up_and_down_on_answers_to_one_question_are_pairs(talk: Talk) -> None:
    begun = await talk.begin("First")
    asked = await talk.ask(begun.id, "Second", begun.head_id, to=("theirs", OTHER))
    await give(talk, asked.answers[1].id, UP, consent=True)
    await give(talk, asked.answers[0].id, DOWN, consent=True)
    await give(talk, begun.messages[1].id, DOWN, consent=True)  # of another question: no pair
    (pair,) = await pairs(talk)
    assert (pair.source, pair.chosen_model, pair.rejected_model) == ("ratings", OTHER, "theirs")
    assert await pairs(talk, since=now() + timedelta(seconds=1)) == []


async def judgements(talk: Talk, **since: Any) -> list[JudgedAnswer]:
    async with talk.database.read() as session:
        return [each async for each in feedback.judgements(session, **since)]


async def count(talk: Talk, **since: Any) -> int:
    async with talk.database.read() as session:
        return await feedback.count(session, **since)


async def test_each_thumb_with_consent_is_a_judgement_with_the_branch_that_led_there(talk: Talk) -> None:
    begun = await talk.begin("First")
    asked = await talk.ask(begun.id, "Second", begun.head_id)
    await give(talk, begun.messages[1].id, UP, consent=True)
    await give(talk, asked.answers[0].id, DOWN, consent=True)
    first, second = await judgements(talk)
    assert (first.answer, first.good, first.person_id, first.conversation_id) == (
        "Bonjour", True, talk.ada.person_id, begun.id,
    )  # fmt: skip
    assert [turn.content for turn in second.prompt] == ["First", "Bonjour", "Second"]
    assert (second.good, second.question_id, second.model) == (False, asked.question.id, "theirs")
    assert await judgements(talk, since=now() + timedelta(seconds=1)) == []
    await give(talk, asked.answers[0].id, DOWN, consent=False)
    assert len(await judgements(talk)) == 1


async def test_what_may_be_trained_on_is_counted(talk: Talk) -> None:
    begun = await talk.begin("First")
    asked = await talk.ask(begun.id, "Second", begun.head_id, to=("theirs", OTHER))
    assert asked.comparison is not None
    assert await count(talk) == 0
    await vote(talk, asked.comparison.id, "winner", asked.answers[0].id)
    await give(talk, begun.messages[1].id, UP, consent=True)
    await give(talk, asked.answers[1].id, DOWN)
    assert await count(talk) == 2
    assert await count(talk, since=now() + timedelta(seconds=1)) == 0


async def test_thumbs_of_a_model_are_counted_since_a_moment(talk: Talk) -> None:
    before = now()
    answers = [(await talk.begin(f"Question {number}?")).messages[1] for number in range(3)]
    for answer, rating in zip(answers, (DOWN, DOWN, UP), strict=True):
        await give(talk, answer.id, rating)
    async with talk.database.read() as session:
        assert await feedback.thumbs(session, "theirs", before) == (2, 3)
        assert await feedback.thumbs(session, "theirs", now() + timedelta(seconds=1)) == (0, 0)
        assert await feedback.thumbs(session, "other", before) == (0, 0)
