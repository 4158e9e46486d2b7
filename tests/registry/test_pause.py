"""The pause: runs that would pass a threshold stop, whatever is tried; two signatures let one of them go on.

The runs are a few steps of a tiny model, trained for real; the threshold is set just above what one of them takes.
"""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from causerie.accounts import audit, people
from causerie.accounts.identity import Role
from causerie.database.engine import Database, open_database
from causerie.errors import CauserieError, Conflict, Forbidden, InvalidRequest, NotFound, RunPaused
from causerie.evaluation import store as evaluations
from causerie.registry import pause, policy, spent, training_job
from causerie.registry.gate import Standing, judge
from causerie.registry.pause import Wish
from causerie.registry.permits import permitted
from causerie.registry.tables import ComputeSpent, Pause
from causerie.settings import Settings
from causerie.training import runs, start_files
from causerie.training.permit import Permit
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import toml_of
from causerie.training.run import train
from tests.jobs.test_backup import Here
from tests.registry.policies import evaluated, metric, team, written
from tests.training.runs import events
from tests.training.talks import write_talks
from tests.training.test_export import STEPS, taught

pytestmark = pytest.mark.xdist_group("training")
NOTHING = "tokens_per_parameter = 1e-30\n"
"""What the models of these tests went through before is taken to be nothing."""
REASON = "the board decided it on Monday"


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_talks(tmp_path_factory.mktemp("talks"))


@pytest.fixture
def one_run(talks: Path, settings: Settings, database_url: str) -> float:
    """The operations of one run; the policy's threshold is one and a half times that."""
    rules(settings, 1e30)
    run(settings, taught(talks, settings.home / "runs" / "first"))
    took = runs.facts(settings.home / "runs" / "first").flops
    assert took > 0
    rules(settings, 1.5 * took)
    return took


def rules(settings: Settings, flops: float, stop: str = "start", more: str = "") -> policy.Policy:
    text = f'[pause]\nstop = "{stop}"\n{NOTHING}[[pause.compute]]\nflops = {flops!r}\nname = "line"\nsource = "us"\n'
    return written(settings, text + more)


def run(settings: Settings, recipe: Recipe, *, resume: bool = False) -> Path:
    """As `causerie train` does it."""
    with permitted(settings, recipe) as permit:
        return train(recipe, resume=resume, permit=permit).path


def goes_on(talks: Path, start: Path, place: Path, **changes: Any) -> Recipe:
    recipe = taught(talks, place, **changes)
    return recipe.model_copy(update={"model": recipe.model.model_copy(update={"start": str(start)})})


