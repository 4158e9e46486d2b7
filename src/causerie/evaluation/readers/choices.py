"""Multiple choice: TruthfulQA, and tables like those of MMLU.

TruthfulQA (Lin and others 2021, arXiv 2109.07958): CSV by its authors, or Parquet on the hub. MMLU (Hendrycks and
others 2020, arXiv 2009.03300): CSV without a line of names (question, four choices, letter), one file a subject; or
rows with `question`, `choices`, `answer`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from causerie.errors import DataError
from causerie.evaluation.contract import Item, Task
from causerie.evaluation.kinds.choice import LETTERS
from causerie.evaluation.readers import columns
from causerie.evaluation.readers.opening import Files

OPTIONS: Mapping[str, object] = {"form": "letters"}
_SPLITS = ("_test", "_val", "_dev", "-test", "-validation")


def truthfulqa(files: Files) -> tuple[Task, ...]:
    """Two tasks: the best answer among all incorrect ones (MC1), and, in the version of 2025, against one (binary).

    The order of the choices is drawn from the question, so that it is the same each time and no letter is favoured.
    """
    one, two = [], []
    for number, (where, row) in enumerate(files.rows()):
        question = columns.text(row, where, "Question", "question")
        best = columns.text(row, where, "Best Answer", "best_answer").strip()
        wrong = [each for each in columns.texts(row, where, "Incorrect Answers", "incorrect_answers") if each != best]
        extra = {"category": str(row.get("Category") or row.get("category") or "")}
        one.append(_choice("mc1", number, question, best, wrong[: len(LETTERS) - 1], extra))
        other = row.get("Best Incorrect Answer")
        if isinstance(other, str) and other.strip() not in {"", best}:
            two.append(_choice("binary", number, question, best, [other.strip()], extra))
    tasks = (("mc1", one), ("binary", two))
    return tuple(
        Task(name=name, kind="choice", languages=("en",), options=OPTIONS, items=tuple(items))
        for name, items in tasks
        if items
    )


def _choice(task: str, number: int, question: str, best: str, wrong: Sequence[str], extra: Mapping[str, str]) -> Item:
    drawn = sorted([best, *wrong], key=lambda each: hashlib.sha256(f"{question}\n{each}".encode()).digest())
    return Item(
        id=f"{number}",
        task=task,
        messages=({"role": "user", "content": question.strip()},),
        choices=tuple(drawn),
        expected=(best,),
        language="en",
        extra=extra,
    )


def mmlu(files: Files) -> tuple[Task, ...]:
    """One task; each item's subject, by the file's name or the row, stands in its `extra`.

    Raises:
        DataError: A line has not a question, choices and the letter of one of them.
    """
    tables = Files(tuple(path for path in files.paths if path.suffix.lower() == ".csv"))
    others = Files(tuple(path for path in files.paths if path.suffix.lower() != ".csv"))
    items = []
    for number, (where, question, choices, answer, subject) in enumerate([*_of_lines(tables), *_of_rows(others)]):
        place = _place(answer)
        if not 0 <= place < len(choices) or len(choices) < 2 or len(set(choices)) < len(choices):
            raise DataError(
                "{where} has not two different choices or more and the letter of one of them", where=where
            )
        items.append(
            Item(
                id=f"{number}",
                task="mmlu",
                messages=({"role": "user", "content": question},),
                choices=tuple(choices),
                expected=(choices[place],),
                extra={"subject": subject},
            )
        )
    return (Task(name="mmlu", kind="choice", options=OPTIONS, items=tuple(items)),)


_Question = tuple[str, str, Sequence[str], object, str]
"""Where, question, choices, answer (letter or place), subject."""


def _of_lines(files: Files) -> Iterator[_Question]:
    seen: dict[str, int] = {}
    for path, fields in files.lines(","):
        seen[path.name] = seen.get(path.name, 0) + 1
        # A first line whose last field is no letter of a choice is one of names.
        if seen[path.name] == 1 and not 0 <= _place(fields[-1]) < len(fields) - 2:
            continue
        subject = path.stem
        for split in _SPLITS:
            subject = subject.removesuffix(split)
        yield f"{path.name}:{seen[path.name]}", fields[0], _unlike(fields[1:-1]), fields[-1], subject


def _of_rows(files: Files) -> Iterator[_Question]:
    for where, row in files.rows():
        choices = row.get("choices")
        if not isinstance(choices, list | tuple):
            choices = [row[letter] for letter in LETTERS if row.get(letter)]
        listed = _unlike([str(each) for each in choices])
        yield where, columns.text(row, where, "question"), listed, row.get("answer"), str(row.get("subject") or "")


def _unlike(choices: Sequence[str]) -> list[str]:
    """Choices without spaces around; one that comes twice, as in a few questions of MMLU, gets a space to differ."""
    made: list[str] = []
    for each in choices:
        choice = each.strip()
        while choice in made:
            choice += " "
        made.append(choice)
    return made


def _place(answer: Any) -> int:  # noqa: ANN401 - whatever the file has there
    """Of the right choice, from 0 (-1 = it says none)."""
    if isinstance(answer, int):
        return answer
    given = str(answer).strip().upper()
    if given.isdecimal():
        return int(given)
    return LETTERS.index(given) if len(given) == 1 and given in LETTERS else -1
