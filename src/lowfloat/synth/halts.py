"""The rules of price bands as the market obeys them: odd lots are told by their size.

Kernels work on a :data:`BANDS` record with previous close and close set, and on a window of
prints; prices are in units of $0.0001, times in nanoseconds since 04:00.
"""

from lowfloat.base import luld
from lowfloat.base.jit import kernel
from lowfloat.base.luld import (
    BANDS,
    LIMIT,
    LIMIT_NS,
    NEVER,
    PAUSED,
    PRINT,
    TRADING,
    pause,
    refresh,
    watch,
)
from lowfloat.base.prices import ROUND_LOT

__all__ = [
    "BANDS",
    "LIMIT",
    "LIMIT_NS",
    "NEVER",
    "PAUSED",
    "PRINT",
    "TRADING",
    "WINDOW_PRINTS",
    "observe",
    "pause",
    "refresh",
    "reopen",
    "watch",
]

WINDOW_PRINTS = 1 << 14
TIER = 2
_RULES = luld.RULES[-1][1]  # synthetic stocks know no other, whatever the date


@kernel
def observe(bands, window, time, price, size):
    """Take note of a print; odd lots do not count, and nothing does outside regular hours."""
    if size >= ROUND_LOT:
        luld.observe(bands, window, time, price)


@kernel
def reopen(bands, time, price):
    """Start afresh for an opening or reopening print to come: its price is the reference."""
    if bands.active == 0:
        luld.arm(bands, _RULES, TIER)
    luld.reopen(bands, time, price)
