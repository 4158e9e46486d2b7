"""The gate: bounds and not figures decide, each line says why, and what is not known does not pass."""

import math
from dataclasses import replace

import pytest

from causerie.errors import NotFound
from causerie.evaluation import store as evaluations
from causerie.evaluation.contract import Evaluation, Scored
from causerie.evaluation.folder import append, folder_of
from causerie.registry import policy, releases, standing
from causerie.registry.gate import SENTENCES, Difference, Judgement, Line, Standing, apart_by_intervals, judge
from causerie.registry.releases import Wanted
from tests.registry.policies import CORE, PAPERS, evaluated, metric, written
from tests.registry.stories import Registry


def rules(text: str) -> policy.Policy:
    return policy.parse(f'version = "1"\n[gate]\nlineage = false\ncard = false\nsignature = false\n{text}')


def lines_of(text: str, known: Standing, *overridden: str) -> dict[str, Line]:
    return {line.requirement: line for line in judge(rules(text), known, overridden).lines}


def suite(thresholds: str, name: str = "core") -> str:
    return f'[[suites]]\nname = "{name}"\nthresholds = [{thresholds}]\n'


def standing_with(*evaluations: Evaluation, **more: object) -> Standing:
    """As when each evaluation is by the suite that the policy asks for."""
    editions = {each.suite: each.suite_sha256 for each in evaluations}
    known = Standing(model="tiny", editions=editions, evaluations={each.suite: each for each in evaluations})
    return replace(known, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("threshold", "value", "half", "passed"),
    [
        ('metric = "accuracy", least = 0.7', 0.75, 0.04, True),
        ('metric = "accuracy", least = 0.7', 0.75, 0.06, False),  # the figure alone would pass
        ('metric = "accuracy", most = 0.8', 0.75, 0.04, True),
        ('metric = "accuracy", most = 0.8', 0.75, 0.06, False),
        ('metric = "accuracy", within = 0.1', 0.02, 0.07, True),
        ('metric = "accuracy", within = 0.1', 0.02, 0.09, False),
        ('metric = "accuracy", within = 0.1', -0.02, 0.09, False),
    ],
)
def test_the_end_of_the_interval_decides(threshold: str, value: float, half: float, passed: bool) -> None:
    known = standing_with(evaluated(metric(value=value, half=half)))
    line = lines_of(suite(f"{{ {threshold} }}"), known)["core/accuracy"]
    assert (line.passed, line.figure) == (passed, value)
    assert line.bound in {0.7, 0.8, 0.1}
    assert f"accuracy is {value:.3g}" in line.reason


def test_a_suite_that_was_not_run_or_left_items_without_an_answer_does_not_pass() -> None:
    asked = suite('{ metric = "accuracy", least = 0.1 }')
    missing = lines_of(asked, Standing(model="tiny"))
    assert {name: line.passed for name, line in missing.items()} == {"core": False}
    assert missing["core"].reason == "there is no evaluation with core: `causerie eval tiny --suite core`"
    broken = lines_of(asked, standing_with(evaluated(metric(), errors=3)))
    assert not broken["core"].passed
    assert broken["core"].reason == "3 items of core have no answer"
    assert broken["core/accuracy"].passed
    other = lines_of(suite('{ metric = "win_rate", least = 0.1 }'), standing_with(evaluated(metric())))
    assert other["core"].reason == "evaluated with core, 40 items"
    assert not other["core/win_rate"].passed
    assert not lines_of(
        suite('{ metric = "accuracy", task = "x", least = 0.1 }'), standing_with(evaluated(metric()))
    )["core/x/accuracy"].passed


def test_without_a_figure_of_the_whole_suite_each_task_must_hold() -> None:
    english, french = metric(task="en", value=0.9), metric(task="fr", value=0.4)
    found = lines_of(suite('{ metric = "accuracy", least = 0.5 }'), standing_with(evaluated(english, french)))
    assert {name: line.passed for name, line in found.items()} == {
        "core": True, "core/en/accuracy": True, "core/fr/accuracy": False,
    }  # fmt: skip
    whole = lines_of(
        suite('{ metric = "accuracy", least = 0.5 }'), standing_with(evaluated(french, metric(value=0.7)))
    )
    assert set(whole) == {"core", "core/accuracy"}


