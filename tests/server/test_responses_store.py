"""Responses are kept within their limits."""

import pytest

from causerie.errors import ResponseNotFound
from causerie.server.openai_responses_items import user_item
from causerie.server.responses_store import ResponseStore, StoredResponse

ADA, BOB = "person_ada", "person_bob"


def stored(name: str, size_bytes: int = 10) -> StoredResponse:
    asked = (user_item("Hello"),)
    return StoredResponse(owner=ADA, response={"id": name}, asked=asked, conversation=asked, size_bytes=size_bytes)


def has(store: ResponseStore, name: str) -> bool:
    try:
        return bool(store.get(ADA, name))
    except ResponseNotFound:
        return False


def test_the_one_that_was_not_used_for_longest_leaves_first() -> None:
    store = ResponseStore(max_responses=2)
    store.put(stored("a"))
    store.put(stored("b"))
    assert has(store, "a")
    store.put(stored("c"))
    assert [has(store, name) for name in "abc"] == [True, False, True]


def test_their_size_is_bounded() -> None:
    store = ResponseStore(max_bytes=25)
    for name in "abc":
        store.put(stored(name))
    assert [has(store, name) for name in "abc"] == [False, True, True]
    store.put(stored("huge", 26))
    assert not any(has(store, name) for name in ("a", "b", "c", "huge"))
    store.put(stored("d"))
    assert has(store, "d")


def test_a_removed_one_gives_its_room_back() -> None:
    store = ResponseStore(max_bytes=20)
    store.put(stored("a"))
    store.put(stored("b"))
    store.remove(ADA, "a")
    store.put(stored("c"))
    assert [has(store, name) for name in "abc"] == [False, True, True]
    with pytest.raises(ResponseNotFound, match="'a'"):
        store.remove(ADA, "a")


def test_what_somebody_else_asked_does_not_exist() -> None:
    store = ResponseStore()
    store.put(stored("a"))
    for act in (store.get, store.remove):
        with pytest.raises(ResponseNotFound, match="'a'"):
            act(BOB, "a")
    assert has(store, "a")
