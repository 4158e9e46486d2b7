"""Failed sign-ins in the audit log: who was tried, from where, and never a flood or a secret."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from causerie.accounts import audit, failures, people, sign_in
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.failures import ACTION, MOST_AN_HOUR, Failure
from causerie.accounts.ledger_tables import AuditEntry
from causerie.accounts.passkeys import RelyingParty
from causerie.accounts.people import NewPerson
from causerie.accounts.sessions import Client
from causerie.accounts.tables import FailedSignIns, Person
from causerie.database.tables import now
from causerie.errors import SignInFailed, TooManyAttempts
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_audit import without_guards
from tests.accounts.test_sign_in import HERE, THERE, fail, later, with_second_factor

PARTY = RelyingParty(host="localhost", origin="http://localhost:8080")


async def lines(doors: Doorkeeper) -> list[AuditEntry]:
    """What the log says of failures, the oldest first."""
    async with doors.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == ACTION).order_by(AuditEntry.sequence)
        return list(await session.scalars(query))


async def test_a_wrong_password_names_the_account_by_its_id_and_the_address(doors: Doorkeeper, ada: Person) -> None:
    await fail(doors, 1, THERE, "ADA@example.org")
    (line,) = await lines(doors)
    assert (line.actor_id, line.target) == (None, ada.id)
    assert line.details == {"shown": "password", "failures": 1, "address": THERE.address}
    async with doors.database.read() as session:
        assert (await audit.verify(session)).broken_at is None
        found, _ = await audit.page(session, action="sign_in")
    assert found == []  # who asks for sign-ins is shown those that were some


@pytest.mark.parametrize("typed", ["nobody", "eve@example.org", "correct horse!", "n" * 500, "\x1b[2J"])
async def test_a_name_that_nobody_has_is_not_kept(doors: Doorkeeper, ada: Person, typed: str) -> None:
    """It may be a password in the wrong field."""
    await fail(doors, 1, HERE, typed)
    (line,) = await lines(doors)
    assert (line.target, line.details) == ("", {"shown": "password", "failures": 1, "address": HERE.address})


async def test_what_was_shown_is_never_written(doors: Doorkeeper, ada: Person) -> None:
    for login in ("ada", "nobody"):
        with pytest.raises(SignInFailed):
            await sign_in.with_password(doors, login, "a secret nobody may read", HERE)
    written = json.dumps([line.details for line in await lines(doors)])
    assert written.count("password") == 2
    assert "secret" not in written


async def test_a_day_of_brute_force_is_a_few_lines_with_their_counts(doors: Doorkeeper, ada: Person) -> None:
    for _ in range(20):
        try:
            await fail(doors, 1)
        except TooManyAttempts:
            pytest.fail("what comes in time is a failure")
        await later(doors, timedelta(seconds=901))
    with pytest.raises(SignInFailed):  # another address counts by itself
        await sign_in.with_password(doors, "ada", "wrong", THERE)
    assert [(line.details["address"], line.details["failures"]) for line in await lines(doors)] == [
        (HERE.address, 1), (HERE.address, 2), (HERE.address, 4), (HERE.address, 8), (HERE.address, 16),
        (THERE.address, 1),
    ]  # fmt: skip


async def test_what_comes_too_soon_is_no_line(doors: Doorkeeper, ada: Person) -> None:
    await fail(doors, 5)
    for _ in range(30):
        with pytest.raises(TooManyAttempts):
            await sign_in.with_password(doors, "ada", "wrong", HERE)
    assert [line.details["failures"] for line in await lines(doors)] == [1, 2, 4]


async def test_many_names_from_many_addresses_fill_no_log(doors: Doorkeeper, ada: Person) -> None:
    async def tried(number: int) -> None:
        async with doors.database.write() as session:
            failure = Failure(shown="password", address=f"203.0.113.{number % 250}", number=1)
            await failures.note(session, failure)

    for number in range(MOST_AN_HOUR + 20):
        await tried(number)
    written = await lines(doors)
    assert len(written) == MOST_AN_HOUR
    assert [line.details.get("more_not_written") for line in written[-2:]] == [None, True]
    await without_guards(doors.database)  # an hour passes
    async with doors.database.write() as session:
        await session.execute(update(AuditEntry).values(at=now() - timedelta(hours=1, seconds=1)))
    await tried(0)
    assert len(await lines(doors)) == MOST_AN_HOUR + 1


async def test_a_wrong_code_is_a_failure_of_that_account(doors: Doorkeeper, ada: Person) -> None:
    await with_second_factor(doors, ada)
    half = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    with pytest.raises(SignInFailed):
        await sign_in.with_code(doors, half.token, "000000", HERE)
    (line,) = await lines(doors)
    assert line.target == ada.id
    assert line.details == {"shown": "code", "failures": 1, "address": HERE.address}


async def test_a_passkey_that_is_nobody_s_is_a_failure_of_its_address(doors: Doorkeeper, ada: Person) -> None:
    for _ in range(3):
        with pytest.raises(SignInFailed):
            await sign_in.with_passkey(doors, PARTY, {"id": "x"}, Client(address="", agent=""))
    with pytest.raises(SignInFailed):
        await sign_in.with_passkey(doors, PARTY, {}, HERE)
    found = [line.details for line in await lines(doors)]
    assert found == [
        {"shown": "passkey", "failures": 1}, {"shown": "passkey", "failures": 2},
        {"shown": "passkey", "failures": 1, "address": HERE.address},
    ]  # fmt: skip
    async with doors.database.write() as session:  # after more than a day, they are failures of their own
        await session.execute(update(FailedSignIns).values(last_at=now() - timedelta(days=2)))
    with pytest.raises(SignInFailed):
        await sign_in.with_passkey(doors, PARTY, {}, HERE)
    assert (await lines(doors))[-1].details["failures"] == 1


async def test_who_is_kept_out_is_named_too(doors: Doorkeeper, ada: Person) -> None:
    async with doors.changing() as session:
        await people.create(session, NewPerson(login="bob", name="Bob", password_hash=ada.password_hash))
        bob = await people.by_login(session, "bob")
        assert bob is not None
        await people.set_disabled(session, bob, disabled=True)
    await fail(doors, 1, HERE, "bob")
    assert [line.target for line in await lines(doors)] == [bob.id]
