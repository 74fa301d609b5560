"""Hindsight: seconds before a breakout that ran, from which its gathering can be watched.

Which breakouts ran is known afterwards only. What is found here chooses where an episode may
begin; it is no pattern, and nothing of it is observed.
"""

import numpy as np

from lowfloat.index.config import ResetConfig
from lowfloat.index.patterns import Sighting


def breakouts_that_ran(
    mid: np.ndarray, breakouts: list[Sighting], config: ResetConfig
) -> list[Sighting]:
    """Return the breakouts that gained before they lost.

    Args:
        mid: dollars at the end of each second.
        breakouts: as they were known.
        config: how much they had to gain, and how soon.
    """
    ran = []
    for broke in breakouts:
        paid = mid[broke.second - 1]
        after = mid[broke.second : broke.second + config.squeeze_within]
        gained = after >= paid * (1.0 + config.squeeze_gain)
        lost = after <= broke.level * (1.0 - config.squeeze_loss)
        if gained.any() and not lost[: int(np.argmax(gained))].any():
            ran.append(broke)
    return ran


def before_a_squeeze(broke: Sighting, config: ResetConfig) -> list[int]:
    """Return whole minutes that lie so long before a breakout, those in the middle first."""
    earliest = max(broke.second - config.pre_squeeze_from, 0)
    minutes = range(-(-earliest // 60) * 60, broke.second - config.pre_squeeze_to + 1, 60)
    middle = broke.second - (config.pre_squeeze_from + config.pre_squeeze_to) / 2
    return sorted(minutes, key=lambda second: (abs(second - middle), second))
