"""A tokenizer inside a GGUF file: written for llama.cpp, and read out of files that it serves.

Does: the keys `tokenizer.ggml.*` and `tokenizer.chat_template`, both ways.
Does not: weights (`modeling/gguf_file.py`).

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#tokenizer
"""

from pathlib import Path
from typing import Any

import gguf

from causerie.errors import ModelFileError
from causerie.tokenization import splitting
from causerie.tokenization.tokenizer import Tokenizer

_ROLES = {"bos_token": "bos_token_id", "eos_token": "eos_token_id", "pad_token": "padding_token_id"}
_SAME_SPLITTING = {"default": "gpt-2", "llama3": "llama-bpe", "llama-v3": "llama-bpe"}
"""Names that llama.cpp takes for another one."""


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer, vocabulary: int) -> None:
    """Write it for a model of so many ids; those that it does not use are marked so.

    Raises:
        ModelFileError: It has more ids than the model.
    """
    if tokenizer.size > vocabulary:
        raise ModelFileError(
            "the tokenizer has {ids} ids, the model {vocabulary}", ids=tokenizer.size, vocabulary=vocabulary
        )
    tokens = [f"[UNUSED_{each}]" for each in range(vocabulary)]
    types = [gguf.TokenType.UNUSED] * vocabulary
    for found, kind in (
        (tokenizer.vocabulary, gguf.TokenType.NORMAL),
        (tokenizer.extra, gguf.TokenType.USER_DEFINED),
        (tokenizer.control, gguf.TokenType.CONTROL),
    ):
        for token, each in found.items():
            tokens[each], types[each] = token, kind
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(tokenizer.splitting.name)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([" ".join(pair) for pair in tokenizer.merges])
    for role, add in (
        (tokenizer.bos_id, writer.add_bos_token_id),
        (tokenizer.eos_id, writer.add_eos_token_id),
        (tokenizer.pad_id, writer.add_pad_token_id),
    ):
        if role is not None:
            add(role)
    writer.add_add_bos_token(bool(tokenizer.config.get("add_bos_token")))
    if tokenizer.template:
        writer.add_chat_template(tokenizer.template)


def open_gguf(path: Path) -> gguf.GGUFReader:
    """Read a file's header.

    Raises:
        ModelFileError: It is missing or damaged.
    """
    try:
        return gguf.GGUFReader(path)
    except (OSError, ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise ModelFileError(
            "{file} is not a GGUF file that can be read: {reason}", file=path.name, reason=str(error)[:300],
            hint="fetch the file again",
        ) from error  # fmt: skip


def load_tokenizer(path: Path) -> Tokenizer:
    """Read the tokenizer of a GGUF file.

    Raises:
        ModelFileError: The file is damaged, or its tokenizer is not byte-level BPE.
    """
    fields = open_gguf(path).fields
    found = {name: field.contents() for name, field in fields.items() if name.startswith("tokenizer.")}
    if found.get("tokenizer.ggml.model") != "gpt2" or "tokenizer.ggml.merges" not in found:
        raise ModelFileError(
            "{file} has a tokenizer that is not byte-level BPE: {kind}", file=path.name,
            kind=str(found.get("tokenizer.ggml.model")),
        )  # fmt: skip
    pre = str(found.get("tokenizer.ggml.pre", "default"))
    way = splitting.find(_SAME_SPLITTING.get(pre, pre))
    return Tokenizer(_description(found, way), _config(found))


def _description(found: dict[str, Any], way: splitting.Splitting) -> dict[str, Any]:
    """The `tokenizer.json` of the same tokenizer."""
    tokens = found["tokenizer.ggml.tokens"]
    types = found.get("tokenizer.ggml.token_type") or [gguf.TokenType.NORMAL] * len(tokens)
    added = [
        {"id": each, "content": token, "special": types[each] == gguf.TokenType.CONTROL, "single_word": False,
         "lstrip": False, "rstrip": False, "normalized": False}
        for each, token in enumerate(tokens)
        if types[each] in {gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED}
    ]  # fmt: skip
    # HF tokenizers heeds the ids of added tokens only where the vocabulary has them; else it counts on from its end.
    vocabulary = {token: each for each, token in enumerate(tokens) if types[each] != gguf.TokenType.UNUSED}
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
        "ignore_merges": way.name == "llama-bpe", "vocab": vocabulary,
        "merges": [pair.split(" ", 1) for pair in found["tokenizer.ggml.merges"]],
    }  # fmt: skip
    decoder = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        # Files do not say so, but Qwen's own tokenizer composes letters first; llama.cpp does not.
        "normalizer": None, "pre_tokenizer": way.description(), "post_processor": None, "decoder": decoder,
        "model": model,
    }  # fmt: skip


def _config(found: dict[str, Any]) -> dict[str, Any]:
    """The `tokenizer_config.json`."""
    tokens = found["tokenizer.ggml.tokens"]
    config: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    for role, key in _ROLES.items():
        each = found.get(f"tokenizer.ggml.{key}")
        config[role] = tokens[each] if each is not None and each < len(tokens) else None
    config["add_bos_token"] = bool(found.get("tokenizer.ggml.add_bos_token"))
    config["chat_template"] = found.get("tokenizer.chat_template")
    return config
