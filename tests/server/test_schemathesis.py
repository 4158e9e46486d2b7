"""The whole OpenAPI schema, asked at random: no request makes the server fail, every answer is what the schema says.

The models are a stub's, so that nothing waits for an engine; the examples are the same in each run.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import running_server
from tests.server.serving import stub_in_a_thread, upstream_config

EXAMPLES = 12
"""Of each operation, beside those at the bounds of each field, of which there are more."""
ENDLESS = "/api/events"
"""A stream that goes on until its client leaves, which this client does after 10 s of each; what it refuses stands in
`test_chat_live.py`."""
MEANING = "positive_data_acceptance"
"""A check left out: a body may fit the schema and have no meaning (`tool_choice` names a tool that is not there)."""


@pytest.mark.xdist_group("schemathesis")
@pytest.mark.timeout(1800)  # six thousand requests
def test_no_request_makes_the_server_fail_and_every_answer_is_what_the_schema_says(tmp_path: Path) -> None:
    # Its command, not its pytest plugin: that gives the tests of all operations one id under pytest 9, and
    # pytest-xdist then runs one of them.
    with stub_in_a_thread() as stub, running_server(tmp_path / "home", upstream_config(stub)) as up:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"{up.address}/openapi.json",
            "--phases=examples,coverage,fuzzing", f"--max-examples={EXAMPLES}", "--generation-deterministic",
            f"--exclude-checks={MEANING}", f"--exclude-path={ENDLESS}", "--request-timeout=120", "--no-color",
        ]  # fmt: skip
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        log = up.log.read_text()
    assert run.returncode == 0, run.stdout + run.stderr
    assert stub.requests, "no question came through to a model"
    assert "request_failed" not in log
