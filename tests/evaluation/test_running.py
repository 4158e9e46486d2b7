"""A suite is asked many items at a time, each once, and goes on after whatever killed it."""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from causerie.errors import CauserieError, DataError, InvalidRequest
from causerie.evaluation import running
from causerie.evaluation.caching import Cache, hash_of
from causerie.evaluation.checks import languages
from causerie.evaluation.contract import Answer, Evaluation, Suite
from causerie.evaluation.finding import find
from causerie.evaluation.folder import BEGUN, ITEMS, RESULT, folder_of, read_items
from causerie.evaluation.running import Options, Progress
from causerie.evaluation.subjects.asked import Asked
from causerie.evaluation.subjects.opening import UPSTREAM_AT_ONCE, opened
from causerie.jobs.contract import Cancelled
from causerie.settings import Settings
from tests.evaluation.answering import MODEL, Answerer
from tests.evaluation.written import added, additions, item, suite_of, task, task_table, write_suite

NUMERIC = 'languages = ["en"]\n[tasks.options]\nform = "numeric"'


@pytest_asyncio.fixture
async def answerer() -> AsyncIterator[Answerer]:
    async with Answerer(added) as server:
        yield server


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "FIRST_WAIT_S", 0.01)


def sums(settings: Settings, count: int = 20) -> Suite:
    return suite_of(settings, "answer", additions(count), NUMERIC)


async def ran(
    settings: Settings, suite: Suite, *, version: str = "", name: str = MODEL, **options: Any
) -> Evaluation:
    """The suite, on the answerer; with a version as if its file were here."""
    async with opened(settings, MODEL) as subject:
        assert isinstance(subject, Asked)
        known = Asked(name=name, version=version, at_once=subject.at_once, send=subject.send)
        return await running.run(settings, suite, known, Options(**options))


