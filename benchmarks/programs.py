"""The two C programs (stub upstream, load generator) and the peers' virtual environments, made when needed.

Does: compile into, and install into, the user's cache folder; run the load generator and give its figures back.
Does not: touch this checkout or its virtual environment.
Try it: python -c 'from benchmarks.programs import compiled; print(compiled("load"))'
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import platformdirs

from benchmarks.measure import FOLDER

CACHE = Path(platformdirs.user_cache_dir("causerie", appauthor=False)) / "benchmarks"


def compiled(name: str) -> Path:
    """The program of `NAME.c`, compiled with cc unless it already is.

    Raises:
        SystemExit: There is no C compiler, or it refuses the file.
    """
    source = FOLDER / f"{name}.c"
    program = CACHE / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if program.is_file():
        return program
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        sys.exit("The benchmarks need a C compiler: on Debian, apt-get install gcc libc6-dev")
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(".part")
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", str(unfinished), str(source)], check=True)
    unfinished.replace(program)
    return program


def peer_python(name: str, requirements: list[str]) -> Path:
    """The Python of a virtual environment that holds a peer, made unless it already is.

    Args:
        name: What the folder is called.
        requirements: As pip takes them; another list makes another environment.
    """
    mark = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:12]
    folder = CACHE / f"{name}-{mark}"
    python = folder / "bin" / "python"
    if not (folder / "installed").is_file():
        print(f"Installing {' '.join(requirements)} into {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *requirements]
        subprocess.run(install, check=True)
        (folder / "installed").touch()
    return python


def peer_version(python: Path, package: str) -> str:
    """The version of a package in a peer's environment."""
    code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def run_load(
    *,
    port: int,
    body: dict[str, Any],
    connections: int,
    seconds: float = 0.0,
    warm_up_s: float = 0.0,
    requests: int = 0,
    key: str = "",
    expect: str = "",
    reconnect: bool = False,
    tolerant: bool = False,
    prefix: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Load `/v1/chat/completions` on 127.0.0.1 and return what `load.c` prints.

    Args:
        port: Where the server listens.
        body: The request, the same each time.
        connections: Requests in flight at any time.
        seconds: How long, after the warm-up (0 = `requests` says how many instead).
        warm_up_s: Seconds before anything is recorded.
        requests: How many (0 = `seconds` says how long).
        key: Bearer token.
        expect: Text that each answer must hold, else it counts as an error.
        reconnect: A new connection for each request.
        tolerant: Failed answers are counted in `errors`, not raised.
        prefix: What stands before the command, such as `taskset`.

    Raises:
        RuntimeError: An answer was an error, broken, or without the expected text, unless `tolerant`.
    """
    path = CACHE / "body.json"
    path.write_text(json.dumps(body, separators=(",", ":")), encoding="utf-8")
    command = [*prefix, str(compiled("load")), "-p", str(port), "-c", str(connections), "-u", "/v1/chat/completions"]
    command += ["-b", str(path), *(["-e", expect] if expect else []), *(["-r"] if reconnect else [])]
    command += ["-n", str(requests)] if requests else ["-t", str(seconds), "-w", str(warm_up_s)]
    if key:
        command += ["-H", f"Authorization: Bearer {key}"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode:
        raise RuntimeError(f"the load generator failed on port {port}: {outcome.stderr.strip()}")
    measured: dict[str, Any] = json.loads(outcome.stdout)
    if measured["errors"] and not tolerant:
        raise RuntimeError(
            f"{measured['errors']} of the answers on port {port} failed; the first: {outcome.stderr.strip()}"
        )
    return measured
