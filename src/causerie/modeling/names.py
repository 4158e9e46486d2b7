"""What each weight is called here, in a Hugging Face folder and in a GGUF file.

Does: pair the names, for every family of models that is one of this network's settings.
Does not: read or write; see `hf_folder.py` and `gguf_file.py`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from causerie.modeling.config import ModelConfig

_BLOCK = {
    "attention_norm": ("input_layernorm", "attn_norm"),
    "attention.q": ("self_attn.q_proj", "attn_q"),
    "attention.k": ("self_attn.k_proj", "attn_k"),
    "attention.v": ("self_attn.v_proj", "attn_v"),
    "attention.o": ("self_attn.o_proj", "attn_output"),
    "feed_forward_norm": ("post_attention_layernorm", "ffn_norm"),
    "feed_forward.gate": ("mlp.gate_proj", "ffn_gate"),
    "feed_forward.up": ("mlp.up_proj", "ffn_up"),
    "feed_forward.down": ("mlp.down_proj", "ffn_down"),
}
_BLOCK_QK_NORM = {
    "attention.q_norm": ("self_attn.q_norm", "attn_q_norm"),
    "attention.k_norm": ("self_attn.k_norm", "attn_k_norm"),
}


class Name(NamedTuple):
    """One weight's three names."""

    ours: str
    hf: str
    gguf: str


def names(config: ModelConfig) -> Iterator[Name]:
    """Every weight of a model of this shape."""
    yield Name("embedding.weight", "model.embed_tokens.weight", "token_embd.weight")
    for layer in range(config.layers):
        for ours, (hf, gguf) in (_BLOCK | (_BLOCK_QK_NORM if config.qk_norm else {})).items():
            kinds = ["weight"]
            if config.qkv_bias and ours in {"attention.q", "attention.k", "attention.v"}:
                kinds.append("bias")
            for kind in kinds:
                yield Name(
                    f"blocks.{layer}.{ours}.{kind}", f"model.layers.{layer}.{hf}.{kind}", f"blk.{layer}.{gguf}.{kind}"
                )
    yield Name("norm.weight", "model.norm.weight", "output_norm.weight")
    if not config.tied:
        yield Name("head.weight", "lm_head.weight", "output.weight")
