"""A browser of somebody's own, and what is watched in it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, sync_playwright

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("the page's tests need chromium: `make test` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What went wrong in a browser, seen from outside."""

    own: str
    """The address that may be asked."""
    forgiven: str = "(?!)"
    """Pattern of the console errors that a test expects."""
    found: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        """Note an error or a warning of the console."""
        if message.type in ("error", "warning") and not re.search(self.forgiven, message.text):
            self.found.append(f"console: {message.text}")

    def follow(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        context.on("console", self.console)
        context.on("weberror", lambda error: self.found.append(f"script: {error.error}"))
        context.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.own + "/", "data:", "blob:")):
            self.found.append(f"asked another host: {url}")


@contextmanager
def browsing(browser: Browser, watch: Watch, *, locale: str, width: int, scheme: str) -> Iterator[BrowserContext]:
    """A watched browser that shares nothing with others; closed when the context ends.

    Args:
        browser: In which.
        watch: Notes what goes wrong.
        locale: Such as `fr-FR`.
        width: Of the window, in pixels; below 700 it has a telephone's height.
        scheme: `light` or `dark`.
    """
    context = browser.new_context(
        locale=locale,
        viewport={"width": width, "height": 844 if width < 700 else 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    try:
        context.set_default_timeout(30_000)
        watch.follow(context)
        yield context
    finally:
        context.close()
