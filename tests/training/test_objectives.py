"""What is learnt from conversations: sums by hand, and models that learn."""

import json
import math
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from causerie.errors import ConfigError, DataError
from causerie.modeling.hf_folder import load_folder
from causerie.training import start_files
from causerie.training.examples import Encoded, pack, packed_rows, padded_rows
from causerie.training.objectives.dpo import DirectPreferences, dpo_loss
from causerie.training.objectives.kto import kto_loss
from causerie.training.objectives.reference import of_the_start
from causerie.training.objectives.sft import SupervisedFineTuning
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe
from causerie.training.run import train
from causerie.training.step import measured
from tests.training.runs import events, losses
from tests.training.talks import CONTEXT, write_samples, write_talks

ALONE = Processes(0, 1, torch.device("cpu"))


LONGER: dict[str, Any] = {
    "batch": {"size": 8, "micro_size": 8},
    "schedule": {"steps": 40},
    "preferences": {"beta": 0.5},
}


def recipe_of(talks: Path, run: Path, objective: str, **changes: Any) -> Recipe:
    said: dict[str, Any] = {
        "objective": objective,
        "run": str(run),
        "data": {"folder": str(talks)},
        "model": {"start": str(talks / "start"), "context": CONTEXT},
        "batch": {"size": 4, "micro_size": 2},
        "optimiser": {"kind": "adamw", "matrices": 0.003, "embedding": 0.003},
        "schedule": {"steps": 30},
        "checkpoints": {"every_steps": 10},
        "evaluation": {"every_steps": 15, "sequences": 8},
        "samples": {"prompts": ["what comes after red?"], "tokens": 8, "every_steps": 15, "temperature": 0},
        "compute": {"threads": 1, "compile": "off"},
    }
    return Recipe.model_validate_json(json.dumps(said | changes))


def test_sft_learns_the_answers_writes_samples_and_exports(talks: Path, tmp_path: Path) -> None:
    folder = train(recipe_of(talks, tmp_path / "run", "sft"))
    held_out = events(folder.path, "evaluation")
    assert held_out[-1]["cross_entropy"] < 0.5 * losses(folder.path)[0][1]
    assert held_out[-1]["bits_per_byte"] > 0
    samples = [json.loads(line) for line in (folder.path / "samples.jsonl").read_text().splitlines()]
    assert {row["prompt"] for row in samples} == {"what comes after red?"}
    network = load_folder(folder.path / "export" / "hf")
    assert network.config.context == CONTEXT
    assert (folder.path / "export" / "model.gguf").stat().st_size > 50_000
    lineage = json.loads((folder.path / "lineage.json").read_text())
    assert lineage["objective"] == "sft"
    assert lineage["steps"] == 30
    assert set(lineage["start"]) == {"path", "model.safetensors"}
    assert len(lineage["data_sha256"]) == len(lineage["gguf_sha256"]) == len(lineage["recipe_sha256"]) == 64


def test_the_weights_that_were_gone_on_from_are_in_the_lineage_whatever_they_are_called(
    talks: Path, tmp_path: Path
) -> None:
    start = tmp_path / "start"
    shutil.copytree(talks / "start", start)
    weights = load_file(start / "model.safetensors")
    (start / "model.safetensors").rename(start / "path")  # as the place is called in the lineage, too
    (start / start_files.INDEX).write_text(json.dumps({"weight_map": dict.fromkeys(weights, "path")}))
    recipe = recipe_of(talks, tmp_path / "run", "sft", schedule={"steps": 1})
    recipe = recipe.model_copy(update={"model": recipe.model.model_copy(update={"start": str(start)})})
    lineage = json.loads((train(recipe).path / "lineage.json").read_text())
    assert lineage["start"] == {"path": str(start), "./path": sha256((start / "path").read_bytes()).hexdigest()}


@pytest.mark.parametrize("objective", ["sft", "dpo"])
def test_lora_trains_the_adapters_alone_and_exports_them_merged(talks: Path, tmp_path: Path, objective: str) -> None:
    folder = train(recipe_of(talks, tmp_path / "run", objective, lora={"rank": 4, "dropout": 0.1}))
    before, after = load_folder(talks / "start"), load_folder(folder.path / "export" / "hf")
    changed = {
        name.split(".")[-2]
        for (name, old), (_, new) in zip(before.named_parameters(), after.named_parameters(), strict=True)
        if not torch.allclose(old, new, atol=1e-6)
    }
    assert changed == {"q", "k", "v", "o", "gate", "up", "down"}
    assert (folder.path / "export" / "lora" / "adapter_model.safetensors").is_file()


