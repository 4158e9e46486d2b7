"""What people allowed to train on is collected, masked, once, and nothing else."""

from datetime import datetime, timedelta
from pathlib import Path

from causerie.database.tables import now
from causerie.improvement import collecting
from causerie.improvement.collecting import Collected, collect
from tests.improvement.said import statement
from tests.improvement.talked import Talked


async def collected(talked: Talked, since: datetime | None = None, until: datetime | None = None) -> Collected:
    async with talked.database.read() as session:
        return await collect(session, since, until or now() + timedelta(minutes=1))


async def test_better_answers_votes_siblings_and_thumbs_are_statements_each_said_once(talked: Talked) -> None:
    ada, bob = await talked.join("ada"), await talked.join("bob")
    (wrong,) = await talked.asked(ada, "Capital of Australia?", "Sydney")
    await talked.thinks(ada, wrong, -1, better="Canberra")
    await talked.compared(bob, "And of Canada?", "Ottawa", "Toronto")
    good, bad = await talked.asked(bob, "Of Turkey?", "Ankara", "Istanbul")
    await talked.thinks(bob, good, 1)
    await talked.thinks(bob, bad, -1)
    (alone,) = await talked.asked(ada, "Of Chad?", "N'Djamena")
    await talked.thinks(ada, alone, 1)
    found = await collected(talked)
    said = {(each.source, each.person_id, each.better, each.worse) for each in found.statements}
    assert said == {
        ("better_answer", ada, "Canberra", "Sydney"),
        ("vote", bob, "Ottawa", "Toronto"),
        ("ratings", bob, "Ankara", "Istanbul"),
        ("thumb", ada, "N'Djamena", ""),
    }, "thumbs of answers that a pair has already are not said again"
    assert found.statements[0].messages[-1].content == "Capital of Australia?"
    assert (found.accounts, found.masked, found.left_out) == (2, {}, {})
    assert [each.id for each in (await collected(talked)).statements] == [each.id for each in found.statements]
    assert all(each.joined_at <= each.at for each in found.statements)


async def test_without_consent_or_account_nothing_is_taken(talked: Talked) -> None:
    ada, bob = await talked.join("ada"), await talked.join("bob")
    (one,) = await talked.asked(ada, "q", "a")
    await talked.thinks(ada, one, -1, better="b", consent=False)
    await talked.compared(ada, "q", "a", "b", consent=False)
    (other,) = await talked.asked(bob, "q", "a")
    await talked.thinks(bob, other, -1)
    await talked.disable(bob, now())
    found = await collected(talked)
    assert found.statements == []
    assert found.left_out == {"the account is gone or kept out": 1}
    assert found.accounts == 1


async def test_only_what_was_said_since_and_until_is_taken(talked: Talked) -> None:
    ada = await talked.join("ada")
    moments = [now() - timedelta(days=days) for days in (3, 2, 1)]
    for number, moment in enumerate(moments):
        (answer,) = await talked.asked(ada, f"question {number}", "answer")
        await talked.thinks(ada, answer, 1, at=moment)
    found = await collected(talked, moments[0], moments[1])
    assert [each.messages[0].content for each in found.statements] == ["question 1"]


async def test_personal_data_is_masked_before_it_is_kept(talked: Talked, tmp_path: Path) -> None:
    ada = await talked.join("ada")
    (answer,) = await talked.asked(ada, "My address is ada@example.org, and yours?", "Call 01 23 45 67 89.")
    await talked.thinks(ada, answer, -1, better="Write to bob@example.org, or pay to FR7630006000011234567890189.")
    found = await collected(talked)
    (said,) = found.statements
    assert said.messages[0].content == "My address is [email], and yours?"
    assert (said.better, said.worse) == ("Write to [email], or pay to [iban].", "Call [phone].")
    assert found.masked == {"email": 2, "phone": 1, "iban": 1}
    collecting.write(tmp_path / "kept", found.statements)
    kept = (tmp_path / "kept").read_text()
    assert "example.org" not in kept
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


async def test_what_is_far_too_long_is_left_out_and_counted(talked: Talked) -> None:
    ada = await talked.join("ada")
    (answer,) = await talked.asked(ada, "q", "x" * (collecting.MOST_CHARACTERS + 1))
    await talked.thinks(ada, answer, 1)
    assert (await collected(talked)).left_out == {"too long": 1}


def test_statements_are_read_as_they_were_written_whatever_is_in_them(tmp_path: Path) -> None:
    said = [statement(better="l1\nl2\u2028 « été » \ud800", worse=""), statement()]
    first = collecting.write(tmp_path / "kept", said)
    assert collecting.read(tmp_path / "kept") == said
    assert collecting.write(tmp_path / "again", said) == first
