"""Random numbers for kernels: a record holds a key and a count, each draw takes the next."""

import math

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.portable import exp, log
from lowfloat.base.random import philox, uniform_of

DRAW_FIELDS = [
    ("key0", np.uint64),
    ("key1", np.uint64),
    ("draws", np.uint64),
    ("spare", np.float64),  # the second of a pair of normal numbers
    ("has_spare", np.int64),
]


@kernel
def uniform(stream):
    """Return a number strictly between 0 and 1."""
    stream.draws += np.uint64(1)
    return uniform_of(philox(stream.key0, stream.key1, stream.draws, np.uint64(0)))


@kernel
def normal(stream):
    """Return a standard normal number (Marsaglia's polar method: no sine is needed)."""
    if stream.has_spare == 1:
        stream.has_spare = 0
        return stream.spare
    while True:
        x, y = 2.0 * uniform(stream) - 1.0, 2.0 * uniform(stream) - 1.0
        square = x * x + y * y
        if square < 1.0:
            break
    scale = math.sqrt(-2.0 * log(square) / square)
    stream.spare = y * scale
    stream.has_spare = 1
    return x * scale


@kernel
def lognormal(stream, median, sigma):
    """Return a number whose logarithm is normal."""
    return median * exp(sigma * normal(stream))


@kernel
def exponential(stream, mean):
    """Return an exponentially distributed number."""
    return -mean * log(uniform(stream))


@kernel
def geometric(stream, stop):
    """Return the failures before the first success of probability ``stop``, at most 63."""
    count = 0
    while count < 63 and uniform(stream) >= stop:
        count += 1
    return count