def test_no_worse_than_the_release_in_service_at_the_end_of_the_difference() -> None:
    asked = suite('{ metric = "accuracy", regression = 0.05 }')
    known = standing_with(
        evaluated(metric(value=0.74)), in_service="old", before={"core": evaluated(metric(value=0.75), model="old")}
    )
    by_intervals = lines_of(asked, known)["core/accuracy regression"]
    assert not by_intervals.passed  # 0.01 less, but the intervals allow 0.15
    assert by_intervals.low == pytest.approx(-0.01 - math.hypot(0.1, 0.1))
    paired = {("core", "accuracy", ""): Difference(value=-0.01, low=-0.03, high=0.01)}
    line = lines_of(asked, replace(known, differences=paired))["core/accuracy regression"]
    assert (line.passed, line.low, line.bound) == (True, -0.03, 0.05)
    worse = {("core", "accuracy", ""): Difference(value=-0.04, low=-0.06, high=-0.02)}
    assert not lines_of(asked, replace(known, differences=worse))["core/accuracy regression"].passed


def test_where_less_is_better_more_is_worse() -> None:
    asked = suite('{ metric = "bits_per_byte", regression = 0.1 }')
    for value, passed in ((1.0, True), (1.2, False)):
        known = standing_with(
            evaluated(metric("bits_per_byte", value=value, half=0.01, up=False)), in_service="old",
            before={"core": evaluated(metric("bits_per_byte", value=1.0, half=0.01, up=False))},
        )  # fmt: skip
        assert lines_of(asked, known)["core/bits_per_byte regression"].passed is passed
    sides = apart_by_intervals(metric(value=-0.3, half=0.0, up=None), metric(value=0.1, half=0.0, up=None))
    assert sides.value == pytest.approx(-0.2)  # nearer to 0


def test_what_cannot_be_compared_does_not_pass_but_a_first_release_has_nothing_before_it() -> None:
    asked = suite('{ metric = "accuracy", regression = 0.05 }')
    name = "core/accuracy regression"
    now = evaluated(metric())
    assert lines_of(asked, standing_with(now))[name].reason == "there is no release in service to compare with"
    same = standing_with(now, version="v", in_service="tiny", in_service_version="v")
    assert lines_of(asked, same)[name].reason == "it is the release in service"
    alone = lines_of(asked, standing_with(now, in_service="old"))[name]
    assert (alone.passed, alone.kind) == (False, "not compared")
    other = lines_of(asked, standing_with(now, in_service="old", before={"core": evaluated(metric(), edition="8")}))
    assert (other[name].passed, other[name].kind) == (False, "other suite")
    assert other[name].reason.endswith("another edition of core: `causerie eval old --suite core`")


def test_an_evaluation_by_another_suite_of_the_same_name_is_none() -> None:
    asked = suite('{ metric = "accuracy", least = 0.5, regression = 0.05 }') + ABILITY
    easier = evaluated(metric(value=0.95), edition="e")
    known = standing_with(easier, editions={"core": "c" * 64}, references={"core/accuracy: gpt-4": 0.99})
    found = lines_of(asked, known)
    assert {name: (line.passed, line.kind) for name, line in found.items()} == {
        "core": (False, "other edition"), "pause: core/accuracy: gpt-4": (False, "other edition"),
    }  # fmt: skip
    assert found["core"].reason == (
        "it was evaluated with another suite of the name core (eeeeeeeeeeee; cccccccccccc is asked for), which does"
        " not count: `causerie eval tiny --suite core`"
    )
    assert not lines_of(asked, replace(known, editions={}))["core"].passed


