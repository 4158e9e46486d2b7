"""What stands between a request and the router: may they ask this model, does a quota hold it, what did it use.

Does: find the model among those that the caller may ask; reserve from quotas before the answer and settle after it;
note the usage when the answer has ended.
Does not: write anything before an answer that no quota counts.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from starlette.types import Scope

from causerie.accounts import quotas
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import Caller, Role
from causerie.accounts.quotas import Left, Reservation, Used
from causerie.accounts.usage import Answered, UsageWriter
from causerie.errors import CauserieError, DatabaseUnavailable, ModelNotFound, QuotaExceeded
from causerie.inference.bounds import most_answer_tokens, most_prompt_tokens
from causerie.inference.contract import ModelStatus, Payload
from causerie.inference.router import Router
from causerie.registry.aliases import Aliases, Route
from causerie.server.identity import caller_of
from causerie.server.recognition import shown_keys
from causerie.server.records import Record, record_of

OK = 200
_logger = structlog.get_logger(__name__)


class Offered(NamedTuple):
    """Something that can be asked by its name."""

    name: str
    status: ModelStatus
    """Of the model that answers; of a released name, the one in service."""
    route: Route | None
    """What is released under the name (None = it is a model's own)."""


@dataclass(frozen=True, slots=True)
class Metering:
    """One for each server; see the module."""

    router: Router
    doors: Doorkeeper
    usage: UsageWriter
    aliases: Aliases

    def visible(self, caller: Caller) -> list[ModelStatus]:
        """The models that are open to the caller."""
        return [status for status in self.router.models() if self.doors.rules.may_see(caller, status.name)]

    def offered(self, caller: Caller) -> list[Offered]:
        """What the caller may ask, each name once: the released names, then the models by their own."""
        mine = {status.name: status for status in self.visible(caller)}
        routes = self.aliases.routes
        released = [Offered(name, mine[route.model], route) for name, route in routes.items() if route.model in mine]
        # A released name wins over a model that is called the same, as it does in the router.
        return released + [Offered(name, status, None) for name, status in mine.items() if name not in routes]

    def default(self, caller: Caller) -> str:
        """The name to ask by for who names none: a released one if that is what they get (empty = there is none)."""
        try:
            model = self.named(caller, None)
        except ModelNotFound:
            return ""
        name = self.lasting(None, model)
        return name if any(each.name == name for each in self.offered(caller)) else model

    def lasting(self, name: str | None, model: str) -> str:
        """The name to go on with: the released one, which may lead elsewhere tomorrow, else the model's own.

        Args:
            name: As it was asked for.
            model: What `named` found.
        """
        return model if self._route(name, model) is None else name or self.router.default_name

    def named(self, caller: Caller, name: str | None, conversation: str = "") -> str:
        """The canonical name of a model that is open to the caller (None = the default one, or the first that is).

        While a candidate is tried on a share of people, it answers the same ones each time: people and applications
        by their ids. Where nobody has an account, all callers are one, and it answers the same conversations.

        A released name is open to whom its model in service is; a candidate that is closed to them does not answer
        them.

        Raises:
            ModelNotFound: There is none of this name, or it is not open to the caller.
        """
        rules = self.doors.rules
        who = conversation if self.doors.personal and conversation else caller.person_id
        if not rules.closed or caller.may(Role.ADMINISTRATOR):
            return self.router.resolve(name, who)
        try:
            model = self.router.resolve(name, who)
            route = self._route(name, model)
            if route is not None and not (rules.may_see(caller, route.model) and rules.may_see(caller, model)):
                model = self.router.resolve(route.model)
        except ModelNotFound:
            raise _closed(name) from None  # its hint would name models that are not the caller's to know of
        if rules.may_see(caller, model):
            return model
        others = [status.name for status in self.visible(caller) if status.capabilities.chat]
        if name or not others:
            raise _closed(name)
        return others[0]

    def resolve(self, scope: Scope, name: str | None, opening: object) -> str:
        """The canonical name of a model that this request may ask.

        Args:
            scope: Of the request.
            name: As the client says it.
            opening: What the conversation begins with, by which it is known again where nobody has an account and
                the client shows no key.

        Raises:
            Forbidden: The caller's role asks no models.
            ModelNotFound: There is none of this name, or it is not open to the caller.
        """
        caller = caller_of(scope)
        caller.require(Role.MEMBER)
        record_of(scope).caller = caller
        return self.named(caller, name, self._conversation(scope, name, opening))

    @asynccontextmanager
    async def metered(self, scope: Scope, payload: Payload) -> AsyncIterator[None]:
        """Around an answer: reserve, and settle what it used.

        Raises:
            QuotaExceeded: A quota does not hold it.
            PriceUnknown: A quota of money counts, and the model has no price.
        """
        record, caller = record_of(scope), caller_of(scope)
        if not self.doors.rules.quotas_of(caller):
            yield
            return
        record.prompt_most = most_prompt_tokens(payload)
        try:
            reservation = await self._reserved(caller, payload, record)
        except QuotaExceeded as refusal:
            record.headers += _refusal_headers(refusal)
            raise
        if reservation is not None:
            record.headers += _left_headers(reservation.left)
        try:
            yield
        finally:
            await self._settle(reservation, record)

    def note(self, record: Record) -> None:
        """Called for each ended request: its usage is written later."""
        if record.caller is None or not record.model or not record.status:
            return
        tokens_in, tokens_out = record.used()
        self.usage.note(
            Answered(
                caller=record.caller, model=record.model, operation=record.operation, status=_status(record),
                tokens_in=tokens_in, tokens_out=tokens_out, first_token_s=record.first_token_s,
                total_s=record.elapsed_s(),
            )
        )  # fmt: skip

    def _released(self, name: str | None) -> Route | None:
        """What is released under a name, or under the default one (None = nothing is)."""
        return self.aliases.routes.get(name or self.router.default_name)

    def _route(self, name: str | None, model: str) -> Route | None:
        """The release by which a name led to a model (None = by none)."""
        route = self._released(name)
        return route if route is not None and model in {route.model, route.candidate} else None

    def _conversation(self, scope: Scope, name: str | None, opening: object) -> str:
        """What a conversation is known by again where nobody has an account (empty = nothing is tried on a share)."""
        route = self._released(name)
        if not self.doors.personal or route is None or route.stage != "share":
            return ""
        return str(next(iter(shown_keys(dict(scope["headers"]))), b""), "latin-1") or repr(opening)

    async def _reserved(self, caller: Caller, payload: Payload, record: Record) -> Reservation | None:
        tokens_out = most_answer_tokens(payload)
        try:
            return await self._reserve(caller, payload, record.prompt_most, tokens_out)
        except QuotaExceeded:
            # By bytes it may be too much: near its end a quota is worth an exact count.
            try:
                record.prompt_most = await self._counted(payload)
            except CauserieError:
                record.prompt_most = -1
            if record.prompt_most < 0:
                raise
        return await self._reserve(caller, payload, record.prompt_most, tokens_out)

    async def _reserve(self, caller: Caller, payload: Payload, tokens_in: int, tokens_out: int) -> Reservation | None:
        most = Used(tokens_in=tokens_in, tokens_out=tokens_out)
        return await quotas.reserve(self.doors.database, self.doors.rules, caller, payload["model"], most)

    async def _counted(self, payload: Payload) -> int:
        if "messages" in payload or isinstance(payload.get("prompt"), str):
            return await self.router.count_tokens(payload)
        return -1

    async def _settle(self, reservation: Reservation | None, record: Record) -> None:
        tokens_in, tokens_out = record.used()
        answered = record.status == 200 or record.cancelled
        used = Used(tokens_in=tokens_in, tokens_out=tokens_out) if answered else Used(requests=0)
        try:
            await quotas.settle(self.doors.database, self.doors.rules, reservation, used)
        except DatabaseUnavailable as error:  # the answer is given; what was reserved counts until its lease ends
            _logger.warning("a quota could not be settled", error=error.message)


def _status(record: Record) -> int:
    """What was answered; an answer that broke in its middle failed, though it had begun well."""
    broken = record.error not in {"", "cancelled"} and not record.cancelled and record.status == OK
    return CauserieError.status if broken else record.status


def _closed(name: str | None) -> ModelNotFound:
    if name is None:
        return ModelNotFound("no model is open to you", hint="an administrator permits models")
    return ModelNotFound(
        "no model is named {name!r}", name=name[:96], hint="GET /v1/models lists those that you may ask"
    )


def _left_headers(left: tuple[Left, ...]) -> tuple[tuple[bytes, bytes], ...]:
    tightest: dict[str, Left] = {}
    for each in left:
        if each.unit not in tightest or each.left < tightest[each.unit].left:
            tightest[each.unit] = each
    return tuple(
        header
        for unit, each in tightest.items()
        for header in (
            (b"x-ratelimit-limit-%s" % unit.encode(), b"%d" % each.limit),
            (b"x-ratelimit-remaining-%s" % unit.encode(), b"%d" % each.left),
            (b"x-ratelimit-reset-%s" % unit.encode(), b"%ds" % each.resets_s),
        )
    )


def _refusal_headers(refusal: QuotaExceeded) -> tuple[tuple[bytes, bytes], ...]:
    unit = str(refusal.values["unit"]).encode()
    return (
        (b"x-ratelimit-limit-%s" % unit, str(refusal.values["limit"]).encode()),
        (b"x-ratelimit-remaining-%s" % unit, str(refusal.values["left"]).encode()),
        (b"x-ratelimit-reset-%s" % unit, b"%ds" % int(refusal.retry_after or 0)),
    )
