"""Files over HTTP: attachments with their limits and headers, exports and imports."""

import io
import json
import zipfile
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from causerie.accounts.identity import Role
from causerie.chat import attachment_files, attachments
from causerie.server import uploads
from causerie.settings import Settings
from tests.chat.documents_made import docx, png
from tests.chat.exports_of_others import chatgpt, open_webui
from tests.inference.stub_upstream import StubUpstream
from tests.server.chatting import ask, begin, ended, listening, opened
from tests.server.serving import upstream_config
from tests.server.team import Answer, Someone, Team, team_server


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str) -> AsyncIterator[Team]:
    config = "max_body_mib = 0.5\n"
    async with StubUpstream() as stub, team_server(settings.home, config + upstream_config(stub)) as running:
        await running.join("olga", Role.OWNER)
        await running.join("ada")
        yield running


@pytest_asyncio.fixture
async def ada(team: Team) -> Someone:
    return team.people["ada"]


async def send(team: Team, by: Someone, path: str, raw: bytes) -> Answer:
    """A request whose body is a file's bytes."""
    headers = by.headers("cookie", team.address)
    async with team.http.post(team.address + path, data=io.BytesIO(raw), headers=headers) as answer:
        return Answer(answer.status, answer.headers, await answer.text())


async def give(team: Team, by: Someone, raw: bytes, name: str) -> dict[str, object]:
    answer = await send(team, by, f"/api/attachments?name={name}", raw)
    assert answer.status == 201, answer.text
    made: dict[str, object] = answer.json
    return made


def zip_with(raw: bytes, size: int) -> bytes:
    """The zip, with an entry of this many bytes that do not shrink."""
    held = io.BytesIO(raw)
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("media/picture", b"\0" * size)  # stored, not packed
    return held.getvalue()


async def test_a_file_is_given_asked_about_and_given_back_as_it_was(team: Team, ada: Someone) -> None:
    raw = zip_with(docx("Un rapport"), 600_000)  # over the limit of other bodies
    file = await give(team, ada, raw, "rapport%20%C3%A9.docx")
    assert (file["name"], file["kind"], file["size_bytes"]) == ("rapport é.docx", "document", len(raw))
    path = f"/api/attachments/{file['id']}"
    assert (await team.ask("GET", path, ada)).json == file
    assert (await team.ask("GET", f"{path}/text", ada)).json == {"text": "Un rapport\t.", "text_cut": False}
    begun = await begin(team, ada)
    asked = await ask(team, ada, begun["id"], "Sum it up", begun["head_id"], attachment_ids=[file["id"]])
    assert asked.json["question"]["attachments"] == [file]
    await ended(team, ada, begun["id"])
    async with team.http.get(f"{team.address}{path}/content", headers=ada.headers("cookie", team.address)) as back:
        assert await back.read() == raw
        assert back.headers["content-type"] == "application/octet-stream"
        assert back.headers["content-disposition"] == "attachment; filename*=UTF-8''rapport%20%C3%A9.docx"
        assert "sandbox" in back.headers["content-security-policy"]
    assert (await team.ask("DELETE", path, ada)).code == "conflict"
    for ending in ("", "/text", "/content"):
        assert (await team.ask("GET", path + ending, team.people["olga"])).status == 404


async def test_a_picture_is_shown_and_a_page_of_a_stranger_s_making_is_not(team: Team, ada: Someone) -> None:
    picture = await give(team, ada, png(), "p.png")
    page = await give(team, ada, b"<html><script>alert(1)</script>", "page.html")
    shown = await team.ask("GET", f"/api/attachments/{picture['id']}/content", ada, beginning=True)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline")
    kept = await team.ask("GET", f"/api/attachments/{page['id']}/content", ada)
    assert kept.headers["content-type"] == "application/octet-stream"
    assert kept.headers["content-disposition"].startswith("attachment")
    assert (await team.ask("DELETE", f"/api/attachments/{page['id']}", ada)).status == 204


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 415, "unsupported_file"),
        (b"\x7fELF\0\0", 415, "unsupported_file"),
        (b"%PDF-1.4 no", 422, "unreadable_file"),
        (png(60_000, 60_000), 422, "unreadable_file"),
    ],
)
async def test_what_cannot_be_used_is_refused_and_nothing_stays(
    team: Team, ada: Someone, raw: bytes, status: int, code: str
) -> None:
    answer = await send(team, ada, "/api/attachments?name=x", raw)
    assert (answer.status, answer.code) == (status, code)
    assert [path for path in team.parts.desk.folder.rglob("*") if path.is_file()] == []


