"""Where the command prints: answers on standard output, everything about them on standard error.

Does: give the two rich consoles, print JSON, and print an error as one sentence and a hint.
Does not: decide what to say.
"""

import json
import logging
import sys
from functools import cache
from typing import TYPE_CHECKING

from causerie.cli.language import explain, t
from causerie.errors import CauserieError

if TYPE_CHECKING:
    from rich.console import Console


@cache
def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=not (sys.stderr if stderr else sys.stdout).isatty())


def console() -> "Console":
    """Standard output."""
    return _console(stderr=False)


def errors() -> "Console":
    """Standard error: progress, warnings, failures."""
    return _console(stderr=True)


def logs_to_stderr() -> None:
    """Warnings and worse of the lower rooms go to standard error, so that they never mix with an answer or JSON."""
    import structlog

    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def print_json(value: object) -> None:
    """One JSON document on standard output, for programs: UTF-8, two spaces of indent."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_error(error: CauserieError) -> None:
    """One sentence, and what to do about it on the next line."""
    from rich.markup import escape

    message, hint = explain(error)
    errors().print(f"[bold red]{t('error')}[/]: {escape(message)}")
    if hint:
        errors().print(f"[dim]{t('hint')}[/]: {escape(hint)}")
