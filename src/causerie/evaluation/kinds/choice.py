"""Multiple choice: which of some answers the model finds most probable.

Does: ask by letters (the choices are in the question; which letter comes next?) or as cloze (how probable is each
choice as the text that follows?); where the engine gives no probabilities, have the model write its letter.
Does not: hide which it was: each answer, and the evaluation's notes, say it.

Options: `form` = `letters` (default) or `cloze`; `by_length` (cloze, default true): divide each choice's
log-probability by its bytes, so that long ones are not punished (Gao, 2021,
https://blog.eleuther.ai/multiple-choice-normalization/).
Source of the form by letters: Hendrycks et al., 2021, MMLU. https://arxiv.org/abs/2009.03300
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from causerie.errors import DataError, UnsupportedParameter
from causerie.evaluation.contract import (
    Ability,
    Answer,
    Item,
    Kind,
    Layout,
    Message,
    Metric,
    Score,
    Scored,
    Subject,
    Task,
)
from causerie.evaluation.kinds.measuring import mean_metric
from causerie.evaluation.kinds.options import TaskOptions
from causerie.evaluation.kinds.shots import after_examples, checked, layout_of

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ASKED = {
    "en": "Answer with the letter of the right choice and nothing else.",
    "fr": "Répondez par la lettre du bon choix et rien d'autre.",
}
WRITTEN_TOKENS = 16
"""Of an answer that must be read for its letter."""
_LETTER = re.compile(r"(?<![^\W_])([A-Z])(?![^\W_]|['\N{RIGHT SINGLE QUOTATION MARK}])")


@dataclass(frozen=True)
class Choice:
    """See the top of this file."""

    task: str
    form: str
    by_length: bool
    layout: Layout
    language: str
    needs: frozenset[Ability] = frozenset()

    async def ask(self, item: Item, subject: Subject) -> Answer:
        """The choice that it takes, by the best way that the subject has."""
        if self.form == "cloze" and "text" in subject.abilities:
            return await self._cloze(item, subject)
        messages = self._with_letters(item)
        if "next-token" in subject.abilities:
            try:
                answer = await self._by_letter(item, messages, subject)
            except UnsupportedParameter:
                answer = None
            if answer is not None:
                return answer
        return await self._written(item, messages, subject)

    def score(self, item: Item, answer: Answer) -> Score:
        """1 where the choice is the right one."""
        return Score(value=float(answer.text in item.expected))

    def measure(self, scored: Sequence[Scored]) -> list[Metric]:
        """The share of right choices."""
        return [mean_metric(self.task, "accuracy", scored)]

    async def _cloze(self, item: Item, subject: Subject) -> Answer:
        examples = (f"{_joined(_before(each), each.expected[0])}\n\n" for each in item.examples)
        before = "".join((*examples, _before(item)))
        told = [await subject.text_log_probability(_joined(before, choice), after=before) for choice in item.choices]
        sums = [answer.log_probabilities[0] for answer in told]
        sizes = [len(choice.encode()) if self.by_length else 1 for choice in item.choices]
        weighed = [total / size for total, size in zip(sums, sizes, strict=True)]
        return Answer(
            text=item.choices[weighed.index(max(weighed))], log_probabilities=tuple(sums),
            scored_by="log-probabilities", tokens_in=sum(answer.tokens_in for answer in told),
            extra={"form": "cloze", "log_probabilities": sums},
        )  # fmt: skip

    async def _by_letter(self, item: Item, messages: Sequence[Message], subject: Subject) -> Answer | None:
        """None where none of the letters is among what the engine showed."""
        letters = LETTERS[: len(item.choices)]
        answer = await subject.next_token_log_probabilities(messages, letters)
        shown = {letter: value for letter, value in zip(letters, answer.log_probabilities, strict=True)
                 if isfinite(value)}  # fmt: skip
        if not shown:
            return None
        best = max(answer.log_probabilities)
        return replace(
            answer, text=item.choices[answer.log_probabilities.index(best)], scored_by="log-probabilities",
            extra={"form": "letters", "log_probabilities": shown},
        )  # fmt: skip

    async def _written(self, item: Item, messages: Sequence[Message], subject: Subject) -> Answer:
        answer = await subject.chat(messages, max_tokens=WRITTEN_TOKENS)
        letter = letter_in(answer.text, len(item.choices))
        text = item.choices[LETTERS.index(letter)] if letter else answer.text
        return replace(answer, text=text, extra={"form": "letters, written", "written": answer.text})

    def _with_letters(self, item: Item) -> list[Message]:
        """The item's conversation, its last message with the choices behind it; so is each example's."""
        language = item.language or self.language
        shown = [(_with_choices(each, language), LETTERS[each.choices.index(each.expected[0])])
                 for each in item.examples]  # fmt: skip
        last: Mapping[str, str] = {"role": "user", "content": _with_choices(item, language)}
        return after_examples([*item.messages[:-1], last], shown, self.layout, language)


def make(task: Task, judge: Subject | None) -> Kind:  # noqa: ARG001 - it needs none
    """The kind, for a task.

    Raises:
        DataError: An option is wrong, or an item lacks choices, a question or a right answer among the choices.
    """
    options = TaskOptions(task)
    kind = Choice(
        task.name, options.take("form", "letters", one_of=("letters", "cloze")), options.take("by_length", True),
        layout_of(task), next(iter(task.languages), "en"),
    )  # fmt: skip
    options.end()
    for item in checked(task):
        right = set(item.expected)
        if len(item.choices) < 2 or len(set(item.choices)) < len(item.choices) or not (item.messages or item.text):
            raise DataError(
                "the item {item} of {task} has no {key}", item=item.id, task=task.name,
                key="question with two choices or more, each different",
            )  # fmt: skip
        if not right or not right <= set(item.choices):
            raise DataError(
                "the item {item} of {task} has no {key}", item=item.id, task=task.name,
                key="answer that is one of its choices",
            )  # fmt: skip
    return kind


def letter_in(text: str, choices: int) -> str:
    """The letter that an answer gives: the first that stands alone and is one of the choices (empty = none)."""
    found = [letter for letter in _LETTER.findall(text) if LETTERS.index(letter) < choices]
    return found[0] if found else ""


def _with_choices(item: Item, language: str) -> str:
    asked = item.messages[-1]["content"] if item.messages else item.text
    listed = "\n".join(f"{letter}. {choice}" for letter, choice in zip(LETTERS, item.choices, strict=False))
    return f"{asked}\n\n{listed}\n\n{ASKED.get(language, ASKED['en'])}"


def _before(item: Item) -> str:
    """What a choice follows, as cloze."""
    return item.text or f"{item.messages[-1]['content']}\n"


def _joined(before: str, choice: str) -> str:
    return f"{before}{choice}" if before.endswith((" ", "\n")) else f"{before} {choice}"
