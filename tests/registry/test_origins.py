"""What makers published is known by the hash of the file, and by nothing else; it closes lineages and counts.

The starter's own file is read where its package is installed: the table is about these very bytes.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from causerie.evaluation import store as evaluations
from causerie.inference import gguf as gguf_reader
from causerie.inference import packaged
from causerie.inference.contract import Model
from causerie.inference.model_files import file_sha256
from causerie.registry import (
    adding,
    bill_of_materials,
    card,
    lineage,
    lineage_drawing,
    notes,
    origins,
    pause,
    policy,
    spent,
    standing,
    training_summary,
)
from causerie.registry.contract import ModelVersion
from causerie.registry.gate import Line
from causerie.registry.lineage import Family, Gap
from causerie.registry.pause import Wish
from tests.inference.gguf_writer import LLAMA, gguf
from tests.registry.bills import assert_valid
from tests.registry.policies import written
from tests.registry.stories import Registry, evaluation, sha256
from tests.registry.test_card import front_matter
from tests.training.runs import recipe_of

PACKAGED = {model.name: model for model in packaged.packaged_models()}
STARTER = next(each for each in origins.known() if packaged.STARTER_SHA256 in each.sha256)
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where a file of 98 MB is hashed several times."""


@pytest.fixture
def starter() -> Model:
    if packaged.STARTER_NAME not in PACKAGED:
        pytest.skip("the extra `starter` is not installed")
    return PACKAGED[packaged.STARTER_NAME]


def at_home(registry: Registry, model: Model, name: str = "start.gguf") -> str:
    """The model's file under another name in the data folder."""
    (registry.settings.home / name).symlink_to(model.path)
    return name


async def candidate(registry: Registry, start: str) -> tuple[ModelVersion, Family]:
    """A model that was trained from a file, whose own file says no licence: exports of runs say none."""
    run = registry.run("assistant", start=start, flops=2e15)
    silent = gguf({key: value for key, value in LLAMA.items() if key != "general.license"}, filler=b"assistant")
    (run / "export" / "model.gguf").write_bytes(silent)
    said = json.loads((run / "lineage.json").read_text()) | {"gguf_sha256": sha256(silent)}
    (run / "lineage.json").write_text(json.dumps(said))
    version = await registry.add(run)
    return version, await registry.family(version)


async def papers(registry: Registry, named: str) -> dict[str, Line]:
    """What the gate says by the policy that ships."""
    judged, _ = await standing.judged(registry.database, registry.settings, policy.load(registry.settings), named)
    return {line.requirement: line for line in judged.lines}


# --- the table --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", origins.known(), ids=lambda each: each.name)
def test_each_figure_has_its_source_and_each_sentence_its_place(origin: origins.Origin) -> None:
    assert set(origin.card) <= notes.KEYS.keys()
    assert set(notes.REQUIRED) <= origin.card.keys()
    stated = {key for key in ("tokens", "flops", "parameters", "licence", "objective") if getattr(origin, key)}
    assert stated | {"sha256"} == origin.sources.keys()
    assert origin.url.startswith("https://")
    assert origin.repository.count("/") == 1
    if origin.flops:  # 6 for each weight and token (Kaplan et al., 2020)
        assert origin.flops == pytest.approx(6 * origin.parameters * origin.tokens, rel=0.001)


def test_no_file_is_two_models() -> None:
    hashes = [sha256 for origin in origins.known() for sha256 in origin.sha256]
    assert len(hashes) == len(set(hashes))


def test_the_table_is_of_the_files_that_packages_bring(starter: Model) -> None:
    assert file_sha256([starter.path]) in STARTER.sha256
    assert gguf_reader.read(starter.path).parameters == STARTER.parameters
    embeddings = PACKAGED.get(packaged.EMBEDDINGS_NAME)
    if embeddings is not None:
        found = origins.of([file_sha256([embeddings.path])])
        assert found is not None
        assert (found.name, found.licence) == ("multilingual-e5-small", embeddings.licence)


def test_one_known_file_does_not_vouch_for_what_lies_beside_it() -> None:
    assert origins.of(STARTER.sha256) is STARTER
    assert origins.of([*STARTER.sha256, "0" * 64]) is None
    assert origins.of(["0" * 64]) is None
    assert origins.of([]) is None
    (other,) = (each for each in origins.known() if each is not STARTER)
    assert origins.of([*STARTER.sha256, *other.sha256]) is None


# --- lineages ---------------------------------------------------------------------------------------------------


