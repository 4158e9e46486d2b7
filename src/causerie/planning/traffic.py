"""What goes over the wires in a step, and how long training waits for it.

    tensor     each block sums over the group 2 times forward and 2 times backward; a ring moves 2 (t - 1) / t of the
               data. It is in the way: the next product needs the sum. (Shoeybi et al., 2019, arXiv 1909.08053)
    pipeline   a stage hands each micro-batch on, and its gradient back. While the pipeline fills and empties, stages
               wait: (p - 1) / m of the computing; with v interleaved pieces of layers a stage, (p - 1) / (v m), and v
               times as much is sent. (Narayanan et al., 2021, arXiv 2104.04473, section 2.2)
    data       gradients are summed over all copies, behind the backward pass, which is two thirds of the computing;
               FSDP fetches the weights twice as well, behind all of it. (Rajbhandari et al., 2020, arXiv 1910.02054)

Does: count bytes and seconds for one GPU.
Does not: know the network's shape: a link of the server, or one of the network, both at `LINK_SHARE` of their speed.
"""

from dataclasses import dataclass

from causerie.planning.asked import Gpu, Run
from causerie.planning.memory import BFLOAT16, FLOAT32, Layout, stage_layers

LINK_SHARE = 0.75
"""Share of a link's speed that collective operations reach: an assumption. (DeepSeek-AI gets 160 of 200 GB/s, arXiv
2505.09343, section 4.3.)"""
BEHIND_BACKWARD = 2 / 3
"""Share of the computing that is the backward pass."""


@dataclass(frozen=True)
class Traffic:
    """Of one GPU in one step."""

    tensor_bytes: float
    pipeline_bytes: float
    data_bytes: float
    waiting_s: float
    """In which it computes nothing, the pipeline's bubble not included."""
    bubble: float
    """Time that stages wait while the pipeline fills and empties, as a share of the computing."""


def traffic(run: Run, layout: Layout, gpu: Gpu, micro_batches: int, computing_s: float) -> Traffic:
    """What a step moves.

    Args:
        run: What is computed.
        layout: How.
        gpu: With its links.
        micro_batches: Of one copy in a step.
        computing_s: Of one GPU in a step.
    """
    network = run.network
    size = FLOAT32 if run.precision == "float32" else BFLOAT16
    layers = stage_layers(network.layers, layout.pipeline)
    stream = layout.micro_batch * run.context * network.width * size  # the stream of one micro-batch between blocks
    sums = 4 + (2 if layout.recompute == "all" else 0)
    tensor_bytes = micro_batches * layers * sums * 2 * _ring(layout.tensor) * stream
    pipeline_bytes = micro_batches * 2 * layout.interleave * stream / layout.tensor if layout.pipeline > 1 else 0.0
    weights = network.parameters / layout.tensor / layout.pipeline
    # A sum over a ring is a scatter and a gather, each (n - 1) / n of the data. FSDP gathers weights forward and
    # backward, for each micro-batch, and scatters gradients once.
    fetched = 2 * micro_batches * size if layout.shard == "all" else 0
    scattered = FLOAT32 if layout.shard == "all" else 2 * FLOAT32
    data_bytes = weights * (fetched + scattered) * _ring(layout.data)
    within = layout.tensor <= gpu.fast_group
    waiting = _seconds(tensor_bytes, gpu.fast_bytes_per_s if within else gpu.slow_bytes_per_s)
    waiting += _seconds(pipeline_bytes, gpu.slow_bytes_per_s)
    fast = layout.gpus <= gpu.fast_group
    data_s = _seconds(data_bytes, gpu.fast_bytes_per_s if fast else gpu.slow_bytes_per_s)
    hidden = computing_s * (1.0 if layout.shard == "all" else BEHIND_BACKWARD)
    waiting += max(0.0, data_s - hidden)
    bubble = (layout.pipeline - 1) / micro_batches / layout.interleave
    return Traffic(tensor_bytes, pipeline_bytes, data_bytes, waiting, bubble)


def _ring(members: int) -> float:
    return (members - 1) / members


def _seconds(amount: float, bytes_per_s: float) -> float:
    return amount / (bytes_per_s * LINK_SHARE) if bytes_per_s else 0.0
