"""The model that a run leaves, however many processes had a part of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from causerie.modeling.gguf_file import load_gguf
from causerie.modeling.hf_folder import load_folder
from causerie.modeling.transformer import Transformer
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training.recipe import Data, Model, Recipe
from causerie.training.run import train
from tests.training.runs import recipe_of
from tests.training.test_parallel import two_processes

STEPS = 4


def taught(talks: Path, run: Path, **changes: Any) -> Recipe:
    return recipe_of(
        talks, run, objective="sft", model={"start": str(talks / "start"), "context": 64}, schedule__steps=STEPS,
        batch={"size": 4, "micro_size": 2}, optimiser={"kind": "adamw", "matrices": 0.003, "embedding": 0.003},
        samples={"every_steps": 0}, evaluation={"every_steps": 0, "sequences": 4}, **changes,
    )  # fmt: skip


def weights(network: Transformer) -> dict[str, torch.Tensor]:
    return {name: weight.detach() for name, weight in network.named_parameters()}


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("lora", [None, {"rank": 4}], ids=["whole", "lora"])
def test_parts_of_two_processes_become_the_model_of_one(
    talks: Path, tmp_path: Path, lora: dict[str, int] | None
) -> None:
    changes = {"compute__parallel": "fsdp", **({"lora": lora} if lora else {})}
    alone = train(taught(talks, tmp_path / "one", **changes)).path
    two_processes(taught(talks, tmp_path / "two", **changes))
    one, two = (weights(load_folder(run / "export" / "hf")) for run in (alone, tmp_path / "two"))
    start = weights(load_folder(talks / "start"))
    assert one.keys() == two.keys() == start.keys()
    for name, weight in one.items():
        assert torch.allclose(weight, two[name], atol=1e-3), name
    assert not torch.allclose(one["blocks.0.attention.v.weight"], start["blocks.0.attention.v.weight"], atol=1e-5)
    for run in (alone, tmp_path / "two"):
        assert (run / "export" / "lora" / "adapter_model.safetensors").is_file() == bool(lora)
    for name, weight in weights(load_gguf(tmp_path / "two" / "export" / "model.gguf")).items():
        assert torch.allclose(weight, two[name], atol=1e-2), name


def test_a_run_that_is_over_is_exported_anew_by_going_on(talks: Path, tmp_path: Path) -> None:
    recipe = taught(talks, tmp_path / "run")
    gguf = train(recipe).path / "export" / "model.gguf"
    first = gguf.read_bytes()
    gguf.unlink()
    train(recipe, resume=True)
    assert gguf.read_bytes() == first


def test_a_gguf_file_is_gone_on_from_with_its_own_tokenizer(talks: Path, tmp_path: Path) -> None:
    first = train(taught(talks, tmp_path / "first")).path
    data = tmp_path / "data"
    shutil.copytree(talks / "conversations", data / "conversations")
    recipe = taught(talks, tmp_path / "second", lora={"rank": 2}).model_copy(
        update={
            "data": Data(folder=str(data)),
            "model": Model(start=str(first / "export" / "model.gguf"), context=64),
        }
    )
    second = train(recipe).path
    assert Tokenizer.load(second / "export" / "hf").sha256 == Tokenizer.load(talks / "tokenizer").sha256
    before, after = (json.loads((run / "lineage.json").read_text()) for run in (first, second))
    assert after["start"]["model.gguf"] == before["gguf_sha256"]
    assert after["first_evaluation"]["step"] == 0
    assert after["first_evaluation"]["loss"] == pytest.approx(before["last_evaluation"]["loss"], abs=0.01)
    assert f"(before: {after['first_evaluation']['loss']:.4f})" in (second / "README.md").read_text()