def test_papers() -> None:
    asked = policy.parse('version = "1"\n[gate]\nlicences = ["MIT", "CC0-1.0"]\n')
    good = Standing(model="tiny", licence="mit", licences=(("fables", "CC0-1.0"),))
    assert judge(asked, good).passed
    bad = Standing(
        model="tiny", licence="mit", licences=(("fables", "CC-BY-NC-4.0"), ("notes", "")), signature="it was changed",
        lineage_gaps=("recipe of tiny", "data of tiny"), card_gaps=("contact",),
    )  # fmt: skip
    reasons = {line.requirement: line.reason for line in judge(asked, bad).lines if not line.passed}
    assert reasons == {
        "lineage": "the lineage lacks: recipe of tiny, data of tiny", "card": "the card lacks: contact",
        "licence": "these may not be released together with it: fables: CC-BY-NC-4.0; notes: ?",
        "signature": "it was changed",
    }  # fmt: skip
    unknown = {line.requirement: line for line in judge(asked, replace(good, licence="")).lines}
    assert unknown["licence"].reason == "the licence is not known"
    free = {line.requirement for line in judge(policy.parse('version = "1"\n'), good).lines}
    assert free == {"lineage", "card", "signature"}


COMPUTE = '[[pause.compute]]\nflops = 1e20\nname = "twenty"\nsource = "us"\n'
ABILITY = '[[pause.ability]]\nsuite = "core"\nmetric = "accuracy"\nreference = "gpt-4"\nsource = "a letter"\n'


def test_a_model_past_a_threshold_of_compute_waits_for_its_signatures() -> None:
    known = Standing(model="tiny", flops=0.99e20)
    assert lines_of(COMPUTE, known)["pause: twenty"].passed
    past = replace(known, flops=1.01e20)
    line = lines_of(COMPUTE, past)["pause: twenty"]
    assert (line.passed, line.figure, line.bound) == (False, 1.01e20, 1e20)
    assert line.reason == "1.01e+20 operations went into it: twenty (1e+20) is passed"
    assert lines_of(COMPUTE, replace(past, signed_pauses=frozenset({"twenty"})))["pause: twenty"].passed


def test_a_model_whose_lower_bound_passes_that_of_the_reference_waits_too() -> None:
    name = "pause: core/accuracy: gpt-4"
    assert lines_of(ABILITY, standing_with())[name].kind == "ability unknown"
    bound = {"core/accuracy: gpt-4": 0.6}
    below = standing_with(
        evaluated(metric(value=0.69)), references=bound
    )  # its figure passes, its lower bound does not
    assert lines_of(ABILITY, below)[name].passed
    above = standing_with(evaluated(metric(value=0.75)), references=bound)
    assert not lines_of(ABILITY, above)[name].passed
    assert lines_of(ABILITY, replace(above, signed_pauses=frozenset({"core/accuracy: gpt-4"})))[name].passed
    assert not lines_of(ABILITY, Standing(model="tiny", references=bound))[name].passed
    no_figure = lines_of(ABILITY, standing_with(evaluated(metric("win_rate")), references=bound))[name]
    assert (no_figure.passed, no_figure.kind) == (False, "no metric")


def test_what_another_form_of_the_same_weights_can_do_counts() -> None:
    name = "pause: core/accuracy: gpt-4"
    known = standing_with(evaluated(metric(value=0.65)), references={"core/accuracy: gpt-4": 0.6})
    below = replace(known, abilities={"core/accuracy: gpt-4": metric(value=0.62)})
    assert (lines_of(ABILITY, below)[name].passed, lines_of(ABILITY, below)[name].figure) == (True, 0.65)
    whole = replace(known, abilities={"core/accuracy: gpt-4": metric(value=0.8)})
    line = lines_of(ABILITY, whole)[name]
    assert (line.passed, line.kind, line.figure) == (False, "ability before", 0.8)
    assert line.reason.startswith("accuracy of the same weights was at least 0.7 before, or in another form,")
    assert lines_of(ABILITY, replace(whole, signed_pauses=frozenset({"core/accuracy: gpt-4"})))[name].passed


def test_an_override_lets_its_lines_pass_and_no_others() -> None:
    asked = rules(suite('{ metric = "accuracy", least = 0.9 }') + suite("", "safety"))
    known = standing_with(evaluated(metric()))
    refused = judge(asked, known)
    assert refused.failed == ("core/accuracy", "safety")
    partly = judge(asked, known, {"core/accuracy", "core"})
    assert (partly.passed, partly.failed, partly.overridden) == (False, ("safety",), ("core/accuracy",))
    wholly = judge(asked, known, {"core/accuracy", "safety"})
    assert wholly.passed
    line = next(line for line in wholly.lines if line.requirement == "core/accuracy")
    assert (line.passed, line.overridden, line.low) == (False, True, 0.65)
    assert (line.kind, line.reason.endswith("0.9 is needed")) == ("least", True)


