"""Which model a round goes on from, since when feedback is new to it, and by which recipe."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from causerie.database.tables import new_id, now
from causerie.errors import InvalidRequest, ModelNotFound
from causerie.improvement import candidate, store
from causerie.improvement.candidate import Base, base_of, candidate_name, write_run
from causerie.inference.contract import Model
from causerie.registry.tables import Release, ReleaseAlias
from causerie.settings import Settings
from causerie.training.recipe_file import read_recipe
from causerie.training.run_folder import RECIPE
from tests.improvement.talked import Talked

STARTER = "smollm2-135m-instruct"


async def base(talked: Talked, settings: Settings, model: str = "") -> Base:
    async with talked.database.read() as session:
        return await base_of(session, settings, "chat", model)


async def released(talked: Talked, model: str, at: datetime) -> None:
    async with talked.database.write() as session:
        row = await session.get(ReleaseAlias, "chat") or ReleaseAlias(alias="chat", since=at)
        row.model, row.version = model, "v1"
        session.add(row)
        session.add(
            Release(
                id=new_id("rel"), alias="chat", act="release", model=model, version="v1", previous="",
                previous_version="", stage="all", share=0.0, judgement={}, reason="", at=at,
            )
        )  # fmt: skip


async def test_before_any_release_it_is_the_default_model_and_everything_is_new(
    talked: Talked, settings: Settings
) -> None:
    found = await base(talked, settings)
    assert (found.model.name, found.version, found.since, found.released) == (STARTER, "", None, False)


async def test_it_is_the_release_in_service_and_what_was_said_since(talked: Talked, settings: Settings) -> None:
    moment = now() - timedelta(days=3)
    await released(talked, STARTER, moment)
    found = await base(talked, settings)
    assert (found.model.name, found.version, found.since, found.released) == (STARTER, "v1", moment, True)


async def test_what_was_said_while_a_candidate_was_made_is_not_lost(talked: Talked, settings: Settings) -> None:
    until = now() - timedelta(days=5)
    async with talked.database.write() as session:
        job_id = (await store.ask(session, {}, None)).id
        for name, facts in (("collect", {"until": until.isoformat()}), ("register", {"model": STARTER})):
            await store.began(session, job_id, name)
            await store.ended(session, job_id, name, facts)
    await released(talked, STARTER, now())
    assert (await base(talked, settings)).since == until


async def test_another_model_may_be_named_and_must_be_here(talked: Talked, settings: Settings) -> None:
    await released(talked, "gone", now())
    assert (await base(talked, settings, "starter")).released is False
    for name in ("", "none"):
        with pytest.raises(ModelNotFound):
            await base(talked, settings, name)
    with pytest.raises(InvalidRequest, match="vectors"):
        await base(talked, settings, "multilingual-e5-small")


def model(name: str = "my-model", context: int = 2048) -> Model:
    return Model(name=name, path=Path("/models/my-model.gguf"), size_bytes=1, context_tokens=context)


def test_a_candidate_is_called_as_what_it_came_from() -> None:
    moment = datetime.fromisoformat("2026-11-25T10:00:00+00:00")
    first = candidate_name(model(), "job_01k000000000abcdef", moment)
    assert first == "my-model-improved-20261125-abcdef"
    assert candidate_name(model(first), "job_01k000000000ghjkmn", moment) == "my-model-improved-20261125-ghjkmn"
    assert len(candidate_name(model("x" * 96), "job_01k000000000abcdef", moment)) <= 96


def test_the_recipe_goes_on_from_the_base_in_a_context_that_it_has(settings: Settings) -> None:
    data = settings.home / "improvements" / "job_x" / "data"
    for context, expected in ((2048, 512), (64, 64), (0, 512)):
        folder = write_run(settings, "improve-x", model(context=context), data, "kto", {"schedule.epochs": "5"})
        recipe = read_recipe(folder / RECIPE)
        assert (recipe.objective, recipe.run, recipe.data.folder) == (
            "kto", "runs/improve-x", "improvements/job_x/data",
        )  # fmt: skip
        assert (recipe.model.start, recipe.model.context, recipe.schedule.epochs) == (
            "/models/my-model.gguf", expected, 5.0,
        )  # fmt: skip
        assert recipe.lora is not None
    folder = write_run(settings, "improve-x", model(), data, "dpo", {"model.context": "128"})
    assert read_recipe(folder / RECIPE).model.context == 128


def test_a_change_that_is_no_key_of_a_recipe_is_said(settings: Settings) -> None:
    data = settings.home / "improvements" / "job_x" / "data"
    with pytest.raises(InvalidRequest, match=r"schedule\.epoch"):
        write_run(settings, "improve-x", model(), data, "dpo", {"schedule.epoch": "5"})


def test_a_run_is_called_as_its_round() -> None:
    assert candidate.run_name("job_01k123456789abcdef") == "improve-456789abcdef"
