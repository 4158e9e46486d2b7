"""Text to token ids and back, the same ids as HF tokenizers and llama.cpp give, at tiktoken's speed.

Does: read a tokenizer's folder, encode and decode; prove when loading that tiktoken merges as the file says.
Does not: learn one (`train.py`) or lay out conversations (`template.py`).

**Text never becomes a control token.** `encode` does not know them: "<|im_end|>" in somebody's text is spelt out.
Only `encode_marked`, for what a chat template has written, reads them.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken
from numpy.typing import NDArray
from tokenizers import Tokenizer as HfTokenizer

from causerie.errors import ModelFileError
from causerie.tokenization import splitting

DOCUMENT_ENDS = ("<|endoftext|>", "<|end_of_text|>")
"""What families call the token between two documents."""

LONG_BLANK = 100_000
"""Blanks in a row from which on tiktoken's regular expressions give up; HF tokenizers read such a text."""
_LONG_BLANK = re.compile(rf"(?<!\s)\s{{{LONG_BLANK}}}")

Ids = NDArray[np.uint32]


def byte_letters() -> list[str]:
    """The letter that stands for each byte in files: itself where it can be seen, else one from U+0100 (GPT-2)."""
    seen = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in seen else chr(next(others)) for byte in range(256)]


_BYTE_OF = {letter: byte for byte, letter in enumerate(byte_letters())}


