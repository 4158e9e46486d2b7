"""People: the first takes over what was there, roles have an order, the last owner stays."""

import asyncio

import pytest

from causerie.accounts import groups, keys, people, sessions
from causerie.accounts.identity import LOCAL_OWNER, LOCAL_OWNER_ID, Caller, Role
from causerie.accounts.keys import NewKey
from causerie.accounts.people import NewPerson
from causerie.accounts.rules import load
from causerie.accounts.sessions import Client
from causerie.accounts.tables import Person
from causerie.database.engine import Database
from causerie.errors import Conflict, Forbidden, InvalidRequest, NotFound


async def join(database: Database, login: str, role: Role = Role.MEMBER, email: str | None = None) -> Person:
    async with database.write() as session:
        return await people.create(session, NewPerson(login=login, name=login.title(), role=role, email=email))


async def test_without_accounts_there_is_a_local_owner_who_signs_in_to_nothing(database: Database) -> None:
    assert await people.prepare(database)
    assert not await people.prepare(database), "the second start is not the first"
    async with database.read() as session:
        assert not await people.accounts_exist(session)
        owner = await people.by_id(session, LOCAL_OWNER_ID)
        assert (owner.role, owner.login) == (Role.OWNER, None)
        assert await people.listed(session) == ([], None)


async def test_the_first_account_is_an_owner_and_takes_over_the_local_owner_s_row(database: Database) -> None:
    await people.prepare(database)
    async with database.write() as session:
        (await people.by_id(session, LOCAL_OWNER_ID)).preferences = {"theme": "dark"}
    first = await join(database, "Ada", Role.MEMBER)
    assert (first.id, first.login, first.role) == (LOCAL_OWNER_ID, "ada", Role.OWNER)
    assert first.preferences == {"theme": "dark"}
    second = await join(database, "bob")
    assert second.id != LOCAL_OWNER_ID
    assert second.role == Role.MEMBER


async def test_a_login_is_one_person_s_in_capitals_or_not_and_their_address_is_another_name(
    database: Database,
) -> None:
    await people.prepare(database)
    ada = await join(database, "ada", email="Ada@Example.org")
    for taken in ("ADA", " ada "):
        with pytest.raises(Conflict, match="login 'ada'"):
            await join(database, taken)
    with pytest.raises(Conflict, match=r"email 'ada@example\.org'"):
        await join(database, "eve", email="ada@example.ORG")
    with pytest.raises(Conflict):
        await join(database, "ada@example.org")
    async with database.read() as session:
        for name in ("ada", "ADA", "ada@example.org"):
            found = await people.by_login(session, name)
            assert found is not None
            assert found.id == ada.id
        assert await people.by_login(session, "nobody") is None


