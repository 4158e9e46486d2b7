"""Questions on a text: SQuAD, and PIAF, its French sister of the same form.

SQuAD (Rajpurkar and others 2016, arXiv 1606.05250; PIAF: Keraron and others 2020): JSON of paragraphs with questions
and spans of answers; or rows with `context`, `question` and `answers`. Questions that have no answer (SQuAD 2) are
left out: whether a model knows that it does not know is another measurement.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from causerie.errors import DataError
from causerie.evaluation.checks.languages import is_in
from causerie.evaluation.contract import Item, Task
from causerie.evaluation.readers import columns
from causerie.evaluation.readers.opening import Files

OPTIONS: Mapping[str, object] = {"form": "f1", "max_tokens": 64}
INSTRUCTIONS = {
    "en": "Answer with a few words of the text, and nothing else.",
    "fr": "Répondez par quelques mots du texte, et rien d'autre.",
}


def squad(files: Files) -> tuple[Task, ...]:
    """SQuAD or PIAF, as one task; questions on one paragraph are one cluster.

    Raises:
        DataError: It is not of this form.
    """
    items: list[Item] = []
    paragraphs: dict[str, int] = {}
    language = ""
    for where, context, question, answers in _questions(files):
        if not answers:
            continue
        language = language or ("fr" if is_in(context, "fr") else "en")
        told = INSTRUCTIONS[language]
        items.append(
            Item(
                id=f"{len(items)}",
                task="squad",
                language=language,
                expected=answers,
                messages=({"role": "user", "content": f"{context.strip()}\n\n{question.strip()}\n{told}"},),
                cluster=f"{paragraphs.setdefault(context, len(paragraphs))}",
                extra={"where": where},
            )
        )
    languages = (language,) if language else ()
    return (Task(name="squad", kind="answer", languages=languages, options=OPTIONS, items=tuple(items)),)


def _questions(files: Files) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Where, context, question and its answers (none = the text does not say)."""
    for where, row in files.rows():
        if isinstance(row.get("data"), list):
            yield from _of_articles(where, row["data"])
        else:
            yield where, columns.text(row, where, "context"), columns.text(row, where, "question"), _answers(row)


def _of_articles(where: str, articles: list[Any]) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    try:
        for article in articles:
            for paragraph in article["paragraphs"]:
                for asked in paragraph["qas"]:
                    yield str(asked.get("id", where)), paragraph["context"], asked["question"], _answers(asked)
    except (TypeError, KeyError, AttributeError) as error:
        raise DataError(
            "{where} is not SQuAD's form: {reason}", where=where, reason=f"{type(error).__name__} {error}"
        ) from error


def _answers(row: Mapping[str, Any]) -> tuple[str, ...]:
    given = row.get("answers", row.get("answer"))
    if isinstance(given, str) and given[:1] in "[{":
        try:
            given = json.loads(given)
        except ValueError:
            given = [given]
    if isinstance(given, Mapping):
        given = given.get("text")
    if isinstance(given, str):
        given = [given]
    listed = [each.get("text") if isinstance(each, Mapping) else each for each in given or []]
    return tuple(dict.fromkeys(each.strip() for each in listed if isinstance(each, str) and each.strip()))
