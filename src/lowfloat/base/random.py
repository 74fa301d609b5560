"""Counter-based random numbers for kernels: Philox4x64 with ten rounds.

A draw is a pure function of a key (the seed and the environment's number) and a counter (the
episode and the draw within it), so it does not depend on batch size, order or threads.
Formula: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC11). The words
equal those of ``numpy.random.Philox`` with the same key and counter, which a test checks.
"""

import numpy as np

from lowfloat.base.jit import kernel

_M0 = np.uint64(0xD2E7470EE14C6C93)
_M1 = np.uint64(0xCA5A826395121157)
_W0 = np.uint64(0x9E3779B97F4A7C15)
_W1 = np.uint64(0xBB67AE8584CAA73B)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@kernel
def _high_product(a, b):
    """Return the upper 64 bits of the 128-bit product of two uint64."""
    a_low, a_high = a & _LOW, a >> _HALF
    b_low, b_high = b & _LOW, b >> _HALF
    middle = a_high * b_low + ((a_low * b_low) >> _HALF)
    cross = (middle & _LOW) + a_low * b_high
    return a_high * b_high + (middle >> _HALF) + (cross >> _HALF)


@kernel
def philox(key0, key1, counter0, counter1):
    """Return the first output word (uint64) of Philox4x64-10 for a key and a counter.

    The counter's two upper words are zero. All arguments are uint64.
    """
    x0, x1, x2, x3 = counter0, counter1, np.uint64(0), np.uint64(0)
    for _ in range(10):
        high0, low0 = _high_product(_M0, x0), _M0 * x0
        high1, low1 = _high_product(_M1, x2), _M1 * x2
        x0, x1, x2, x3 = high1 ^ x1 ^ key0, low1, high0 ^ x3 ^ key1, low0
        key0 += _W0
        key1 += _W1
    return x0


@kernel
def draw_below(bound, key0, key1, counter0, counter1):
    """Return an integer in ``0..bound-1``. The bias is below ``bound / 2**64``."""
    return np.int64(_high_product(philox(key0, key1, counter0, counter1), np.uint64(bound)))


@kernel
def uniform_of(word):
    """Return the number strictly between 0 and 1 that a word (uint64) of Philox stands for."""
    return (np.float64(word >> np.uint64(12)) + 0.5) / 4503599627370496.0
