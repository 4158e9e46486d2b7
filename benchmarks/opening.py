"""A conversation of 2,000 messages, from the click until its end is drawn, in a real browser, on both databases.

Method: `causerie up` with one conversation of 2,000 messages, imported; Chromium without a window, 1280 x 800. A turn
opens the page afresh, waits until it is at rest, clicks the conversation in the sidebar, and takes the time until the
last message stands in the document and the browser has painted it: the request, the statements, the answer's way, and
the page's own work. Everything is real: HTTP, the server, the database, the page as it is built. Nothing of the
conversation is left in the browser from the turn before.
Not measured: a network, other people at the same time (`people.py` has them), scrolling, a slower device than this.
PostgreSQL runs without fsync.
Try it: python -m benchmarks.opening --quick
"""

import statistics
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from tests.databases import KINDS, TEMPLATE, postgresql
from tests.web.browsing import chromium
from tests.web.chatgpt_export import chatgpt_export

from benchmarks.measure import Figure, Repetition, median, options, publish, take_turns
from benchmarks.servers import free_port, server

MESSAGES = 2000
TITLE = "Two thousand messages"
OPENINGS, QUICK_OPENINGS = 9, 3
GOAL_MS = 300
SIZE = {"width": 1280, "height": 800}
TIMEOUT_MS = 60_000.0
REST_MS = 1_000
"""After which a page that was opened afresh does nothing more by itself."""
OPENED_MS = """
(link, words) => new Promise((done) => {
  const began = performance.now();
  const painted = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  const look = () => {
    const last = [...document.querySelectorAll(".turn-item")].at(-1);
    if (last?.textContent.includes(words)) painted(); else requestAnimationFrame(look);
  };
  link.click();
  look();
})
"""
"""In the page: milliseconds from the click to the frame after the one that holds the last message."""


def words(number: int) -> str:
    """How a message begins."""
    return f"Message number {number},"


def bring_in(address: str) -> None:
    """Import the conversation."""
    said = [f"{words(number)} **with** some words. " * 4 for number in range(MESSAGES)]
    request = urllib.request.Request(
        f"{address}/api/conversations/import", chatgpt_export(TITLE, said).encode(),
        {"origin": address, "content-type": "application/octet-stream"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()


def openings_ms(browser: Browser, address: str, count: int) -> list[float]:
    """Milliseconds of each opening."""
    context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type] # a mapping with these two
    try:
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        measured = []
        for _ in range(count + 1):
            page.goto(address)
            link = page.get_by_role("link", name=TITLE).first
            link.wait_for()
            page.wait_for_timeout(REST_MS)
            measured.append(float(link.evaluate(OPENED_MS, words(MESSAGES - 1))))
        return [round(each, 1) for each in measured[1:]]  # the first fetches the page's files
    finally:
        context.close()


def one_run(browser: Browser, database_url: str, count: int) -> dict[str, Any]:
    """A fresh server with the conversation, opened several times."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = ["env", f"CAUSERIE_HOME={home}", f"CAUSERIE_DATABASE_URL={database_url}", sys.executable, "-m"]
        command += ["causerie.cli.main", "up", "--no-browser", "--port", str(port)]
        with server(command, port, probe="/readyz", folder=Path(home)):
            address = f"http://127.0.0.1:{port}"
            bring_in(address)
            measured = openings_ms(browser, address, count)
    return {"openings_ms": measured, "median_ms": statistics.median(measured)}


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    count = QUICK_OPENINGS if given.quick else OPENINGS
    repetitions: list[Repetition] = []
    with ExitStack() as stack:
        postgres = stack.enter_context(postgresql())
        postgres.make_template()
        browser = stack.enter_context(chromium())
        for number in range(1 if given.quick else 3):
            with postgres.database(TEMPLATE) as url:
                urls = {"sqlite": "", "postgresql": url}
                turns = {kind: partial(one_run, browser, urls[kind], count) for kind in KINDS}
                repetitions.append(take_turns(turns, backwards=number % 2 == 1))
    publish(
        "opening",
        figures=[
            Figure(
                name=f"opening a conversation of {MESSAGES:,} messages in a browser, {kind}", unit="ms",
                value=median(each[kind]["median_ms"] for each in repetitions), goal=GOAL_MS, better="lower",
            )
            for kind in KINDS
        ],
        repetitions=repetitions,
        configuration={"messages": MESSAGES, "openings": count, "window": SIZE},
    )  # fmt: skip


if __name__ == "__main__":
    main()
