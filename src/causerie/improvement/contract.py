"""The words of the closed loop: what people said, what is wanted of a round, and what came of it.

Does: name statements, findings, wishes and the facts of a round; check the wishes.
Does not: read or write; see `collecting.py` and `store.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal

from causerie.data.contract import Message
from causerie.errors import InvalidRequest

Source = Literal["better_answer", "vote", "ratings", "thumb"]
"""How it is known: a person wrote the better answer, chose side by side, found one answer good and its sibling bad,
or found one answer good or bad."""
Method = Literal["auto", "dpo", "kto"]
RULES = ("same_words", "burst", "new_accounts", "one_sided", "against_everyone")
"""Against poisoned feedback; what each looks for stands in `poisoning.py`."""
METHODS: tuple[Method, ...] = ("auto", "dpo", "kto")
MOST_CHANGES = 32
"""Keys of the recipe that a round may change."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What one person said of one answer, or of two to the same question; personal data in it is masked."""

    id: str
    """The same each time that it is collected."""
    source: Source
    person_id: str
    conversation_id: str
    messages: tuple[Message, ...]
    """The branch, up to the question."""
    better: str
    """The better answer, or the one that was found good (empty = one was found bad)."""
    worse: str
    """The worse answer, or the one that was found bad (empty = one was found good)."""
    at: datetime
    joined_at: datetime
    """When the person's account was made."""

    @property
    def is_pair(self) -> bool:
        """Two answers are compared."""
        return bool(self.better and self.worse)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"at": self.at.isoformat(), "joined_at": self.joined_at.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Statement":
        """From a JSON object that `to_json` made."""
        return cls(
            **dict(value)
            | {
                "messages": tuple(Message(turn["role"], turn["content"]) for turn in value["messages"]),
                "at": datetime.fromisoformat(value["at"]),
                "joined_at": datetime.fromisoformat(value["joined_at"]),
            }
        )


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Statements that look as if somebody wanted to teach the model something for purposes of their own."""

    rule: str
    """A name of `RULES`."""
    people: tuple[str, ...]
    """Ids of the accounts."""
    statements: tuple[str, ...]
    """Ids of what is set aside."""
    evidence: str
    """What was measured, for whoever looks into it."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is wanted of the loop, by itself and of a single round."""

    alias: str = "chat"
    """The release that is made better."""
    method: Method = "auto"
    """`dpo` learns from pairs, `kto` from single answers; `auto` takes `dpo` where there are enough pairs."""
    least: int = 20
    """Statements without which a round does not train."""
    held_out: float = 0.2
    """Share of the statements that is kept out of training, to measure on."""
    every_days: int = 0
    """Days between two rounds that begin by themselves (0 = none do)."""
    at_count: int = 0
    """Statements since the last round, at which one begins by itself (0 = none does)."""
    unheeded: tuple[str, ...] = ()
    """Rules against poisoned feedback that are not heeded; names of `RULES`."""
    changes: Mapping[str, str] = field(default_factory=dict)
    """Keys of the recipe with other values, as behind `--set`."""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"changes": dict(self.changes), "unheeded": list(self.unheeded)}


_BOUNDS: Mapping[str, tuple[float, float]] = {
    "least": (2, 1_000_000), "held_out": (0.05, 0.5), "every_days": (0, 366), "at_count": (0, 1_000_000),
}  # fmt: skip


def wished(given: Mapping[str, Any], before: Wishes | None = None) -> Wishes:
    """Wishes with some replaced.

    Args:
        given: By name; what is missing stays.
        before: The wishes until now (None = the defaults).

    Raises:
        InvalidRequest: A name is unknown, or a value of the wrong type or out of its range.
    """
    known = {each.name: each.type for each in fields(Wishes)}
    for name, value in given.items():
        if name not in known:
            raise InvalidRequest(
                "{name!r} is no setting of the loop", name=name[:64], param=name[:64], hint="known are: {known}",
                known=", ".join(known),
            )  # fmt: skip
        _check(name, value)
    lists = {"unheeded": tuple(given["unheeded"])} if "unheeded" in given else {}
    return replace(before or Wishes(), **{**given, **lists})


def _check(name: str, value: object) -> None:
    if name in _BOUNDS:
        least, most = _BOUNDS[name]
        whole = name != "held_out"
        right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not right or not least <= value <= most:  # type: ignore[operator] # it is a number
            raise InvalidRequest(
                "{name} must be a number from {least:g} to {most:g}", name=name, least=least, most=most, param=name
            )
    elif name == "method" and value not in METHODS:
        raise InvalidRequest("{name} must be one of {known}", name=name, known=", ".join(METHODS), param=name)
    elif name == "alias" and not (isinstance(value, str) and 0 < len(value) <= 48):
        raise InvalidRequest("{name} must be the name of an alias, such as chat", name=name, param=name)
    elif name == "changes":
        _check_changes(value)
    elif name == "unheeded" and (not isinstance(value, list | tuple) or set(value) - set(RULES)):
        raise InvalidRequest("{name} must be some of {known}", name=name, known=", ".join(RULES), param=name)


def _check_changes(value: object) -> None:
    right = isinstance(value, Mapping) and len(value) <= MOST_CHANGES
    if not right or any(not isinstance(part, str) or len(part) > 4096 for pair in value.items() for part in pair):  # type: ignore[attr-defined]
        raise InvalidRequest(
            "changes must be keys of a recipe with their values as texts", param="changes",
            hint='such as {{"schedule.epochs": "2"}}; {most} at most', most=MOST_CHANGES,
        )  # fmt: skip
    own = next((key for key in value if key.split(".")[0] in {"run", "data", "model", "objective"}), None)  # type: ignore[attr-defined]
    if own is not None and own != "model.context":
        raise InvalidRequest(
            "{key} of the recipe is the loop's own", key=own[:64], param="changes",
            hint="the loop goes on from the release in service, with what people said",
        )  # fmt: skip
