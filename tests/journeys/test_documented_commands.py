"""Every command and every piece of Python that the documentation shows is run, in order, against the real program."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journeys.blocks import Block, blocks

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "docs/tutorial/from-clone-to-conversation.md",
    ROOT / "docs/how-to/chat-in-the-terminal.md",
    ROOT / "docs/how-to/use-an-openai-client.md",
    ROOT / "docs/how-to/connect-an-upstream.md",
    ROOT / "docs/how-to/watch-a-server.md",
    ROOT / "docs/how-to/conversations.md",
    ROOT / "docs/how-to/move-from-chatgpt-or-open-webui.md",
    ROOT / "docs/how-to/back-up-and-move.md",
]
RUN_ELSEWHERE = {
    "make run": "the server of these tests is started with it",
    "make test": "it is what runs these tests",
    "CAUSERIE_OTLP_ENDPOINT=http://127.0.0.1:4318 causerie up": "tests/server/test_tracing.py sends spans",
    "causerie chat": "a conversation needs a terminal: tests/cli/test_chat.py gives it one",
}

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("documentation")]


def free_port() -> int:
    """A port that no other test gets meanwhile: below those that systems give to whoever asks for any."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A person's environment: no browser pops up, the port is free, the data folder is new."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAUSERIE_", "MAKE", "MFLAGS"))}
    port = str(free_port())
    return kept | {
        "CAUSERIE_HOME": str(tmp_path_factory.mktemp("home")),
        "CAUSERIE_PORT": port,
        # The starter rambles: a person presses Ctrl-C, and a test on two busy cores needs an end.
        "CAUSERIE_MAX_TOKENS": "200",
        "OPENAI_API_KEY": "none",
        "BROWSER": "true",
        "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
    }


@pytest.fixture(scope="module")
def server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`make run`, as the README says, until its page answers; Ctrl-C at the end."""
    log = tmp_path_factory.mktemp("log") / "up.txt"
    url = f"http://127.0.0.1:{environment['CAUSERIE_PORT']}"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 300
        while not answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def answers(url: str) -> bool:
    try:
        # Commands take a server that says nothing for long for none, and what it says first is its slowest.
        with urllib.request.urlopen(f"{url}/api/models", timeout=30) as models:
            models.read()
        with urllib.request.urlopen(url, timeout=30) as page:
            return b"<html" in page.read()
    except OSError:  # nobody listens yet, or the answer is late
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands run: it looks like the clone, and holds the files that the pages speak of."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1], target_is_directory=True)
    (folder / "letter.txt").write_text("The meeting is moved to Tuesday at ten. Please bring the figures.\n")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


ALL = [block for page in PAGES for block in blocks(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_blocks_run_in_order(page: Path, server: str, environment: dict[str, str], folder: Path) -> None:
    code = "\n".join(block.text for block in blocks(page) if block.language == "python")
    code = code.replace("http://127.0.0.1:8080", server)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert bool(done.stdout.strip()) == bool(code.strip())


@pytest.mark.parametrize(
    "block", [block for block in ALL if block.language == "console"], ids=lambda block: block.text[:60]
)
def test_commands_do_what_the_page_says(block: Block, server: str, environment: dict[str, str], folder: Path) -> None:
    if block.text in RUN_ELSEWHERE:
        assert RUN_ELSEWHERE[block.text]
        return
    command = block.text.replace("http://127.0.0.1:8080", server)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        stdin=subprocess.DEVNULL,
        cwd=folder, env=environment, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() or ">" in command


def test_a_second_make_run_would_install_nothing(environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "install"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "pip install" not in done.stdout
    assert "npm" not in done.stdout
