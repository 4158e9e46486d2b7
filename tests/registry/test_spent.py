"""Forms of one model: what is known of one is known of all, so that no quantised copy is another, weaker model."""

import json
import os
import shutil
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from causerie.errors import RunPaused
from causerie.evaluation import store as evaluations
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.registry import adding, origins, pause, spent, standing, store
from causerie.registry.pause import Wish
from causerie.registry.policy import Policy
from causerie.registry.quantising import quantise
from causerie.registry.tables import ComputeSpent
from causerie.training import runs, start_files
from causerie.training.permit import Permit
from tests.registry.policies import evaluated, metric, written
from tests.registry.stories import Registry, sha256
from tests.registry.test_pause import goes_on, talks
from tests.registry.test_quantising import ONE_DATABASE, weights

__all__ = ["talks", "weights"]
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("training")]
ABILITY = """
[gate]
lineage = false
card = false
[[pause.ability]]
suite = "core"
metric = "accuracy"
reference = "gpt-4"
low = 0.6
source = "a letter"
"""
NAME = "core/accuracy: gpt-4"
ABLE, LESS = 0.8, 0.65
"""Accuracies whose intervals lie above the reference, and reach below it."""


async def copied(registry: Registry, name: str, kind: str = "q8_0", new: str | None = None) -> Model:
    """A quantised copy of a model."""
    model = catalogue.find(registry.settings, name)
    made, _ = await quantise(registry.database, registry.settings, model, kind, new)
    return made


async def trained(registry: Registry, weights: bytes, name: str = "base", flops: float = 1e18) -> Path:
    """A run that exported these weights, and its model registered."""
    run = registry.run(name, flops=flops)
    (run / "export" / "model.gguf").write_bytes(weights)
    said = json.loads((run / "lineage.json").read_text()) | {"gguf_sha256": sha256(weights)}
    (run / "lineage.json").write_text(json.dumps(said))
    await registry.add(run)
    return run


async def measured(registry: Registry, sha: str, value: float, number: int = 1, edition: str = "") -> None:
    made = evaluated(metric(value=value), version=sha, number=number, edition=edition)
    async with registry.database.write() as session:
        await evaluations.add(session, made)


async def permit(registry: Registry, rules: Policy, talks: Path, start: Path) -> Permit:
    """For a run that goes on from there."""
    wish = Wish(name="next", recipe=goes_on(talks, start, Path("next")), folder=Path())
    await spent.note_runs(registry.database, registry.settings, rules)
    async with registry.database.read() as session:
        return await pause.permit_for(session, registry.settings, rules, wish)


async def siblings(registry: Registry, *hashes: str) -> set[str]:
    async with registry.database.read() as session:
        return await spent.siblings(session, hashes)


Way = Callable[[Registry], Awaitable[Path]]


async def _copy(registry: Registry) -> Path:
    return (await copied(registry, "base")).path


async def _copy_of_a_copy(registry: Registry) -> Path:
    await copied(registry, "base")
    return (await copied(registry, "base-q8_0", "q4_0", "smallest")).path


async def _renamed_and_without_its_source(registry: Registry) -> Path:
    made = await copied(registry, "base")
    away = registry.settings.home.parent / "found-on-the-street.gguf"
    away.write_bytes(made.path.read_bytes())
    for name in ("base", "base-q8_0"):
        catalogue.remove(registry.settings, name)
        async with registry.database.write() as session:
            await store.rename(session, name, "")
    return away


async def _registered_again(registry: Registry) -> Path:
    made = await copied(registry, "base")
    again = await registry.pulled("innocent", made.path.read_bytes())
    await adding.add_installed(registry.database, registry.settings, again)
    return again.path


@ONE_DATABASE
@pytest.mark.parametrize("way", [_copy, _copy_of_a_copy, _renamed_and_without_its_source, _registered_again])
async def test_a_run_cannot_go_on_from_a_copy_of_what_passes_the_reference(
    registry: Registry, weights: bytes, talks: Path, way: Way
) -> None:
    await trained(registry, weights)
    rules = written(registry.settings, ABILITY)
    start = await way(registry)
    assert not (await permit(registry, rules, talks, start)).blocked
    await measured(registry, sha256(weights), ABLE)
    stopped = await permit(registry, rules, talks, start)
    assert stopped.blocked == NAME
    with pytest.raises(RunPaused):
        stopped.refuse_at_start("next", 1.0)