async def test_a_file_over_the_limit_is_a_413_announced_or_not(
    team: Team, ada: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = b"x" * (attachments.MOST_BYTES + 1)
    announced = await send(team, ada, "/api/attachments?name=x", over)
    assert (announced.status, announced.code) == (413, "file_too_large")
    # What max_body_mib is set to does not matter: the words must not send anybody to it.
    assert announced.json["error"]["message"] == "the file is over the limit of 26214400 bytes (25 MiB)"
    assert announced.json["error"]["hint"] == "no setting raises this limit: give a part of the file, or divide it"

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(over), 2**20):
            yield over[start : start + 2**20]

    headers = ada.headers("cookie", team.address)
    async with team.http.post(f"{team.address}/api/attachments?name=x", data=pieces(), headers=headers) as answer:
        assert answer.status == 413
        assert (await answer.json())["error"]["code"] == "file_too_large"
    monkeypatch.setattr(attachments, "MOST_BYTES_OF_PERSON", 3)
    assert (await send(team, ada, "/api/attachments?name=x", b"1234")).status == 413
    assert (await send(team, ada, "/api/attachments", b"1234")).json["error"]["param"] == "name"


async def test_an_import_over_its_own_limit_names_that_limit(
    team: Team, ada: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(uploads.LIMITS, "/api/conversations/import", 2**20)
    over = await send(team, ada, "/api/conversations/import", b"x" * (2**20 + 1))
    assert (over.status, over.code) == (413, "file_too_large")
    assert "(1 MiB)" in over.json["error"]["message"]
    other = await send(team, ada, "/api/conversations", b"x" * (2**19 + 1))
    assert (other.status, other.code) == (413, "request_too_large")
    assert other.json["error"]["hint"] == "setting max_body_mib raises it"


async def test_bytes_that_are_not_here_are_a_404_that_says_why(team: Team, ada: Someone) -> None:
    file = await give(team, ada, b"text", "a.txt")
    for path in team.parts.desk.folder.glob("??/*"):
        attachment_files.remove(team.parts.desk.folder, path.name)
    answer = await team.ask("GET", f"/api/attachments/{file['id']}/content", ada)
    assert (answer.status, "restored" in answer.json["error"]["hint"]) == (404, True)


async def test_exports_of_others_are_taken_in_and_the_tabs_are_told(team: Team, ada: Someone) -> None:
    async with listening(team, ada) as tab:
        await tab.next()
        report = await send(team, ada, "/api/conversations/import", json.dumps([chatgpt()]).encode())
        assert report.json == {
            "format": "chatgpt", "imported": 1, "already_here": 0, "messages": 4, "skipped": [],
        }  # fmt: skip
        assert (await tab.until("conversation")).content["conversation"]["title"] == "A fox"
    again = await send(team, ada, "/api/conversations/import", json.dumps([chatgpt()]).encode())
    assert (again.json["imported"], again.json["already_here"]) == (0, 1)
    theirs = await send(team, ada, "/api/conversations/import", json.dumps([open_webui()]).encode())
    assert theirs.json["format"] == "open_webui"
    wrong = await send(team, ada, "/api/conversations/import", b"{}")
    assert (wrong.status, wrong.code) == (400, "invalid_import")
    assert "ChatGPT" in wrong.json["error"]["hint"]


async def test_what_was_exported_comes_back(team: Team, ada: Someone) -> None:
    begun = await begin(team, ada, title="Un titre / deux")
    everything = await team.ask("GET", "/api/conversations/export", ada)
    assert everything.headers["content-disposition"].endswith("conversations.json")
    olga = team.people["olga"]
    report = await send(team, olga, "/api/conversations/import", everything.text.encode())
    assert (report.json["format"], report.json["imported"]) == ("causerie", 1)
    one = (await team.ask("GET", "/api/conversations", olga)).json["items"][0]["id"]
    assert [each["content"] for each in (await opened(team, olga, one))["messages"]] == ["Hello?", "Bonjour"]
    markdown = await team.ask("GET", f"/api/conversations/{begun['id']}/export?language=fr", ada)
    assert markdown.text.startswith("# Un titre / deux\n\n## Vous\n\nHello?")
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert "Un%20titre%20%2F%20deux.md" in markdown.headers["content-disposition"]
    single = await team.ask("GET", f"/api/conversations/{begun['id']}/export?format=json", ada)
    assert single.json["conversations"][0]["id"] == begun["id"]
    assert (await team.ask("GET", f"/api/conversations/{begun['id']}/export", olga)).status == 404
