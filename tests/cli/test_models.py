"""`causerie models` lists, shows, renames, removes and advises, for people and for programs."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from causerie.cli.main import app
from causerie.cli.models import running_states, sized
from causerie.errors import Conflict, ModelNotFound
from causerie.inference import catalogue, packaged
from causerie.settings import Settings, load_settings
from tests.inference.gguf_writer import write


@pytest.fixture(autouse=True)
def nobody_serves(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_PORT", "9")


@pytest.fixture
def tiny(settings: Settings, tmp_path: Path) -> str:
    return catalogue.add_file(settings, write(tmp_path / "Tiny-Q4_K_M.gguf"), "tiny").name


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(app, ["models", *arguments], input=given)


def told(*arguments: str) -> Any:
    outcome = run(*arguments, "--json")
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """A server that answers `/api/models` with what it is given."""
    body = b""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/models" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    monkeypatch.setenv("CAUSERIE_PORT", str(server.server_address[1]))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(with_body: bytes) -> None:
        nonlocal body
        body = with_body

    yield answer
    server.shutdown()
    server.server_close()


def test_models_alone_lists_them(tiny: str) -> None:
    lines = run().stdout.splitlines()
    assert lines[0].split() == ["name", "size", "quantisation", "context", "licence", "state", "memory"]
    assert any(line.split()[:1] == [packaged.STARTER_NAME] and "Apache-2.0" in line for line in lines)
    assert any(line.startswith("tiny") and "Q4_K_M" in line and "not running" in line for line in lines)
    assert run("list").stdout == run().stdout


def test_the_list_is_json_for_programs(tiny: str) -> None:
    assert told() == told("list")
    model = next(model for model in told() if model["name"] == "tiny")
    assert (model["quantization"], model["state"], model["memory_bytes"]) == ("Q4_K_M", "not running", 0)
    assert model["path"].endswith("models/tiny/Tiny-Q4_K_M.gguf")


def test_a_running_server_says_which_are_loaded(tiny: str, serving: Callable[[bytes], None]) -> None:
    listed = [{"name": "tiny", "state": "ready", "memory_bytes": 3 * 2**30}]
    serving(json.dumps({"default": "tiny", "models": listed}).encode())
    rows = {line.split()[0]: line for line in run().stdout.splitlines()}
    assert "loaded" in rows["tiny"]
    assert rows["tiny"].endswith("3.0 GiB")
    assert "not loaded" in rows[packaged.STARTER_NAME]
    assert told("show", "tiny")["memory_bytes"] == 3 * 2**30


def test_a_running_server_says_what_is_released(tiny: str, serving: Callable[[bytes], None]) -> None:
    release = {"model": "tiny", "version": "", "stage": "share", "share": 0.25}
    facts = {"state": "unloaded", "memory_bytes": 0}
    listed = [
        {"name": "chat", **facts, "release": release},
        {"name": "far", **facts, "release": {**release, "model": "elsewhere", "stage": "all", "share": 0}},
        {"name": "tiny", **facts, "release": None},
    ]
    serving(json.dumps({"default": "chat", "models": listed}).encode())
    assert run().stdout.splitlines()[-2:] == [
        "tiny answers to chat, and a candidate to 25% of people",
        "elsewhere answers to far",
    ]
    names = {model["name"]: model["released_as"] for model in told()}
    assert names == {"tiny": ["chat"], packaged.STARTER_NAME: []} | {
        name: [] for name in names if name not in {"tiny", packaged.STARTER_NAME}
    }


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"models": 3}', b'{"models": [1]}'])
def test_another_program_on_the_port_is_no_running_server(body: bytes, serving: Callable[[bytes], None]) -> None:
    serving(body)
    assert running_states(load_settings()) is None


def test_an_empty_list_says_how_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda _: None)
    outcome = run()
    assert "causerie pull starter" in outcome.stderr
    assert told() == []


def test_show_says_all_and_how_to_get_a_better_one() -> None:
    shown = run("show", "starter").stdout
    assert "134515008" in shown
    assert "causerie models suggest" in shown
    assert told("show", "starter")["name"] == packaged.STARTER_NAME


def test_descriptions_are_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert "Un tout petit modèle" in run("show", "starter").stdout
    assert "nom" in run().stdout.splitlines()[0]
    assert "Prenez" in run("suggest").stdout


def test_a_model_is_renamed(tiny: str, settings: Settings) -> None:
    assert run("rename", "tiny", "small").stdout == "tiny is now small\n"
    assert told("rename", "small", "again")["name"] == "again"
    assert catalogue.find(settings, "again").name == "again"


def test_remove_asks_first(tiny: str, settings: Settings) -> None:
    kept = run("remove", "tiny", given="n\n")
    assert kept.exit_code == 1
    assert "Remove tiny" in kept.stderr
    assert catalogue.find(settings, "tiny").name == "tiny"
    assert "tiny is gone" in run("remove", "tiny", given="y\n").stdout
    with pytest.raises(ModelNotFound):
        catalogue.find(settings, "tiny")


def test_remove_does_not_ask_when_told(tiny: str) -> None:
    assert told("remove", "tiny", "--yes")["name"] == "tiny"
    assert isinstance(run("remove", "tiny", "--yes").exception, ModelNotFound)
    assert isinstance(run("remove", "starter", "--yes").exception, Conflict)


def test_suggest_says_what_to_take_and_why() -> None:
    outcome = run("suggest").stdout
    best = next(each for each in told("suggest") if each["best"])
    assert f"Take {best['name']}: " in outcome
    assert f"causerie pull {best['name']}" in outcome
    assert best["description"]["en"] in outcome.replace("\n", " ")
    assert best["fits_memory"]


def test_suggest_on_a_small_machine_says_that_none_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_MEMORY_BUDGET_GIB", "0.5")
    assert "none of them fits" in run("suggest").stdout
    assert not any(each["best"] for each in told("suggest"))


def test_suggest_on_a_slow_machine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from causerie.inference import suggestions

    monkeypatch.setattr(suggestions, "BYTES_PER_S_OF_A_CORE", 10**8)
    assert "all are slower here than you read" in run("suggest").stdout


def test_sizes_are_for_people() -> None:
    assert [sized(size) for size in (0, 5 * 2**20, 3 * 2**29)] == ["", "5 MiB", "1.5 GiB"]