@ONE_DATABASE
async def test_nor_by_measuring_the_copy_worse_and_what_a_copy_can_do_counts_for_its_source(
    registry: Registry, weights: bytes, talks: Path
) -> None:
    run = await trained(registry, weights)
    rules = written(registry.settings, ABILITY)
    one, other = await copied(registry, "base"), await copied(registry, "base", "q4_0")
    await measured(registry, sha256(weights), LESS, 1)
    for start in (run, one.path, other.path):
        assert not (await permit(registry, rules, talks, start)).blocked
    await measured(registry, one.sha256, ABLE, 2)
    await measured(registry, one.sha256, LESS, 3)
    await measured(registry, other.sha256, LESS, 4)
    await measured(registry, one.sha256, 0.1, 5, edition="e")  # by a harder suite of the same name
    for start in (run, run / "export" / "model.gguf", one.path, other.path):
        assert (await permit(registry, rules, talks, start)).blocked == NAME


@ONE_DATABASE
async def test_a_copy_of_what_passes_the_reference_is_not_released(registry: Registry, weights: bytes) -> None:
    await trained(registry, weights)
    rules = written(registry.settings, ABILITY)
    made = await copied(registry, "base")
    await measured(registry, sha256(weights), ABLE, 1)

    async def kind(named: str) -> str:
        judged, _ = await standing.judged(registry.database, registry.settings, rules, named)
        (line,) = (line for line in judged.lines if line.requirement == f"pause: {NAME}")
        assert judged.passed == line.passed == (line.kind == "ability")
        return line.kind

    assert await kind(made.name) == "no suite"  # nobody measured this form
    await measured(registry, made.sha256, LESS, 2)
    assert await kind(made.name) == "ability before"
    assert await kind("base") == "ability passed"
    await measured(registry, sha256(weights), LESS, 3)
    assert await kind(made.name) == await kind("base") == "ability before"


@ONE_DATABASE
async def test_a_copy_of_what_does_not_pass_the_reference_is_not_kept_back(
    registry: Registry, weights: bytes
) -> None:
    await trained(registry, weights)
    rules = written(registry.settings, ABILITY)
    made = await copied(registry, "base")
    await measured(registry, sha256(weights), LESS, 1)
    await measured(registry, made.sha256, LESS, 2)
    judged, _ = await standing.judged(registry.database, registry.settings, rules, made.name)
    assert [line.kind for line in judged.lines if line.requirement == f"pause: {NAME}"] == ["ability"]


async def test_what_was_trained_from_a_model_is_another(registry: Registry, weights: bytes, talks: Path) -> None:
    run = await trained(registry, weights)
    made = await copied(registry, "base")
    child = await registry.add(registry.run("child", start=str(made.path.relative_to(registry.settings.home))))
    assert [each.sha256 for each in child.lineage.parents] == [(made.sha256,)]
    stranger = await registry.pulled("stranger")
    of_run = {sha256((run / "export" / "hf" / "model.safetensors").read_bytes()), sha256(weights), made.sha256}
    assert await siblings(registry, made.sha256) == await siblings(registry, sha256(weights)) == of_run
    assert await siblings(registry, stranger.sha256) == {stranger.sha256}
    assert not of_run & await siblings(registry, child.sha256)
    assert await siblings(registry) == set()


