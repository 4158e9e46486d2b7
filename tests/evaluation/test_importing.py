"""Results of lm-evaluation-harness and of Inspect are taken in: their figures are ours, and damaged files say so."""

import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from causerie.cli.main import app
from causerie.database.engine import Database
from causerie.errors import InvalidImport, UnreadableFile
from causerie.evaluation import store
from causerie.evaluation.folder import folder_of, read_items
from causerie.evaluation.importing import bounded, inspect, lm_eval, table
from causerie.evaluation.statistics import proportion
from causerie.inference.catalogue import find
from causerie.settings import Settings
from tests.evaluation import peers
from tests.running import RunningServer, running_server

DATE = "2026-11-25T20-00-00.123456"


def results(folder: Path, **changes: Any) -> Path:
    """A results file of the harness with two tasks of a group, one with two filters."""
    told = {
        "results": {
            "both": {"alias": "both", "acc,none": 0.5, "acc_stderr,none": "N/A"},
            "choice": {"alias": " - choice", "acc,none": 0.5, "acc_stderr,none": 0.2887, "acc_norm,none": 0.25,
                       "acc_norm_stderr,none": 0.25},
            "sums": {"alias": " - sums", "exact_match,strict": 0.5, "exact_match_stderr,strict": 0.35,
                     "exact_match,flexible": 1.0, "exact_match_stderr,flexible": "N/A"},
            "text": {"alias": "text", "word_perplexity,none": 12.5, "word_perplexity_stderr,none": "N/A"},
        },
        "group_subtasks": {"both": ["choice", "sums"], "text": []},
        "configs": {"choice": {"output_type": "multiple_choice"}, "sums": {"output_type": "generate_until"},
                    "text": {"output_type": "loglikelihood_rolling"}},
        "versions": {"choice": 1.0, "sums": 2.0}, "n-shot": {"choice": 0, "sums": 5},
        "higher_is_better": {"choice": {"acc": True, "acc_norm": True}, "sums": {"exact_match": True},
                             "text": {"word_perplexity": False}},
        "n-samples": {"choice": {"original": 4, "effective": 4}, "sums": {"original": 2, "effective": 2},
                      "text": {"original": 9, "effective": 9}},
        "model_name": "some/model", "date": 1764100000.5, "total_evaluation_time_seconds": "90.5",
        "lm_eval_version": "0.4.13",
    } | changes  # fmt: skip
    path = folder / f"results_{DATE}.json"
    path.write_text(json.dumps(told))
    chat = json.dumps([{"role": "user", "content": "2 + 2?", "type": "text"}])
    samples = {
        "choice": [{"doc_id": n, "arguments": {"gen_args_0": {"arg_0": "Q: 1 or 2?", "arg_1": " 1"}}, "target": "0",
                    "filtered_resps": [["-1.0", "False"], ["-2.0", "False"]], "filter": "none",
                    "metrics": ["acc", "acc_norm"], "prompt_hash": f"h{n}", "acc": float(n % 2),
                    "acc_norm": float(n == 1)} for n in range(4)],
        "sums": [{"doc_id": n, "arguments": {"gen_args_0": {"arg_0": [chat]}}, "target": "4", "resps": [["It is 4"]],
                  "filtered_resps": [said], "filter": name, "metrics": ["exact_match"], "exact_match": right[n]}
                 for name, said, right in (("strict", "It is 4", (0.0, 1.0)), ("flexible", "4", (1.0, 1.0)))
                 for n in range(2)],
    }  # fmt: skip
    for task, rows in samples.items():
        (folder / f"samples_{task}_{DATE}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_harness_with_its_items(tmp_path: Path) -> None:
    read = table.read(results(tmp_path))
    one = read.evaluation
    assert (one.model, one.version, one.suite) == ("some/model", "", "lm-eval/both+text")
    assert (one.scored_by, one.seconds) == ("mixed", 90.5)
    assert (one.ended_at - one.began_at).total_seconds() == 90.5
    assert one.notes == ("measured by lm-evaluation-harness 0.4.13, then imported",)
    names = [(each.task, each.name, each.value, each.method) for each in one.metrics]
    assert names == [
        ("choice", "accuracy", 0.5, "Wilson"), ("choice", "acc_norm", 0.25, "Wilson"),
        ("sums", "exact_match strict", 0.5, "Wilson"), ("sums", "exact_match flexible", 1.0, "Wilson"),
        ("text", "word_perplexity", 12.5, "none was given"),
    ]  # fmt: skip
    assert (one.metrics[0].low, one.metrics[0].high) == (proportion(2, 4).low, proportion(2, 4).high)
    assert one.metrics[4].low == -math.inf
    assert one.metrics[4].higher_is_better is False
    first, last = read.items[0], read.items[-1]
    assert (first.prompt, first.score, first.scored_by, first.hash) == ("Q: 1 or 2?", 0.0, "log-probabilities", "h0")
    assert (last.prompt, last.answer, last.expected) == ("user: 2 + 2?", "It is 4", "4")
    assert last.extra == {"exact_match strict": 1.0, "exact_match flexible": 1.0}
    assert len(read.items) == 6, "an item with two filters is one"


def test_without_the_items_the_reported_error_stands(tmp_path: Path) -> None:
    path = results(tmp_path)
    for each in tmp_path.glob("samples_*"):
        each.unlink()
    metric = table.read(tmp_path).evaluation.metrics[0]
    assert metric.method == "reported error"
    assert metric.high - metric.value == pytest.approx(1.959964 * 0.2887, rel=1e-6)
    assert (metric.items, metric.task) == (4, "choice")
    assert table.read(path).items == ()


def test_items_that_do_not_make_the_figure_are_not_believed(tmp_path: Path) -> None:
    """Such as a metric that is no mean."""
    changed = {"choice": {"acc,none": 0.9, "acc_stderr,none": 0.1}}
    metric = table.read(results(tmp_path, results=changed, group_subtasks={})).evaluation.metrics[0]
    assert (metric.value, metric.method) == (0.9, "reported error")


def log(**changes: Any) -> dict[str, Any]:
    """A log of Inspect: two samples in two epochs each, one without a score, a long text set apart."""

    def sample(name: str, epoch: int, value: object, **more: Any) -> dict[str, Any]:
        said = {"choices": [{"message": {"role": "assistant", "content": "It is 4."}}],
                "usage": {"input_tokens": 10, "output_tokens": 3}}  # fmt: skip
        return {"id": name, "epoch": epoch, "input": "2 + 2?", "target": ["4", "four"], "output": said,
                "scores": {"includes": {"value": value}}} | more  # fmt: skip

    return {
        "version": 2, "status": "success",
        "eval": {"task": "sums", "task_version": 0, "model": "openai-api/local/starter",
                 "created": "2026-11-25T20:00:00Z", "dataset": {"name": "items"},
                 "packages": {"inspect_ai": "0.3.285"}},
        "results": {"scores": [{"name": "includes", "scorer": "includes", "scored_samples": 4, "metrics": {
            "accuracy": {"name": "accuracy", "value": 0.625}, "stderr": {"name": "stderr", "value": 0.2}}}]},
        "stats": {"started_at": "2026-11-25T20:00:01+00:00", "completed_at": "2026-11-25T20:00:31+00:00"},
        "samples": [
            sample("a", 1, "C"), sample("a", 2, "P"), sample("b", 1, 1), sample("b", 2, "I"),
            sample("c", 1, float("nan"), error={"message": "it ran out of time"}, attachments={"x1": "a long text"},
                   input=[{"role": "user", "content": [{"type": "text", "text": "attachment://x1"}]}]),
        ],
    } | changes  # fmt: skip


def test_inspect_as_json(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log()))
    read = table.read(path)
    one, metric = read.evaluation, read.evaluation.metrics[0]
    assert (one.model, one.suite, one.scored_by) == ("openai-api/local/starter", "inspect/sums", "generation")
    assert (one.seconds, one.tokens_in, one.tokens_out, one.errors) == (30, 50, 15, 1)
    assert (metric.name, metric.value, metric.items, metric.clusters) == ("includes accuracy", 0.625, 4, 2)
    assert metric.method == "Student, clustered", "two epochs of one question are no two questions"
    assert [each.id for each in read.items] == ["a", "a#2", "b", "b#2", "c"]
    assert read.items[0].expected == "4 | four"
    assert read.items[0].answer == "It is 4."
    assert read.items[4].prompt == "user: a long text"
    assert (read.items[4].error, read.items[4].extra) == ("it ran out of time", {})
    assert one.notes == ("measured by Inspect 0.3.285, then imported",)