async def test_an_evaluation_has_its_figures_its_answers_and_its_facts(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    suite = sums(settings)
    wrong = additions(20)[3]["question"]
    answerer.answer = lambda messages: "It is 1." if messages[-1]["content"] == wrong else added(messages)
    told: list[Progress] = []
    evaluation = await ran(settings, suite, progress=told.append, cost=lambda read, written: read * 2 + written * 3.0)

    assert (evaluation.model, evaluation.suite, evaluation.suite_sha256) == (MODEL, "mine", suite.sha256)
    assert (evaluation.scored_by, evaluation.errors, evaluation.languages) == ("generation", 0, ("en",))
    assert evaluation.began_at <= evaluation.ended_at
    (accuracy,) = evaluation.metrics
    assert (accuracy.name, accuracy.value, accuracy.items) == ("accuracy", 0.95, 20)
    assert (evaluation.tokens_in, evaluation.tokens_out) == (60, 60)
    assert evaluation.cost == 60 * 2 + 60 * 3.0

    folder = folder_of(settings, evaluation.id)
    assert Evaluation.from_json(json.loads((folder / RESULT).read_text())) == evaluation
    rows = read_items(folder)
    assert [row.id for row in rows] == [str(number) for number in range(20)], "in the suite's order"
    assert [row.id for row in rows if row.score == 0] == ["3"]
    assert (rows[4].prompt, rows[4].answer, rows[4].expected, rows[4].language) == ("4 + 4?", "It is 8.", "8", "en")

    assert [each.done for each in told] == list(range(1, 21))
    last = told[-1]
    assert (last.items, last.tokens_in, last.cost, last.seconds_left) == (20, 60, evaluation.cost, 0.0)


async def test_one_question_in_two_tasks_is_one_item_of_the_whole(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path)
    tasks = task_table("one", "answer", "a", NUMERIC) + task_table("two", "answer", "a", NUMERIC)
    tasks += task_table("three", "answer", "b", NUMERIC)
    others = [{**each, "question": f"0{each['question']}"} for each in additions(4)]
    write_suite(settings.home / "suites" / "twice", tasks, a=additions(4), b=others)
    whole = (await ran(settings, find(settings, "twice"))).metrics[-1]
    assert (whole.task, whole.items, whole.clusters) == ("", 12, 8)


async def test_items_are_asked_at_the_same_time(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    answerer.delay_s = 0.5  # so that the first waits until others have come, however slowly they do
    await ran(settings, sums(settings, 60))
    assert 4 < answerer.most_at_once <= UPSTREAM_AT_ONCE
    assert len(answerer.requests) == 60 + 1, "and one to see whether it echoes"


async def test_what_a_version_answered_is_not_asked_again(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    first = await ran(settings, sums(settings), version="a" * 64)
    answerer.requests.clear()
    again = await ran(settings, sums(settings), version="a" * 64)
    assert answerer.asked == []
    assert (again.metrics, again.tokens_in) == (first.metrics, first.tokens_in)
    assert again.id != first.id

    changed = [each | {"answer": "7"} if each["id"] == "2" else each for each in additions(20)]
    other = await ran(settings, suite_of(settings, "answer", changed, NUMERIC), version="a" * 64)
    assert answerer.asked == ["2 + 2?"]
    assert other.metrics[0].value == 0.95

    for wanted in ({"version": "b" * 64}, {"version": ""}, {"version": "a" * 64, "cached": False}):
        answerer.requests.clear()
        await ran(settings, sums(settings), **wanted)
        assert len(answerer.asked) == 20, wanted


class Elsewhere(Asked):
    """The same file in another engine."""


async def test_an_answer_of_one_engine_is_none_of_another(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    await ran(settings, sums(settings), version="a" * 64)
    answerer.requests.clear()
    async with opened(settings, MODEL) as subject:
        assert isinstance(subject, Asked)
        other = Elsewhere(name=MODEL, version="a" * 64, at_once=4, send=subject.send)
        await running.run(settings, sums(settings), other)
    assert len(answerer.asked) == 20


async def test_a_question_that_is_refused_counts_as_wrong_and_the_rest_goes_on(
    answerer: Answerer, tmp_path: Path
) -> None:
    settings = answerer.settings(tmp_path / "home")
    answerer.refuses = lambda messages: 400 if messages[-1]["content"].startswith(("3 ", "4 ")) else 0
    evaluation = await ran(settings, sums(settings), version="a" * 64)
    assert evaluation.errors == 2
    assert evaluation.metrics[0].value == 0.9
    bad = [row for row in read_items(folder_of(settings, evaluation.id)) if row.error]
    assert [(row.id, row.score) for row in bad] == [("3", 0.0), ("4", 0.0)]
    answerer.refuses = lambda _: 0
    answerer.requests.clear()
    assert (await ran(settings, sums(settings), version="a" * 64)).errors == 0
    assert sorted(answerer.asked) == ["3 + 3?", "4 + 4?"], "a refusal is not kept"


async def test_a_server_that_is_busy_is_asked_again(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    answerer.refusals = [(429, {"Retry-After": "0.01"}), (503, {}), (500, {})]
    evaluation = await ran(settings, sums(settings, 3))
    assert (evaluation.errors, evaluation.metrics[0].value) == (0, 1.0)


async def test_a_server_that_does_not_answer_ends_it_and_the_same_goes_on(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    answers = iter(range(12))
    answerer.refuses = lambda _: 0 if next(answers, None) is not None else 500
    with pytest.raises(CauserieError):
        await ran(settings, sums(settings), version="a" * 64, cached=False)
    (folder,) = [path for path in (settings.home / "evaluations").iterdir() if path.name.startswith("eval_")]
    kept = {row.id for row in read_items(folder)}
    assert 0 < len(kept) <= 12
    answerer.refuses = lambda _: 0
    answerer.requests.clear()
    evaluation = await ran(settings, sums(settings), version="a" * 64, cached=False)
    assert evaluation.id == folder.name
    assert len(answerer.asked) == 20 - len(kept)
    assert len(read_items(folder)) == 20
    assert evaluation.metrics[0].value == 1.0


@pytest.mark.parametrize(("hours", "same"), [(1, True), (25, False)])
async def test_an_upstream_is_taken_for_the_same_model_for_a_day(
    hours: int, same: bool, answerer: Answerer, tmp_path: Path
) -> None:
    settings = answerer.settings(tmp_path / "home")
    answers = iter(range(5))
    answerer.refuses = lambda _: 0 if next(answers, None) is not None else 500
    with pytest.raises(CauserieError):
        await ran(settings, sums(settings))
    (left,) = [path for path in (settings.home / "evaluations").iterdir() if path.name.startswith("eval_")]
    begun = json.loads((left / BEGUN).read_text())
    begun["began_at"] = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    (left / BEGUN).write_text(json.dumps(begun))
    answerer.refuses = lambda _: 0
    evaluation = await ran(settings, sums(settings))
    assert (evaluation.id == left.name) is same
    assert evaluation.metrics[0].value == 1.0


@pytest.mark.parametrize("change", ["version", "suite", "model"])
async def test_what_was_left_of_another_is_left_alone(change: str, answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    answerer.refuses = lambda _: 500
    with pytest.raises(CauserieError):
        await ran(settings, sums(settings), version="a" * 64)
    (left,) = [path for path in (settings.home / "evaluations").iterdir() if path.name.startswith("eval_")]
    answerer.refuses = lambda _: 0
    suite = sums(settings, 19) if change == "suite" else sums(settings)
    version = "b" * 64 if change == "version" else "a" * 64
    name = "other" if change == "model" else MODEL
    assert (await ran(settings, suite, version=version, name=name)).id != left.name


async def test_an_evaluation_of_an_id_is_gone_on_with_and_never_done_twice(
    answerer: Answerer, tmp_path: Path
) -> None:
    settings = answerer.settings(tmp_path / "home")
    evaluation = await ran(settings, sums(settings), evaluation_id="eval_mine")
    assert evaluation.id == "eval_mine"
    with pytest.raises(InvalidRequest, match="is over"):
        await ran(settings, sums(settings), evaluation_id="eval_mine")


async def test_what_is_cancelled_stops_between_two_items(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")

    def heed() -> None:
        if len(answerer.asked) >= 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        await ran(settings, sums(settings, 200), heed=heed)
    assert len(answerer.asked) <= 5 + UPSTREAM_AT_ONCE


async def test_a_task_that_the_engine_cannot_do_is_left_out_with_a_note(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    write_suite(
        settings.home / "suites" / "mine",
        task_table("text", "bits_per_byte", "texts")
        + task_table("sums", "answer", "sums", NUMERIC)
        + task_table("which", "choice", "which"),
        texts=[{"id": "1", "text": "a b"}],
        sums=additions(3),
        which=[{"id": "1", "question": "?", "choices": ["no", "yes"], "answer": "yes"}],
    )
    answerer.top = {"B": 0.9}
    evaluation = await ran(settings, find(settings, "mine"))
    assert "text is left out: the engine cannot give text" in evaluation.notes
    assert "which: asked as letters, judged by log-probabilities" in evaluation.notes
    assert evaluation.scored_by == "mixed"
    whole = evaluation.metric("accuracy")
    assert [(metric.task, metric.name) for metric in evaluation.metrics] == [
        ("sums", "accuracy"), ("which", "accuracy"), ("", "accuracy"),
    ]  # fmt: skip
    assert whole is not None
    assert evaluation.metrics[-1].items == 4


async def test_a_task_whose_package_is_not_installed_is_left_out_with_a_note(
    answerer: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = answerer.settings(tmp_path / "home")
    write_suite(
        settings.home / "suites" / "mine",
        task_table("french", "instructions", "french") + task_table("sums", "answer", "sums", NUMERIC),
        french=[{"id": "1", "question": "?", "checks": [{"check": "language:response_language", "language": "ru"}]}],
        sums=additions(3),
    )
    monkeypatch.setitem(sys.modules, "py3langid", None)  # as if it were not installed
    languages._identifier.cache_clear()  # nor asked for before, by another test of this process
    evaluation = await ran(settings, find(settings, "mine"))
    assert [metric.task for metric in evaluation.metrics] == ["sums"]
    assert evaluation.notes == ("french is left out: this needs the package py3langid, which is not installed",)


async def test_a_suite_of_an_unknown_kind_asks_nothing(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    with pytest.raises(DataError, match="kind 'none'"):
        await ran(settings, suite_of(settings, "none", additions(1)))
    assert answerer.asked == []


KILLED = """
import asyncio, sys
from pathlib import Path
from causerie.evaluation import running
from causerie.evaluation.finding import find
from causerie.evaluation.subjects.asked import Asked
from causerie.evaluation.subjects.opening import opened
from causerie.settings import load_settings

async def main():
    settings = load_settings(home=Path(sys.argv[1]), port=1)
    async with opened(settings, "answerer") as subject:
        known = Asked(name="answerer", version="a" * 64, at_once=2, send=subject.send)
        print((await running.run(settings, find(settings, "mine"), known)).id)

asyncio.run(main())
"""


async def test_after_kill_nine_no_answer_is_asked_for_twice(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    sums(settings, 400)

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", textwrap.dedent(KILLED), str(settings.home), stdout=subprocess.PIPE
        )

    process = await start()
    while len(answerer.asked) < 40:  # noqa: ASYNC110 - another process asks
        await asyncio.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    before = len(answerer.asked)
    (folder,) = [path for path in (settings.home / "evaluations").iterdir() if path.name.startswith("eval_")]
    kept = len(read_items(folder))
    assert before - 4 <= kept <= before < 400
    with (folder / ITEMS).open("a") as file:
        file.write('{"id": "half of a li')  # as if the kill had cut a line in two

    process = await start()
    out, _ = await process.communicate()
    assert (process.returncode, out.decode().strip()) == (0, folder.name)
    assert len(answerer.asked) - before <= 400 - kept
    rows = read_items(folder)
    assert len(rows) == len({row.id for row in rows}) == 400
    assert all(row.score == 1.0 for row in rows)


async def test_two_that_run_at_once_do_not_share_a_folder(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    suite = sums(settings)
    first, second = await asyncio.gather(
        ran(settings, suite, version="a" * 64, cached=False), ran(settings, suite, version="a" * 64, cached=False)
    )
    assert first.id != second.id
    assert first.metrics == second.metrics


def test_answers_are_kept_across_processes_and_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    answer = Answer(text="é", log_probabilities=(-1.5, float("-inf")), scored_by="log-probabilities", tokens_in=3)
    with Cache(path) as cache:
        cache.put("one", answer)
        assert cache.get("one") == answer
    with path.open("a") as file:
        file.write('not json\n{"key": "x"}\n[]\n{"key": "cut')
    with Cache(path) as cache:
        assert cache.get("one") == answer
        assert cache.get("x") is None
        assert cache.get("two") is None
        cache.put("two", answer)
    with Cache(path) as cache:
        assert cache.get("two") == answer
    with Cache(None) as nothing:
        nothing.put("one", answer)
        assert nothing.get("one") == answer


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda t, i: (t, i), True),
        (lambda t, _: (t, item("9", cluster="c")), True),
        (lambda t, _: (t, item(question="Who?")), False),
        (lambda t, _: (t, item(expected=("x",))), False),
        (lambda _, i: (task("answer", form="f1"), i), False),
        (lambda _, i: (task("judge"), i), False),
    ],
)
def test_an_answer_is_known_by_all_that_it_depends_on(change: Callable[..., Any], same: bool) -> None:
    one, other = (task("answer"), item()), change(task("answer"), item())
    assert (hash_of(*one) == hash_of(*other)) is same
    assert hash_of(*one) != hash_of(*one, judge="somebody")


def test_no_id_leads_out_of_the_folder(settings: Settings) -> None:
    for wrong in ("../../etc", "a/b", "", "eval_é", "."):
        with pytest.raises(CauserieError, match="there is no evaluation"):
            folder_of(settings, wrong)


def test_a_second_start_within_two_seconds(tmp_path: Path) -> None:
    """The command is at work within two seconds; its packages alone must leave most of that."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", "import causerie.evaluation.evaluating, sys; assert 'torch' not in sys.modules"],
        check=True, env={**os.environ, "CAUSERIE_HOME": str(tmp_path)},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < 10, "a slow machine may take longer than the 0.6 s of a fast one, not this long"
