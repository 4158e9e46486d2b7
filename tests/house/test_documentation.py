"""The documentation is whole, builds without a warning, and says what the code says."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
NAME = re.compile(r"[A-Za-z0-9_.-]+")
pytestmark = pytest.mark.timeout(900)


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def test_the_reference_is_what_the_code_says() -> None:
    done = run(sys.executable, "docs/generate.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr + "run: make docs"


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path), NO_MKDOCS_2_WARNING="1")
    assert done.returncode == 0, done.stderr
    home = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "causerie" in home
    foreign = re.findall(r"(?:src|href)=\"https?://(?!causerie\.example)[^\"]+\.(?:js|css|woff2?)\"", home)
    assert foreign == [], "the site must load from itself alone"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    dead = [target for target, _ in LINK.findall(text) if not (page.parent / target).exists()]
    assert dead == []


def test_every_decision_is_in_the_list_and_in_the_navigation() -> None:
    folder = ROOT / "docs/explanation/decisions"
    index, navigation = (folder / "index.md").read_text(), (ROOT / "mkdocs.yml").read_text()
    for page in folder.glob("[0-9]*.md"):
        assert f"({page.name})" in index
        assert page.name in navigation


def test_every_dependency_says_what_was_weighed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = (ROOT / "docs/explanation/dependencies.md").read_text()
    extras = project["optional-dependencies"]
    shipped = [*project["dependencies"], *(each for name, extra in extras.items() if name != "dev" for each in extra)]
    names = [NAME.match(each).group() for each in shipped]  # type: ignore[union-attr] # each begins with its name
    assert [name for name in names if name not in said] == []


def test_the_page_depends_on_nothing_that_is_not_named() -> None:
    package = json.loads((ROOT / "web/package.json").read_text())
    said = (ROOT / "docs/explanation/dependencies.md").read_text()
    assert [name for name in package["dependencies"] if name not in said] == []
