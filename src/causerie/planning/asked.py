"""What is planned: a network, a run of it, and the GPUs that it gets.

Does: hold the sizes that the arithmetic needs, and count the operations of a token.
Does not: know recipes or the modelling code; `training/planned.py` makes these of a recipe.
"""

from dataclasses import dataclass, field
from typing import Literal

Precision = Literal["float32", "bfloat16", "fp8"]
OptimiserName = Literal["adamw", "muon"]


@dataclass(frozen=True, kw_only=True)
class Network:
    """A decoder-only transformer, by the sizes that decide what it costs."""

    parameters: int
    """All weights, each counted once."""
    active_parameters: int
    """Weights that a token passes through: fewer than all in a mixture of experts."""
    matrix_parameters: int
    """Weights in the blocks' matrices: those that Muon trains."""
    layers: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    hidden: int
    vocabulary: int
    flops_per_token: float
    """Operations to train on one token, forward and backward, attention included."""

    @property
    def mixture(self) -> bool:
        """Whether it is a mixture of experts."""
        return self.active_parameters < self.parameters


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is to be computed."""

    network: Network
    tokens: int
    """All tokens that pass through the network."""
    context: int
    """Tokens of a sequence."""
    batch: int
    """Sequences of a step, over all GPUs."""
    precision: Precision = "bfloat16"
    optimiser: OptimiserName = "adamw"
    keep: int = 3
    """Checkpoints that stay on the disk."""
    name: str = "run"

    @property
    def flops(self) -> float:
        """Operations of the whole run."""
        return self.tokens * self.network.flops_per_token

    @property
    def steps(self) -> int:
        """Steps of the optimiser."""
        return max(1, round(self.tokens / (self.batch * self.context)))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How the layout may be: what is 0 is searched."""

    tensor: int = 0
    """GPUs that share each matrix."""
    pipeline: int = 0
    """Groups of layers, one after the other."""


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """A kind of GPU, by its data sheet, or a machine that was measured."""

    key: str
    """As it is typed."""
    name: str
    flops_per_s: dict[str, float] = field(default_factory=dict)
    """Most operations a second, dense, by precision."""
    memory_bytes: float = 0.0
    """Of one GPU (0 = not known: then everything fits)."""
    memory_bytes_per_s: float = 0.0
    watts: float = 0.0
    """Thermal design power (0 = not known: then energy and money are left out)."""
    fast_bytes_per_s: float = 0.0
    """To the GPUs of the same server, one way (0 = not known: then no time is lost)."""
    fast_group: int = 8
    """GPUs of a server."""
    slow_bytes_per_s: float = 0.0
    """To other servers, one way, for each GPU (0 = not known)."""
    source: str = ""


def training_flops(weights: float, layers: int, attention_width: float, attended: float) -> float:
    """Operations to train on one token: 6 for each weight, 12 for each layer, width of attention and position seen.

    A weight multiplies and adds (2); the backward pass costs twice the forward one (6). Attention multiplies queries
    with keys and weights with values (4), three times in all (12). Source: Kaplan et al., 2020, arXiv 2001.08361,
    table 1; Chowdhery et al., 2022, PaLM, appendix B.

    Args:
        weights: That the token passes through, without the embedding's look-up.
        layers: Number of blocks.
        attention_width: Heads times the length of a head's vectors.
        attended: Earlier positions that a token looks at, on average: half of the context under a causal mask.
    """
    return 6.0 * weights + 12.0 * layers * attention_width * attended
