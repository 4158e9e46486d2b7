"""`causerie doctor`: looks at this machine and this installation.

Does: check Python, memory, disk, port, engine build, GPU, page build, data folder, database and models; say for each
finding what to do. It changes nothing; a folder that does not exist yet is no fault.
Exits with 1 when something is broken, 0 when all is well or only worth knowing.
Try it: causerie doctor --json
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from causerie.cli.language import explain, t
from causerie.cli.terminal import console, print_json

if TYPE_CHECKING:
    from causerie.settings import Settings

_FREE_DISK_GIB = 5
"""Room for one 7-billion-weight model at 4 bits, in GiB."""
_FREE_MEMORY_GIB = 2
"""What the starter and the server need with ease, in GiB."""
_DEVICES = (
    "import json, xllamacpp\n"
    "print(json.dumps([{k: d[k] for k in ('name', 'description')} for d in xllamacpp.get_device_info()]))"
)


@dataclass(frozen=True)
class Finding:
    """What one look found."""

    check: str
    status: Literal["ok", "warning", "broken"]
    found: str
    remedy: str = ""
    """What to do (empty = nothing)."""


def _python(_: "Settings") -> Finding:
    found = f"Python {sys.version.split()[0]}"
    if (3, 11) <= sys.version_info < (3, 14):
        return Finding("python", "ok", found)
    return Finding("python", "broken", found, t("install Python 3.11, 3.12 or 3.13, and causerie in it"))


def _memory(_: "Settings") -> Finding:
    import psutil

    from causerie.settings import GIB

    memory = psutil.virtual_memory()
    found = t("{free} GiB free of {total}", free=f"{memory.available / GIB:.1f}", total=f"{memory.total / GIB:.1f}")
    if memory.available >= _FREE_MEMORY_GIB * GIB:
        return Finding("memory", "ok", found)
    return Finding("memory", "warning", found, t("close other programs, or keep to the starter model"))


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _disk(settings: "Settings") -> Finding:
    from causerie.settings import GIB

    free = shutil.disk_usage(_existing(settings.home)).free
    found = t("{free} GiB free under {path}", free=f"{free / GIB:.1f}", path=settings.home)
    if free >= _FREE_DISK_GIB * GIB:
        return Finding("disk", "ok", found)
    return Finding(
        "disk", "warning", found, t("make room, or set CAUSERIE_HOME to a larger disk, before a `causerie pull`")
    )


def _port(settings: "Settings") -> Finding:
    address = f"{settings.host}:{settings.port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            remedy = t("causerie may be up already; else use `causerie up --port 0`, which takes a free port")
            return Finding("port", "warning", f"{address}: {error.strerror}", remedy)
    return Finding("port", "ok", t("{address} is free", address=address))


def _engine(_: "Settings") -> Finding:
    # In a process of its own: a native library built for another processor ends the process that loads it.
    asked = subprocess.run([sys.executable, "-c", _DEVICES], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    if asked.returncode != 0:
        reason = asked.stderr.strip().splitlines()[-1:] or [t("it ended with code {code}", code=asked.returncode)]
        return Finding("engine", "broken", reason[0], t("install it again: pip install --force-reinstall xllamacpp"))
    devices = json.loads(asked.stdout.strip().splitlines()[-1])
    gpus = [device for device in devices if device["name"] != "CPU"]
    if gpus:
        return Finding("engine", "ok", "llama.cpp, " + ", ".join(device["description"] for device in gpus))
    return Finding("engine", "ok", t("llama.cpp, processor only ({cores} threads)", cores=os.cpu_count()))


def _gpu(_: "Settings") -> Finding:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding("gpu", "ok", t("none found; models run on the processor"))
    asked = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    if asked.returncode != 0:
        return Finding("gpu", "warning", t("nvidia-smi fails"), t("look at the driver: nvidia-smi says why"))
    return Finding("gpu", "ok", asked.stdout.strip().split(" (UUID")[0])


def _page(_: "Settings") -> Finding:
    if resources.files("causerie.server").joinpath("page", "index.html").is_file():
        return Finding("page", "ok", t("built"))
    return Finding("page", "broken", t("not built"), t("run `make web` in the clone; the wheel has it built"))


def _home(settings: "Settings") -> Finding:
    home = settings.home
    if not home.exists():
        place = _existing(home)
        if os.access(place, os.W_OK | os.X_OK):
            return Finding("home", "ok", t("{path} will be made at the first start", path=home))
        return Finding(
            "home", "broken", t("{path} cannot be made", path=home), t("set CAUSERIE_HOME to a folder of yours")
        )
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            "home", "broken", t("{path} cannot be written", path=home), t("chown it to yourself: {path}", path=home)
        )
    if home.stat().st_mode & 0o077:
        return Finding("home", "warning", t("others can look into {path}", path=home), f"chmod 700 {home}")
    return Finding("home", "ok", str(home))


def _database(settings: "Settings") -> Finding:
    from causerie.database import schema
    from causerie.database.engine import FILE_NAME, database_url
    from causerie.errors import CauserieError

    try:
        sqlite = database_url(settings).get_backend_name() == "sqlite"
        name = f"SQLite, {settings.home / FILE_NAME}" if sqlite else "PostgreSQL"
        made = not sqlite or (settings.home / FILE_NAME).exists()
        revision = asyncio.run(_revision(settings)) if made else schema.EMPTY  # to ask SQLite would make the file
    except CauserieError as error:
        message, hint = explain(error)
        return Finding("database", "broken", message, hint or t("is it up, and is CAUSERIE_DATABASE_URL right?"))
    if revision == schema.EMPTY:
        return Finding("database", "ok", t("{name}: made at the first start", name=name))
    if revision != schema.head():
        found = t("{name}: migrated at the next start, after a backup", name=name)
        return Finding("database", "ok", found)
    return Finding("database", "ok", name)


async def _revision(settings: "Settings") -> str:
    from causerie.database.engine import open_database
    from causerie.database.migrate import revision_of

    database = open_database(settings)
    try:
        return await revision_of(database)
    finally:
        await database.close()


def _models(settings: "Settings") -> Finding:
    from causerie.inference.catalogue import installed

    chat = [model.name for model in installed(settings) if not model.embedding]
    chat += [name for upstream in settings.upstreams for name in upstream.names]
    if chat:
        return Finding("models", "ok", ", ".join(chat))
    return Finding("models", "broken", t("there is no model"), "causerie pull starter")


CHECKS: tuple[Callable[["Settings"], Finding], ...] = (
    _python, _memory, _disk, _port, _engine, _gpu, _page, _home, _database, _models,
)  # fmt: skip
"""All the looks, in the order in which they are printed."""

_SIGNS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "broken": "[red]✗[/]"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help=t("Print the findings as JSON."))] = False,
) -> None:
    """Print every finding; exit with 1 when one is broken."""
    from rich.markup import escape

    from causerie.settings import load_settings

    settings = load_settings()
    findings = [check(settings) for check in CHECKS]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            console().print(f"{_SIGNS[finding.status]} {finding.check:<8} {escape(finding.found)}")
            if finding.remedy:
                console().print(f"           [dim]→ {escape(finding.remedy)}[/]")
    if any(finding.status == "broken" for finding in findings):
        raise typer.Exit(1)
