"""The page as an application: it can be installed, opens without its server and says so, loads little at first."""

import gzip
import json
import struct

import pytest
from playwright.sync_api import expect

from tests.web.browsing import Watch
from tests.web.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MOST_FIRST_BYTES = 300_000
"""Of compressed JavaScript, before the first message."""


def test_a_browser_offers_to_install_it(open_page: OpenPage) -> None:
    page = open_page()
    session = page.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    manifest = json.loads(told["data"])
    assert (manifest["name"], manifest["display"]) == ("causerie", "standalone")
    for icon in manifest["icons"]:
        answer = page.request.get(page.url.split("#")[0].rstrip("/") + icon["src"])
        assert answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            assert f"{'{}x{}'.format(*struct.unpack('>II', answer.body()[16:24]))}" == icon["sizes"]
    errors = [error["errorId"] for error in session.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    # Playwright's contexts keep nothing, as private windows do, and those install nothing.
    assert set(errors) <= {"in-incognito"}


def test_it_opens_without_the_network_and_says_that_it_is_offline(open_page: OpenPage, watch: Watch) -> None:
    watch.forgiven = "ERR_INTERNET_DISCONNECTED|ERR_FAILED"
    page = open_page(model="echo")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.locator(".model-button .dot").wait_for()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#message-box")).to_be_visible()
    expect(page.get_by_text("The server cannot be reached for now.")).to_be_visible()
    page.locator("#message-box").fill("Written on the train")
    page.reload()
    expect(page.locator("#message-box")).to_have_value("Written on the train")
    page.context.set_offline(False)
    expect(page.get_by_text("The server cannot be reached for now.")).to_have_count(0)
    kept = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(async name => (await (await caches.open(name)).keys())"
        ".map(request => new URL(request.url).pathname)))).then(all => all.flat())"
    )
    assert "/" in kept
    assert [path for path in kept if path.startswith(("/api/", "/v1/"))] == []


def test_the_first_load_is_small_and_screens_come_when_they_are_opened(open_page: OpenPage) -> None:
    page = open_page()
    names = "performance.getEntriesByType('resource').map(one => one.name).filter(name => name.endsWith('.js'))"
    first = set(page.evaluate(names))
    sent = sum(len(gzip.compress(page.request.get(name).body(), 9)) for name in first)
    assert 20_000 < sent <= MOST_FIRST_BYTES
    for keys in ("Control+k", "Control+,", "Control+Shift+M"):
        page.keyboard.press(keys)
        page.locator("dialog[open]").wait_for()
        later = set(page.evaluate(names)) - first
        assert later, f"{keys} opens what was loaded at first"
        first |= later
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
