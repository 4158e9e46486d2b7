"""Where a model comes from is found by content: a new name, another place or a split run hides nothing."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from causerie.errors import ModelChanged, ModelFileError
from causerie.registry import lineage
from causerie.registry.contract import Feedback, Lineage, Parent
from causerie.registry.lineage import Gap
from causerie.training import runs
from tests.registry.stories import CARD, Registry, sha256


async def test_a_run_becomes_a_version_with_all_that_it_stands_on(registry: Registry) -> None:
    told = Feedback(pairs=12, judgements=30, people=4, until="2026-10-31", sha256="8" * 64, improvement="imp_1")
    version = await registry.add(registry.run("base"), feedback=told)
    said = version.lineage
    assert (said.made_by, said.source, said.objective, said.licence) == ("run", "base", "pretrain", "Apache-2.0")
    assert (said.parameters, said.steps, said.tokens, said.flops) == (12_345, 24, 6144, 1e15)
    assert said.code == {"causerie": "0.1.0", "torch": "2.13.0", "python": "3.11"}
    assert said.recipe_sha256 == sha256(said.recipe.encode())
    (data,) = said.data
    assert (data.name, data.sha256, data.characters) == ("small talk", "5" * 64, 10_000)
    assert [(text.name, text.licence) for text in data.texts] == [("fables", "CC0-1.0"), ("notes", "MIT")]
    assert data.steps == ("read", "personal_data", "duplicates")
    assert said.feedback == told
    assert [(file.name, file.role) for file in version.files] == [
        ("model.gguf", "model"), ("export/hf/model.safetensors", "weights"),
    ]  # fmt: skip
    family = await registry.family(version)
    assert lineage.missing(family) == ()
    assert lineage.cumulated(family) == lineage.Cumulated(flops=1e15)
    assert Lineage.from_json(json.loads(json.dumps(said.to_json()))) == said


@pytest.mark.parametrize("how", ["run", "folder", "file"])
async def test_a_parent_is_found_by_its_hash_wherever_it_went(registry: Registry, how: str) -> None:
    base = registry.run("base", flops=1e18)
    parent = await registry.add(base)
    home = registry.settings.home
    if how == "run":
        start = "elsewhere/other-name"
        shutil.copytree(base, home / start)
    elif how == "folder":
        start = "plain"
        shutil.copytree(base / "export" / "hf", home / start / "export" / "hf")
        (home / start / "export" / "hf" / "model.safetensors").rename(home / start / "export/hf/w.safetensors")
    else:
        start = "innocent.gguf"
        shutil.copyfile(base / "export" / "model.gguf", home / start)
    child = await registry.add(registry.run("child", start=start, flops=2e18))
    assert [each.version for each in child.lineage.parents] == [parent.id]
    shutil.rmtree(base)
    family = await registry.family(child)
    assert [member.name for member in lineage.members(family)] == ["child", "base"]
    assert lineage.cumulated(family).flops == 3e18
    assert (await registry.behind(home / start)).flops == 1e18


async def test_a_parent_that_is_registered_later_is_found_all_the_same(registry: Registry) -> None:
    base = registry.run("base", flops=1e18)
    moved = registry.settings.home / "away"
    child_run = registry.run("child", start="runs/base", flops=2e18)
    shutil.move(base, moved)
    child = await registry.add(child_run)
    assert [each.version for each in child.lineage.parents] == [""]
    before = await registry.family(child)
    assert lineage.cumulated(before) == lineage.Cumulated(flops=2e18, unknown=("base",))
    assert lineage.gaps(before) == (Gap(what="origin", of="base"),)
    await registry.add(moved, "found-again")
    assert lineage.cumulated(await registry.family(child)) == lineage.Cumulated(flops=3e18)


async def test_runs_that_nobody_registered_are_taken_in(registry: Registry) -> None:
    registry.run("first", flops=1e18)
    registry.run("second", start="runs/first", flops=2e18)
    version = await registry.add(registry.run("third", start="runs/second", flops=4e18))
    (second,) = version.lineage.parents
    assert (second.version, second.lineage and second.lineage.source) == ("", "second")
    family = await registry.family(version)
    assert [member.name for member in lineage.members(family)] == ["third", "second", "first"]
    assert lineage.cumulated(family) == lineage.Cumulated(flops=7e18)
    assert lineage.missing(family) == ()


async def test_a_run_is_found_by_what_it_wrote_when_its_file_lies_elsewhere(registry: Registry) -> None:
    base = registry.run("base", flops=1e18)
    shutil.copyfile(base / "export" / "model.gguf", registry.settings.home / "stray.gguf")
    version = await registry.add(registry.run("child", start="stray.gguf", flops=2e18))
    assert lineage.cumulated(await registry.family(version)).flops == 3e18


async def test_a_run_that_is_not_over_is_a_parent_too(registry: Registry) -> None:
    base = registry.run("base", flops=1e18)
    (base / "lineage.json").unlink()
    row = {"kind": "step", "step": 7, "time": 1.8e9, "flops": 5e17}
    (base / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    (registry.settings.home / "data").mkdir()
    (registry.settings.home / "data" / "card.json").write_text(json.dumps(CARD))
    version = await registry.add(registry.run("child", start="runs/base", flops=2e18))
    family = await registry.family(version)
    assert lineage.cumulated(family).flops == 2.5e18
    parent = list(lineage.members(family))[1].lineage
    assert parent is not None
    assert parent.data[0].name == "small talk"


async def test_a_start_that_is_gone_is_an_unknown_parent(registry: Registry) -> None:
    base = registry.run("base")
    child = registry.run("child", start="runs/base", flops=2e18)
    shutil.rmtree(base)
    (child / "lineage.json").unlink()
    (child / "metrics.jsonl").write_text(json.dumps({"kind": "step", "step": 7, "time": 1.8e9, "flops": 2e18}) + "\n")
    version = await registry.add(child)
    assert version.lineage.parents == (Parent(name="runs/base", sha256=()),)
    assert lineage.missing(await registry.family(version)) == (
        "tokenizer of child",
        "data of child",
        "origin of base",
    )


async def test_a_poorer_story_of_the_same_file_takes_nothing_off(registry: Registry) -> None:
    base = registry.run("base", flops=1e18)
    await registry.add(base)
    forged = registry.run("forged", at=registry.settings.home / "forged")
    shutil.copyfile(base / "export" / "model.gguf", forged / "export" / "model.gguf")
    said = json.loads((forged / "lineage.json").read_text())
    said |= {"flops": 1.0, "gguf_sha256": sha256((base / "export" / "model.gguf").read_bytes())}
    (forged / "lineage.json").write_text(json.dumps(said))
    await registry.add(forged)
    shutil.copyfile(base / "export" / "model.gguf", registry.settings.home / "start.gguf")
    assert (await registry.behind(registry.settings.home / "start.gguf")).flops == 1e18


async def test_an_ancestor_on_two_ways_counts_once(registry: Registry) -> None:
    base = await registry.add(registry.run("base", flops=1e18))
    left = await registry.add(registry.run("left", start="runs/base", flops=2e18))
    right = await registry.add(registry.run("right", start="runs/base", flops=4e18))
    both = tuple(Parent(name=each.model, sha256=(each.sha256,), version=each.id) for each in (left, right))
    merged = replace(base, id="0" * 64, lineage=replace(base.lineage, parents=both, flops=8e18))
    async with registry.database.read() as session:
        family = await lineage.family(session, merged)
    assert [member.name for member in lineage.members(family)] == ["base", "left", "right", "base"]
    assert lineage.cumulated(family).flops == 15e18


async def test_a_model_of_elsewhere_has_no_known_origin(registry: Registry) -> None:
    pulled = await registry.pulled("llama")
    shutil.copyfile(pulled.path, registry.settings.home / "llama-start.gguf")
    version = await registry.add(registry.run("child", start="llama-start.gguf", card={}))
    family = await registry.family(version)
    assert lineage.missing(family) == ("data of child", "origin of llama-start.gguf")
    assert lineage.cumulated(family).unknown == ("llama-start.gguf",)
    (registry.settings.home / "nothing").write_bytes(b"nobody knows it")
    none = await registry.behind(registry.settings.home / "nothing")
    assert (none.flops, none.unknown) == (0.0, ("nothing",))


async def test_licences_of_weights_and_texts_come_together(registry: Registry) -> None:
    card: dict[str, Any] = {**CARD, "sources": [{**CARD["sources"][0], "licence": ""}]}
    await registry.add(registry.run("base", card=card))
    family = await registry.family(await registry.add(registry.run("child", start="runs/base")))
    assert set(lineage.licences(family)) == {
        ("child", "Apache-2.0"), ("base", "Apache-2.0"), ("fables", "CC0-1.0"), ("notes", "MIT"), ("fables", ""),
    }  # fmt: skip
    assert lineage.missing(family) == ("licence of the data of fables",)


async def test_a_run_whose_model_file_was_changed_is_not_registered(registry: Registry) -> None:
    run = registry.run("base")
    file = run / "export" / "model.gguf"
    file.write_bytes(file.read_bytes() + b"!")
    with pytest.raises(ModelChanged, match="is not the file that the run base wrote"):
        await registry.add(run)
    assert not (registry.settings.models_folder / "base").exists()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"start": 3, "data_card": 4, "flops": "many", "tokens": -5, "code": []}',
     '{"start": {"path": ["x"], "a": "no hash"}, "data_card": {"sources": [1, {"name": null}], "steps": {}},'
     ' "flops": 1e400, "weights_sha256": [1]}',
     '{"data_card": "text", "flops": true, "parameters": 1e30}'],
    ids=["empty", "list", "cut", "kinds", "inside", "large"],
)  # fmt: skip
async def test_a_damaged_lineage_is_a_poorer_one_and_no_crash(registry: Registry, content: str) -> None:
    run = registry.run("base")
    (run / "lineage.json").write_text(content)
    version = await registry.add(run)
    assert version.lineage.flops == 0.0
    assert "compute of base" in lineage.missing(await registry.family(version))


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "lineage.json"
    path.write_text('{"x": "' + "x" * runs.MAX_JSON_BYTES + '"}')
    assert runs.read_json(path) == {}


@pytest.mark.parametrize("value", [{"data": [3]}, {"parents": 3}, {"data": [{}]}, {"feedback": [1]}])
def test_a_lineage_that_is_none_is_told(value: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match="a lineage cannot be read"):
        Lineage.from_json(value)


def test_a_parent_is_called_by_its_run() -> None:
    assert lineage.short_name("/somewhere/runs/base/export/hf") == "base"
    assert lineage.short_name("runs/base/export/model.gguf") == "base"
    assert lineage.short_name("weights.gguf") == "weights.gguf"
    assert lineage.short_name("/") == "/"
