"""How releases do, and the way back without a person: errors, waiting and thumbs down against the policy's bounds.

Does: look at each alias that is being tried or was released lately, every few seconds; fall back when the end of an
interval that is most in the release's favour passes a bound, and when an override that it needed is over.
Does not: count requests; the table of usage has every answer, of the API and of the page, whichever process gave it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from types import TracebackType
from typing import Literal, Self

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import usage
from causerie.accounts.usage import Health
from causerie.database.repeated import Repeated
from causerie.database.tables import now
from causerie.errors import CauserieError, Conflict, DatabaseUnavailable
from causerie.evaluation.statistics import proportion
from causerie.registry import overrides, releases
from causerie.registry import policy as policies
from causerie.registry.aliases import Aliases
from causerie.registry.policy import FallBackRules
from causerie.registry.shadow import Shadow
from causerie.registry.tables import Release, ReleaseAlias
from causerie.settings import Settings

EVERY_S = 5.0
"""Seconds between two looks."""
Thumbs = Callable[[AsyncSession, str, datetime], Awaitable[tuple[int, int]]]
"""Bad ratings and all ratings of a model's answers since a moment; the room of conversations knows them."""
REASONS = {
    "errors": "{failed} of {requests} requests failed: more than {bound} of all do",
    "latency": "{seconds} s to the first token, {before} s before: more than {bound} times as long",
    "thumbs": "{bad} of {rated} ratings are bad: more than {bound} of all are",
    "override": "the override that it needed is over",
}
"""Why a release falls back."""
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How a release does beside the one before it."""

    now: Health
    before: Health
    bad: int = 0
    rated: int = 0


def reason_to_fall_back(rules: FallBackRules, figures: Figures) -> str:
    """Which bound is passed, as a sentence (empty = none, or too few requests to tell)."""
    health, least = figures.now, rules.least_requests
    if health.requests >= least and proportion(health.failed, health.requests).low > rules.error_rate:
        return REASONS["errors"].format(
            failed=health.failed, requests=health.requests, bound=f"{rules.error_rate:.0%}"
        )
    if figures.rated >= least and proportion(figures.bad, figures.rated).low > rules.thumbs_down:
        return REASONS["thumbs"].format(bad=figures.bad, rated=figures.rated, bound=f"{rules.thumbs_down:.0%}")
    seconds, before = health.seconds, figures.before.seconds
    enough = min(len(seconds), len(before)) >= least
    if enough and median(seconds) > rules.latency_ratio * median(before):
        return REASONS["latency"].format(
            seconds=f"{median(seconds):.2f}", before=f"{median(before):.2f}", bound=f"{rules.latency_ratio:g}"
        )
    return ""


class Watch:
    """One for each server. Use it as a context manager.

    Args:
        settings: Where the policy is.
        aliases: Which it changes.
        shadow: How candidates do with copies.
        thumbs: What people say of answers.
    """

    def __init__(self, settings: Settings, aliases: Aliases, shadow: Shadow, thumbs: Thumbs) -> None:
        self._settings = settings
        self._aliases = aliases
        self._shadow = shadow
        self._thumbs = thumbs
        self._since: dict[str, datetime] = {}
        self._repeated: Repeated | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._repeated = Repeated(EVERY_S, self._look_again, "the watch over releases waits for the database")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop looking."""
        if self._repeated is not None:
            await self._repeated.stop()
        await self._shadow.close()

    async def look(self) -> list[Release]:
        """Look at every alias once; what fell back."""
        if not self._aliases.routes:
            return []
        rules = policies.load(self._settings).rules.fall_back
        async with self._aliases.database.read() as session:
            rows = [row for row in await releases.all_aliases(session) if row.model]
            found = [(row, *await self._reason(session, rules, row)) for row in rows]
        fallen = [await self._fallen(row, reason, of_release) for row, reason, of_release in found if reason]
        return [entry for entry in fallen if entry is not None]

    async def _fallen(self, seen: ReleaseAlias, reason: str, of_release: bool) -> Release | None:
        try:
            async with self._aliases.changing() as session:
                row = await releases.current(session, seen.alias)
                if row is None or row.since != seen.since:  # somebody was faster
                    return None
                entry = await releases.fall_back(session, self._settings, seen.alias, reason, in_service=of_release)
        except Conflict:
            _logger.warning("a release does badly, and there is none before it", alias=seen.alias, reason=reason)
            return None
        _logger.warning("a release fell back", alias=entry.alias, model=entry.previous, reason=entry.reason)
        return entry

    async def _reason(self, session: AsyncSession, rules: FallBackRules, row: ReleaseAlias) -> tuple[str, bool]:
        """Why something must go (empty = nothing must), and whether that is what is in service."""
        if row.candidate and await self._is_over(session, row.alias, row.candidate, row.candidate_version, "stage"):
            return REASONS["override"], False
        # Where nothing was before it, what is tried beside it is all the more wanted.
        if await self._is_over(session, row.alias, row.model, row.version, "release") and (
            not row.candidate or await releases.before_it(session, self._settings, row) is not None
        ):
            return REASONS["override"], True
        if row.candidate:
            return reason_to_fall_back(rules, await self._figures_of_candidate(session, row)), False
        last = await releases.last_release(session, row.alias)
        if last is None or last.act != "release":
            return "", True  # it was gone back to: there is nothing newer to be taken back
        if not last.previous or now() - row.since > timedelta(hours=rules.watch_hours):
            return "", True
        bad, rated = await self._thumbs(session, row.model, row.since)
        figures = Figures(
            now=await usage.health(session, row.model, since=row.since),
            before=await usage.health(session, last.previous, until=row.since), bad=bad, rated=rated,
        )  # fmt: skip
        return reason_to_fall_back(rules, figures), True

    async def _is_over(
        self, session: AsyncSession, alias: str, model: str, version: str, act: Literal["release", "stage"]
    ) -> bool:
        """Whether this passed the gate only by an override that holds no more."""
        entry = await releases.entry_of(session, alias, model, version, act)
        return entry is not None and await overrides.is_over(session, self._settings, entry.override_id)

    async def _figures_of_candidate(self, session: AsyncSession, row: ReleaseAlias) -> Figures:
        if self._since.get(row.alias) != row.since:  # a stage has begun
            self._since[row.alias] = row.since
            self._shadow.forget(row.candidate)
        if row.stage == "shadow":
            copies = self._shadow.of(row.candidate)
            # Copies are read whole, so their seconds are no times to a first token: only failures count.
            return Figures(now=Health(copies.requests, copies.failed, ()), before=Health(0, 0, ()))
        bad, rated = await self._thumbs(session, row.candidate, row.since)
        health = await usage.health(session, row.candidate, since=row.since)
        before = await usage.health(session, row.model, since=row.since)
        return Figures(now=health, before=before, bad=bad, rated=rated)

    async def _look_again(self) -> None:
        try:
            await self.look()
        except DatabaseUnavailable:
            raise
        except CauserieError as error:  # the policy is being written
            _logger.warning("the releases are not watched", error=error.message, hint=error.hint)