@pytest.mark.parametrize("login", ["", "a", ".ada", "a b", "a\nb", "é" * 3, "x" * 65, "a/b"])
def test_what_cannot_be_a_login_is_refused_by_name(login: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        people.normal_login(login)
    assert caught.value.param == "login"


@pytest.mark.parametrize("email", ["ada", "ada@", "@example.org", "a b@example.org", "a@b@c"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidRequest):
        people.normal_email(email)


def test_each_role_may_what_those_below_it_may() -> None:
    order = [Role.OWNER, Role.ADMINISTRATOR, Role.BUILDER, Role.MEMBER, Role.VIEWER]
    for place, role in enumerate(order):
        assert [role.may_act_as(other) for other in order] == [place <= below for below in range(5)]
    viewer = Caller("person_x", "X", Role.VIEWER)
    assert viewer.permissions == []
    assert LOCAL_OWNER.permissions == ["ask_models", "make_keys", "build", "administer", "own"]
    with pytest.raises(Forbidden, match="needs the role member; yours is viewer"):
        viewer.require(Role.MEMBER)


async def test_the_last_owner_cannot_be_lost_even_by_two_at_the_same_moment(database: Database) -> None:
    await people.prepare(database)
    first, second = await join(database, "ada"), await join(database, "bob", Role.OWNER)

    async def demote(person_id: str) -> bool:
        try:
            async with database.write() as session:
                await people.set_role(session, await people.by_id(session, person_id), Role.MEMBER)
        except Conflict:
            return False
        return True

    done = await asyncio.gather(demote(first.id), demote(second.id))
    assert sorted(done) == [False, True]
    last = second if done[0] else first
    async with database.write() as session:
        person = await people.by_id(session, last.id)
        for act in (people.set_disabled(session, person, disabled=True), people.remove(session, person)):
            with pytest.raises(Conflict, match="last owner"):
                await act


async def test_who_is_kept_out_has_no_session_and_no_key_until_let_in_again(database: Database) -> None:
    await people.prepare(database)
    await join(database, "ada")
    bob = await join(database, "bob")
    async with database.write() as session:
        opened = await sessions.open_session(session, bob, "password", Client(address="", agent=""))
        _, secret = await keys.make(session, bob.id, NewKey(name="k", scopes=("models",), expires_days=1))
    async with database.write() as session:
        await people.set_disabled(session, await people.by_id(session, bob.id), disabled=True)
    async with database.read() as session:
        assert await sessions.find(session, opened.token) is None
        assert await keys.find(session, secret.encode()) is None
    async with database.write() as session:
        await people.set_disabled(session, await people.by_id(session, bob.id), disabled=False)
    async with database.read() as session:
        assert await sessions.find(session, opened.token) is None, "a session that was ended stays so"
        assert await keys.find(session, secret.encode()) is not None


async def test_the_list_goes_on_page_by_page_and_can_be_searched(database: Database) -> None:
    await people.prepare(database)
    logins = [f"p{number:03}" for number in range(people.PAGE + 5)]
    for login in logins:
        await join(database, login)
    async with database.read() as session:
        first, following = await people.listed(session)
        assert following is not None
        second, end = await people.listed(session, after=following)
        assert [person.login for person in first + second] == logins
        assert end is None
        found, _ = await people.listed(session, search="P00")
        assert len(found) == 10
        assert (await people.listed(session, search="%"))[0] == []


async def test_a_model_is_open_to_everyone_until_somebody_says_to_whom(database: Database) -> None:
    await people.prepare(database)
    owner, ada, bob = await join(database, "olga"), await join(database, "ada"), await join(database, "bob")
    callers = [Caller(person.id, "", Role(person.role)) for person in (owner, ada, bob)]
    async with database.write() as session:
        team = await groups.create(session, "team")
        await groups.put_in(session, team.id, ada.id)
        await groups.put_in(session, team.id, ada.id)

    async def may() -> list[bool]:
        async with database.read() as session:
            rules = await load(session)
        return [rules.may_ask(caller, "gpt") for caller in callers]

    async def permit(**to: list[str]) -> None:
        async with database.write() as session:
            lists = {"group_ids": [], "person_ids": [], **to}
            await groups.permit(session, "gpt", everyone=False, **lists)

    assert await may() == [True, True, True]
    await permit()
    assert await may() == [True, False, False], "administrators and owners may ask all"
    await permit(group_ids=[team.id])
    assert await may() == [True, True, False]
    await permit(person_ids=[bob.id])
    assert await may() == [True, False, True]
    await permit(group_ids=[team.id])
    async with database.write() as session:
        await groups.remove(session, await groups.by_group_id(session, team.id))
    assert await may() == [True, False, False], "what was a group's alone does not open to all when the group goes"
    async with database.write() as session:
        await groups.permit(session, "gpt", everyone=True, group_ids=[], person_ids=[])
    assert await may() == [True, True, True]


async def test_what_does_not_exist_is_not_found(database: Database) -> None:
    await people.prepare(database)
    async with database.write() as session:
        for act in (
            people.by_id(session, "person_x"), groups.by_group_id(session, "group_x"),
            groups.put_in(session, "group_x", LOCAL_OWNER_ID), groups.take_out(session, "group_x", LOCAL_OWNER_ID),
            sessions.end(session, LOCAL_OWNER_ID, "session_x"), keys.revoke(session, "key_x"),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await act