def test_every_sentence_can_be_said_and_json_has_no_infinity() -> None:
    line = Line(requirement="x", passed=True, kind="suite", values={"suite": "core", "items": "3"}, low=-math.inf)
    assert line.to_json()["low"] is None
    assert line.to_json()["reason"] == "evaluated with core, 3 items"
    said = Judgement(model="m", version="v", policy_version="1", policy_sha256="2", lines=(line,)).to_json()
    assert (said["passed"], said["lines"][0]["requirement"]) == (True, "x")
    assert all(SENTENCES.values())


async def test_all_that_is_known_of_a_registered_model_is_looked_up(registry: Registry) -> None:
    rules_ = written(registry.settings, PAPERS + CORE)
    old = await registry.add(registry.run("old"))
    new = await registry.add(registry.run("new"))
    scores = {old.model: [1.0] * 30 + [0.0] * 10, new.model: [1.0] * 31 + [0.0] * 9}
    for number, version in enumerate((old, new)):
        share = sum(scores[version.model]) / 40
        one = evaluated(metric(task="t", value=share), model=version.model, version=version.sha256, number=number)
        folder = folder_of(registry.settings, one.id)
        folder.mkdir(parents=True)
        with (folder / "items.jsonl").open("w") as file:
            for item, score in enumerate(scores[version.model]):
                append(file, Scored(id=str(item), task="t", prompt="p", answer="a", score=score), 0.1)
        async with registry.database.write() as session:
            await evaluations.add(session, one)
    judged, override_id = await standing.judged(registry.database, registry.settings, rules_, "old")
    found = {line.requirement: line for line in judged.lines}
    assert (judged.model, judged.version, override_id) == ("old", old.id, None)
    assert found["core/t/accuracy regression"].kind == "no release"
    assert found["signature"].passed
    async with registry.database.write() as session:
        await releases.release(session, Wanted(model="old", version=old.id), accepted(judged), None)
        mine = evaluated(metric("t"))
        assert (await standing.evaluation_in_service(session, registry.settings, mine)) is not None
        assert (await standing.evaluation_in_service(session, registry.settings, mine, "other")) is None
        edited = replace(mine, suite_sha256="ab" * 32)
        assert (await standing.evaluation_in_service(session, registry.settings, edited)) is None
    judged, _ = await standing.judged(registry.database, registry.settings, rules_, new.id[:12])
    assert judged.version == new.id
    compared = {line.requirement: line for line in judged.lines}["core/t/accuracy regression"]
    assert compared.figure == pytest.approx(1 / 40)
    assert compared.low == pytest.approx(1 / 40, abs=0.08)  # pair by pair; the intervals alone allow 0.12
    assert (registry.settings.models_folder / "new" / "model.gguf").exists()


def accepted(judged: Judgement) -> Judgement:
    """The same with nothing in its way."""
    return replace(judged, lines=tuple(replace(line, passed=True) for line in judged.lines))


async def test_a_changed_byte_an_unknown_name_and_what_is_not_registered(registry: Registry) -> None:
    rules_ = written(registry.settings, PAPERS)
    version = await registry.add(registry.run("tiny"))
    model = registry.settings.models_folder / "tiny" / "model.gguf"
    content = model.read_bytes()
    model.unlink()  # it may be the run's own file: a copy is changed
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    judged, _ = await standing.judged(registry.database, registry.settings, rules_, "tiny")
    assert "signature" in judged.failed
    assert judged.version == version.id
    await registry.pulled("stranger")
    judged, _ = await standing.judged(registry.database, registry.settings, rules_, "stranger")
    assert (judged.version, "signature" in judged.failed) == ("", True)
    with pytest.raises(NotFound):
        await standing.judged(registry.database, registry.settings, rules_, "nobody")