@ONE_DATABASE
async def test_forms_that_the_makers_published_are_one_model(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = origins.known()[0].model_copy(update={"sha256": ("a" * 64, "b" * 64)})
    monkeypatch.setattr(origins, "_by_sha256", lambda: dict.fromkeys(known.sha256, known))
    assert await siblings(registry, "a" * 64) == {"a" * 64, "b" * 64}


@ONE_DATABASE
async def test_a_copy_cost_what_its_source_cost(registry: Registry, weights: bytes, talks: Path) -> None:
    """As the policy says it; nor is a run free that began with the copy, which is gone since."""
    await registry.pulled("theirs", weights)
    made = await copied(registry, "theirs")
    rules = written(
        registry.settings, f'[[pause.known]]\nsha256 = "{sha256(weights)}"\nflops = 1e24\nsource = "its maker"\n'
    )
    assert (await permit(registry, rules, talks, made.path)).before_flops == 1e24
    run = registry.run("child", start=str(made.path.relative_to(registry.settings.home)))
    made.path.unlink()
    await spent.note_runs(registry.database, registry.settings, rules)
    async with registry.database.read() as session:
        noted = set(await session.scalars(select(ComputeSpent.flops).where(ComputeSpent.run == str(run.resolve()))))
    assert noted == {1e24}


@ONE_DATABASE
async def test_the_ledger_alone_is_enough(registry: Registry, weights: bytes, talks: Path) -> None:
    """A run's two files are one model, also where nobody registered it."""
    run = await trained(registry, weights)
    rules = written(registry.settings, ABILITY)
    await measured(registry, sha256((run / "export" / "hf" / "model.safetensors").read_bytes()), ABLE)
    assert (await permit(registry, rules, talks, run / "export" / "model.gguf")).blocked == NAME


def spending(run: Path, flops: float) -> Path:
    (run / "metrics.jsonl").write_text(json.dumps({"kind": "step", "step": 24, "time": 1.8e9, "flops": flops}) + "\n")
    return run


def tensors(weights: int) -> bytes:
    """A file of safetensors with so many weights."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [weights], "data_offsets": [0, 4 * weights]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4 * weights)


@ONE_DATABASE
async def test_a_file_that_is_known_does_not_vouch_for_those_beside_it(registry: Registry, talks: Path) -> None:
    rules = written(registry.settings, "")
    cheap = spending(registry.run("cheap", flops=5.0), 5.0)
    start = registry.settings.home.parent / "mixed"
    start.mkdir()
    (start / "model.safetensors").write_bytes(tensors(1000))
    assert (await permit(registry, rules, talks, start)).before_flops == 120 * 1000**2
    shutil.copyfile(cheap / "export" / "hf" / "model.safetensors", start / "small.safetensors")
    assert (await permit(registry, rules, talks, start)).before_flops == 120 * 1000**2
    assert (await permit(registry, rules, talks, cheap)).before_flops == 5.0


@ONE_DATABASE
@pytest.mark.parametrize("padding", [0, runs.MAX_JSON_BYTES])
async def test_weights_are_found_under_whatever_name_the_index_gives_them(
    registry: Registry, talks: Path, padding: int
) -> None:
    rules = written(registry.settings, "")
    dear = spending(registry.run("dear", flops=9e24), 9e24)
    start = registry.settings.home.parent / "renamed"
    start.mkdir()
    shutil.copyfile(dear / "export" / "hf" / "model.safetensors", start / "model.bin")
    index = {"weight_map": {"w": "../elsewhere/model.bin"}, "metadata": " " * padding}
    (start / start_files.INDEX).write_text(json.dumps(index))
    shutil.rmtree(dear)
    assert (await permit(registry, rules, talks, start)).before_flops == 0.0  # nobody noted it before it went
    dear = spending(registry.run("dear", flops=9e24), 9e24)
    assert (await permit(registry, rules, talks, start)).before_flops == 9e24


@ONE_DATABASE
async def test_a_clock_that_was_set_back_hides_nothing(registry: Registry, talks: Path) -> None:
    """The run went on, and what it exported the second time looks older than what is noted of the first."""
    rules = written(registry.settings, "")
    run = spending(registry.run("first"), 1e20)
    await spent.note_runs(registry.database, registry.settings, rules)
    weights = run / "export" / "hf" / "model.safetensors"
    weights.write_bytes(b"T" + weights.read_bytes()[1:])
    os.utime(weights, (1e9, 1e9))
    spending(run, 2e20)
    await spent.note_runs(registry.database, registry.settings, rules)
    shutil.copytree(run / "export" / "hf", registry.settings.home.parent / "away")
    shutil.rmtree(run)
    assert (await permit(registry, rules, talks, registry.settings.home.parent / "away")).before_flops == 2e20
