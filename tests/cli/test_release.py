"""`causerie release`: the gate's lines, exit codes with reasons, the way back, and people who sign with passwords."""

import json
import time
from pathlib import Path

import pytest

from causerie.database.engine import Database
from causerie.registry import aliases
from causerie.settings import Settings
from tests.cli.test_accounts import PASSWORD, Done, causerie, told
from tests.registry.policies import CORE, written
from tests.registry.stories import Registry
from tests.running import running_server
from tests.server.raw import send
from tests.web.stub_upstream import stub_upstream, upstream_config

ANY = "[gate]\nlineage = false\ncard = false\nsignature = false\n"
NAMES = '[[upstreams]]\nname = "far"\nbase_urls = ["http://127.0.0.1:9/v1"]\nmodels = ["one", "two"]\n'


@pytest.fixture
def home(settings: Settings, database_url: str) -> Path:
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "causerie.toml").write_text(NAMES)
    written(settings, ANY)
    return settings.home


@pytest.fixture
def registry(database: Database, settings: Settings) -> Registry:
    settings.home.mkdir(parents=True, exist_ok=True)
    return Registry(database, settings)


def test_a_model_is_judged_released_and_rolled_back(home: Path) -> None:
    empty = causerie("release", "status")
    assert empty.returncode == 0
    assert "nothing is released yet: `causerie release MODEL` does it" in empty.stderr
    first = causerie("release", "one")
    assert first.returncode == 0, first.stderr
    assert "one answers to chat" in first.stdout
    assert "one answers to chat" in causerie("models").stdout
    assert "policy test" in first.stderr
    second = told("release", "two", "--as", "chat", "--reason", "better")
    assert (second["release"]["model"], second["release"]["previous"]) == ("two", "one")
    assert second["judgement"]["passed"] is True
    tried = causerie("release", "one", "--stage", "share", "--share", "0.25")
    assert "one is tried beside two, which answers to chat" in tried.stdout
    shown = causerie("release", "status").stdout
    assert "25% of conversations" in shown
    assert causerie("release", "one", "--stage", "shadow").returncode == 0
    assert "copies of requests" in causerie("release", "status").stdout
    back = causerie("release", "rollback")
    assert "two answers to chat again, in the place of one" in back.stdout
    again = told("release", "rollback", "chat", "--reason", "worse")
    assert (again["act"], again["model"], again["reason"]) == ("rollback", "one", "worse")
    status = told("release", "status")
    assert [row["model"] for row in status["aliases"]] == ["one"]
    assert [row["act"] for row in status["history"]] == [
        "rollback",
        "rollback",
        "stage",
        "stage",
        "release",
        "release",
    ]
    nothing = causerie("release", "rollback")
    assert nothing.returncode == 6
    assert "there was no release of chat before one" in nothing.stderr
    assert causerie("release", "rollback", "none").returncode == 5


def test_what_the_gate_refuses_has_its_reasons_and_its_exit_code(home: Path, settings: Settings) -> None:
    written(settings, ANY + CORE)
    for command in (("release", "one"), ("release", "check", "one")):
        refused = causerie(*command)
        assert refused.returncode == 20
        assert "fails" in refused.stdout
        assert "there is no evaluation with core: `causerie eval one --suite core`" in refused.stdout
        assert "the gate does not let one pass: core" in refused.stderr
    as_json = causerie("release", "one", "--json")
    assert as_json.returncode == 20
    assert json.loads(as_json.stdout)["release"] is None
    assert json.loads(causerie("release", "check", "one", "--json").stdout)["lines"][0]["requirement"] == "core"
    assert told("release", "status") == {"aliases": [], "overrides": [], "history": []}
    assert causerie("release", "none").returncode == 5
    assert causerie("release", "one", "--stage", "share").returncode == 2
    assert causerie("release", "one", "--as", "Ch at").returncode == 2
    assert causerie("release", "one", "--stage", "some").returncode == 2
    (home / "policy.toml").write_text('version = "x"\n[gates]\n')
    wrong = causerie("release", "one")
    assert (wrong.returncode, "did you mean gate?" in wrong.stderr) == (3, True)
    help_ = causerie("release", "--help")
    assert help_.returncode == 0
    assert "rollback" in help_.stdout


