"""The top of book: quotes stand around the value of the stock, on the grid, and never cross.

Kernels work on one :data:`MARKET` record, on the bands of :mod:`lowfloat.synth.halts`, and on a
log with one row per change, which is what a feed of the top of book would send. Prices are in
units of $0.0001, times in nanoseconds since 04:00. A side that is empty has price 0 and size 0.
"""

import math

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.base.prices import tick_size
from lowfloat.synth.draws import DRAW_FIELDS, exponential, geometric, normal, uniform
from lowfloat.synth.halts import watch

MARKET = np.dtype(
    [
        *DRAW_FIELDS,
        ("time", np.int64),
        ("value", np.float64),  # what the stock is worth: quotes are set around it
        ("half", np.float64),  # half-spread and impact of an order, fraction of the value
        ("quote", np.int64, (2,)),  # best bid and best offer
        ("shown", np.int64, (2,)),  # shares there
        ("thin", np.int64),  # 1 where a side may be left empty
        ("fast", np.float64),  # orders per second caused by recent orders
        ("slow", np.float64),
        ("heat", np.float64),  # 1 at an opening or reopening, then dying away
        ("last_sign", np.int64),
        ("flow", np.float64),  # slow mean of the signs of orders
        ("last_price", np.int64),
        ("react_at", np.int64),  # time at which quotes answer the last order
        ("cursor", np.int64),  # second of the script that is being played
        ("restricted", np.int64),  # 1 once short sales are
        ("rows", np.int64),
        ("notices", np.int64),
    ]
)
ROW = np.dtype(
    [
        ("time", np.int64),
        ("bid", np.int64),
        ("bid_size", np.int64),
        ("ask", np.int64),
        ("ask_size", np.int64),
        ("price", np.int64),  # of the print, 0 in a row that is none
        ("shares", np.int64),
        ("side", np.int64),
        ("action", np.int64),  # ASCII code
    ]
)

# As NumPy integers: a kernel called with Python's would be compiled anew for each value.
BID, ASK = np.int64(0), np.int64(1)
NOTHING = np.int64(0)
ADD, CANCEL, MODIFY = np.int64(ord("A")), np.int64(ord("C")), np.int64(ord("M"))
TRADE = np.int64(ord("T"))
CROSS = np.int64(ord("X"))  # the print of an auction

QUOTE_DISTANCE = 0.75  # median distance of a quote from the value, in half-spreads
QUOTE_NOISE = 0.45  # of the logarithm of a quote's distance from the value
FLICKER = 0.15  # chance that a quote is pulled well back until the next
FLICKER_DISTANCE = 1.2  # mean of how much further, in half-spreads
LEVEL_GAP = 0.35  # mean distance to the next level of the book, in half-spreads
HEAT_SPREAD = 1.0
EMPTY_SIDE = 0.04
_tick_size = kernel(tick_size)


@kernel
def snap(price):
    """Return the quotable price nearest to ``price`` (float, price units)."""
    whole = np.int64(math.floor(price))
    tick = _tick_size(whole)
    below = whole - whole % tick
    return below + tick if 2.0 * (price - below) >= tick else below


@kernel
def outward(price, side):
    """Return the quotable price one tick further from the other side."""
    return price + _tick_size(price) if side == ASK else price - _tick_size(price - 1)


@kernel
def displayed_size(market):
    """Draw the shares shown at a fresh quote: mostly a few hundred, sometimes a wall."""
    size = 100 * (1 + geometric(market, 0.5))
    return size * 6 if uniform(market) < 0.06 else size


@kernel
def write_row(market, log, action, price, size, side):
    """Append a row to the log with the book as it stands."""
    row = log[market.rows]
    row.time = market.time
    row.bid, row.ask = market.quote[BID], market.quote[ASK]
    row.bid_size, row.ask_size = market.shown[BID], market.shown[ASK]
    row.action = action
    row.price = price
    row.shares = size
    row.side = side
    market.rows += 1


@kernel
def set_side(market, bands, log, side, price, size):
    """Change one side of the book and log it, unless nothing changed."""
    old_price, old_size = market.quote[side], market.shown[side]
    if price == old_price and size == old_size:
        return
    action = CANCEL
    if price == old_price:
        action = ADD if size > old_size else MODIFY if size % 100 == 0 else CANCEL
    elif old_price == 0 or (price != 0 and (price < old_price) == (side == ASK)):
        action = ADD
    market.quote[side], market.shown[side] = price, size
    market.time += 1_000 + np.int64(exponential(market, 20_000.0))
    write_row(market, log, action, NOTHING, NOTHING, NOTHING)
    watch(bands, market.time, market.quote[BID], market.quote[ASK])


@kernel
def quote_price(market, bands, side):
    """Draw where a side is quoted now: around the value, within the bands."""
    distance = QUOTE_DISTANCE * market.half * (1.0 + HEAT_SPREAD * market.heat)
    distance *= math.exp(QUOTE_NOISE * normal(market))
    if uniform(market) < FLICKER:
        distance *= 1.0 + exponential(market, FLICKER_DISTANCE)
    distance = min(distance, 0.5)
    price = max(snap(market.value * (1.0 + distance * (2 * side - 1))), 1 + side)
    if bands.active == 1:
        price = max(price, bands.lower) if side == ASK else min(price, bands.upper)
    return price


@kernel
def requote(market, bands, log, side):
    """Quote one side afresh; the other gives way first if it stands in the way."""
    other = 1 - side
    if market.thin == 1 and market.quote[other] > 0 and uniform(market) < EMPTY_SIDE:
        set_side(market, bands, log, side, NOTHING, NOTHING)
        return
    price = quote_price(market, bands, side)
    in_the_way = market.quote[other]
    if in_the_way > 0 and (price - in_the_way) * (2 * side - 1) <= 0:
        nearest, fresh = outward(price, other), quote_price(market, bands, other)
        fresh = max(fresh, nearest) if other == ASK else min(fresh, nearest)
        set_side(market, bands, log, other, fresh, displayed_size(market))
    set_side(market, bands, log, side, price, displayed_size(market))


@kernel
def requote_both(market, bands, log):
    """Quote both sides afresh, the one that the value moves away from first."""
    first = ASK if market.value > 0.5 * (market.quote[BID] + market.quote[ASK]) else BID
    requote(market, bands, log, first)
    requote(market, bands, log, 1 - first)


@kernel
def take(market, bands, log, side, size):
    """Remove shares an order took from a side; an emptied level uncovers the next."""
    price, left = market.quote[side], market.shown[side] - size
    if left <= 0:
        gap = market.value * market.half * exponential(market, LEVEL_GAP)
        further, nearest = snap(price + gap * (2 * side - 1)), outward(price, side)
        price = max(further, nearest) if side == ASK else max(min(further, nearest), 1)
        left = displayed_size(market)
    set_side(market, bands, log, side, price, left)
