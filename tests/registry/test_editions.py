"""A suite that is easier, or harder, and bears the name of one that the policy asks for: it stands for nothing."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from causerie.errors import ConfigError, DataError
from causerie.evaluation import finding
from causerie.evaluation import store as evaluations
from causerie.evaluation.evaluating import Wanted, evaluate
from causerie.registry import editions, policy, releases, standing
from causerie.registry.gate import Line
from causerie.registry.releases import Wanted as Release
from tests.evaluation.answering import MODEL, Answerer
from tests.evaluation.written import added, additions, suite_of, task_table, write_suite
from tests.registry.policies import evaluated, metric, written
from tests.registry.stories import Registry
from tests.registry.test_gate import accepted

ANY = "[gate]\nlineage = false\ncard = false\nsignature = false\n"
MINE = '[[suites]]\nname = "mine"\nthresholds = [{ metric = "accuracy", least = 0.5, regression = 0.1 }]\n'
ABILITY = '[[pause.ability]]\nsuite = "core"\nmetric = "accuracy"\nreference = "gpt-4"\nsource = "a letter"\n'
NUMERIC = '[tasks.options]\nform = "numeric"'
EASY = [{"id": str(number), "question": "1 + 1?", "answer": "2"} for number in range(20)]
HARD = [{"id": str(number), "question": f"{number} + 1?", "answer": "-1"} for number in range(20)]


@pytest_asyncio.fixture
async def asked(registry: Registry) -> AsyncIterator[Registry]:
    """A data folder whose models are those of a server that can add."""
    async with Answerer(added) as server:
        settings = server.settings(registry.settings.home)
        yield Registry(
            registry.database, settings.model_copy(update={"database_url": registry.settings.database_url})
        )


def elsewhere(registry: Registry, name: str) -> str:
    """The path of a suite of this name that anybody passes who can add one and one."""
    folder = registry.settings.home.parent / "elsewhere" / name
    return str(write_suite(folder, task_table("t", "answer", "items", NUMERIC), items=EASY))


async def judge_by(registry: Registry, suite: str) -> str:
    """Evaluate the model; the hash of what it was evaluated with."""
    return (await evaluate(registry.database, registry.settings, Wanted(model=MODEL, suite=suite))).suite_sha256


async def at_gate(registry: Registry, text: str, model: str = MODEL) -> dict[str, Line]:
    judged, _ = await standing.judged(registry.database, registry.settings, written(registry.settings, text), model)
    return {line.requirement: line for line in judged.lines}


async def test_an_easier_suite_does_not_pass_for_one_of_the_program(asked: Registry) -> None:
    rules = f'{ANY}[[suites]]\nname = "core"\nthresholds = [{{ metric = "accuracy", least = 0.5 }}]\n'
    easy = await judge_by(asked, elsewhere(asked, "core"))
    core = finding.find(asked.settings, "core").sha256
    found = await at_gate(asked, rules)
    assert list(found) == ["core"], "none of its figures is looked at"
    assert (found["core"].passed, found["core"].kind) == (False, "other edition")
    assert found["core"].values == {"suite": "core", "model": MODEL, "found": easy[:12], "wanted": core[:12]}
    # One of the data folder that calls itself so can be asked for over HTTP too.
    shutil.copytree(elsewhere(asked, "core"), asked.settings.home / "suites" / "mine")
    assert finding.find(asked.settings, "mine", anywhere=False).name == "core"
    await judge_by(asked, "mine")
    assert (await at_gate(asked, rules))["core"].kind == "other edition"


async def test_an_easier_suite_does_not_hide_what_came_of_the_one_that_counts(asked: Registry) -> None:
    suite_of(asked.settings, "answer", HARD, NUMERIC)
    assert (await at_gate(asked, ANY + MINE))["mine"].kind == "no suite"
    await judge_by(asked, "mine")
    await judge_by(asked, elsewhere(asked, "mine"))
    found = await at_gate(asked, ANY + MINE)
    assert (found["mine"].passed, found["mine/t/accuracy"].passed, found["mine/t/accuracy"].figure) == (
        True, False, 0.0,
    )  # fmt: skip


async def test_a_suite_that_has_changed_is_asked_anew(asked: Registry) -> None:
    suite_of(asked.settings, "answer", additions(20), NUMERIC)
    await judge_by(asked, "mine")
    assert all(line.passed for line in (await at_gate(asked, ANY + MINE)).values())
    suite_of(asked.settings, "answer", additions(21), NUMERIC)
    changed = (await at_gate(asked, ANY + MINE))["mine"]
    assert (changed.passed, changed.kind) == (False, "other edition")
    assert changed.reason.endswith(f"which does not count: `causerie eval {MODEL} --suite mine`")
    await judge_by(asked, "mine")
    assert all(line.passed for line in (await at_gate(asked, ANY + MINE)).values())


async def test_a_policy_can_name_the_content_of_a_suite_that_is_anywhere(asked: Registry) -> None:
    place = elsewhere(asked, "mine")
    with pytest.raises(ConfigError, match="speaks of the suite 'mine', which is not among") as caught:
        await at_gate(asked, ANY + MINE)
    assert "`sha256`" in caught.value.hint
    sha256 = await judge_by(asked, place)
    named = f'{ANY}{MINE}sha256 = "{sha256}"\n'
    assert all(line.passed for line in (await at_gate(asked, named)).values())
    suite_of(asked.settings, "answer", additions(20), NUMERIC)  # one of that name comes: the policy's word holds
    assert all(line.passed for line in (await at_gate(asked, named)).values())
    assert (await at_gate(asked, named.replace(sha256, "a" * 64)))["mine"].kind == "other edition"
    (asked.settings.home / "suites" / "mine" / "items.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"items\.jsonl:1 is not JSON"):
        await at_gate(asked, ANY + MINE)


async def test_the_release_in_service_is_compared_on_the_same_questions(registry: Registry) -> None:
    rules = f'{ANY}[[suites]]\nname = "core"\nthresholds = [{{ metric = "accuracy", regression = 0.1 }}]\n'
    old, new = await registry.add(registry.run("old")), await registry.add(registry.run("new"))
    right = evaluated(metric(value=0.9, half=0.01), model="old", version=old.sha256, number=1)
    # A harder one of the same name, on which the release did worse than the candidate does.
    harder = evaluated(metric(value=0.2, half=0.01), model="old", version=old.sha256, edition="e", number=2)
    async with registry.database.write() as session:
        await evaluations.add(session, evaluated(metric(value=0.5, half=0.01), version=new.sha256, number=3))
        await evaluations.add(session, harder)
    judged, _ = await standing.judged(registry.database, registry.settings, written(registry.settings, rules), "old")
    async with registry.database.write() as session:
        await releases.release(session, Release(model="old", version=old.id), accepted(judged), None)
    name = "core/accuracy regression"
    assert (await at_gate(registry, rules, "new"))[name].kind == "other suite"
    async with registry.database.write() as session:
        await evaluations.add(session, right)
    line = (await at_gate(registry, rules, "new"))[name]
    assert (line.passed, line.kind) == (False, "regression")
    assert line.figure == pytest.approx(-0.4)


async def test_the_ceiling_is_held_against_the_same_questions(registry: Registry) -> None:
    version = await registry.add(registry.run("able"))
    able = evaluated(metric(value=0.9), version=version.sha256, number=2)
    async with registry.database.write() as session:
        await evaluations.add(session, evaluated(metric(value=0.6), model="gpt-4", number=1))
        await evaluations.add(session, able)
        # A harder suite of that name for the model, and an easier one for the reference, both later.
        await evaluations.add(
            session, replace(able, id="eval_9a", metrics=(metric(value=0.2),), suite_sha256="a" * 64)
        )
        await evaluations.add(session, evaluated(metric(value=1.5), model="gpt-4", edition="b", number=9))
    line = (await at_gate(registry, ANY + ABILITY, "able"))["pause: core/accuracy: gpt-4"]
    assert (line.passed, line.kind, line.low, line.bound) == (False, "ability passed", 0.8, 0.5)


def test_what_a_policy_speaks_of_has_one_content_each(registry: Registry) -> None:
    shipped = policy.load(registry.settings)
    found = editions.required(registry.settings, shipped)
    assert found == {
        name: finding.find(registry.settings, name).sha256 for name in ("core", "even-handedness", "safety")
    }
    own = written(registry.settings, f'[[suites]]\nname = "core"\nsha256 = "{"d" * 64}"\n{ABILITY}')
    assert editions.required(registry.settings, own) == {"core": "d" * 64}
