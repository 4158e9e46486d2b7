"""Who may ask which route of the conversations, and makers of all that people own there."""

import asyncio
from typing import Any

from causerie.accounts.identity import Role
from tests.server.authorisation_rows import ANYBODY, SECRET, Maker, Row
from tests.server.team import Answer, Someone, Team

SCOPE = "conversations"
QUESTION = {"content": SECRET, "parent_id": None}
MOST_LOOKS = 3000


def _row(
    of: tuple[str, str] = ("", ""), *, least: Role = Role.MEMBER, body: object = None, query: str = "",
    stream: bool = False,
) -> Row:  # fmt: skip
    """A row; `of` is what the path names: a maker's name, and the parameter."""
    return Row(least, SCOPE, body=body, thing=of[0], parameter=of[1], query=query, stream=stream)


def _reading(of: tuple[str, str] = ("", ""), *, query: str = "", stream: bool = False) -> Row:
    return _row(of, least=Role.VIEWER, query=query, stream=stream)


_ONE = "/api/conversations/{conversation_id}"
_THIS = ("conversation", "conversation_id")
_GONE = ("discarded conversation", "conversation_id")
_ANSWER = ("answer", "message_id")
_FILE = ("attachment", "attachment_id")
CONVERSATIONS = {
    ("GET", "/api/sidebar"): _reading(),
    ("GET", "/api/conversations"): _reading(),
    ("POST", "/api/conversations"): _row(body={}),
    ("GET", "/api/conversations/export"): _reading(),
    ("POST", "/api/conversations/import"): _row(),
    ("GET", _ONE): _reading(of=_THIS),
    ("PATCH", _ONE): _row(body={"pinned": True}, of=_THIS),
    ("DELETE", _ONE): _row(of=_THIS),
    ("GET", f"{_ONE}/export"): _reading(of=_THIS),
    ("POST", f"{_ONE}/title"): _row(of=_THIS),
    ("POST", f"{_ONE}/restore"): _row(of=_GONE),
    ("DELETE", f"{_ONE}/permanently"): _row(of=_GONE),
    ("DELETE", "/api/trash"): _row(),
    ("GET", "/api/search"): _reading(query=f"?q={SECRET}"),
    ("GET", "/api/events"): _reading(stream=True),
}
MESSAGES = {
    ("POST", f"{_ONE}/messages"): _row(body=QUESTION, of=_THIS),
    ("POST", f"{_ONE}/stop"): _row(of=_THIS),
    ("POST", "/api/messages/{message_id}/answers"): _row(body={}, of=("question", "message_id")),
    ("POST", "/api/messages/{message_id}/stop"): _row(of=_ANSWER),
    ("PUT", "/api/messages/{message_id}/feedback"): _row(body={"rating": 1}, of=_ANSWER),
    ("DELETE", "/api/messages/{message_id}/feedback"): _row(of=_ANSWER),
    ("POST", "/api/comparisons/{comparison_id}/vote"): _row(
        body={"verdict": "all_good"}, of=("comparison", "comparison_id")
    ),
}
LINKS = {
    ("GET", "/api/shares"): _reading(),
    ("POST", f"{_ONE}/shares"): _row(body={}, of=_THIS),
    ("DELETE", "/api/shares/{share_id}"): _row(of=("share", "share_id")),
    ("POST", "/api/shared"): Row(ANYBODY, SCOPE, body={"token": "no-link-of-ours"}),
}
FILES = {
    ("POST", "/api/attachments"): _row(query="?name=note.txt"),
    ("GET", "/api/attachments/{attachment_id}"): _reading(of=_FILE),
    ("GET", "/api/attachments/{attachment_id}/text"): _reading(of=_FILE),
    ("GET", "/api/attachments/{attachment_id}/content"): _reading(of=_FILE),
    ("DELETE", "/api/attachments/{attachment_id}"): _row(of=_FILE),
}
PERSONAL = {
    ("GET", "/api/folders"): _reading(),
    ("POST", "/api/folders"): _row(body={"name": "x"}),
    ("PATCH", "/api/folders/{folder_id}"): _row(body={"name": "y"}, of=("folder", "folder_id")),
    ("DELETE", "/api/folders/{folder_id}"): _row(of=("folder", "folder_id")),
    ("PUT", "/api/drafts/{key}"): _row(body={"content": "x"}, of=("conversation", "key")),
    ("DELETE", "/api/drafts/{key}"): _row(of=("conversation", "key")),
    ("GET", "/api/prompts"): _reading(),
    ("POST", "/api/prompts"): _row(body={"name": "", "content": "x"}),
    ("PATCH", "/api/prompts/{prompt_id}"): _row(body={"content": "x"}, of=("prompt", "prompt_id")),
    ("DELETE", "/api/prompts/{prompt_id}"): _row(of=("prompt", "prompt_id")),
    ("GET", "/api/personal"): _reading(),
    ("PATCH", "/api/personal"): _row(body={}),
    ("GET", "/api/memories"): _reading(),
    ("POST", "/api/memories"): _row(body={"text": "x"}),
    ("PATCH", "/api/memories/{memory_id}"): _row(body={"text": "y"}, of=("memory", "memory_id")),
    ("DELETE", "/api/memories/{memory_id}"): _row(of=("memory", "memory_id")),
    ("DELETE", "/api/memories"): _row(),
}
ROWS: dict[tuple[str, str], Row] = {**CONVERSATIONS, **MESSAGES, **LINKS, **FILES, **PERSONAL}


