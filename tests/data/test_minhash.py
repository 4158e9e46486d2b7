"""Duplicates are found as an exact comparison finds them, for a small part of its work."""

import random
import re
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from causerie.data.steps.duplicates import Duplicates, ExactDuplicates, NearDuplicates
from causerie.data.steps.hashing import run_hashes, word_hashes
from causerie.data.steps.minhash import MinHash

VOCABULARY = [f"word{number}" for number in range(3000)]


def words_of(text: str) -> list[bytes]:
    plain = re.sub("[\u0080-\u00bf\u2000-\u207f]", " ", text.lower())
    return re.findall(rb"[a-z0-9\x80-\xff]+", plain.encode())


@given_settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text() | st.text("aÉ\u00ab\u00a0\u2019\u2026\u205f\u2080\u00c2\u00e2\u3000"), max_size=6),
    st.integers(1, 4),
)
def test_equal_runs_of_words_have_equal_hashes_and_others_do_not(texts: list[str], size: int) -> None:
    hashes, starts = run_hashes(texts, size)
    known: dict[tuple[bytes, ...], int] = {}
    for number, text in enumerate(texts):
        words = words_of(text)
        runs = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)] or [tuple(words)]
        own = hashes[starts[number] : starts[number + 1]].tolist()
        assert len(own) == len(runs)
        for run, value in zip(runs, own, strict=True):
            assert known.setdefault(run, value) == value
    assert len(set(known.values())) == len(known)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert word_hashes(["Déjà vu, deja VU"])[0].tolist() == [
        word_hashes([word])[0][0] for word in ("déjà", "vu", "deja", "vu")
    ]
    assert run_hashes(["one two three"], 2)[0].tolist() == [7984829353225311366, 13574206417929605155]
    assert len(word_hashes([])[0]) == len(run_hashes([], 3)[0]) == 0


def corpus(seed: int, texts: int) -> list[str]:
    """Texts of 60 to 300 words, of which every third has copies with 0 to 10 % of the words changed."""
    draw = random.Random(seed)
    made: list[list[str]] = []
    for number in range(texts):
        words = draw.choices(VOCABULARY, k=draw.randrange(60, 300))
        made.append(words)
        for _ in range(draw.randrange(1, 4) if number % 3 == 0 else 0):
            share = draw.choice([0.0, 0.005, 0.01, 0.02, 0.05, 0.1])
            made.append([draw.choice(VOCABULARY) if draw.random() < share else word for word in words])
    draw.shuffle(made)
    return [" ".join(words) for words in made]


@cache
def runs_of(text: str) -> frozenset[tuple[str, ...]]:
    words = text.split()
    return frozenset(tuple(words[at : at + 5]) for at in range(len(words) - 4))


def similarity(left: str, right: str) -> float:
    shared = len(runs_of(left) & runs_of(right))
    return shared / (len(runs_of(left)) + len(runs_of(right)) - shared)


def test_signatures_agree_as_often_as_texts_are_alike() -> None:
    texts = corpus(1, 60)
    signatures = MinHash(bands=32, rows=8).signatures(texts)
    exact, estimated = [], []
    for left, right in combinations(range(len(texts)), 2):
        alike = similarity(texts[left], texts[right])
        if alike > 0.05:
            exact.append(alike)
            estimated.append(float((signatures[left] == signatures[right]).mean()))
    error = np.array(estimated) - np.array(exact)
    assert len(exact) > 30
    assert abs(error.mean()) < 0.02
    assert np.abs(error).max() < 0.15  # 5 standard deviations of 256 numbers


def test_near_duplicates_are_those_of_an_exact_comparison() -> None:
    texts = corpus(2, 150)
    step = NearDuplicates()
    originals = step.originals(step.fingerprints(texts))
    found = set(np.flatnonzero(originals != np.arange(len(texts))).tolist())
    pairs = {pair: similarity(texts[pair[0]], texts[pair[1]]) for pair in combinations(range(len(texts)), 2)}
    certain = {later for (_, later), alike in pairs.items() if alike >= 0.9}
    possible = {later for (_, later), alike in pairs.items() if alike >= 0.7}
    assert len(certain) > 20
    assert certain <= found <= possible
    assert all(originals[originals[text]] == originals[text] < text for text in found)


def test_signatures_do_not_depend_on_what_else_is_in_the_batch() -> None:
    texts = [*corpus(3, 30), "", "two words", "!!!", "mot " * 40_000]
    method = MinHash()
    together = method.signatures(texts)
    assert (together == np.concatenate([method.signatures([text]) for text in texts])).all()
    assert together.shape == (len(texts), 128)
    assert method.signatures([]).shape == (0, 128)
    assert method.originals(method.signatures([])).tolist() == []


def test_sameness_is_passed_on_and_the_first_stays() -> None:
    draw = random.Random(4)
    words = draw.choices(VOCABULARY, k=400)
    chain = [words]
    for place in range(0, 400, 8):
        chain.append([*chain[-1][:place], f"new{place}", *chain[-1][place + 1 :]])
    texts = [" ".join(each) for each in chain]
    step = NearDuplicates(bands=32, rows=4)
    assert similarity(texts[0], texts[-1]) < 0.5
    assert step.originals(step.fingerprints(texts)).tolist() == [0] * len(texts)


def test_texts_that_met_by_chance_in_a_band_are_let_go() -> None:
    method = MinHash(bands=128, rows=1, similarity=0.8)
    texts = corpus(5, 60)
    words = texts[0].split()
    texts += [" ".join(words[: len(words) // 2] + random.Random(n).choices(VOCABULARY, k=60)) for n in range(3)]
    originals = method.originals(method.signatures(texts))
    for later in np.flatnonzero(originals != np.arange(len(texts))).tolist():
        group = [other for other in np.flatnonzero(originals == originals[later]).tolist() if other != later]
        assert max(similarity(texts[later], texts[other]) for other in group) > 0.65


def test_exact_duplicates_do_not_mind_spaces_and_capitals() -> None:
    step = ExactDuplicates()
    texts = ["A b", "c", "a  B\n", "C!", "c", "a b"]
    assert step.originals(step.fingerprints(texts)).tolist() == [0, 1, 0, 3, 1, 0]
    assert step.originals(step.fingerprints([])).tolist() == []


@given_settings(deadline=None)
@given(st.lists(st.sampled_from("abcdef"), max_size=40))
def test_the_first_of_equal_texts_stays(texts: list[str]) -> None:
    step = ExactDuplicates()
    assert step.originals(step.fingerprints(texts)).tolist() == [texts.index(text) for text in texts]


def test_a_comparison_must_say_how() -> None:
    with pytest.raises(NotImplementedError):
        Duplicates().fingerprints([])
    with pytest.raises(NotImplementedError):
        Duplicates().originals(np.zeros((0, 1)))
