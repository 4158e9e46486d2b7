"""The sizes of a transformer, and what follows from them: parameters, FLOPs, learning rates.

Does: hold every number that fixes the network's shape; derive all of them from one dial, the depth.
Does not: import torch, so that a plan or a dry run can be made without it.
Try it: python -c "from causerie.modeling.config import from_depth; print(from_depth(6, vocabulary=4096))"
"""

from dataclasses import dataclass, replace
from typing import Any

from causerie.errors import ConfigError

WIDTH_PER_LAYER = 64
"""Width that each layer of `depth` brings: shape and size grow together (nanochat's dial)."""
REFERENCE_WIDTH = 768
"""Width at which the learning rates below were found; others are scaled from it."""


@dataclass(frozen=True)
class Llama3Scaling:
    """How Llama 3.1 and later stretch RoPE to contexts longer than those of the first training.

    Source: https://github.com/meta-llama/llama-models/blob/main/models/llama3/model.py (`apply_scaling`).
    """

    factor: float = 8.0
    """By how much the slow rotations are slowed."""
    low_frequency_factor: float = 1.0
    """Rotations with a wavelength over `original_context / this` are slowed by the whole factor."""
    high_frequency_factor: float = 4.0
    """Rotations with a wavelength under `original_context / this` are left alone."""
    original_context: int = 8192
    """Context of the first training, in tokens."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that fixes the network's shape. Llama, Qwen2 and Qwen3 are three settings of it."""

    vocabulary: int
    """Number of token ids."""
    width: int
    """Length of the vector that stands for a token between layers."""
    layers: int
    """Number of blocks, each of attention and a feed-forward network."""
    heads: int
    """Number of query heads."""
    kv_heads: int
    """Number of key and value heads; each serves `heads / kv_heads` query heads."""
    head_width: int
    """Length of one head's vectors; even, because RoPE turns pairs."""
    hidden: int
    """Length of the feed-forward network's inner vector."""
    context: int
    """Longest sequence it is made for, in tokens."""
    rope_theta: float = 10_000.0
    """Base of RoPE's wavelengths: the slowest pair turns once in about 2 pi times this many tokens."""
    rope_scaling: Llama3Scaling | None = None
    """How those are stretched (None = they are not)."""
    norm_eps: float = 1e-6
    """Added to the mean square in RMSNorm, so that it never divides by zero."""
    qk_norm: bool = True
    """Normalise queries and keys by head (Qwen3): attention cannot grow without bound while training."""
    qkv_bias: bool = False
    """Biases on query, key and value (Qwen2)."""
    tied: bool = True
    """The output head is the embedding matrix."""

    def __post_init__(self) -> None:
        """Refuse what cannot be built, naming the setting, its value and the remedy."""
        for name in ("vocabulary", "width", "layers", "heads", "kv_heads", "head_width", "hidden", "context"):
            if getattr(self, name) < 1:
                raise ConfigError("model.{name} {value!r} must be at least 1", name=name, value=getattr(self, name))
        if self.heads % self.kv_heads:
            raise ConfigError(
                "model.heads {heads} is not a multiple of model.kv_heads {kv_heads}",
                heads=self.heads, kv_heads=self.kv_heads, hint="make kv_heads a divisor of heads",
            )  # fmt: skip
        if self.head_width % 2:
            raise ConfigError("model.head_width {value} must be even: RoPE turns pairs", value=self.head_width)
        if self.qk_norm and self.qkv_bias:
            raise ConfigError(
                "model.qk_norm and model.qkv_bias are both on, and no known family of models has both",
                hint="qk_norm is Qwen3's, qkv_bias is Qwen2's: turn one off",
            )

    @property
    def family(self) -> str:
        """The known family that has this shape: `qwen3`, `qwen2` or `llama`."""
        return "qwen3" if self.qk_norm else "qwen2" if self.qkv_bias else "llama"

    def matrix_parameters(self) -> int:
        """Weights in the blocks' matrices: those that Muon may train."""
        queries, keys = self.heads * self.head_width, self.kv_heads * self.head_width
        attention = self.width * (queries + 2 * keys) + queries * self.width
        return self.layers * (attention + 3 * self.width * self.hidden)

    def embedding_parameters(self) -> int:
        """Weights in the embedding and, where it is not tied, in the output head."""
        return self.vocabulary * self.width * (1 if self.tied else 2)

    def parameters(self) -> int:
        """All weights, each counted once."""
        norms = (2 * self.layers + 1) * self.width + (2 * self.layers * self.head_width if self.qk_norm else 0)
        biases = self.layers * (self.heads + 2 * self.kv_heads) * self.head_width if self.qkv_bias else 0
        return self.matrix_parameters() + self.embedding_parameters() + norms + biases

    def flops_per_token(self, context: int | None = None) -> float:
        """Floating-point operations to train on one token, forward and backward, in sequences of `context` tokens.

        Two for each multiplication with its addition; the backward pass costs twice the forward one. Attention counts
        what a causal mask leaves: half of the square. The embedding is a look-up and counts nothing, the head does.
        Source: Chowdhery et al., 2022, PaLM, appendix B (which counts the whole square).
        """
        weights = self.matrix_parameters() + self.vocabulary * self.width
        attended = (context or self.context) / 2
        return 6.0 * weights + 12.0 * self.layers * self.heads * self.head_width * attended


