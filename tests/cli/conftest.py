"""What the tests of the terminal share: the program, and a server that is up, with a stub upstream behind it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import aiohttp
import pytest

from causerie.cli.main import run
from tests.running import answer_of, running_server
from tests.web.stub_upstream import stub_upstream, upstream_config


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The port of a server whose models are the stub's; who names none talks with `echo`."""
    with stub_upstream() as upstream:
        config = f'default_model = "echo"\n{upstream_config(upstream)}'
        with running_server(tmp_path_factory.mktemp("up") / "home", config) as running:
            # The program takes a server that says nothing for long for none, and the first answer is the slowest.
            assert answer_of(running.address, "GET", "/api/models")[0] == 200
            yield running.address.rpartition(":")[2]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program in this process waits for a server that is slow to say that it is there."""
    monkeypatch.setattr("causerie.cli.models._STATUS_TIMEOUT_S", 30)
    monkeypatch.setattr("causerie.inference.own_server.LOOK", aiohttp.ClientTimeout(total=30))


@pytest.fixture
def server(up: str, patient: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same port, for a program that has its own data folder and finds the server there."""
    monkeypatch.setenv("CAUSERIE_PORT", up)
    return up


class Outcome(NamedTuple):
    """What the program said, and how it ended."""

    code: int
    out: str
    err: str


Causerie = Callable[..., Outcome]
"""Runs the program with these arguments."""


@pytest.fixture
def causerie(capsys: pytest.CaptureFixture[str]) -> Causerie:
    """The program, in this process; what it would write in a pipe."""

    def ran(*arguments: str) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(list(arguments))
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, *capsys.readouterr())

    return ran