class Tokenizer:
    """One vocabulary with its merges and control tokens."""

    def __init__(self, description: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the contents of `tokenizer.json` and `tokenizer_config.json`.

        Raises:
            ModelFileError: It is not byte-level BPE, or splits or normalises text in a way that is not known here.
        """
        self.description, self.config = description, config
        model = description.get("model", {})
        if model.get("type", "BPE") != "BPE" or model.get("byte_fallback"):
            raise ModelFileError("the tokenizer is not byte-level BPE but {kind}", kind=model.get("type"))
        self.splitting = splitting.recognise(description.get("pre_tokenizer"))
        self._form = _normal_form(description.get("normalizer"))
        added = description.get("added_tokens", [])
        self.control: dict[str, int] = {token["content"]: token["id"] for token in added if token["special"]}
        """Control tokens: what structures a text, and never is in one."""
        self.extra: dict[str, int] = {token["content"]: token["id"] for token in added if not token["special"]}
        """Whole words beside the merges, found in any text."""
        self.vocabulary: dict[str, int] = {
            token: each for token, each in model["vocab"].items() if token not in self.control | self.extra
        }
        """Every other token, a letter for each byte."""
        self.merges: list[tuple[str, str]] = [
            _pair(pair.split(" ", 1) if isinstance(pair, str) else pair) for pair in model["merges"]
        ]
        """Pairs, in the order in which they are merged."""
        self.template: str | None = config.get("chat_template")

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        """Read a folder of the Hugging Face format.

        Raises:
            ModelFileError: A file is missing or not what it should be.
        """
        try:
            description = json.loads((folder / "tokenizer.json").read_text("utf-8"))
            config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
            beside = folder / "chat_template.jinja"
            if beside.is_file():  # newer versions of transformers write it there
                config["chat_template"] = beside.read_text("utf-8")
            return cls(description, config)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFileError(
                "{folder} holds no tokenizer that can be read: {reason}", folder=str(folder), reason=str(error)[:300],
                hint="it takes a tokenizer.json and a tokenizer_config.json",
            ) from error  # fmt: skip

    def save(self, folder: Path) -> None:
        """Write the two files that `load` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (("tokenizer.json", self.description), ("tokenizer_config.json", self.config)):
            (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @cached_property
    def size(self) -> int:
        """Number of token ids: one more than the largest."""
        return 1 + max(max(each.values(), default=0) for each in (self.vocabulary, self.control, self.extra))

    @cached_property
    def sha256(self) -> str:
        """Of all that the ids depend on, in hexadecimal."""
        parts = [
            self.splitting.name, self._form, sorted(self.vocabulary.items()), self.merges,
            sorted(self.control.items()), sorted(self.extra.items()),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def bos_id(self) -> int | None:
        """What begins a text (None = nothing does)."""
        return self._named("bos_token")

    @property
    def eos_id(self) -> int | None:
        """What ends an answer."""
        return self._named("eos_token")

    @property
    def pad_id(self) -> int | None:
        """What fills up a batch."""
        return self._named("pad_token")

    @property
    def document_end_id(self) -> int | None:
        """What stands between two documents: the end of an answer, where the family has no other."""
        return next((self.control[name] for name in DOCUMENT_ENDS if name in self.control), self.eos_id)

    def _named(self, role: str) -> int | None:
        given = self.config.get(role)
        content = given.get("content") if isinstance(given, Mapping) else given
        return None if content is None else self.control.get(content, self.vocabulary.get(content))

    def encode(self, text: str) -> list[int]:
        """The ids of a text; never a control token's. A lone surrogate counts as U+FFFD."""
        return self.encode_numpy(text).tolist()  # type: ignore[no-any-return]

    def encode_numpy(self, text: str) -> Ids:
        """As `encode`, shape (T,), uint32."""
        if not text.isascii():
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _broken(text) else text
            text = unicodedata.normalize(self._form, text) if self._form else text
        if not self.extra:
            return self._merge(text)
        return self._pieces(text, self._extra_words, self.extra)

    def encode_batch(self, texts: Iterable[str]) -> list[Ids]:
        """As `encode_numpy`, for each text."""
        return [self.encode_numpy(text) for text in texts]

    def encode_marked(self, text: str) -> list[int]:
        """The ids of a text in which control tokens are meant: what a chat template wrote, never a person."""
        return self._pieces(text, self.marks, self.control, self.encode_numpy).tolist()  # type: ignore[no-any-return]

    def decode(self, ids: Sequence[int]) -> str:
        """The text; bytes that are no UTF-8 become U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", "replace")

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes, exactly."""
        return b"".join(map(self.token_bytes.__getitem__, ids))

    @cached_property
    def token_bytes(self) -> list[bytes]:
        """What each id stands for (empty = the id is not used)."""
        table = [b""] * self.size
        for token, each in self.vocabulary.items():
            table[each] = _bytes(token)
        for token, each in (self.control | self.extra).items():
            table[each] = token.encode()
        return table

    @cached_property
    def byte_lengths(self) -> NDArray[np.int32]:
        """Bytes of text that each id stands for, for bits per byte: shape (V,); 0 for control tokens."""
        lengths = np.array([len(each) for each in self.token_bytes], dtype=np.int32)
        lengths[list(self.control.values())] = 0
        return lengths

    @cached_property
    def _extra_words(self) -> re.Pattern[str]:
        return _any_of(self.extra)

    @cached_property
    def marks(self) -> re.Pattern[str]:
        """Finds the control tokens' names; splitting by it gives text and names by turns."""
        return _any_of(self.control)

    def _pieces(self, text: str, words: re.Pattern[str], ids: Mapping[str, int], rest: Any = None) -> Ids:  # noqa: ANN401 - a function
        """Cut at these words, which have ids of their own, and encode what is between them."""
        rest = rest or self._merge
        parts = [
            np.array([ids[piece]], dtype=np.uint32) if number % 2 else rest(piece)
            for number, piece in enumerate(words.split(text))
            if piece
        ]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint32)

    def _merge(self, text: str) -> Ids:
        """Split into words and merge, by tiktoken where that is proved to be the same."""
        if self._fast is not None and not (len(text) > LONG_BLANK and _LONG_BLANK.search(text)):
            ids = np.array(self._fast.encode_ordinary(text), dtype=np.uint32)
            if not self._missing or not len(ids) or ids.max() < self.size:
                return ids
        return np.array(self._exact.encode(text, add_special_tokens=False).ids, dtype=np.uint32)

    @cached_property
    def _missing(self) -> list[int]:
        """Bytes without a token: some vocabularies lack control characters. What has one is left to HF tokenizers."""
        return [byte for byte, letter in enumerate(byte_letters()) if letter not in self.vocabulary]

    @cached_property
    def _exact(self) -> HfTokenizer:
        """HF tokenizers with the same merges, and no token beside them."""
        plain = {
            **self.description,
            "added_tokens": [],
            "normalizer": None,
            "post_processor": None,
            "truncation": None,
        }
        plain["model"] = {**self.description["model"], "vocab": self.vocabulary}
        return HfTokenizer.from_str(json.dumps(plain))

    @cached_property
    def _fast(self) -> tiktoken.Encoding | None:
        """Tiktoken with the same merges (None = it would not always merge alike)."""
        if not self.tiktoken_agrees():
            return None
        ranks = {_bytes(token): each for token, each in self.vocabulary.items()}
        ranks |= {bytes([byte]): self.size + number for number, byte in enumerate(self._missing)}
        return tiktoken.Encoding(
            self.splitting.name, pat_str=self.splitting.pattern, mergeable_ranks=ranks, special_tokens={}
        )

    def tiktoken_agrees(self) -> bool:
        """Whether merging by the ids' order, as tiktoken does, always gives what merging by the list of pairs gives.

        It does if (1) pairs are listed in the order of the ids that they make, and (2) the list makes each token out
        of its own bytes. Suppose that both ways agree while only tokens before t are made. On t's bytes the list then
        stops at the pair that makes t, so tiktoken stops there too; and inside a longer text nothing crossed the
        edges of a t that is about to be made, so the pair there is the same. By induction both agree.
        """
        made = [self.vocabulary.get(left + right, -1) for left, right in self.merges]
        single = [self.vocabulary[letter] for letter in byte_letters() if letter in self.vocabulary]
        if -1 in made or made != sorted(made) or (made and max(single, default=0) > made[0]):
            return False
        if self.description["model"].get("ignore_merges"):
            return True  # made from tiktoken's own files: whole words are looked up first, as tiktoken does
        return len(made) == len(set(made)) and all(
            len(self._exact.model.tokenize(left + right)) == 1 for left, right in self.merges
        )


def _pair(pair: Sequence[str]) -> tuple[str, str]:
    left, right = pair
    return left, right


def _bytes(token: str) -> bytes:
    return bytes(map(_BYTE_OF.__getitem__, token))


def _broken(text: str) -> bool:
    """Whether it holds a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """One expression for all of them, the longest first; it never matches where there are none."""
    found = sorted(words, key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, found)) + ")" if found else r"((?!))")


def _normal_form(normalizer: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 - unicodedata wants a literal
    if not normalizer:
        return None
    if normalizer.get("type") in {"NFC", "NFKC", "NFD", "NFKD"}:
        return normalizer["type"]
    raise ModelFileError(
        "the tokenizer normalises text in a way that is not known here: {kind}", kind=str(normalizer)
    )
