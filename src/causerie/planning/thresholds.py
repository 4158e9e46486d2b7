"""Amounts of compute at which laws begin to apply, and the day on which a run crosses them.

Does: list the thresholds that are known, take those of a policy in their place, and divide.
Does not: stop a run or give legal advice; operations of all training of the same model count, the earlier and the
later too (article 51(2) says cumulative, 22757.11(i) names fine-tuning), and are yours to add.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A line in operations."""

    flops: float
    name: str
    since: str
    """Date from which it applies, ISO 8601 (empty = not known)."""
    duty: str
    source: str


THRESHOLDS = (
    Threshold(
        flops=1e25,
        name="EU AI Act, systemic risk presumed",
        since="2025-08-02",
        duty="Notify the Commission within two weeks of meeting it, or of knowing that it will be met.",
        source="Regulation (EU) 2024/1689, articles 51(2) and 52(1)",
    ),
    Threshold(
        flops=1e26,
        name="California SB 53, frontier model",
        since="2026-01-01",
        duty="Publish a transparency report, report critical incidents; above 500 million USD a year, a framework.",
        source="Business and Professions Code 22757.11(i), 22757.12 and 22757.13",
    ),
)
"""Those of the policy that ships; dates and sources are part of it."""


def of_policy(rows: Iterable[tuple[float, str, str]]) -> tuple[Threshold, ...]:
    """The thresholds of a policy, the lowest first; date and duty are known of those that stand in `THRESHOLDS`.

    Args:
        rows: Operations, name and source of each.
    """
    known = {(each.flops, each.name): each for each in THRESHOLDS}
    made = (
        known.get((flops, name)) or Threshold(flops=flops, name=name, since="", duty="", source=source)
        for flops, name, source in rows
    )
    return tuple(sorted(made, key=lambda each: each.flops))


def crossed_on_day(threshold: float, flops: float, days: float) -> float | None:
    """Days from the start until the operations pass a threshold (None = this run never does).

    Args:
        threshold: Operations.
        flops: Operations of the whole run.
        days: Its length; operations are taken to be spread evenly over it.
    """
    return days * threshold / flops if flops > threshold else None
