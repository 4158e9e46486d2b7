"""`causerie pull` shows how far it is, says what came, and goes on after Ctrl-C."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from causerie.cli.main import app
from causerie.errors import NotFound
from causerie.inference import catalogue
from causerie.settings import Settings
from tests.inference.gguf_writer import gguf, write
from tests.inference.hub_server import HubServer
from tests.inference.hub_server import hub as running_hub

CONTENT = gguf(filler=bytes(3_000_000))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with running_hub() as running:
        running.add("o/Tiny-GGUF", {"Tiny-Q4_K_M.gguf": CONTENT}, licence="mit")
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["pull", *arguments])


def test_a_pull_says_what_came_and_under_which_licence(server: HubServer) -> None:
    outcome = run("hf:o/Tiny-GGUF")
    assert outcome.exit_code == 0, outcome.output
    assert "tiny-q4_k_m is here: 3 MiB, licence MIT" in outcome.stdout
    assert "causerie chat --model tiny-q4_k_m" in outcome.stdout
    assert outcome.stderr == ""


def test_a_pull_is_one_json_object_for_programs(server: HubServer) -> None:
    outcome = run("hf:o/Tiny-GGUF", "--name", "mine", "--json")
    model = json.loads(outcome.stdout)
    assert (model["name"], model["licence"], model["source"]) == ("mine", "MIT", "hf:o/Tiny-GGUF:Tiny-Q4_K_M.gguf")


def test_a_file_is_pulled(tmp_path: Path) -> None:
    assert "here is here" in run(str(write(tmp_path / "x.gguf")), "-n", "here").stdout


def test_a_model_larger_than_the_memory_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_MEMORY_BUDGET_GIB", "0.001")
    outcome = run(str(write(tmp_path / "x.gguf", CONTENT)))
    assert "it will not run here" in outcome.stderr
    assert "licence Apache-2.0" in outcome.stdout


def test_a_file_that_states_no_licence_is_said_to_state_none(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gguf", gguf({"general.architecture": "bert"}))
    outcome = run(str(path)).stdout
    assert "licence not stated" in outcome
    assert "causerie chat" not in outcome


def test_what_is_not_there_is_an_error(server: HubServer) -> None:
    assert isinstance(run("hf:o/None-GGUF").exception, NotFound)


def test_a_terminal_sees_a_bar(server: HubServer) -> None:
    main, terminal = pty.openpty()
    server.faults.pause_s = 0.005
    process = subprocess.Popen(
        [sys.executable, "-m", "causerie.cli.main", "pull", "hf:o/Tiny-GGUF"],
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(terminal)
    seen = io.BytesIO()
    try:
        while block := os.read(main, 2**16):
            seen.write(block)
    except OSError:  # Linux says so when the other side of a terminal is closed
        pass
    finally:
        os.close(main)
    assert process.wait(120) == 0
    assert b"MiB" in seen.getvalue()
    assert b"MB/s" in seen.getvalue() or b"MiB/s" in seen.getvalue()


def test_ctrl_c_stops_a_pull_and_the_next_goes_on(server: HubServer, settings: Settings) -> None:
    server.faults.pause_s = 0.3
    process = subprocess.Popen(
        [sys.executable, "-m", "causerie.cli.main", "pull", "hf:o/Tiny-GGUF"],
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 120
    while not server.ranges and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "the same command again goes on from here" in said
    assert "Traceback" not in said
    server.faults.pause_s = 0.0
    assert run("hf:o/Tiny-GGUF").exit_code == 0
    assert catalogue.find(settings, "tiny-q4_k_m").size_bytes == len(CONTENT)
