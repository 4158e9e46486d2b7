"""Token shards: what training reads. Plain arrays on disk that the operating system maps into memory.

Does: write tokens and the offsets of documents, hash every file, open them again and say what is missing or damaged.
Does not: choose which tokens make a batch; see `reader.py`.

    tokens/train/
      shards.json             what follows, with counts and SHA-256 hashes; written last
      tokens-00000.bin        every token, uint16 (vocabularies up to 65,536) or uint32, little-endian
      index-00000.bin         int64, little-endian: where each document begins, and where the last one ends
      tokens-00001.bin ...

A document ends with the end-of-text token. No document is split over two shards.
"""

# Shape letters: N tokens of a shard, D documents of a shard.

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causerie.errors import DataError

FORMAT = 1
SHARD_TOKENS = 2**27
"""Tokens of a shard, unless its last document is longer: 256 MiB of uint16."""
_MANIFEST = "shards.json"

Tokens = NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True)
class ShardFile:
    """One shard, as `shards.json` says it."""

    tokens: int
    documents: int
    tokens_file: str
    tokens_sha256: str
    index_file: str
    index_sha256: str


@dataclass(frozen=True)
class Manifest:
    """All that `shards.json` says."""

    dtype: str
    vocabulary_size: int
    end_of_text: int
    """Id of the token that ends each document."""
    tokenizer_sha256: str
    tokens: int
    documents: int
    text_sha256: str
    """Hash of the texts that were encoded: `data_sha256` of their card (empty = not known)."""
    text_bytes: int
    """UTF-8 bytes that the tokens stand for (bits per byte = bits of all tokens / this)."""
    shards: tuple[ShardFile, ...]
    format: int = FORMAT

    def sha256(self) -> str:
        """One hash for all the data: of the hashes of its files."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


class ShardWriter:
    """Writes documents into shards; use it as a context, and nothing counts until it has left without an error.

    Args:
        folder: Where to; made if need be. A former `shards.json` is removed at once.
        vocabulary_size: Ids are 0 to this minus 1; up to 65,536 they take two bytes, beyond four.
        end_of_text: Id put after each document.
        tokenizer_sha256: Which tokenizer made the ids.
        text_sha256: Which texts they stand for.
        shard_tokens: After how many tokens the next shard begins.
    """

    def __init__(
        self,
        folder: Path,
        *,
        vocabulary_size: int,
        end_of_text: int,
        tokenizer_sha256: str = "",
        text_sha256: str = "",
        shard_tokens: int = SHARD_TOKENS,
    ) -> None:
        if not 0 <= end_of_text < vocabulary_size:
            raise DataError(
                "the end-of-text token {id} is not in a vocabulary of {size}", id=end_of_text, size=vocabulary_size
            )
        self._folder = folder
        self._facts = {
            "dtype": "uint16" if vocabulary_size <= 2**16 else "uint32",
            "vocabulary_size": vocabulary_size,
            "end_of_text": end_of_text,
            "tokenizer_sha256": tokenizer_sha256,
            "text_sha256": text_sha256,
        }
        self._shard_tokens = shard_tokens
        self._done: list[ShardFile] = []
        self._text_bytes = 0
        self._dtype = np.dtype(str(self._facts["dtype"])).newbyteorder("<")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MANIFEST).unlink(missing_ok=True)
        self._begin()

    def _begin(self) -> None:
        self._file = (self._folder / f"tokens-{len(self._done):05}.bin").open("wb")
        self._hash = hashlib.sha256()
        self._ends = [0]

    def add(self, ids: Sequence[int] | NDArray[np.integer[Any]], text_bytes: int = 0) -> None:
        """Write one document and the end-of-text token behind it.

        Args:
            ids: Its tokens, without the end-of-text token.
            text_bytes: Length of its text in UTF-8.

        Raises:
            DataError: An id is not in the vocabulary.
        """
        array = np.asarray(ids, dtype=np.int64)
        size = int(self._facts["vocabulary_size"])
        if array.size and not (array.min() >= 0 and array.max() < size):
            raise DataError(
                "a token id lies outside the vocabulary of {size}: {low} to {high}",
                size=size, low=int(array.min()), high=int(array.max()),
                hint="the shards must be made with the tokenizer that they name",
            )  # fmt: skip
        if self._ends[-1] >= self._shard_tokens:
            self._finish()
            self._begin()
        data = np.append(array, int(self._facts["end_of_text"])).astype(self._dtype).tobytes()
        self._file.write(data)
        self._hash.update(data)
        self._ends.append(self._ends[-1] + array.size + 1)
        self._text_bytes += text_bytes

    def _finish(self) -> None:
        self._file.close()
        number = len(self._done)
        index = np.asarray(self._ends, dtype="<i8").tobytes()
        index_path = self._folder / f"index-{number:05}.bin"
        index_path.write_bytes(index)
        self._done.append(
            ShardFile(
                tokens=self._ends[-1],
                documents=len(self._ends) - 1,
                tokens_file=Path(self._file.name).name,
                tokens_sha256=self._hash.hexdigest(),
                index_file=index_path.name,
                index_sha256=hashlib.sha256(index).hexdigest(),
            )
        )

    def close(self) -> Manifest:
        """Finish the last shard and write `shards.json`."""
        self._finish()
        manifest = Manifest(
            **self._facts,  # type: ignore[arg-type]
            tokens=sum(shard.tokens for shard in self._done),
            documents=sum(shard.documents for shard in self._done),
            text_bytes=self._text_bytes,
            shards=tuple(self._done),
        )
        unfinished = self._folder / (_MANIFEST + ".part")
        unfinished.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self._folder / _MANIFEST)
        return manifest

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()


def read_manifest(folder: Path) -> Manifest:
    """What `shards.json` says.

    Raises:
        DataError: It is missing, damaged or of a newer format.
    """
    path = folder / _MANIFEST
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise DataError(
                "{path} has format {format}, and this causerie reads {known}",
                path=str(path), format=said["format"], known=FORMAT, hint="make the shards again",
            )  # fmt: skip
        return Manifest(**(said | {"shards": tuple(ShardFile(**each) for each in said["shards"])}))
    except FileNotFoundError as error:
        raise DataError(
            "there are no token shards in {folder}", folder=str(folder),
            hint="an encoding that was stopped leaves none: run it again",
        ) from error  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise DataError("{path} is damaged: {reason}", path=str(path), reason=repr(error)) from error


class TokenShards:
    """Shards on disk as one long row of tokens, read where they are.

    Args:
        folder: With `shards.json`.
        verify: Hash every file first (about a second a gigabyte); otherwise only sizes and the index are checked.

    Raises:
        DataError: A file is missing, cut short or damaged.
    """

    def __init__(self, folder: Path, *, verify: bool = False) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        if verify:
            self.verify()
        self._tokens: list[Tokens] = []
        self._index: list[NDArray[np.int64]] = []
        for shard in self.manifest.shards:
            self._tokens.append(self._map(shard.tokens_file, self.manifest.dtype, shard.tokens))
            index: NDArray[np.int64] = self._map(shard.index_file, "int64", shard.documents + 1)
            if index[0] != 0 or index[-1] != shard.tokens or (len(index) > 1 and np.diff(index).min() < 1):
                raise self._damaged(shard.index_file, "its offsets do not rise from 0 to the number of tokens")
            self._index.append(index)
        self.starts = np.cumsum([0, *(shard.tokens for shard in self.manifest.shards)], dtype=np.int64)
        """Where each shard begins in the long row; the last entry is its length."""
        self._first_document = np.cumsum([0, *(s.documents for s in self.manifest.shards)], dtype=np.int64)

    def __len__(self) -> int:
        """How many tokens there are."""
        return int(self.starts[-1])

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return int(self._first_document[-1])

    def _damaged(self, name: str, reason: str) -> DataError:
        return DataError(
            "the shard file {path} is damaged: {reason}", path=str(self.folder / name), reason=reason,
            hint="make the shards again, or copy the file from where it was whole",
        )  # fmt: skip

    def _map(self, name: str, dtype: str, length: int) -> NDArray[Any]:
        kind = np.dtype(dtype).newbyteorder("<")
        path = self.folder / name
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise DataError(
                "the shard file {path} is missing", path=str(path),
                hint="shards.json names it: copy the whole folder, or make the shards again",
            ) from error  # fmt: skip
        if size != length * kind.itemsize:
            raise self._damaged(name, f"{size} bytes instead of {length * kind.itemsize}")
        return np.memmap(path, dtype=kind, mode="r", shape=(length,)) if length else np.empty(0, kind)

    def verify(self) -> None:
        """Compare the hash of every file with `shards.json`.

        Raises:
            DataError: One is missing or differs.
        """
        for shard in self.manifest.shards:
            self._map(shard.tokens_file, self.manifest.dtype, shard.tokens)
            self._map(shard.index_file, "int64", shard.documents + 1)
            named = ((shard.tokens_file, shard.tokens_sha256), (shard.index_file, shard.index_sha256))
            for name, expected in named:
                if file_sha256(self.folder / name) != expected:
                    raise self._damaged(name, "its SHA-256 is not the one that was written down")

    def slice(self, start: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tokens from anywhere in the long row, over the borders of shards, each with the number of its document.

        Args:
            start: First token, 0 to `len(self) - length`.
            length: How many.

        Returns:
            Tokens and numbers of documents, both int64 of shape (length,).
        """
        tokens = np.empty(length, np.int64)
        documents = np.empty(length, np.int64)
        done = 0
        while done < length:
            shard = int(np.searchsorted(self.starts, start + done, side="right")) - 1
            first = start + done - int(self.starts[shard])
            last = min(first + length - done, int(self.starts[shard + 1] - self.starts[shard]))
            here = slice(done, done + last - first)
            tokens[here] = self._tokens[shard][first:last]
            index = self._index[shard]
            low = int(np.searchsorted(index, first, side="right")) - 1
            high = int(np.searchsorted(index, last, side="left"))
            borders = np.clip(index[low : high + 1], first, last)
            documents[here] = np.repeat(np.arange(low, high) + self._first_document[shard], np.diff(borders))
            done += last - first
        return tokens, documents

    def document(self, number: int) -> NDArray[np.int64]:
        """The tokens of one document, its end-of-text token included, int64 of shape (tokens,)."""
        shard = int(np.searchsorted(self._first_document, number, side="right")) - 1
        if not 0 <= number < self.documents:
            raise IndexError(number)
        own = number - int(self._first_document[shard])
        start, end = self._index[shard][own : own + 2]
        return self._tokens[shard][start:end].astype(np.int64)

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each document, shape (documents,)."""
        return np.concatenate([np.diff(index) for index in self._index])


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
