"""Limit up, limit down: price bands of a Tier 2 stock, and the pauses they lead to.

The percentage goes by the previous close; it is applied to a reference price that follows the
mean of the last five minutes' prints, in steps of at least 1 % and at least 30 s apart. A best
bid at the upper band, or a best offer at the lower, is a limit state; 15 s of it pause the stock
for five minutes, and from ten minutes before the close until the closing print.

Kernels work on a :data:`BANDS` record and a window of prints; prices are in units of $0.0001,
times in nanoseconds since 04:00.
"""

import math

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.jit import kernel

TRADING, LIMIT, PAUSED = 0, 1, 2

WINDOW_NS = 300 * NS
HOLD_NS = 30 * NS
LIMIT_NS = 15 * NS
PAUSE_NS = 300 * NS
DOUBLED_NS = 1500 * NS
NO_REOPENING_NS = 600 * NS
MINIMUM_MOVE = 0.01
ROUND_LOT = np.int64(100)
WINDOW_PRINTS = 1 << 14

NEVER = np.int64(1) << np.int64(62)

BANDS = np.dtype(
    [
        ("previous_close", np.int64),
        ("close", np.int64),  # time of the regular close
        ("active", np.int64),  # 1 from the opening to the closing print
        ("state", np.int64),
        ("since", np.int64),  # time the limit state began
        ("until", np.int64),  # time the pause ends
        ("pauses", np.int64),
        ("reference", np.float64),
        ("reference_time", np.int64),
        ("lower", np.int64),
        ("upper", np.int64),
        ("first", np.int64),  # prints of the window: first..last-1, modulo its length
        ("last", np.int64),
        ("total", np.int64),
    ]
)
PRINT = np.dtype([("time", np.int64), ("price", np.int64)])


@kernel
def half_width(previous_close, reference, late):
    """Return the distance, in price units, from the reference price to a band.

    Args:
        previous_close: price units; it chooses the percentage.
        reference: price units.
        late: whether it is one of the last 25 minutes.
    """
    if previous_close < 7_500:
        width = min(1_500.0, 0.75 * reference)
    elif previous_close <= 30_000:
        width = 0.20 * reference
    else:
        width = 0.10 * reference
    return 2.0 * width if late and previous_close <= 30_000 else width


@kernel
def _draw_bands(bands, time):
    width = half_width(bands.previous_close, bands.reference, time >= bands.close - DOUBLED_NS)
    bands.lower = max(100 * np.int64(math.floor((bands.reference - width) / 100.0 + 0.5)), 1)
    bands.upper = 100 * np.int64(math.floor((bands.reference + width) / 100.0 + 0.5))


@kernel
def observe(bands, window, time, price, size):
    """Take note of a print; odd lots do not count, and nothing does outside regular hours."""
    if bands.active == 0 or size < ROUND_LOT:
        return
    room = len(window)
    if bands.last - bands.first == room:
        bands.total -= window[bands.first % room].price
        bands.first += 1
    window[bands.last % room].time = time
    window[bands.last % room].price = price
    bands.last += 1
    bands.total += price


@kernel
def reopen(bands, time, price):
    """Start afresh for an opening or reopening print to come: its price is the reference."""
    bands.active = 1
    bands.state = TRADING
    bands.first = 0
    bands.last = 0
    bands.total = 0
    bands.reference = np.float64(price)
    bands.reference_time = time
    _draw_bands(bands, time)


@kernel
def refresh(bands, window, time):
    """Move the reference price if the rules say so; return whether a band moved.

    In a limit state everything is frozen.
    """
    if bands.active == 0 or bands.state != TRADING:
        return False
    room = len(window)
    while bands.first < bands.last and window[bands.first % room].time <= time - WINDOW_NS:
        bands.total -= window[bands.first % room].price
        bands.first += 1
    lower, upper = bands.lower, bands.upper
    if bands.first < bands.last and time - bands.reference_time >= HOLD_NS:
        mean = bands.total / (bands.last - bands.first)
        if abs(mean / bands.reference - 1.0) >= MINIMUM_MOVE:
            bands.reference = mean
            bands.reference_time = time
    _draw_bands(bands, time)
    return lower != bands.lower or upper != bands.upper


@kernel
def watch(bands, time, bid, ask):
    """Enter or leave the limit state as the best bid and offer (0 for none) say."""
    if bands.active == 0 or bands.state == PAUSED:
        return
    limited = bid >= bands.upper or 0 < ask <= bands.lower
    if limited and bands.state == TRADING:
        bands.state = LIMIT
        bands.since = time
    elif not limited:
        bands.state = TRADING


@kernel
def pause(bands, time):
    """Stop trading at ``time``; set when it may resume."""
    bands.state = PAUSED
    bands.pauses += 1
    bands.until = bands.close if time >= bands.close - NO_REOPENING_NS else time + PAUSE_NS
