r"""Short answers that are right or wrong: exact, numeric, holding what is expected, or by the words they share.

Does: have the model answer; compare with each right answer and keep the best.
Does not: judge meaning (`judge.py` does).

Forms, the option `form`:
    exact      the same words, whatever case, accents of typography, articles and punctuation
    contains   the right answer's words stand somewhere in the answer, in a row
    numeric    the last number of the answer is the right one ("#### 12" and \boxed{12} win over it)
    f1         the mean of how many of the answer's words are right and how many of the right ones are there, as
               SQuAD counts it (Rajpurkar et al., 2016, section 6.1. https://arxiv.org/abs/1606.05250)
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from causerie.errors import DataError
from causerie.evaluation.contract import Ability, Answer, Item, Kind, Layout, Metric, Score, Scored, Subject, Task
from causerie.evaluation.kinds.measuring import mean_metric
from causerie.evaluation.kinds.options import TaskOptions
from causerie.evaluation.kinds.shots import after_examples, checked, layout_of

FORMS = ("exact", "contains", "numeric", "f1")
_ARTICLES = frozenset({"a", "an", "the", "le", "la", "les", "l", "un", "une", "des", "du", "d"})
_MARKS = str.maketrans(
    dict.fromkeys(
        [*string.punctuation, *"«»“”„…—·¿¡°", "\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}",
         "\N{EN DASH}", "\N{MINUS SIGN}"],
        " ",
    )
)  # fmt: skip
_NUMBER = re.compile(
    r"[-+\N{MINUS SIGN}]?(?:\d{1,3}(?:[,. '\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]\d{3})+"
    r"(?:[.,]\d+)?|\d+(?:[.,]\d+)?)(?!\d)"
)
"""A number as English and French write it: 1,234.5 and 1 234,5, with any of the spaces that stand in it."""
_SAID = re.compile(r"####\s*([^\n]{1,100})|\\boxed\{([^{}]{1,100})\}")
MAX_SEARCHED = 20_000
"""Characters of an answer, from its end, in which a number is looked for."""


@dataclass(frozen=True)
class ShortAnswer:
    """See the top of this file."""

    task: str
    form: str
    max_tokens: int
    system: str
    layout: Layout
    language: str
    needs: frozenset[Ability] = frozenset({"chat"})

    async def ask(self, item: Item, subject: Subject) -> Answer:
        """What the model writes."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        shown = [(each.messages[-1]["content"], each.worked or each.expected[0]) for each in item.examples]
        asked = after_examples([*system, *item.messages], shown, self.layout, item.language or self.language)
        return await subject.chat(asked, max_tokens=self.max_tokens)

    def score(self, item: Item, answer: Answer) -> Score:
        """1 or 0; for `f1` the share of words."""
        if self.form == "numeric":
            found = number_in(answer.text)
            right = found is not None and any(found == number_in(one) for one in item.expected)
            return Score(value=float(right), extra={"found": "" if found is None else f"{found:f}"})
        exact = max(float(words(answer.text) == words(one)) for one in item.expected)
        if self.form == "f1":
            return Score(value=max(f1(answer.text, one) for one in item.expected), extra={"accuracy": exact})
        if self.form == "contains":
            return Score(value=max(float(holds(answer.text, one)) for one in item.expected), extra={"exact": exact})
        return Score(value=exact)

    def measure(self, scored: Sequence[Scored]) -> list[Metric]:
        """Accuracy; for `f1` that of exact answers, and the mean of shares."""
        if self.form != "f1":
            return [mean_metric(self.task, "accuracy", scored)]
        return [
            mean_metric(self.task, "f1", scored),
            mean_metric(self.task, "accuracy", scored, lambda row: float(row.extra.get("accuracy", 0.0))),
        ]


def make(task: Task, judge: Subject | None) -> Kind:  # noqa: ARG001 - it needs none
    """The kind, for a task.

    Raises:
        DataError: An option is wrong, or an item has no question or no right answer.
    """
    options = TaskOptions(task)
    form = options.take("form", "exact", one_of=FORMS)
    kind = ShortAnswer(
        task.name, form, options.tokens(512 if form == "numeric" else 64), options.take("system", ""),
        layout_of(task), next(iter(task.languages), "en"),
    )  # fmt: skip
    options.end()
    for item in checked(task):
        lacking = "answer" if not item.expected else "question" if not item.messages else ""
        if not lacking and form == "numeric" and any(number_in(one) is None for one in item.expected):
            lacking = "number as its answer"
        if lacking:
            raise DataError("the item {item} of {task} has no {key}", item=item.id, task=task.name, key=lacking)
    return kind


def words(text: str) -> list[str]:
    """The words that count: lower case, without punctuation and articles (SQuAD's, and French ones)."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_MARKS)
    kept = [word for word in plain.split() if word not in _ARTICLES]
    return kept or plain.split()  # an answer that is an article: the choice of a letter "a"


def holds(text: str, wanted: str) -> bool:
    """Whether the words wanted stand in a row in the text."""
    found, looked_for = words(text), words(wanted)
    return bool(looked_for) and f" {' '.join(looked_for)} " in f" {' '.join(found)} "


def f1(text: str, wanted: str) -> float:
    """The harmonic mean of the share of the text's words that are right, and of the right ones that are there."""
    found, right = words(text), words(wanted)
    shared = sum((Counter(found) & Counter(right)).values())
    if not shared:
        return float(found == right)
    return 2 * shared / (len(found) + len(right))


def number_in(text: str) -> Decimal | None:
    """The number that an answer gives (None = there is none)."""
    text = text[-MAX_SEARCHED:]
    said = _SAID.findall(text)
    for part in ("".join(said[-1]), text) if said else (text,):
        found = _NUMBER.findall(part)
        if found:
            return _as_number(found[-1])
    return None


def _as_number(written: str) -> Decimal | None:
    """1,234.5 and 1 234,5 and 1.234,5 are one number. A single comma before three digits is English, as in GSM8K."""
    plain = re.sub(r"[\s']", "", written.replace("\N{MINUS SIGN}", "-"))
    last = max(plain.rfind(","), plain.rfind("."))
    if last >= 0:
        sign, digits = plain[last], len(plain) - last - 1
        alone = plain.count(",") + plain.count(".") == 1
        decimal = digits != 3 or not (sign == "," or plain.count(sign) > 1) if alone else plain.count(sign) == 1
        whole = re.sub(r"[,.]", "", plain[:last])
        plain = f"{whole}.{plain[last + 1 :]}" if decimal else f"{whole}{plain[last + 1 :]}"
    try:
        return Decimal(plain).normalize()
    except InvalidOperation:
        return None
