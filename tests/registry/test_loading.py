"""A registered model whose file was changed is refused at the door of a real llama.cpp; nothing crashes."""

import shutil
from pathlib import Path

import pytest
import pytest_asyncio

from causerie.database.engine import Database
from causerie.errors import ModelChanged
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.inference.router import Router
from causerie.registry import adding, versions
from causerie.settings import Settings, load_settings

pytestmark = pytest.mark.engine
ASKED = {"prompt": "Hello", "max_tokens": 1}


@pytest.fixture
def small(settings: Settings) -> Settings:
    return load_settings(context_tokens=256, slots=1)


@pytest_asyncio.fixture
async def known(database: Database, small: Settings, tmp_path: Path) -> Model:
    """The starter's file as a model of the catalogue, registered."""
    path = tmp_path / "starter.gguf"
    shutil.copyfile(catalogue.find(small, "starter").path, path)
    model = catalogue.add_file(small, path, "mine", move=True)
    await adding.add_installed(database, small, model)
    return model


async def asked(router: Router, model: str) -> bytes:
    async with router.send("completions", {"model": model, **ASKED}) as reply:
        return await reply.read()


async def test_a_flipped_byte_is_refused_and_put_back_it_answers(
    database: Database, small: Settings, known: Model
) -> None:
    with known.path.open("r+b") as file:  # one bit of a weight: llama.cpp itself would not notice
        file.seek(-1000, 2)
        before = file.read(1)
        file.seek(-1000, 2)
        file.write(bytes([before[0] ^ 1]))
    async with Router(small, check=versions.load_check(database, small)) as router:
        for _ in range(3):  # the same clear error each time, and no pause for what keeps dying
            with pytest.raises(ModelChanged, match="the model 'mine' is refused") as caught:
                await asked(router, "mine")
        assert caught.value.values["expected"] == known.sha256
        assert {status.name: status.state for status in router.models()}["mine"] == "unloaded"
        assert b'"choices"' in await asked(router, catalogue.find(small, "starter").name), "others answer on"
        with known.path.open("r+b") as file:
            file.seek(-1000, 2)
            file.write(before)
        assert b'"choices"' in await asked(router, "mine")


async def test_without_a_registry_it_would_have_answered(small: Settings, known: Model) -> None:
    with known.path.open("r+b") as file:
        file.seek(-1000, 2)
        byte = file.read(1)
        file.seek(-1000, 2)
        file.write(bytes([byte[0] ^ 1]))
    async with Router(small) as router:
        assert b'"choices"' in await asked(router, "mine")
