"""What a run will take, said beforehand: the arithmetic, and that it is about what is seen."""

from pathlib import Path

import pytest
import torch

from causerie.errors import ConfigError
from causerie.modeling.config import from_depth
from causerie.modeling.transformer import Transformer
from causerie.training import dry_run, machine
from causerie.training.dry_run import activations, plan
from causerie.training.machine import peak_flops, precision_of, versions
from causerie.training.run import train
from tests.training.runs import events, recipe_of
from tests.training.talks import CONTEXT
from tests.training.test_objectives import recipe_of as talk_recipe_of


def test_a_small_run_is_planned_as_it_then_is(language: Path, tmp_path: Path) -> None:
    recipe = recipe_of(language, tmp_path / "run", schedule__steps=5, money__per_hour=7.2)
    planned = plan(recipe)
    folder = train(recipe)
    last = events(folder.path, "step")[-1]
    assert planned.tokens == last["tokens"]
    assert planned.flops == pytest.approx(last["flops"])
    assert planned.timed
    assert planned.steps == 5
    assert planned.parameters == planned.trained_parameters
    assert planned.price == pytest.approx(planned.seconds / 3600 * 7.2)
    assert planned.currency == "EUR"


def test_without_data_the_recipe_must_say_what_the_data_would(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(ConfigError, match=r"model\.vocabulary"):
        plan(recipe_of(absent, tmp_path / "run"))
    planned = plan(recipe_of(absent, tmp_path / "run", model__vocabulary=64))
    assert (
        planned.parameters
        == from_depth(2, vocabulary=64, context=32, width=32, heads=2, head_width=16, hidden=64).parameters()
    )
    with pytest.raises(ConfigError, match=r"schedule\.epochs cannot be counted"):
        plan(recipe_of(absent, tmp_path / "run", model__vocabulary=64, schedule__steps=0, schedule__epochs=1))


def test_fsdp_shares_weights_and_a_stated_speed_gives_the_time(tmp_path: Path) -> None:
    changes = {"model__vocabulary": 64, "compute__parallel": "fsdp", "batch__micro_size": 1}
    one = plan(recipe_of(tmp_path, tmp_path / "run", **changes))
    many = plan(recipe_of(tmp_path, tmp_path / "run", money__processes=8, money__flops_per_s=1e9, **changes))
    assert many.memory_bytes["weights"] == one.memory_bytes["weights"] // 8
    assert many.memory_bytes["activations"] == one.memory_bytes["activations"]
    assert not many.timed
    assert many.seconds == pytest.approx(many.flops / 8e9)
    with pytest.raises(ConfigError, match="x 3 processes"):
        plan(recipe_of(tmp_path, tmp_path / "run", money__processes=3, **changes))


def test_adapters_train_little_and_remember_little(talks: Path, tmp_path: Path) -> None:
    planned = plan(talk_recipe_of(talks, tmp_path / "run", "sft", lora={"rank": 2}))
    assert planned.trained_parameters < planned.parameters / 4
    assert planned.memory_bytes["gradients"] == 4 * planned.trained_parameters
    assert planned.memory_bytes["optimiser"] == 8 * planned.trained_parameters
    assert planned.memory_bytes["weights"] == 4 * (planned.parameters + planned.trained_parameters)


@pytest.mark.parametrize("objective", ["dpo", "kto"])
def test_what_is_held_to_its_start_passes_two_rows_for_a_sequence(
    talks: Path, tmp_path: Path, objective: str
) -> None:
    recipe = talk_recipe_of(talks, tmp_path / "run", objective, schedule={"steps": 2})
    planned = plan(recipe)
    assert planned.tokens == 2 * recipe.batch.size * 2 * CONTEXT


def test_activations_are_about_what_autograd_keeps(tmp_path: Path) -> None:
    config = from_depth(4, vocabulary=64, context=64)
    network = Transformer(config)
    kept: dict[int, int] = {}
    weights = {weight.data_ptr() for weight in network.parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if tensor.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    tokens = torch.randint(64, (4, 64))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(tokens, None, tokens)
    planned = activations(config, 4 * 64, recipe_of(tmp_path, tmp_path))
    assert sum(kept.values()) == pytest.approx(planned, rel=0.3)
    assert activations(config, 4 * 64, recipe_of(tmp_path, tmp_path, compute__recompute=True)) < planned / 2


class _Busy:
    """A machine on which this process has the processor for a quarter of the time that passes."""

    def __init__(self) -> None:
        self.own = 0.0

    def thread_time(self) -> float:
        self.own += 0.5
        return self.own

    def perf_counter(self) -> float:
        return self.own * 4


def test_what_other_programs_compute_meanwhile_is_told_and_not_counted(
    language: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "time", _Busy())
    monkeypatch.setattr(machine, "device_here", lambda: torch.device("cpu"))
    recipe = recipe_of(language, tmp_path / "run")
    planned = plan(recipe)
    rows = recipe.batch.micro_size * recipe.model.context
    assert planned.seconds == pytest.approx(planned.tokens / rows * 0.5)
    assert planned.share == pytest.approx(0.25)


def test_the_peak_is_measured() -> None:
    assert peak_flops(torch.float32, seconds=0.05) > 1e8
    assert precision_of("bfloat16", torch.device("cpu")) == torch.bfloat16
    assert precision_of("auto", torch.device("cpu")) in {torch.float32, torch.bfloat16}
    assert versions()["threads"] == "1"
