"""The network: a decoder of the Llama and Qwen family, whole, in the order in which a token passes through it.

Does: turn token ids into hidden states, logits or a loss; keep keys and values while generating.
Does not: train (`training/`), choose tokens (`generate.py`) or read files (`hf_folder.py`, `gguf_file.py`).
Read it from the bottom: `Transformer`, `Block`, then `Attention` and `FeedForward`.

Sources:
    Vaswani et al., 2017, Attention Is All You Need: the decoder. https://arxiv.org/abs/1706.03762
    Zhang and Sennrich, 2019: RMSNorm. https://arxiv.org/abs/1910.07467
    Su et al., 2021: RoPE. https://arxiv.org/abs/2104.09864
    Shazeer, 2020: SwiGLU. https://arxiv.org/abs/2002.05202
    Ainslie et al., 2023: grouped-query attention. https://arxiv.org/abs/2305.13245
    Qwen team, 2025, Qwen3: RMSNorm on queries and keys. https://arxiv.org/abs/2505.09388
"""

# Shape letters: B sequences, T positions given now, S positions attended to (T and those of the cache), D width,
# H query heads, G key/value heads, K head width, F hidden width of the feed-forward network, V vocabulary.

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from causerie.modeling.config import ModelConfig
from causerie.modeling.loss import Loss, cross_entropy, log_probabilities


class Cache:
    """Keys and values of the positions already read, for each layer."""

    def __init__(self, config: ModelConfig, sequences: int, positions: int, like: Tensor) -> None:
        """Room for `positions` of `sequences`, on the device and in the type of `like`."""
        shape = (config.layers, sequences, config.kv_heads, positions, config.head_width)
        self.keys = torch.empty(shape, dtype=like.dtype, device=like.device)
        self.values = torch.empty_like(self.keys)
        self.length = 0

    def extend(self, layer: int, k_BGTK: Tensor, v_BGTK: Tensor) -> tuple[Tensor, Tensor]:
        """Keep these after those of before, and give all of them, of shape (B, G, S, K)."""
        end = self.length + k_BGTK.shape[2]
        self.keys[layer, :, :, self.length : end] = k_BGTK
        self.values[layer, :, :, self.length : end] = v_BGTK
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]


class RMSNorm(nn.Module):
    """Divide a vector by its root mean square, then scale each component by a learnt gain."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, normalised over the last axis."""
        # Under autocast x is shorter than the gain; the fused operation wants both in one type.
        return functional.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.eps)


def frequencies(config: ModelConfig, device: torch.device | None = None) -> Tensor:
    """By how many radians each pair of a head turns from one position to the next, shape (K/2,), float32."""
    turns = torch.arange(0, config.head_width, 2, dtype=torch.float32, device=device) / config.head_width
    plain = 1.0 / config.rope_theta**turns
    scaling = config.rope_scaling
    if scaling is None:
        return plain
    # Llama 3: slow pairs are slowed by the whole factor, fast ones not at all, those between by a share.
    turns_in_context = scaling.original_context * plain / (2 * math.pi)
    share = (turns_in_context - scaling.low_frequency_factor) / (
        scaling.high_frequency_factor - scaling.low_frequency_factor
    )
    share = share.clamp(0.0, 1.0)
    return plain * share + plain / scaling.factor * (1 - share)


