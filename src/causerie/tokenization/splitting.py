"""How a text is split into words before byte pairs are merged: the four ways that llama.cpp knows by name.

Does: give each way as HF tokenizers' description and as one expression for tiktoken; recognise it in a file.
Does not: merge; no pair is ever merged across these splits.

Held against each other at every character of Unicode up to U+33500, on 2026-11-25: HF tokenizers 0.23.3 and tiktoken
0.14.0 split alike (`smollm` but for the 13 digits that Unicode 17 added); llama.cpp's tables of letters end before
Unicode 16, so that it splits next to the 1,168 letters and digits that this added as if they were signs.

Sources: llama.cpp's `src/llama-vocab.cpp` (the names and expressions); the `tokenizer.json` of each family.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from causerie.errors import ModelFileError

_SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
_MODERN = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
_GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
_SMOLLM = _GPT2.replace(r" ?\p{N}+", r"\p{N}")
_END = r"|\s+(?!\S)|\s+"
"""Blanks: all but the last, which goes with the word after it; or all, where nothing follows."""
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


@dataclass(frozen=True)
class Splitting:
    """One way to split."""

    name: str
    """llama.cpp's, as `tokenizer.ggml.pre` of a GGUF file."""
    pattern: str
    """One expression whose matches are the words."""
    digits: bool = False
    """HF tokenizers split digits off first, and the rest by GPT-2's expression."""
    split: str = ""
    """The expression that HF tokenizers split by (empty = GPT-2's, which is built in)."""

    def description(self) -> dict[str, Any]:
        """The `pre_tokenizer` of a `tokenizer.json`."""
        if self.split:
            first = {"type": "Split", "pattern": {"Regex": self.split}, "behavior": "Isolated", "invert": False}
            return {"type": "Sequence", "pretokenizers": [first, {**_BYTES, "use_regex": False}]}
        if self.digits:
            return {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, _BYTES]}
        return dict(_BYTES)


def _fast(words: str, before_end: str = "") -> str:
    r"""The same for tiktoken: what needs no look ahead is one group, matched without going back, half as fast again.

    What is left to the last `\s+` is always one blank, so `\s` will do.
    """
    return f"(?:{words}){before_end}{_END[:-1]}"


TABLE = {
    each.name: each
    for each in (
        # Llama 3: up to three digits together.
        Splitting("llama-bpe", _fast(_SHORT + _MODERN % "{1,3}"), split=_SHORT + _MODERN % "{1,3}" + _END),
        # Qwen 2 and 3: each digit alone.
        Splitting("qwen2", _fast(_SHORT + _MODERN % ""), split=_SHORT + _MODERN % "" + _END),
        Splitting("gpt-2", _fast(_GPT2)),
        # SmolLM: each digit alone. The blanks before a digit stay together, because it was split off before.
        Splitting("smollm", _fast(_SMOLLM, r"|\s+(?=\p{N})"), digits=True),
    )
}


def find(name: str) -> Splitting:
    """The way of this name.

    Raises:
        ModelFileError: It is none of those that are known here.
    """
    if name in TABLE:
        return TABLE[name]
    raise ModelFileError(
        "the tokenizer splits text as {name!r}, which is not known here", name=name,
        hint="there are {known}", known=", ".join(TABLE),
    )  # fmt: skip


def recognise(description: Mapping[str, Any] | None) -> Splitting:
    """The way that a `tokenizer.json` describes.

    Raises:
        ModelFileError: It is none of those that are known here.
    """
    parts = (description or {}).get("pretokenizers") or [description or {}]
    regex = next((part["pattern"].get("Regex", "") for part in parts if part.get("type") == "Split"), "")
    digits = any(part.get("type") == "Digits" and part.get("individual_digits") for part in parts)
    bytes_part = next((part for part in parts if part.get("type") == "ByteLevel"), None)
    if bytes_part is not None and not bytes_part.get("add_prefix_space"):
        for each in TABLE.values():
            if regex == each.split and digits == each.digits:
                return each
    raise ModelFileError(
        "the tokenizer splits text in a way that is not known here: {description}",
        description=str(description)[:300], hint="there are those that llama.cpp calls {known}",
        known=", ".join(TABLE),
    )  # fmt: skip