@ONE_DATABASE
@pytest.mark.parametrize("registered", [False, True])
async def test_what_is_trained_from_the_starter_has_a_whole_lineage(
    registry: Registry, starter: Model, registered: bool
) -> None:
    if registered:
        await adding.add_installed(registry.database, registry.settings, starter)
    version, family = await candidate(registry, at_home(registry, starter))
    assert lineage.missing(family) == ()
    assert lineage.cumulated(family) == lineage.Cumulated(flops=STARTER.flops + 2e15)
    (parent,) = family.parents
    assert parent.name == (packaged.STARTER_NAME if registered else "SmolLM2-135M-Instruct")
    assert parent.lineage is not None
    assert (parent.lineage.made_by, parent.lineage.tokens) == ("published", 2 * 10**12)
    # The weights' licence counts, of the texts those that were chosen here.
    assert version.lineage.licence == ""
    assert lineage.licence(family) == "Apache-2.0"
    assert set(lineage.licences(family)) == {
        ("assistant", "Apache-2.0"), (parent.name, "Apache-2.0"), ("fables", "CC0-1.0"), ("notes", "MIT"),
    }  # fmt: skip
    lines = await papers(registry, "assistant")
    assert lines["lineage"].passed
    assert lines["licence"].passed
    assert lines["licence"].values == {"licence": "Apache-2.0"}
    assert all(line.passed for name, line in lines.items() if name.startswith("pause: ") and line.bound)
    # Who made it, only people can say; the rest of the card is filled.
    assert lines["card"].values == {"missing": "developed_by: who made it, an evaluation"}
    registry.settings = registry.settings.model_copy(update={"organisation": "The Lilac Lab"})
    assert (await papers(registry, "assistant"))["card"].values == {"missing": "an evaluation"}
    async with registry.database.write() as session:
        await evaluations.add(session, evaluation(version))
    line = (await papers(registry, "assistant"))["card"]
    assert (line.passed, line.reason) == (True, "the card is complete")


@ONE_DATABASE
async def test_the_card_of_a_child_says_of_which_model_it_speaks(registry: Registry, starter: Model) -> None:
    _, family = await candidate(registry, at_home(registry, starter))
    said = notes.notes_of(registry.settings, family)
    assert said["limitations"].startswith("Of SmolLM2-135M-Instruct, from which it was trained: It invents facts")
    assert "developed_by" not in said
    text = card.card_of(family, [], said)
    assert front_matter(text)["base_model"] == ["HuggingFaceTB/SmolLM2-135M-Instruct"]
    assert front_matter(text)["license"] == "apache-2.0"
    for part in ("### Published Origin: SmolLM2-135M-Instruct", "2,000,000,000,000 | model card", "1.614e+21",
                 "FineWeb-Edu | ODC-By-1.0 | en | **Missing.** |", "Hugging Face (Allal et al.)",
                 "1.61e+21 floating point operations\n", "**Developed by:** **Missing.**"):  # fmt: skip
        assert part in text, part
    (registry.settings.models_folder / "assistant" / "card.toml").write_text('developed_by = "Ada"\nuses = "Tests."')
    said = notes.notes_of(registry.settings, family)
    assert (said["developed_by"], said["uses"]) == ("Ada", "Tests.")
    assert card.gaps(family, [], said) == ("an evaluation",)
    summary = training_summary.summary_of(family, said)
    assert "| Data that is not known | none |" in summary
    assert "| FineWeb-Edu | hub | ODC-By-1.0 | **Missing.** | **Missing.** |" in summary
    assert "Of SmolLM2-135M-Instruct, from which it was trained: Cosmopedia v2" in summary


@ONE_DATABASE
async def test_the_starter_itself_is_described_by_its_makers_words(registry: Registry, starter: Model) -> None:
    version = await adding.add_installed(registry.database, registry.settings, starter)
    assert version.lineage.made_by == "file"  # what was signed does not change with the table
    family = await registry.family(version)
    said = notes.notes_of(registry.settings, family)
    assert said["developed_by"].startswith("Hugging Face")
    assert card.gaps(family, [], said) == ("an evaluation",)
    text = card.card_of(family, [], said)
    assert "**Finetuned from model:** HuggingFaceTB/SmolLM2-135M, by the same makers" in text
    drawn = lineage_drawing.as_text(family)
    assert "published by Hugging Face (Allal et al.), licence Apache-2.0" in drawn
    assert "pretrain, sft, dpo: 2,000,000,000,000 tokens, 1.61e+21 FLOP" in drawn
    assert "code: causerie" not in drawn
    assert lineage_drawing.as_json(family)["members"][0]["made_by"] == "published"
    bill = bill_of_materials.bill_of(family, [])
    assert_valid(bill)
    assert bill["metadata"]["component"]["manufacturer"] == {"name": "Hugging Face (Allal et al.)"}


