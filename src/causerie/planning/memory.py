"""What stands in a GPU's memory: weights, gradients, the optimiser's state, activations, logits.

For each weight, in bytes:

    float32 weights, that the optimiser changes     4
    bfloat16 copy, that the products use            2    (none in float32)
    float32 gradients                               4
    AdamW: mean and mean square                     8    (Muon, of the blocks' matrices: momentum alone, 4)

This is the usual mixed precision: Rajbhandari et al., 2020, ZeRO, arXiv 1910.02054, section 3.1, count 16, with
gradients of 2 bytes; here they are summed in float32, as in Llama 3 (arXiv 2407.21783, section 3.3.2). Tensor and
pipeline parallelism cut all of it; "optimiser" (ZeRO-1) also shares the optimiser's part among copies of the model,
"all" (FSDP, ZeRO-3) everything.

Does: count bytes of the fullest GPU for a layout.
Does not: measure; fragmentation, the communication library and the CUDA context are the `RESERVE`.
"""

from dataclasses import dataclass
from typing import Literal

from causerie.planning.asked import Gpu, Run

Shard = Literal["none", "optimiser", "all"]
Recompute = Literal["none", "cheap", "all"]
FLOAT32, BFLOAT16 = 4, 2
RESERVE = 0.10
"""Share of a GPU's memory that is left free. Source: an assumption; PyTorch's allocator wastes a few per cent, NCCL
and CUDA take 1 to 3 GiB."""
LOGITS_CHUNK = 2**28
"""Logits that are in memory at once, at most: the loss is computed in pieces (Wijmans et al., arXiv 2411.09009)."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the GPUs share the work."""

    tensor: int
    """GPUs that share each matrix."""
    pipeline: int
    """Groups of layers, one after the other."""
    data: int
    """Copies of the model, each with its part of the batch."""
    micro_batch: int
    """Sequences that a copy computes at once."""
    shard: Shard
    """What the copies share instead of each holding it whole."""
    recompute: Recompute
    """Activations of a block that are computed twice instead of kept: none, the cheap ones, or all."""
    interleave: int = 1
    """Pieces of layers that a stage holds, which take turns: more of them wait less and send more."""

    @property
    def gpus(self) -> int:
        """How many GPUs it uses."""
        return self.tensor * self.pipeline * self.data


@dataclass(frozen=True)
class Memory:
    """Bytes of the fullest GPU, by part."""

    weights: float
    gradients: float
    optimiser: float
    activations: float
    logits: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.gradients + self.optimiser + self.activations + self.logits


def optimiser_bytes(run: Run) -> float:
    """Of the whole optimiser's state, the float32 weights not included."""
    network = run.network
    momenta = network.matrix_parameters if run.optimiser == "muon" else 2 * network.matrix_parameters
    return FLOAT32 * (momenta + 2.0 * (network.parameters - network.matrix_parameters))


def state_bytes(run: Run) -> float:
    """What a checkpoint holds: float32 weights and the optimiser's state."""
    return FLOAT32 * run.network.parameters + optimiser_bytes(run)


def memory(run: Run, layout: Layout, micro_batches: int) -> Memory:
    """Bytes of the fullest GPU.

    Args:
        run: What is computed.
        layout: How.
        micro_batches: Of one copy in a step.
    """
    parts = layout.tensor * layout.pipeline
    copy = 0 if run.precision == "float32" else BFLOAT16
    own = layout.data if layout.shard == "all" else 1
    shared = layout.data if layout.shard in ("optimiser", "all") else 1
    weights = run.network.parameters / parts
    # Under FSDP the copy of one block at a time is whole, and the next one is fetched meanwhile.
    copied = 2 * copy * weights / run.network.layers if own > 1 else copy * weights
    return Memory(
        weights=FLOAT32 * weights / shared + copied,
        gradients=FLOAT32 * weights / own,
        optimiser=optimiser_bytes(run) / parts / shared,
        activations=activation_bytes(run, layout, micro_batches),
        logits=_logits_bytes(run, layout),
    )


def activation_bytes(run: Run, layout: Layout, micro_batches: int) -> float:
    """What the forward pass keeps for the backward one, in the first stage.

    Where the cheap ones are computed twice, norms, rotations and the product of gate and up are not kept: half of
    what a block keeps. Where all are, only its input stays, and one block at a time is whole.
    Under 1F1B the first stage keeps as many micro-batches as there are stages; interleaved, a little more. With
    tensor parallelism, sequence parallelism cuts what lies between the matrices too. The attention matrix is never
    kept (Dao et al., arXiv 2205.14135). Source: Korthikanti et al., arXiv 2205.05198, section 4, for such a block.
    """
    network = run.network
    size = FLOAT32 if run.precision == "float32" else BFLOAT16
    queries, keys = network.heads * network.head_width, network.kv_heads * network.head_width
    block = kept_by_block(width=network.width, queries=queries, keys=keys, hidden=network.hidden)
    layers = stage_layers(network.layers, layout.pipeline)
    kept = {"none": layers * block, "cheap": layers * block / 2, "all": layers * network.width + block}
    full = float(layout.pipeline)
    if layout.interleave > 1:
        full *= 1 + (layout.pipeline - 1) / layout.pipeline / layout.interleave
    at_once = min(full, micro_batches)
    positions = layout.micro_batch * run.context
    return positions * (kept[layout.recompute] * at_once + 2 * network.width) * size / layout.tensor


def kept_by_block(*, width: int, queries: int, keys: int, hidden: int) -> int:
    """Values that a block keeps of each token for the backward pass.

    Its input, both normalised streams and the sum between (4 widths); queries, keys, values and attention's result,
    before and after norm and rotation; gate, up, what the gate's curve makes of it, and their product.

    Args:
        width: Of the stream between the blocks.
        queries: Of all heads' queries together.
        keys: Of all heads' keys together.
        hidden: Inner width of the feed-forward network.
    """
    return 4 * width + 2 * (2 * queries + 2 * keys) + 4 * hidden


def stage_layers(layers: int, pipeline: int) -> int:
    """Layers of the fullest stage.

    Where the pipeline does not divide them, embedding and head count as one each, as in Llama 3: 126 layers and those
    two make 16 stages of 8.
    """
    return layers // pipeline if layers % pipeline == 0 else (layers + 2) // pipeline


def _logits_bytes(run: Run, layout: Layout) -> float:
    logits = layout.micro_batch * run.context * run.network.vocabulary / layout.tensor
    return 2 * FLOAT32 * min(logits, LOGITS_CHUNK)  # and their gradient


def room(gpu: Gpu) -> float:
    """Bytes of a GPU that a plan may fill (infinite where its memory is not known)."""
    return gpu.memory_bytes * (1 - RESERVE) if gpu.memory_bytes else float("inf")
