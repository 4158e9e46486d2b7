"""A suite's files are read strictly: what is wrong is said with its place, and nothing leads out of the folder."""

from pathlib import Path
from typing import Any

import pytest

from causerie.errors import DataError, NotFound
from causerie.evaluation import finding, suite_file
from causerie.evaluation.suite_file import read_items
from causerie.settings import Settings
from tests.evaluation.written import HEAD, suite_of, task_table, write_suite

QUESTION = {"id": "1", "question": "What is it?", "answer": "this"}


def own(settings: Settings, name: str = "mine") -> Path:
    return settings.home / "suites" / name


def test_items_are_what_their_lines_say(settings: Settings) -> None:
    lines: list[dict[str, Any]] = [
        QUESTION,
        {"id": "2", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}],
         "answer": ["me", "I"], "cluster": "people", "language": "fr", "side": "left", "extra": {"hard": True}},
        {"id": "3", "text": "Paris is", "choices": ["here", "there"], "answer": "here"},
    ]  # fmt: skip
    suite = suite_of(settings, "answer", lines, 'languages = ["en"]\n[tasks.options]\nform = "contains"')
    (task,) = suite.tasks
    first, second, third = task.items
    assert (task.kind, task.languages, task.options) == ("answer", ("en",), {"form": "contains"})
    assert first.messages == ({"role": "user", "content": "What is it?"},)
    assert first.expected == ("this",)
    assert [message["role"] for message in second.messages] == ["system", "user"]
    assert (second.expected, second.cluster, second.language, second.side) == (("me", "I"), "people", "fr", "left")
    assert second.extra == {"hard": True}
    assert (third.text, third.choices, third.task) == ("Paris is", ("here", "there"), "t")


def test_the_hash_follows_whatever_can_change_a_figure(settings: Settings) -> None:
    before = suite_of(settings, "answer", [QUESTION]).sha256
    assert suite_of(settings, "answer", [QUESTION]).sha256 == before
    for change in ({"question": "What?"}, {"answer": "that"}, {"cluster": "c"}):
        assert suite_of(settings, "answer", [QUESTION | change]).sha256 != before
    assert suite_of(settings, "answer", [QUESTION], '[tasks.options]\nform = "f1"').sha256 != before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "1"', "items.jsonl:2 is not JSON"),
        ("[" * 100_000, "items.jsonl:2 is not JSON"),
        ('{"id": "2"}', "items.jsonl:2: it: give question, messages or text"),
        ('{"id": "2", "question": "?", "anser": "x"}', "items.jsonl:2: anser: Extra inputs"),
        ('{"id": "2", "question": "?", "messages": [{"role": "user", "content": "?"}]}', "not both"),
        ('{"id": "2", "messages": [{"role": "boss", "content": "?"}]}', "items.jsonl:2: messages.0.role"),
        ('{"id": "1", "question": "?"}', "mine/t has two of the name '1'"),
        ("3", "items.jsonl:2: it"),
    ],
)
def test_a_wrong_line_is_named(settings: Settings, line: str, said: str) -> None:
    suite_of(settings, "answer", [QUESTION])
    with (own(settings) / "items.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=said):
        finding.find(settings, "mine")


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ("", "tasks"),
        ("tasks = 3", "tasks"),
        ("][", "is not TOML"),
        ('[[tasks]]\nname = "t"\nkind = "answer"', "give one of items, from and reader"),
        ('[[tasks]]\nname = "t"\nkind = "answer"\nitems = "items.jsonl"\nfrom = "a/b"', "give one of"),
        ('[[tasks]]\nname = "t"\nitems = "items.jsonl"', "kind is missing"),
        ('[[tasks]]\nname = "t"\nreader = "gsm8k"', "reader and source come together"),
        (task_table("t", "answer", "items", "colour = 3"), "colour"),
        (task_table("t", "answer", "items") * 2, "mine has two of the name 't'"),
        (task_table("t", "answer", "../../elsewhere"), "outside of the suite's folder"),
        (task_table("t", "answer", "none"), "cannot be read"),
        (task_table("t", "answer", "empty"), "mine/t has no items"),
        ('[[tasks]]\nname = "t"\nfrom = "core/none"', "no task 'none'"),
        ('[[tasks]]\nname = "t"\nfrom = "mine/t"', "takes its tasks from itself"),
    ],
)
def test_a_wrong_table_is_named(settings: Settings, tasks: str, said: str) -> None:
    write_suite(own(settings), tasks, items=[QUESTION], empty=[])
    with pytest.raises(DataError, match=said):
        finding.find(settings, "mine")