def packed(path: Path, told: dict[str, Any], *, zstandard: bool) -> Path:
    """An `.eval` archive; Python's zipfile does not write Zstandard, so the numbers in its headers are changed."""
    header = {name: value for name, value in told.items() if name != "samples"}
    members = {"header.json": header} | {
        f"samples/{each['id']}_epoch_{each['epoch']}.json": each for each in told["samples"]
    }
    codec = pa.Codec("zstd")
    sizes = {}
    with zipfile.ZipFile(path, "w") as there:
        for name, value in members.items():
            content = json.dumps(value).encode()
            sizes[name] = len(content)
            there.writestr(name, codec.compress(content, asbytes=True) if zstandard else content)
    if zstandard:
        raw = bytearray(path.read_bytes())
        for signature, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            at = raw.find(signature)
            while at >= 0:
                raw[at + place : at + place + 2] = bounded.ZSTANDARD.to_bytes(2, "little")
                at = raw.find(signature, at + 4)
        path.write_bytes(raw)
    return path


@pytest.mark.parametrize("zstandard", [True, False])
def test_inspect_as_an_archive(tmp_path: Path, zstandard: bool) -> None:
    path = packed(tmp_path / "log.eval", log(), zstandard=zstandard)
    (tmp_path / "log.json").write_text(json.dumps(log()))
    read, same = table.read(path), table.read(tmp_path / "log.json")
    assert read.items == same.items
    assert read.evaluation.metrics == same.evaluation.metrics