def test_dpo_prefers_the_better_answer_and_computes_the_start_once(talks: Path, tmp_path: Path) -> None:
    rates = {"kind": "adamw", "matrices": 0.01, "embedding": 0.01, "vectors": 0.01}
    recipe = recipe_of(talks, tmp_path / "run", "dpo", optimiser=rates, **LONGER)
    folder = train(recipe)
    first, last = events(folder.path, "step")[0], events(folder.path, "evaluation")[-1]
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-5)  # nothing is gained yet
    assert first["margin"] == pytest.approx(0, abs=1e-5)
    assert last["accuracy"] == 1.0
    assert last["loss"] < 0.6
    objective = DirectPreferences(recipe, ALONE)
    kept = (folder.path / "reference.safetensors").stat().st_mtime_ns
    objective.begin(_Refuses(), folder.path)  # a model that must not be asked again
    assert (folder.path / "reference.safetensors").stat().st_mtime_ns == kept


class _Refuses(nn.Module):
    def forward(self, *_: Any, **__: Any) -> None:
        raise AssertionError("the start was computed again")


def test_kto_learns_from_thumbs_without_pairs(talks: Path, tmp_path: Path) -> None:
    folder = train(recipe_of(talks, tmp_path / "run", "kto", **LONGER))
    first, last = events(folder.path, "step")[0], events(folder.path, "evaluation")[-1]
    assert first["loss"] == pytest.approx(0.5, abs=1e-4)
    assert last["loss"] < 0.45
    assert last["accuracy"] > 0.8


def test_dpos_loss_by_hand() -> None:
    now = torch.tensor([[-3.0, -5.0], [-4.0, -1.0]])
    start = torch.tensor([[-4.0, -5.0], [-4.0, -2.0]])
    loss = dpo_loss(now, start, beta=0.5)  # gains: 1 and 0 of the better, 0 and 1 of the worse
    assert loss.total == pytest.approx(math.log(1 + math.exp(-0.5)) + math.log(1 + math.exp(0.5)))
    assert loss.sums["accuracy"] == 1
    assert loss.sums["margin"] == 0


def test_ktos_loss_by_hand() -> None:
    now = torch.tensor([[-2.0, -2.0], [-1.0, -3.0]])
    start = torch.tensor([[-4.0, -4.0], [-2.0, -4.0]])
    loss = kto_loss(now, start, torch.tensor([True, False]), 0.5, (2.0, 3.0))  # both gained 2, the others 1

    def away(x: float) -> float:
        return 1 - 1 / (1 + math.exp(-x))

    assert loss.total == pytest.approx(3 * away(0.5 * (2 - 1)) + 2 * away(0.5 * (1 - 2)))
    assert loss.sums["accuracy"] == 1
    assert loss.sums["moved"] == 2


def test_rows_are_packed_tightly_and_each_example_once() -> None:
    lengths = [7, 2, 3, 5, 8, 1, 4, 10]
    rows = pack(lengths, 10)
    assert sorted(number for row in rows for number in row) == list(range(8))
    assert [sum(lengths[number] for number in row) for row in rows] == [10, 10, 10, 10]


def test_packed_rows_teach_what_padded_rows_do(talks: Path) -> None:
    """The same conversations, each by itself and several a row, give the same sum of losses."""
    network = load_folder(talks / "start")
    torch.manual_seed(1)
    for weight in network.parameters():
        nn.init.normal_(weight, std=0.2)
    generator = torch.Generator().manual_seed(0)
    examples = []
    for length in (9, 14, 5, 20):
        ids = torch.randint(0, 300, (length,), generator=generator).tolist()
        examples.append(Encoded(tuple(ids), tuple(number > 2 for number in range(length))))
    packed = packed_rows(examples, pack([len(example.ids) - 1 for example in examples], 30), 30)
    padded = padded_rows(examples)
    one = network(packed["tokens"], packed["documents"], packed["targets"]).total
    two = network(padded["tokens"], None, padded["targets"]).total
    assert one.item() == pytest.approx(two.item(), rel=1e-5)
    assert (packed["targets"] >= 0).sum() == (padded["targets"] >= 0).sum() == 6 + 11 + 2 + 17


