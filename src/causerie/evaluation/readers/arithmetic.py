"""GSM8K and MGSM: grade school problems with a number as the answer.

GSM8K (Cobbe and others 2021, arXiv 2110.14168): JSON lines or Parquet with `question` and `answer`, whose last line
is `#### 18`. MGSM (Shi and others 2022, arXiv 2210.03057): tabs, no line of names, question and number; the file's
name ends with the language. On the hub it is rows with `question`, `answer_number` and, of the eight examples,
`answer` worked out; a folder is named by the language.

As an example, a problem shows the way to its answer, and says it last as the instructions ask.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from causerie.errors import DataError
from causerie.evaluation.contract import Item, Task
from causerie.evaluation.readers import columns
from causerie.evaluation.readers.opening import Files

OPTIONS: Mapping[str, object] = {"form": "numeric", "max_tokens": 512}
INSTRUCTIONS = {
    "en": "Think step by step. End with a line that says: The answer is NUMBER.",
    "fr": "Réfléchissez étape par étape. Terminez par une ligne qui dit : La réponse est NOMBRE.",
}
SAID = {"en": "The answer is {number}.", "fr": "La réponse est {number}."}
_ANNOTATION = re.compile(r"<<[^<>\n]*>>")
"""What GSM8K has between its words for a calculator: `2 * 3 = <<2*3=6>>6`."""
_LABEL = re.compile(r"^[^:\uff1a\n]{1,40}[:\uff1a]\s*")
"""Before question and answer of MGSM's examples: `Question : `, `Step-by-Step Answer: `, in each language."""
_LANGUAGE = re.compile(r"(?:^|[_/-])([a-z]{2})(?:[_.-]|$)")


def gsm8k(files: Files) -> tuple[Task, ...]:
    """GSM8K, as one task.

    Raises:
        DataError: A row has no question, or no number after `####`.
    """
    items = []
    for number, (where, row) in enumerate(files.rows()):
        worked = columns.text(row, where, "answer")
        way, mark, last = worked.rpartition("####")
        if not mark or not last.strip():
            raise DataError("{where} has no number after ####", where=where)
        worked = f"{_ANNOTATION.sub('', way).strip()}\n{_said(last, 'en')}"
        items.append(_item("gsm8k", number, columns.text(row, where, "question"), last, "en", worked))
    return (Task(name="gsm8k", kind="answer", languages=("en",), options=OPTIONS, items=tuple(items)),)


def mgsm(files: Files) -> tuple[Task, ...]:
    """MGSM, as one task for each language's file.

    Raises:
        DataError: A line is not a question and a number.
    """
    gathered: dict[str, list[Item]] = {}
    for language, question, number, worked in (*_of_lines(files), *_of_rows(files)):
        items = gathered.setdefault(language, [])
        items.append(_item(f"mgsm-{language}", len(items), question, number, language, worked))
    return tuple(
        Task(name=f"mgsm-{language}", kind="answer", languages=(language,), options=OPTIONS, items=tuple(items))
        for language, items in gathered.items()
    )


_Problem = tuple[str, str, str, str]
"""Language, question, number, and what it answers as an example."""
_ROWS = frozenset({".parquet", ".jsonl", ".json"})


def _of_lines(files: Files) -> Iterator[_Problem]:
    for path, fields in Files(tuple(path for path in files.paths if path.suffix not in _ROWS)).lines("\t"):
        named = _LANGUAGE.search(path.stem)
        if len(fields) != 2 or not fields[1].strip():
            raise DataError("{where} is not a question and a number with a tab between", where=str(path))
        language = named[1] if named else "en"
        yield language, fields[0], fields[1], _said(fields[1], language)


def _of_rows(files: Files) -> Iterator[_Problem]:
    for path in (path for path in files.paths if path.suffix in _ROWS):
        for where, row in Files((path,)).rows():
            language, number = _language_of(path), row.get("answer_number")
            if not isinstance(number, int | float):
                raise DataError("{where} has no number under {names}", where=where, names="answer_number")
            question, worked = columns.text(row, where, "question"), row.get("answer")
            if not isinstance(worked, str):
                worked = _said(f"{number}", language)
            elif _LABEL.match(question) and _LABEL.match(worked):
                question, worked = _LABEL.sub("", question), _LABEL.sub("", worked)
            yield language, question, f"{number}", worked


def _language_of(path: Path) -> str:
    """What its folder or the one around is called, or what stands in the file's name."""
    folders = (each.name for each in path.parents[:2] if re.fullmatch("[a-z]{2}", each.name))
    named = _LANGUAGE.search(path.stem)
    return next(folders, named[1] if named else "en")


def _said(number: str, language: str) -> str:
    return SAID.get(language, SAID["en"]).format(number=number.strip())


def _item(task: str, number: int, question: str, answer: str, language: str, worked: str) -> Item:
    told = INSTRUCTIONS.get(language, INSTRUCTIONS["en"])
    return Item(
        id=f"{number}",
        task=task,
        messages=({"role": "user", "content": f"{question.strip()}\n\n{told}"},),
        expected=(re.sub(r"[,\s]", "", answer),),
        language=language,
        worked=worked,
    )
