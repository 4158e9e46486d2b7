"""A server that a team signs in to, for the tests of the account and of the administration.

Does: start it with its owner, made as the documentation says, and sign people in through the page. `conftest.py`
knows the fixtures `team` and `visit`; a file that wants another server has its own `team`.
Does not: share it between test files: each of them changes people and limits as it likes.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.running import running_server
from tests.web.browsing import Watch, browsing
from tests.web.stub_upstream import MODELS, stub_upstream

OWNER, OWNER_NAME = "ada", "Ada Lovelace"
PASSWORD = "violet anvil trumpet harbour"


@dataclass(frozen=True)
class Team:
    """A running server with accounts."""

    address: str
    """By its name, not its number: browsers bind passkeys to names."""
    home: Path
    variables: dict[str, str]
    """Those of its environment that are not everybody's."""

    def ask(self, method: str, path: str, body: object = None, *, key: str) -> Any:
        """One request of the API, with a key."""
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def causerie(self, *arguments: str, typed: str = "") -> str:
        """What the command prints, on this server's data."""
        return causerie(self.home, *arguments, typed=typed, **self.variables)


def causerie(home: Path, *arguments: str, typed: str = "", **variables: str) -> str:
    """What the command prints, with its data in `home`; `variables` are further ones of its environment."""
    clean = {name: value for name, value in environ.items() if not name.startswith("CAUSERIE_")}
    done = subprocess.run(
        [sys.executable, "-m", "causerie.cli.main", *arguments], input=typed, capture_output=True, text=True,
        check=False, env={**clean, "CAUSERIE_HOME": str(home), **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running_team(home: Path, settings: str = "", **variables: str) -> Iterator[Team]:
    """A server whose owner is `OWNER`, with the stub's models; `variables` are further ones of its environment."""
    with stub_upstream() as upstream:
        names = ", ".join(f'"{name}"' for name in MODELS)
        config = f'[[upstreams]]\nname = "stub"\nbase_urls = ["{upstream}"]\nmodels = [{names}]\n'
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        who = (OWNER, "--name", OWNER_NAME, "--role", "owner")
        causerie(home, "accounts", "create", *who, typed=PASSWORD + "\n", **variables)
        with running_server(home, settings + config, **variables) as up:
            yield Team(up.address.replace("127.0.0.1", "localhost"), home, variables)


def sign_in(page: Page, team: Team, login: str = OWNER, password: str = PASSWORD) -> None:
    """Sign in through the page, in either language."""
    page.goto(team.address)
    page.locator("input[autocomplete=username]").fill(login)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.locator("button[type=submit]").click()
    page.locator("#message-box").wait_for()


def key_of(team: Team, page: Page, *scopes: str) -> str:
    """A new API key of who is signed in on the page."""
    made = page.request.post(
        f"{team.address}/api/me/keys",
        data={"name": "test", "scopes": list(scopes)}, headers={"origin": team.address},
    )  # fmt: skip
    assert made.status == 201, made.text()
    return str(made.json()["secret"])


Visit = Callable[..., Page]
"""Opens the page in a browser of its own: `visit("bob", locale="fr-FR", width=390, scheme="dark")`."""


@contextmanager
def visiting(browser: Browser, team: Team) -> Iterator[Visit]:
    """Opens pages for people who sign in first (`""` = nobody does); none may complain, but of what is refused."""
    watch = Watch(team.address, forgiven="Failed to load resource: the server responded with a status of 4")
    with ExitStack() as contexts:

        def visit(login: str = OWNER, locale: str = "en-US", width: int = 1280, scheme: str = "light") -> Page:
            context = contexts.enter_context(browsing(browser, watch, locale=locale, width=width, scheme=scheme))
            page = context.new_page()
            if login:
                sign_in(page, team, login)
            else:
                page.goto(team.address)
                page.locator(".welcome h1").wait_for()
            return page

        yield visit
    assert watch.found == []


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A server of this file's tests alone."""
    with running_team(tmp_path_factory.mktemp("team") / "home") as running:
        yield running


@pytest.fixture
def visit(browser: Browser, team: Team) -> Iterator[Visit]:
    """Opens the page for somebody."""
    with visiting(browser, team) as opens:
        yield opens


def see(page: Page, team: Team, *place: str) -> None:
    """Go to a section, and wait until what it fetches is there."""
    page.goto(f"{team.address}/#/{'/'.join(place)}")
    wait_for_section(page)


def wait_for_section(page: Page) -> None:
    """Wait until what the section that is open fetches is there."""
    page.locator("main h2").first.wait_for()
    expect(page.locator("main .pending")).to_have_count(0)


def wait_for_usage(page: Page, told: Locator) -> None:
    """Reload the section that is open until it tells of this usage: the server writes it a second later, together."""
    for _ in range(20):
        page.locator("main .tiles, main .empty-hint").first.wait_for()
        if told.count() > 0:
            return
        page.wait_for_timeout(500)
        page.reload()


def overflow(page: Page) -> int:
    """By how many pixels something is wider than the window, or than the place that it scrolls in."""
    inside = "[...document.querySelectorAll('main, .viewport')].map((e) => e.scrollWidth - e.clientWidth)"
    return int(page.evaluate(f"Math.max(document.documentElement.scrollWidth - innerWidth, ...{inside})"))


def too_wide(page: Page) -> dict[int, int]:
    """By how many pixels what is open now is wider than windows of these widths; nothing where it fits into all."""
    found = {}
    for width in (320, 380, 800, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 844 if width < 700 else 800})
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        if over := max(0, overflow(page)):
            found[width] = over
    return found


def member(team: Team, login: str, role: str = "member") -> None:
    """An account for somebody."""
    team.causerie("accounts", "create", login, "--name", login.title(), "--role", role, typed=PASSWORD + "\n")
