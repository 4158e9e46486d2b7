"""Signing in: passwords, codes, links, and what happens to who tries too often."""

import asyncio
import time
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from causerie.accounts import audit, links, lockout, people, second_factor, sign_in
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import Role
from causerie.accounts.lockout import ACCOUNT, ADDRESS, BOTH
from causerie.accounts.passwords import hash_of, needs_rehash
from causerie.accounts.people import NewPerson
from causerie.accounts.sessions import MAX_WRONG_CODES, Client
from causerie.accounts.sign_in import Welcome
from causerie.accounts.tables import FailedSignIns, Person
from causerie.errors import LinkNotValid, SignInFailed, TooManyAttempts, WeakPassword
from tests.accounts.conftest import PASSWORD

HERE = Client(address="192.0.2.1", agent="a browser")
THERE = Client(address="198.51.100.7", agent="somebody else")


async def later(doors: Doorkeeper, by: timedelta) -> None:
    """As if that much time had passed since the failures."""
    async with doors.database.write() as session:
        for row in await session.scalars(select(FailedSignIns)):
            row.last_at -= by


async def fail(doors: Doorkeeper, times: int, client: Client = HERE, login: str = "ada") -> None:
    for _ in range(times):
        with pytest.raises(SignInFailed):
            await sign_in.with_password(doors, login, "wrong", client)


# --- passwords --------------------------------------------------------------------------------------------------


async def test_the_right_password_opens_a_session_by_login_and_by_address(doors: Doorkeeper, ada: Person) -> None:
    for login in ("ada", "ADA", "ada@example.org"):
        opened = await sign_in.with_password(doors, login, PASSWORD, HERE)
        caller = await doors.by_session(opened.token)
        assert caller is not None
        assert (caller.person_id, caller.role, caller.session_id) == (ada.id, Role.OWNER, opened.row.id)


async def test_whichever_part_is_wrong_the_answer_is_the_same(doors: Doorkeeper, ada: Person) -> None:
    said = set()
    for login, password in (("ada", "wrong"), ("nobody", PASSWORD), ("ada", ""), ("", PASSWORD)):
        with pytest.raises(SignInFailed) as caught:
            await sign_in.with_password(doors, login, password, HERE)
        said.add((caught.value.message, caught.value.hint))
    assert said == {(sign_in.WRONG, "")}


async def test_who_is_kept_out_is_told_no_more_than_who_never_was_in(doors: Doorkeeper, ada: Person) -> None:
    async with doors.changing() as session:
        await people.create(session, NewPerson(login="bob", name="Bob", password_hash=hash_of(PASSWORD)))
        bob = await people.by_login(session, "bob")
        assert bob is not None
        await people.set_disabled(session, bob, disabled=True)
    with pytest.raises(SignInFailed, match=sign_in.WRONG):
        await sign_in.with_password(doors, "bob", PASSWORD, HERE)


@pytest.mark.parametrize(
    "password", ["short", "password1", "ada.lovelace", "aaaaaaaaaaaaaaa", "qwertyuiop12", "x" * 201]
)
def test_a_password_that_is_soon_guessed_is_refused_with_the_reason(password: str) -> None:
    with pytest.raises(WeakPassword) as caught:
        hash_of(password, "ada", "Ada Lovelace", "ada.lovelace@example.org")
    assert caught.value.param == "password"


async def test_an_old_hash_is_made_anew_at_the_next_sign_in(doors: Doorkeeper, ada: Person) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("pass")  # too weak to be chosen today
    async with doors.changing() as session:
        (await people.by_id(session, ada.id)).password_hash = old
    await sign_in.with_password(doors, "ada", "pass", HERE)
    async with doors.database.read() as session:
        kept = (await people.by_id(session, ada.id)).password_hash
    assert kept is not None
    assert kept != old
    assert not needs_rehash(kept)


# --- too often --------------------------------------------------------------------------------------------------


async def test_after_some_wrong_passwords_one_must_wait_twice_as_long_each_time(
    doors: Doorkeeper, ada: Person
) -> None:
    await fail(doors, BOTH.free)
    waits = []
    for _ in range(3):
        with pytest.raises(TooManyAttempts) as caught:
            await sign_in.with_password(doors, "ada", PASSWORD, HERE)
        assert caught.value.retry_after is not None
        waits.append(caught.value.retry_after)
        await later(doors, timedelta(seconds=caught.value.retry_after + 0.01))
        await fail(doors, 1)
    assert [round(wait) for wait in waits] == [2, 4, 8]


async def test_what_comes_too_soon_does_not_make_the_wait_longer(doors: Doorkeeper, ada: Person) -> None:
    await fail(doors, BOTH.free)
    for _ in range(5):
        with pytest.raises(TooManyAttempts):
            await sign_in.with_password(doors, "ada", "wrong", HERE)
    await later(doors, timedelta(seconds=2.01))
    await sign_in.with_password(doors, "ada", PASSWORD, HERE)


