"""Philox: the words of NumPy's own generator, and draws that are even."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from lowfloat.base.jit import kernel
from lowfloat.base.random import draw_below, philox

WORD = st.integers(0, 2**64 - 1)
TOP = 2**64 - 1
EDGES = [0, 1, 2, 2**31, 2**32 - 1, 2**32, 2**63, TOP - 1, TOP]


def numpy_word(key: tuple[int, int], counter: tuple[int, int]) -> int:
    """Return NumPy's first word at a counter; it counts up before the first word."""
    before = (counter[0] + (counter[1] << 64) - 1) % 2**256
    words = [(before >> (64 * i)) & TOP for i in range(4)]
    generator = np.random.Philox(key=np.array(key, np.uint64), counter=np.array(words, np.uint64))
    return int(generator.random_raw())


def our_word(key: tuple[int, int], counter: tuple[int, int]) -> int:
    return int(philox(*(np.uint64(word) for word in (*key, *counter))))


@settings(max_examples=300)
@given(key=st.tuples(WORD, WORD), counter=st.tuples(WORD, WORD))
@example(key=(0, 0), counter=(0, 0))
@example(key=(0, 0), counter=(0, 1))
@example(key=(TOP, TOP), counter=(TOP, TOP))
def test_a_word_is_that_of_numpy(key: tuple[int, int], counter: tuple[int, int]) -> None:
    assert our_word(key, counter) == numpy_word(key, counter)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("edge", EDGES)
def test_a_word_is_that_of_numpy_where_a_part_overflows(place: int, edge: int) -> None:
    words = [3, 5, 7, 11]
    words[place] = edge
    key, counter = (words[0], words[1]), (words[2], words[3])
    assert our_word(key, counter) == numpy_word(key, counter)


def test_a_run_of_words_is_the_run_of_numpy() -> None:
    # NumPy gives four words per counter, of which a kernel takes the first.
    generator = np.random.Philox(key=np.array([9, 4], np.uint64), counter=0)
    words = generator.random_raw(4 * 500).reshape(500, 4)[:, 0]
    assert [our_word((9, 4), (i + 1, 0)) for i in range(500)] == words.tolist()


@kernel
def _draw_all(found, bound, key0, key1):
    for i in range(len(found)):
        found[i] = draw_below(bound, key0, key1, np.uint64(i), np.uint64(0))


def draws_of(bound: int, key0: int, key1: int, count: int = 200_000) -> np.ndarray:
    found = np.empty(count, np.int64)
    _draw_all(found, bound, np.uint64(key0), np.uint64(key1))
    return found


@pytest.mark.parametrize("bound", [1, 2, 3, 7, 100, 997])
def test_draws_are_even_over_all_numbers_below_the_bound(bound: int) -> None:
    draws = draws_of(bound, 1, 2)
    assert draws.min() >= 0
    assert draws.max() < bound
    counts = np.bincount(draws, minlength=bound)
    assert counts.min() > 0
    if bound > 1:
        assert stats.chisquare(counts).pvalue > 1e-4


def test_neighbouring_draws_are_independent() -> None:
    draws = draws_of(8, 5, 0)
    pairs = np.bincount(8 * draws[:-1] + draws[1:], minlength=64)
    assert stats.chisquare(pairs).pvalue > 1e-4


def test_draws_of_neighbouring_keys_are_independent() -> None:
    one, other = draws_of(8, 5, 0), draws_of(8, 6, 0)
    assert stats.chisquare(np.bincount(8 * one + other, minlength=64)).pvalue > 1e-4


@settings(max_examples=200)
@given(bound=st.integers(1, 2**62), key=st.tuples(WORD, WORD), counter=st.tuples(WORD, WORD))
def test_a_draw_is_the_word_scaled_to_the_bound(bound: int, key: tuple, counter: tuple) -> None:
    words = [np.uint64(word) for word in (*key, *counter)]
    draw = int(draw_below(bound, *words))
    assert draw == our_word(key, counter) * bound >> 64
    assert 0 <= draw < bound