def test_only_the_assistants_tokens_are_targets(talks: Path, tmp_path: Path) -> None:
    objective = SupervisedFineTuning(recipe_of(talks, tmp_path / "run", "sft"), ALONE)
    batch = objective.next()
    from causerie.tokenization.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(talks / "tokenizer")
    targets = batch.tensors["targets"]
    said = tokenizer.decode(targets[targets >= 0].tolist())
    assert "what" not in said
    assert "<|im_end|>" in said


def test_what_does_not_fit_is_left_out_whole_and_counted(talks: Path, tmp_path: Path) -> None:
    recipe = recipe_of(talks, tmp_path / "run", "sft", model={"start": str(talks / "start"), "context": 4})
    with pytest.raises(DataError, match=r"has no conversations that fit model\.context 4"):
        train(recipe)


def test_a_start_that_is_not_there_is_missed_before_its_tokenizer(tmp_path: Path) -> None:
    start = str(tmp_path / "absent")
    with pytest.raises(ConfigError, match=r"model\.start .*absent is no model") as caught:
        train(recipe_of(tmp_path, tmp_path / "run", "sft", model={"start": start, "context": CONTEXT}))
    assert caught.value.param == "model.start"
    assert not (tmp_path / "run").exists()


def test_a_context_beyond_the_models_is_refused(talks: Path, tmp_path: Path) -> None:
    recipe = recipe_of(talks, tmp_path / "run", "sft", model={"start": str(talks / "start"), "context": 4096})
    with pytest.raises(ConfigError, match="is more than the 64") as caught:
        train(recipe)
    assert caught.value.hint == "give 64 or less"


@pytest.mark.parametrize("objective", ["sft", "dpo", "kto"])
def test_a_run_that_goes_on_is_the_run_that_never_stopped(talks: Path, tmp_path: Path, objective: str) -> None:
    """Dropout included: what is random comes from the step, not from what was drawn before."""
    changes = {"lora": {"rank": 2, "dropout": 0.2}, "schedule": {"steps": 6}, "checkpoints": {"every_steps": 3}}
    whole = train(recipe_of(talks, tmp_path / "whole", objective, **changes))
    part = train(recipe_of(talks, tmp_path / "part", objective, **changes))
    for path in (part.checkpoints / "step-00000006", part.path / "reference.safetensors"):
        if path.is_dir():
            (path / "checkpoint.json").unlink()
        elif path.exists():
            path.unlink()
    train(recipe_of(talks, tmp_path / "part", objective, **changes), resume=True)
    assert [row["checkpoint_step"] for row in events(part.path, "resumed")] == [3]
    assert losses(part.path) == losses(whole.path)


def test_the_start_is_the_same_however_it_is_batched(talks: Path, tmp_path: Path) -> None:
    network = load_folder(talks / "start")
    examples = [Encoded(tuple(range(5, 9 + each)), (False, *[True] * (3 + each))) for each in range(5)]
    one = of_the_start(network, examples, tmp_path / "a", ALONE, at_once=1)
    many = of_the_start(network, examples, tmp_path / "b", ALONE, at_once=4)
    assert torch.allclose(one, many, atol=1e-4)
    assert (one < 0).all()


def test_validation_is_measured_whole(talks: Path, tmp_path: Path) -> None:
    recipe = recipe_of(talks, tmp_path / "run", "dpo")
    objective = DirectPreferences(recipe, ALONE)
    network = load_folder(talks / "start")
    objective.begin(network, tmp_path / "run")
    outcome = measured(network, objective, ALONE, torch.float32)
    assert outcome is not None
    assert outcome.count == 8


def test_a_folder_without_the_kind_is_refused(tmp_path: Path) -> None:
    folder = write_talks(tmp_path / "talks")
    write_samples(folder, "judgements", [])
    with pytest.raises(DataError, match="has no judgements"):
        train(recipe_of(folder, tmp_path / "run", "kto"))
