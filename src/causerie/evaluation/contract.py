"""What the parts of an evaluation are, and the words they share.

Does: name suites, tasks, items, answers, scores and metrics; say what a kind of task and a subject must have; write
an evaluation as JSON and read it back.
Does not: run anything. `running.py` does; kinds of task are in `kinds/`, those of subject in `subjects/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from math import inf, isfinite
from typing import Any, Literal, Protocol

from causerie.errors import InvalidRequest

FORMAT = 1
"""Version of the JSON form of an evaluation."""

Message = Mapping[str, str]
"""One message of a conversation: `role` and `content`."""
ScoredBy = Literal["log-probabilities", "generation", "mixed"]
"""What an answer was judged on: the probabilities that the model gives, or the text that it writes."""
Ability = Literal["chat", "next-token", "text"]
"""What a subject can do: answer messages, give the probabilities of a next token, give that of a whole text."""
Draw = Literal["seeded", "first"]
"""Which examples an item gets: drawn for it from the seed and its question, or the first of the pool for all."""
Layout = Literal["turns", "message"]
"""How a model that answers messages sees examples: each as a question and its answer, or all in the one message."""
OF_THE_QUESTION = frozenset({400, 413, 422})
"""Statuses of errors that are of the question, not of the model."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question of a task, as a line of its file."""

    id: str
    task: str
    messages: tuple[Message, ...] = ()
    """The conversation to answer; empty for kinds that judge a text."""
    text: str = ""
    """The text itself (bits per byte), or what stands before the choices (cloze)."""
    choices: tuple[str, ...] = ()
    """Possible answers, of multiple choice."""
    expected: tuple[str, ...] = ()
    """Right answers; for multiple choice one, equal to one of `choices`."""
    checks: tuple[Mapping[str, Any], ...] = ()
    """Instruction checks or rules: `{"check": name, ...its options}`."""
    cluster: str = ""
    """Items that come together (a passage, a template, a pair); empty = the item stands alone."""
    side: str = ""
    """Of a paired prompt: which side it speaks for."""
    language: str = ""
    """ISO 639-1 (empty = that of the task)."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What only its kind knows: subject, difficulty, reference answers for a judge."""
    worked: str = ""
    """What it answers where it is an example itself (empty = its first right answer): a way to the answer, say."""
    examples: tuple["Item", ...] = ()
    """Items that are shown with their answers before it, in this order."""


@dataclass(frozen=True, kw_only=True)
class Shots:
    """Which examples stand before each item of a task, and how they are shown."""

    count: int = 0
    """Before each item."""
    source: str = ""
    """Where the pool comes from, as people read it: names of files, or `items` = the task's own other items."""
    pool: tuple[Item, ...] = ()
    """What may be drawn: none of it asks what an item of the task asks, unless it is those items themselves."""
    draw: Draw = "seeded"
    seed: int = 0
    layout: Layout = "turns"


