"""Low-rank adapters: a trained model is changed by two thin matrices beside each matrix, and stays itself.

Does: put adapters in, freeze all else, merge them, write and read them alone.
Does not: train (`training/` does) or quantise what is frozen.

    y = W x + (alpha / rank) * B A dropout(x)        A of shape (R, in), B of shape (out, R), B zero at first
Source: Hu et al., 2021, LoRA (https://arxiv.org/abs/2106.09685). Files are those of PEFT, so that others read them.
"""

# Shape letters: R rank, I and O lengths of a matrix's input and output, N positions of all sequences.

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from causerie.errors import ConfigError, ModelFileError
from causerie.modeling.names import names
from causerie.modeling.transformer import Transformer

TARGETS = ("q", "k", "v", "o", "gate", "up", "down")
"""Every matrix of a block: adapting all costs little and learns most (Schulman et al., 2025, LoRA Without Regret)."""
_PREFIX = "base_model.model."
_ROWS = _PREFIX + "{}.token_adapter.trainable_tokens_delta"
"""PEFT's name of rows that stand in place of a matrix's own, in spite of the word."""


@dataclass(frozen=True, kw_only=True)
class LoraConfig:
    """What the adapters are like."""

    rank: int = 16
    """Rank of the change to each matrix: its freedom, and its cost."""
    alpha: float = 32.0
    """The change counts `alpha / rank` times: a rate that suits one rank suits others."""
    targets: tuple[str, ...] = TARGETS
    """Which matrices of each block."""
    dropout: float = 0.0
    """Share of an adapter's inputs that are left out while training."""

    def __post_init__(self) -> None:
        """Refuse what cannot be, naming the setting, its value and the remedy."""
        if self.rank < 1:
            raise ConfigError("lora.rank {rank!r} must be at least 1", rank=self.rank)
        if not 0 <= self.dropout < 1:
            raise ConfigError("lora.dropout {dropout!r} must be from 0 to less than 1", dropout=self.dropout)
        unknown = [target for target in self.targets if target not in TARGETS]
        if unknown or not self.targets:
            raise ConfigError(
                "lora.targets {targets} is not a list of matrices", targets=list(self.targets),
                hint="there are {known}", known=", ".join(TARGETS),
            )  # fmt: skip


