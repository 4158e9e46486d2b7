"""Memory by hand for a layout, and a search that keeps to the memory and to the batch."""

import pytest

from causerie.errors import ConfigError
from causerie.planning.asked import Wanted
from causerie.planning.gpus import gpu, gpus
from causerie.planning.layout import Speed, best, cuts, divisors, placed, variants
from causerie.planning.memory import Layout, memory, optimiser_bytes, room, stage_layers, state_bytes
from causerie.planning.traffic import traffic
from tests.planning.planned import SMALL, large_run, small_run

ALONE = Layout(tensor=1, pipeline=1, data=1, micro_batch=1, shard="none", recompute="none")
SPEED = Speed(peak_flops_per_s=989e12, kernel_share=0.7, utilisation=0.4, goodput=lambda gpus: 1 - gpus / 1e7)


def layout(**changes: object) -> Layout:
    return Layout(**(vars(ALONE) | changes))


def test_18_bytes_a_weight_in_mixed_precision_with_adamw() -> None:
    needed = memory(small_run(), ALONE, 256)
    assert needed.weights + needed.gradients + needed.optimiser == 18 * SMALL.parameters
    assert state_bytes(small_run()) == 12 * SMALL.parameters
    assert optimiser_bytes(small_run(optimiser="muon")) == 4 * SMALL.matrix_parameters + 8 * 100_000_000


def test_activations_by_hand() -> None:
    # A block and token: 4 x 2048 + 2 (32 + 16) x 128 + 4 x 8192 numbers of 2 bytes.
    block = 4 * 2048 + 2 * (2 * 16 + 2 * 8) * 128 + 4 * 8192
    kept = memory(small_run(), ALONE, 1).activations
    assert kept == 4096 * 2 * (16 * block + 2 * 2048)
    twice = memory(small_run(), layout(recompute="all"), 1).activations
    assert twice == 4096 * 2 * (16 * 2048 + block + 2 * 2048)
    assert memory(small_run(), layout(recompute="cheap"), 1).activations == pytest.approx(kept / 2, rel=0.01)
    assert memory(small_run(), layout(tensor=4), 1).activations == kept / 4
    assert memory(small_run(precision="float32"), ALONE, 1).activations == 2 * kept


def test_sharing_cuts_what_it_says_it_cuts() -> None:
    whole, optimiser, everything = (
        memory(small_run(), layout(data=8, shard=shard), 32) for shard in ("none", "optimiser", "all")
    )
    assert optimiser.optimiser == whole.optimiser / 8
    assert optimiser.gradients == whole.gradients
    assert everything.gradients == whole.gradients / 8
    assert everything.weights < optimiser.weights < whole.weights
    piped = memory(small_run(), layout(pipeline=4), 256)
    assert piped.gradients == whole.gradients / 4
    assert piped.activations == pytest.approx(whole.activations, rel=0.05), "1F1B keeps as many as there are stages"


def test_traffic_by_hand() -> None:
    sheet = gpu("h100")
    assert traffic(small_run(), ALONE, sheet, 1, 1.0).waiting_s == 0
    moved = traffic(small_run(), layout(tensor=8), sheet, 1, 1.0)
    stream = 4096 * 2048 * 2
    assert moved.tensor_bytes == pytest.approx(16 * 4 * 2 * 7 / 8 * stream)
    assert moved.waiting_s == pytest.approx(moved.tensor_bytes / (450e9 * 0.75))
    copies = traffic(small_run(), layout(data=16), sheet, 1, 0.0)
    assert copies.data_bytes == pytest.approx(SMALL.parameters * 8 * 15 / 16)
    assert copies.waiting_s == pytest.approx(copies.data_bytes / (50e9 * 0.75))
    assert traffic(small_run(), layout(data=16), sheet, 1, 100.0).waiting_s == 0, "it hides behind the backward pass"
    piped = traffic(small_run(), layout(pipeline=4), sheet, 12, 1.0)
    assert piped.bubble == 3 / 12
    turns = traffic(small_run(), layout(pipeline=4, interleave=2), sheet, 12, 1.0)
    assert (turns.bubble, turns.pipeline_bytes) == (3 / 24, 2 * piped.pipeline_bytes)


def test_the_found_layout_fits_and_no_other_is_worth_more() -> None:
    run, sheet = small_run(), gpu("h100")
    found = best(run, sheet, 96, SPEED, Wanted())
    assert found.layout.gpus <= 96
    assert found.memory.total <= room(sheet)

    def worth(one: Layout) -> float:
        there = placed(run, one, sheet, SPEED)
        fits = there.memory.total <= room(sheet)
        return fits * one.gpus * min(0.4, there.ceiling) * SPEED.goodput(one.gpus)

    every = [one for cut in cuts(run, sheet, 96, Wanted()) for one in variants(run, cut)]
    assert len(every) > 100
    assert worth(found.layout) == pytest.approx(max(map(worth, every)))
    assert all(run.batch % (one.data * one.micro_batch) == 0 and one.gpus <= 96 for one in every)


def test_the_search_finds_the_layout_with_which_llama_3_was_trained() -> None:
    # arXiv 2407.21783, table 4: 16,384 H100, 8,192 tokens, 16 million tokens a step: MFU 0.41.
    found = best(large_run(batch=2048), gpu("h100"), 16_384, SPEED, Wanted())
    assert (found.layout.tensor, found.layout.pipeline, found.layout.data) == (8, 16, 128)
    assert stage_layers(126, 16) == 8
    assert stage_layers(126, 14) == 9
    assert found.ceiling > 0.41


def test_what_is_fixed_stays_fixed() -> None:
    found = best(small_run(), gpu("h100"), 64, SPEED, Wanted(tensor=2, pipeline=4))
    assert (found.layout.tensor, found.layout.pipeline) == (2, 4)
    own = best(small_run(), gpu("h100"), 64, SPEED, Wanted(tensor=1, pipeline=1))
    assert own.layout.data == 64


def test_what_does_not_fit_is_refused_with_the_least_that_it_needs() -> None:
    with pytest.raises(ConfigError, match=r"would hold \d+\.\d GiB at least, and NVIDIA H100 SXM5 80 GB has 72\.0"):
        best(large_run(), gpu("h100"), 8, SPEED, Wanted())
    with pytest.raises(ConfigError, match="no layout uses 4 GPUs"):
        best(small_run(), gpu("h100"), 4, SPEED, Wanted(tensor=8))


def test_divisors() -> None:
    assert divisors(1) == [1]
    assert divisors(36) == [1, 2, 3, 4, 6, 9, 12, 18, 36]


def test_every_gpu_has_its_source_and_the_name_is_forgiving() -> None:
    assert all(each.source and each.memory_bytes and each.flops_per_s["bfloat16"] for each in gpus().values())
    assert gpu(" H100 ").name == "NVIDIA H100 SXM5 80 GB"
    with pytest.raises(ConfigError, match="'h1000' is not known") as caught:
        gpu("h1000")
    assert caught.value.hint.startswith("did you mean h1")
    with pytest.raises(ConfigError) as caught:
        gpu("abacus")
    assert caught.value.hint.startswith("there are h100, ")