def test_a_scorer_may_give_several_figures_and_a_run_may_fail(tmp_path: Path) -> None:
    told = log(status="error")
    told["samples"] = [{"id": 1, "epoch": 1, "input": "x", "target": "y", "output": {"completion": "z"},
                        "scores": {"graded": {"value": {"tone": 0.5, "truth": "yes"}}}}]  # fmt: skip
    told["results"] = {"scores": [{"name": name, "scorer": "graded", "metrics": {"mean": {"value": value}}}
                                  for name, value in (("tone", 0.5), ("truth", 1.0))]}  # fmt: skip
    (tmp_path / "log.json").write_text(json.dumps(told))
    read = table.read(tmp_path / "log.json")
    assert read.items[0].extra == {"graded tone": 0.5, "graded truth": 1.0}
    assert read.items[0].answer == "z"
    assert [(each.name, each.value) for each in read.evaluation.metrics] == [("tone mean", 0.5), ("truth mean", 1.0)]
    assert "the run ended with the status 'error'" in read.evaluation.notes


@pytest.mark.parametrize(
    ("value", "expected"),
    [("C", 1), ("I", 0), ("P", 0.5), ("N", 0), ("Yes", 1), ("false", 0), ("0.25", 0.25), (True, 1), (3, 3),
     ("maybe", None), (float("nan"), None), ("inf", None), (None, None), ([1], None)],
)  # fmt: skip
def test_scores_in_words(value: object, expected: float | None) -> None:
    assert inspect.worth(value) == expected


def damaged(folder: Path) -> Iterator[tuple[Path, type[Exception]]]:
    for name, content, error in (
        ("text.json", b"{", UnreadableFile), ("list.json", b"[]", InvalidImport),
        ("deep.json", b"[" * 10**5, UnreadableFile),
        ("other.json", b'{"results": {}}', InvalidImport), ("broken.eval", b"PK nothing", UnreadableFile),
        ("task.json", b'{"results": {"t": 3}, "n-shot": {}}', UnreadableFile),
        ("config.json", b'{"results": {"t": {}}, "n-shot": {}, "configs": [1]}', UnreadableFile),
        ("time.json", b'{"eval": {"created": "soon"}, "status": "success"}', InvalidImport),
        ("sample.json", b'{"eval": {"created": "2026-11-25"}, "status": "success", "samples": [1]}', UnreadableFile),
    ):  # fmt: skip
        (folder / name).write_bytes(content)
        yield folder / name, error
    yield folder / "none.json", InvalidImport
    yield folder / "none.eval", InvalidImport
    (folder / "empty").mkdir()
    yield folder / "empty", InvalidImport
    with zipfile.ZipFile(folder / "hollow.eval", "w") as there:
        there.writestr("journal", "x")
    yield folder / "hollow.eval", UnreadableFile
    good = packed(folder / "good.eval", log(), zstandard=True).read_bytes()
    frame = good.find(b"\x28\xb5\x2f\xfd")
    (folder / "torn.eval").write_bytes(good[: frame + 8] + b"\xff" * 40 + good[frame + 48 :])
    yield folder / "torn.eval", UnreadableFile


