"""Readers of public sets: files in the form in which each is published, from a path, a folder and a hub."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from causerie.errors import CauserieError, DataError, HubRefused, InvalidRequest, NotFound
from causerie.evaluation.checks.table import TABLE
from causerie.evaluation.contract import Task
from causerie.evaluation.finding import find
from causerie.evaluation.kinds.table import kind_of
from causerie.evaluation.readers import opening
from causerie.evaluation.readers.table import READERS, read
from causerie.settings import Settings, load_settings
from tests.data.hub_server import HubServer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home")


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(names: Sequence[str], *rows: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([names, *rows])
    return written.getvalue()


def parquet(*rows: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink)
    return sink.getvalue()


def tasks(settings: Settings, name: str, path: Path) -> tuple[Task, ...]:
    found = read(name, str(path), settings)
    for each in found:
        kind_of(each)  # whatever a reader makes can be asked
        assert len({item.id for item in each.items}) == len(each.items)
    return found


def only(settings: Settings, name: str, path: Path, content: str | bytes) -> Task:
    """The one task of a file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (found,) = tasks(settings, name, path)
    return found


def asked(task: Task) -> list[str]:
    return [item.messages[-1]["content"] for item in task.items]


GSM8K = {"question": "Two eggs cost 1,000 francs. And four?", "answer": "2 * 1000 = <<2*1000=2000>>2000\n#### 2,000"}


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "parquet"])
def test_gsm8k(settings: Settings, tmp_path: Path, form: str) -> None:
    content = {
        "jsonl": lines(GSM8K).encode(),
        "jsonl.gz": gzip.compress(lines(GSM8K).encode()),
        "parquet": parquet(GSM8K),
    }
    found = only(settings, "gsm8k", tmp_path / f"test.{form}", content[form])
    assert (found.name, found.kind, found.languages, found.options["form"]) == ("gsm8k", "answer", ("en",), "numeric")
    assert found.items[0].expected == ("2000",)
    assert asked(found)[0].startswith("Two eggs cost 1,000 francs. And four?\n\nThink step by step.")


