"""What the trainer writes down is what the registry reads: two real runs, the second from the first."""

import json
import shutil
from pathlib import Path

import pytest

from causerie.registry import lineage, run_lineage
from causerie.training.run import train
from tests.registry.stories import CARD, Registry
from tests.training.talks import write_talks
from tests.training.test_export import taught

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_child_finds_the_run_it_came_from_by_its_weights(registry: Registry, tmp_path: Path) -> None:
    talks = write_talks(tmp_path / "talks")
    (talks / "card.json").write_text(json.dumps({**CARD, "files": [{"path": "large"}]}))
    first = train(taught(talks, registry.settings.home / "runs" / "first")).path
    said = json.loads((first / "lineage.json").read_text())
    assert said["data_card"] == CARD
    assert said["weights_sha256"] == {file.name: file.sha256 for file in run_lineage.weights_of(first)}
    parent = await registry.add(first)
    assert [text.licence for text in parent.lineage.data[0].texts] == ["CC0-1.0", "MIT"]

    moved = tmp_path / "elsewhere" / "other"
    shutil.copytree(first, moved)
    again = taught(talks, registry.settings.home / "runs" / "second", lora={"rank": 2})
    second = train(again.model_copy(update={"model": again.model.model_copy(update={"start": str(moved)})})).path
    shutil.rmtree(moved)
    child = await registry.add(second)
    assert [file.role for file in child.files] == ["model", "weights", "adapter"]
    family = await registry.family(child)
    found = [member.name for member in lineage.members(family)]
    assert found == ["second", "first", "start"]
    whole = lineage.cumulated(family)
    assert whole.flops == pytest.approx(parent.lineage.flops + child.lineage.flops)
    assert (whole.unknown, child.lineage.flops > 0) == (("start",), True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_run_without_an_export_is_exported_and_registered(registry: Registry, tmp_path: Path) -> None:
    talks = write_talks(tmp_path / "talks")
    run = train(taught(talks, registry.settings.home / "runs" / "first")).path
    shutil.rmtree(run / "export")
    version = await registry.add(run, "anew")
    assert version.model == "anew"
    assert version.lineage.data[0].name == "", "its data had no card"


def test_without_a_folder_of_runs_no_run_is_behind_anything(registry: Registry) -> None:
    assert run_lineage.run_behind(registry.settings, None, frozenset({"0" * 64})) is None
