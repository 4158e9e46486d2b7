"""A file arrives whole, whatever happens on the way, or one error says why not."""

import asyncio
import hashlib
import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from yarl import URL

from causerie.errors import (
    ChecksumMismatch,
    Conflict,
    DiskFull,
    DownloadError,
    HubRefused,
    HubUnreachable,
    NotFound,
)
from causerie.inference import download, hub, model_files, partial
from causerie.inference.download import Fetch, Progress
from causerie.settings import Settings, load_settings
from tests.inference.hub_server import HubServer
from tests.inference.hub_server import hub as running_hub

PIECE = 2**16
CONTENT = random.Random(7).randbytes(10 * PIECE + 123)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PIECE_BYTES", PIECE)


@pytest.fixture
def server() -> Iterator[HubServer]:
    with running_hub() as running:
        running.add("o/r", {"M.gguf": CONTENT, "small.txt": b"0123456789"})
        yield running


@pytest.fixture
def asking(server: HubServer) -> Settings:
    return load_settings(hf_endpoint=server.endpoint)


async def fetched(
    settings: Settings, target: Path, progress: Progress | None = None, *, sha256: str = SHA256, file: str = "M.gguf"
) -> str:
    """Fetch from the hub of the settings, with short pauses."""
    async with hub.session() as client:
        found = await hub.repository(client, settings, "o/r")
        wanted = next(each for each in found.files if each.path == file)

        async def locate() -> hub.Location:
            return await hub.locate(client, settings, found, wanted)

        return await download.fetch(
            client, Fetch(locate=locate, target=target, sha256=sha256, pause_s=0.001), progress
        )


def left_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if path.suffix != ".lock")


