"""Models in a folder of the Hugging Face form: `config.json`, weights in safetensors, the tokenizer's files.

Does: read Llama (SmolLM2 is one), Qwen2 and Qwen3; write what `transformers` opens, with the same logits.
Does not: fetch anything, run code from a folder, or read quantised weights and pickles.

Source: transformers' `configuration_llama.py`, `configuration_qwen2.py` and `configuration_qwen3.py`, as of versions
4 and 5, which say RoPE's numbers in different places.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from causerie.errors import ModelFileError
from causerie.modeling.config import Llama3Scaling, ModelConfig
from causerie.modeling.names import names
from causerie.modeling.transformer import Transformer
from causerie.tokenization.tokenizer import Tokenizer

FAMILIES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}
_SIZES = {
    "vocabulary": "vocab_size",
    "width": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "hidden": "intermediate_size",
    "context": "max_position_embeddings",
}
"""Ours -> theirs, as the next."""
_SCALING = {
    "factor": "factor",
    "low_frequency_factor": "low_freq_factor",
    "high_frequency_factor": "high_freq_factor",
    "original_context": "original_max_position_embeddings",
}
_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What a JSON file may lead to that is damaged, or that somebody wrote for something else."""


def load_folder(folder: Path, *, dtype: torch.dtype = torch.float32) -> Transformer:
    """Read a model; its tokenizer is `Tokenizer.load(folder)`.

    Raises:
        ModelFileError: A file is missing or damaged, or the network is not one of this one's settings.
    """
    try:
        described = json.loads((folder / "config.json").read_text("utf-8"))
        config = _read_config(folder, described)
    except _DAMAGE as error:
        raise ModelFileError(
            "{folder} has no config.json that can be read: {reason}", folder=str(folder), reason=str(error)[:300]
        ) from error
    where = _where(folder)
    weights: dict[str, Tensor] = {}
    for each in names(config):
        if each.hf not in where:
            raise ModelFileError("{folder} has no weight {weight}", folder=str(folder), weight=each.hf)
        weights[each.ours] = _read(where.pop(each.hf), each.hf).to(dtype)
    where.pop("lm_head.weight", None)  # some write a tied head twice
    unknown = sorted(name for name in where if not name.endswith("rotary_emb.inv_freq"))
    if unknown:
        raise ModelFileError(
            "{folder} has weights that this network has no place for: {weights}", folder=str(folder),
            weights=", ".join(unknown[:5]),
        )  # fmt: skip
    try:
        with torch.device("meta"):
            model = Transformer(config)
        model.load_state_dict(weights, assign=True)
    except (RuntimeError, TypeError) as error:  # of a size past 64 bits, torch says that it is no number
        raise ModelFileError(
            "{folder} has a weight of another shape: {reason}", folder=str(folder), reason=str(error)[:300]
        ) from error
    return model


