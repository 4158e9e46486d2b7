"""What a GGUF model file says of itself, read as if a stranger had written it, because one has.

Does: read the header of versions 2 and 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): names, sizes,
context, attention cache, licence; and check that every tensor lies inside the file, so that a cut download is found.
Does not: read a tensor's values, or judge whether llama.cpp knows the architecture; loading the model tells that.
Try it: python -c "import sys; from causerie.inference import gguf; print(gguf.read(sys.argv[1]))" model.gguf

Every failure is one `ModelFileError` with the byte where it was found. Counts and lengths are checked against the
file's size before anything is allocated or repeated; the header may take 64 MiB at most. The package `gguf` was
weighed against this: it maps the whole file, builds numpy arrays and a Python object for each vocabulary entry,
and takes counts as they come, so that a file of 100 bytes can ask it for hours.
"""

import math
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from causerie.errors import ModelFileError
from causerie.inference.gguf_bytes import Cursor, List, Value
from causerie.inference.gguf_types import FILE_TYPES, TENSOR_TYPES

MAX_METADATA = 2**16
"""Metadata entries of one file; real ones have 20 to 60."""
MAX_TENSORS = 2**17
"""Tensors of one file; the largest mixtures of experts have a few thousand."""
MAX_DIMENSIONS = 4
"""GGML_MAX_DIMS of ggml.h."""
MAX_SHARDS = 999
"""Files of one model; the largest public ones have some dozens."""
CACHE_BYTES_PER_VALUE = 2
"""llama.cpp keeps keys and values as 16-bit floats unless told otherwise."""
ENCODERS = frozenset(
    {"bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3"}
)
"""Architectures that only give vectors (src/llama-arch.cpp of llama.cpp)."""
_CONTROL = 3
"""The type of a token, as `llama_token_type` in llama.h numbers them."""
_POOLED = (1, 2, 3)
"""Mean, first and last token (`llama_pooling_type` in llama.h): the file asks to be used for vectors."""
_SHARD = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$")


@dataclass(frozen=True, kw_only=True)
class Header:
    """The facts of one model, over all its shards. An unknown number is 0, an unknown word empty."""

    version: int
    kind: str
    """`model`, `adapter`, `mmproj`, `imatrix`: the file's `general.type`."""
    architecture: str
    name: str
    licence: str
    """As the file says it, usually in lower case: `apache-2.0`."""
    languages: tuple[str, ...]
    quantization: str
    """As llama.cpp names it: `Q4_K_M`."""
    parameters: int
    """Number of weights, counted from the tensors' shapes."""
    context_tokens: int
    layers: int
    heads: int
    cache_bytes_per_token: int
    """Attention cache of one token at 16 bits a value; an upper bound where layers look through a window."""
    vocabulary_size: int
    chat_template: bool
    embedding: bool
    size_bytes: int
    """Of all shards."""
    shard: int
    """Which shard this is, from 0."""
    shards: int


def shards(path: Path) -> tuple[Path, ...]:
    """The files of the model that `path` is a file of, in order: itself, or all `-0000i-of-0000n.gguf` beside it.

    Raises:
        ModelFileError: The name says more shards than any real model has.
    """
    match = _SHARD.match(path.name)
    if match is None:
        return (path,)
    count = int(match["count"])
    if not 1 <= int(match["number"]) <= count <= MAX_SHARDS:
        raise ModelFileError("{file} is not named as a shard of a model can be", file=path.name)
    return tuple(
        path.with_name(f"{match['stem']}-{number:05d}-of-{count:05d}.gguf") for number in range(1, count + 1)
    )


def stem(path: Path) -> str:
    """The file's name without `.gguf` and shard numbers."""
    match = _SHARD.match(path.name)
    return match["stem"] if match else path.name.removesuffix(".gguf")


def read(path: Path | str) -> Header:
    """The facts of the model in `path` and in its other shards, all of them checked.

    Raises:
        ModelFileError: A file is missing, damaged, truncated, hostile, or of an unknown version.
    """
    files = shards(Path(path))
    headers = [_read_file(file) for file in files]
    for number, (file, header) in enumerate(zip(files, headers, strict=True)):
        if (header.shard, header.shards) != (number, len(files)):
            raise ModelFileError(
                "{file} says that it is shard {shard} of {shards}, but its name says {number} of {count}",
                file=file.name, shard=header.shard + 1, shards=header.shards, number=number + 1, count=len(files),
                hint="fetch all shards of one model again, and keep their names",
            )  # fmt: skip
    total = {
        "parameters": sum(header.parameters for header in headers),
        "size_bytes": sum(header.size_bytes for header in headers),
    }
    return Header(**{**vars(headers[0]), **total})


