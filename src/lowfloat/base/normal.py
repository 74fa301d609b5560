"""The quantile of the standard normal distribution, the same bits on every machine.

Formula: M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
Applied Statistics 37 (1988), routine PPND7, good to about one part in 10^7.
"""

import math

from lowfloat.base.jit import kernel
from lowfloat.base.portable import log

_MIDDLE = 0.425
_MIDDLE_SQUARE = 0.180625


@kernel
def normal_quantile(p: float) -> float:
    """Return the value that a standard normal number is below with probability ``p``.

    ``p`` lies strictly between 0 and 1.
    """
    q = p - 0.5
    if abs(q) <= _MIDDLE:
        r = _MIDDLE_SQUARE - q * q
        above = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
        below = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0
        return q * above / below
    r = math.sqrt(-log(min(p, 1.0 - p)))
    if r <= 5.0:
        r -= 1.6
        above = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
        below = (0.12021132975 * r + 0.73700164250) * r + 1.0
    else:
        r -= 5.0
        above = ((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150
        below = (0.012258202635 * r + 0.24197894225) * r + 1.0
    return above / below if q > 0.0 else -above / below
