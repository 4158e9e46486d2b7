"""Tests that share a server stay on one worker: else each starts one of its own, and misses the other's files."""

import os

import pytest


@pytest.mark.xdist_group("grouping")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="in one process there is nothing to group")
def test_groups_are_honoured(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@grouping")
