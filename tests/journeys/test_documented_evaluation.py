"""The commands of the page about judging a model are run, in order, on the starter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.test_documented_training import commands, files
from tests.running import ONE_THREAD

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/evaluate-a-model.md"

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("documentation")]


@pytest.mark.timeout(1800)
def test_a_newcomer_types_what_the_page_says(tmp_path: Path) -> None:
    for name, text in files(PAGE).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAUSERIE_")}
    environment = kept | ONE_THREAD | {
        "CAUSERIE_HOME": str(tmp_path / "home"), "CAUSERIE_PORT": "1", "CAUSERIE_SLOTS": "2",
        "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
    }  # fmt: skip
    typed = commands(PAGE)
    assert len(typed) >= 5
    for command in typed:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=900, check=False,
        )  # fmt: skip
        assert done.returncode == 0, command + "\n" + done.stdout + done.stderr
        assert done.stdout.strip(), command
    made = sorted((tmp_path / "home" / "evaluations").glob("eval_*"))
    assert len([each for each in made if (each / "report.html").is_file()]) == 4
    for result in (json.loads((each / "evaluation.json").read_text()) for each in made):
        assert result["errors"] == 0, result["notes"]
        assert len(result["version"]) == 64
        assert result["metrics"]
        assert all(metric["low"] <= metric["value"] <= metric["high"] for metric in result["metrics"])