def rotations(config: ModelConfig, start: int, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each position's angles, both of shape (T, K/2), float32."""
    positions_T = torch.arange(start, start + length, dtype=torch.float32, device=device)
    angles = torch.outer(positions_T, frequencies(config, device))
    return angles.cos(), angles.sin()


def rotate(x_BHTK: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE: turn the pair (k, k + K/2) of each head by its position's angle; attention then sees distances only."""
    first, second = x_BHTK.chunk(2, dim=-1)
    cos, sin = cos.to(x_BHTK.dtype), sin.to(x_BHTK.dtype)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


Mask = Tensor | list[list[int]] | None
"""Who may attend to whom: True where a position may, broadcastable to (B, H, T, S); or the lengths of the documents
that follow each other in each sequence, each of which is then attended to alone, so that what would be masked is
never computed; or None: causal over exactly these positions."""


def attended(q_BHTK: Tensor, k_BGSK: Tensor, v_BGSK: Tensor, mask: Mask) -> Tensor:
    """What each position takes of the values, shape (B, H, T, K)."""
    if isinstance(mask, list):
        rows = zip(q_BHTK[:, None], k_BGSK[:, None], v_BGSK[:, None], mask, strict=True)
        return torch.cat(
            [
                torch.cat([attended(q, k, v, None) for q, k, v in _documents(lengths, *row)], dim=2)
                for *row, lengths in rows
            ]
        )
    return functional.scaled_dot_product_attention(
        q_BHTK, k_BGSK, v_BGSK, attn_mask=mask, is_causal=mask is None and q_BHTK.shape[2] > 1,
        enable_gqa=q_BHTK.shape[1] != k_BGSK.shape[1],
    )  # fmt: skip


def _documents(lengths: list[int], *row: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Queries, keys and values of each document of a sequence."""
    return zip(*(torch.split(each, lengths, dim=2) for each in row), strict=True)


class Attention(nn.Module):
    """Each position takes from those before it, as much as its query agrees with their keys."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.config, self.layer = config, layer
        queries, keys = config.heads * config.head_width, config.kv_heads * config.head_width
        self.q = nn.Linear(config.width, queries, bias=config.qkv_bias)
        self.k = nn.Linear(config.width, keys, bias=config.qkv_bias)
        self.v = nn.Linear(config.width, keys, bias=config.qkv_bias)
        self.o = nn.Linear(queries, config.width, bias=False)
        if config.qk_norm:
            self.q_norm = RMSNorm(config.head_width, config.norm_eps)
            self.k_norm = RMSNorm(config.head_width, config.norm_eps)

    def forward(self, x_BTD: Tensor, cos: Tensor, sin: Tensor, mask: Mask, cache: Cache | None) -> Tensor:
        """Shape (B, T, D)."""
        B, T, _ = x_BTD.shape
        width = self.config.head_width
        q_BTHK = self.q(x_BTD).view(B, T, self.config.heads, width)
        k_BTGK = self.k(x_BTD).view(B, T, self.config.kv_heads, width)
        v_BTGK = self.v(x_BTD).view(B, T, self.config.kv_heads, width)
        if self.config.qk_norm:
            q_BTHK, k_BTGK = self.q_norm(q_BTHK), self.k_norm(k_BTGK)
        q_BHTK = rotate(q_BTHK.transpose(1, 2), cos, sin)
        k_BGSK = rotate(k_BTGK.transpose(1, 2), cos, sin)
        v_BGSK = v_BTGK.transpose(1, 2)
        if cache is not None:
            k_BGSK, v_BGSK = cache.extend(self.layer, k_BGSK, v_BGSK)
        mixed_BHTK = attended(q_BHTK, k_BGSK, v_BGSK, mask)
        return self.o(mixed_BHTK.transpose(1, 2).reshape(B, T, -1))  # type: ignore[no-any-return]


class FeedForward(nn.Module):
    """SwiGLU: one matrix opens or closes what the other brings, a third takes it back to the width."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.hidden, bias=False)
        self.up = nn.Linear(config.width, config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Shape (B, T, D); inside it is (B, T, F)."""
        return self.down(functional.silu(self.gate(x_BTD)) * self.up(x_BTD))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Attention, then the feed-forward network, each added to the stream that runs through the layers."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.norm_eps)
        self.attention = Attention(config, layer)
        self.feed_forward_norm = RMSNorm(config.width, config.norm_eps)
        self.feed_forward = FeedForward(config)

    def forward(self, x_BTD: Tensor, cos: Tensor, sin: Tensor, mask: Mask, cache: Cache | None) -> Tensor:
        """Shape (B, T, D)."""
        x_BTD = x_BTD + self.attention(self.attention_norm(x_BTD), cos, sin, mask, cache)
        return x_BTD + self.feed_forward(self.feed_forward_norm(x_BTD))  # type: ignore[no-any-return]


class Transformer(nn.Module):
    """The whole network."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.recompute = False
        """Keep no activations of a block, but compute them again for the gradient: less memory, a third slower."""
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_eps)
        if not config.tied:
            self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.initialise()

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None = None) -> None:
        """Draw every weight anew, so that each layer's output is about as long as its input.

        Matrices that write to the stream start at zero: at first every block is the identity (Zhang et al., 2019,
        Fixup). A head, tied or not, starts small: all tokens are about as likely.
        """
        for name, weight in self.named_parameters():
            if name.endswith("norm.weight"):
                weight.fill_(1.0)
            elif name.endswith((".bias", ".o.weight", ".down.weight")):
                weight.zero_()
            elif name == "embedding.weight":
                weight.normal_(std=0.02 if self.config.tied else 1.0, generator=generator)
            elif name == "head.weight":
                weight.normal_(std=0.001, generator=generator)
            else:
                weight.normal_(std=weight.shape[1] ** -0.5, generator=generator)

    @property
    def head_weight(self) -> Tensor:
        """The matrix that turns a hidden state into logits, shape (V, D)."""
        return self.embedding.weight if self.config.tied else self.head.weight

    def forward(
        self,
        tokens_BT: Tensor,
        documents_BT: Tensor | None = None,
        targets_BT: Tensor | None = None,
        *,
        z_loss: float = 0.0,
        each: bool = False,
    ) -> Tensor | Loss:
        """The loss, where targets are given, else hidden states after the last norm, shape (B, T, D).

        All that training computes passes through here, so that FSDP finds the head's weights gathered.

        Args:
            tokens_BT: Token ids, int64.
            documents_BT: A number for the document that each token is of: attention stays inside it
                (None = each sequence is one document, which is faster).
            targets_BT: The token to be told at each position; `loss.IGNORE` where nothing is to be learnt.
            z_loss: Weight of the squared log of the softmax's denominator (see `loss.py`).
            each: Instead of the loss, give the log-probability of each target, shape (B, T), in nats.
        """
        hidden_BTD = self.hidden(tokens_BT, documents_BT)
        if targets_BT is None:
            return hidden_BTD
        hidden_ND, targets_N = hidden_BTD.flatten(0, 1), targets_BT.flatten()
        if each:
            return log_probabilities(hidden_ND, self.head_weight, targets_N).view_as(targets_BT)
        return cross_entropy(hidden_ND, self.head_weight, targets_N, z_loss=z_loss)

    def hidden(self, tokens_BT: Tensor, documents_BT: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Hidden states after the last norm, shape (B, T, D).

        Args:
            tokens_BT: As above.
            documents_BT: As above.
            cache: What was read before: these positions come after it, and are added to it.
        """
        x_BTD: Tensor = self.embedding(tokens_BT)
        start, T = (0 if cache is None else cache.length), tokens_BT.shape[1]
        # RoPE knows distances only, so positions need not start anew in each document.
        cos, sin = rotations(self.config, start, T, tokens_BT.device)
        mask = _mask(documents_BT, start, T, tokens_BT.device)
        for block in self.blocks:
            if self.recompute and torch.is_grad_enabled():
                x_BTD = checkpoint(block, x_BTD, cos, sin, mask, cache, use_reentrant=False)
            else:
                x_BTD = block(x_BTD, cos, sin, mask, cache)
        if cache is not None:
            cache.length += T
        return self.norm(x_BTD)  # type: ignore[no-any-return]

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of each next token: the shape of `hidden` with V in place of D. Training never needs all of them."""
        return functional.linear(hidden, self.head_weight)


def _mask(documents_BT: Tensor | None, start: int, T: int, device: torch.device) -> Mask:
    """Who may attend to whom; see `Mask`."""
    if documents_BT is None:
        if start == 0 or T == 1:
            return None
        return torch.ones(T, start + T, dtype=torch.bool, device=device).tril(start)[None, None]
    if device.type == "cpu" and not torch.compiler.is_compiling():
        return [torch.unique_consecutive(row_T, return_counts=True)[1].tolist() for row_T in documents_BT]
    same_BTT = documents_BT[:, :, None] == documents_BT[:, None, :]
    return same_BTT.tril()[:, None]
