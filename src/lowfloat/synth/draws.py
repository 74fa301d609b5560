"""Random numbers for kernels: a record holds a key and a count, each draw takes the next."""

import math

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.random import philox

DRAW_FIELDS = [("key0", np.uint64), ("key1", np.uint64), ("draws", np.uint64)]


@kernel
def uniform(stream):
    """Return a number strictly between 0 and 1."""
    stream.draws += np.uint64(1)
    word = philox(stream.key0, stream.key1, stream.draws, np.uint64(0))
    return (np.float64(word >> np.uint64(12)) + 0.5) / 4503599627370496.0


@kernel
def normal(stream):
    """Return a standard normal number (Box and Muller's formula, its cosine branch)."""
    radius = math.sqrt(-2.0 * math.log(uniform(stream)))
    return radius * math.cos(2.0 * math.pi * uniform(stream))


@kernel
def exponential(stream, mean):
    """Return an exponentially distributed number."""
    return -mean * math.log(uniform(stream))


@kernel
def geometric(stream, stop):
    """Return the failures before the first success of probability ``stop``, at most 63."""
    count = 0
    while count < 63 and uniform(stream) >= stop:
        count += 1
    return count
