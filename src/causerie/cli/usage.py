"""A command that was typed wrongly, as one of our errors: one sentence and a hint, in the reader's language.

Does: tell typer's own errors apart and say each in our words.
Does not: print; see `main.py`.
Try it: causerie chat --modle starter
"""

import re
from collections.abc import Iterable
from typing import Any, Literal

import typer

from causerie.errors import CauserieError, InvalidRequest

# typer names only this one of the family; its parent is the mistake of whoever typed, in every version.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises when a command line cannot be understood."""

_NO_COMMAND = re.compile(r"No such command (['\"])(?P<name>.*?)\1\.(?: Did you mean (?P<near>.*)\?)?", re.DOTALL)
_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((?P<value>.*)\)", re.DOTALL)
_BOUND = re.compile(r"(?P<how>less|greater) than or equal to (?P<bound>\S+)")


def explained(error: Any) -> CauserieError:  # noqa: ANN401 - typer's own copy of click has no public types
    """Our error for one of typer's."""
    help_line = f"{error.ctx.command_path} --help" if error.ctx else "causerie --help"
    kind, message = type(error).__name__, str(error.message)
    if kind == "NoSuchOption":
        return _unknown("option", error.option_name, error.possibilities or (), help_line)
    if kind == "BadOptionUsage":
        return InvalidRequest(
            "{option} takes no value" if "does not take a value" in message else "{option} needs a value",
            option=error.option_name, help=help_line, hint="see `{help}`",
        )  # fmt: skip
    if kind == "MissingParameter":
        return InvalidRequest("{what} is missing", what=_typed(error.param), help=help_line, hint="see `{help}`")
    if kind == "BadParameter":
        return _bad_value(_typed(error.param), message, help_line)
    if found := _NO_COMMAND.match(message):
        return _unknown("command", found["name"], re.findall(r"'(.*?)'", found["near"] or ""), help_line)
    if found := _EXTRA.match(message):
        return InvalidRequest(
            "too much was given: {extra}", extra=found["value"], help=help_line,
            hint="put a text of several words in quotation marks; see `{help}`",
        )  # fmt: skip
    return InvalidRequest("{message}", message=message, help=help_line, hint="see `{help}`")


def json_too_early(context: typer.Context) -> CauserieError:
    """What is wrong with `causerie VERB --json COMMAND`: the option is the command's."""
    command = context.invoked_subcommand
    return InvalidRequest(
        "--json belongs behind {command}", command=command, hint="see `{help}`",
        help=f"{context.command_path} {command} --help",
    )  # fmt: skip


def _unknown(kind: Literal["option", "command"], name: str, near: Iterable[str], help_line: str) -> CauserieError:
    likely = " ".join(sorted(near))
    return InvalidRequest(
        "there is no option {name}" if kind == "option" else "there is no command {name}",
        name=name, near=likely, help=help_line,
        hint="did you mean {near}?" if likely else "`{help}` lists them",
    )  # fmt: skip


def _bad_value(what: str, said: str, help_line: str) -> CauserieError:
    given: dict[str, Any] = {"what": what, "help": help_line, "hint": "see `{help}`"}
    if bound := _BOUND.search(said):
        if bound["how"] == "less":
            return InvalidRequest("{what} can be {bound} at most", bound=bound["bound"], **given)
        return InvalidRequest("{what} must be {bound} or more", bound=bound["bound"], **given)
    if "valid integer" in said:
        return InvalidRequest("{what} must be a whole number", **given)
    if "valid number" in said:
        return InvalidRequest("{what} must be a number", **given)
    return InvalidRequest("{what} is not right: {reason}", reason=said, **given)


def _typed(parameter: Any) -> str:  # noqa: ANN401 - as above
    """An option or argument as help shows it."""
    if parameter is None:
        return "?"
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper())