@dataclass(frozen=True, kw_only=True)
class Task:
    """Items of one kind, asked and scored alike."""

    name: str
    kind: str
    """A name of `kinds/table.py`."""
    languages: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the kind reads: `max_tokens`, `form`, `rule`, `judge`, ..."""
    items: tuple[Item, ...] = ()
    shots: Shots | None = None
    """None = it says of no examples where they are."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Tasks that are run together, and where they come from."""

    name: str
    title: str
    version: str
    licence: str
    languages: tuple[str, ...]
    tasks: tuple[Task, ...]
    sha256: str
    """Of all that can change a figure: tasks, options and items, in order."""
    description: Mapping[str, str] = field(default_factory=dict)
    """For people, by language."""
    card: str = ""
    """Its card, Markdown."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a subject gave for an item."""

    text: str = ""
    """What it wrote, or the choice that it finds most probable."""
    log_probabilities: tuple[float, ...] = ()
    """Natural logarithms: of each choice, or of each candidate that was asked for."""
    scored_by: ScoredBy = "generation"
    tokens_in: int = 0
    tokens_out: int = 0
    finish: str = ""
    """Why it stopped: `stop`, `length`, ... (empty = unknown)."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What its kind needs to score it: bytes of the text, what the judge said, which form was used."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """How good an answer is."""

    value: float
    """Usually 1 right, 0 wrong; for bits per byte, bits."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Figures beside it: checks passed, bytes, whether it refused, how many words it has."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """An item that was asked and scored: one line of `items.jsonl`, and all that metrics are made from."""

    id: str
    task: str
    prompt: str
    answer: str
    score: float
    cluster: str = ""
    side: str = ""
    language: str = ""
    expected: str = ""
    scored_by: ScoredBy = "generation"
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    error: str = ""
    """Why there is no answer (empty = there is); its score is then that of a wrong answer."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """`Score.extra` over `Answer.extra`."""
    hash: str = ""
    """Of the item, its examples and its task's kind and options: with the model's version, the key of the cache."""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Scored":
        """From a JSON object; keys of a newer version are left out.

        Raises:
            InvalidRequest: It lacks a key.
        """
        return cls(**_known(cls, value, "an item's result"))


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure of a task, with its interval."""

    task: str
    """Empty = of the whole suite."""
    name: str
    """`accuracy`, `bits_per_byte`, `refusal_rate`, `over_refusal_rate`, `willingness_difference`, ..."""
    value: float
    low: float
    high: float
    """Bounds of the interval; infinite where nothing is known, as from a single group."""
    confidence: float = 0.95
    items: int
    clusters: int
    """Groups of items that were taken as independent (= items where each stands alone)."""
    higher_is_better: bool | None
    """None = neither: a difference between sides is best at 0."""
    unit: str = ""
    """`share`, `bits/byte`, `words`, ... (empty = a number)."""
    method: str
    """How the interval was made: `wilson`, `student, clustered`, `bootstrap`, ..."""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; a bound that is infinite, which JSON cannot say, is null."""
        value = asdict(self)
        return value | {name: None for name in ("low", "high") if not isfinite(value[name])}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Metric":
        """From a JSON object.

        Raises:
            InvalidRequest: It lacks a key.
        """
        known = _known(cls, value, "a metric")
        known["low"] = -inf if known["low"] is None else known["low"]
        known["high"] = inf if known["high"] is None else known["high"]
        return cls(**known)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What came of one suite for one model version."""

    id: str
    model: str
    """The name it was asked by."""
    version: str
    """SHA-256 of the model's file (empty = unknown: an upstream's)."""
    suite: str
    suite_sha256: str
    began_at: datetime
    ended_at: datetime
    """Both with a time zone."""
    scored_by: ScoredBy
    metrics: tuple[Metric, ...]
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """Money, in the unit of the settings' prices (0 = it runs here, or no price is known)."""
    seconds: float = 0.0
    """Time that the items took together, restarts left out."""
    guardrail: str = ""
    """Name and version of the guardrail that stood before the model (empty = none)."""
    languages: tuple[str, ...] = ()
    causerie: str = ""
    """Version of the program."""
    errors: int = 0
    """Items that got no answer."""
    notes: tuple[str, ...] = ()
    """What a reader must know of the figures: which form of a question was used and why."""
    shots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of each task whose items had examples before them: `count`, `source`, `draw`, `seed`, `layout`."""

    def metric(self, name: str, task: str = "") -> Metric | None:
        """The metric of this name and task (empty = the first of that name)."""
        return next((one for one in self.metrics if one.name == name and (not task or one.task == task)), None)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object, times in ISO 8601."""
        value = {**vars(self), "metrics": [metric.to_json() for metric in self.metrics], "format": FORMAT}
        value["languages"], value["notes"] = list(self.languages), list(self.notes)
        value["began_at"], value["ended_at"] = self.began_at.isoformat(), self.ended_at.isoformat()
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Evaluation":
        """From a JSON object.

        Raises:
            InvalidRequest: It is of another format, or lacks a key.
        """
        if value.get("format") != FORMAT:
            raise InvalidRequest(
                "an evaluation of format {format!r} cannot be read",
                format=value.get("format"),
                hint="a newer causerie wrote it, or it is no evaluation",
            )
        known = _known(cls, value, "an evaluation")
        try:
            known["began_at"] = datetime.fromisoformat(known["began_at"])
            known["ended_at"] = datetime.fromisoformat(known["ended_at"])
        except (TypeError, ValueError) as error:
            raise InvalidRequest("{value!r} is not a time", value=str(error), hint="ISO 8601 is meant") from error
        known["metrics"] = tuple(Metric.from_json(one) for one in known["metrics"])
        return cls(**known)


class Subject(Protocol):
    """What is judged: a model, wherever it runs. One file each in `subjects/`."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def version(self) -> str:
        """SHA-256 of its file (empty = unknown: nothing is cached between evaluations)."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do; asking for another raises `UnsupportedParameter`."""

    @property
    def at_once(self) -> int:
        """Questions that it answers at the same time; more would wait."""

    async def chat(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float = 0.0, seed: int | None = 0
    ) -> Answer:
        """Answer messages.

        Raises:
            CauserieError: The model refused the request or failed.
        """

    async def next_token_log_probabilities(self, messages: Sequence[Message], candidates: Sequence[str]) -> Answer:
        """How probable each candidate is as the beginning of the answer.

        Args:
            messages: The conversation.
            candidates: Short texts, each a token: letters of choices. A space before it counts as the same.

        Returns:
            An answer whose `log_probabilities` are those of the candidates, in their order (`-inf` = not among what
            the engine showed).
        """

    async def text_log_probability(self, text: str, *, after: str = "") -> Answer:
        """How probable a text is, as the sum over its tokens.

        Args:
            text: The whole text.
            after: Its beginning, which is given: only the tokens behind it count.

        Returns:
            An answer with one log-probability, in nats, and the text's tokens as `tokens_in`.
        """


class Kind(Protocol):
    """A kind of task, made for one task by `kinds/table.py`."""

    @property
    def needs(self) -> frozenset[Ability]:
        """What a subject must be able to do; a task whose needs it lacks is left out, with a note."""

    async def ask(self, item: Item, subject: Subject) -> Answer:
        """Have the subject answer an item."""

    def score(self, item: Item, answer: Answer) -> Score:
        """How good the answer is."""

    def measure(self, scored: Sequence[Scored]) -> list[Metric]:
        """The figures of the task, from all its items."""


def _known(kind: type, value: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The keys of `value` that a dataclass has, lists made tuples."""
    names = {one.name for one in fields(kind)}
    required = {one.name for one in fields(kind) if one.default is one.default_factory}
    missing = sorted(required - value.keys())
    if missing:
        raise InvalidRequest("{what} lacks {keys}", what=what, keys=", ".join(missing))
    return {key: tuple(part) if isinstance(part, list) else part for key, part in value.items() if key in names}
