"""`causerie audit`: whether anybody changed what the audit log says.

Does: read the whole log and check its chain.
Does not: change it; nothing does.
Try it: causerie audit verify
"""

from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli.accounts import done
from causerie.cli.language import t
from causerie.cli.terminal import console, print_json

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from causerie.accounts.audit import Verified

app = typer.Typer(no_args_is_help=True)


@app.callback()
def audit() -> None:
    """The audit log."""


@app.command("verify", help=t("Check that no entry of the audit log was changed, removed or inserted."))
def verify(
    head: Annotated[
        str | None, typer.Option(help=t("A head that was printed before: the log must still go through it."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("Print JSON."))] = False,
) -> None:
    """The chain, from its beginning."""
    from causerie.accounts import audit as log
    from causerie.errors import AuditBroken

    async def work(session: "AsyncSession") -> "tuple[Verified, bool]":
        return await log.verify(session), head is None or await log.goes_through(session, head)

    found, goes_on = done(work)
    if as_json:
        intact = found.broken_at is None and goes_on
        print_json({"intact": intact, "entries": found.entries, "head": found.head, "broken_at": found.broken_at})
    if found.broken_at is not None:
        raise AuditBroken(
            "entry {number} of the audit log is not what was written", number=found.broken_at,
            hint="compare it with a backup; all entries before it are whole",
        )  # fmt: skip
    if not goes_on:
        raise AuditBroken("the audit log does not go through {head}", head=head, hint="its end was cut off")
    if not as_json:
        sentence = t("the audit log is whole: {entries} entries, head {head}", entries=found.entries, head=found.head)
        console().print(sentence, markup=False, soft_wrap=True)
