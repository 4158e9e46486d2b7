"""The policy: what ships is right, what is wrong is told with its line and its fix."""

import pytest

from causerie.errors import ConfigError
from causerie.planning.thresholds import THRESHOLDS
from causerie.registry import policy
from causerie.settings import Settings
from tests.registry.policies import written


def test_the_policy_that_ships_asks_for_suites_that_ship_and_pauses_at_the_known_thresholds(
    settings: Settings,
) -> None:
    from causerie.evaluation import finding

    shipped = policy.load(settings)
    assert (shipped.source, len(shipped.sha256)) == ("", 64)
    rules = shipped.rules
    assert [suite.name for suite in rules.suites] == ["core", "safety", "even-handedness"]
    for suite in rules.suites:
        assert finding.find(settings, suite.name).name == suite.name
        assert suite.thresholds
    known = {threshold.flops: threshold.name for threshold in THRESHOLDS}
    assert {each.flops: each.name for each in rules.pause.compute} == known
    assert set(known) == {1e25, 1e26}
    assert all(each.source for each in rules.pause.compute)
    assert all(each.source for each in rules.pause.ability)
    assert not rules.gate.automatic
    assert rules.pause.ability[0].name == "core/accuracy: gpt-4"


def test_one_in_the_data_folder_holds_instead(settings: Settings) -> None:
    own = written(settings, "[gate]\nautomatic = true\n")
    assert own.source == str(settings.home / "policy.toml")
    assert own.rules.gate.automatic
    assert own.rules.suites == ()
    assert own.sha256 != policy.parse('version = "test"\n').sha256


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[gate]\nlicenses = []\n", "line 3: the key gate.licenses is not known", "did you mean licences?"),
        ("[fall_back]\nerror_rate = 2.0\n", "line 3: fall_back.error_rate is not right", "it is 2.0"),
        ("[[suites]]\nthresholds = []\n", r"the key suites\[1\].name is missing", "write suites[1].name = ..."),
        ('[[suites]]\nname = "core"\nthresholds = [{ metric = "accuracy" }]\n',
         "line 4: .* a threshold needs one of least, most, within, regression", ""),
        ('[[pause.compute]]\nflops = 1e9\nname = "x"\n', r"the key pause.compute\[1\].source is missing", ""),
        ("[pause]\nstop = \"never\"\n", "line 3: pause.stop is not right", "it is 'never'"),
        ('[[suites]]\nname = "core"\nsha256 = "ab"\n', r"suites\[1\].sha256 is not right", "it is 'ab'"),
        ('[[suites]]\nname = "core"\n[[suites]]\nname = "core"\n', "suites is not right: the suite core stands twice",
         ""),
        ('[[pause.compute]]\nflops = 1e9\nname = "x"\nsource = "us"\n' * 2,
         "pause is not right: x stands twice: signatures for one would let pass the other", ""),
        ('[[pause.compute]]\nflops = inf\nname = "x"\nsource = "us"\n', r"pause.compute\[1\].flops is not right",
         "it is inf"),
        ("gate = [", "is not TOML", "texts stand in double quotes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(settings: Settings, text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        written(settings, text)
    assert hint in caught.value.hint


def test_without_a_version_it_is_none(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="the key version is missing"):
        policy.parse("[gate]\nlineage = false\n")


def test_a_file_that_cannot_be_read_is_told(settings: Settings) -> None:
    written(settings, "")
    (settings.home / "policy.toml").write_bytes(b"version = '\xff'")
    with pytest.raises(ConfigError, match="cannot be read"):
        policy.load(settings)
