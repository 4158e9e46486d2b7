"""The key of this machine's own commands: whoever can read the data folder may ask its models.

Does: make the key once, for its owner's eyes only; read it; say what to do where it is not taken.
Does not: recognise it; `server/recognition.py` does, for the first account. Backups leave it out.
"""

import os
from contextlib import suppress
from pathlib import Path

from causerie.accounts.tokens import KEY_PREFIX, new_token
from causerie.errors import Unauthenticated
from causerie.settings import Settings

FILE = "operator.key"
"""In the data folder."""


def prepare(home: Path) -> str:
    """The key, made if there is none yet.

    Args:
        home: The data folder.
    """
    if known := read(home):
        return known
    secret = KEY_PREFIX + new_token()
    part = home / f".{FILE}.{os.getpid()}"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(secret)
    try:
        with suppress(FileExistsError):  # another server made one meanwhile: that one stands
            (home / FILE).hardlink_to(part)
    finally:
        part.unlink()
    return read(home)


def read(home: Path) -> str:
    """The key (empty = there is none, or it is not ours to read)."""
    try:
        return (home / FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def known(settings: Settings) -> str:
    """What to show the server of these settings: a key of their own, else the one here (empty = there is neither)."""
    return settings.api_keys[0].get_secret_value() if settings.api_keys else read(settings.home)


def refused() -> Unauthenticated:
    """The server that is up knows people, and not us."""
    return Unauthenticated(
        "a server is up here that asks for a key, and takes none that is known here",
        hint="use its data folder (CAUSERIE_HOME), or put one of its API keys into CAUSERIE_API_KEYS: '[\"KEY\"]'",
    )