def test_no_wait_is_longer_than_its_bound() -> None:
    for limit in (BOTH, ACCOUNT, ADDRESS):
        assert limit.wait_s(10**6) == limit.longest_s
        assert limit.wait_s(limit.free - 1) == 0
        assert limit.longest_s <= 900


async def test_a_flood_from_everywhere_does_not_keep_out_who_has_been_here_before(
    doors: Doorkeeper, ada: Person
) -> None:
    await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    for number in range(ACCOUNT.free):
        await fail(doors, 1, Client(address=f"203.0.113.{number}", agent=""))
    with pytest.raises(TooManyAttempts):
        await sign_in.with_password(doors, "ada", PASSWORD, THERE)
    await sign_in.with_password(doors, "ada", PASSWORD, HERE)


async def test_one_address_that_tries_many_names_must_wait_too(doors: Doorkeeper, ada: Person) -> None:
    for number in range(ADDRESS.free):
        await fail(doors, 1, THERE, f"name{number}")
    with pytest.raises(TooManyAttempts):
        await sign_in.with_password(doors, "ada", PASSWORD, THERE)
    await sign_in.with_password(doors, "ada", PASSWORD, HERE)


async def test_many_at_the_same_moment_are_many(doors: Doorkeeper, ada: Person) -> None:
    async def attempt() -> type[Exception]:
        try:
            await sign_in.with_password(doors, "ada", "wrong", HERE)
        except (SignInFailed, TooManyAttempts) as error:
            return type(error)
        raise AssertionError

    outcomes = await asyncio.gather(*(attempt() for _ in range(BOTH.free + 7)))
    assert outcomes.count(SignInFailed) == BOTH.free


async def test_a_restart_forgets_no_failure_and_a_success_forgets_them(doors: Doorkeeper, ada: Person) -> None:
    await fail(doors, BOTH.free)
    again = Doorkeeper(doors.database)
    with pytest.raises(TooManyAttempts):
        await sign_in.with_password(again, "ada", PASSWORD, HERE)
    await later(doors, timedelta(seconds=2.01))
    await sign_in.with_password(again, "ada", PASSWORD, HERE)
    await fail(doors, BOTH.free - 1)
    await sign_in.with_password(doors, "ada", PASSWORD, HERE)


async def test_the_table_of_failures_names_nobody(doors: Doorkeeper, ada: Person) -> None:
    await fail(doors, 1)
    async with doors.database.read() as session:
        subjects = list(await session.scalars(select(FailedSignIns.subject)))
    assert len(subjects) == 3
    assert not any("ada" in subject or HERE.address in subject for subject in subjects)


# --- the second factor ------------------------------------------------------------------------------------------


async def with_second_factor(doors: Doorkeeper, person: Person) -> tuple[str, list[str]]:
    async with doors.changing() as session:
        made = await second_factor.set_up(session, await people.by_id(session, person.id))
        assert made.svg.startswith("<svg")
        assert made.uri.startswith("otpauth://totp/causerie:ada?")
    # A code of the step before: that of now is still to be used.
    code = pyotp.TOTP(made.secret).at(0, counter_offset=_step() - 1)
    async with doors.changing() as session:
        return made.secret, await second_factor.confirm(session, person.id, code)


def _step() -> int:
    return int(time.time()) // second_factor.STEP_S


async def test_with_a_second_factor_the_password_alone_opens_nothing(doors: Doorkeeper, ada: Person) -> None:
    secret, _ = await with_second_factor(doors, ada)
    half = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    assert half.row.pending
    assert await doors.by_session(half.token) is None
    code = pyotp.TOTP(secret).at(0, counter_offset=_step())
    whole = await sign_in.with_code(doors, half.token, code, HERE)
    assert whole.token != half.token
    assert await doors.by_session(whole.token) is not None
    assert await doors.by_session(half.token) is None
    with pytest.raises(SignInFailed):
        await sign_in.with_code(doors, half.token, code, HERE)


async def test_no_code_is_good_twice(doors: Doorkeeper, ada: Person) -> None:
    secret, codes = await with_second_factor(doors, ada)
    code = pyotp.TOTP(secret).at(0, counter_offset=_step())
    for shown in (code, codes[0]):
        half = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
        await sign_in.with_code(doors, half.token, shown, HERE)
        half = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
        with pytest.raises(SignInFailed):
            await sign_in.with_code(doors, half.token, shown, HERE)
    async with doors.database.read() as session:
        assert await second_factor.recovery_codes_left(session, ada.id) == second_factor.RECOVERY_CODES - 1


async def test_codes_on_paper_are_read_as_people_type_them(doors: Doorkeeper, ada: Person) -> None:
    _, codes = await with_second_factor(doors, ada)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    typed = f" {codes[1].upper().replace('-', ' ')} "
    half = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    assert not (await sign_in.with_code(doors, half.token, typed, HERE)).row.pending


