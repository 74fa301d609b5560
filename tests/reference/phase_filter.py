"""The phase filter by the book: every way a short sequence can be cut into phases, one by one."""

from itertools import product

import numpy as np


def posteriors(
    start: np.ndarray, durations: np.ndarray, following: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the probability of each phase and age at each second.

    Args:
        start: (K,), of a phase that begins in the second before the first.
        durations: (K, D), chance that a phase lasts 1, 2, ... D seconds; sums to 1.
        following: (K, K), chance of the next phase.
        weights: (seconds, K), likelihood of each phase in each second.

    Returns:
        (seconds, K, D).
    """
    seconds, count = weights.shape
    longest = durations.shape[1]
    found = np.zeros((seconds, count, longest))
    for end in range(seconds):
        # A path names the phase at each second, and where a new one begins: a phase may not
        # follow itself, so the path alone says where phases begin.
        for path in product(range(count), repeat=end + 2):
            chance, begin = start[path[0]], 0
            for second in range(1, end + 2):
                if path[second] != path[second - 1]:
                    lasted = second - begin
                    if lasted > longest:
                        chance = 0.0
                        break
                    chance *= durations[path[second - 1], lasted - 1]
                    chance *= following[path[second - 1], path[second]]
                    begin = second
                chance *= weights[second - 1, path[second]]
            age = end + 2 - begin
            if chance and age <= longest:
                chance *= durations[path[-1], age - 1 :].sum()
                found[end, path[-1], age - 1] += chance
        found[end] /= found[end].sum()
    return found