def test_what_is_damaged_or_strange_is_refused(tmp_path: Path) -> None:
    for path, error in damaged(tmp_path):
        with pytest.raises(error):
            table.read(path)
    with pytest.raises(InvalidImport, match="no results file"):
        lm_eval.read(tmp_path / "list.json")
    broken = results(tmp_path)
    (tmp_path / f"samples_sums_{DATE}.jsonl").write_text('{"doc_id": 1}\n[3]\n')
    with pytest.raises(UnreadableFile):
        table.read(broken)


def test_files_that_would_fill_the_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = results(tmp_path)
    stored, squeezed = (packed(tmp_path / f"{name}.eval", log(), zstandard=name == "z") for name in "sz")
    monkeypatch.setattr(bounded, "MAX_LINE", 100)
    for each in (path, stored, squeezed):
        with pytest.raises(UnreadableFile, match="larger than what is read here"):
            table.read(each)
    monkeypatch.setattr(bounded, "MAX_BYTES", 100)
    with pytest.raises(UnreadableFile, match="larger"):
        table.read(path)


async def test_taken_in_once(tmp_path: Path, database: Database, settings: Settings) -> None:
    read = table.read(results(tmp_path))
    kept = await table.take_in(database, settings, read)
    again = await table.take_in(database, settings, table.read(tmp_path))
    assert again.id == kept.id
    async with database.read() as session:
        assert [each.id for each in await store.list_of(session)] == [kept.id]
        assert (await store.get(session, kept.id)).metrics == kept.metrics
    place = folder_of(settings, kept.id)
    assert read_items(place) == list(read.items)
    assert "lm-evaluation-harness 0.4.13" in (place / "report.html").read_text("utf-8")


async def test_for_a_model_of_the_catalogue(tmp_path: Path, database: Database, settings: Settings) -> None:
    model = find(settings, "starter")
    kept = await table.take_in(database, settings, table.read(results(tmp_path)), model=model, language="fr")
    assert (kept.model, kept.version) == (model.name, model.sha256)
    assert "exactitude" in (folder_of(settings, kept.id) / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("database_url")
def test_the_command(tmp_path: Path) -> None:
    results(tmp_path)
    outcome = CliRunner().invoke(app, ["eval", "import", str(tmp_path), "--json"])
    assert outcome.exit_code == 0, outcome.output
    told = json.loads(outcome.stdout)
    assert told["suite"] == "lm-eval/both+text"
    shown = CliRunner().invoke(app, ["eval", "import", str(tmp_path), "--model", "starter"])
    assert shown.exit_code == 0, shown.output
    assert "0.15 .. 0.85" in shown.stdout
    assert "report.html" in shown.stdout.replace("\n", "")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("up") / "home") as up:
        yield up


@pytest.mark.engine
@pytest.mark.timeout(1800)
@pytest.mark.xdist_group("peers")
def test_the_harness_really_run(server: RunningServer, tmp_path: Path) -> None:
    path = peers.harness(tmp_path, server.address, peers.sums(20))
    read = table.read(path)
    reported = json.loads(path.read_text())["results"]["sums"]["exact_match,first-number"]
    (metric,) = read.evaluation.metrics
    assert (metric.name, metric.items, metric.method) == ("exact_match first-number", 20, "Wilson")
    assert metric.value == pytest.approx(reported)
    assert len(read.items) == 20
    assert read.items[0].prompt == f"user: {peers.sums(1)[0][0]}"
    assert all(each.answer for each in read.items)
    assert read.evaluation.model == peers.MODEL


@pytest.mark.engine
@pytest.mark.timeout(1800)
@pytest.mark.xdist_group("peers")
def test_inspect_really_run(server: RunningServer, tmp_path: Path) -> None:
    path = peers.inspect(tmp_path, server.address, peers.sums(12))
    read = table.read(path)
    (metric,) = read.evaluation.metrics
    assert (metric.name, metric.items, metric.clusters) == ("includes accuracy", 12, 12)
    assert metric.method == "Wilson"
    assert read.evaluation.model == f"openai-api/local/{peers.MODEL}"
    assert read.evaluation.tokens_in > 12
    assert {each.prompt for each in read.items} == {question for question, _ in peers.sums(12)}
    right = [each.score for each in read.items if each.expected in each.answer]
    assert right == [1.0] * round(metric.value * 12)