async def made(team: Team, owner: Someone, path: str, body: object) -> Any:
    """What comes back for something new."""
    return _good(await team.ask("POST", path, owner, body=body)).json


async def opened(team: Team, owner: Someone, conversation_id: str) -> Any:
    """A conversation, once nothing in it is being written any more."""
    for _ in range(MOST_LOOKS):
        found = _good(await team.ask("GET", f"/api/conversations/{conversation_id}", owner)).json
        if not found["running"]:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("an answer is still being written")


async def conversation(team: Team, owner: Someone) -> str:
    """One with an answered question and a draft."""
    begun = await made(team, owner, "/api/conversations", {"title": SECRET, "ask": QUESTION})
    found: str = begun["conversation"]["id"]
    await opened(team, owner, found)
    _good(await team.ask("PUT", f"/api/drafts/{found}", owner, body={"content": SECRET}))
    return found


def _good(answer: Answer) -> Answer:
    assert answer.status < 300, (answer.status, answer.text[:300])
    return answer


async def _discarded(team: Team, owner: Someone) -> str:
    found = await conversation(team, owner)
    _good(await team.ask("DELETE", f"/api/conversations/{found}", owner))
    return found


async def _message(team: Team, owner: Someone, role: str) -> str:
    found = await opened(team, owner, await conversation(team, owner))
    return next(str(each["id"]) for each in found["messages"] if each["role"] == role)


async def _question(team: Team, owner: Someone) -> str:
    return await _message(team, owner, "user")


async def _answer(team: Team, owner: Someone) -> str:
    return await _message(team, owner, "assistant")


async def _comparison(team: Team, owner: Someone) -> str:
    model = team.parts.router.resolve(None)
    ask = {**QUESTION, "models": [model, model]}
    begun = await made(team, owner, "/api/conversations", {"title": SECRET, "ask": ask})
    found = await opened(team, owner, begun["conversation"]["id"])
    return str(found["comparisons"][0]["id"])


async def _share(team: Team, owner: Someone) -> str:
    found = await conversation(team, owner)
    return str((await made(team, owner, f"/api/conversations/{found}/shares", {}))["share"]["id"])


async def _folder(team: Team, owner: Someone) -> str:
    return str((await made(team, owner, "/api/folders", {"name": SECRET}))["id"])


async def _prompt(team: Team, owner: Someone) -> str:
    before = (await team.ask("GET", "/api/prompts", owner)).json["items"]
    name = f"{SECRET} {len(before)}"  # each has a name of its own
    return str((await made(team, owner, "/api/prompts", {"name": name, "content": SECRET}))["id"])


async def _memory(team: Team, owner: Someone) -> str:
    return str((await made(team, owner, "/api/memories", {"text": SECRET}))["id"])


async def _attachment(team: Team, owner: Someone) -> str:
    url, headers = f"{team.address}/api/attachments?name={SECRET}.txt", owner.headers("bearer", team.address)
    async with team.http.post(url, data=SECRET.encode(), headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


THINGS: dict[str, Maker] = {
    "conversation": conversation,
    "discarded conversation": _discarded,
    "question": _question,
    "answer": _answer,
    "comparison": _comparison,
    "share": _share,
    "folder": _folder,
    "prompt": _prompt,
    "memory": _memory,
    "attachment": _attachment,
}