def from_depth(depth: int, *, vocabulary: int, context: int = 1024, **overrides: Any) -> ModelConfig:  # noqa: ANN401 - fields
    """A sensible model from one number; every other size can still be overridden.

    Args:
        depth: Number of layers; the width is 64 for each of them.
        vocabulary: Number of token ids.
        context: Longest sequence, in tokens.
        overrides: Fields of `ModelConfig`, taken as they are.

    Raises:
        ConfigError: A size that cannot be built, or a field that there is not.
    """
    if depth < 1:
        raise ConfigError("model.depth {depth!r} must be at least 1", depth=depth)
    width = depth * WIDTH_PER_LAYER
    head_width = overrides.get("head_width", 64 if width < 2048 else 128)
    heads = overrides.get("heads", max(1, width // head_width))
    derived = ModelConfig(
        vocabulary=vocabulary,
        context=context,
        layers=depth,
        width=width,
        head_width=head_width,
        heads=heads,
        # Below 1,024 the keys and values are small anyway; above, four queries share one, as in Llama 3 and Qwen3.
        kv_heads=heads if width < 1024 or heads % 4 else heads // 4,
        # Three matrices of 8/3 the width cost what two of four times the width did (Shazeer, 2020).
        hidden=-(-8 * width // 3 // 64) * 64,
        tied=width < 2048,
    )
    known = set(ModelConfig.__dataclass_fields__)
    for name in overrides:
        if name not in known:
            raise ConfigError(
                "model.{name} is not a size of the model", name=name, hint="there are {known}",
                known=", ".join(sorted(known)),
            )  # fmt: skip
    return replace(derived, **overrides)


@dataclass(frozen=True, kw_only=True)
class LearningRates:
    """A rate for each kind of weight, because one step means something else to each."""

    matrices: float
    """Of the blocks' matrices under Muon: its steps are orthogonal, so the rate is a length, whatever the width."""
    matrices_adamw: float
    """Of the same matrices under AdamW."""
    embedding: float
    """Of the embedding under AdamW; a row moves only when its token is seen."""
    head: float
    """Of an output head of its own, under AdamW."""
    vectors: float
    """Of norms and biases, under AdamW."""


def learning_rates(config: ModelConfig) -> LearningRates:
    """The rates that suit a width; a recipe may override each.

    Under AdamW a matrix's rate falls as one over the width (Yang et al., 2022, Tensor Programs V) and the rates of
    embedding and head as one over its root (nanochat); under Muon it stays.
    """
    wider = config.width / REFERENCE_WIDTH
    return LearningRates(
        matrices=0.02,
        matrices_adamw=1e-3 / wider,
        # A tied matrix is a head too, and heads bear less.
        embedding=(0.01 if config.tied else 0.2) * wider**-0.5,
        head=0.004 * wider**-0.5,
        vectors=0.005,
    )
