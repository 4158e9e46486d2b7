"""`pull` installs a model from wherever it is, or leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from causerie.errors import Conflict, InvalidRequest, ModelFileError, ModelNotFound, NotFound
from causerie.inference import catalogue, model_files, packaged, suggestions
from causerie.inference.pull import pull
from causerie.settings import Settings, load_settings
from tests.inference.gguf_writer import LLAMA, gguf, write
from tests.inference.hub_server import HubServer
from tests.inference.hub_server import hub as running_hub

FILLER = bytes(200_000)


@pytest.fixture
def server() -> Iterator[HubServer]:
    with running_hub() as running:
        yield running


@pytest.fixture
def asking(server: HubServer) -> Settings:
    return load_settings(hf_endpoint=server.endpoint)


def left(settings: Settings) -> list[str]:
    """Everything under the models' folder but lock files."""
    return sorted(
        str(path.relative_to(settings.models_folder))
        for path in settings.models_folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    )


async def test_a_model_of_the_hub_is_installed_with_its_licence(server: HubServer, asking: Settings) -> None:
    server.add(
        "o/Tiny-GGUF",
        {"README.md": b"#", "Tiny-Q4_K_M.gguf": gguf(filler=FILLER), "Tiny-Q8_0.gguf": gguf()},
        licence="mit",
        languages=("fr",),
    )
    seen: list[tuple[int, int]] = []
    model = await pull(asking, "hf:o/Tiny-GGUF", progress=lambda done, total: seen.append((done, total)))
    assert (model.name, model.licence, model.languages) == ("tiny-q4_k_m", "MIT", ("fr",))
    assert model.source == "hf:o/Tiny-GGUF:Tiny-Q4_K_M.gguf"
    assert model.sha256 == model_files.file_sha256([model.path])
    assert catalogue.find(asking, "tiny-q4_k_m") == model
    assert left(asking) == ["tiny-q4_k_m/Tiny-Q4_K_M.gguf", "tiny-q4_k_m/model.json"]
    assert seen[-1] == (model.size_bytes, model.size_bytes)
    assert (await pull(asking, "hf:o/Tiny-GGUF:q8_0", "eight")).name == "eight"


async def test_a_model_that_is_here_is_not_fetched_again(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"M.gguf": gguf()})
    first = await pull(asking, "hf:o/r")
    server.asked.clear()
    assert await pull(asking, "hf:o/r") == first
    assert server.ranges == []


async def test_a_taken_name_is_refused_before_anything_is_fetched(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"M.gguf": gguf(), "N.gguf": gguf(filler=b"x" * 64)})
    await pull(asking, "hf:o/r:M.gguf", "mine")
    server.asked.clear()
    with pytest.raises(Conflict, match="'mine' is there already"):
        await pull(asking, "hf:o/r:N.gguf", "mine")
    assert server.ranges == []


async def test_shards_are_fetched_as_one_model(server: HubServer, asking: Settings) -> None:
    parts = [gguf(LLAMA | {"split.no": number, "split.count": 2}) for number in range(2)]
    server.add("o/r", {f"Q4_0/big-{number + 1:05d}-of-00002.gguf": part for number, part in enumerate(parts)})
    seen: list[tuple[int, int]] = []
    model = await pull(asking, "hf:o/r", progress=lambda done, total: seen.append((done, total)))
    files = ["big/big-00001-of-00002.gguf", "big/big-00002-of-00002.gguf", "big/model.json"]
    assert left(asking) == files
    assert model.sha256 == model_files.file_sha256([asking.models_folder / file for file in files[:2]])
    assert seen[-1] == (model.size_bytes, model.size_bytes)


async def test_a_pull_that_stopped_between_shards_keeps_the_first(server: HubServer, asking: Settings) -> None:
    parts = [gguf(LLAMA | {"split.no": number, "split.count": 2}) for number in range(2)]
    server.add("o/r", {f"big-{number + 1:05d}-of-00002.gguf": part for number, part in enumerate(parts)})
    write(asking.models_folder / ".incoming" / "o--r" / "big-00001-of-00002.gguf", parts[0])
    await pull(asking, "hf:o/r")
    assert len({asked.path for asked in server.asked if asked.path.startswith("/blob/")}) == 1
    assert len(left(asking)) == 3


async def test_a_hostile_file_is_refused_and_removed(server: HubServer, asking: Settings) -> None:
    server.add("o/r", {"evil.gguf": b"GGUF" + b"\xff" * 4000})
    with pytest.raises(ModelFileError, match=r"evil\.gguf"):
        await pull(asking, "hf:o/r")
    assert left(asking) == []
    assert {model.name for model in catalogue.installed(asking)} <= {
        packaged.STARTER_NAME,
        packaged.EMBEDDINGS_NAME,
    }


async def test_a_file_is_taken_from_where_it_is(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "Tiny.gguf")
    assert (await pull(settings, str(path))).name == "tiny"
    assert (await pull(settings, str(path), "other")).source == str(path)
    assert path.exists()


async def test_the_starter_is_given_as_it_is(settings: Settings) -> None:
    assert (await pull(settings, "starter")).name == packaged.STARTER_NAME
    assert (await pull(settings, packaged.STARTER_NAME)).source == "starter"
    with pytest.raises(InvalidRequest, match="has its own name"):
        await pull(settings, "starter", "mine")


async def test_what_is_nothing_is_said_to_be_nothing(settings: Settings) -> None:
    with pytest.raises(ModelNotFound) as caught:
        await pull(settings, "smolm3")
    assert "smollm3" in caught.value.hint
    with pytest.raises(ModelNotFound) as caught:
        await pull(settings, "\u732b")
    assert caught.value.hint.startswith("`causerie models suggest`")
    for source in ("./no.gguf", "owner/repo"):
        with pytest.raises(NotFound, match="there is no file"):
            await pull(settings, source)


@pytest.mark.parametrize("name", sorted(suggestions.known_models()))
async def test_each_model_of_the_list_is_pulled_by_its_name(server: HubServer, asking: Settings, name: str) -> None:
    known = suggestions.known_models()[name]
    server.add(known.repo, {known.file: gguf(filler=name.encode()), "decoy-Q4_K_M.gguf": gguf()})
    model = await pull(asking, name.upper())
    assert (model.name, model.path.name, model.licence) == (name, known.file, known.licence)
    assert model.description == known.description
    assert catalogue.find(asking, name) == model
