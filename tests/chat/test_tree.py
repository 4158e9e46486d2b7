"""A conversation is a tree: edit and regenerate make branches, and one can go back to any."""

import pytest
from sqlalchemy import update

from causerie.chat import conversations, messages
from causerie.chat.asking import MOST_RUNNING, Question
from causerie.chat.desk import Models
from causerie.chat.tables import Message
from causerie.errors import Conflict, InvalidRequest, ModelNotFound, NotFound, RateLimited
from tests.chat.talking import OTHER, Talk, way


async def go_to(talk: Talk, conversation_id: str, head_id: str) -> None:
    async with talk.database.write() as session:
        await conversations.change(session, talk.ada.person_id, conversation_id, {"head_id": head_id})


async def test_an_answer_is_kept_with_who_gave_it_how_it_ended_and_what_it_used(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    question, answer = begun.messages
    assert (question.role, question.content, question.parent_id) == ("user", "Hello?", None)
    assert (answer.role, answer.content, answer.parent_id) == ("assistant", "Bonjour", question.id)
    assert (answer.status, answer.model, answer.finish_reason, answer.error) == ("complete", "theirs", "stop", None)
    assert answer.usage is not None
    assert answer.usage.first_token_ms is not None
    assert answer.usage.tokens_out > 0
    assert begun.head_id == answer.id
    assert talk.stub.requests[0]["messages"] == [{"role": "user", "content": "Hello?"}]


async def test_a_model_is_told_the_way_to_the_question_and_nothing_of_other_branches(talk: Talk) -> None:
    begun = await talk.begin("First")
    first, answer = begun.messages
    await talk.ask(begun.id, "Second", answer.id)
    edited = await talk.ask(begun.id, "Second, in other words", answer.id)
    told = [message["content"] for message in talk.told[-1]["messages"]]
    assert told == ["First", "Bonjour", "Second, in other words"]
    assert edited.question.parent_id == answer.id
    rooted = await talk.ask(begun.id, "Another first", None)
    assert talk.told[-1]["messages"] == [{"role": "user", "content": "Another first"}]
    opened = await talk.open(begun.id)
    assert way(opened) == ["Another first", "Bonjour"]
    assert [message.parent_id for message in opened.messages if message.content == "First"] == [None]
    assert rooted.question.parent_id is None
    assert first.id != rooted.question.id


async def test_one_goes_back_to_any_branch(talk: Talk) -> None:
    begun = await talk.begin("First")
    answer = begun.messages[1]
    left = await talk.ask(begun.id, "Left", answer.id)
    right = await talk.ask(begun.id, "Right", answer.id)
    assert way(await talk.open(begun.id))[2] == "Right"
    await go_to(talk, begun.id, left.answers[0].id)
    assert way(await talk.open(begun.id)) == ["First", "Bonjour", "Left", "Bonjour"]
    await go_to(talk, begun.id, right.question.id)
    assert way(await talk.open(begun.id)) == ["First", "Bonjour", "Right"]
    with pytest.raises(NotFound):
        await go_to(talk, begun.id, (await talk.begin("Elsewhere")).messages[0].id)


async def test_another_answer_is_a_branch_beside_the_first_and_may_be_another_model_s(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    question, first = begun.messages
    again = await talk.desk.answer_again(talk.ada, question.id, Models(names=[OTHER]), {"temperature": 0.5}, None)
    opened = await talk.ended(begun.id)
    assert [message.id for message in opened.messages] == [question.id, first.id, again.answers[0].id]
    assert opened.messages[2].model == OTHER
    assert opened.messages[2].parent_id == question.id
    assert opened.head_id == again.answers[0].id
    assert (talk.told[-1]["model"], talk.told[-1]["temperature"]) == (OTHER, 0.5)
    assert opened.model == OTHER, "the next question goes to the model that was asked last"
    with pytest.raises(InvalidRequest, match="only a question"):
        await talk.desk.answer_again(talk.ada, first.id, Models(), {}, None)


async def test_several_models_answer_side_by_side_in_the_order_in_which_they_were_named(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    asked = await talk.ask(begun.id, "And?", begun.head_id, to=(OTHER, "theirs"))
    assert [answer.model for answer in asked.answers] == [OTHER, "theirs"]
    assert asked.comparison is not None
    assert asked.comparison.answer_ids == [answer.id for answer in asked.answers]
    opened = await talk.open(begun.id)
    assert [(each.blind, each.verdict) for each in opened.comparisons] == [(False, None)]
    assert all(message.status == "complete" for message in opened.messages)


async def test_a_question_sent_twice_is_asked_once(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    first = await talk.ask(begun.id, "And?", begun.head_id, client_id="client-0001")
    second = await talk.ask(begun.id, "And?", begun.head_id, client_id="client-0001")
    assert (first.repeated, second.repeated) == (False, True)
    assert second.question.id == first.question.id
    assert [answer.id for answer in second.answers] == [answer.id for answer in first.answers]
    question = first.question.id
    once = await talk.desk.answer_again(talk.ada, question, Models(names=["theirs", OTHER]), {}, "client-0002")
    twice = await talk.desk.answer_again(talk.ada, question, Models(names=["theirs", OTHER]), {}, "client-0002")
    assert twice.repeated
    assert {answer.id for answer in twice.answers} == {answer.id for answer in once.answers}
    assert len((await talk.ended(begun.id)).messages) == 6


async def test_a_question_needs_words_a_parent_here_and_a_model_that_exists(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    elsewhere = await talk.begin("Elsewhere")
    with pytest.raises(InvalidRequest) as empty:
        await talk.ask(begun.id, "", begun.head_id)
    assert empty.value.param == "content"
    with pytest.raises(NotFound) as parent:
        await talk.ask(begun.id, "And?", elsewhere.head_id)
    assert parent.value.param == "parent_id"
    with pytest.raises(ModelNotFound):
        await talk.ask(begun.id, "And?", begun.head_id, to=("nobody",))
    with pytest.raises(NotFound):
        await talk.desk.ask(talk.bob, begun.id, Question(content="And?", parent_id=begun.head_id), Models(), {})
    with pytest.raises(NotFound):
        await talk.desk.open(talk.bob.person_id, begun.id)
    with pytest.raises(NotFound):
        await talk.ask(begun.id, "And?", begun.head_id, attachment_ids=["file_none"])
    question = Question(content="x", parent_id=begun.head_id)
    with pytest.raises(InvalidRequest, match="no parent"):
        await talk.desk.begin(talk.ada, question=question, models=Models(), parameters={}, new={})
    assert len((await talk.open(begun.id)).messages) == 2, "what was refused left nothing"


async def test_a_model_that_is_gone_gives_its_place_to_the_default_one(talk: Talk) -> None:
    begun = await talk.begin("Hello?", to=(OTHER,))
    async with talk.database.write() as session:
        (await conversations.by_id(session, talk.ada.person_id, begun.id)).model = "was-removed"
    asked = await talk.ask(begun.id, "And?", begun.head_id)
    assert asked.answers[0].model == "theirs"


async def test_one_asks_below_an_answer_only_when_it_has_ended_and_not_too_much_at_once(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    talk.stub.fault = "hang-mid"
    running = await talk.ask(begun.id, "Long", begun.head_id, wait=False)
    with pytest.raises(Conflict) as caught:
        await talk.ask(begun.id, "Below", running.answers[0].id)
    assert caught.value.param == "parent_id"
    for _ in range(MOST_RUNNING - 1):
        await talk.ask(begun.id, "Long", begun.head_id, wait=False)
    with pytest.raises(RateLimited) as limited:
        await talk.ask(begun.id, "Too much", begun.head_id)
    assert limited.value.retry_after
    await talk.desk.stop_all(talk.ada.person_id, begun.id)


async def test_a_failure_of_the_model_is_kept_in_the_answer_and_nothing_goes_below_empty_ones(talk: Talk) -> None:
    talk.stub.status = 500
    failed = await talk.begin("Hello?")
    answer = failed.messages[1]
    assert answer.status == "failed"
    assert answer.error is not None
    assert answer.error.code == "upstream_error"
    assert failed.title_origin == "question"
    talk.stub.status = 200
    await talk.ask(failed.id, "Still there?", answer.id)
    assert talk.told[-1]["messages"][0]["content"] == "Hello?\n\nStill there?", "two turns in one"


async def test_system_prompt_parameters_and_this_question_s_own_reach_the_model(talk: Talk) -> None:
    begun = await talk.begin(
        "Hello?", system="Be brief.", parameters={"temperature": 0.1, "seed": 7, "max_tokens": 9}
    )
    asked = talk.stub.requests[0]
    assert asked["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (asked["temperature"], asked["seed"], asked["max_tokens"]) == (0.1, 7, 9)
    await talk.ask(begun.id, "And?", begun.head_id, parameters={"temperature": 0.9})
    assert (talk.told[-1]["temperature"], talk.told[-1]["seed"]) == (0.9, 7)


async def test_the_way_through_a_damaged_tree_ends(talk: Talk) -> None:
    begun = await talk.begin("Hello?")
    question, answer = begun.messages
    elsewhere = await talk.begin("Elsewhere")
    async with talk.database.write() as session:
        await session.execute(update(Message).where(Message.id == question.id).values(parent_id=answer.id))
        await session.execute(
            update(Message).where(Message.id == elsewhere.messages[0].id).values(parent_id=answer.id)
        )
    async with talk.database.read() as session:
        circle = await messages.way_to(session, begun.id, answer.id)
        across = await messages.way_to(session, elsewhere.id, elsewhere.head_id)
        strange = await messages.way_to(session, elsewhere.id, answer.id)
    assert [row.id for row in circle] == [question.id, answer.id]
    assert [row.id for row in across] == [message.id for message in elsewhere.messages]
    assert strange == []
