"""Asking, stopping, voting, and saying what one thinks of an answer.

Does: parse, call the desk, answer.
Does not: stream; `conversation_events.py` does. What is answered here is kept already.
Try it: curl http://127.0.0.1:8080/api/conversations/CONV/messages -d '{"content": "Bonjour", "parent_id": null}'
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from causerie.chat import conversations, feedback, messages, views
from causerie.chat.desk import Asked as AskedKept
from causerie.chat.desk import Desk
from causerie.chat.feedback import Opinion, Reason
from causerie.server.accounts_schema import Asked, Id, Told
from causerie.server.conversations_schema import Ask, AskAgain, AskedTold, Content, dumped
from causerie.server.identity import Member

OK, CREATED, NO_CONTENT = 200, 201, 204


class Vote(Asked):
    """Which answer is the best."""

    verdict: views.Verdict
    winner_id: Id | None = None
    """With the verdict `winner` alone."""
    consent: bool = False
    """A model may be trained on it."""


class VoteTold(Told):
    """The vote, and the answers with their names."""

    comparison: views.Comparison
    messages: list[views.Message]
    conversation: views.Summary


class FeedbackAsked(Asked):
    """What one thinks of an answer."""

    rating: Literal[1, -1]
    reasons: Annotated[list[Reason], Field(max_length=8)] = Field(default_factory=list)
    text: Annotated[str, StringConstraints(max_length=4_000)] = ""
    better: Content = ""
    """The answer that there should have been."""
    consent: bool = False
    """A model may be trained on it."""


def message_routes(desk: Desk) -> APIRouter:
    """Questions and their answers."""
    routes = APIRouter(tags=["Conversations"])
    repeated: dict[int | str, dict[str, Any]] = {
        OK: {"model": AskedTold, "description": "It had been sent before: nothing is asked again"}
    }

    @routes.post(
        "/api/conversations/{conversation_id}/messages",
        summary="Ask",
        status_code=CREATED,
        response_model=AskedTold,
        responses=repeated,
    )
    async def ask(caller: Member, conversation_id: Id, asked: Ask) -> Response:
        kept = await desk.ask(caller, conversation_id, asked.question(), asked.chosen(), asked.given())
        return _told(kept)

    @routes.post(
        "/api/messages/{message_id}/answers",
        summary="Ask for another answer",
        status_code=CREATED,
        response_model=AskedTold,
        responses=repeated,
    )
    async def answer_again(caller: Member, message_id: Id, asked: AskAgain) -> Response:
        kept = await desk.answer_again(caller, message_id, asked.chosen(), asked.given(), asked.client_id)
        return _told(kept)

    @routes.post("/api/messages/{message_id}/stop", summary="Stop an answer")
    async def stop(caller: Member, message_id: Id) -> views.Message:
        return await desk.stop(caller.person_id, message_id)

    @routes.post("/api/conversations/{conversation_id}/stop", summary="Stop all answers", status_code=NO_CONTENT)
    async def stop_all(caller: Member, conversation_id: Id) -> None:
        await desk.stop_all(caller.person_id, conversation_id)

    return routes


def feedback_routes(desk: Desk) -> APIRouter:
    """Votes and thumbs."""
    routes = APIRouter(tags=["Conversations"])

    @routes.post("/api/comparisons/{comparison_id}/vote", summary="Vote, and learn the names")
    async def vote(caller: Member, comparison_id: Id, asked: Vote) -> VoteTold:
        async with desk.database.write() as session:
            comparison, ids = await feedback.vote(
                session, caller.person_id, comparison_id, asked.verdict, asked.winner_id, consent=asked.consent
            )
            if asked.winner_id is not None:
                head = {"head_id": asked.winner_id}
                await conversations.change(session, caller.person_id, comparison.conversation_id, head)
        async with desk.database.read() as session:
            shown, compared = await messages.some(session, caller.person_id, ids)
        for each in shown:
            desk.tell_message(caller.person_id, comparison.conversation_id, each)
        desk.live.tell(caller.person_id, "comparison", {"comparison": compared[0]}, comparison.conversation_id)
        summary = await desk.tell_conversation(caller.person_id, comparison.conversation_id)
        return VoteTold(comparison=compared[0], messages=shown, conversation=summary)

    @routes.put("/api/messages/{message_id}/feedback", summary="Say what you think of an answer")
    async def give(caller: Member, message_id: Id, asked: FeedbackAsked) -> views.Feedback:
        opinion = Opinion(**{**asked.model_dump(), "reasons": list(asked.reasons)})
        async with desk.database.write() as session:
            row, conversation_id = await feedback.give(session, caller.person_id, message_id, opinion)
        desk.tell_message(caller.person_id, conversation_id, await desk.message(caller.person_id, message_id))
        return views.feedback(row)

    @routes.delete("/api/messages/{message_id}/feedback", summary="Take it back", status_code=NO_CONTENT)
    async def take_back(caller: Member, message_id: Id) -> None:
        async with desk.database.write() as session:
            conversation_id = await feedback.take_back(session, caller.person_id, message_id)
        desk.tell_message(caller.person_id, conversation_id, await desk.message(caller.person_id, message_id))

    return routes


def _told(kept: AskedKept) -> Response:
    told = AskedTold(
        question=kept.question, answers=kept.answers, comparison=kept.comparison, conversation=kept.conversation
    )
    return dumped(told, OK if kept.repeated else CREATED)