def test_files_are_bounded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    suite_of(settings, "answer", [QUESTION, QUESTION | {"id": "2"}])
    monkeypatch.setattr(suite_file, "MAX_ITEMS", 1)
    with pytest.raises(DataError, match="more than 1 items"):
        finding.find(settings, "mine")
    monkeypatch.setattr(suite_file, "MAX_FILE_BYTES", 30)
    with pytest.raises(DataError, match="longer than 30 bytes"):
        finding.find(settings, "mine")
    (own(settings) / "suite.toml").write_bytes(b"\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        finding.find(settings, "mine")


def test_lines_may_hold_every_character_and_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(
        '\n{"id": "1", "question": "a\u2028b\u0085c"}\n\n{"id": "2", "question": "d"}\n', encoding="utf-8"
    )
    assert [each.messages[0]["content"] for each in read_items(path, "t")] == ["a\u2028b\u0085c", "d"]
    assert len(list(read_items(path, "t", limit=1))) == 1


def test_a_task_of_another_suite_is_taken_over(settings: Settings) -> None:
    lines = [QUESTION | {"id": str(number)} for number in range(5)]
    suite_of(settings, "answer", lines, 'languages = ["fr"]\n[tasks.options]\nform = "f1"\nmax_tokens = 9', "one")
    tasks = '[[tasks]]\nname = "some"\nfrom = "one/t"\nlimit = 2\n[tasks.options]\nmax_tokens = 3'
    write_suite(own(settings, "two"), tasks)
    (task,) = finding.find(settings, "two").tasks
    assert (task.name, task.kind, task.languages) == ("some", "answer", ("fr",))
    assert task.options == {"form": "f1", "max_tokens": 3}
    assert [(each.id, each.task) for each in task.items] == [("0", "some"), ("1", "some")]


def test_a_public_set_is_a_suite_by_its_reader_and_place(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text('{"question": "1 + 1?", "answer": "One and one.\\n#### 2"}\n')
    suite = finding.find(settings, f"gsm8k:{path}")
    assert suite.name == "gsm8k"
    assert [len(task.items) for task in suite.tasks] == [1]
    write_suite(own(settings), f'[[tasks]]\nname = "sums"\nreader = "gsm8k"\nsource = "{path}"')
    assert finding.find(settings, "mine").tasks[0].name == "sums"
    with pytest.raises(NotFound):
        finding.find(settings, f"gsm8k:{path}", anywhere=False)


def test_suites_are_found_by_name_and_by_path(settings: Settings, tmp_path: Path) -> None:
    suite_of(settings, "answer", [QUESTION])
    elsewhere = write_suite(tmp_path / "elsewhere", task_table("t", "answer", "items"), items=[QUESTION])
    (elsewhere / "card.md").write_text("# A card")
    assert finding.find(settings, str(elsewhere)).card == "# A card"
    with pytest.raises(NotFound, match="there is no suite"):
        finding.find(settings, str(elsewhere), anywhere=False)
    with pytest.raises(NotFound) as none:
        finding.find(settings, "none")
    assert "mine" in none.value.hint
    assert "core" in none.value.hint


def test_a_damaged_suite_is_left_out_of_the_list(settings: Settings) -> None:
    suite_of(settings, "answer", [QUESTION])
    write_suite(own(settings, "broken"), "][")
    names = [suite.name for suite in finding.listed(settings)]
    assert "mine" in names
    assert "broken" not in names
    assert names == sorted(names)


def test_ones_own_suite_does_not_hide_one_of_the_program(settings: Settings) -> None:
    shipped = finding.find(settings, "core").sha256
    write_suite(own(settings, "core"), task_table("t", "answer", "items"), items=[QUESTION])
    assert finding.find(settings, "core").sha256 == shipped


def test_the_head_has_what_a_reader_must_know(settings: Settings) -> None:
    folder = write_suite(own(settings), task_table("t", "answer", "items"), items=[QUESTION])
    text = (folder / "suite.toml").read_text()
    for line in HEAD.splitlines():
        (folder / "suite.toml").write_text(text.replace(line, ""))
        with pytest.raises(DataError, match=line.partition(" =")[0]):
            finding.find(settings, "mine")
