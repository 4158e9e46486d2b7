"""A run from a few numbers: for who plans before there is a recipe, and moves sliders.

The network is of the usual shape: 128 of width for each layer, heads of 128, 8 heads of keys and values, an inner
vector of about 3.5 widths. Those are the proportions of Llama 3 (arXiv 2407.21783, table 3). The inner vector takes
up what is left, so that the weights come out as asked, within a few per cent.

Does: choose layers, width and heads for a number of weights.
Does not: say that this network is the best of its size. `training/planned.py` plans a recipe's own.
"""

from causerie.planning.asked import Network, OptimiserName, Precision, Run, training_flops

LAYERS = (2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96, 112, 128, 144, 160)
"""Those that pipelines divide well; the last ones are deeper than any that is published."""
HEAD_WIDTH = 128
WIDTH_PER_LAYER = 128
LAYER_WEIGHTS = 12.75
"""Weights of a block, in squares of its width: 2.25 for attention with 8 of 64 heads of keys, 10.5 for the rest."""
VOCABULARIES = ((50e6, 8_192), (1e9, 32_768), (float("inf"), 128_256))
"""Token ids of networks below so many weights: a large vocabulary would be most of a small one."""
TIED_BELOW = 4e9
"""Smaller networks use the embedding as the output's matrix too, as Llama 3.2 of 1 and 3 thousand million does."""


def sketch(
    *,
    parameters: int,
    tokens: int,
    context: int,
    batch_tokens: int,
    precision: Precision = "bfloat16",
    optimiser: OptimiserName = "adamw",
) -> Run:
    """A run of about these numbers.

    Args:
        parameters: Weights, each counted once; from 10 million.
        tokens: All that pass through the network.
        context: Tokens of a sequence.
        batch_tokens: Of a step, over all GPUs.
        precision: Of the products.
        optimiser: By name.
    """
    return Run(
        network=network(parameters, context),
        tokens=tokens,
        context=context,
        batch=max(1, batch_tokens // context),
        precision=precision,
        optimiser=optimiser,
        name="sketch",
    )


def network(parameters: int, context: int) -> Network:
    """A network of about so many weights, in sequences of so many tokens."""
    vocabulary = next(ids for limit, ids in VOCABULARIES if parameters < limit)
    matrices = 1 if parameters < TIED_BELOW else 2
    layers = _nearest(parameters)
    width = _width(parameters, layers, vocabulary * matrices)
    heads = width // HEAD_WIDTH
    kv_heads = next(each for each in (8, 4, 2, 1) if heads % each == 0)
    attention = 2 * width * width + 2 * width * kv_heads * HEAD_WIDTH
    embedding = vocabulary * width * matrices + (2 * layers + 1) * width
    step = 64 if width < 2048 else 256
    left = (parameters - embedding) / layers - attention
    hidden = max(step, round(left / (3 * width) / step) * step)
    in_blocks = layers * (attention + 3 * width * hidden)
    made = in_blocks + embedding
    return Network(
        parameters=made, active_parameters=made, matrix_parameters=in_blocks, layers=layers, width=width, heads=heads,
        kv_heads=kv_heads, head_width=HEAD_WIDTH, hidden=hidden, vocabulary=vocabulary,
        flops_per_token=training_flops(in_blocks + vocabulary * width, layers, heads * HEAD_WIDTH, context / 2),
    )  # fmt: skip


def _nearest(parameters: int) -> int:
    ideal: float = (parameters / LAYER_WEIGHTS / WIDTH_PER_LAYER**2) ** (1 / 3)
    return min(LAYERS, key=lambda layers: max(layers / ideal, ideal / layers))


def _width(parameters: int, layers: int, embedded: int) -> int:
    """Where the blocks take what the embedding leaves: 12.75 w^2 layers + embedded w = parameters, in whole heads."""
    a, b = LAYER_WEIGHTS * layers, float(embedded)
    ideal: float = ((b * b + 4 * a * parameters) ** 0.5 - b) / (2 * a)
    step = 1024 if ideal >= 3072 else 512 if ideal >= 1024 else HEAD_WIDTH
    return max(step, round(ideal / step) * step)
