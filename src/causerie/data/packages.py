"""What a room needs beyond the base install, and one sentence for when it is not there."""

from importlib import import_module
from types import ModuleType

from causerie.errors import ConfigError

EXTRA = "causerie[train]"
LAB = "make lab (in a clone), or: pip install '{extra}'"
"""How that extra comes."""


def needed(*names: str, extra: str = EXTRA) -> list[ModuleType]:
    """Import these packages.

    Args:
        names: What to import.
        extra: Which extra brings them.

    Raises:
        ConfigError: One is not installed.
    """
    try:
        return [import_module(name) for name in names]
    except ModuleNotFoundError as error:
        raise ConfigError(
            "this needs the package {name}, which is not installed", name=error.name or "?",
            extra=extra, hint=LAB if extra == EXTRA else "pip install '{extra}'",
        ) from error  # fmt: skip
