"""The routes of conversations over HTTP: what they answer, and that what is wrong is refused by its name."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from causerie.accounts.identity import Role
from causerie.chat.tables import Conversation, Message
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.server.chatting import ask, begin, ended, listening, opened
from tests.server.serving import upstream_config
from tests.server.team import Someone, Team, team_server

ASK = "/api/conversations/{one}/messages"
NOBODY = "conv_00000000000000000000000000"


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with StubUpstream() as running:
        yield running


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str, stub: StubUpstream) -> AsyncIterator[Team]:
    config = upstream_config(stub).replace(f'models = ["{stub.model}"]', f'models = ["{stub.model}", "another"]')
    async with team_server(settings.home, config) as running:
        await running.join("olga", Role.OWNER)
        await running.join("ada")
        yield running


@pytest_asyncio.fixture
async def ada(team: Team) -> Someone:
    return team.people["ada"]


async def test_a_conversation_from_its_first_question_to_the_trash_and_back(team: Team, ada: Someone) -> None:
    folder = (await team.ask("POST", "/api/folders", ada, body={"name": " Work "})).json
    assert folder["name"] == "Work"
    begun = await begin(team, ada, "Hello?", folder_id=folder["id"], system="Be brief.")
    assert (begun["title"], begun["title_origin"]) == ("Bonjour", "model")
    path = f"/api/conversations/{begun['id']}"
    changed = await team.ask("PATCH", path, ada, body={"title": "Mine", "pinned": True, "archived": None})
    assert (changed.json["title"], changed.json["pinned"], changed.json["folder_id"]) == ("Mine", True, folder["id"])
    assert (await team.ask("PATCH", path, ada, body={"folder_id": None})).json["folder_id"] is None
    side = (await team.ask("GET", "/api/sidebar", ada)).json
    assert ([each["id"] for each in side["pinned"]], side["items"]) == ([begun["id"]], [])
    assert [each["name"] for each in side["folders"]] == ["Work"]
    assert (await team.ask("POST", f"{path}/title", ada)).json["title_origin"] == "model"
    assert (await team.ask("DELETE", path, ada)).status == 204
    assert (await team.ask("DELETE", f"{path}/permanently", ada)).status == 204
    assert (await team.ask("GET", path, ada)).status == 404


async def test_a_list_is_paged_and_filtered(team: Team, ada: Someone) -> None:
    made = []
    for number in range(5):
        answer = await team.ask("POST", "/api/conversations", ada, body={"title": str(number)})
        assert answer.status == 201
        made.append(answer.json["conversation"]["id"])
    await team.ask("PATCH", f"/api/conversations/{made[0]}", ada, body={"archived": True})
    page = (await team.ask("GET", "/api/conversations?limit=3", ada)).json
    assert [each["title"] for each in page["items"]] == ["4", "3", "2"]
    rest = (await team.ask("GET", f"/api/conversations?limit=3&cursor={page['next']}", ada)).json
    assert ([each["title"] for each in rest["items"]], rest["next"]) == (["1"], None)
    archived = (await team.ask("GET", "/api/conversations?state=archived", ada)).json
    assert [each["id"] for each in archived["items"]] == [made[0]]
    await team.ask("DELETE", f"/api/conversations/{made[1]}", ada)
    assert len((await team.ask("GET", "/api/conversations?state=trash", ada)).json["items"]) == 1
    assert (await team.ask("POST", f"/api/conversations/{made[1]}/restore", ada)).json["deleted_at"] is None
    await team.ask("DELETE", f"/api/conversations/{made[1]}", ada)
    assert (await team.ask("DELETE", "/api/trash", ada)).status == 204
    assert (await team.ask("GET", f"/api/conversations/{made[1]}", ada)).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "param"),
    [
        ("GET", "/api/conversations/{none}", None, 404, None),
        ("GET", "/api/conversations?limit=0", None, 400, "limit"),
        ("GET", "/api/conversations?limit=99999999999999999999", None, 400, "limit"),
        ("GET", "/api/conversations?cursor=x", None, 400, "cursor"),
        ("GET", "/api/conversations?state=gone", None, 400, "state"),
        ("POST", "/api/conversations", {"title": 3}, 400, "title"),
        ("POST", "/api/conversations", {"titel": "x"}, 400, "titel"),
        ("POST", "/api/conversations", {"title": "x" * 201}, 400, "title"),
        ("POST", "/api/conversations", {"parameters": {"temperature": 3}}, 400, "parameters.temperature"),
        ("POST", "/api/conversations", {"parameters": {"leave_out_oldest": 1}}, 400, "parameters.leave_out_oldest"),
        ("POST", "/api/conversations", {"parameters": {"seed": 2**40}}, 400, "parameters.seed"),
        ("POST", "/api/conversations", {"folder_id": "folder_none"}, 404, None),
        ("POST", ASK, {"content": "", "parent_id": None}, 400, "content"),
        ("POST", ASK, {"content": "x"}, 400, "parent_id"),
        ("POST", ASK, {"content": "x", "parent_id": "msg_none"}, 404, "parent_id"),
        ("POST", ASK, {"content": "x" * 200_001, "parent_id": None}, 400, "content"),
        ("POST", ASK, {"content": "x", "parent_id": None, "models": ["no"]}, 404, None),
        ("POST", ASK, {"content": "x", "parent_id": None, "models": []}, 400, "models"),
        ("POST", ASK, {"content": "x", "parent_id": None, "blind": True}, 400, "blind"),
        ("POST", ASK, {"content": "x", "parent_id": None, "client_id": "é"}, 400,
         "client_id"),
        ("POST", "/api/messages/msg_none/stop", None, 404, None),
        ("POST", "/api/messages/msg_none/answers", {}, 404, None),
        ("POST", "/api/conversations/{none}/stop", None, 404, None),
        ("PUT", "/api/messages/msg_none/feedback", {"rating": 1}, 404, None),
        ("PUT", "/api/messages/msg_none/feedback", {"rating": 2}, 400, "rating"),
        ("PUT", "/api/messages/msg_none/feedback", {"rating": 1, "reasons": ["bad"]}, 400, "reasons[0]"),
        ("POST", "/api/comparisons/none/vote", {"verdict": "all_bad"}, 404, None),
        ("GET", "/api/search", None, 400, "q"),
        ("GET", "/api/search?q=a&cursor=x", None, 400, "cursor"),
        ("GET", "/api/search?q=" + "a" * 401, None, 400, "q"),
        ("PUT", "/api/drafts/{none}", {"content": "x"}, 404, None),
        ("POST", "/api/shared", {"token": "x"}, 404, None),
        ("POST", "/api/conversations/{one}/shares", {"expires_days": 0}, 400, "expires_days"),
        ("POST", "/api/conversations/{one}/shares", {}, 409, None),
        ("DELETE", "/api/conversations/{one}/permanently", None, 409, None),
        ("GET", "/api/events?conversation={none}", None, 404, None),
        ("GET", "/api/conversations/{one}/export?format=pdf", None, 400, "format"),
        ("PATCH", "/api/folders/none", {"position": -1}, 400, "position"),
        ("POST", "/api/memories", {"text": "   "}, 400, "text"),
        ("POST", "/api/prompts", {"name": "x", "content": ""}, 400, "content"),
        ("PATCH", "/api/personal", {"memory_enabled": "yes"}, 400, "memory_enabled"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_refused_by_its_name(
    team: Team, ada: Someone, method: str, path: str, body: object, status: int, param: str | None
) -> None:
    one = (await team.ask("POST", "/api/conversations", ada, body={})).json["conversation"]["id"]
    answer = await team.ask(method, path.format(one=one, none=NOBODY), ada, body=body)
    assert (answer.status, answer.json["error"]["param"]) == (status, param), answer.text


async def test_a_nul_is_never_the_server_s_fault(team: Team, ada: Someone) -> None:
    begun = await begin(team, ada, "a\0b", title="t\0t", system="s\0s")
    assert begun["messages"][0]["content"] == "a\ufffdb"
    assert begun["title"] == "t\ufffdt"
    for method, path, body in (
        ("GET", "/api/conversations/a%00b", None), ("POST", "/api/folders", {"name": "a\0b"}),
        ("POST", "/api/memories", {"text": "a\0b"}), ("POST", "/api/prompts", {"name": "a\0b", "content": "c"}),
        ("PUT", "/api/drafts/new", {"content": "a\0b"}), ("GET", "/api/search?q=a%00b", None),
        ("POST", "/api/shared", {"token": "a\0b"}), ("PATCH", "/api/personal", {"instructions": "a\0b"}),
        ("DELETE", "/api/drafts/a%00b", None), ("GET", "/api/conversations?folder_id=a%00b", None),
        ("GET", f"/api/events?conversation={begun['id']}%00", None),
    ):  # fmt: skip
        answer = await team.ask(method, path, ada, body=body)
        assert answer.status < 500, (method, path, answer.text)


async def test_models_side_by_side_blind_until_the_vote(team: Team, ada: Someone) -> None:
    begun = await begin(team, ada)
    asked = await ask(team, ada, begun["id"], "Who?", begun["head_id"], models=["theirs", "another"], blind=True)
    assert [answer["model"] for answer in asked.json["answers"]] == [None, None]
    comparison = asked.json["comparison"]
    async with listening(team, ada, begun["id"], after=begun["event_id"]) as tab:
        await ended(team, ada, begun["id"])
        winner = comparison["answer_ids"][1]
        body = {"verdict": "winner", "winner_id": winner, "consent": True}
        voted = await team.ask("POST", f"/api/comparisons/{comparison['id']}/vote", ada, body=body)
        assert voted.status == 200
        assert [message["model"] for message in voted.json["messages"]] == ["theirs", "another"]
        assert voted.json["conversation"]["head_id"] == winner
        told = await tab.until("comparison")
        while told.content["comparison"]["verdict"] is None:
            told = await tab.until("comparison")
        assert told.content["comparison"]["winner_id"] == winner
    twice = await team.ask("POST", f"/api/comparisons/{comparison['id']}/vote", ada, body=body)
    assert (twice.status, twice.code) == (409, "conflict")


async def test_feedback_is_given_shown_and_taken_back(team: Team, ada: Someone) -> None:
    begun = await begin(team, ada)
    path = f"/api/messages/{begun['head_id']}/feedback"
    said = {"rating": -1, "reasons": ["made_up"], "text": "No.", "better": "Bonsoir", "consent": True}
    assert (await team.ask("PUT", path, ada, body=said)).json.items() >= said.items()
    assert (await opened(team, ada, begun["id"]))["messages"][1]["feedback"]["better"] == "Bonsoir"
    assert (await team.ask("DELETE", path, ada)).status == 204
    assert (await opened(team, ada, begun["id"]))["messages"][1]["feedback"] is None
    question = begun["messages"][0]["id"]
    assert (await team.ask("PUT", f"/api/messages/{question}/feedback", ada, body={"rating": 1})).status == 400


async def test_search_marks_what_it_finds(team: Team, ada: Someone) -> None:
    begun = await begin(team, ada, "Où est l'Été ?")
    found = (await team.ask("GET", "/api/search?q=ete", ada)).json
    assert [hit["conversation_id"] for hit in found["items"]] == [begun["id"]]
    assert {"text": "Été", "hit": True} in found["items"][0]["parts"]
    titles = (await team.ask("GET", "/api/search?q=bonj", ada)).json["titles"]
    assert titles[0]["title_parts"] == [{"text": "Bonj", "hit": True}, {"text": "our", "hit": False}]
    assert (await team.ask("GET", "/api/search?q=ete", team.people["olga"])).json["items"] == []


async def test_a_link_is_read_by_a_stranger_until_it_is_revoked(team: Team, ada: Someone) -> None:
    begun = await begin(team, ada, title="Shared")
    path = f"/api/conversations/{begun['id']}/shares"
    made = await team.ask("POST", path, ada, body={"audience": "anyone", "expires_days": 7})
    assert made.status == 201
    body = {"token": made.json["token"]}
    read = await team.ask("POST", "/api/shared", body=body)
    assert [message["content"] for message in read.json["messages"]] == ["Hello?", "Bonjour"]
    listed = (await team.ask("GET", f"/api/shares?conversation_id={begun['id']}", ada)).json["items"]
    assert [each["id"] for each in listed] == [made.json["share"]["id"]]
    assert body["token"] not in str(listed)
    closed = (await team.ask("POST", path, ada, body={})).json["token"]
    assert (await team.ask("POST", "/api/shared", body={"token": closed})).code == "link_not_valid"
    assert (await team.ask("POST", "/api/shared", team.people["olga"], body={"token": closed})).status == 200
    assert (await team.ask("DELETE", f"/api/shares/{made.json['share']['id']}", ada)).status == 204
    assert (await team.ask("POST", "/api/shared", body=body)).status == 404


async def test_drafts_prompts_instructions_and_memory(team: Team, ada: Someone) -> None:
    async with listening(team, ada) as tab:
        await tab.next()
        assert (await team.ask("PUT", "/api/drafts/new", ada, body={"content": "half a"})).status == 204
        assert (await tab.until("draft")).content["content"] == "half a"
        assert (await team.ask("DELETE", "/api/drafts/new", ada)).status == 204
        assert (await tab.until("draft")).content["updated_at"] is None
        await team.ask("PUT", "/api/drafts/new", ada, body={"content": ""})
        assert (await tab.until("draft")).content["content"] == ""
    made = await team.ask("POST", "/api/prompts", ada, body={"name": "tr", "content": "{{text}} in {{to|French}}"})
    assert made.status == 201
    assert made.json["variables"] == [{"name": "text", "default": ""}, {"name": "to", "default": "French"}]
    again = await team.ask("POST", "/api/prompts", ada, body={"name": "tr", "content": "x"})
    assert (again.status, again.json["error"]["param"]) == (409, "name")
    one = f"/api/prompts/{made.json['id']}"
    assert (await team.ask("PATCH", one, ada, body={"name": "new"})).json["name"] == "new"
    assert len((await team.ask("GET", "/api/prompts", ada)).json["items"]) == 1
    assert (await team.ask("DELETE", one, ada)).status == 204
    assert (await team.ask("GET", "/api/personal", ada)).json["memory_enabled"] is False
    kept = (await team.ask("PATCH", "/api/personal", ada, body={"instructions": "Rhyme."})).json
    assert kept == {"instructions": "Rhyme.", "instructions_enabled": True, "memory_enabled": False}
    memory = (await team.ask("POST", "/api/memories", ada, body={"text": " I am a nurse "})).json
    path = f"/api/memories/{memory['id']}"
    assert (await team.ask("PATCH", path, ada, body={"text": "I was"})).json["text"] == "I was"
    assert [each["text"] for each in (await team.ask("GET", "/api/memories", ada)).json["items"]] == ["I was"]
    assert (await team.ask("DELETE", path, ada)).status == 204
    assert (await team.ask("DELETE", path, ada)).status == 404
    assert (await team.ask("DELETE", "/api/memories", ada)).status == 204


async def test_folders_are_renamed_moved_and_removed(team: Team, ada: Someone) -> None:
    folder = (await team.ask("POST", "/api/folders", ada, body={"name": "Work"})).json
    path = f"/api/folders/{folder['id']}"
    assert (await team.ask("PATCH", path, ada, body={"name": "Job", "position": 3})).json["position"] == 3
    inside = await team.ask("POST", "/api/conversations", ada, body={"folder_id": folder["id"]})
    assert (await team.ask("DELETE", path, ada)).status == 204
    assert (await team.ask("GET", "/api/folders", ada)).json["items"] == []
    assert (await opened(team, ada, inside.json["conversation"]["id"]))["folder_id"] is None


async def test_too_many_answers_at_once_is_a_429_that_says_when_to_come_back(
    team: Team, ada: Someone, stub: StubUpstream
) -> None:
    begun = await begin(team, ada)
    stub.fault = "hang-mid"
    answers = [await ask(team, ada, begun["id"], "x", begun["head_id"]) for _ in range(9)]
    assert [answer.status for answer in answers] == [201] * 8 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await team.ask("POST", f"/api/conversations/{begun['id']}/stop", ada)).status == 204
    assert not (await opened(team, ada, begun["id"]))["running"]


async def test_another_answer_is_asked_for_and_a_running_one_blocks_what_comes_below(
    team: Team, ada: Someone, stub: StubUpstream
) -> None:
    begun = await begin(team, ada)
    question = begun["messages"][0]["id"]
    again = await team.ask("POST", f"/api/messages/{question}/answers", ada, body={"models": ["another"]})
    assert (again.status, again.json["answers"][0]["parent_id"]) == (201, question)
    await ended(team, ada, begun["id"])
    stub.fault = "hang-mid"
    running = (await team.ask("POST", f"/api/messages/{question}/answers", ada, body={})).json["answers"][0]["id"]
    below = await ask(team, ada, begun["id"], "And?", running)
    assert (below.status, below.code) == (409, "conflict")
    assert (await team.ask("DELETE", f"/api/conversations/{begun['id']}", ada)).status == 204, "it ends the answer"
    assert not (await opened(team, ada, begun["id"]))["running"]
    more = await ask(team, ada, begun["id"], "And?", None)
    assert (more.status, more.code) == (409, "conflict")


async def test_a_temporary_conversation_leaves_nothing(team: Team, ada: Someone) -> None:
    """It asks as any program does, with its own history, and gives its files to be read and not kept."""
    said = [{"role": "user", "content": "Just between us"}]
    answer = await team.ask("POST", "/v1/chat/completions", ada, body={"messages": said})
    assert answer.json["choices"][0]["message"]["content"] == "Bonjour"
    headers = ada.headers("cookie", team.address)
    address = f"{team.address}/api/attachments?name=a.txt&keep=false"
    async with team.http.post(address, data=b"secret text", headers=headers) as read:
        assert read.status == 200
        assert (await read.json())["text"] == "secret text"
    async with team.database.read() as session:
        for table in (Conversation, Message):
            assert await session.scalar(select(func.count()).select_from(table)) == 0
    assert [path for path in team.parts.desk.folder.rglob("*") if path.is_file()] == []


async def test_a_viewer_reads_and_asks_nothing(team: Team) -> None:
    viewer = await team.join("vic", Role.VIEWER)
    assert (await team.ask("GET", "/api/sidebar", viewer)).status == 200
    assert (await team.ask("POST", "/api/conversations", viewer, body={})).status == 403
