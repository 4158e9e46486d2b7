"""`causerie up`: the server and its page.

Does: read the options, start the server, and open the browser once it listens.
Does not: serve; see `server/serve.py`.
Try it: causerie up --port 8000 --no-browser
"""

import webbrowser
from threading import Thread
from typing import Annotated

import typer

from causerie.cli.language import t
from causerie.cli.terminal import errors


def up(
    host: Annotated[
        str | None, typer.Option(help=t("Address to listen on (only this machine's own, until there is an account)."))
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help=t("Port to listen on (0 = a free one)."))] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help=t("Open the page once it is up."))] = True,
) -> None:
    """Serve until Ctrl-C."""
    from causerie.server.serve import serve
    from causerie.settings import load_settings

    def ready(url: str, setup: str) -> None:
        said = [t("causerie is up: {url}  (Ctrl-C stops it)", url=url)]
        if setup:
            said.append(t("for more people than you: this link opens the first account, once: {link}", link=setup))
        errors().print("\n".join(said))  # at once: who waits for the first line finds the second too
        if browser:
            # A browser that blocks (a text one, or none found) must not keep the server from answering.
            Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    serve(load_settings(host=host, port=port), ready)
