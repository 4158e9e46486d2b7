"""From a model's name and a suite's to what is kept: a row, a folder, a report with the differences."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.ledger_tables import Price
from causerie.database.engine import Database
from causerie.errors import NotFound
from causerie.evaluation import finding, overview, store
from causerie.evaluation.contract import Evaluation
from causerie.evaluation.evaluating import Wanted, evaluate
from causerie.evaluation.folder import ITEMS, REPORT, folder_of
from causerie.evaluation.tables import EvaluationRow
from causerie.settings import Settings, load_settings
from tests.evaluation.answering import MODEL, Answerer
from tests.evaluation.written import added, additions, suite_of

NUMERIC = '[tasks.options]\nform = "numeric"'


@pytest_asyncio.fixture
async def answerer() -> AsyncIterator[Answerer]:
    async with Answerer(added) as server:
        yield server


@pytest.fixture
def asking(answerer: Answerer, settings: Settings) -> Settings:
    """The test's settings, with the answerer as upstream."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "causerie.toml").write_text(answerer.config)
    found = load_settings(home=settings.home, port=1)
    assert isinstance(found.database_url, SecretStr)
    suite_of(found, "answer", additions(10), NUMERIC)
    return found


async def test_an_evaluation_is_kept_with_its_report_and_its_price(
    database: Database, asking: Settings, answerer: Answerer
) -> None:
    async with database.write() as session:
        await session.execute(
            insert(Price).values(model=MODEL, input_micros=2_000_000_000, output_micros=1_000_000_000)
        )
    evaluation = await evaluate(database, asking, Wanted(model=MODEL, suite="mine"))
    assert evaluation.cost == pytest.approx((30 * 2000 + 30 * 1000) / 1e6)
    async with database.read() as session:
        assert await store.get(session, evaluation.id) == evaluation
    found = overview.with_answers(asking, evaluation)
    assert [row.id for row in found.items] == [str(number) for number in range(10)]
    text = (folder_of(asking, evaluation.id) / REPORT).read_text()
    assert MODEL in text
    assert text.startswith("<!doctype html>") or text.lower().startswith("<!doctype html>")


async def test_the_report_has_the_evaluation_before_and_the_release_in_service(
    database: Database, asking: Settings, answerer: Answerer
) -> None:
    first = await evaluate(database, asking, Wanted(model=MODEL, suite="mine"))
    answerer.answer = lambda _: "It is 0."
    asked: list[Evaluation] = []

    async def in_service(session: AsyncSession, _: Settings, like: Evaluation) -> Evaluation | None:
        asked.append(like)
        return replace(await store.get(session, first.id), id="eval_released", model="released-model")

    (folder_of(asking, "eval_released")).mkdir()
    (folder_of(asking, "eval_released") / "items.jsonl").write_bytes(
        (folder_of(asking, first.id) / "items.jsonl").read_bytes()
    )
    second = await evaluate(database, asking, Wanted(model=MODEL, suite="mine", in_service=in_service, language="fr"))
    assert asked == [second]
    assert second.metrics[0].value == 0.1
    text = (folder_of(asking, second.id) / REPORT).read_text()
    assert "released-model" in text
    assert 'lang="fr"' in text


async def test_the_report_compares_with_nothing_that_was_asked_something_else(
    database: Database, asking: Settings
) -> None:
    await evaluate(database, asking, Wanted(model=MODEL, suite="mine"))
    suite_of(asking, "answer", additions(11), NUMERIC)
    second = await evaluate(database, asking, Wanted(model=MODEL, suite="mine"))
    assert "Differences to" not in (folder_of(asking, second.id) / REPORT).read_text()


async def test_answers_of_another_that_cannot_be_read_lose_nothing(database: Database, asking: Settings) -> None:
    first = await evaluate(database, asking, Wanted(model=MODEL, suite="mine"))
    answers = folder_of(asking, first.id) / ITEMS
    answers.unlink()
    answers.mkdir()  # a disk that gives an error when it is read
    second = await evaluate(database, asking, Wanted(model=MODEL, suite="mine"))
    async with database.read() as session:
        assert await store.get(session, second.id) == second
    text = (folder_of(asking, second.id) / REPORT).read_text()
    assert MODEL in text
    assert "Differences to" not in text