async def test_a_file_comes_in_parallel_pieces_and_is_checked(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "in" / "M.gguf"
    seen: list[tuple[int, int]] = []
    assert await fetched(asking, target, lambda done, total: seen.append((done, total))) == SHA256
    assert target.read_bytes() == CONTENT
    assert left_beside(target) == ["M.gguf"]
    assert len(server.ranges) == 11
    assert f"bytes=0-{PIECE - 1}" in server.ranges
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert target.stat().st_mode & 0o777 == 0o600


async def test_cut_connections_are_taken_up_where_they_broke(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    server.faults.cut_after_bytes, server.faults.cuts = 20_000, 12
    target = tmp_path / "M.gguf"
    await fetched(asking, target)
    assert target.read_bytes() == CONTENT
    assert server.faults.cuts == 0
    starts = {int(asked.removeprefix("bytes=").split("-")[0]) for asked in server.ranges}
    assert any(start % PIECE for start in starts), "a cut piece goes on, it does not start again"


async def test_a_busy_network_is_asked_again(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    server.faults.statuses = [503, 429, 500, 408]
    await fetched(asking, tmp_path / "M.gguf")
    assert (tmp_path / "M.gguf").read_bytes() == CONTENT


async def test_an_expired_link_is_asked_for_anew(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    server.faults.expired_links = 2
    await fetched(asking, tmp_path / "M.gguf")
    assert (tmp_path / "M.gguf").read_bytes() == CONTENT


async def test_a_connection_that_always_breaks_ends_with_a_sentence(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    server.faults.statuses = [503] * 500
    with pytest.raises(HubUnreachable, match=r"M\.gguf stopped coming: status 503") as caught:
        await fetched(asking, tmp_path / "M.gguf")
    assert "goes on where it stopped" in caught.value.hint


async def test_an_unknown_status_ends_at_once(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    server.faults.statuses = [418] * 20
    with pytest.raises(HubUnreachable, match="answered with status 418"):
        await fetched(asking, tmp_path / "M.gguf")


async def test_a_server_without_ranges_is_read_in_one_stream(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    server.faults.ignore_ranges = True
    server.faults.cut_after_bytes, server.faults.cuts = 300_000, 2
    seen: list[int] = []
    await fetched(asking, tmp_path / "M.gguf", lambda done, _: seen.append(done))
    assert (tmp_path / "M.gguf").read_bytes() == CONTENT
    assert "" in server.ranges
    assert seen[-1] == len(CONTENT)


async def test_a_server_without_ranges_that_always_breaks_ends(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    server.faults.ignore_ranges = True
    server.faults.cut_after_bytes, server.faults.cuts = 1000, 500
    with pytest.raises(HubUnreachable, match="stopped coming"):
        await fetched(asking, tmp_path / "M.gguf")


async def test_wrong_bytes_are_thrown_away(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    server.faults.damage = True
    with pytest.raises(ChecksumMismatch, match=f"should be {SHA256}"):
        await fetched(asking, tmp_path / "M.gguf")
    assert left_beside(tmp_path / "M.gguf") == []


async def test_a_file_that_grew_meanwhile_is_refused(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    server.faults.grown = b"more"
    with pytest.raises(DownloadError, match="changed on the hub while it was fetched"):
        await fetched(asking, tmp_path / "M.gguf")
    server.faults.ignore_ranges = True
    with pytest.raises(DownloadError, match="changed on the hub while it was fetched"):
        await fetched(asking, tmp_path / "M.gguf")


async def test_a_small_file_without_a_checksum_is_fetched(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    digest = await fetched(asking, tmp_path / "s", sha256="", file="small.txt")
    assert (tmp_path / "s").read_bytes() == b"0123456789"
    assert digest == hashlib.sha256(b"0123456789").hexdigest()


async def test_a_full_disk_is_seen_before_the_first_byte(
    server: HubServer, asking: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "RESERVE_BYTES", 2**60)
    with pytest.raises(DiskFull, match=r"GiB are needed in .* and 0\.00 GiB are free"):
        await fetched(asking, tmp_path / "M.gguf")
    assert server.ranges == []


async def test_a_disk_that_fills_up_meanwhile_is_one_sentence(
    asking: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DiskFull, match="No space left on device"):
        await fetched(asking, tmp_path / "M.gguf")


async def test_a_stopped_fetch_goes_on(
    server: HubServer, asking: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CONNECTIONS", 2)
    server.faults.pause_s = 0.02
    target = tmp_path / "M.gguf"
    reached = asyncio.Event()
    task = asyncio.create_task(fetched(asking, target, lambda done, _: reached.set() if done > 4 * PIECE else None))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    finished = json.loads((tmp_path / "M.gguf.partial.json").read_text())["finished"]
    held = sum(end - start for start, end in finished)
    assert held >= PIECE
    server.asked.clear()
    server.faults.pause_s = 0.0
    seen: list[int] = []
    await fetched(asking, target, lambda done, _: seen.append(done))
    assert target.read_bytes() == CONTENT
    assert seen[0] == held
    assert len(server.ranges) == 11 - sum(-(-(end - start) // PIECE) for start, end in finished)


async def test_what_came_from_another_version_is_thrown_away(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "M.gguf"
    with partial.opened(target, len(CONTENT), "other", "other") as started:
        started.write(0, b"x" * PIECE)
        started.finish(0, PIECE)
    await fetched(asking, target)
    assert target.read_bytes() == CONTENT
    assert len(server.ranges) == 11


@pytest.mark.parametrize("damage", ["", "{", '{"version": 1}', '{"version": "VERSION", "finished": [[5, 1]]}'])
async def test_a_damaged_list_of_ranges_only_costs_time(
    server: HubServer, asking: Settings, tmp_path: Path, damage: str
) -> None:
    target = tmp_path / "M.gguf"
    with partial.opened(target, len(CONTENT), SHA256, SHA256) as started:
        started.finish(0, PIECE)
    listed = tmp_path / "M.gguf.partial.json"
    listed.write_text(damage.replace("VERSION", json.loads(listed.read_text())["version"]))
    await fetched(asking, target)
    assert target.read_bytes() == CONTENT


async def test_a_list_that_promises_what_is_not_there_is_found_by_the_checksum(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "M.gguf"
    with partial.opened(target, len(CONTENT), SHA256, SHA256) as started:
        started.finish(0, 3 * PIECE)
    with pytest.raises(ChecksumMismatch):
        await fetched(asking, target)
    await fetched(asking, target)
    assert target.read_bytes() == CONTENT


async def test_the_same_file_is_not_fetched_twice_at_once(
    server: HubServer, asking: Settings, tmp_path: Path
) -> None:
    server.faults.pause_s = 0.3  # long enough for the other two to come while the first is at work
    outcomes = await asyncio.gather(*(fetched(asking, tmp_path / "M.gguf") for _ in range(3)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Conflict", "str"]
    assert any(isinstance(outcome, Conflict) and "being fetched already" in outcome.message for outcome in outcomes)


async def test_a_gate_that_closes_meanwhile_is_said(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    server.faults.expired_links = 10**6
    location_asked = False

    def close_the_gate(*_: int) -> None:
        nonlocal location_asked
        location_asked = True
        server.repos["o/r"].gated = True

    with pytest.raises(HubRefused):
        await fetched(asking, tmp_path / "M.gguf", close_the_gate)
    assert location_asked


async def test_a_file_of_unknown_size_is_refused(asking: Settings, tmp_path: Path) -> None:
    async def locate() -> hub.Location:
        return hub.Location(URL("http://127.0.0.1:9/x"), {}, 0, "")

    async with hub.session() as client:
        with pytest.raises(DownloadError, match="does not say how large M is"):
            await download.fetch(client, Fetch(locate=locate, target=tmp_path / "M"))


async def test_a_file_that_was_taken_away_is_said(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    server.faults.expired_links = 10**6

    def take_away(*_: int) -> None:
        server.repos["o/r"].files.clear()

    with pytest.raises(NotFound):
        await fetched(asking, tmp_path / "M.gguf", take_away)


KILLED = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from causerie.inference import download
from causerie.settings import load_settings
from tests.inference.test_download import PIECE, fetched
download.PIECE_BYTES, download.CONNECTIONS = PIECE, 2
asyncio.run(fetched(load_settings(hf_endpoint={endpoint!r}), Path({target!r})))
"""


async def test_a_killed_fetch_goes_on(server: HubServer, asking: Settings, tmp_path: Path) -> None:
    target = tmp_path / "M.gguf"
    server.faults.pause_s = 0.5  # eleven pieces, two at once: seconds lie between the first and the last
    program = KILLED.format(root=str(Path(__file__).parents[2]), endpoint=server.endpoint, target=str(target))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    listed = tmp_path / "M.gguf.partial.json"
    try:
        async with asyncio.timeout(120):
            while not listed.exists():  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        await process.wait()
    held = sum(end - start for start, end in json.loads(listed.read_text())["finished"])
    assert 0 < held < len(CONTENT)
    server.faults.pause_s = 0.0
    seen: list[int] = []
    await fetched(asking, target, lambda done, _: seen.append(done))
    assert seen[0] == held
    assert target.read_bytes() == CONTENT
    assert left_beside(target) == ["M.gguf"]