async def test_wrong_codes_end_the_sign_in_and_then_make_one_wait(doors: Doorkeeper, ada: Person) -> None:
    secret, _ = await with_second_factor(doors, ada)
    half = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    for _ in range(MAX_WRONG_CODES):
        with pytest.raises(SignInFailed):
            await sign_in.with_code(doors, half.token, "000000", HERE)
    with pytest.raises(SignInFailed, match="no sign-in waits"):
        await sign_in.with_code(doors, half.token, "000000", HERE)
    half = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    with pytest.raises(TooManyAttempts):
        await sign_in.with_code(doors, half.token, pyotp.TOTP(secret).now(), HERE)


# --- links ------------------------------------------------------------------------------------------------------


async def test_a_link_opens_once_even_for_two_at_the_same_moment(doors: Doorkeeper, ada: Person) -> None:
    async with doors.changing() as session:
        _, token = await links.make(
            session, "invitation", timedelta(days=1), role=Role.BUILDER, email="b@example.org"
        )

    async def accept(login: str) -> bool:
        try:
            await sign_in.with_link(doors, token, Welcome(password=PASSWORD, login=login, name="B"), HERE)
        except LinkNotValid:
            return False
        return True

    assert sorted(await asyncio.gather(accept("bob"), accept("bea"))) == [False, True]
    async with doors.database.read() as session:
        found, _ = await people.listed(session)
    made = next(person for person in found if person.login != "ada")
    assert (made.role, made.email) == (Role.BUILDER, "b@example.org")


async def test_a_link_that_is_over_or_was_taken_back_opens_nothing(doors: Doorkeeper, ada: Person) -> None:
    async with doors.changing() as session:
        _, over = await links.make(session, "invitation", timedelta(seconds=-1), role=Role.MEMBER)
        link, back = await links.make(session, "invitation", timedelta(days=1), role=Role.MEMBER)
        await links.revoke(session, link.id)
    for token in (over, back, "never made"):
        with pytest.raises(LinkNotValid):
            await sign_in.with_link(doors, token, Welcome(password=PASSWORD, login="eve", name="Eve"), HERE)


async def test_the_first_account_is_made_by_its_link_once_and_not_when_there_is_one(doors: Doorkeeper) -> None:
    async with doors.changing() as session:
        _, token = await links.make(session, "setup", timedelta(days=1), role=Role.OWNER)
        _, other = await links.make(session, "setup", timedelta(days=1), role=Role.OWNER)
    alone = [doors.personal]
    opened = await sign_in.with_link(doors, token, Welcome(password=PASSWORD, login="ada", name="Ada"), HERE)
    assert [*alone, doors.personal] == [True, False]
    caller = await doors.by_session(opened.token)
    assert caller is not None
    assert caller.role is Role.OWNER
    with pytest.raises(LinkNotValid, match="first account was made already"):
        await sign_in.with_link(doors, other, Welcome(password=PASSWORD, login="eve", name="Eve"), HERE)


async def test_a_new_password_by_link_ends_every_session_but_not_the_second_factor(
    doors: Doorkeeper, ada: Person
) -> None:
    before = await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    await with_second_factor(doors, ada)
    async with doors.changing() as session:
        _, token = await links.make(session, "reset", timedelta(days=1), person_id=ada.id)
    opened = await sign_in.with_link(doors, token, Welcome(password="another horse battery staple"), THERE)
    assert opened.row.pending
    assert await doors.by_session(before.token) is None
    with pytest.raises(SignInFailed):
        await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    assert (await sign_in.with_password(doors, "ada", "another horse battery staple", HERE)).row.pending


async def test_a_weak_password_leaves_the_link_unused(doors: Doorkeeper, ada: Person) -> None:
    async with doors.changing() as session:
        _, token = await links.make(session, "invitation", timedelta(days=1), role=Role.MEMBER)
    with pytest.raises(WeakPassword):
        await sign_in.with_link(doors, token, Welcome(password="bob12345", login="bob", name="Bob"), HERE)
    await sign_in.with_link(doors, token, Welcome(password=PASSWORD, login="bob", name="Bob"), HERE)


async def test_what_happened_stands_in_the_audit_log_without_a_name(doors: Doorkeeper, ada: Person) -> None:
    await fail(doors, 1)
    await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    async with doors.database.read() as session:
        entries, _ = await audit.page(session)
    assert [entry.action for entry in entries] == ["sign_in", "sign_in_failed"]
    assert entries[0].actor_id == ada.id
    assert "ada" not in str([entry.details for entry in entries]).lower()


async def test_an_administrator_can_lift_the_wait_that_others_caused(doors: Doorkeeper, ada: Person) -> None:
    for number in range(ACCOUNT.free):
        await fail(doors, 1, Client(address=f"203.0.113.{number}", agent=""))
    with pytest.raises(TooManyAttempts):
        await sign_in.with_password(doors, "ada", PASSWORD, HERE)
    async with doors.changing() as session:
        await lockout.forget(session, "ada")
    await sign_in.with_password(doors, "ada", PASSWORD, HERE)
