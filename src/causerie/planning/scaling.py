"""The scaling law: which loss a network of N parameters reaches after D tokens, and the best N and D for a budget.

    L(N, D) = E + A / N^alpha + B / D^beta

E is what no model can do better than; the second term is what a small network misses, the third what little data
leaves unknown. Hoffmann et al., 2022 (Chinchilla, arXiv 2203.15556) gave the form; the constants here are the refit
of Besiroglu et al., 2024 (Epoch AI, arXiv 2404.10102), which agrees with Chinchilla's own other two methods.

Does: the loss of a pair, and the best pair for as many operations.
Does not: hold for other data: the unit is nats a token of Chinchilla's text and tokenizer, so compare pairs with it,
do not expect your run's figure to be this one.
"""

from typing import NamedTuple

E = 1.8172
"""Nats a token that stay whatever is spent."""
A = 482.01
ALPHA = 0.3478
B = 2085.43
BETA = 0.3658


class Optimum(NamedTuple):
    """The pair that reaches the least loss with so many operations."""

    parameters: float
    tokens: float
    loss: float


def loss(parameters: float, tokens: float) -> float:
    """Nats a token that the law expects."""
    return float(E + A / parameters**ALPHA + B / tokens**BETA)


def optimum(flops: float) -> Optimum:
    """The compute-optimal pair, in closed form.

    With C = 6 N D operations the derivative of L along N is 0 where alpha A / N^alpha = beta B / D^beta; put
    D = C / 6N in and solve for N.

    Args:
        flops: Operations to spend; counted as 6 N D, as Chinchilla does.
    """
    share = BETA / (ALPHA + BETA)
    parameters = (ALPHA * A / (BETA * B)) ** (1 / (ALPHA + BETA)) * (flops / 6) ** share
    tokens = flops / 6 / parameters
    return Optimum(parameters, tokens, loss(parameters, tokens))
