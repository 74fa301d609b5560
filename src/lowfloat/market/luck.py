"""Draws of one account: pure functions of seed, stream, episode and what they are for.

They do not depend on batch size, order or threads, nor on how often an account drew before.
"""

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.random import philox, uniform_of

LUCK_FIELDS = [
    ("seed", np.uint64),
    ("stream", np.uint64),  # tells accounts of one seed apart
    ("episode", np.int64),  # episodes begun since it was seeded
]
_PER_SECOND = 256
_LEVELS = 1 << 40


@kernel
def draw_at(luck, number):
    """Return the uniform number of an account's draw ``number``, strictly between 0 and 1."""
    return uniform_of(philox(luck.seed, luck.stream, np.uint64(luck.episode), np.uint64(number)))


@kernel
def draw_of_second(luck, second, number):
    """Return draw ``number``, 0..255, of a second."""
    return draw_at(luck, (second + 1) * _PER_SECOND + number)


@kernel
def draw_of_level(luck, run, is_ask, level):
    """Return the draw of deeper level ``level``, 0..127, behind the best price of a run."""
    return draw_at(luck, _LEVELS + run * 256 + is_ask * 128 + level)