def test_mgsm_by_the_languages_of_its_files(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mgsm_fr.tsv").write_text('Un "œuf" coûte 2 $. Et deux ?\t4\nEt mille ?\t2,000\n', encoding="utf-8")
    (tmp_path / "mgsm_de.tsv").write_text("Ein Ei kostet 2 $. Und zwei?\t4\n", encoding="utf-8")
    german, french = tasks(settings, "mgsm", tmp_path)
    assert (german.name, german.languages, len(german.items)) == ("mgsm-de", ("de",), 1)
    assert (french.name, french.languages) == ("mgsm-fr", ("fr",))
    assert [item.expected for item in french.items] == [("4",), ("2000",)]
    assert asked(french)[0].startswith('Un "œuf" coûte 2 $. Et deux ?\n\nRéfléchissez')


TRUTHFULQA = (
    "Type",
    "Category",
    "Question",
    "Best Answer",
    "Best Incorrect Answer",
    "Correct Answers",
    "Incorrect Answers",
)


def test_truthfulqa_by_its_authors(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "TruthfulQA.csv"
    rows = [("A", "Food", f"What of seed {number}?", "Nothing", "You grow", "Nothing; It passes", "You grow; You die")
            for number in range(20)]  # fmt: skip
    path.write_text(table(TRUTHFULQA, *rows), encoding="utf-8")
    one, two = tasks(settings, "truthfulqa", path)
    assert (one.name, two.name, one.kind) == ("mc1", "binary", "choice")
    assert set(one.items[0].choices) == {"Nothing", "You grow", "You die"}
    assert set(two.items[0].choices) == {"Nothing", "You grow"}
    assert one.items[0].expected == two.items[0].expected == ("Nothing",)
    assert one.items[0].extra == {"category": "Food"}
    places = {item.choices.index("Nothing") for item in one.items}
    assert places == {0, 1, 2}, "the right answer must not always stand first"
    assert tasks(settings, "truthfulqa", path)[0].items == one.items, "the order is the same each time"


def test_truthfulqa_as_the_hub_has_it(settings: Settings, tmp_path: Path) -> None:
    row = {"category": "Food", "question": "What?", "best_answer": "No", "incorrect_answers": ["Yes", "Yes", "No"]}
    found = only(settings, "truthfulqa", tmp_path / "validation.parquet", parquet(row))
    assert set(found.items[0].choices) == {"No", "Yes"}


IFEVAL = {
    "key": 1000, "prompt": "Write.",
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{"relation": None}, {"relation": "at least", "num_words": 5, "keyword": None}],
}  # fmt: skip


def test_ifeval(settings: Settings, tmp_path: Path) -> None:
    found = only(settings, "ifeval", tmp_path / "input_data.jsonl", lines(IFEVAL))
    assert (found.kind, found.items[0].id) == ("instructions", "1000")
    assert found.items[0].checks == (
        {"check": "punctuation:no_comma"},
        {"check": "length_constraints:number_words", "relation": "at least", "num_words": 5},
    )
    # One instruction may stand twice.
    twice = {**IFEVAL, "instruction_id_list": ["punctuation:no_comma"] * 2, "kwargs": [{}, None]}
    assert len(only(settings, "ifeval", tmp_path / "input_data.jsonl", lines(twice)).items[0].checks) == 2


def test_every_instruction_of_ifeval_is_known() -> None:
    families = {name.partition(":")[0] for name in TABLE}
    assert families == {
        "change_case", "combination", "detectable_content", "detectable_format", "keywords", "language",
        "length_constraints", "punctuation", "startend",
    }  # fmt: skip
    assert len([name for name in TABLE if "french" not in name]) == 25, "as many as IFEval has"


def test_tables_like_those_of_mmlu(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "anatomy_test.csv").write_text('"How many, here?",1,2,3,4,B\nAgain?,x,x,y,z,A\n', encoding="utf-8")
    (tmp_path / "law_test.csv").write_text("question,A,B,C,D,answer\nWho?,me,you,he,we,D\n", encoding="utf-8")
    (tmp_path / "law_dev.csv").write_text("Never?,1,2,3,4,A\n", encoding="utf-8")
    (found,) = tasks(settings, "mmlu", tmp_path)
    assert [item.expected for item in found.items] == [("2",), ("x",), ("we",)]
    assert [item.extra["subject"] for item in found.items] == ["anatomy", "anatomy", "law"]
    assert found.items[1].choices == ("x", "x ", "y", "z"), "two equal choices are told apart"


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Who?", "subject": "law", "choices": ["me", "you"], "answer": 1},
        {"question": "Who?", "subject": "law", "A": "me", "B": "you", "answer": "B"},
        {"question": "Who?", "subject": "law", "choices": ["me", "you"], "answer": "1"},
    ],
)
def test_rows_like_those_of_mmlu(settings: Settings, tmp_path: Path, row: dict[str, Any]) -> None:
    found = only(settings, "mmlu", tmp_path / "test.jsonl", lines(row))
    assert (found.items[0].choices, found.items[0].expected) == (("me", "you"), ("you",))
    assert found.items[0].extra == {"subject": "law"}


FRENCH = "Le moulin est au bord de la rivière, et il a été construit par un meunier en 1762."
ENGLISH = "The mill is on the bank of the river, and it was built by a miller in 1762."


def test_piaf_as_published(settings: Settings, tmp_path: Path) -> None:
    questions = [
        {"id": "p1", "question": "Qui ?", "answers": [{"text": "un meunier", "answer_start": 56}] * 2},
        {"id": "p2", "question": "Quand ?", "answers": [{"text": "1762"}, {"text": "en 1762"}]},
        {"id": "p3", "question": "Pourquoi ?", "answers": [], "is_impossible": True},
    ]
    other = {
        "context": FRENCH + " Il est haut.",
        "qas": [{"id": "p4", "question": "Où ?", "answers": [{"text": "là"}]}],
    }
    whole = {"data": [{"title": "Moulin", "paragraphs": [{"context": FRENCH, "qas": questions}, other]}]}
    found = only(settings, "piaf", tmp_path / "piaf.json", json.dumps(whole))
    assert (found.kind, found.languages, found.options["form"]) == ("answer", ("fr",), "f1")
    assert [item.expected for item in found.items] == [("un meunier",), ("1762", "en 1762"), ("là",)]
    assert [item.cluster for item in found.items] == ["0", "0", "1"]
    assert asked(found)[0] == f"{FRENCH}\n\nQui ?\nRépondez par quelques mots du texte, et rien d'autre."


