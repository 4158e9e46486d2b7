"""The command as a whole: its exit codes, its errors, its languages, and what it does not load."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import pytest

from causerie import errors
from causerie.cli.main import run
from causerie.inference import catalogue
from tests.cli.conftest import Causerie
from tests.cli.screen import CTRL_C, screen

PROGRAM = [sys.executable, "-m", "causerie.cli.main"]
EXIT_CODES = (Path(__file__).parents[2] / "docs/reference/exit-codes.md").read_text(encoding="utf-8")


def piped(*arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | variables
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=given, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


# Exit codes.


@pytest.mark.parametrize(
    ("code", "arguments", "variables"),
    [
        (0, ["--version"], {}),
        (0, ["models", "list"], {}),
        (0, ["chat", "--help"], {}),
        (2, ["dance"], {}),
        (2, ["pull", "hf:no-repository"], {}),
        (3, ["models"], {"CAUSERIE_PORT": "x"}),
        (3, ["models"], {"CAUSERIE_CONFIG": "{tmp}/none.toml"}),
        (5, ["models", "show", "gpt-9"], {}),
        (6, ["models", "remove", "starter", "--yes"], {}),
        (8, ["pull", "{tmp}/damaged.gguf"], {}),
        (12, ["pull", "hf:o/m-GGUF"], {"HF_ENDPOINT": "http://127.0.0.1:9"}),
    ],
)
def test_each_failure_has_its_exit_code(
    code: int, arguments: Sequence[str], variables: dict[str, str],
    causerie: Causerie, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    (tmp_path / "damaged.gguf").write_bytes(b"GGUF and nothing after it")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    outcome = causerie(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert outcome.code == code, outcome.err
    assert f"\n| {code} |" in EXIT_CODES
    if code:
        assert re.fullmatch(r"error: \S[^\n]+\n(hint: \S[^\n]+\n)?", outcome.err)


def test_a_doctor_who_finds_something_broken_exits_with_1(
    causerie: Causerie, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.inference.packaged.find_spec", lambda _: None)
    outcome = causerie("doctor")
    assert outcome.code == 1
    assert "✗ models   there is no model\n           → causerie pull starter\n" in outcome.out
    assert "\n| 1 |" in EXIT_CODES


def test_a_question_answered_with_no_exits_with_1() -> None:
    done = piped("models", "remove", "starter", given="n\n")
    assert (done.returncode, done.stdout.strip()) == (1, "")
    assert done.stderr.startswith("Remove smollm2-135m-instruct (94 MiB)? [y/N]:")


class Refusing(BaseHTTPRequestHandler):
    """A causerie that is up and refuses to answer, as `refusal` says."""

    refusal: errors.CauserieError

    def do_GET(self) -> None:
        models = [{"name": "m", "chat": True, "starter": False, "state": "ready", "memory_bytes": 0}]
        self._send(200, {"default": "m", "models": models})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        error = {"message": self.refusal.message, "code": self.refusal.code, "hint": "ask {again}"}
        self._send(self.refusal.status, {"error": error})

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Refusing]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("CAUSERIE_PORT", str(server.server_port))
    yield Refusing
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "kind",
    [
        errors.ContextLengthExceeded, errors.Unauthenticated, errors.Forbidden, errors.ModelNotFound,
        errors.RateLimited, errors.ModelTooLarge, errors.EngineCrashed, errors.UpstreamTimeout,
    ],
)  # fmt: skip
def test_what_the_server_refuses_exits_as_if_it_had_happened_here(
    kind: type[errors.CauserieError], refusing: type[Refusing], causerie: Causerie, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing.refusal = kind("not now")
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        outcome = causerie("chat", "Hi")
    assert outcome == (kind.exit_code, "", "error: not now\nhint: ask {again}\n")
    assert f"\n| {kind.exit_code} |" in EXIT_CODES


def test_ctrl_c_exits_with_130(server: str) -> None:
    with screen("chat", "Count", "--model", "slow") as terminal:
        terminal.wait_for("word3")
        terminal.type(CTRL_C)
        assert terminal.exit_code() == 128 + signal.SIGINT
    assert "Traceback" not in terminal.text
    assert "\n| 130 |" in EXIT_CODES


# Errors.


def test_a_fault_of_causerie_is_a_sentence_too_and_debug_shows_where(
    causerie: Causerie, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise RuntimeError("a [bold] fault")

    monkeypatch.setattr(catalogue, "installed", faulty)
    plain = causerie("models")
    assert plain.code == 70
    assert "\n| 70 |" in EXIT_CODES
    assert plain.err.startswith(
        "error: this is a fault in causerie (RuntimeError: a [bold] fault)\nhint: run it again"
    )
    debug = causerie("--debug", "models")
    assert debug.code == 70
    assert "in faulty" in debug.err
    assert debug.err.endswith(plain.err)


def test_debug_shows_where_an_error_comes_from(causerie: Causerie) -> None:
    plain, debug = causerie("models", "show", "gpt-9"), causerie("--debug", "models", "show", "gpt-9")
    assert "Traceback" not in plain.err
    assert debug.err.startswith("Traceback")
    assert debug.err.endswith(plain.err)
    assert debug.code == plain.code == 5


def test_a_reader_that_goes_away_is_no_failure() -> None:
    process = subprocess.Popen([*PROGRAM, "models", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=150)
    assert (process.returncode, said) == (0, b"")


def test_a_terminal_without_accents_shows_question_marks() -> None:
    done = piped("models", "show", "starter", LANG="fr_FR.ISO8859-1", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "tout petit mod?le" in done.stdout


# Languages, JSON, version, completion.


def test_help_and_errors_are_in_the_language_of_the_locale() -> None:
    assert "Démarrer le serveur" in piped("--help", LANG="fr_FR.UTF-8").stdout
    assert "Start the server" in piped("--help", LANG="de_DE.UTF-8").stdout
    said = piped("models", "show", "gpt-9", LANG="fr_FR.UTF-8").stderr
    assert said.startswith("erreur: aucun modèle ne s'appelle 'gpt-9'\nconseil: ")


@pytest.mark.parametrize("arguments", [["models"], ["models", "show", "starter"], ["models", "suggest"], ["doctor"]])
def test_json_is_json_in_every_language(
    arguments: list[str], causerie: Causerie, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = json.loads(causerie(*arguments, "--json").out)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    french = json.loads(causerie(*arguments, "--json").out)
    assert type(english) is type(french)
    names = [set(each) for each in (english if isinstance(english, list) else [english])]
    assert names == [set(each) for each in (french if isinstance(french, list) else [french])]


def test_the_version_is_the_packages(causerie: Causerie) -> None:
    assert causerie("--version") == (0, f"causerie {version('causerie')}\n", "")


@pytest.mark.parametrize(("given", "kept"), [(None, "passive"), ("active", "active")])
def test_threads_of_training_sleep_while_they_wait_unless_told_otherwise(
    given: str | None, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY")
    if given:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    with pytest.raises(SystemExit):
        run(["--version"])
    assert os.environ["OMP_WAIT_POLICY"] == kept


def test_a_shell_completes_verbs_and_options() -> None:
    # From a shell, which is found by the processes above: this one may have none.
    asked = ["bash", "-c", '"$@" --show-completion; exit $?', "bash", *PROGRAM]
    script = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
    assert script.returncode == 0, script.stderr
    assert "_CAUSERIE_COMPLETE=complete_bash" in script.stdout
    completing = {"_CAUSERIE_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    assert piped(COMP_WORDS="causerie mo", **completing).stdout.split() == ["models"]
    options = piped(COMP_WORDS="causerie chat --s", **completing | {"COMP_CWORD": "2"}).stdout.split()
    assert options == ["--system", "--seed"]


# What is not loaded.

HEAVY = {
    "aiohttp", "aiosqlite", "fastapi", "opentelemetry", "prometheus_client", "prompt_toolkit", "psutil", "pydantic",
    "pydantic_settings", "sqlalchemy", "starlette", "uvicorn", "uvloop", "xllamacpp",
}  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "import causerie",
        "import sys; sys.argv[1:] = ['--help']; from causerie.cli.main import run; run()",
        "import sys; sys.argv[1:] = ['--version']; from causerie.cli.main import run; run()",
    ],
    ids=["import", "help", "version"],
)
def test_help_loads_nothing_heavy(code: str) -> None:
    told = "import atexit, sys; atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr)); "
    command = [sys.executable, "-c", told + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=150)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "causerie" in loaded
    assert loaded & HEAVY == set()
