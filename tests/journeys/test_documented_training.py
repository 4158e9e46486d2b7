"""The commands of the pages about making a model are run, in order, in a folder that looks like the clone.

Runs are made short by `--set`, and nothing else of a command is changed. The server is the real one, with the models
that the page's commands made.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.journeys.test_documented_commands import answers, free_port

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs/how-to/prepare-data.md", ROOT / "docs/how-to/train-a-model.md"]
SHORT = {
    "causerie train recipes/starter.toml": (
        "schedule.steps=6", "model.depth=2", "batch.size=4", "batch.micro_size=4", "checkpoints.every_steps=3",
        "evaluation.every_steps=3", "evaluation.sequences=4", "samples.every_steps=0", "compute.compile=off",
    ),
    "causerie train recipes/assistant-lora.toml": ("samples.tokens=4",),
    "causerie train recipes/preferences.toml": ("samples.tokens=4", "batch.micro_size=1"),
}  # fmt: skip
LETTER = (
    "Dear friend,\n\nthe garden of number {n} is full of roses, and the {n} cats sleep in the sun all day.\n\nYours\n"
)

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("documentation")]


def commands(page: Path) -> list[str]:
    """The commands of a page, those of several lines in one."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    shown = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [" ".join(line[2:].split()) for block in shown for line in block.splitlines() if line.startswith("$ ")]


def files(page: Path) -> dict[str, str]:
    """The files that a page shows, by name."""
    found = re.findall(
        r'^```\w+ title="([^"]+)"\n(.*?)^```', page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return dict(found)


def shortened(command: str) -> str:
    for beginning, settings in SHORT.items():
        if command.startswith(beginning):
            return command + "".join(f" --set {each}" for each in settings)
    return command


@dataclass
class Clone:
    """A newcomer's clone, and the server when it is up."""

    folder: Path
    environment: dict[str, str]
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def serve(self, command: str) -> None:
        log = self.folder / "up.txt"
        with log.open("w") as output:
            server = subprocess.Popen(
                command.split(), cwd=self.folder, env=self.environment, stdout=output, stderr=output
            )
        self.servers.append(server)
        deadline = time.monotonic() + 300
        while not answers(f"http://127.0.0.1:{self.environment['CAUSERIE_PORT']}"):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("clone")
    (folder / "recipes").symlink_to(ROOT / "recipes", target_is_directory=True)
    (folder / "letters").mkdir()
    for number in range(20):
        (folder / "letters" / f"{number}.txt").write_text(LETTER.format(n=number))
    for page in PAGES:
        for name, text in files(page).items():
            (folder / name).write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAUSERIE_")}
    environment = kept | {
        "CAUSERIE_HOME": str(tmp_path_factory.mktemp("home")),
        "CAUSERIE_PORT": str(free_port()),
        "BROWSER": "true",
        "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
    }
    made = Clone(folder, environment)
    yield made
    for server in made.servers:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_newcomer_types_what_the_page_says(page: Path, clone: Clone) -> None:
    typed = commands(page)
    assert len(typed) >= 4
    for command in typed:
        if command == "causerie up":
            clone.serve(f"{command} --no-browser")
        else:
            assert clone.run(shortened(command)).strip(), command
    code = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if code:
        (clone.folder / "shown.py").write_text("\n".join(code))
        assert clone.run(f"{sys.executable} shown.py").strip()
