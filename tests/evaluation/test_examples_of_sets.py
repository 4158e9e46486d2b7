"""Examples of public sets: from their own development or training part, in the form that each is known for."""

import json
from pathlib import Path

import pytest

from causerie.errors import DataError, InvalidRequest
from causerie.evaluation.contract import Task
from causerie.evaluation.finding import find
from causerie.settings import Settings, load_settings
from tests.data.hub_server import HubServer
from tests.evaluation.written import write_suite


def shown(task: Task) -> list[list[str]]:
    return [[each.id for each in item.examples] for item in task.items]


def gsm8k(path: Path, *numbers: int) -> None:
    rows = (
        {"question": f"Twice {n}?", "answer": f"It is 2*{n} = <<2*{n}={2 * n}>>{2 * n}.\n#### {2 * n}"}
        for n in numbers
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_gsm8k_shows_the_way_of_its_training_part(settings: Settings, tmp_path: Path) -> None:
    gsm8k(tmp_path / "set" / "test.jsonl", 1, 2, 3)
    gsm8k(tmp_path / "set" / "train.jsonl", *range(10, 20))
    suite = find(settings, f"gsm8k:{tmp_path / 'set'}", shots=5)
    (task,) = suite.tasks
    assert [len({each.id for each in item.examples}) for item in task.items] == [5, 5, 5]
    one = task.items[0].examples[0]
    number = 2 * (10 + int(one.id))
    assert one.worked == f"It is 2*{number // 2} = {number}.\nThe answer is {number}."
    assert one.messages[0]["content"].endswith("End with a line that says: The answer is NUMBER.")
    assert task.shots is not None
    assert (task.shots.source, task.shots.draw) == ("train.jsonl", "seeded")
    named = find(
        settings, f"gsm8k:{tmp_path / 'set' / 'test.jsonl'}", shots=5, examples=str(tmp_path / "set" / "train.jsonl")
    )
    assert named.sha256 == suite.sha256, "what counts is what is shown"
    table = f'[[tasks]]\nname = "gsm8k"\nreader = "gsm8k"\nsource = "{tmp_path / "set"}"\nshots = 5\n'
    write_suite(settings.home / "suites" / "mine", table)
    assert find(settings, "mine").sha256 == suite.sha256
    write_suite(settings.home / "suites" / "mine", table.replace("shots = 5", 'shots = 2\nexamples = "items"'))
    assert {each for ids in shown(find(settings, "mine").tasks[0]) for each in ids} == {"0", "1", "2"}


def test_a_hub_s_set_has_its_own_part(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gsm8k(tmp_path / "test.jsonl", 1)
    gsm8k(tmp_path / "train.jsonl", 5, 6)
    files = {f"main/{part}-0.jsonl": (tmp_path / f"{part}.jsonl").read_bytes() for part in ("test", "train")}
    with HubServer(files) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        here = load_settings(home=settings.home)
        suite = find(here, "gsm8k:hf:someone/stories", shots=2)
        with pytest.raises(DataError, match="no part with examples for gsm8k"):
            find(here, "gsm8k:someone/stories:main/test-*", shots=2)
        named = find(here, "gsm8k:someone/stories:main/test-*", shots=2, examples="someone/stories:main/train-*")
    assert suite.name == "gsm8k-2-shot"
    assert sorted(shown(suite.tasks[0])[0]) == ["0", "1"]
    assert named.sha256 == suite.sha256


def test_a_set_s_own_test_part_is_never_shown(settings: Settings, tmp_path: Path) -> None:
    test = tmp_path / "set" / "test.jsonl"
    gsm8k(test, 1, 2, 3)
    with pytest.raises(DataError, match=r"has 0 examples in test.jsonl, and 2 are wanted"):
        find(settings, f"gsm8k:{test}", shots=2, examples=str(test))
    with pytest.raises(DataError, match=r"test.jsonl has no part with examples for gsm8k") as error:
        find(settings, f"gsm8k:{test}", shots=2)
    assert "--examples FILE" in error.value.hint
    with pytest.raises(DataError, match=r"no file that matches main/train\*, \*train\*"):
        find(settings, f"gsm8k:{tmp_path / 'set'}", shots=2)


def test_a_set_without_such_a_part_takes_a_file_that_is_named(settings: Settings, tmp_path: Path) -> None:
    names = "Type,Category,Question,Best Answer,Best Incorrect Answer,Correct Answers,Incorrect Answers\n"
    (tmp_path / "TruthfulQA.csv").write_text(
        f"{names}A,B,What of seeds?,Nothing,You grow,Nothing,You grow; You die\n"
    )
    (tmp_path / "more.csv").write_text(f"{names}A,B,What of bread?,Crumbs,Gold,Crumbs,Gold; Silver\n")
    with pytest.raises(DataError, match="no part with examples for truthfulqa"):
        find(settings, f"truthfulqa:{tmp_path}", shots=1)
    suite = find(settings, f"truthfulqa:{tmp_path / 'TruthfulQA.csv'}", shots=1, examples=str(tmp_path / "more.csv"))
    assert [len(task.items[0].examples[0].choices) for task in suite.tasks] == [3, 2], "of the same task of the set"
    (tmp_path / "x.jsonl").write_text(
        '{"prompt": "?", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}'
    )
    with pytest.raises(InvalidRequest, match="no task of the suite ifeval takes examples"):
        find(settings, f"ifeval:{tmp_path / 'x.jsonl'}", shots=1)


def test_mmlu_shows_the_first_of_the_same_subject(settings: Settings, tmp_path: Path) -> None:
    for subject in ("law", "art"):
        for part, count in (("test", 2), ("dev", 5)):
            rows = "".join(f"{subject} {part} {n}?,a,b,c,d,{'ABCD'[n % 4]}\n" for n in range(count))
            path = tmp_path / part / f"{subject}_{part}.csv"
            path.parent.mkdir(exist_ok=True)
            path.write_text(rows)
    (task,) = find(settings, f"mmlu:{tmp_path}", shots=5).tasks
    for each in task.items:
        subject = each.extra["subject"]
        assert [one.messages[0]["content"] for one in each.examples] == [f"{subject} dev {n}?" for n in range(5)]
    assert task.shots is not None
    assert (task.shots.source, task.shots.draw) == ("art_dev.csv … law_dev.csv", "first")
    with pytest.raises(DataError, match=r"has 5 examples in art_dev.csv … law_dev.csv, and 6 are wanted"):
        find(settings, f"mmlu:{tmp_path}", shots=6)
    (tmp_path / "some.csv").write_text("Who?,me,you,B\n")
    (task,) = find(settings, f"mmlu:{tmp_path / 'some.csv'}", shots=6, examples=str(tmp_path / "dev")).tasks
    assert {len(each.examples) for each in task.items} == {6}, "a file's name that no example has is no subject"


def test_mgsm_shows_its_eight_in_the_language_of_the_question(settings: Settings, tmp_path: Path) -> None:
    solved = {
        "fr": ("Question : Deux et deux ?", "Réponse étape par étape : 2 + 2 = 4. La réponse est 4."),
        "zh": ("\u95ee\u9898\uff1a2+2\uff1f", "\u9010\u6b65\u89e3\u7b54\uff1a4\u3002\u7b54\u6848\u662f 4\u3002"),
    }
    for language, (question, answer) in solved.items():
        train, test = tmp_path / language / "train-0.jsonl", tmp_path / language / "test-0.jsonl"
        train.parent.mkdir()
        train.write_text(json.dumps({"question": question, "answer": answer, "answer_number": 4}))
        test.write_text(json.dumps({"question": "3 + 3 ?", "answer": None, "answer_number": 6}))
    french, chinese = find(settings, f"mgsm:{tmp_path}", shots=1).tasks
    assert (french.name, chinese.name) == ("mgsm-fr", "mgsm-zh")
    (shown_first,) = french.items[0].examples
    assert shown_first.worked == "2 + 2 = 4. La réponse est 4."
    assert shown_first.messages[0]["content"].startswith("Deux et deux ?\n\nRéfléchissez")
    assert chinese.items[0].examples[0].messages[0]["content"].startswith("2+2\uff1f\n\n")
    assert french.items[0].expected == ("6",)
    (tmp_path / "mgsm_fr.tsv").write_text("Un et un ?\t2\n")
    (tmp_path / "more_fr.tsv").write_text("Cinq et cinq ?\t10\n")
    (french,) = find(
        settings, f"mgsm:{tmp_path / 'mgsm_fr.tsv'}", shots=1, examples=str(tmp_path / "more_fr.tsv")
    ).tasks
    assert french.items[0].examples[0].worked == "La réponse est 10."
    (tmp_path / "x.jsonl").write_text(json.dumps({"question": "?", "answer": "4"}))
    with pytest.raises(DataError, match="no number under answer_number"):
        find(settings, f"mgsm:{tmp_path / 'x.jsonl'}")
