"""Starting and stopping: where the server listens, what it refuses, and that nothing of it stays.

Each test runs the real program.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from causerie.errors import ConfigError
from causerie.server.serve import address_to_bind, addresses_of, bound
from tests.inference.stub_upstream import StubUpstream
from tests.running import RunningServer, running_server
from tests.server.conftest import CHAT_MODEL
from tests.server.raw import send
from tests.server.serving import stub_in_a_thread, upstream_config

CHAT = "/v1/chat/completions"


def refused(*options: str) -> tuple[int, str]:
    """The exit code, and what is said, of a server that does not come up."""
    command = [sys.executable, "-m", "causerie.cli.main", "up", "--no-browser", *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert "Traceback" not in run.stderr
    return run.returncode, " ".join(run.stderr.split())


# --- where it listens ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "8.8.8.8"])
def test_an_address_that_others_can_reach_is_refused_with_the_way_to_reach_it_nevertheless(host: str) -> None:
    code, said = refused("--host", host, "--port", "0")
    assert code == ConfigError.exit_code
    assert f"'{host}' can be reached from other machines" in said
    assert "ssh -L" in said


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "a..b", "x" * 64, "127.0.0.1:80"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="is not known") as caught:
        addresses_of(host)
    assert caught.value.param == "host"


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("127.1.2.3", "127.1.2.3")]
)
def test_a_name_of_this_machine_is_its_loopback_address(host: str, address: str) -> None:
    assert address_to_bind(host, addresses_of(host), accounts=False) == address


def test_a_port_that_is_taken_is_said_with_what_to_do() -> None:
    with bound("127.0.0.1", 0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        code, said = refused("--port", port)
    assert code == ConfigError.exit_code
    assert f"port {port} is taken" in said
    assert "causerie up --port 0" in said


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_what_is_no_port_is_refused(port: str) -> None:
    code, said = refused("--port", port)
    assert code == 2
    assert "port" in said


def test_port_0_takes_a_free_port_and_tells_which(tmp_path: Path) -> None:
    with running_server(tmp_path / "one") as one, running_server(tmp_path / "two") as two:
        assert one.address != two.address
        for up in (one, two):
            assert urlsplit(up.address).hostname == "127.0.0.1"
            assert send(up.address, "GET", "/healthz").status == 200


def listens_on(up: RunningServer) -> set[str]:
    """The addresses on which the server accepts connections."""
    found = psutil.Process(up.pid).net_connections("tcp")
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


def test_it_listens_on_the_loopback_address_only(tmp_path: Path) -> None:
    with running_server(tmp_path / "home") as up:
        assert listens_on(up) == {"127.0.0.1"}


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_it_can_listen_on_ipv6_s_loopback(tmp_path: Path) -> None:
    with running_server(tmp_path / "home", 'host = "::1"\n') as up:
        assert up.address.startswith("http://[::1]:")
        assert listens_on(up) == {"::1"}
        assert send(up.address, "GET", "/v1/models").status == 200


# --- how it stops -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stub() -> Iterator[StubUpstream]:
    with stub_in_a_thread() as running:
        yield running


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=60)[1]


def with_engine(up: RunningServer) -> list[psutil.Process]:
    """The server's processes once it has answered: itself, and the engine's."""
    question = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
    assert send(up.address, "POST", CHAT, body=json.dumps(question).encode()).status == 200
    server = psutil.Process(up.pid)
    children = server.children(recursive=True)
    assert any("llama_child" in " ".join(child.cmdline()) for child in children)
    return children


@pytest.mark.engine
@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_no_process_no_port_and_no_file_stays(tmp_path: Path, order: signal.Signals) -> None:
    home = tmp_path / "home"
    with running_server(home) as up:
        children = with_engine(up)
        os.kill(up.pid, order)
        assert gone(children)
    files = {path.name for path in home.rglob("*") if path.is_file()}
    kept = {"causerie.toml", "operator.key", "server.log"}
    assert {name for name in files if not name.startswith("causerie.db")} == kept
    with bound("127.0.0.1", urlsplit(up.address).port or 0):
        pass  # the port is free again


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_to_be_stopped_is_no_failure(tmp_path: Path, order: signal.Signals) -> None:
    command = [sys.executable, "-m", "causerie.cli.main", "up", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("causerie is up"):
            assert process.poll() is None
        process.send_signal(order)
        assert process.wait(60) == 0
        assert "Traceback" not in process.stderr.read()


def test_an_answer_in_progress_is_ended_with_the_reason(tmp_path: Path, stub: StubUpstream) -> None:
    stub.fault = "hang-mid"
    with running_server(tmp_path / "home", upstream_config(stub)) as up:
        connection = http.client.HTTPConnection(urlsplit(up.address).netloc, timeout=150)
        connection.request("POST", CHAT, b'{"messages": [{"role": "user", "content": "Hi"}], "stream": true}')
        answer = connection.getresponse()
        assert answer.readline().startswith(b"data: ")
        os.kill(up.pid, signal.SIGTERM)
        *_, last = answer.read().strip().split(b"\n\n")
        connection.close()
    assert json.loads(last.removeprefix(b"data: "))["error"]["code"] == "engine_unavailable"
    assert b"stopping" in last