def _read_config(folder: Path, described: Mapping[str, Any]) -> ModelConfig:
    family = described.get("model_type")
    refused = [key for key in ("mlp_bias", "use_sliding_window", "quantization_config") if described.get(key)]
    if described.get("attention_bias"):
        refused.append("attention_bias")
    if described.get("hidden_act", "silu") != "silu":
        refused.append("hidden_act")
    if family not in FAMILIES or refused:
        raise ModelFileError(
            "{folder} holds a network that cannot be trained here: {what}", folder=str(folder),
            what=", ".join(f"{key} = {described[key]}" for key in refused) or f"model_type = {family}",
            hint="llama (SmolLM2 is one), qwen2 and qwen3 can, in full attention and unquantised",
        )  # fmt: skip
    sizes = {ours: _whole(described, theirs) for ours, theirs in _SIZES.items()}
    theta, scaling = _rope(folder, described)
    return ModelConfig(
        **sizes,
        kv_heads=_whole(described, "num_key_value_heads", sizes["heads"]),
        head_width=_whole(described, "head_dim", sizes["width"] // sizes["heads"]),
        rope_theta=theta,
        rope_scaling=scaling,
        norm_eps=described.get("rms_norm_eps", 1e-6),
        qk_norm=family == "qwen3",
        qkv_bias=family == "qwen2",
        tied=bool(described.get("tie_word_embeddings", False)),
    )


def _whole(described: Mapping[str, Any], key: str, otherwise: int = 0) -> int:
    """A size; where it is not said, or said to be null or 0, another, if there is one."""
    value = (described.get(key) or otherwise) if otherwise else described[key]
    if type(value) is not int:  # a truth value is an int, too
        raise TypeError(f"{key} is {value!r}")
    return value


def _rope(folder: Path, described: Mapping[str, Any]) -> tuple[float, Llama3Scaling | None]:
    """Base and scaling, from where version 5 or version 4 says them."""
    given = described.get("rope_parameters") or described.get("rope_scaling") or {}
    theta = float(given.get("rope_theta") or described.get("rope_theta") or 10_000.0)
    kind = given.get("rope_type") or given.get("type") or "default"
    if kind == "default":
        return theta, None
    if kind != "llama3":
        raise ModelFileError("{folder} stretches RoPE by {kind!r}, which is not known here", folder=str(folder),
                             kind=kind)  # fmt: skip
    return theta, Llama3Scaling(**{ours: given[theirs] for ours, theirs in _SCALING.items()})


def _where(folder: Path) -> dict[str, Path]:
    """Which file each weight is in."""
    index = folder / "model.safetensors.index.json"
    try:
        if index.is_file():
            named = json.loads(index.read_text("utf-8"))["weight_map"]
            # Only files of this folder: an index may be written by anybody.
            return {weight: folder / Path(file).name for weight, file in named.items()}
        with safe_open(folder / "model.safetensors", framework="pt") as weights:
            return dict.fromkeys(weights.keys(), folder / "model.safetensors")
    except (*_DAMAGE, SafetensorError) as error:
        raise ModelFileError(
            "{folder} has no weights that can be read: {reason}", folder=str(folder), reason=str(error)[:300],
            hint="it takes model.safetensors, or several with model.safetensors.index.json",
        ) from error  # fmt: skip


def _read(path: Path, name: str) -> Tensor:
    try:
        with safe_open(path, framework="pt") as weights:
            return weights.get_tensor(name)  # type: ignore[no-any-return]
    except (OSError, SafetensorError) as error:
        raise ModelFileError(
            "{file} is damaged: {reason}", file=path.name, reason=str(error)[:300], hint="fetch the file again"
        ) from error


def save_folder(
    model: Transformer, tokenizer: Tokenizer, folder: Path, *, dtype: torch.dtype = torch.float32
) -> None:
    """Write the folder; each file appears only when it is whole.

    Args:
        model: Without adapters: merge them first.
        tokenizer: Its own; its files and the chat template are written beside the weights.
        folder: Made if need be.
        dtype: Of the weights.
    """
    tokenizer.save(folder)
    state = model.state_dict()
    weights = {each.hf: state[each.ours].detach().to("cpu", dtype).contiguous() for each in names(model.config)}
    unfinished = folder / "model.safetensors.part"
    save_file(weights, unfinished, metadata={"format": "pt"})
    unfinished.replace(folder / "model.safetensors")
    described = _description(model.config) | {
        "dtype": str(dtype).removeprefix("torch."),
        "bos_token_id": tokenizer.bos_id, "eos_token_id": tokenizer.eos_id, "pad_token_id": tokenizer.pad_id,
    }  # fmt: skip
    _write_json(folder / "config.json", described)
    ends = sorted({each for each in (tokenizer.eos_id, tokenizer.document_end_id) if each is not None})
    _write_json(folder / "generation_config.json", {"eos_token_id": ends, "pad_token_id": tokenizer.pad_id})


def _description(config: ModelConfig) -> dict[str, Any]:
    """The `config.json`, in the words of versions 4 and 5 at once."""
    scaling = {}
    if config.rope_scaling is not None:
        ours = asdict(config.rope_scaling)
        scaling = {"rope_type": "llama3", **{theirs: ours[name] for name, theirs in _SCALING.items()}}
    return {
        "architectures": [FAMILIES[config.family]],
        "model_type": config.family,
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_width,
        "intermediate_size": config.hidden,
        "max_position_embeddings": config.context,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rope_theta,
        "rope_scaling": scaling or None,
        "rope_parameters": {"rope_type": "default", **scaling, "rope_theta": config.rope_theta},
        "hidden_act": "silu",
        "attention_bias": False,
        "tie_word_embeddings": config.tied,
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
