"""The command `causerie`: joins the verbs, and turns every failure into one sentence, a hint and an exit code.

Does: declare the verbs, `--debug` (looked for in the arguments, so that it holds before they are parsed) and
`--version`; print errors; choose the exit code (`docs/reference/exit-codes.md`).
Does not: do the verbs' work; each has its file here, and imports what it needs only when it runs.
Try it: causerie --help
"""

import io
import os
import sys
import traceback
from typing import Annotated

import typer
from typer.main import get_command

from causerie.cli import accounts, audit, data, improve, jobs, models, release, runs
from causerie.cli import eval as evaluation
from causerie.cli.backup import backup
from causerie.cli.chat import chat
from causerie.cli.doctor import doctor
from causerie.cli.language import t
from causerie.cli.plan import plan
from causerie.cli.pull import pull
from causerie.cli.restore import restore
from causerie.cli.terminal import errors, logs_to_stderr, print_error
from causerie.cli.train import train
from causerie.cli.up import up
from causerie.cli.usage import UsageError, explained
from causerie.errors import CauserieError

EXIT_FAULT = 70
"""A fault of causerie itself (EX_SOFTWARE of BSD's sysexits.h)."""
EXIT_INTERRUPTED = 130
"""Stopped by Ctrl-C: 128 and the number of SIGINT, as shells say it (typer returns the same)."""

app = typer.Typer(
    name="causerie",
    help=t("Your own ChatGPT, whole: talk with language models that run on your own machine."),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(help=t("Start the server and open its page in the browser."))(up)
app.command(help=t("Talk with a model in the terminal, or pipe text through it."))(chat)
app.command(help=t("Get a model: the starter, one from the hub, or a file."))(pull)
app.add_typer(models.app, name="models", help=t("List, show, add, rename, remove and suggest models."))
app.add_typer(data.app, name="data", help=t("Make clean text, conversations and token shards from a recipe."))
app.command(help=t("Train a model from a recipe."))(train)
app.command(help=t("Say what a run takes on a fleet of GPUs: time, money, energy, failures."))(plan)
app.add_typer(runs.app, name="runs", help=t("List what is being trained and what was, and show how far it is."))
app.add_typer(evaluation.app, name="eval", help=t("Judge a model by a suite: figures with intervals, and a report."))
app.add_typer(improve.app, name="improve",
              help=t("Make a candidate of what people said of answers, and put it at the gate."))  # fmt: skip
app.add_typer(
    release.app, name="release", help=t("Judge models, release them, go back, and take people's signatures.")
)
app.add_typer(accounts.app, name="accounts", help=t("Make accounts, invite, change roles and passwords, remove."))
app.add_typer(audit.app, name="audit", help=t("Check that nobody changed the audit log."))
app.add_typer(jobs.app, name="jobs", help=t("List background work, see how far it is, stop it, try it again."))
app.command(help=t("Write everything into one file, while the server runs or not."))(backup)
app.command(help=t("Fill an empty data folder, or an empty PostgreSQL database, from a backup."))(restore)
app.command(help=t("Look at this machine and this installation, and say what to do for each finding."))(doctor)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"causerie {version('causerie')}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help=t("Show the traceback of a failure."))] = False,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            help=t("Print the version and exit."),
            callback=lambda value: _print_version(wanted=value),
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Options that stand before the verb."""
    logs_to_stderr()


def run(arguments: list[str] | None = None) -> None:
    """Run the command with these arguments (None = the program's own), then exit.

    Raises:
        SystemExit: Always, with the exit code.
    """
    given = sys.argv[1:] if arguments is None else arguments
    # OpenMP reads it when torch is loaded, here or in a process that starts here: threads that wait for each other
    # sleep (docs/explanation/decisions/003-threads.md).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # noqa: TID251
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character shows a question mark, and the answer goes on.
            stream.reconfigure(errors="replace")
    raise SystemExit(_exit_code(given))


def _exit_code(given: list[str]) -> int:
    try:
        outcome = get_command(app).main(args=given, prog_name="causerie", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except typer.Abort:  # a question answered with no, or not at all: nothing was done
        return 1
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        _leave_the_pipe()
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: a person gets a sentence, never a traceback
        return _told(error, debug="--debug" in given)
    return outcome if isinstance(outcome, int) else 0


def _told(error: Exception, *, debug: bool) -> int:
    """Say what went wrong; the exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return 2  # typer has printed the help
    if debug:
        traceback.print_exception(error)
    if isinstance(error, UsageError):
        error = explained(error)
    if isinstance(error, OSError) and error.filename:
        # Not causerie's fault: a folder of someone else's, a read-only disk, a file in a folder's place.
        path, reason = str(error.filename), str(error.strerror)
        error = CauserieError(
            "{path} cannot be used: {reason}", path=path, reason=reason, hint="`causerie doctor` looks at the folders"
        )
    if isinstance(error, CauserieError):
        print_error(error)
        return error.exit_code
    from rich.markup import escape

    what = f"{type(error).__name__}: {error}"
    errors().print(f"[bold red]{t('error')}[/]: {t('this is a fault in causerie')} ({escape(what)})")
    errors().print(f"[dim]{t('hint')}[/]: {t('run it again as `causerie --debug ...` and report what it prints')}")
    return EXIT_FAULT


def _leave_the_pipe() -> None:
    # The reader of our output went away (`causerie models | head -1`): nothing is left to say, nor to whom. What is
    # still to be written when Python ends must fall into nothing, or Python complains.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


if __name__ == "__main__":
    run()
