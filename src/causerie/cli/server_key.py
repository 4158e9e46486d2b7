"""What commands show to the server that is up on this machine.

Does: choose the key; say what to do where it is not taken.
Does not: ask the server anything.
"""

from typing import TYPE_CHECKING

from causerie.errors import Unauthenticated

if TYPE_CHECKING:
    from causerie.settings import Settings


def key_for(settings: "Settings") -> str | None:
    """A key of the settings, else the one that the server put into the data folder (None = there is neither)."""
    from causerie.accounts import operator_key

    if settings.api_keys:
        return settings.api_keys[0].get_secret_value()
    return operator_key.read(settings.home) or None


def refused() -> Unauthenticated:
    """The server that is up knows people, and not us."""
    return Unauthenticated(
        "a server is up here that asks for a key, and takes none that is known here",
        hint="use its data folder (CAUSERIE_HOME), or put one of its API keys into CAUSERIE_API_KEYS: '[\"KEY\"]'",
    )