def done(settings: Settings, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def all_of_it() -> Any:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(all_of_it())


def waiting(settings: Settings) -> list[Pause]:
    async def work(database: Database) -> list[Pause]:
        async with database.read() as session:
            return await pause.listed(session, waiting=True)

    found: list[Pause] = done(settings, work)
    return found


def sign(settings: Settings, pause_id: str) -> None:
    async def work(database: Database) -> None:
        ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
        for person in ids.values():
            async with database.write() as session:
                await pause.sign(session, settings, pause_id, person, REASON)

    done(settings, work)


def test_a_run_below_the_threshold_is_trained_and_its_files_are_in_the_ledger(
    settings: Settings, one_run: float
) -> None:
    async def work(database: Database) -> list[ComputeSpent]:
        async with database.read() as session:
            return list(await session.scalars(select(ComputeSpent)))

    rows = done(settings, work)
    assert {row.file for row in rows} == {"model.gguf", "model.safetensors"}
    assert [row.flops for row in rows] == [pytest.approx(one_run)] * 2
    assert waiting(settings) == []


def _split(settings: Settings, first: Path, talks: Path) -> Recipe:
    return goes_on(talks, first, settings.home / "runs" / "second")


def _renamed(settings: Settings, first: Path, talks: Path) -> Recipe:
    shutil.move(first, settings.home / "runs" / "another-name")
    return goes_on(talks, settings.home / "runs" / "another-name", settings.home / "runs" / "second")


def _copied_away(settings: Settings, first: Path, talks: Path) -> Recipe:
    away = settings.home.parent / "bought"
    shutil.copytree(first / "export" / "hf", away)
    shutil.rmtree(first)
    return goes_on(talks, away, settings.home / "runs" / "second")


def _as_gguf(settings: Settings, first: Path, talks: Path) -> Recipe:
    shutil.copyfile(first / "export" / "model.gguf", settings.home.parent / "found-on-the-street.gguf")
    shutil.rmtree(first)
    return goes_on(talks, settings.home.parent / "found-on-the-street.gguf", settings.home / "runs" / "second")


def _fine_tuned(settings: Settings, first: Path, talks: Path) -> Recipe:
    return goes_on(talks, first, settings.home / "runs" / "second", lora={"rank": 2})


def _elsewhere(settings: Settings, first: Path, talks: Path) -> Recipe:
    return goes_on(talks, first, settings.home.parent / "elsewhere")


@pytest.mark.parametrize("way", [_split, _renamed, _copied_away, _as_gguf, _fine_tuned, _elsewhere])
def test_it_cannot_be_passed(
    settings: Settings, one_run: float, talks: Path, way: Callable[[Settings, Path, Path], Recipe]
) -> None:
    recipe = way(settings, settings.home / "runs" / "first", talks)
    with pytest.raises(RunPaused, match="waits for two signatures: with it the lineage would have") as caught:
        run(settings, recipe)
    assert (caught.value.status, caught.value.exit_code) == (409, 21)
    assert not (Path(recipe.run) / "metrics.jsonl").exists()
    assert not (Path(recipe.run) / "export").exists()
    (row,) = waiting(settings)
    assert (row.kind, row.name, row.threshold) == ("compute", Path(recipe.run).name, "line")
    assert row.flops > row.limit_flops == pytest.approx(1.5 * one_run)
    with pytest.raises(RunPaused):
        run(settings, recipe, resume=True)
    assert len(waiting(settings)) == 1  # asking again is no second question


def test_a_run_that_has_no_link_among_the_runs_is_in_the_ledger(
    settings: Settings, one_run: float, talks: Path
) -> None:
    """Its name is taken there, so nobody but the run itself says where it lies."""
    rules(settings, 2.5 * one_run)
    elsewhere = settings.home.parent / "elsewhere" / "first"
    run(settings, goes_on(talks, settings.home / "runs" / "first", elsewhere))
    shutil.copytree(elsewhere / "export" / "hf", settings.home.parent / "bought")
    shutil.rmtree(elsewhere)
    with pytest.raises(RunPaused):
        run(settings, goes_on(talks, settings.home.parent / "bought", settings.home / "runs" / "third"))


def test_many_small_runs_are_stopped_at_the_one_that_passes(settings: Settings, one_run: float, talks: Path) -> None:
    rules(settings, 2.5 * one_run)
    start = settings.home / "runs" / "first"
    start = run(settings, goes_on(talks, start, settings.home / "runs" / "second"))
    with pytest.raises(RunPaused):
        run(settings, goes_on(talks, start, settings.home / "runs" / "third"))


def test_two_signatures_let_this_run_go_on_and_no_other(settings: Settings, one_run: float, talks: Path) -> None:
    first = settings.home / "runs" / "first"
    recipe = goes_on(talks, first, settings.home / "runs" / "second")
    with pytest.raises(RunPaused):
        run(settings, recipe)
    (row,) = waiting(settings)
    sign(settings, row.id)
    assert waiting(settings) == []
    with pytest.raises(RunPaused):
        run(settings, goes_on(talks, first, settings.home / "runs" / "renamed"))
    assert (run(settings, recipe, resume=True) / "export" / "model.gguf").is_file()
    with pytest.raises(RunPaused):  # what it made is past the line, and so is all that goes on from it
        run(settings, goes_on(talks, settings.home / "runs" / "second", settings.home / "runs" / "fine"))


def test_what_was_signed_and_changed_afterwards_allows_nothing(
    settings: Settings, one_run: float, talks: Path
) -> None:
    recipe = goes_on(talks, settings.home / "runs" / "first", settings.home / "runs" / "second")
    with pytest.raises(RunPaused):
        run(settings, recipe)
    (row,) = waiting(settings)
    sign(settings, row.id)

    async def more(database: Database) -> None:
        async with database.write() as session:
            await session.execute(update(Pause).values(flops=row.flops * 1000))

    done(settings, more)
    with pytest.raises(RunPaused):
        run(settings, recipe, resume=True)


def test_it_stops_at_the_checkpoint_before_it_would_pass_and_goes_on_from_there(
    settings: Settings, one_run: float, talks: Path
) -> None:
    rules(settings, 1.55 * one_run, "checkpoint")
    recipe = goes_on(talks, settings.home / "runs" / "first", settings.home / "runs" / "second")
    with pytest.raises(RunPaused):
        run(settings, recipe)
    second = settings.home / "runs" / "second"
    taken = [row["step"] for row in events(second, "step")]
    assert 0 < len(taken) < STEPS
    assert events(second, "step")[-1]["flops"] + one_run <= 1.55 * one_run
    assert events(second, "checkpoint")[-1]["step"] == taken[-1]
    assert runs.read(second).state == "paused"
    with pytest.raises(RunPaused):  # to resume it under the same limit changes nothing
        run(settings, recipe, resume=True)
    assert [row["step"] for row in events(second, "step")] == taken
    (row,) = waiting(settings)
    sign(settings, row.id)
    run(settings, recipe, resume=True)
    assert [row["step"] for row in events(second, "step")] == list(range(1, STEPS + 1))


def test_weights_of_unknown_origin_are_not_free(settings: Settings, talks: Path, database_url: str) -> None:
    start = talks / "start"
    weights = spent.parameters_of(start)
    shipped = policy.parse('version = "1"\n')
    assert weights > 1000
    assert spent.supposed(shipped, start) == pytest.approx(120 * weights**2)
    written(settings, f'[[pause.compute]]\nflops = {119 * weights**2!r}.0\nname = "line"\nsource = "us"\n')
    with pytest.raises(RunPaused):
        run(settings, taught(talks, settings.home / "runs" / "first"))
    sha256 = start_files.hashes(start).popitem()[1]
    written(
        settings,
        f'[[pause.known]]\nsha256 = "{sha256}"\nflops = 5.0\nsource = "its maker"\n'
        f'[[pause.compute]]\nflops = {119 * weights**2!r}.0\nname = "line"\nsource = "us"\n',
    )
    assert run(settings, taught(talks, settings.home / "runs" / "known")).is_dir()


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0[]", b"GGUF"])
def test_damaged_files_have_no_weights(tmp_path: Path, content: bytes) -> None:
    for name in ("model.safetensors", "model.gguf"):
        (tmp_path / name).write_bytes(content)
        assert spent.parameters_of(tmp_path / name) == 0


async def test_nothing_is_trained_on_a_model_that_passes_the_reference(
    database: Database, settings: Settings, talks: Path
) -> None:
    text = '[[pause.ability]]\nsuite = "core"\nmetric = "accuracy"\nreference = "gpt-4"\nsource = "a letter"\n'
    rules_ = written(settings, text)
    sha256 = start_files.hashes(talks / "start").popitem()[1]
    wish = Wish(name="run", recipe=taught(talks, Path("run")), folder=Path())

    async def permit() -> Permit:
        async with database.read() as session:
            return await pause.permit_for(session, settings, rules_, wish)

    assert not (await permit()).blocked
    async with database.write() as session:
        await evaluations.add(session, evaluated(metric(value=0.6), model="gpt-4", number=1))
        await evaluations.add(session, evaluated(metric(value=0.55), version=sha256, number=2))
    assert not (await permit()).blocked
    async with database.write() as session:
        await evaluations.add(session, evaluated(metric(value=0.65), version=sha256, number=3))
    assert (await permit()).blocked == "core/accuracy: gpt-4"
    async with database.write() as session:  # a later one takes nothing back
        await evaluations.add(session, evaluated(metric(value=0.1), version=sha256, number=4))
    stopped = await permit()
    assert stopped.blocked == "core/accuracy: gpt-4"
    with pytest.raises(RunPaused, match="what it goes on from passes core/accuracy: gpt-4"):
        stopped.refuse_at_start("run", 1.0)
    async with database.write() as session:
        row = await pause.note_run(session, wish, stopped, 1.0)
    assert (row.kind, row.threshold) == ("ability", "core/accuracy: gpt-4")
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    for person in ids.values():
        async with database.write() as session:
            await pause.sign(session, settings, row.id, person, REASON)
    assert not (await permit()).blocked


async def test_a_model_past_a_threshold_waits_at_the_gate(database: Database, settings: Settings) -> None:
    asked = policy.parse('version = "1"\n[[pause.compute]]\nflops = 1e9\nname = "line"\nsource = "us"\n')
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR, eve=Role.BUILDER)
    known = Standing(model="tiny", version="e" * 64, flops=2e9, licence="MIT")
    refused = judge(asked, known)
    assert refused.failed == ("pause: line",)
    async with database.write() as session:
        (row,) = await pause.note_model(session, refused)
        assert (await pause.note_model(session, refused))[0].id == row.id
        assert await pause.note_model(session, judge(asked, Standing(model="tiny", flops=2e9))) == []
    for person, reason, error, match in (
        (ids["eve"], REASON, Forbidden, "this needs the role administrator"),
        (ids["ada"], "no", InvalidRequest, "a reason has"),
    ):
        with pytest.raises(error, match=match):
            async with database.write() as session:
                await pause.sign(session, settings, row.id, person, reason)
    async with database.write() as session:
        await pause.sign(session, settings, row.id, ids["ada"], REASON)
        assert await pause.signed_names(session, settings, known.version) == frozenset()
    with pytest.raises(Forbidden, match="nobody signs twice"):
        async with database.write() as session:
            await pause.sign(session, settings, row.id, ids["ada"], REASON)
    async with database.write() as session:
        signed = await pause.sign(session, settings, row.id, ids["bob"], "and the auditors agree")
        assert signed.reason == f"{REASON}\nand the auditors agree"
        names = await pause.signed_names(session, settings, known.version)
        actions = [entry.action for entry in (await audit.page(session))[0]]
    assert names == {"line"}
    assert judge(asked, replace(known, signed_pauses=names)).passed
    assert actions == ["pause.sign", "pause.sign", "pause.begin"]
    with pytest.raises(Conflict, match="two people signed this already"):
        async with database.write() as session:
            await pause.sign(session, settings, row.id, ids["bob"], REASON)
    with pytest.raises(NotFound, match="there is no pause pause_none"):
        async with database.write() as session:
            await pause.sign(session, settings, "pause_none", ids["bob"], REASON)


