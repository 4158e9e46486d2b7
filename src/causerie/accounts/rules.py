"""Who may ask which model, which quotas count for whom, what a model costs: all of it, in memory.

Does: answer for each request without asking the database; there are few rules and many requests.
Does not: notice changes; `doorkeeper.py` loads the rules again when there are any.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.identity import Caller, Role
from causerie.accounts.ledger_tables import Price, Quota
from causerie.accounts.tables import Membership, ModelPermission

MILLION = 1_000_000
Subject = tuple[str, str]
"""Kind and id: `("group", "group_01k...")`."""
Unit = Literal["tokens", "requests", "money"]
Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """A quota, without what is used of it."""

    id: str
    unit: Unit
    period: Period


@dataclass(frozen=True, slots=True)
class Open:
    """Those to whom a closed model is open."""

    groups: frozenset[str]
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rates:
    """What a million tokens cost, in millionths of the currency."""

    input_micros: int
    output_micros: int


@dataclass(frozen=True)
class Rules:
    """All rules at one moment."""

    closed: Mapping[str, Open] = field(default_factory=dict)
    """By model; one that is not here is open to everyone."""
    quotas: Mapping[Subject, tuple[QuotaRule, ...]] = field(default_factory=dict)
    prices: Mapping[str, Rates] = field(default_factory=dict)
    """By model; one that is not here has no known price."""
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By person."""
    currency: str = ""
    """Of prices and quotas of money (ISO 4217)."""

    def may_ask(self, caller: Caller, model: str) -> bool:
        """Whether the caller may ask this model: it is open to them, and their role asks models."""
        return caller.may(Role.MEMBER) and self.may_see(caller, model)

    def may_see(self, caller: Caller, model: str) -> bool:
        """Whether this model is open to the caller; all are to administrators."""
        door = self.closed.get(model)
        if door is None or caller.may(Role.ADMINISTRATOR) or caller.person_id in door.people:
            return True
        return not door.groups.isdisjoint(self.groups.get(caller.person_id, frozenset()))

    def quotas_of(self, caller: Caller) -> tuple[QuotaRule, ...]:
        """Every quota that a request of this caller counts against, by id: always locked in the same order."""
        if not self.quotas:
            return ()
        subjects: list[Subject] = [("person", caller.person_id)]
        subjects += [("group", group) for group in self.groups.get(caller.person_id, ())]
        if caller.key_id:
            subjects.append(("key", caller.key_id))
        found = [rule for subject in subjects for rule in self.quotas.get(subject, ())]
        return tuple(sorted(found, key=lambda rule: rule.id))

    def cost_micros(self, model: str, tokens_in: int, tokens_out: int) -> int | None:
        """What that many tokens cost, rounded up (None = nobody has said)."""
        rates = self.prices.get(model)
        if rates is None:
            return None
        return -(-(tokens_in * rates.input_micros + tokens_out * rates.output_micros) // MILLION)


async def load(session: AsyncSession, currency: str = "") -> Rules:
    """The rules as they are now; the currency is the settings'."""
    groups: dict[str, set[str]] = defaultdict(set)
    for member in await session.scalars(select(Membership)):
        groups[member.person_id].add(member.group_id)
    doors: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for row in await session.scalars(select(ModelPermission)):
        door = doors[row.model]
        if row.group_id:
            door[0].add(row.group_id)
        if row.person_id:
            door[1].add(row.person_id)
    quotas: dict[Subject, list[QuotaRule]] = defaultdict(list)
    for quota in await session.scalars(select(Quota)):
        rule = QuotaRule(quota.id, quota.unit, quota.period)  # type: ignore[arg-type] # only these are written
        quotas[quota.subject_kind, quota.subject_id].append(rule)
    prices = await session.scalars(select(Price))
    return Rules(
        closed={model: Open(frozenset(door[0]), frozenset(door[1])) for model, door in doors.items()},
        quotas={subject: tuple(rules) for subject, rules in quotas.items()},
        prices={price.model: Rates(price.input_micros, price.output_micros) for price in prices},
        groups={person: frozenset(ids) for person, ids in groups.items()},
        currency=currency,
    )
