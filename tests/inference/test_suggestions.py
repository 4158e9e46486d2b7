"""The shipped list is complete and consistent, and the advice follows from the machine."""

import datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from causerie.inference import hub_files, suggestions
from causerie.inference.catalogue import safe_name
from causerie.inference.hub_files import Reference
from causerie.inference.suggestions import KnownModel, Machine, known_models, suggest, this_machine
from causerie.settings import load_settings

GIB = 2**30
SPDX = {"Apache-2.0", "MIT"}
FAMILIES = {"Gemma", "Llama-3.2"}


def machine(gib: float, cores: int = 8, disk_gib: float = 500) -> Machine:
    return Machine(memory_bytes=int(gib * GIB), disk_bytes=int(disk_gib * GIB), cores=cores)


@pytest.mark.parametrize("model", known_models().values(), ids=lambda model: model.name)
def test_an_entry_is_complete_and_consistent(model: KnownModel) -> None:
    assert safe_name(model.name) == model.name == model.name.lower()
    assert hub_files.parse(f"hf:{model.repo}:{model.file}") == Reference(model.repo, model.file)
    assert model.file.endswith(".gguf")
    assert model.licence in SPDX | FAMILIES
    assert model.checked in {"from documentation", "on the hub"}
    assert datetime.date(2026, 11, 1) <= model.last_checked <= datetime.date.today()  # noqa: DTZ011
    assert set(model.description) == {"en", "fr"}
    assert all(30 < len(text) < 250 and text.endswith(".") for text in model.description.values())
    assert all(len(code) == 2 and code.islower() for code in model.languages)
    bits = model.size_bytes * 8 / model.parameters
    assert 4 < bits < 9.5, "four- to eight-bit weights"
    needed = (model.size_bytes + 8192 * model.cache_bytes_per_token + GIB / 2) / GIB
    assert needed <= model.memory_gib < needed + 0.11
    assert model.active_parameters < model.parameters


def test_the_list_has_the_families_that_people_ask_for() -> None:
    names = known_models()
    for family in (
        "smollm3",
        "qwen3-",
        "ministral-",
        "gemma-",
        "lucie-",
        "mistral-small",
        "llama-3.2",
        "phi-",
        "gpt-oss",
    ):
        assert any(name.startswith(family) for name in names), family
    assert sum("fr" in model.languages for model in names.values()) >= 10


def test_an_incomplete_entry_is_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(KnownModel).validate_python({"name": "x", "repo": "o/r"})


@pytest.mark.parametrize(
    ("gib", "cores", "best"),
    [(1.2, 2, ""), (2.0, 2, "qwen3-0.6b"), (3.0, 4, "smollm3"), (6.0, 8, "qwen3-4b"), (32, 8, "qwen3-30b-a3b")],
)
def test_the_advice_follows_from_memory_and_cores(gib: float, cores: int, best: str) -> None:
    advised = [each.model.name for each in suggest(machine(gib, cores)) if each.best]
    assert advised == ([best] if best else [])


def test_what_does_not_fit_comes_last() -> None:
    found = suggest(machine(6.0))
    fits = [each.fits_memory for each in found]
    assert fits == sorted(fits, reverse=True)
    assert False in fits
    assert not any(each.model.embedding for each in found)


def test_a_full_disk_counts_as_not_fitting() -> None:
    found = suggest(machine(32, disk_gib=1))
    assert all(each.model.size_bytes < GIB for each in found if each.fits_disk)
    assert found[0].best
    assert found[0].model.size_bytes < GIB


def test_a_reader_of_french_is_advised_a_model_that_knows_it() -> None:
    for gib in (2.5, 4.0, 8.0, 16.0):
        best = next(each for each in suggest(machine(gib), "fr") if each.best)
        assert "fr" in best.model.languages


def test_a_slow_machine_is_advised_the_fastest_that_fits() -> None:
    slow = machine(32, cores=1)
    found = suggest(slow)
    assert found[0].best
    assert found[0].tokens_per_s >= max(
        each.tokens_per_s for each in found if each.model.level == found[0].model.level
    )


def test_a_mixture_of_experts_is_faster_than_its_size() -> None:
    speeds = {each.model.name: each.tokens_per_s for each in suggest(machine(64))}
    assert speeds["qwen3-30b-a3b"] > speeds["ministral-3-8b"]


def test_this_machine_is_seen() -> None:
    seen = this_machine(load_settings())
    assert seen.memory_bytes > GIB / 2
    assert seen.cores >= 1
    assert seen.disk_bytes > 0
    assert this_machine(load_settings(memory_budget_gib=3)).memory_bytes == 3 * GIB


def test_near_names_are_offered() -> None:
    assert "qwen3-4b" in suggestions.not_known("qwen-4b").hint
