"""What a program that watches over the server is told: whether it lives, and whether a question would be answered."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from causerie.inference import packaged
from causerie.server.app import create_app
from causerie.settings import load_settings
from tests.inference.stub_upstream import StubUpstream
from tests.running import RunningServer, running_server
from tests.server.raw import Answer, send
from tests.server.serving import serving

PROMPTLY = "health_interval_s = 0.05\n"
"""Upstreams are looked at often, so that nothing here waits long."""


async def ask(address: str, path: str) -> Answer:
    return await asyncio.to_thread(send, address, "GET", path)


@pytest.fixture
def no_model_is_packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra `starter` is not installed."""
    monkeypatch.setattr(packaged, "packaged_models", list)


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with StubUpstream() as running:
        yield running


def test_a_server_that_has_just_begun_lives_and_is_ready_without_a_model_in_memory(tmp_path: Path) -> None:
    with running_server(tmp_path / "home") as up:
        assert send(up.address, "GET", "/healthz").json == {"status": "ok"}
        ready = send(up.address, "GET", "/readyz")
        assert (ready.status, ready.json) == (200, {"ready": True, "reasons": []})
        # To ask has loaded nothing.
        states = {model["state"] for model in send(up.address, "GET", "/api/models").json["models"]}
        assert states == {"unloaded"}


async def test_with_no_model_at_all_it_lives_and_is_not_ready_and_says_what_to_do(no_model_is_packaged: None) -> None:
    async with serving(create_app(load_settings())) as address:
        assert (await ask(address, "/healthz")).status == 200
        ready = await ask(address, "/readyz")
    assert ready.status == 503
    assert not ready.json["ready"]
    assert "causerie pull starter" in ready.json["reasons"][0]
    assert int(ready.headers["retry-after"]) > 0


def with_upstream(stub: StubUpstream) -> str:
    return f'[[upstreams]]\nname = "far"\nbase_urls = ["{stub.url}"]\nmodels = ["{stub.model}"]\n{PROMPTLY}'


def until_ready(address: str, wanted: bool) -> Answer:
    for _ in range(1200):
        answer = send(address, "GET", "/readyz")
        if answer.json["ready"] is wanted:
            return answer
        time.sleep(0.05)
    pytest.fail(f"still not {wanted}: {answer.json}")


def until_failed(address: str, model: str) -> None:
    for _ in range(1200):
        models = send(address, "GET", "/api/models").json["models"]
        if {"failed"} == {each["state"] for each in models if each["name"] == model}:
            return
        time.sleep(0.05)
    pytest.fail(f"{model} has not failed")


async def test_an_upstream_that_fails_is_named_and_one_that_is_back_counts_again(
    no_model_is_packaged: None, stub: StubUpstream, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "causerie.toml").write_text(with_upstream(stub))
    async with serving(create_app(load_settings())) as address:
        assert (await asyncio.to_thread(until_ready, address, True)).status == 200
        stub.ill = True
        ill = await asyncio.to_thread(until_ready, address, False)
        assert (ill.status, ill.json["reasons"]) == (503, ["theirs: far has failed"])
        stub.ill = False
        assert (await asyncio.to_thread(until_ready, address, True)).json["reasons"] == []


async def test_one_model_that_answers_is_enough(stub: StubUpstream, tmp_path: Path) -> None:
    stub.ill = True
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "causerie.toml").write_text(with_upstream(stub))
    async with serving(create_app(load_settings())) as address:
        await asyncio.to_thread(until_failed, address, stub.model)
        assert (await ask(address, "/readyz")).json["ready"]


@pytest.mark.xdist_group("server")
def test_what_watches_may_not_change_anything(server: RunningServer) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        for method in ("POST", "DELETE"):
            answer = send(server.address, method, path)
            assert (answer.status, answer.headers["allow"]) == (405, "GET")