class LoraLinear(nn.Module):
    """A frozen matrix with an adapter beside it."""

    def __init__(self, frozen: nn.Linear, config: LoraConfig) -> None:
        super().__init__()
        self.frozen = frozen
        self.scale = config.alpha / config.rank
        self.dropout = nn.Dropout(config.dropout)
        like = frozen.weight
        self.a = nn.Parameter(like.new_empty(config.rank, frozen.in_features))
        self.b = nn.Parameter(like.new_zeros(frozen.out_features, config.rank))
        # As PEFT: uniform within one over the root of the input's length.
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, x_BTI: Tensor) -> Tensor:
        """Shape (B, T, O)."""
        thin_NR = nn.functional.linear(self.dropout(x_BTI).flatten(0, -2), self.a)
        plain_BTO: Tensor = self.frozen(x_BTI)
        # One operation scales and adds: three would each write and read all of the output.
        return torch.addmm(plain_BTO.flatten(0, -2), thin_NR, self.b.T, alpha=self.scale).view(plain_BTO.shape)

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The frozen matrix with the change added to it."""
        self.frozen.weight += self.scale * (self.b @ self.a)
        return self.frozen


def apply_lora(model: Transformer, config: LoraConfig) -> Transformer:
    """Freeze the model and put an adapter beside each target; the same model is given back.

    Raises:
        ConfigError: It has adapters already.
    """
    if any(True for _ in adapters(model)):
        raise ConfigError("the model has adapters already", hint="merge them first")
    model.requires_grad_(requires_grad=False)
    for parent in _parents(model):
        for target in config.targets:
            matrix = getattr(parent, target, None)
            if isinstance(matrix, nn.Linear):
                setattr(parent, target, LoraLinear(matrix, config))
    return model


def merge_lora(model: Transformer) -> Transformer:
    """Add every adapter into its matrix and take it away: the model is a plain one again, all of it trainable."""
    for parent in _parents(model):
        for name, child in list(parent.named_children()):
            if isinstance(child, LoraLinear):
                setattr(parent, name, child.merged())
    return model.requires_grad_(requires_grad=True)


def adapters(model: Transformer) -> Iterator[tuple[str, LoraLinear]]:
    """Every adapter with the name of the matrix that it stands beside: `blocks.0.attention.q`."""
    for name, module in model.named_modules():
        if isinstance(module, LoraLinear):
            yield name, module


def _parents(model: Transformer) -> Iterator[nn.Module]:
    for block in model.blocks:
        yield from (block.attention, block.feed_forward)  # type: ignore[misc]  # modules, says torch


def save_lora(
    model: Transformer, config: LoraConfig, folder: Path, *, base: str = "", tokens: Sequence[int] = ()
) -> None:
    """Write the adapters alone: `adapter_model.safetensors` and `adapter_config.json`, as PEFT reads them.

    Args:
        model: With its adapters.
        config: What they were made by.
        folder: Made if need be.
        base: The model that they belong to, as a name or a path.
        tokens: Ids whose rows of embedding and head are not the base's, and so are written too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    theirs = _their_names(model)
    weights: dict[str, Tensor] = {}
    for name, adapter in adapters(model):
        weights[f"{theirs[name]}.lora_A.weight"] = adapter.a.detach().cpu().contiguous()
        weights[f"{theirs[name]}.lora_B.weight"] = adapter.b.detach().cpu().contiguous()
    if tokens:
        weights |= {
            _ROWS.format(name): rows[list(tokens)].detach().cpu() for name, rows in _token_rows(model).items()
        }
    unfinished = folder / "adapter_model.safetensors.part"
    save_file(weights, unfinished, metadata={"format": "pt"})
    unfinished.replace(folder / "adapter_model.safetensors")
    described = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "bias": "none",
        "r": config.rank, "lora_alpha": config.alpha, "lora_dropout": config.dropout,
        "target_modules": sorted({theirs[name].rsplit(".", 1)[1] for name, _ in adapters(model)}),
    }  # fmt: skip
    if tokens:
        described["trainable_token_indices"] = {name.rpartition(".")[2]: list(tokens) for name in _token_rows(model)}
    (folder / "adapter_config.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def load_lora(model: Transformer, folder: Path) -> LoraConfig:
    """Put the adapters of a folder into a model; gives back what they are like.

    Raises:
        ModelFileError: The folder holds none that can be read, or they belong to a model of another shape.
    """
    try:
        described = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        weights = load_file(folder / "adapter_model.safetensors")
        config = _read_config(described)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelFileError(
            "{folder} holds no adapters that can be read: {reason}", folder=str(folder), reason=str(error)[:300]
        ) from error
    apply_lora(model, config)
    theirs = _their_names(model)
    for name, adapter in adapters(model):
        for letter, parameter in (("A", adapter.a), ("B", adapter.b)):
            found = weights.get(f"{theirs[name]}.lora_{letter}.weight")
            if found is None or found.shape != parameter.shape:
                raise ModelFileError(
                    "{folder} has no adapter of the right shape for {name}", folder=str(folder), name=theirs[name]
                )
            parameter.data.copy_(found)
    _read_token_rows(model, described.get("trainable_token_indices"), weights, folder)
    return config


@torch.no_grad()
def _read_token_rows(
    model: Transformer,
    ids: Any,  # noqa: ANN401 - whatever stood in the file
    weights: dict[str, Tensor],
    folder: Path,
) -> None:
    """Put in the rows that are the adapters' own; ids come by matrix, or as one list for the embedding."""
    by_matrix = ids if isinstance(ids, dict) else {"embed_tokens": ids}
    for name, rows_VD in _token_rows(model).items():
        own, found = by_matrix.get(name.rpartition(".")[2]), weights.get(_ROWS.format(name))
        if not own:
            continue
        known = isinstance(own, list) and all(isinstance(each, int) and 0 <= each < len(rows_VD) for each in own)
        if not known or found is None or found.shape != (len(own), rows_VD.shape[1]):
            raise ModelFileError("{folder} has no rows of the right shape for the tokens of {name}",
                                 folder=str(folder), name=name)  # fmt: skip
        rows_VD[own] = found.to(rows_VD.dtype)


def _token_rows(model: Transformer) -> dict[str, Tensor]:
    """Each matrix that has a row for a token, by PEFT's name without its beginning."""
    return {
        each.hf.removesuffix(".weight"): model.get_parameter(each.ours) for each in names(model.config)
        if each.ours in {"embedding.weight", "head.weight"}
    }  # fmt: skip


def _read_config(described: dict[str, Any]) -> LoraConfig:
    """Ours, or PEFT's."""
    ours = {their: our for our, their in _PARTS.items()}
    return LoraConfig(
        rank=described["r"], alpha=described["lora_alpha"], dropout=described.get("lora_dropout", 0.0),
        targets=tuple(target for target in TARGETS if target in {ours[each] for each in described["target_modules"]}),
    )  # fmt: skip


_PARTS = {name: f"{name}_proj" for name in TARGETS}
"""What PEFT's `target_modules` call each."""


def _their_names(model: Transformer) -> dict[str, str]:
    """Our name of each matrix -> PEFT's."""
    return {
        each.ours.removesuffix(".weight"): _PREFIX + each.hf.removesuffix(".weight") for each in names(model.config)
    }
