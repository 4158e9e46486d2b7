"""The real server with the starter and a stub upstream, and Chromium, which forgives nothing.

A test fails when the browser's console reports an error (a breach of the policy is one), when a script throws, or
when the page asks anything of another host.
"""

import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.running import running_server
from tests.web.browsing import Watch, browsing, chromium
from tests.web.stub_upstream import stub_upstream, upstream_config
from tests.web.team import team, visit

__all__ = ["team", "visit"]
expect.set_options(timeout=20_000)
"""Milliseconds: on a machine that does much at once, what comes takes a while."""
ANSWER_MS = 120_000
"""For a whole answer: the starter may have to be loaded first."""


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server that most journeys share: the starter, and the stub's models."""
    home = tmp_path_factory.mktemp("page") / "home"
    with stub_upstream() as upstream, running_server(home, upstream_config(upstream)) as up:
        yield up.address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with chromium() as started:
        yield started


def forget_drafts(address: str) -> None:
    """Throw away what an earlier test typed and did not send: all tests are one person to their server."""
    asked = urllib.request.Request(f"{address}/api/drafts/new", method="DELETE")
    with suppress(OSError), urllib.request.urlopen(asked, timeout=10):
        pass


OpenPage = Callable[..., Page]
"""Opens the page in a browser of its own; see `open_page`."""


@pytest.fixture
def watch(server: str) -> Watch:
    """What is watched in this test's browsers."""
    return Watch(server)


@pytest.fixture
def open_page(server: str, browser: Browser, watch: Watch) -> Iterator[OpenPage]:
    """Opens the page as a new person: `open_page(model="echo", locale="fr-FR", width=390, ...)`.

    `let_in=False` where the server asks for a key first.
    """
    with ExitStack() as contexts:

        def open_it(
            model: str = "", address: str = server, locale: str = "en-US", width: int = 1280, scheme: str = "light",
            let_in: bool = True,
        ) -> Page:  # fmt: skip
            context = contexts.enter_context(browsing(browser, watch, locale=locale, width=width, scheme=scheme))
            if model:
                context.add_init_script(
                    "window === top && location.protocol === 'http:' && (localStorage.getItem('causerie.preferences')"
                    f" || localStorage.setItem('causerie.preferences', JSON.stringify({{model: '{model}'}})))"
                )
            forget_drafts(address)
            page = context.new_page()
            if let_in:
                # It asks for the list once it knows who is here and what they may; a list that came late would lack
                # what was begun meanwhile.
                with page.expect_response(answer_to("GET", "/api/sidebar")):
                    page.goto(address)
            else:
                page.goto(address)
            page.locator(".model-button .dot").wait_for()
            expect(page.locator(".model-button")).not_to_have_text(re.compile("Looking for|Recherche des"))
            return page

        yield open_it
    assert watch.found == []


def answer_to(method: str, path: str) -> Callable[[Response], bool]:
    """For `page.expect_response`: the server's answer to such a request, whose address holds `path`."""
    return lambda response: response.request.method == method and path in response.url


def ask(page: Page, text: str) -> None:
    """Type a message, send it, and wait until the answer is complete."""
    send(page, text)
    page.get_by_role("button", name=re.compile("^(Stop|Arrêter)$")).wait_for(state="detached", timeout=ANSWER_MS)


def answer(page: Page) -> str:
    """The last answer's words."""
    return page.locator(".answer .prose").last.inner_text()


def send(page: Page, text: str) -> None:
    """Type a message and send it."""
    page.locator("#message-box").fill(text)
    page.locator("#message-box").press("Enter")
    page.locator(".bubble", has_text=text[:40]).last.wait_for()
