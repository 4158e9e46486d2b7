"""Runs to plan, for the tests of this room."""

from dataclasses import replace

from causerie.planning.asked import Network, Run, training_flops

SMALL = Network(
    parameters=1_100_000_000, active_parameters=1_100_000_000, matrix_parameters=1_000_000_000, layers=16, width=2048,
    heads=16, kv_heads=8, head_width=128, hidden=8192, vocabulary=32_768,
    flops_per_token=training_flops(1.1e9, 16, 2048, 2048),
)  # fmt: skip
"""A network that fits one GPU with little to spare."""

LLAMA_405B = Network(
    parameters=405_000_000_000, active_parameters=405_000_000_000, matrix_parameters=401_000_000_000, layers=126,
    width=16_384, heads=128, kv_heads=8, head_width=128, hidden=53_248, vocabulary=128_256,
    flops_per_token=training_flops(405e9, 126, 16_384, 4096),
)  # fmt: skip


def small_run(**changes: object) -> Run:
    """A run of the small network: a million sequences of 4,096 tokens."""
    run = Run(network=SMALL, tokens=2**20 * 4096, context=4096, batch=256, name="small")
    return replace(run, **changes)  # type: ignore[arg-type] # fields by name


def large_run(**changes: object) -> Run:
    """A run of Llama 3.1 405B, with a batch of 16 million tokens."""
    run = Run(network=LLAMA_405B, tokens=15_600_000_000_000, context=8192, batch=2000, name="large")
    return replace(run, **changes)  # type: ignore[arg-type] # fields by name
