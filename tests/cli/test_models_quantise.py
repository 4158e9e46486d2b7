"""`causerie models quantise`."""

import json

import pytest

from causerie.settings import Settings
from tests.cli.conftest import Causerie
from tests.inference.gguf_writer import write
from tests.registry.test_quantising import weights

__all__ = ["weights"]
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("training")]


@pytest.fixture
def tiny(causerie: Causerie, settings: Settings, weights: bytes) -> str:
    """A model that is here and not registered."""
    done = causerie("pull", str(write(settings.home / "tiny.gguf", weights)), "--name", "tiny")
    assert done.code == 0, done.err
    return "tiny"


def test_a_model_gets_another_form_and_is_registered(causerie: Causerie, tiny: str) -> None:
    done = causerie("models", "quantise", tiny, "--kind", "q4_0")
    assert done.code == 0, done.err
    assert "tiny-q4_0 is here" in done.out
    assert "registered as version" in done.out
    assert "└─ tiny" in causerie("models", "lineage", "tiny-q4_0").out
    said = json.loads(causerie("models", "quantise", tiny, "--name", "eight", "--json").out)
    assert (said["name"], said["quantization"], len(said["version"])) == ("eight", "Q8_0", 64)


def test_a_form_that_is_none_is_told_in_french(
    causerie: Causerie, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    done = causerie("models", "quantise", tiny, "--kind", "q3_k")
    assert done.code == 2
    assert "il n'y a pas de forme 'q3_k'" in done.err
    assert "q8_0" in done.err
