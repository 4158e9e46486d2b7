"""What a room needs beyond the base install, and one sentence for when it is not there."""

from importlib import import_module
from types import ModuleType

from causerie.errors import ConfigError

EXTRA = "causerie[train]"


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
        raise missing(error.name or "?", extra) from error


def missing(name: str, extra: str = EXTRA) -> ConfigError:
    """What to say of a package that is not installed."""
    return ConfigError(
        "this needs the package {name}, which is not installed", name=name, extra=extra,
        hint="make lab (in a clone), or: pip install '{extra}'" if extra == EXTRA else "pip install '{extra}'",
    )  # fmt: skip
