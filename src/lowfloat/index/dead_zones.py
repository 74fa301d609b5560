"""Hindsight: stretches of regular hours in which nothing happens, to learn patience from.

How long a stretch is going to last is known afterwards only; nothing of it is observed.
"""

import numpy as np

from lowfloat.base.codes import MomentumPhase
from lowfloat.index.config import ResetConfig


def dead_zones(phases: np.ndarray, first: int, last: int, config: ResetConfig) -> list[int]:
    """Return the middle seconds of the longest dead stretches, by time.

    Args:
        phases: ``MomentumPhase`` at each decision second.
        first: second at which regular hours begin.
        last: second at which they end.
        config: how many there may be, and how long they are.
    """
    dead = np.concatenate([[0], phases[first:last] == MomentumPhase.DEAD, [0]]).astype(np.int8)
    begins, ends = (first + np.flatnonzero(np.diff(dead) == sign) for sign in (1, -1))
    stretches = [
        (end - begin, begin)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        if end - begin >= config.dead_seconds
    ]
    longest = sorted(stretches, key=lambda stretch: (-stretch[0], stretch[1]))
    return sorted(begin + length // 2 for length, begin in longest[: config.dead_zones])
