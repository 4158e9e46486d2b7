"""A conversation stays where its beginning is cached, unless there is too much to do there."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from causerie.errors import ConfigError
from causerie.inference.replicas import SLACK, Replica, choose, head_of, look, preference, replicas_of
from causerie.settings import Settings, Upstream
from tests.inference.stub_upstream import StubUpstream


def upstream(*urls: str, **more: object) -> Upstream:
    return Upstream.model_validate({"name": "gpu", "base_urls": urls, "models": ["m"], **more})


def replicas(*weights: float) -> tuple[Replica, ...]:
    address = "http://127.0.0.1:{}/v1"
    return tuple(
        Replica(upstream(address.format(port)), address.format(port), weight=weight)
        for port, weight in enumerate(weights, start=1)
    )


def chat(first: str, *later: str, system: str = "Be brief.") -> Mapping[str, Any]:
    roles = ("user", "assistant")
    said = [{"role": roles[turn % 2], "content": text} for turn, text in enumerate((first, *later))]
    return {"model": "m", "messages": [{"role": "system", "content": system}, *said]}


def test_replicas_share_their_upstreams_weight() -> None:
    found = replicas_of(upstream("http://a:1/v1/", "http://b:1/v1", weight=3))
    assert [(replica.url, replica.weight) for replica in found] == [("http://a:1/v1", 1.5), ("http://b:1/v1", 1.5)]


@pytest.mark.parametrize("key", ["", " \n", "one\ntwo", "cl\u00e9", "a\x07b"])
def test_a_key_that_no_header_can_hold_is_refused_at_the_start(key: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(key, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="one line of ASCII characters"):
        replicas_of(upstream("http://a:1/v1", api_key_file=str(file)))


@pytest.mark.parametrize("url", ["http://a:1/v1?version=2", "http://a:1/v1#top"])
def test_an_address_that_cannot_be_extended_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="end with its path"):
        upstream(url)


def test_a_key_and_a_password_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="choose one") as caught:
        upstream("http://me:secret@a:1/v1", api_key_env="KEY")
    assert "secret" not in caught.value.errors()[0]["msg"]


def test_logs_name_a_server_without_its_password() -> None:
    assert replicas_of(upstream("http://me:secret@a:1/v1"))[0].server == "a:1"


@given(first=st.text(), later=st.lists(st.text(), max_size=5))
def test_each_turn_of_a_conversation_goes_to_the_same_replica(first: str, later: list[str]) -> None:
    all_of_them = replicas(1, 1, 1)
    assert choose(all_of_them, chat(first, *later)) is choose(all_of_them, chat(first))


@given(first=st.text(), gone=st.integers(0, 3))
def test_when_a_replica_goes_only_its_own_conversations_move(first: str, gone: int) -> None:
    before = replicas(1, 1, 1, 1)
    preferred = choose(before, chat(first))
    before[gone].healthy = False
    after = choose(before, chat(first))
    assert after is not before[gone]
    assert after is preferred or preferred is before[gone]


@given(head=st.binary(), weight=st.floats(0.001, 1000))
def test_more_weight_never_lowers_a_preference(head: bytes, weight: float) -> None:
    light, heavy = replicas(weight)[0], replicas(2 * weight)[0]
    assert 0 < preference(light, head) < preference(heavy, head)


def test_conversations_spread_by_weight() -> None:
    light, heavy = replicas(1, 3)
    chosen = Counter(choose((light, heavy), chat(f"question {n}")) is heavy for n in range(2000))
    assert 0.70 < chosen[True] / 2000 < 0.80


@given(loads=st.lists(st.integers(0, 20), min_size=2, max_size=6), first=st.text())
def test_no_replica_is_chosen_that_has_clearly_more_to_do_than_the_mean(loads: list[int], first: str) -> None:
    all_of_them = replicas(*(1.0 for _ in loads))
    for replica, load in zip(all_of_them, loads, strict=True):
        replica.in_flight = load
    chosen = choose(all_of_them, chat(first))
    assert chosen is not None
    assert chosen.in_flight + 1 <= max(1.25 * (sum(loads) + 1) / len(loads) + 1, min(loads) + SLACK + 1)


def test_a_preferred_replica_with_too_much_to_do_leaves_a_conversation_to_the_least_loaded() -> None:
    all_of_them = replicas(1, 1, 1)
    preferred = choose(all_of_them, chat("Hello"))
    assert preferred is not None
    preferred.in_flight = SLACK
    assert choose(all_of_them, chat("Hello")) is preferred, "nearly idle, a warm cache is worth more"
    preferred.in_flight = SLACK + 1
    assert choose(all_of_them, chat("Hello")) is not preferred
    for replica in all_of_them:
        replica.in_flight += 100
    assert choose(all_of_them, chat("Hello")) is preferred, "among many answers a few more are no burden"


def test_ill_replicas_are_asked_only_when_all_are() -> None:
    first, second = replicas(1, 1)
    first.healthy = False
    assert choose((first, second), chat("Hello")) is second
    second.healthy = False
    assert choose((first, second), chat("Hello")) is not None
    assert choose((first, second), chat("Hello"), tried=[first, second]) is None


def test_what_has_no_beginning_goes_to_the_least_loaded() -> None:
    busy, idle = replicas(1, 1)
    busy.in_flight = 1
    assert choose((busy, idle), {"model": "m"}) is idle


@pytest.mark.parametrize(
    ("payload", "head"),
    [
        ({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}, b'"a"'),
        ({"prompt": "once upon a time"}, b"once upon"),
        ({"prompt": [1, 2, 3]}, b"[1,2,3]"),
        ({"input": ["text"]}, b"text"),
    ],
)
def test_the_beginning_is_what_later_turns_share(payload: Mapping[str, Any], head: bytes) -> None:
    assert head in head_of(payload)
    assert b'"b"' not in head_of(payload)


def test_the_guides_examples_are_settings() -> None:
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "connect-an-upstream.md"
    examples = re.findall(r"```toml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 4
    for example in examples:
        Settings.model_validate(tomllib.loads(example))


async def test_a_look_finds_whether_a_server_answers() -> None:
    async with StubUpstream() as stub, aiohttp.ClientSession() as session:
        (replica,) = replicas_of(upstream(stub.url))
        await look(session, replica)
        assert replica.usable()
        stub.ill = True
        await look(session, replica)
        assert not replica.usable()
        for _ in range(5):
            replica.breaker.fail()
        stub.ill = False
        await look(session, replica)
        assert replica.usable(), "a server that is back is tried at once"
        await stub.deafen()
        await look(session, replica)
        assert not replica.usable()