async def test_who_has_the_role_no_more_has_signed_nothing(database: Database, settings: Settings) -> None:
    asked = policy.parse('version = "1"\n[[pause.compute]]\nflops = 1e9\nname = "line"\nsource = "us"\n')
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR, eve=Role.ADMINISTRATOR)
    known = Standing(model="tiny", version="e" * 64, flops=2e9)
    async with database.write() as session:
        (row,) = await pause.note_model(session, judge(asked, known))
        await pause.sign(session, settings, row.id, ids["eve"], "she says it may go on")
        await people.set_role(session, await people.by_id(session, ids["eve"]), Role.MEMBER)
        row = await pause.sign(session, settings, row.id, ids["ada"], REASON)
        assert (row.first_by, row.second_by, row.reason) == (ids["ada"], None, REASON)
        assert await pause.signed_names(session, settings, known.version) == frozenset()
        await pause.sign(session, settings, row.id, ids["bob"], REASON)
        assert await pause.signed_names(session, settings, known.version) == {"line"}


async def test_the_job_waits_too_and_says_so(database: Database, settings: Settings, talks: Path) -> None:
    rules(settings, 1.0)
    folder = settings.home / "runs" / "asked"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(toml_of(taught(talks, folder)))
    here = Here(settings, database)
    result = await training_job.run(here, training_job.check({"run": "asked"}))
    assert (result["state"], result["step"]) == ("paused", 0)
    assert "waits for two signatures" in result["waits"]
    assert here.said[-1].startswith("warning: ")
    async with database.read() as session:
        (row,) = await pause.listed(session, waiting=True)
    assert row.name == "asked"
    assert row.flops == pytest.approx(result["wanted_flops"])
    rules(settings, 1e30)
    result = await training_job.run(here, {"run": "asked"})
    assert (result["state"], result["step"]) == ("finished", STEPS)
    (folder / "recipe.toml").write_text("objective = 3")
    with pytest.raises(CauserieError, match="recipe"):
        await training_job.run(here, {"run": "asked"})


def test_a_permit_goes_through_json() -> None:
    for permit in (
        Permit(),
        Permit(before_flops=1e20, most_flops=1e25, threshold="x", stop="checkpoint", blocked="y"),
    ):
        assert Permit.from_json(json.loads(json.dumps(permit.to_json()))) == permit
