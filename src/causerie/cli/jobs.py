"""`causerie jobs`: background work: what there is, how far it is, what it said; ask, stop, try again.

Does: list, show, ask, cancel, retry and print logs, each also as JSON.
Does not: do jobs; the running server does, within seconds. Without one they wait for it.
Try it: causerie jobs        causerie jobs ask backup
"""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from causerie.cli.accounts import done
from causerie.cli.language import retold, t
from causerie.cli.models import print_table
from causerie.cli.terminal import console, errors, print_json
from causerie.cli.usage import json_too_early

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from causerie.jobs.tables import Job, JobLine

app = typer.Typer(invoke_without_command=True, no_args_is_help=False)
FIELDS = ("id", "kind", "state", "share", "message", "parameters", "result", "error", "attempt", "person_id",
          "created_at", "started_at", "ended_at")  # fmt: skip
LOG_LINES = 1000
_Id = Annotated[str, typer.Argument(help=t("The job's id."))]
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]


@app.callback()
def jobs(context: typer.Context, as_json: _Json = False) -> None:
    """Background work."""
    if context.invoked_subcommand is None:
        list_jobs(as_json=as_json)
    elif as_json:
        raise json_too_early(context)


@app.command("list", help=t("List the jobs, the newest first."))
def list_jobs(
    state: Annotated[
        str | None, typer.Option(help=t("Only those: queued, running, done, failed or cancelled."))
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help=t("At most so many."))] = 50,
    as_json: _Json = False,
) -> None:
    """The jobs, one a line."""
    from causerie.jobs import store

    async def work(session: "AsyncSession") -> "list[Job]":
        return await store.listed(session, state=state, limit=limit)

    found = done(work)
    if as_json:
        print_json([_facts(job) for job in found])
        return
    rows = [
        (
            job.id,
            job.kind,
            _in_words(job.state),
            f"{job.share:.0%}",
            f"{job.created_at:%Y-%m-%d %H:%M}",
            retold(job.message),
        )
        for job in found
    ]
    headings = (t("id"), t("kind"), t("state"), t("share"), t("asked for (UTC)"), t("at work on"))
    print_table(headings, rows, right=(3,))
    if not found:
        errors().print(t("there are no jobs"))


@app.command("show", help=t("Show all that is known of a job."))
def show(job_id: _Id, as_json: _Json = False) -> None:
    """One job."""
    from causerie.jobs import store

    async def work(session: "AsyncSession") -> "Job":
        return await store.get(session, job_id)

    _say(done(work), as_json=as_json)


@app.command("ask", help=t("Ask for a job, such as `backup`."))
def ask(kind: Annotated[str, typer.Argument(help=t("The kind of job."))], as_json: _Json = False) -> None:
    """A new job."""
    from causerie.accounts import audit
    from causerie.jobs import store

    async def work(session: "AsyncSession") -> "Job":
        job = await store.ask(session, kind, {}, None)
        await audit.record(session, None, "job.ask", job.id, kind=kind)
        return job

    _say(done(work), as_json=as_json)


@app.command("cancel", help=t("Ask a job to stop."))
def cancel(job_id: _Id, as_json: _Json = False) -> None:
    """No more of it."""
    from causerie.accounts import audit
    from causerie.jobs import store

    async def work(session: "AsyncSession") -> "Job":
        job = await store.cancel(session, job_id)
        await audit.record(session, None, "job.cancel", job_id)
        return job

    _say(done(work), as_json=as_json)


@app.command("retry", help=t("Try a job again that failed or was cancelled, from its last finished step."))
def retry(job_id: _Id, as_json: _Json = False) -> None:
    """Once more."""
    from causerie.accounts import audit
    from causerie.jobs import store

    async def work(session: "AsyncSession") -> "Job":
        job = await store.retry(session, job_id)
        await audit.record(session, None, "job.retry", job_id)
        return job

    _say(done(work), as_json=as_json)


@app.command("logs", help=t("Print what a job said."))
def logs(
    job_id: _Id,
    after: Annotated[int, typer.Option(min=0, help=t("Only lines after this number."))] = 0,
    as_json: _Json = False,
) -> None:
    """Its log."""
    from causerie.jobs import store

    async def work(session: "AsyncSession") -> "list[JobLine]":
        return await store.lines(session, job_id, after=after, limit=LOG_LINES)

    found = done(work)
    if as_json:
        print_json([{"number": line.number, "at": line.at.isoformat(), "level": line.level, "text": line.text}
                    for line in found])  # fmt: skip
        return
    for line in found:
        words = f"{line.at:%Y-%m-%d %H:%M:%S}  {line.level:7}  {retold(line.text)}"
        console().print(words, markup=False, soft_wrap=True)


def _say(job: "Job", *, as_json: bool) -> None:
    known = _facts(job)
    if as_json:
        print_json(known)
        return
    known |= {"state": _in_words(job.state), "share": f"{job.share:.0%}", "message": retold(job.message)}
    if job.error:
        known["error"] = {key: value if key == "code" else retold(str(value)) for key, value in job.error.items()}
    print_table((), [(key, _as_text(value)) for key, value in known.items() if value not in (None, "", {})])


def _as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _facts(job: "Job") -> dict[str, Any]:
    values = {name: getattr(job, name) for name in FIELDS}
    return {name: value.isoformat() if name.endswith("_at") and value else value for name, value in values.items()}


def _in_words(state: str) -> str:
    words = {
        "queued": t("waiting"),
        "running": t("at work"),
        "done": t("done"),
        "failed": t("failed"),
        "cancelled": t("cancelled"),
    }
    return words[state]