def control_tokens(path: Path) -> list[str]:
    """Names of the tokens that steer a model: what opens a turn, what ends an answer (empty = the file marks none).

    Those that the file marks so. Files of before 2024 may mark such a token as one of the user's, or as a common one.

    Raises:
        ModelFileError: The file is missing, damaged, truncated, hostile, or of an unknown version.
    """
    with _opened(shards(path)[0]) as cursor:
        _, _, entries = _preamble(cursor)
        metadata = _metadata(cursor, entries)
        tokens, types = (metadata.get(f"tokenizer.ggml.{name}") for name in ("tokens", "token_type"))
        if not isinstance(tokens, List) or not isinstance(types, List):
            return []
        return cursor.chosen(tokens, types, _CONTROL)


def _read_file(path: Path) -> Header:
    with _opened(path) as cursor:
        version, tensors, entries = _preamble(cursor)
        metadata = _metadata(cursor, entries)
        parameters = _tensors(cursor, tensors, metadata)
    return _facts(metadata, version=version, parameters=parameters, size=cursor.size)


@contextmanager
def _opened(path: Path) -> Iterator[Cursor]:
    """A cursor at the beginning of the file."""
    try:
        size = path.stat().st_size
        with path.open("rb", buffering=0) as file:
            yield Cursor(file, size, path.name)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ModelFileError("there is no file {file}", file=str(path)) from error
    except OSError as error:
        raise ModelFileError("{file} cannot be read: {reason}", file=str(path), reason=str(error)) from error


def _preamble(cursor: Cursor) -> tuple[int, int, int]:
    """Version, number of tensors and number of metadata entries."""
    magic = cursor.bytes(4)
    if magic != b"GGUF":
        raise ModelFileError(
            "{file} is not a GGUF file: it starts with {magic!r} (byte {offset})", **cursor.where(0), magic=magic
        )
    version = cursor.number("<I")
    if version not in {2, 3}:
        big_endian = struct.unpack(">I", struct.pack("<I", version))[0] in {1, 2, 3}
        if big_endian:
            raise ModelFileError(
                "{file} was written for big-endian machines (byte {offset}); this is not one", **cursor.where(4)
            )
        raise ModelFileError(
            "{file} is GGUF version {version}, and 2 and 3 are known (byte {offset})",
            **cursor.where(4),
            version=version,
        )
    tensors = cursor.count(MAX_TENSORS, smallest=8 + 4 + 8 + 4 + 8)
    entries = cursor.count(MAX_METADATA, smallest=8 + 4 + 1)
    return version, tensors, entries


def _metadata(cursor: Cursor, entries: int) -> dict[str, Value]:
    metadata: dict[str, Value] = {}
    for _ in range(entries):
        at = cursor.offset
        key = cursor.text(limit=2**16 - 1)
        if key in metadata:
            raise ModelFileError(
                "{file} has the metadata key {key!r} twice (byte {offset})", **cursor.where(at), key=key[:96]
            )
        metadata[key] = cursor.value()
    return metadata


def _tensors(cursor: Cursor, count: int, metadata: Mapping[str, Value]) -> int:
    """Number of weights; checks that each tensor lies inside the file."""
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 2**20 or alignment & (alignment - 1):
        raise ModelFileError(
            "{file} has the alignment {alignment!r}, not a power of two (byte {offset})",
            **cursor.where(),
            alignment=alignment,
        )
    parameters = 0
    ends: list[tuple[int, int, str]] = []
    names: set[str] = set()
    for _ in range(count):
        at = cursor.offset
        name = cursor.text(limit=1024)
        if name in names:
            raise ModelFileError(
                "{file} has the tensor {tensor!r} twice (byte {offset})", **cursor.where(at), tensor=name[:96]
            )
        names.add(name)
        dimensions = cursor.number("<I")
        if dimensions > MAX_DIMENSIONS:
            raise ModelFileError(
                "{file}: tensor {tensor!r} has {n} axes (byte {offset})",
                **cursor.where(at),
                tensor=name,
                n=dimensions,
            )
        shape = [cursor.number("<Q") for _ in range(dimensions)]
        weights, size = _tensor_size(cursor, at, name, shape)
        start = cursor.number("<Q")
        if start % alignment:
            raise ModelFileError(
                "{file}: tensor {tensor!r} is not aligned (byte {offset})", **cursor.where(at), tensor=name
            )
        parameters += weights
        ends.append((start + size, at, name))
    data_start = cursor.offset + -cursor.offset % alignment
    for end, at, name in ends:
        if data_start + end > cursor.size:
            raise ModelFileError(
                "{file} is cut off: tensor {tensor!r} ends at byte {end}, the file at byte {size}",
                **cursor.where(at), tensor=name, end=data_start + end, size=cursor.size, hint="fetch the file again",
            )  # fmt: skip
    return parameters


