"""Overrides: two people, a reason, a time; what was changed afterwards holds no more."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from causerie.accounts import audit, people
from causerie.accounts.identity import LOCAL_OWNER_ID, Role
from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import Conflict, Forbidden, InvalidRequest, NotFound
from causerie.registry import overrides, releases, standing
from causerie.registry.aliases import Aliases
from causerie.registry.gate import Judgement, Line
from causerie.registry.overrides import AskedOverride
from causerie.registry.releases import Wanted
from causerie.registry.shadow import Shadow
from causerie.registry.tables import Override
from causerie.registry.watching import Watch
from causerie.settings import Settings
from tests.registry.policies import CORE, PAPERS, team, written
from tests.registry.stories import Registry
from tests.registry.test_releases import answering, no_thumbs
from tests.registry.test_releases import judged as passing

VERSION = "a" * 64
REASON = "the suite has a wrong answer key"


def asked(**changes: object) -> AskedOverride:
    facts = {"alias": "chat", "requirements": ("core", "card"), "reason": REASON, "days": 3.0}
    return AskedOverride(**(facts | changes))  # type: ignore[arg-type]


def kept_back(model: str = "tiny", version: str = VERSION) -> Judgement:
    lines = [
        Line(requirement=name, passed=name == "lineage", kind="card", values={})
        for name in ("core", "card", "licence", "lineage", "signature", "pause: twenty")
    ]
    return Judgement(model=model, version=version, policy_version="1", policy_sha256="2" * 64, lines=tuple(lines))


async def ask(
    database: Database, settings: Settings, person: str, wanted: AskedOverride, judgement: Judgement | None = None
) -> Override:
    rules = written(settings, "[overrides]\nmost_days = 5\n")
    async with database.write() as session:
        return await overrides.ask(session, rules, judgement or kept_back(), wanted, person)


async def sign(database: Database, settings: Settings, row: Override, person: str) -> Override:
    async with database.write() as session:
        return await overrides.sign(session, settings, row.id, person)


async def in_force(database: Database, settings: Settings, alias: str = "chat", version: str = VERSION) -> set[str]:
    async with database.read() as session:
        return set(overrides.requirements_of(await overrides.in_force(session, settings, version, alias)))


async def test_it_holds_once_another_person_signed(database: Database, settings: Settings) -> None:
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    row = await ask(database, settings, ids["bob"], asked())
    assert await in_force(database, settings) == set()
    with pytest.raises(Forbidden, match="who asked for an override cannot sign it too"):
        await sign(database, settings, row, ids["bob"])
    signed = await sign(database, settings, row, ids["ada"])
    assert (signed.signed_by, bool(signed.signature)) == (ids["ada"], True)
    assert await in_force(database, settings) == {"core", "card"}
    assert await in_force(database, settings, alias="chat-fr") == set()
    assert await in_force(database, settings, version="b" * 64) == set()
    assert await in_force(database, settings, version="") == set()
    with pytest.raises(Conflict, match="signed already"):
        await sign(database, settings, row, ids["ada"])
    async with database.read() as session:
        (line,) = await overrides.lines_for(session, VERSION)
        assert [each.id for each in await overrides.listed(session, version=VERSION)] == [row.id]
        actions = [(entry.action, entry.actor_id) for entry in (await audit.page(session))[0]]
    assert "by an override of card, core, decided by two people on" in line
    assert line.endswith(REASON)
    assert actions == [("override.sign", ids["ada"]), ("override.ask", ids["bob"])]


@pytest.mark.parametrize("login", ["builder", "gone", "nobody", "alone"])
async def test_only_people_with_the_role_decide(database: Database, settings: Settings, login: str) -> None:
    if login == "alone":
        await people.prepare(database)
        with pytest.raises(Forbidden, match="nobody has an account here"):
            await ask(database, settings, LOCAL_OWNER_ID, asked())
        return
    ids = await team(database, ada=Role.OWNER, builder=Role.BUILDER, gone=Role.ADMINISTRATOR)
    person = ids.get(login, "person_none")
    row = await ask(database, settings, ids["ada"], asked())
    if login == "gone":
        async with database.write() as session:
            await people.set_disabled(session, await people.by_id(session, person), disabled=True)
    for attempt in (ask(database, settings, person, asked()), sign(database, settings, row, person)):
        with pytest.raises(Forbidden):
            await attempt


async def test_who_asked_must_have_the_role_still_when_it_is_signed(database: Database, settings: Settings) -> None:
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    row = await ask(database, settings, ids["bob"], asked())
    async with database.write() as session:
        await people.set_role(session, await people.by_id(session, ids["bob"]), Role.MEMBER)
    with pytest.raises(Forbidden, match="who asked for this override may no longer decide"):
        await sign(database, settings, row, ids["ada"])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"requirements": ()}, "no override lets these pass"),
        ({"requirements": ("core", "signature")}, "no override lets these pass: signature"),
        ({"requirements": ("pause: twenty",)}, "no override lets these pass: pause: twenty"),
        (
            {"requirements": ("core", "lineage", "corn")},
            "no line of the gate that failed .*: corn, lineage",
        ),
        ({"reason": "  because   "}, "a reason has 10 to 2000 characters"),
        ({"days": 6.0}, "holds for 5.0 days at most"),
        ({"days": 0.0}, "holds for 5.0 days at most"),
    ],
)
async def test_what_cannot_be_let_pass(
    database: Database, settings: Settings, changes: dict[str, object], match: str
) -> None:
    ids = await team(database, ada=Role.OWNER)
    with pytest.raises(InvalidRequest, match=match):
        await ask(database, settings, ids["ada"], asked(**changes))
    with pytest.raises(InvalidRequest, match="tiny is not registered"):
        await ask(database, settings, ids["ada"], asked(), kept_back(version=""))


async def test_its_time_ends_and_what_was_changed_holds_no_more(database: Database, settings: Settings) -> None:
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    row = await ask(database, settings, ids["ada"], asked())
    await sign(database, settings, row, ids["bob"])
    for change in (
        {"requirements": ["core", "card", "licence"]}, {"reason": "another reason"}, {"alias": "chat-fr"},
        {"expires_at": now() + timedelta(days=300)}, {"signed_by": "person_else"},
    ):  # fmt: skip
        async with database.read() as session:
            before = await session.get_one(Override, row.id)
            kept = {name: getattr(before, name) for name in change}
        async with database.write() as session:
            await session.execute(update(Override).values(**change))
        assert await in_force(database, settings, str(change.get("alias", "chat"))) == set(), change
        async with database.write() as session:
            await session.execute(update(Override).values(**kept))
        assert await in_force(database, settings) == {"core", "card"}
    async with database.write() as session:
        await session.execute(update(Override).values(expires_at=now() - timedelta(seconds=1)))
    assert await in_force(database, settings) == set()
    late = await ask(database, settings, ids["ada"], asked())
    async with database.write() as session:
        await session.execute(update(Override).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(Conflict, match="the time of this override is over"):
        await sign(database, settings, late, ids["bob"])
    with pytest.raises(NotFound):
        async with database.write() as session:
            await overrides.sign(session, settings, "over_none", ids["bob"])


async def test_a_model_passes_by_it_and_goes_when_it_is_over(registry: Registry) -> None:
    database, settings = registry.database, registry.settings
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    version = await registry.add(registry.run("tiny"))
    row = await ask(
        database, settings, ids["ada"], asked(requirements=("core", "licence")), kept_back(version=version.id)
    )
    await sign(database, settings, row, ids["bob"])
    rules = written(settings, PAPERS + CORE)
    judged, override_id = await standing.judged(database, settings, rules, "tiny")
    assert (judged.passed, override_id) == (True, row.id)
    assert set(judged.overridden) <= {"core", "licence"}
    assert "core" in judged.overridden
    refused, none = await standing.judged(database, settings, rules, "tiny", "chat-fr")
    assert (refused.passed, none) == (False, None)
    aliases = Aliases(database)
    async with aliases.changing() as session:
        first = await releases.release(session, Wanted(model="old"), passing("old"), ids["ada"])
        entry = await releases.release(
            session, Wanted(model="tiny", version=version.id), judged, ids["ada"], override_id
        )
    assert (first.model, entry.override_id, entry.judgement["passed"]) == ("old", row.id, True)
    watch = Watch(settings, aliases, Shadow(lambda _operation, _payload: answering(), aliases.shadow_of), no_thumbs)
    assert await watch.look() == []
    async with database.write() as session:
        await session.execute(update(Override).values(expires_at=now() - timedelta(seconds=1)))
    (fallen,) = await watch.look()
    assert (fallen.model, fallen.reason) == ("old", "the override that it needed is over")
    assert aliases.resolve("chat", "ada") == "old"


async def by_override(registry: Registry, name: str, ids: Mapping[str, str], **more: Any) -> Override:
    """A model released, or tried, by an override that two people signed."""
    database, settings = registry.database, registry.settings
    version = await registry.add(registry.run(name))
    row = await ask(
        database, settings, ids["ada"], asked(requirements=("core", "licence")), kept_back(name, version.id)
    )
    await sign(database, settings, row, ids["bob"])
    rules = written(settings, PAPERS + CORE)
    judged, override_id = await standing.judged(database, settings, rules, name)
    async with database.write() as session:
        await releases.release(session, Wanted(model=name, version=version.id, **more), judged, None, override_id)
    return row


async def released(database: Database, name: str, **more: Any) -> None:
    async with database.write() as session:
        await releases.release(session, Wanted(model=name, **more), passing(name), None)


async def over(database: Database, row: Override) -> None:
    async with database.write() as session:
        change = update(Override).where(Override.id == row.id)
        await session.execute(change.values(expires_at=now() - timedelta(seconds=1)))


async def looked(registry: Registry) -> list[tuple[str, str]]:
    aliases = Aliases(registry.database)
    await aliases.refresh()
    shadow = Shadow(lambda _operation, _payload: answering(), aliases.shadow_of)
    fallen = await Watch(registry.settings, aliases, shadow, no_thumbs).look()
    return [(entry.model, entry.reason) for entry in fallen]


OVER = "the override that it needed is over"


@pytest.mark.parametrize("stage", ["shadow", "share"])
async def test_a_candidate_goes_when_its_override_is_over(registry: Registry, stage: str) -> None:
    ids = await team(registry.database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    await released(registry.database, "old")
    row = await by_override(registry, "tiny", ids, stage=stage, share=0.5)
    assert await looked(registry) == []
    await over(registry.database, row)
    assert await looked(registry) == [("old", OVER)]
    async with registry.database.read() as session:
        alias = await releases.current(session, "chat")
    assert alias is not None
    assert (alias.model, alias.candidate) == ("old", "")


async def test_what_was_gone_back_to_goes_too_when_its_override_is_over(registry: Registry) -> None:
    database, settings = registry.database, registry.settings
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    await released(database, "old")
    row = await by_override(registry, "tiny", ids)
    await released(database, "new")
    async with database.write() as session:
        assert (await releases.rollback(session, settings, "chat", None)).model == "tiny"
    await released(database, "newest", stage="shadow")
    async with database.write() as session:
        await releases.rollback(session, settings, "chat", None)
    assert await looked(registry) == []
    await over(database, row)
    assert await looked(registry) == [("old", OVER)]


async def test_what_is_in_service_goes_beside_a_candidate_and_the_candidate_is_not_blamed(registry: Registry) -> None:
    database = registry.database
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    row = await by_override(registry, "tiny", ids)
    await released(database, "good", stage="shadow")
    await over(database, row)
    assert await looked(registry) == [], "nothing was before it: what is tried in its place is left alone"
    async with database.write() as session:
        await releases.rollback(session, registry.settings, "chat", None)
    await released(database, "old")
    again = await by_override(registry, "second", ids)
    await released(database, "good", stage="shadow")
    await over(database, again)
    assert await looked(registry) == [("old", OVER)]


async def test_an_override_is_renewed_before_it_ends(registry: Registry) -> None:
    database, settings = registry.database, registry.settings
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    first = await by_override(registry, "tiny", ids)
    again = await ask(
        database, settings, ids["ada"], asked(requirements=("core", "licence")), kept_back("tiny", first.version)
    )
    await sign(database, settings, again, ids["bob"])
    _, needed = await standing.judged(database, settings, written(settings, PAPERS + CORE), "tiny")
    assert needed == again.id, "a new release needs the one that ends last"


async def test_nobody_goes_back_to_what_needs_an_override_that_is_over(registry: Registry) -> None:
    database, settings = registry.database, registry.settings
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    await released(database, "old")
    row = await by_override(registry, "tiny", ids)
    await released(database, "new")
    await over(database, row)
    async with database.write() as session:
        assert (await releases.rollback(session, settings, "chat", None)).model == "old"


async def test_an_override_that_somebody_made_longer_holds_nothing_in_service(registry: Registry) -> None:
    database = registry.database
    ids = await team(database, ada=Role.OWNER, bob=Role.ADMINISTRATOR)
    await released(database, "old")
    await by_override(registry, "tiny", ids)
    async with database.write() as session:
        await session.execute(update(Override).values(expires_at=now() + timedelta(days=300)))
    assert await looked(registry) == [("old", OVER)]
