"""`causerie up` says where it is, opens the page, and refuses what it must."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Causerie


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that only writes down what it is told to open; the file where it does, a pipe."""
    opened, program = tmp_path / "opened", tmp_path / "browser"
    os.mkfifo(opened)
    program.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(program))
    return opened


@contextmanager
def up(*arguments: str, stop: int = signal.SIGINT, **variables: str) -> Iterator[str]:
    """The first line that the server writes once it is up; it must end well when it is told to stop."""
    process = subprocess.Popen(
        [sys.executable, "-m", "causerie.cli.main", "up", "--port", "0", *arguments],
        env=os.environ | variables, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        yield next((line for line in process.stderr if "http://" in line), "it never came up")
    finally:
        process.send_signal(stop)
        _, rest = process.communicate(timeout=150)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_and_stops_when_told(stop: int) -> None:
    with up("--no-browser", stop=stop) as said:
        found = re.fullmatch(r"causerie is up: (http://127\.0\.0\.1:\d+)  \(Ctrl-C stops it\)\n", said)
        assert found, said
        with urllib.request.urlopen(found[1] + "/healthz", timeout=150) as answer:
            assert answer.status == 200


def test_it_opens_the_page_once_it_answers(browser: Path) -> None:
    with up() as said:
        assert browser.read_text().strip() in said


def test_no_browser_opens_none(browser: Path) -> None:
    with up("--no-browser"):
        reader = os.open(browser, os.O_RDONLY | os.O_NONBLOCK)
    assert os.read(reader, 100) == b""
    os.close(reader)


def test_it_says_so_in_french() -> None:
    with up("--no-browser", "--host", "localhost", LANG="fr_FR.UTF-8") as said:
        assert re.match(r"causerie est prêt : http://127\.0\.0\.1:\d+ ", said)


def test_a_taken_port_is_told_with_the_way_out(causerie: Causerie, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        outcome = causerie("up", "--no-browser", "--port", str(port))
    assert outcome.code == 3
    assert outcome.err.startswith(f"error: port {port} is taken, perhaps by a causerie that is up already\n")
    assert "causerie up --port 0" in outcome.err
    assert not (tmp_path / "home" / "causerie.db").exists(), "the database of who is up is not migrated under them"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_addresses_that_others_can_reach_are_refused(host: str, causerie: Causerie) -> None:
    outcome = causerie("up", "--no-browser", "--port", "0", "--host", host)
    assert outcome.code == 3
    assert f"'{host}' can be reached from other machines" in outcome.err
    assert "127.0.0.1" in outcome.err


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "-m", "causerie.cli.main", "up", "--no-browser", "--port", "0"],
        env=os.environ | {"CAUSERIE_CONFIG": f"{tmp_path}/file", "CAUSERIE_HOME": f"{tmp_path}/file/home"},
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path}/file/home cannot be used: Not a directory\nhint: ")