async def test_long_answers_are_read_beside_the_loop_and_beside_other_writers(
    database: Database, asking: Settings
) -> None:
    first = await evaluate(database, asking, Wanted(model=MODEL, suite="mine"))
    answers = folder_of(asking, first.id) / ITEMS
    text = answers.read_bytes()
    answers.unlink()
    os.mkfifo(answers)  # whoever reads it waits until it is written
    released = threading.Timer(20, answers.write_bytes, [text])  # so that a loop that waits does not wait for ever
    released.start()
    work = asyncio.create_task(evaluate(database, asking, Wanted(model=MODEL, suite="mine")))
    pipe = -1
    async with asyncio.timeout(15):
        while pipe < 0:
            await asyncio.sleep(0.02)
            with suppress(OSError):  # nobody reads yet
                pipe = os.open(answers, os.O_WRONLY | os.O_NONBLOCK)
        released.cancel()
        async with database.write() as session:
            await session.execute(insert(Price).values(model=MODEL, input_micros=1, output_micros=1))
        async with database.read() as session:
            assert len(await store.list_of(session)) == 2
    assert not work.done()
    os.write(pipe, text)
    os.close(pipe)
    assert (folder_of(asking, (await work).id) / REPORT).is_file()


async def test_a_result_that_was_not_kept_yet_is_kept_and_nothing_is_asked_again(
    database: Database, asking: Settings, answerer: Answerer
) -> None:
    wanted = Wanted(model=MODEL, suite="mine", evaluation_id="eval_of_a_job")
    first = await evaluate(database, asking, wanted)
    async with database.write() as session:
        await session.execute(delete(EvaluationRow))
    answerer.requests.clear()
    assert await evaluate(database, asking, wanted) == first
    assert answerer.requests == []
    async with database.read() as session:
        assert await store.get(session, "eval_of_a_job") == first


async def test_a_judge_is_a_second_model(database: Database, asking: Settings, answerer: Answerer) -> None:
    suite_of(asking, "judge", [{"id": "1", "question": "Why?", "answer": "Because."}], name="judged")
    answerer.answer = lambda messages: "A" if "Answer A:" in messages[-1]["content"] else "So."
    evaluation = await evaluate(database, asking, Wanted(model=MODEL, suite="judged", judge=MODEL))
    assert {metric.name: metric.value for metric in evaluation.metrics} == {"win_rate": 0.5, "judge_agreement": 0.0}


async def test_the_judge_is_named_and_paid(database: Database, asking: Settings, answerer: Answerer) -> None:
    suite_of(asking, "judge", [{"id": "1", "question": "Why?", "answer": "Because."}], name="judged")
    answerer.answer = lambda messages: "A" if "Answer A:" in messages[-1]["content"] else "So."
    async with database.write() as session:
        await session.execute(insert(Price).values(model=MODEL, input_micros=0, output_micros=1_000_000_000))
    costs: list[float] = []
    wanted = Wanted(model=MODEL, suite="judged", judge=MODEL)
    evaluation = await evaluate(database, asking, wanted, progress=lambda told: costs.append(told.cost))
    # A word of the model, and twice one of the judge; each costs a thousandth.
    assert evaluation.tokens_out == 1
    assert evaluation.cost == pytest.approx(3 / 1000)
    assert costs == [evaluation.cost]
    assert evaluation.notes == (f"t: answers judged by the model {MODEL}",)
    answerer.refuses = lambda messages: 413 if "Answer A:" in messages[-1]["content"] else 0
    again = await evaluate(database, asking, wanted)
    assert (again.errors, again.notes[-1]) == (0, "t: items of which the judge could not take a question: 1")


@pytest.mark.parametrize("wanted", [Wanted(model=MODEL, suite="none"), Wanted(model="none", suite="mine")])
async def test_what_is_not_there_leaves_nothing(database: Database, asking: Settings, wanted: Wanted) -> None:
    with pytest.raises(NotFound):
        await evaluate(database, asking, wanted)
    assert not (asking.home / "evaluations").exists()
    async with database.read() as session:
        assert await store.list_of(session) == []


def test_the_suites_that_ship_are_whole(settings: Settings) -> None:
    from causerie.evaluation.kinds.table import kind_of

    found = {suite.name: suite for suite in finding.listed(settings)}
    assert {"core", "safety", "even-handedness", "quick"} <= found.keys()
    sizes = {name: sum(len(task.items) for task in suite.tasks) for name, suite in found.items()}
    assert sizes["core"] <= 200
    assert sizes["quick"] <= 40
    for suite in found.values():
        assert suite.card.strip(), suite.name
        assert set(suite.description) >= {"en", "fr"}, suite.name
        assert set(suite.languages) == {"en", "fr"}
        for task in suite.tasks:
            kind_of(task)