@pytest.mark.usefixtures("home")
def test_it_speaks_french(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    written(settings, ANY + CORE)
    refused = causerie("release", "one")
    assert "il n'y a pas d'évaluation avec core" in refused.stdout
    assert "le contrôle ne laisse pas passer one : core" in refused.stderr


async def test_two_people_sign_with_their_passwords(registry: Registry) -> None:
    settings = registry.settings
    version = await registry.add(registry.run("tiny"))
    written(settings, "[gate]\nlineage = false\ncard = false\n" + CORE)
    for login, role in (("ada", "owner"), ("bob", "administrator")):
        assert causerie("accounts", "create", login, "--role", role).returncode == 0
    wish = ("release", "override", "tiny", "--line", "core", "--reason", "the suite cannot read it yet")
    assert causerie(*wish, "--person", "ada", typed="wrong\n").returncode == 4
    nobody = causerie(*wish, "--person", "nobody")
    assert nobody.returncode == 4
    assert "the name or the password is wrong" in nobody.stderr
    made = told(*wish, "--person", "ada", "--days", "2")
    assert (made["version"], made["signed_by"], made["requirements"]) == (version.id, None, ["core"])
    assert causerie("release", "tiny").returncode == 20
    own = causerie("release", "sign", made["id"], "--person", "ada")
    assert (own.returncode, "cannot sign it too" in own.stderr) == (4, True)
    signed = causerie("release", "sign", made["id"], "--person", "bob")
    assert "past core" in signed.stdout
    assert signed.stdout.strip().endswith("two people decided")
    released = causerie("release", "tiny")
    assert released.returncode == 0, released.stderr
    assert "let pass" in released.stdout
    assert "two people decided" in causerie("release", "status").stdout
    assert causerie("release", "tiny", "--stage", "share", "--share", "0.999999999999").returncode == 0
    assert "100% of people: 2 of 2" in causerie("release", "status").stdout
    (alias,) = told("release", "status")["aliases"]
    assert (alias["reached"], alias["people"]) == (2, 2)


async def test_pauses_are_listed_and_signed(registry: Registry) -> None:
    settings = registry.settings
    assert "nothing waits for signatures" in causerie("release", "pauses").stderr
    await registry.add(registry.run("big", flops=2e9))
    line = '[[pause.compute]]\nflops = 1e9\nname = "line"\nsource = "us"\n'
    written(settings, f"[gate]\nlineage = false\ncard = false\n{line}")
    refused = causerie("release", "big")
    assert refused.returncode == 20
    assert "pause: line" in refused.stderr
    (row,) = told("release", "pauses", "--waiting")
    assert "2 signatures are missing" in causerie("release", "pauses").stdout
    for login, role in (("ada", "owner"), ("bob", "administrator")):
        assert causerie("accounts", "create", login, "--role", role).returncode == 0
    sign = ("release", "sign", row["id"], "--reason", "the board decided it")
    assert told(*sign, "--person", "ada")["second_by"] is None
    assert "two people signed" in causerie(*sign, "--person", "bob").stdout
    assert told("release", "pauses", "--waiting") == []
    assert causerie("release", "big").returncode == 0


@pytest.mark.usefixtures("patient")
def test_the_running_server_feels_a_rollback_by_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aliases.LOOK_S <= 0.5, "twice a second; how long a look takes is the machine's"
    written(settings, ANY)
    with stub_upstream() as upstream, running_server(settings.home, upstream_config(upstream)) as server:

        def answers() -> str:
            body = {"model": "chat", "messages": [{"role": "user", "content": "Salut"}]}
            headers = {"Content-Type": "application/json"}
            answer = send(server.address, "POST", "/v1/chat/completions", headers, json.dumps(body).encode())
            if answer.status == 404:
                return "the name is not known yet"
            assert answer.status == 200, answer.body
            return str(json.loads(answer.body)["choices"][0]["message"]["content"])

        def until(words: str) -> None:
            over = time.monotonic() + 60
            while words not in answers():
                assert time.monotonic() < over
                time.sleep(0.05)

        for model in ("echo", "layout"):
            assert causerie("release", model).returncode == 0
        until("A heading")
        assert causerie("release", "rollback").returncode == 0
        until("Salut")
        monkeypatch.setenv("CAUSERIE_PORT", server.address.rpartition(":")[2])
        talked = causerie("chat", "--model", "chat", "Bonsoir", typed="")
        assert (talked.returncode, "Bonsoir" in talked.stdout) == (0, True), talked.stderr
        assert told("chat", "Bonsoir")["model"] == "echo", "which model answered to the name"
        assert "echo answers to chat" in causerie("models").stdout
        assert causerie("chat", "--model", "nobody", "Bonsoir", typed="").returncode == 5
    with stub_upstream() as upstream:  # and without a server
        (settings.home / "causerie.toml").write_text(upstream_config(upstream))
        assert "Bonsoir" in causerie("chat", "--model", "chat", "Bonsoir", typed="").stdout


def test_a_run_that_would_pass_the_line_waits(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from causerie.training.recipe_file import toml_of
    from tests.training.runs import recipe_of, write_language

    monkeypatch.chdir(tmp_path)
    written(settings, '[[pause.compute]]\nflops = 1.0\nname = "line"\nsource = "us"\n')
    data = write_language(tmp_path / "data")
    (tmp_path / "big.toml").write_text(toml_of(recipe_of(data, Path("runs/big"), schedule__steps=2)))
    done: Done = causerie("train", "big.toml")
    assert done.returncode == 21
    assert "runs/big waits for two signatures" in done.stderr
    assert "causerie release sign" in done.stderr
    (row,) = told("release", "pauses", "--waiting")
    for login, role in (("ada", "owner"), ("bob", "administrator")):
        assert causerie("accounts", "create", login, "--role", role, typed=f"{PASSWORD}\n").returncode == 0
        signed = causerie("release", "sign", row["id"], "--person", login, "--reason", "the board decided it")
        assert signed.returncode == 0, signed.stderr
    assert causerie("train", "big.toml", "--resume").returncode == 0
