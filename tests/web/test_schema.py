"""The page's types are those of the server as it is."""

import os
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"


def test_the_page_s_types_are_made_from_the_server_s_schema() -> None:
    made = subprocess.run(
        ["node", "scripts/types.mjs", "--check"],
        cwd=WEB, capture_output=True, text=True, timeout=150, check=False,
        env={**os.environ, "PYTHON": sys.executable},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
