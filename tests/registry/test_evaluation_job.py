"""The job `evaluate` judges only what was registered, and knows what is in service."""

import pytest

from causerie.errors import InvalidRequest, ModelChanged
from causerie.jobs.kinds import kind
from causerie.registry import adding, evaluation_job
from tests.jobs.test_backup import Here
from tests.registry.stories import Registry


async def test_a_model_whose_file_was_changed_is_not_judged(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    await adding.add_installed(registry.database, registry.settings, model)
    model.path.write_bytes(model.path.read_bytes()[:-1] + b"!")
    job = Here(registry.settings, registry.database)
    with pytest.raises(ModelChanged, match="the model 'tiny' is refused"):
        await evaluation_job.run(job, evaluation_job.check({"model": "tiny", "suite": "quick"}))


def test_it_is_the_kind_that_the_page_asks_for() -> None:
    assert kind("evaluate") is evaluation_job
    with pytest.raises(InvalidRequest):
        evaluation_job.check({"model": "tiny"})
