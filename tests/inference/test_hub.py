"""The hub is asked in its protocol, and its refusals become sentences that help."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from causerie.errors import DownloadError, HubRefused, HubUnreachable, InvalidRequest, NotFound
from causerie.inference import hub, hub_files
from causerie.inference.hub_files import HubFile, Reference, Repository
from causerie.settings import Settings, load_settings
from tests.inference.hub_server import COMMIT, HubServer
from tests.inference.hub_server import hub as running_hub

CONTENT = bytes(range(256)) * 8


@pytest.fixture
def server() -> Iterator[HubServer]:
    with running_hub(token="hf_secret") as running:
        yield running


@pytest.fixture
def asking(server: HubServer) -> Settings:
    return load_settings(hf_endpoint=server.endpoint)


def repository(*paths: str) -> Repository:
    files = tuple(HubFile(path, 100, "0" * 64) for path in paths)
    return Repository(repo="o/r", commit=COMMIT, files=files, licence="", languages=())


def chosen(what: str, *paths: str) -> list[str]:
    return [file.path for file in hub_files.choose(repository(*paths), what)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("hf:o/r", Reference("o/r")),
        ("hf:Qwen/Qwen3-8B-GGUF:q5_k_m", Reference("Qwen/Qwen3-8B-GGUF", "q5_k_m")),
        ("hf:o/r:sub/x.gguf", Reference("o/r", "sub/x.gguf")),
    ],
)
def test_a_reference_names_repository_and_file(source: str, expected: Reference) -> None:
    assert hub_files.parse(source) == expected


@pytest.mark.parametrize(
    "source", ["hf:", "hf:o", "hf:o/r/x", "hf:../x", "hf:o/..", "hf:o/r:", "hf:o/r:a b", "hf:é/r"]
)
def test_what_is_no_reference_is_refused(source: str) -> None:
    with pytest.raises(InvalidRequest, match="does not name a model of the hub"):
        hub_files.parse(source)


def test_the_file_is_chosen_by_name_quantisation_or_sense() -> None:
    paths = ("README.md", "M-Q8_0.gguf", "M-Q4_K_M.gguf", "M-UD-Q4_K_M.gguf", "mmproj-M-Q4_K_M.gguf", "M-f16.gguf")
    assert chosen("", *paths) == ["M-Q4_K_M.gguf"]
    assert chosen("q8_0", *paths) == ["M-Q8_0.gguf"]
    assert chosen("UD-Q4_K_M", *paths) == ["M-UD-Q4_K_M.gguf"]
    assert chosen("m-F16.gguf", *paths) == ["M-f16.gguf"]
    assert chosen("", "gpt-oss-20b-mxfp4.gguf", "gpt-oss-20b-F16.gguf") == ["gpt-oss-20b-mxfp4.gguf"]
    assert chosen("", "model.gguf") == ["model.gguf"]


def test_shards_are_chosen_together() -> None:
    shards = ["Q8_0/M-Q8_0-00001-of-00002.gguf", "Q8_0/M-Q8_0-00002-of-00002.gguf"]
    assert chosen("Q8_0", *shards, "M-Q4_K_M.gguf") == shards
    with pytest.raises(NotFound, match="lacks Q8_0/M-Q8_0-00002-of-00002"):
        chosen("Q8_0", shards[0])


def test_what_is_not_there_is_answered_with_what_is() -> None:
    with pytest.raises(NotFound) as caught:
        chosen("Q2_K", "M-Q8_0.gguf", "M-Q4_K_M.gguf", "odd.gguf")
    assert caught.value.hint == "it has Q4_K_M, Q8_0, odd.gguf"
    with pytest.raises(NotFound, match="has no GGUF file"):
        chosen("", "model.safetensors", "x-00009-of-00002.gguf")


async def test_a_repository_is_described(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"M.gguf": CONTENT, "small.txt": b"x"}, licence="mit", languages=("fr", "en"))
    async with hub.session() as client:
        found = await hub.repository(client, asking, "o/r")
    assert (found.commit, found.licence, found.languages) == (COMMIT, "mit", ("fr", "en"))
    assert [(file.path, file.size_bytes, len(file.sha256)) for file in found.files] == [
        ("M.gguf", 2048, 64),
        ("small.txt", 1, 0),
    ]


def test_a_description_cannot_name_files_elsewhere() -> None:
    siblings = [{"rfilename": path} for path in ("../x.gguf", "/x.gguf", "a//b", "a\\b", "a\nb", "ok.gguf", "./x")]
    card = {"license": "other", "license_name": "own-licence", "language": "fr"}
    found = hub_files.described("o/r", {"sha": COMMIT, "siblings": siblings, "cardData": card})
    assert [file.path for file in found.files] == ["ok.gguf"]
    assert (found.licence, found.languages) == ("own-licence", ("fr",))


def test_what_a_hub_says_cannot_write_on_a_terminal_or_lead_elsewhere() -> None:
    card = {"license": "mit\x1b[2J", "language": ["fr", "\x1b[2J", 7, "pt-BR"]}
    found = hub_files.described("o/r", {"sha": COMMIT, "siblings": [], "cardData": card})
    assert (found.licence, found.languages) == ("", ("fr", "pt-BR"))
    for name in ("../../x", "o/r\x1b", "o", "o/.."):
        with pytest.raises(ValueError, match=r"o|x"):
            hub_files.described("o/r", {"id": name, "sha": COMMIT, "siblings": []})


async def test_a_moved_repository_is_followed(server: HubServer, asking: Settings) -> None:
    server.add("old/r", {}, moved_to="new/r")
    server.add("new/r", {"M.gguf": CONTENT})
    async with hub.session() as client:
        assert (await hub.repository(client, asking, "old/r")).repo == "new/r"


async def test_an_unknown_repository_is_answered_with_near_names(server: HubServer, asking: Settings) -> None:
    server.add("ggml-org/SmolLM3-3B-GGUF", {"M.gguf": CONTENT})
    async with hub.session() as client:
        with pytest.raises(NotFound, match="has no repository ggml-org/SmolLM3-GGUF") as caught:
            await hub.repository(client, asking, "ggml-org/SmolLM3-GGUF")
        assert "ggml-org/SmolLM3-3B-GGUF" in caught.value.hint
        with pytest.raises(NotFound) as caught:
            await hub.repository(client, asking, "a/b")
        assert caught.value.hint.startswith("look for it on http://127.0.0.1")


async def test_a_gate_says_what_to_do(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"M.gguf": CONTENT}, gated=True)
    async with hub.session() as client:
        found = await hub.repository(client, asking, "o/r")
        with pytest.raises(HubRefused, match="does not give o/r to everybody") as caught:
            await hub.locate(client, asking, found, found.files[0])
    assert "accept its licence on http://127.0.0.1" in caught.value.hint
    assert "HF_TOKEN" in caught.value.hint


async def test_the_token_goes_to_the_hub_and_nowhere_else(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"M.gguf": CONTENT}, gated=True)
    with_token = asking.model_copy(update={"hf_token": SecretStr("hf_secret")})
    async with hub.session() as client:
        found = await hub.repository(client, with_token, "o/r")
        location = await hub.locate(client, with_token, found, found.files[0])
        assert (location.headers, location.size_bytes, location.version) == ({}, 2048, found.files[0].sha256)
        async with client.get(location.url, headers=location.headers) as answer:
            assert await answer.read() == CONTENT
    sent = {(asked.host in server.content_endpoint, asked.authorization) for asked in server.asked}
    assert sent == {(False, "Bearer hf_secret"), (True, "")}


async def test_a_small_file_comes_from_the_hub_itself(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"small.txt": b"hello"})
    async with hub.session() as client:
        found = await hub.repository(client, asking, "o/r")
        location = await hub.locate(client, asking, found, found.files[0])
        assert (str(location.url.origin()), location.size_bytes) == (server.endpoint, 5)
        assert location.version
        with pytest.raises(NotFound, match="the hub has no"):
            await hub.locate(client, asking, found, HubFile("none.gguf", 0, ""))


async def test_no_connection_is_one_sentence() -> None:
    closed = load_settings(hf_endpoint="http://127.0.0.1:9")
    async with hub.session() as client:
        with pytest.raises(HubUnreachable, match="does not answer") as caught:
            await hub.repository(client, closed, "o/r")
    assert "HF_ENDPOINT" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, "<html>"), "did not answer with JSON"),
        ((200, "[]"), "no description of a repository"),
        ((200, '{"sha": 1}'), "no description of a repository"),
        ((418, ""), "answered with status 418"),
        ((503, ""), "answered with status 503"),
    ],
)
async def test_an_answer_that_is_no_hubs_is_refused(
    server: HubServer, asking: Settings, answer: tuple[int, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RETRY_PAUSE_S", 0.0)
    server.instead = answer
    async with hub.session() as client:
        with pytest.raises(HubUnreachable, match=message):
            await hub.repository(client, asking, "o/r")


async def test_going_round_in_circles_ends(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"M.gguf": CONTENT}, moved_to="o/r")
    async with hub.session() as client:
        with pytest.raises(HubUnreachable, match="round in circles"):
            await hub.repository(client, asking, "o/r")
        server.loops = True
        with pytest.raises(DownloadError, match="round in circles"):
            await hub.locate(client, asking, repository(), HubFile("M.gguf", 1, ""))
