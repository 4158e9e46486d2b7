"""What can be wanted of the loop, and what cannot."""

from typing import Any

import pytest

from causerie.errors import InvalidRequest
from causerie.improvement import job
from causerie.improvement.contract import Statement, Wishes, wished
from tests.improvement.said import statement


def test_what_is_not_given_stays() -> None:
    before = wished({"alias": "chat-fr", "least": 7, "unheeded": ["burst"], "changes": {"schedule.epochs": "3"}})
    after = wished({"least": 8}, before)
    assert (after.alias, after.least, after.unheeded) == ("chat-fr", 8, ("burst",))
    assert wished(after.to_json()) == after
    assert wished({}) == Wishes()


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"leest": 3}, "leest"),
        ({"least": 1}, "least"),
        ({"least": 2.5}, "least"),
        ({"least": True}, "least"),
        ({"held_out": 0.6}, "held_out"),
        ({"held_out": "0.2"}, "held_out"),
        ({"every_days": -1}, "every_days"),
        ({"at_count": 10**7}, "at_count"),
        ({"method": "sft"}, "method"),
        ({"alias": ""}, "alias"),
        ({"alias": 3}, "alias"),
        ({"unheeded": ["all"]}, "unheeded"),
        ({"unheeded": "burst"}, "unheeded"),
        ({"changes": ["x"]}, "changes"),
        ({"changes": {"x": 1}}, "changes"),
        ({"changes": {"run": "elsewhere"}}, "changes"),
        ({"changes": {"model.start": "/etc/passwd"}}, "changes"),
        ({"changes": {"data.folder": "/"}}, "changes"),
        ({"changes": {f"x{n}": "1" for n in range(40)}}, "changes"),
        ({"changes": {"a": "x" * 5000}}, "changes"),
    ],
)
def test_what_is_wrong_is_said_by_its_name(given: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        wished(given)
    assert caught.value.param == param
    assert caught.value.hint is not None
    with pytest.raises(InvalidRequest):
        job.check(given)


def test_a_round_may_go_on_from_a_model_by_its_name_alone() -> None:
    assert job.check({"model": "mine"})["model"] == "mine"
    assert job.check({})["model"] == ""
    for model in (3, "x" * 97):
        with pytest.raises(InvalidRequest):
            job.check({"model": model})


def test_the_context_may_be_changed() -> None:
    assert wished({"changes": {"model.context": "64"}}).changes == {"model.context": "64"}


def test_a_statement_is_the_same_after_json() -> None:
    said = statement(better="été")
    assert Statement.from_json(said.to_json()) == said