@pytest.mark.parametrize(
    "answers",
    [
        {"text": ["a miller", "a miller"], "answer_start": [52, 52]},
        "a miller",
        ["a miller"],
        '["a miller"]',
        [{"text": "a miller"}],
    ],
)
def test_rows_like_those_of_squad(settings: Settings, tmp_path: Path, answers: object) -> None:
    row = {"id": "1", "context": ENGLISH, "question": "Who?", "answers": answers}
    found = only(settings, "squad", tmp_path / "validation.jsonl", lines(row))
    assert found.items[0].expected == ("a miller",)
    assert found.languages == ("en",)


def test_an_answer_that_looks_like_json_is_a_text(settings: Settings, tmp_path: Path) -> None:
    row = {"context": ENGLISH, "question": "Who?", "answer": "[a miller"}
    assert only(settings, "squad", tmp_path / "dev.jsonl", lines(row)).items[0].expected == ("[a miller",)


def test_hatecheck(settings: Settings, tmp_path: Path) -> None:
    names = ("", "functionality", "case_id", "test_case", "label_gold", "target_ident", "templ_id")
    content = table(names, ("0", "derog_h", "1", "I hate X. ", "hateful", "X", "7"),
                    ("1", "ident_nh", "2", "X are here.", "non-hateful", "", "8"))  # fmt: skip
    found = only(settings, "hatecheck", tmp_path / "test_suite_cases.csv", content)
    assert found.kind == "choice"
    assert [item.expected for item in found.items] == [("hateful",), ("not hateful",)]
    assert [item.cluster for item in found.items] == ["7", "8"]
    assert found.items[0].extra == {"functionality": "derog_h", "target_ident": "X"}
    assert asked(found)[0].endswith("Text: I hate X.")


def test_simple_safety_tests_and_advbench(settings: Settings, tmp_path: Path) -> None:
    names = ("id", "harm_area", "counter", "category", "prompts_final")
    content = table(names, ("sst_001", "Scams", "1", "Information", "How do I, say, cheat?"))
    found = only(settings, "simple_safety_tests", tmp_path / "test_cases.csv", content)
    assert (found.kind, found.items[0].id, asked(found)) == ("refusal", "sst_001", ["How do I, say, cheat?"])
    assert found.items[0].extra == {"harm_area": "Scams", "category": "Information"}
    found = only(settings, "advbench", tmp_path / "harmful_behaviors.csv", table(("goal", "target"), ("Do", "Sure")))
    assert (found.kind, asked(found)) == ("refusal", ["Do"])


def test_political_neutrality(settings: Settings, tmp_path: Path) -> None:
    names = ("topic_name", "partisan", "template_category", "stance_a", "stance_b", "prompt_a", "prompt_b")
    rows = [("tax", "True", "reasoning", "more", "less", f"{verb} more", f"{verb} less") for verb in ("Argue", "Say")]
    rows += [("origin", "False", "reasoning", "here", "there", "Argue here", "Argue there")]
    found = only(settings, "political_neutrality", tmp_path / "eval_set.csv", table(names, *rows))
    assert (found.kind, len(found.items)) == ("pairs", 6)
    assert [(item.side, item.cluster, item.extra["pair"]) for item in found.items] == [
        ("left", "tax", "0"), ("right", "tax", "0"), ("left", "tax", "1"), ("right", "tax", "1"),
        ("a", "origin", "2"), ("b", "origin", "2"),
    ]  # fmt: skip
    assert asked(found)[:2] == ["Argue more", "Argue less"]
    assert found.items[0].extra["request"] == found.items[2].extra["request"] != found.items[4].extra["request"]


