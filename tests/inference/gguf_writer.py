"""Writes small GGUF files, sound ones and those that a test wants otherwise."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

Plain = int | float | bool | str | Sequence[str] | Sequence[int]

LLAMA: dict[str, Plain] = {
    "general.architecture": "llama",
    "general.type": "model",
    "general.name": "Tiny",
    "general.license": "apache-2.0",
    "general.languages": ["en", "fr"],
    "general.file_type": 15,
    "llama.block_count": 2,
    "llama.context_length": 4096,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["<s>", "</s>", "a"],
    "tokenizer.chat_template": "{{ messages }}",
}
"""Metadata of a tiny model that never was."""


def text(value: str) -> bytes:
    """A string as GGUF writes it."""
    content = value.encode()
    return struct.pack("<Q", len(content)) + content


def value(item: Plain) -> bytes:
    """A value with its type before it."""
    match item:
        case bool():
            return struct.pack("<IB", 7, item)
        case int():
            return struct.pack("<II", 4, item)
        case float():
            return struct.pack("<If", 6, item)
        case str():
            return struct.pack("<I", 8) + text(item)
    items = b"".join(text(part) if isinstance(part, str) else struct.pack("<I", part) for part in item)
    return struct.pack("<IIQ", 9, 8 if item and isinstance(item[0], str) else 4, len(item)) + items


def gguf(
    metadata: Mapping[str, Plain] = LLAMA,
    tensors: Sequence[tuple[str, tuple[int, ...], int]] = (("token_embd.weight", (32, 4), 0),),
    *,
    version: int = 3,
    filler: bytes = b"",
) -> bytes:
    """A whole file: tensors of (name, shape, ggml type), 32-bit floats if of type 0, else as large as those.

    Args:
        metadata: Of the file.
        tensors: Their values are zeros.
        version: Of the format.
        filler: Bytes after the tensors, to tell files apart or make them large.
    """
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    header += b"".join(text(key) + value(item) for key, item in metadata.items())
    data = b""
    for name, shape, kind in tensors:
        size = 4
        for length in shape:
            size *= length
        header += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        header += struct.pack("<IQ", kind, len(data))
        data += bytes(size + -size % 32)
    return header + bytes(-len(header) % 32) + data + filler


def write(path: Path, content: bytes | None = None) -> Path:
    """Write a file, a tiny model unless told otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf() if content is None else content)
    return path
