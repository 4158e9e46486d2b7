"""Titles, made by the model that answered.

Does: ask it for a few words once a conversation has its first answer; take them only if they look like a title.
Does not: touch a title that a person gave. Until then, and when the model gives nothing of use, the beginning of the
question is the title.
"""

import asyncio
import re

from pydantic_core import from_json
from sqlalchemy import select

from causerie.accounts import quotas
from causerie.accounts.identity import Caller
from causerie.accounts.quotas import Used
from causerie.chat import conversations
from causerie.chat.generation import Surroundings, reserved
from causerie.chat.tables import Message
from causerie.errors import Conflict, UpstreamError

MAX_TOKENS = 24
MOST_CHARACTERS = 80
SHOWN_CHARACTERS = 1_000
"""Of the question and of the answer, that the model sees."""
TIMEOUT_S = 60.0
MAY_BE_REPLACED = frozenset(("none", "question"))
"""Origins of titles that nobody chose."""
ORDER = (
    "Give this conversation a title of two to six words, in the language of the question. "
    "Answer with the title alone: no quotes, no full stop, no explanation."
)
_AROUND = re.compile(r"^[\s\"'«»“”#*_`:.-]+|[\s\"'«»“”*_`:.-]+$")
_LABEL = re.compile(r"^(title|titre)\s*:\s*", re.IGNORECASE)
_MARKUP = re.compile(r"[|<>{}]|```|\*\*")
"""What no title holds: the model has begun to answer the question again."""
_SPEAKS = re.compile(r"i\s|i['\u2019]|je\s|j['\u2019]|(sorry|sure|désolée?|bien sûr)\b", re.IGNORECASE)
"""How no title begins: the model speaks to the person instead."""


def cleaned(said: str) -> str:
    """The title in a model's words (empty = there is none)."""
    line = next((line for line in said.splitlines() if line.strip()), "")
    title = _AROUND.sub("", _LABEL.sub("", _AROUND.sub("", " ".join(line.split()))))
    if len(title) > MOST_CHARACTERS or _MARKUP.search(title) or _SPEAKS.match(title):
        return ""
    return title


async def entitle(around: Surroundings, caller: Caller, conversation_id: str, *, again: bool = False) -> bool:
    """Ask the model that answered first for a title, and keep it.

    Args:
        around: The server's parts.
        caller: Whose conversation it is, and whose quota pays.
        conversation_id: Which.
        again: Whatever title there is.

    Returns:
        Whether there is a new title.

    Raises:
        NotFound: They have no such conversation.
        Conflict: It has no answer yet.
        CauserieError: The model cannot be asked.
    """
    async with around.database.read() as session:
        conversation = await conversations.by_id(session, caller.person_id, conversation_id)
        if conversation.title_origin not in MAY_BE_REPLACED and not again:
            return False
        answered = select(Message).where(Message.conversation_id == conversation_id, Message.role == "assistant")
        said = Message.status == "complete", Message.content != ""
        answer = await session.scalar(answered.where(*said).order_by(Message.number).limit(1))
        if answer is None or answer.model is None:
            raise Conflict("there is no answer yet that a title could be made of")
        question = await session.scalar(select(Message.content).where(Message.id == answer.parent_id))
    title = cleaned(await _asked(around, caller, answer.model, question or "", answer.content))
    if not title:
        return False
    async with around.database.write() as session:
        conversation = await conversations.by_id(session, caller.person_id, conversation_id)
        if conversation.title_origin == "person" and not again:
            return False
        conversations.entitle(conversation, title, "model")
    return True


async def _asked(around: Surroundings, caller: Caller, model: str, question: str, answer: str) -> str:
    talk = f"Question: {question[:SHOWN_CHARACTERS]}\n\nAnswer: {answer[:SHOWN_CHARACTERS]}"
    payload = {
        "model": model,
        "messages": [{"role": "user", "content": f"{talk}\n\n{ORDER}"}],
        "max_tokens": MAX_TOKENS,
        "temperature": 0,
    }
    reservation = await reserved(around, caller, payload, requests=0)
    used = Used(requests=0)
    try:
        async with asyncio.timeout(TIMEOUT_S), around.router.send("chat/completions", payload) as reply:
            body = from_json(await reply.read())
        counted = body.get("usage") or {}
        used = Used(
            tokens_in=counted.get("prompt_tokens") or 0, tokens_out=counted.get("completion_tokens") or 0, requests=0
        )
        choice = body["choices"][0]
        whole = choice.get("finish_reason") != "length"  # who goes on and on gives no title
        return str(choice["message"].get("content") or "") if whole else ""
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, TimeoutError) as error:
        raise UpstreamError("the engine of {name!r} did not answer in OpenAI's form", name=model) from error
    finally:
        await quotas.settle(around.database, around.rules(), reservation, used)
