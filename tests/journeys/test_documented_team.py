"""The commands that the pages about a team show are run, in order, against a server of their own.

They make accounts, after which nothing answers without a sign-in: the server of `test_documented_commands.py` must
not have any.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import running_server
from tests.web.stub_upstream import stub_upstream, upstream_config

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
PASSWORD = "violet anvil trumpet harbour"
ADDRESS = "https://chat.example.org"

pytestmark = pytest.mark.xdist_group("documentation")


def commands(page: str) -> list[str]:
    """The commands of a page, those of several lines in one."""
    text = (PAGES / page).read_text(encoding="utf-8").replace("\\\n", " ")
    shown = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line[2:] for block in shown for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a server with a model, and the environment of a person beside it."""
    home = tmp_path_factory.mktemp("team") / "home"
    with stub_upstream() as upstream, running_server(home, upstream_config(upstream)) as up:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAUSERIE_")}
        yield (
            up.address,
            kept
            | {
                "CAUSERIE_HOME": str(home),
                "CAUSERIE_PORT": up.address.rpartition(":")[2],
                "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
            },
        )


def run(command: str, environment: dict[str, str]) -> str:
    """What a command prints; whoever asks for a password gets one."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], input=f"{PASSWORD}\n", cwd=environment["CAUSERIE_HOME"],
        env=environment, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert '"error"' not in done.stdout, (command, done.stdout)
    return done.stdout


def asked(address: str, path: str, body: object, **headers: str) -> tuple[Any, str]:
    """The answer to a POST, and the cookie that it sets."""
    sent = {"content-type": "application/json", "origin": address, **headers}
    with urllib.request.urlopen(
        urllib.request.Request(address + path, json.dumps(body).encode(), sent), timeout=60
    ) as answer:
        return json.load(answer), (answer.headers["set-cookie"] or "").partition(";")[0]


@pytest.mark.timeout(900)
def test_commands_for_a_team_do_what_the_pages_say(server: tuple[str, dict[str, str]]) -> None:
    address, environment = server
    first, *others = commands("run-for-a-team.md")
    run(first, environment)
    run("causerie accounts create eve --json", environment)
    for command in others:
        assert run(command, environment), command
    assert json.loads(run("causerie accounts list --json", environment))[1]["disabled"], "eve is kept out"

    _, cookie = asked(address, "/api/session", {"login": "ada", "password": PASSWORD})
    key, _ = asked(address, "/api/me/keys", {"name": "curl", "scopes": ["administration"]}, cookie=cookie)
    group, _ = asked(address, "/api/admin/groups", {"name": "Readers"}, cookie=cookie)
    for command in commands("set-quotas.md"):
        ours = command.replace(ADDRESS, address).replace("group_01k...", group["id"])
        told = json.loads(run(ours, environment | {"KEY": key["secret"]}))
        assert told.get("subject_name", "Readers") == "Readers"
