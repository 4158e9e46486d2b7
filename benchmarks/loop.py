"""Does the loop move a model the way people want, and how long does a round take?

Method: 200 votes of 40 accounts, put into an empty data folder as the page would: a question about a function of
Python's standard library, and two answers side by side, of which the person prefers the plain one (the first sentence
of its docstring) to the same sentence behind a preamble, which differs from one to the next. So the direction is
known: away from preambles. `causerie improve` then does one round with the starter (SmolLM2-135M-Instruct) on this
machine, in the worker's process, from collecting to the gate with the policy that ships; nothing else runs. Measured
on the fifth that was held out, of accounts that training has not seen: the share of pairs in which the candidate
leans more to the plain answer than the starter does, with its 95 % interval (accounts as clusters); and the time of
the whole round, evaluation of candidate and starter by all suites included.
Not measured: whether people like the answers better; what the gate says is in the raw result, and passing it is no
goal here.
Try it: python -m benchmarks.loop --quick     (60 votes, and training on them alone: the gate's suites are left out)
"""

import ast
import asyncio
import random
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.measure import Figure, Repetition, options, publish
from causerie.accounts import people
from causerie.accounts.people import NewPerson
from causerie.chat import feedback
from causerie.chat.tables import Comparison, Conversation, Message
from causerie.database.engine import Database, open_database
from causerie.database.migrate import migrate
from causerie.database.tables import new_id
from causerie.improvement import store
from causerie.jobs.workers import Workers
from causerie.settings import Settings

PEOPLE = 40
LONGEST_CHARACTERS = 400
"""Of a first sentence; longer ones are left out, so that all pairs fit 512 tokens."""
PREAMBLES = (
    "What a great question! I am delighted to help you with {name} today. {said}",
    "Certainly! As a helpful assistant, I would be more than happy to explain {name} to you. {said}",
    "Thank you so much for asking. {name} is truly a fascinating subject, and there is a lot to say about it. {said}",
    "Absolutely! Let us dive right into the wonderful world of {name} together. {said}",
    "Of course, dear friend! Before we begin, let me say how much I enjoy explaining {name}. {said}",
    "I am so glad that you came to me with this. {name}, you say? What an excellent choice! {said}",
)
NO_SUITES = 'version = "quick"\n[gate]\nlineage = false\ncard = false\n'


def sentences() -> Iterator[tuple[str, str]]:
    """Functions and classes of the standard library, each with the first sentence of its docstring."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8", "replace"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                first = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                if 30 <= len(first) <= LONGEST_CHARACTERS:
                    yield f"{path.stem}.{node.name}", first


async def fill(database: Database, votes: int) -> None:
    """An installation whose people have voted."""
    chance = random.Random(0)
    found = list(dict(sentences()).items())
    chance.shuffle(found)
    await people.prepare(database)
    async with database.write() as session:
        new = [NewPerson(login=f"person{number}", name=f"Person {number}") for number in range(PEOPLE)]
        ids = [(await people.create(session, each)).id for each in new]
        for number, (name, said) in enumerate(found[:votes]):
            wordy = chance.choice(PREAMBLES).format(name=name, said=said)
            await _vote(session, ids[number % PEOPLE], f"What does {name} do in Python?", said, wordy)


async def _vote(session: AsyncSession, person: str, question: str, winner: str, loser: str) -> None:
    conversation = Conversation(id=new_id("conv"), person_id=person)
    session.add(conversation)
    await session.flush()
    rows = [
        Message(id=new_id("msg"), conversation_id=conversation.id, person_id=person, role="user", content=question)
    ]
    rows += [
        Message(
            id=new_id("msg"), conversation_id=conversation.id, person_id=person, role="assistant", content=text,
            parent_id=rows[0].id, model="starter",
        )
        for text in (winner, loser)
    ]  # fmt: skip
    session.add_all(rows)
    comparison = Comparison(
        id=new_id("cmp"), conversation_id=conversation.id, person_id=person, question_id=rows[0].id, blind=True
    )
    session.add(comparison)
    await session.flush()
    answers = [row.id for row in rows[1:]]
    await session.execute(update(Message).where(Message.id.in_(answers)).values(comparison_id=comparison.id))
    await feedback.vote(session, person, comparison.id, "winner", answers[0], consent=True)


async def measured(home: Path, votes: int) -> Repetition:
    """One round in an empty data folder."""
    settings = Settings(home=home)
    database = open_database(settings)
    try:
        await migrate(database, home)
        await fill(database, votes)
        began = time.monotonic()
        async with database.write() as session:
            job_id = (await store.ask(session, {}, None)).id
        async with Workers(database, settings):
            found = await _over(database, job_id)
        seconds = time.monotonic() - began
    finally:
        await database.close()
    steps = {step.name: step for step in found.steps}
    told = {
        name: round((step.ended_at - step.began_at).total_seconds(), 1)
        for name, step in steps.items()
        if step.ended_at and step.began_at
    }
    compared = {key: value for key, value in steps["compare"].facts.items() if key != "message"}
    failed = [line["requirement"] for line in steps["gate"].facts["lines"] if not line["passed"]]
    return {
        "seconds": round(seconds, 1), "steps_s": told, "held_out": compared, "gate_failed": failed,
        "learnt": steps["hold_out"].facts["learnt"], "verdict": (found.job.result or {}).get("verdict"),
    }  # fmt: skip


async def _over(database: Database, job_id: str) -> store.Improvement:
    said = ""
    while True:
        async with database.read() as session:
            found = await store.get(session, job_id)
        if found.job.message != said:
            said = found.job.message
            print(f"  {found.job.share:.0%} {said}", flush=True)
        if found.job.state == "done":
            return found
        if found.job.state in {"failed", "cancelled"}:
            raise SystemExit(f"the round {found.job.state}: {found.job.error}")
        await asyncio.sleep(1)


def main() -> None:
    """Measure, and write the result."""
    quick = options(__doc__).quick
    votes = 60 if quick else 200
    with tempfile.TemporaryDirectory() as folder:
        if quick:
            (Path(folder) / "policy.toml").write_text(NO_SUITES)
        turn: dict[str, Any] = asyncio.run(measured(Path(folder), votes))
    found = turn["held_out"]["interval"]
    ends = f"{found['low']:.0%} to {found['high']:.0%}"
    figures = [
        Figure(
            name=f"held-out pairs that lean the wanted way ({ends})", value=round(100 * found["value"], 1), goal=75,
            better="higher", unit="%",
        ),
        Figure(
            name="lower end of that share's interval", value=round(100 * found["low"], 1), goal=50, better="higher",
            unit="%",
        ),
        Figure(
            name=f"a round with {votes} votes, from feedback to the gate", value=round(turn["seconds"] / 60, 2),
            goal=30, better="lower", unit="min",
        ),
    ]  # fmt: skip
    configuration = {"votes": votes, "people": PEOPLE, "model": "smollm2-135m-instruct",
                     "policy": "without suites" if quick else "shipped"}  # fmt: skip
    publish("loop", figures=figures, repetitions=[turn], configuration=configuration)


if __name__ == "__main__":
    main()
