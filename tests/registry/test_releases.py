"""Releases: promoted whole or not at all, tried in stages, taken back by people and by the program."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit, people
from causerie.accounts.identity import Caller, Role
from causerie.accounts.rules import Rules
from causerie.accounts.usage import Answered, Health, UsageWriter
from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import CauserieError, Conflict, EngineError, GateRefused, InvalidRequest, NotFound
from causerie.inference.contract import Operation, Payload, Reply
from causerie.registry import releases, store, watching
from causerie.registry.aliases import Aliases
from causerie.registry.gate import Judgement, Line
from causerie.registry.policy import FallBackRules
from causerie.registry.releases import Wanted
from causerie.registry.shadow import Shadow
from causerie.registry.tables import Release, ReleaseAlias
from causerie.registry.watching import Figures, Watch, reason_to_fall_back
from causerie.settings import Settings
from tests.registry.policies import written
from tests.registry.stories import Registry


def judged(model: str, *, passed: bool = True, version: str = "") -> Judgement:
    line = Line(requirement="core", passed=passed, kind="suite", values={"suite": "core", "items": "9"})
    return Judgement(model=model, version=version, policy_version="1", policy_sha256="2" * 64, lines=(line,))


async def release(
    database: Database, model: str, alias: str = "chat", stage: Any = "all", share: float = 0
) -> Release:
    wanted = Wanted(model=model, alias=alias, stage=stage, share=share)
    async with database.write() as session:
        return await releases.release(session, wanted, judged(model), None)


async def in_service(database: Database, alias: str = "chat") -> tuple[str, str, str, float]:
    async with database.read() as session:
        row = await releases.current(session, alias)
    return (row.model, row.candidate, row.stage, row.share) if row else ("", "", "", 0)


async def test_what_the_gate_lets_pass_answers_and_everything_is_kept(database: Database) -> None:
    assert await in_service(database) == ("", "", "", 0)
    first = await release(database, "one")
    assert (first.act, first.model, first.previous) == ("release", "one", "")
    second = await release(database, "two")
    assert (second.model, second.previous) == ("two", "one")
    assert second.judgement["lines"][0]["reason"] == "evaluated with core, 9 items"
    assert await in_service(database) == ("two", "", "all", 0)
    async with database.read() as session:
        assert [entry.id for entry in await releases.history(session, "chat")] == [second.id, first.id]
        assert [entry.id for entry in await releases.history(session, before=second.id)] == [first.id]
        assert await releases.history(session, "other") == []
        last = await releases.last_release(session, "chat")
        assert last is not None
        assert last.id == second.id
        assert await releases.last_release(session, "other") is None
        actions = [entry.action for entry in (await audit.page(session))[0]]
    assert actions == ["release.release", "release.release"]


async def test_what_the_gate_refuses_changes_nothing(database: Database) -> None:
    await release(database, "one")
    with pytest.raises(GateRefused, match="does not let two pass: core") as caught:
        async with database.write() as session:
            await releases.release(session, Wanted(model="two"), judged("two", passed=False), None)
    assert (caught.value.status, caught.value.code, caught.value.exit_code) == (409, "gate_refused", 20)
    with pytest.raises(Conflict, match="the judgement is of one, not of two"):
        async with database.write() as session:
            await releases.release(session, Wanted(model="two"), judged("one"), None)
    assert (await in_service(database))[0] == "one"
    async with database.read() as session:
        assert len(await releases.history(session)) == 1


@pytest.mark.parametrize(
    ("wanted", "match"),
    [
        (Wanted(model="m", alias="Chat"), "cannot be an alias"),
        (Wanted(model="m", alias=""), "cannot be an alias"),
        (Wanted(model="m", stage="share"), "a share of 0.0 is none"),
        (Wanted(model="m", stage="share", share=1.0), "a share of 1.0 is none"),
    ],
)
def test_what_makes_no_sense_is_told(wanted: Wanted, match: str) -> None:
    with pytest.raises(InvalidRequest, match=match):
        releases.checked(wanted)
    assert releases.checked(Wanted(model="m", share=0.5)).share == 0.0


async def test_a_release_that_breaks_in_its_middle_is_none(database: Database) -> None:
    await release(database, "one")

    async def breaks() -> None:
        async with database.write() as session:
            await releases.release(session, Wanted(model="two"), judged("two"), None)
            raise RuntimeError("the machine went off")

    with pytest.raises(RuntimeError):
        await breaks()
    assert (await in_service(database))[0] == "one"
    async with database.read() as session:
        assert len(await releases.history(session)) == 1


async def test_two_releases_at_once_come_one_after_the_other(database: Database) -> None:
    await release(database, "one")
    await asyncio.gather(*(release(database, f"m{number}") for number in range(6)))
    async with database.read() as session:
        entries = [entry for entry in await releases.history(session) if entry.previous]
        row = await releases.current(session, "chat")
    # Each followed the one that was in service then: no two followed the same one.
    assert sorted(entry.previous for entry in entries) == sorted(
        {"one", *(f"m{number}" for number in range(6))} - {row.model if row else ""}
    )


async def test_rollback_goes_back_step_by_step_to_the_first(database: Database, settings: Settings) -> None:
    for model in ("one", "two", "two", "three"):
        await release(database, model)
    for expected in ("two", "one"):
        async with database.write() as session:
            entry = await releases.rollback(session, settings, "chat", None, "it was worse")
        assert (entry.act, entry.model, entry.reason) == ("rollback", expected, "it was worse")
    with pytest.raises(Conflict, match="there was no release of chat before one"):
        async with database.write() as session:
            await releases.rollback(session, settings, "chat", None)
    with pytest.raises(NotFound, match="nothing answers to 'other'"):
        async with database.write() as session:
            await releases.rollback(session, settings, "other", None)
    await release(database, "four")
    async with database.write() as session:
        assert (await releases.rollback(session, settings, "chat", None)).model == "one"


async def test_a_release_is_followed_to_its_new_name_and_one_that_is_gone_is_passed_by(registry: Registry) -> None:
    database, settings = registry.database, registry.settings
    await release(database, "far")
    for name in ("one", "two", "three"):
        version = await registry.add(registry.run(name))
        async with database.write() as session:
            wanted = Wanted(model=name, version=version.id)
            await releases.release(session, wanted, judged(name, version=version.id), None)

    async def call(old: str, new: str) -> None:
        async with database.write() as session:
            await store.rename(session, old, new)
            if new:
                await releases.follow(session, old, new)

    async def back() -> str:
        async with database.write() as session:
            return (await releases.rollback(session, settings, "chat", None)).model

    await call("three", "drei")
    assert (await in_service(database))[0] == "drei"
    await call("two", "")
    await call("one", "eins")
    assert await back() == "eins"
    assert await back() == "far"
    with pytest.raises(Conflict, match="there was no release of chat before far"):
        await back()


async def test_what_was_released_twice_and_renamed_is_no_way_back_to_itself(registry: Registry) -> None:
    database, settings = registry.database, registry.settings
    version = await registry.add(registry.run("one"))
    await release(database, "far")
    for _ in range(2):
        async with database.write() as session:
            wanted = Wanted(model="one", version=version.id)
            await releases.release(session, wanted, judged("one", version=version.id), None)
    async with database.write() as session:
        await store.rename(session, "one", "eins")
        await releases.follow(session, "one", "eins")
    async with database.write() as session:
        assert (await releases.rollback(session, settings, "chat", None)).model == "far"


async def test_a_release_without_a_version_is_followed_with_its_history(
    database: Database, settings: Settings
) -> None:
    for model in ("far", "one", "two"):
        await release(database, model)
    async with database.write() as session:
        await releases.follow(session, "one", "eins")
        await releases.follow(session, "two", "zwei")
    for expected in ("eins", "far"):
        async with database.write() as session:
            assert (await releases.rollback(session, settings, "chat", None)).model == expected


async def test_a_candidate_is_tried_and_taken_back_or_becomes_the_release(
    database: Database, settings: Settings
) -> None:
    with pytest.raises(InvalidRequest, match="nothing answers to chat yet"):
        await release(database, "two", stage="shadow")
    await release(database, "one")
    await release(database, "two", stage="shadow")
    assert await in_service(database) == ("one", "two", "shadow", 0)
    await release(database, "two", stage="share", share=0.25)
    assert await in_service(database) == ("one", "two", "share", 0.25)
    async with database.write() as session:
        entry = await releases.rollback(session, settings, "chat", None)
    assert (entry.model, entry.previous) == ("one", "two")
    assert await in_service(database) == ("one", "", "all", 0)
    await release(database, "two", stage="share", share=0.25)
    await release(database, "two")
    assert await in_service(database) == ("two", "", "all", 0)


HEALTHY = Health(50, 0, (0.2,) * 50)


@pytest.mark.parametrize(
    ("figures", "match"),
    [
        (Figures(now=HEALTHY, before=HEALTHY), ""),
        (Figures(now=Health(19, 19, ()), before=HEALTHY), ""),  # too few to tell
        (Figures(now=Health(40, 4, ()), before=HEALTHY), ""),  # 10 % of 40 may still be 5 %
        (Figures(now=Health(40, 8, ()), before=HEALTHY), "8 of 40 requests failed: more than 5% of all do"),
        (Figures(now=Health(40, 0, (0.5,) * 40), before=HEALTHY), "0.50 s to the first token, 0.20 s before"),
        (Figures(now=Health(40, 0, (0.5,) * 19), before=HEALTHY), ""),
        (
            Figures(now=HEALTHY, before=HEALTHY, bad=20, rated=30),
            "20 of 30 ratings are bad: more than 40% of all are",
        ),
        (Figures(now=HEALTHY, before=HEALTHY, bad=14, rated=30), ""),
    ],
)
def test_a_bound_is_passed_when_the_interval_says_so(figures: Figures, match: str) -> None:
    reason = reason_to_fall_back(FallBackRules(), figures)
    assert reason.startswith(match) if match else not reason


async def no_thumbs(_session: AsyncSession, _model: str, _since: datetime) -> tuple[int, int]:
    return 0, 0


@asynccontextmanager
async def answering(reply: CauserieError | None = None) -> AsyncIterator[Reply]:
    if reply is not None:
        raise reply

    class Said:
        async def read(self) -> bytes:
            return b"{}"

        def events(self) -> AsyncIterator[bytes]:
            raise NotImplementedError

    yield Said()


@asynccontextmanager
async def used(database: Database) -> AsyncIterator[UsageWriter]:
    await people.prepare(database)
    async with UsageWriter(database, Rules) as writer:
        yield writer
        await writer.flush()


def answered(model: str, *, status: int = 200, seconds: float = 0.2) -> Answered:
    caller = Caller("person_local", "Ada", Role.OWNER)
    return Answered(caller=caller, model=model, operation="chat", status=status, tokens_in=1, tokens_out=1,
                    first_token_s=seconds, total_s=seconds)  # fmt: skip


async def watch_of(database: Database, settings: Settings, thumbs: watching.Thumbs = no_thumbs) -> Watch:
    aliases = Aliases(database)
    await aliases.refresh()
    return Watch(settings, aliases, Shadow(lambda _operation, _payload: answering(), aliases.shadow_of), thumbs)


@pytest.mark.parametrize("stage", ["share", "all"])
async def test_a_release_whose_requests_fail_falls_back(database: Database, settings: Settings, stage: str) -> None:
    await release(database, "good")
    async with used(database) as writer:
        for _ in range(30):
            writer.note(answered("good"))
    await release(database, "bad", stage=stage, share=0.5 if stage == "share" else 0)
    watch = await watch_of(database, settings)
    assert await watch.look() == []
    async with used(database) as writer:
        for number in range(30):
            writer.note(answered("bad", status=502 if number % 2 else 200))
    (entry,) = await watch.look()
    assert (entry.act, entry.model, entry.previous, entry.person_id) == ("fall_back", "good", "bad", None)
    assert entry.reason.startswith("15 of 30 requests failed")
    assert await in_service(database) == ("good", "", "all", 0)
    assert await watch.look() == []  # what was gone back to is not taken back too


async def test_a_slow_release_and_one_that_people_dislike_fall_back(database: Database, settings: Settings) -> None:
    await release(database, "quick")
    async with used(database) as writer:
        for _ in range(30):
            writer.note(answered("quick", seconds=0.1))
    await asyncio.sleep(0.01)
    await release(database, "slow")
    async with used(database) as writer:
        for _ in range(30):
            writer.note(answered("slow", seconds=0.5))
    (entry,) = await (await watch_of(database, settings)).look()
    assert entry.reason == "0.50 s to the first token, 0.10 s before: more than 2 times as long"

    async def disliked(_session: AsyncSession, model: str, since: datetime) -> tuple[int, int]:
        assert since <= now()
        return (25, 30) if model == "rude" else (0, 30)

    await release(database, "rude")
    (entry,) = await (await watch_of(database, settings, disliked)).look()
    assert (entry.model, entry.reason.partition(":")[0]) == ("quick", "25 of 30 ratings are bad")


async def test_an_old_release_is_watched_no_more_and_a_first_one_stays(
    database: Database, settings: Settings
) -> None:
    async with used(database) as writer:
        for _ in range(30):
            writer.note(answered("bad", status=500))
    await release(database, "bad")
    async with used(database) as writer:
        for _ in range(30):
            writer.note(answered("bad", status=500))
    watch = await watch_of(database, settings)
    assert await watch.look() == []
    await release(database, "worse")
    async with used(database) as writer:
        for _ in range(30):
            writer.note(answered("worse", status=500))
    async with database.write() as session:
        long_ago = now() - timedelta(hours=25)
        await session.execute(update(ReleaseAlias).values(since=long_ago))
    watch = await watch_of(database, settings)
    assert await watch.look() == []


async def test_a_shadow_is_asked_the_same_and_its_failures_end_it(database: Database, settings: Settings) -> None:
    written(settings, "[fall_back]\nleast_requests = 3\n")
    await release(database, "one")
    await release(database, "two", stage="shadow")
    aliases = Aliases(database)
    await aliases.refresh()
    asked: list[Payload] = []

    def send(_operation: Operation, payload: Payload) -> Any:
        asked.append(payload)
        return answering(EngineError("it fell over") if len(asked) > 1 else None)

    shadow = Shadow(send, aliases.shadow_of)
    assert shadow.wants("one")
    assert not shadow.wants("two")
    watch = Watch(settings, aliases, shadow, no_thumbs)
    assert await watch.look() == []
    payload = {"model": "one", "messages": [], "stream": True, "stream_options": {}, "max_tokens": 5}
    for _ in range(12):
        shadow.answered("chat/completions", payload)
        shadow.answered("chat/completions", payload)  # it is at work: this copy is left out
        await asyncio.sleep(0.01)
    shadow.answered("chat/completions", payload | {"model": "two"})
    assert asked[0] == {"model": "two", "messages": [], "max_tokens": 5}
    assert (shadow.of("two").requests, shadow.of("two").failed, len(shadow.of("two").seconds)) == (12, 11, 1)
    (entry,) = await watch.look()
    assert entry.reason.startswith("11 of 12 requests failed")
    assert await in_service(database) == ("one", "", "all", 0)
    await shadow.close()


async def test_the_watch_goes_on_while_the_policy_is_being_written(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "EVERY_S", 0.02)
    await release(database, "one")
    await release(database, "two")
    written(settings, "")
    (settings.home / "policy.toml").write_text("version = ")
    async with await watch_of(database, settings):
        await asyncio.sleep(0.1)
        written(settings, "[fall_back]\nleast_requests = 5\n")
        async with used(database) as writer:
            for _ in range(10):
                writer.note(answered("two", status=503))
        until = time.monotonic() + 60
        while (await in_service(database))[0] != "one":
            assert time.monotonic() < until
            await asyncio.sleep(0.02)