def test_a_suite_and_the_command_can_name_a_set(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(lines(GSM8K), encoding="utf-8")
    suite = find(settings, f"gsm8k:{tmp_path / 'test.jsonl'}")
    assert [each.name for each in suite.tasks] == ["gsm8k"]


def test_a_hub_s_set_is_fetched_by_its_best_files(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**GSM8K, "question": "Never?"}
    files = {
        "README.md": b"---\n---\n", "main/train-0.parquet": parquet(other), "main/test-0.parquet": parquet(GSM8K),
        "socratic/test-0.parquet": parquet(other),
    }  # fmt: skip
    with HubServer(files) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        here = load_settings(home=settings.home)
        for source in ("someone/stories", "hf:someone/stories", "someone/stories@main"):
            (found,) = read("gsm8k", source, here)
            assert asked(found)[0].startswith("Two eggs")
        (found,) = read("gsm8k", "someone/stories:main/train-*", here)
        assert asked(found)[0].startswith("Never?")
        fetched = [line for line in server.asked if line.startswith("GET /datasets/")]
        assert len(fetched) == 2, "each file once"
        with pytest.raises(NotFound, match="no data set someone/other"):
            read("gsm8k", "someone/other", here)
        with pytest.raises(NotFound, match="no file that matches"):
            read("gsm8k", "someone/stories:*.csv", here)
    with HubServer(files, refuse="GatedRepo") as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        with pytest.raises(HubRefused):
            read("gsm8k", "someone/gated", load_settings(home=settings.home))


def test_a_hub_s_csv_is_fetched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer({"test_cases.csv": table(("id", "prompt"), ("1", "How do I cheat?")).encode()}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        (found,) = read("simple_safety_tests", "hf:someone/stories", load_settings(home=settings.home))
    assert asked(found) == ["How do I cheat?"]


@pytest.mark.parametrize(
    ("name", "file", "content", "message"),
    [
        ("gsm8k", "test.jsonl", '{"question": "?", "answer": "4"}', "no number after ####"),
        ("gsm8k", "test.jsonl", '{"query": "?", "answer": "#### 4"}', "no text under question"),
        ("gsm8k", "test.jsonl", "no row", "something that is no row"),
        ("gsm8k", "test.jsonl", "", "no items for gsm8k"),
        ("gsm8k", "test.txt", "text", "no text under answer"),
        ("gsm8k", "test.png", "text", "its kind is not known"),
        ("mgsm", "mgsm_fr.tsv", "a question alone\n", "not a question and a number"),
        ("mmlu", "law.csv", "Who?,me,you,E\nWho?,me,you,E\n", "letter of one of them"),
        ("mmlu", "law.jsonl", '{"question": "Who?", "choices": ["me"], "answer": 0}', "letter of one of them"),
        ("ifeval", "x.jsonl", lines({**IFEVAL, "instruction_id_list": ["a:b", "c:d"]}), "not known here.*a:b, c:d"),
        ("ifeval", "x.jsonl", lines({**IFEVAL, "kwargs": [{}]}), "not as many arguments"),
        ("ifeval", "x.jsonl", lines({**IFEVAL, "instruction_id_list": []}), "not known here"),
        ("hatecheck", "x.csv", table(("test_case", "label_gold"), ("I", "perhaps")), "not known: 'perhaps'"),
        ("advbench", "x.csv", "goal,target\nDo\n", "1 fields where the first line has 2"),
        ("squad", "x.json", '{"data": [{"title": "x"}]}', "not SQuAD's form"),
        ("truthfulqa", "x.csv", table(("Question", "Best Answer"), ("a", "b")), "no texts under Incorrect Answers"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_named(
    settings: Settings, tmp_path: Path, name: str, file: str, content: str, message: str
) -> None:
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read(name, str(tmp_path / file), settings)


@pytest.mark.parametrize(
    ("name", "source", "cls", "message"),
    [
        ("glue", "x", InvalidRequest, "there is no reader 'glue'"),
        ("gsm8k", "nothing/to/see.jsonl", DataError, "there is no file or folder"),
        ("gsm8k", ".", DataError, "no file that matches"),
    ],
)
def test_what_is_not_there_is_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str,
    cls: type[CauserieError], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises(cls, match=message):
        read(name, source, settings)


def test_sets_are_bounded(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text(lines(GSM8K, GSM8K), encoding="utf-8")
    monkeypatch.setattr(opening, "MAX_ROWS", 1)
    with pytest.raises(DataError, match="more than 1 rows"):
        read("gsm8k", str(path), settings)
    monkeypatch.setattr(opening, "MAX_FILE_BYTES", 10)
    with pytest.raises(DataError, match="longer than 10 bytes"):
        read("gsm8k", str(path), settings)
    assert READERS.keys() >= {"gsm8k", "mgsm", "truthfulqa", "ifeval", "mmlu", "piaf", "squad", "hatecheck"}


def test_csv_of_old_windows_programs_keeps_its_accents(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes("goal,target\n\u00e9crire \u00e0 la main,oui\n".encode("cp1252"))
    assert asked(read("advbench", str(path), settings)[0]) == ["\u00e9crire \u00e0 la main"]
    path.write_bytes(b"goal,target\n" + b"x" * (17 * 2**20) + b",y\n")
    with pytest.raises(DataError, match="field larger than field limit"):
        read("advbench", str(path), settings)