@ONE_DATABASE
async def test_with_one_byte_changed_it_is_unknown_again_and_refused(registry: Registry, starter: Model) -> None:
    content = bytearray(starter.path.read_bytes())
    content[-1] ^= 1
    (registry.settings.home / packaged.STARTER_FILE).write_bytes(content)
    _, family = await candidate(registry, packaged.STARTER_FILE)
    assert lineage.gaps(family) == (Gap(what="origin", of=packaged.STARTER_FILE),)
    assert lineage.cumulated(family).unknown == (packaged.STARTER_FILE,)
    lines = await papers(registry, "assistant")
    assert (lines["lineage"].passed, lines["licence"].passed) == (False, False)
    assert "origin of SmolLM2" in lines["lineage"].reason


async def test_a_name_and_an_architecture_borrow_no_past(registry: Registry) -> None:
    content = gguf({**LLAMA, "general.name": "SmolLM2 135M Instruct"}, filler=b"another")
    model = await registry.pulled("smollm2-135m", content)
    version = await adding.add_installed(registry.database, registry.settings, model)
    family = await registry.family(version)
    assert family.origin is None
    assert lineage.missing(family) == ("origin of smollm2-135m",)
    (registry.settings.home / packaged.STARTER_FILE).write_bytes(content)
    _, child = await candidate(registry, packaged.STARTER_FILE)
    assert "origin of smollm2-135m" in lineage.missing(child)


@ONE_DATABASE
async def test_a_run_that_passes_the_starter_off_as_its_own_takes_nothing_off(
    registry: Registry, starter: Model
) -> None:
    forged = registry.run("forged", flops=1.0)
    copy = forged / "export" / "hf" / "other.safetensors"
    copy.symlink_to(starter.path)
    await registry.add(forged)
    version, family = await candidate(registry, at_home(registry, starter))
    assert version.lineage.parents[0].name == "start.gguf"
    assert lineage.cumulated(family).flops == STARTER.flops + 2e15
    assert family.parents[0].origin is STARTER


@ONE_DATABASE
async def test_what_nobody_published_is_a_gap(registry: Registry) -> None:
    if packaged.EMBEDDINGS_NAME not in PACKAGED:
        pytest.skip("the extra `starter` is not installed")
    model = PACKAGED[packaged.EMBEDDINGS_NAME]
    family = await registry.family(await adding.add_installed(registry.database, registry.settings, model))
    assert [(gap.what, gap.of[:20]) for gap in lineage.gaps(family)] == [
        ("compute", "multilingual-e5-smal"), ("licence of the data", "mC4, CC News, NLLB, "),
    ]  # fmt: skip
    assert lineage.cumulated(family) == lineage.Cumulated(flops=0.0, unknown=("multilingual-e5-small",))
    text = card.card_of(family, [], notes.notes_of(registry.settings, family))
    assert "| tokens | **Missing.** |" in text
    assert "contrastive, on pairs of texts: ? tokens, ? FLOP" in lineage_drawing.as_text(family)


# --- the pause --------------------------------------------------------------------------------------------------


@ONE_DATABASE
async def test_the_published_operations_count_towards_a_pause(registry: Registry, starter: Model) -> None:
    rules = '[pause]\n[[pause.compute]]\nflops = {}\nname = "line"\nsource = "us"\n'
    place = registry.settings.home / at_home(registry, starter)
    within = written(registry.settings, rules.format("1e22"))
    changes: dict[str, Any] = {"objective": "sft", "model": {"start": str(place), "context": 32}}
    recipe = recipe_of(Path("data"), Path("runs", "child"), optimiser={"kind": "adamw"}, **changes)
    wish = Wish(name="child", recipe=recipe, folder=registry.settings.home)
    async with registry.database.read() as session:
        assert await spent.behind(session, registry.settings, within, place) == STARTER.flops
        permit = await pause.permit_for(session, registry.settings, within, wish)
    assert permit.before_flops == STARTER.flops
    assert not permit.is_reached(0.0, 1e15)
    passed = written(registry.settings, rules.format("1.6e21"))
    async with registry.database.read() as session:
        permit = await pause.permit_for(session, registry.settings, passed, wish)
    assert permit.is_reached(0.0, 1.0)
    _, family = await candidate(registry, "start.gguf")
    lines = await papers(registry, "assistant")
    assert not lines["pause: line"].passed
    assert lines["pause: line"].figure == lineage.cumulated(family).flops
