"""Tokens that the model to go on from never met: the marks of a conversation, the letters of another language.

Pretraining pushes every token that never comes away from all that does, and so all of them one way (Gao et al., 2019,
Representation Degeneration, https://arxiv.org/abs/1907.12009): in the end their rows are nearly parallel, and no
hidden state can prefer one to another. Adapters leave those rows as they are, so the model would learn an answer and
never its end.

Does: find such tokens in what is to be learnt, by their likeness to bytes that no text holds (Land and Bartolo, 2024,
Fishing for Magikarp, https://arxiv.org/abs/2405.05417); give each a row drawn like those of the others (Hewitt, 2021,
https://nlp.stanford.edu/~johnhew/vocab-expansion.html).
Does not: touch other tokens, or a vocabulary in which such bytes have no token.
"""

# Shape letters: V vocabulary, D width.

from collections.abc import Collection

import torch
from torch import Tensor
from torch.nn.functional import normalize

from causerie.modeling.transformer import Transformer
from causerie.tokenization.tokenizer import Tokenizer

NEVER_IN_TEXT = frozenset({0xC0, 0xC1, *range(0xF5, 0x100)})
"""Bytes that UTF-8 never uses (RFC 3629, section 1): every model is a stranger to their tokens."""
ALIKE = 0.95
"""Cosine from which a row counts as never learnt. In the model of `starter.toml` the rows of 176 tokens of 4,096 that
its text does not hold are above 0.999, and those of all others below 0.84."""


@torch.no_grad()
def start_afresh(network: Transformer, tokenizer: Tokenizer, ids: Collection[int], seed: int) -> tuple[int, ...]:
    """Give the tokens among `ids` that the network never met new rows, in its embedding and its head.

    Args:
        network: The model to go on from.
        tokenizer: Its tokenizer.
        ids: Tokens of what is to be learnt.
        seed: Decides the rows; the same network, ids and seed give the same.

    Returns:
        The ids of these tokens, in order.
    """
    if not ids:
        return ()
    never_V = _never_learnt(network, tokenizer)
    new = tuple(sorted(set(never_V.nonzero().flatten().tolist()).intersection(ids)))
    if not new:
        return ()
    generator = torch.Generator().manual_seed(seed)
    for weight_VD in dict.fromkeys((network.embedding.weight, network.head_weight)):  # once, where it is one
        ordinary = weight_VD[~never_V].float()
        drawn = torch.randn(len(new), weight_VD.shape[1], generator=generator).to(weight_VD.device)
        weight_VD[list(new)] = (ordinary.mean(0) + ordinary.std(0) * drawn).to(weight_VD.dtype)
    return new


def _never_learnt(network: Transformer, tokenizer: Tokenizer) -> Tensor:
    """For each token whether its row of the head shows that it never came, shape (V,), bool."""
    rows_VD = normalize(network.head_weight.float(), dim=1)
    reference = [
        number for number, text in enumerate(tokenizer.token_bytes) if len(text) == 1 and text[0] in NEVER_IN_TEXT
    ]
    # Rows that were drawn and never pushed anywhere have no direction in common: their mean is short.
    common_D = rows_VD[reference].mean(0) if reference else rows_VD.new_zeros(rows_VD.shape[1])
    if common_D.norm() < ALIKE:
        return torch.zeros(len(rows_VD), dtype=torch.bool, device=rows_VD.device)
    return rows_VD @ normalize(common_D, dim=0) > ALIKE
