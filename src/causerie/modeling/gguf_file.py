"""Models in GGUF, llama.cpp's form: read to be trained further, written to be served.

Does: read Llama, Qwen2 and Qwen3 in any quantisation, as float32; write a model with its tokenizer and template.
Does not: run them (`inference/` does) or read other networks.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; llama.cpp's `conversion/` for what each key means.
"""

import math
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causerie.errors import ModelFileError
from causerie.modeling.config import Llama3Scaling, ModelConfig
from causerie.modeling.names import names
from causerie.modeling.transformer import Transformer, frequencies
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.vocabulary_gguf import add_tokenizer, open_gguf

_TYPE = gguf.GGMLQuantizationType
KINDS: dict[str, tuple[gguf.GGMLQuantizationType, gguf.GGMLQuantizationType, gguf.LlamaFileType]] = {
    "f32": (_TYPE.F32, _TYPE.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (_TYPE.F16, _TYPE.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (_TYPE.Q8_0, _TYPE.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "q4_0": (_TYPE.Q4_0, _TYPE.Q8_0, gguf.LlamaFileType.MOSTLY_Q4_0),
}
"""Name -> types of the blocks' matrices, of embedding and head (which suffer more), and the file's number for it."""

_LLAMA_3 = (Llama3Scaling(factor=8.0), Llama3Scaling(factor=32.0))
"""Those that models were published with: a file holds only what follows from them."""
_SCALING_KEY = "causerie.rope_scaling"
"""Where we say which it was; others pass over it."""


def load_gguf(path: Path) -> Transformer:
    """Read a model, as float32.

    Raises:
        ModelFileError: The file is damaged, or holds a network that is not one of this one's settings.
    """
    reader = open_gguf(path)
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    config = _read_config(path, reader, tensors)
    with torch.device("meta"):
        model = Transformer(config)
    weights: dict[str, Tensor] = {}
    for name in names(config):
        if name.gguf not in tensors:
            raise ModelFileError("{file} has no tensor {tensor}", file=path.name, tensor=name.gguf)
        found = tensors.pop(name.gguf)
        value = torch.from_numpy(np.array(gguf.quants.dequantize(found.data, found.tensor_type), dtype=np.float32))
        weights[name.ours] = _halves(value, name.ours, config) if config.family == "llama" else value
    unknown = sorted(set(tensors) - {"rope_freqs.weight"} - ({"output.weight"} if config.tied else set()))
    if unknown:
        raise ModelFileError(
            "{file} has tensors that this network has no place for: {tensors}", file=path.name,
            tensors=", ".join(unknown[:5]),
        )  # fmt: skip
    try:
        model.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise ModelFileError("{file} has a tensor of another shape: {reason}", file=path.name, reason=str(error)[:300]
                             ) from error  # fmt: skip
    return model


def _read_config(path: Path, reader: gguf.GGUFReader, tensors: dict[str, Any]) -> ModelConfig:
    """The sizes, from the file's metadata."""
    architecture = _value(reader, "general.architecture")
    if architecture not in {"llama", "qwen2", "qwen3"}:
        raise ModelFileError(
            "{file} holds the network {architecture!r}", file=path.name, architecture=architecture,
            hint="llama (SmolLM2 is one), qwen2 and qwen3 can be trained further here",
        )  # fmt: skip

    def of(key: str, default: Any = None) -> Any:  # noqa: ANN401 - any value of the file
        found = _value(reader, f"{architecture}.{key}", default)
        if found is None:
            raise ModelFileError("{file} does not say {key}", file=path.name, key=f"{architecture}.{key}")
        return found

    heads, width = int(of("attention.head_count")), int(of("embedding_length"))
    scaling = _value(reader, f"{architecture}.rope.scaling.type")
    if scaling not in {None, "none"} or _value(reader, f"{architecture}.expert_count", 0):
        raise ModelFileError("{file} stretches RoPE or has experts, in a way that is not known here", file=path.name)
    config = ModelConfig(
        vocabulary=int(tensors["token_embd.weight"].shape[1]) if "token_embd.weight" in tensors else 1,
        width=width,
        layers=int(of("block_count")),
        heads=heads,
        kv_heads=int(of("attention.head_count_kv", heads)),
        head_width=int(of("attention.key_length", width // heads)),
        hidden=int(of("feed_forward_length")),
        context=int(of("context_length")),
        rope_theta=_decimal(of("rope.freq_base", 10_000.0)),
        norm_eps=_decimal(of("attention.layer_norm_rms_epsilon")),
        qk_norm=architecture == "qwen3",
        qkv_bias=architecture == "qwen2",
        tied="output.weight" not in tensors,
    )
    return _with_scaling(path, config, reader, tensors)


def _with_scaling(path: Path, config: ModelConfig, reader: gguf.GGUFReader, tensors: dict[str, Any]) -> ModelConfig:
    """Llama 3's scaling is in the file as one divisor for each pair: find the scaling that gives these."""
    if "rope_freqs.weight" not in tensors:
        return config
    divisors = torch.from_numpy(np.array(tensors["rope_freqs.weight"].data, dtype=np.float32))
    ours = _value(reader, _SCALING_KEY)
    for scaling in (*_LLAMA_3, *([Llama3Scaling(ours[0], ours[1], ours[2], int(ours[3]))] if ours else [])):
        scaled = replace(config, rope_scaling=scaling)
        if torch.allclose(frequencies(config) / frequencies(scaled), divisors, rtol=1e-3):
            return scaled
    raise ModelFileError("{file} stretches RoPE in a way that is not known here", file=path.name)


def _decimal(value: float) -> float:
    """The number that somebody wrote: files hold it in single precision, 1e-6 as 9.99999997e-07."""
    return float(f"{value:.7g}")


def _value(reader: gguf.GGUFReader, key: str, default: Any = None) -> Any:  # noqa: ANN401 - any value of the file
    field = reader.get_field(key)
    return default if field is None else field.contents()


def save_gguf(model: Transformer, tokenizer: Tokenizer, path: Path, *, kind: str = "f16", name: str = "") -> None:
    """Write the model with its tokenizer and chat template; the file appears only when it is whole.

    Args:
        model: Without adapters: merge them first.
        tokenizer: Its own.
        path: Of the file.
        kind: Of `KINDS`.
        name: What people call it (empty = the file's name).

    Raises:
        ModelFileError: There is no such kind, or the tokenizer has more ids than the model.
    """
    if kind not in KINDS:
        raise ModelFileError("there is no kind of GGUF {kind!r} here", kind=kind, hint="there are {kinds}",
                             kinds=", ".join(KINDS))  # fmt: skip
    config, state = model.config, model.state_dict()
    unfinished = path.with_name(path.name + ".part")
    writer = gguf.GGUFWriter(unfinished, config.family)
    try:
        writer.add_name(name or path.stem)
        writer.add_file_type(KINDS[kind][2])
        _add_config(writer, config)
        add_tokenizer(writer, tokenizer, config.vocabulary)
        for each in names(config):
            value = state[each.ours].detach().to("cpu", torch.float32)
            value = _pairs(value, each.ours, config) if config.family == "llama" else value
            _add_tensor(writer, each.gguf, value.contiguous().numpy(), kind)
        if config.rope_scaling is not None:
            divisors = frequencies(replace(config, rope_scaling=None)) / frequencies(config)
            writer.add_tensor("rope_freqs.weight", divisors.numpy())
            writer.add_array(_SCALING_KEY, [float(each) for each in astuple(config.rope_scaling)])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        unfinished.replace(path)
    finally:
        writer.close()
        unfinished.unlink(missing_ok=True)


def _add_config(writer: gguf.GGUFWriter, config: ModelConfig) -> None:
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.hidden)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_width)
    writer.add_value_length(config.head_width)
    writer.add_rope_dimension_count(config.head_width)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_vocab_size(config.vocabulary)


def _add_tensor(writer: gguf.GGUFWriter, name: str, value: NDArray[np.float32], kind: str) -> None:
    """One weight, in the type that its kind of file has for it."""
    blocks, outer, _ = KINDS[kind]
    wanted = _TYPE.F32 if value.ndim == 1 else outer if name in {"token_embd.weight", "output.weight"} else blocks
    if value.shape[-1] % gguf.GGML_QUANT_SIZES[wanted][0]:
        wanted = _TYPE.F16  # rows that are not whole blocks
    writer.add_tensor(name, gguf.quants.quantize(value, wanted), raw_dtype=wanted)


def _pairs(value: Tensor, name: str, config: ModelConfig) -> Tensor:
    """For llama.cpp's Llama, RoPE turns neighbours (2k, 2k + 1); here the pair is (k, k + K/2): reorder the rows."""
    return _reorder(value, name, config, lambda rows: rows.unflatten(1, (2, -1)).transpose(1, 2))


def _halves(value: Tensor, name: str, config: ModelConfig) -> Tensor:
    """The other way round."""
    return _reorder(value, name, config, lambda rows: rows.unflatten(1, (-1, 2)).transpose(1, 2))


def _reorder(value: Tensor, name: str, config: ModelConfig, order: Any) -> Tensor:  # noqa: ANN401 - a function
    if ".attention.q." not in name and ".attention.k." not in name:
        return value
    rows = value.reshape(-1, config.head_width, *value.shape[1:])  # (heads, K, D)
    if math.prod(rows.shape) != value.numel():
        raise ModelFileError("the tensor {name} is not of whole heads", name=name)
    return order(rows).reshape(value.shape)  # type: ignore[no-any-return]
