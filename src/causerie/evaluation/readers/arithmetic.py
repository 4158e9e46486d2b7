"""GSM8K and MGSM: grade school problems with a number as the answer.

GSM8K (Cobbe and others 2021, arXiv 2110.14168): JSON lines or Parquet with `question` and `answer`, whose last line
is `#### 18`. MGSM (Shi and others 2022, arXiv 2210.03057): tabs, no line of names, question and number; the file's
name ends with the language.
"""

import re
from collections.abc import Mapping

from causerie.errors import DataError
from causerie.evaluation.contract import Item, Task
from causerie.evaluation.readers import columns
from causerie.evaluation.readers.opening import Files

OPTIONS: Mapping[str, object] = {"form": "numeric", "max_tokens": 512}
INSTRUCTIONS = {
    "en": "Think step by step. End with a line that says: The answer is NUMBER.",
    "fr": "Réfléchissez étape par étape. Terminez par une ligne qui dit : La réponse est NOMBRE.",
}
_LANGUAGE = re.compile(r"(?:^|[_/-])([a-z]{2})(?:[_.-]|$)")


def gsm8k(files: Files) -> tuple[Task, ...]:
    """GSM8K, as one task.

    Raises:
        DataError: A row has no question, or no number after `####`.
    """
    items = []
    for number, (where, row) in enumerate(files.rows()):
        worked = columns.text(row, where, "answer")
        _, mark, last = worked.rpartition("####")
        if not mark or not last.strip():
            raise DataError("{where} has no number after ####", where=where)
        items.append(_item("gsm8k", number, columns.text(row, where, "question"), last, "en"))
    return (Task(name="gsm8k", kind="answer", languages=("en",), options=OPTIONS, items=tuple(items)),)


def mgsm(files: Files) -> tuple[Task, ...]:
    """MGSM, as one task for each language's file.

    Raises:
        DataError: A line is not a question and a number.
    """
    gathered: dict[str, list[Item]] = {}
    for path, fields in files.lines("\t"):
        named = _LANGUAGE.search(path.stem)
        language = named[1] if named else "en"
        if len(fields) != 2 or not fields[1].strip():
            raise DataError("{where} is not a question and a number with a tab between", where=str(path))
        items = gathered.setdefault(language, [])
        items.append(_item(f"mgsm-{language}", len(items), fields[0], fields[1], language))
    return tuple(
        Task(name=f"mgsm-{language}", kind="answer", languages=(language,), options=OPTIONS, items=tuple(items))
        for language, items in gathered.items()
    )


def _item(task: str, number: int, question: str, answer: str, language: str) -> Item:
    told = INSTRUCTIONS.get(language, INSTRUCTIONS["en"])
    return Item(
        id=f"{number}",
        task=task,
        messages=({"role": "user", "content": f"{question.strip()}\n\n{told}"},),
        expected=(re.sub(r"[,\s]", "", answer),),
        language=language,
    )
