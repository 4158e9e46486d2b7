"""What this room needs beyond the base install, and one sentence for when it is not there."""

from importlib import import_module
from types import ModuleType

from causerie.errors import ConfigError

EXTRA = "causerie[train]"


def needed(*names: str) -> list[ModuleType]:
    """Import these packages.

    Raises:
        ConfigError: One is not installed.
    """
    try:
        return [import_module(name) for name in names]
    except ModuleNotFoundError as error:
        raise ConfigError(
            "this needs the package {name}, which is not installed", name=error.name or "?",
            extra=EXTRA, hint="pip install '{extra}'",
        ) from error  # fmt: skip
