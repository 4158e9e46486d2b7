"""Evaluations are kept and found, on both databases; people see those at work in the same list."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.database.engine import Database
from causerie.errors import InvalidRequest, NotFound
from causerie.evaluation import folder, overview, store
from causerie.evaluation.contract import Evaluation, Scored
from causerie.evaluation.job import check
from causerie.evaluation.overview import id_of
from causerie.jobs import store as jobs
from causerie.settings import Settings
from tests.evaluation.judged import accuracy, judged, scored

ITEMS = scored("t", [1.0, 0.0, 1.0])
ONE = judged(ITEMS, [accuracy("t", ITEMS)]).evaluation


def later(number: int, **more: Any) -> Evaluation:
    moment = ONE.began_at + timedelta(hours=number)
    return replace(ONE, id=f"eval_{number:026}", began_at=moment, ended_at=moment, **more)


async def kept(session: AsyncSession) -> list[Evaluation]:
    made = [
        later(1), later(2, suite="safety"), later(3, version="ef" * 32), later(4, model="other"),
    ]  # fmt: skip
    for each in made:
        await store.add(session, each)
    return made


async def test_an_evaluation_comes_back_as_it_was(database: Database) -> None:
    async with database.write() as session:
        await store.add(session, ONE)
    async with database.write() as session:
        await store.add(session, replace(ONE, errors=2))  # written again after a crash
    async with database.read() as session:
        assert await store.get(session, ONE.id) == replace(ONE, errors=2)
        with pytest.raises(NotFound, match="there is no evaluation none"):
            await store.get(session, "none")


async def test_the_version_before_comes_before_the_same_version_again(database: Database) -> None:
    made = [later(1, version="ef" * 32), later(2), later(3), later(4, suite_sha256="0" * 64), later(5, model="other")]
    async with database.write() as session:
        for each in made:
            await store.add(session, each)
    async with database.read() as session:
        assert await store.before(session, later(6)) == made[0]
        assert await store.before(session, made[0]) is None
        assert await store.before(session, later(6, version="ef" * 32)) == made[2]
        # Nobody knows which version an upstream has; where there is no other version, the same is better than none.
        assert await store.before(session, later(6, version="")) == made[2]
        assert await store.before(session, later(7, model="other")) == made[4]


async def test_evaluations_are_listed_by_version_model_and_suite(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        first, second, third, fourth = await kept(session)
    async with database.read() as session:
        assert await store.list_of(session) == [fourth, third, second, first]
        assert await store.list_of(session, limit=1) == [fourth]
        assert await store.list_of(session, before=third.id) == [second, first]
        assert await store.list_of(session, suite="safety") == [second]
        assert await store.list_of(session, model="other") == [fourth]
        assert await store.list_of(session, version="ef" * 32, suite="core") == [third]
        assert await store.list_of(session, suite_sha256="ab" * 32) == []
        assert await store.latest(session, ONE.version, "core", ONE.suite_sha256) == fourth
        with monkeypatch.context() as listing:
            listing.setattr(store, "MAX_LIST", 1)  # bounds a list, and not what the pause goes by
            assert await store.every(session, ONE.version, "core", ONE.suite_sha256) == [fourth, first]
        assert await store.every(session, "", "core", ONE.suite_sha256) == []
        assert await store.latest(session, ONE.version, "core", "ab" * 32) is None
        assert await store.latest(session, "00", "core", ONE.suite_sha256) is None
        assert await store.latest(session, "", "core", ONE.suite_sha256) is None


async def test_those_at_work_stand_in_the_same_list(database: Database) -> None:
    asked = {"model": "starter", "suite": "core", "judge": ""}
    async with database.write() as session:
        job = await jobs.ask(session, "evaluate", asked, None)
        other = await jobs.ask(session, "evaluate", asked | {"suite": "safety", "shots": 2}, None)
        await jobs.ask(session, "backup", {}, None)
        over = replace(ONE, id="eval_0")
        await store.add(session, over)
    async with database.read() as session:
        found = await overview.listed(session)
        assert [(each.id, each.state) for each in found] == [
            (id_of(other.id), "queued"), (id_of(job.id), "queued"), ("eval_0", "done"),
        ]  # fmt: skip
        assert [each.id for each in await overview.listed(session, suite="safety")] == [id_of(other.id)]
        assert [each.id for each in await overview.listed(session, model="none")] == []
        assert [each.id for each in await overview.listed(session, before=id_of(other.id))] == [
            id_of(job.id), "eval_0",
        ]  # fmt: skip
        assert [each.id for each in await overview.listed(session, limit=1)] == [id_of(other.id)]
        entry = await overview.get(session, id_of(job.id))
        assert (entry.model, entry.suite, entry.evaluation, entry.job_id) == ("starter", "core", None, job.id)
        assert (entry.shots, (await overview.get(session, id_of(other.id))).shots) == (None, 2)
        assert (await overview.get(session, "eval_0")).evaluation == over
        with pytest.raises(NotFound):
            await overview.get(session, "eval_none")
    async with database.write() as session:
        await store.add(session, replace(ONE, id=id_of(job.id)))
    async with database.read() as session:
        assert [each.state for each in await overview.listed(session)] == ["queued", "done", "done"]


async def test_answers_come_page_by_page_the_good_and_the_bad(settings: Settings) -> None:
    rows = [
        Scored(id=str(number), task="one" if number < 4 else "two", prompt="?", answer="!", score=float(number % 2),
               error="no" if number == 5 else "")
        for number in range(6)
    ]  # fmt: skip
    place = folder.folder_of(settings, ONE.id)
    place.mkdir(parents=True)
    folder.finish(place, ONE, rows)

    def ids(**wanted: Any) -> tuple[list[str], int | None]:
        found, following = overview.answers(settings, ONE.id, **wanted)
        return [row.id for row in found], following

    assert ids() == (["0", "1", "2", "3", "4", "5"], None)
    assert ids(limit=2) == (["0", "1"], 2)
    assert ids(limit=2, after=4) == (["4", "5"], None)
    assert ids(which="good") == (["1", "3"], None)
    assert ids(which="bad") == (["0", "2", "4", "5"], None)
    assert ids(which="bad", task="two") == (["4", "5"], None)
    assert overview.answers(settings, "eval_none") == ([], None)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"model": "m"}, {"model": "m", "suite": ""}, {"model": 3, "suite": "s"},
     {"model": "m", "suite": "s", "x": ""}, {"model": "m" * 201, "suite": "s"},
     {"model": "m", "suite": "s", "shots": 101}, {"model": "m", "suite": "s", "shots": "2"},
     {"model": "m", "suite": "s", "shots": True}, {"model": "m", "suite": "s", "shots": -1}],
)  # fmt: skip
def test_a_job_has_names_and_a_number_for_parameters(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        check(wrong)
    assert check({"model": "m", "suite": "s"}) == {"model": "m", "suite": "s", "judge": "", "shots": None}
    assert check({"model": "m", "suite": "s", "shots": 0})["shots"] == 0
