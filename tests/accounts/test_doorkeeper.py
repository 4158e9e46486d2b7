"""Who is at the door: known from memory, and unknown at the moment that something is taken back."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from causerie.accounts import keys, people, sessions
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import Role
from causerie.accounts.keys import NewKey
from causerie.accounts.people import NewPerson
from causerie.accounts.sessions import Client
from causerie.accounts.tables import ApiKey, Person, SessionRow
from causerie.accounts.tokens import KEY_PREFIX, Challenges
from causerie.database.tables import now
from causerie.errors import Conflict, NotFound

HERE = Client(address="192.0.2.1", agent="a browser")


async def key_of(doors: Doorkeeper, person: Person, days: int | None = 1) -> tuple[ApiKey, bytes]:
    async with doors.changing() as session:
        key, secret = await keys.make(session, person.id, NewKey(name="k", scopes=("models",), expires_days=days))
    return key, secret.encode()


async def test_a_key_is_shown_once_and_kept_as_a_hash(doors: Doorkeeper, ada: Person) -> None:
    key, secret = await key_of(doors, ada)
    assert secret.startswith(KEY_PREFIX.encode())
    assert len(secret) > 50
    async with doors.database.read() as session:
        kept = await session.get(ApiKey, key.id)
    assert kept is not None
    facts = {name: str(value) for name, value in vars(kept).items()}
    assert not [name for name, value in facts.items() if secret.decode() in value]
    assert secret.decode().startswith(kept.start)
    assert len(kept.start) < 16


async def test_a_key_acts_for_its_person_within_what_it_is_for(doors: Doorkeeper, ada: Person) -> None:
    key, secret = await key_of(doors, ada)
    caller = await doors.by_key(secret)
    assert caller is not None
    assert (caller.person_id, caller.key_id, caller.scopes) == (ada.id, key.id, frozenset({"models"}))
    for wrong in (secret[:-1], secret + b"x", secret.upper(), b"", key.key_hash.encode()):
        assert await doors.by_key(wrong) is None


async def test_known_callers_cost_no_statement(doors: Doorkeeper, ada: Person) -> None:
    _, secret = await key_of(doors, ada)
    async with doors.changing() as session:
        opened = await sessions.open_session(session, ada, "password", HERE)
    await doors.by_key(secret)
    await doors.by_session(opened.token)
    statements: list[str] = []
    event.listen(
        doors.database.engine.sync_engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )
    for _ in range(10):
        assert await doors.by_key(secret) is not None
        assert await doors.by_session(opened.token) is not None
    assert [each for each in statements if "accounts_version" not in each and not each.startswith("BEGIN")] == []


async def test_what_is_taken_back_is_unknown_at_once(doors: Doorkeeper, ada: Person) -> None:
    key, secret = await key_of(doors, ada)
    async with doors.changing() as session:
        opened = await sessions.open_session(session, ada, "password", HERE)
    assert await doors.by_key(secret) is not None
    assert await doors.by_session(opened.token) is not None
    async with doors.changing() as session:
        await keys.revoke(session, key.id, ada.id)
        await sessions.end(session, ada.id, opened.row.id)
    assert await doors.by_key(secret) is None
    assert await doors.by_session(opened.token) is None


async def test_another_process_sees_it_within_moments(doors: Doorkeeper, ada: Person) -> None:
    key, secret = await key_of(doors, ada)
    elsewhere = Doorkeeper(doors.database)
    await elsewhere.start()
    try:
        assert await elsewhere.by_key(secret) is not None
        async with doors.changing() as session:
            await keys.revoke(session, key.id)
        for _ in range(600):
            if await elsewhere.by_key(secret) is None:
                return
            await asyncio.sleep(0.05)
        pytest.fail("it is still known")
    finally:
        await elsewhere.close()


async def test_a_new_role_counts_from_the_next_request_on(doors: Doorkeeper, ada: Person) -> None:
    async with doors.changing() as session:
        bob = await people.create(session, NewPerson(login="bob", name="Bob", role=Role.BUILDER))
        opened = await sessions.open_session(session, bob, "password", HERE)
    before = await doors.by_session(opened.token)
    async with doors.changing() as session:
        await people.set_role(session, await people.by_id(session, bob.id), Role.VIEWER)
    after = await doors.by_session(opened.token)
    assert before is not None
    assert after is not None
    assert (before.role, after.role) == (Role.BUILDER, Role.VIEWER)


async def test_a_key_and_a_session_that_are_over_open_nothing(doors: Doorkeeper, ada: Person) -> None:
    _, over = await key_of(doors, ada)
    _, for_ever = await key_of(doors, ada, None)
    async with doors.changing() as session:
        opened = await sessions.open_session(session, ada, "password", HERE)
        idle = await sessions.open_session(session, ada, "password", HERE)
        await session.execute(
            update(ApiKey).where(ApiKey.expires_at.is_not(None)).values(expires_at=now() - timedelta(seconds=1))
        )
        of_opened, of_idle = SessionRow.id == opened.row.id, SessionRow.id == idle.row.id
        await session.execute(update(SessionRow).where(of_opened).values(expires_at=now() - timedelta(seconds=1)))
        await session.execute(update(SessionRow).where(of_idle).values(seen_at=now() - sessions.IDLE))
    assert await doors.by_key(over) is None
    assert await doors.by_key(for_ever) is not None
    assert await doors.by_session(opened.token) is None
    assert await doors.by_session(idle.token) is None


async def test_when_the_server_stops_it_is_known_who_was_last_seen(doors: Doorkeeper, ada: Person) -> None:
    key, secret = await key_of(doors, ada)
    await doors.by_key(secret)
    await doors.close()
    async with doors.database.read() as session:
        kept = await session.get(ApiKey, key.id)
    assert kept is not None
    assert kept.used_at is not None


async def test_the_number_of_keys_of_one_person_has_a_limit_and_another_s_key_is_not_theirs_to_revoke(
    doors: Doorkeeper, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MAX_KEYS", 2)
    key, _ = await key_of(doors, ada)
    await key_of(doors, ada)
    with pytest.raises(Conflict, match="2 keys"):
        await key_of(doors, ada)
    async with doors.database.write() as session:
        with pytest.raises(NotFound):
            await keys.revoke(session, key.id, "person_other")


def test_a_challenge_is_good_once_for_its_purpose_in_its_time_and_only_here() -> None:
    ours = Challenges()
    challenge = ours.make("register:ada")
    assert not ours.use(challenge, "register:bob")
    assert not Challenges().use(challenge, "register:ada")
    assert not ours.use(challenge[:-1] + bytes([challenge[-1] ^ 1]), "register:ada")
    assert ours.use(challenge, "register:ada")
    assert not ours.use(challenge, "register:ada")
    assert not Challenges(lasts_s=-1).use(b"", "x")
    brief = Challenges(lasts_s=-1)
    assert not brief.use(brief.make("x"), "x")