def _tensor_size(cursor: Cursor, at: int, name: str, shape: list[int]) -> tuple[int, int]:
    """Weights and bytes of a tensor (bytes 0 for a type newer than this table: its size is not checked)."""
    weights = math.prod(shape)
    if weights > 2**63 - 1 or any(not 0 < length < 2**63 for length in shape):
        raise ModelFileError(
            "{file}: tensor {tensor!r} is of shape {shape} (byte {offset})",
            **cursor.where(at),
            tensor=name,
            shape=shape,
        )
    type_number = cursor.number("<I")
    known = TENSOR_TYPES.get(type_number)
    if known is None:
        return weights, 0
    block, block_bytes = known
    if shape and shape[0] % block:
        raise ModelFileError(
            "{file}: rows of tensor {tensor!r} have {length} values, not a multiple of {block} (byte {offset})",
            **cursor.where(at), tensor=name, length=shape[0], block=block,
        )  # fmt: skip
    return weights, weights // block * block_bytes


def _facts(metadata: Mapping[str, Value], *, version: int, parameters: int, size: int) -> Header:
    architecture = _word(metadata, "general.architecture")
    pooling = _whole(metadata, f"{architecture}.pooling_type")
    tokens = metadata.get("tokenizer.ggml.tokens")
    languages = metadata.get("general.languages")
    return Header(
        version=version,
        kind="mmproj" if architecture == "clip" else _word(metadata, "general.type") or "model",
        architecture=architecture,
        name=_word(metadata, "general.name"),
        licence=_word(metadata, "general.license"),
        languages=tuple(str(code) for code in languages.items) if isinstance(languages, List) else (),
        quantization=FILE_TYPES.get(_whole(metadata, "general.file_type", missing=-1) & ~1024, ""),
        parameters=parameters,
        context_tokens=_whole(metadata, f"{architecture}.context_length"),
        layers=_whole(metadata, f"{architecture}.block_count"),
        heads=max(_per_layer(metadata, f"{architecture}.attention.head_count", 1), default=0),
        cache_bytes_per_token=_cache_bytes_per_token(metadata, architecture),
        vocabulary_size=tokens.length if isinstance(tokens, List) else 0,
        chat_template="tokenizer.chat_template" in metadata,
        embedding=pooling in _POOLED or architecture in ENCODERS,
        size_bytes=size,
        shard=_whole(metadata, "split.no"),
        shards=_whole(metadata, "split.count") or 1,
    )


def _cache_bytes_per_token(metadata: Mapping[str, Value], architecture: str) -> int:
    """Keys and values of one token over all layers that keep them, in bytes.

    A sum over the layers of `head_count_kv * (key_length + value_length)`. A layer without attention says 0 heads,
    or only every `full_attention_interval`-th has any (Qwen's hybrids).
    """
    attention = f"{architecture}.attention."
    layers = min(_whole(metadata, f"{architecture}.block_count"), 2**12)
    heads = max(_per_layer(metadata, attention + "head_count", 1), default=0)
    if not layers or not heads or architecture in ENCODERS:
        return 0
    kv_heads = _per_layer(metadata, attention + "head_count_kv", layers) or [heads] * layers
    head_length = _whole(metadata, f"{architecture}.embedding_length") // heads
    key = _whole(metadata, attention + "key_length") or head_length
    value = _whole(metadata, attention + "value_length") or head_length
    interval = max(_whole(metadata, f"{architecture}.full_attention_interval"), 1)
    return sum(kv_heads) // interval * (key + value) * CACHE_BYTES_PER_VALUE


def _per_layer(metadata: Mapping[str, Value], key: str, layers: int) -> list[int]:
    """A number for each layer: the file gives a list, or one number for all of them (empty = it says nothing)."""
    value = metadata.get(key)
    if isinstance(value, List):
        return [item for item in value.items if isinstance(item, int) and 0 <= item < 2**32]
    number = _whole(metadata, key)
    return [number] * layers if number else []


def _whole(metadata: Mapping[str, Value], key: str, *, missing: int = 0) -> int:
    value = metadata.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32 else missing


def _word(metadata: Mapping[str, Value], key: str) -> str:
    value = metadata.get(key)
    return "".join(c for c in value[:200] if c.isprintable()).strip() if isinstance(value, str) else ""
