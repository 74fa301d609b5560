"""The book: a stack of price levels per side, of which the feed shows the best.

A level that is taken, withdrawn or expired uncovers the one below. Who sets levels, where and for
how long stands in :mod:`lowfloat.synth.quotes`.

Kernels work on one :data:`MARKET` record, on the bands of :mod:`lowfloat.base.luld`, and on a log
with one row per change of the best level. Prices are in units of $0.0001, times in nanoseconds
since 04:00. A side that is empty has price 0 and size 0.
"""

import math

import numpy as np

from lowfloat.base import luld
from lowfloat.base.jit import kernel
from lowfloat.base.prices import tick_size
from lowfloat.synth.draws import DRAW_FIELDS, exponential

LEVELS = 12
SLOTS = 2
KERNELS = 5

MARKET = np.dtype(
    [
        *DRAW_FIELDS,
        ("time", np.int64),
        ("value", np.float64),  # what the stock is worth, price units
        ("half", np.float64),  # usual distance of a quote from the value, fraction of it
        ("depth", np.float64),  # factor on displayed sizes
        ("pace", np.float64),  # factor on how fast quotes come and go
        ("thin", np.int64),  # 1 where a side may be left empty
        ("heat", np.float64),  # 1 at an opening or reopening, then dying away
        ("count", np.int64, (2,)),  # levels of each side; the last is the best
        ("price", np.int64, (2, LEVELS)),
        ("shares", np.int64, (2, LEVELS)),  # displayed
        ("hidden", np.int64, (2, LEVELS)),  # shares behind the displayed ones
        ("until", np.int64, (2, LEVELS)),  # time at which the level is withdrawn
        ("seen_price", np.int64, (2,)),  # what the feed last showed
        ("seen_size", np.int64, (2,)),
        ("pull", np.float64, (2,)),  # chance that a change of a burst withdraws the best quote
        ("iceberg", np.float64, (2,)),  # chance that a lasting quote hides more
        ("drift", np.float64),  # of the value, log change per second
        ("shorts", np.float64),  # shares that are sold short
        ("cover_move", np.float64),  # log change that buying back one of them makes
        ("triggered", np.int64),  # 1 once a print restricts short sales, for tomorrow, too
        ("triggered_at", np.int64),  # time of that print
        ("tilt", np.float64),  # excess share of new buyers
        ("absorb", np.float64),  # share of impact that does not happen
        ("base_rate", np.float64),  # orders per second from outside
        ("branching", np.float64),
        ("memory", np.float64),  # exponent of the lengths of parent orders
        ("excited", np.float64, (KERNELS,)),  # orders per second caused by orders
        ("trend", np.float64),  # log change of the value of late
        ("then", np.float64),  # value a second ago
        ("gone_until", np.int64, (2,)),  # a side stands far away until then
        ("size_draw", np.float64),  # which kind of size the last order at a level had
        ("slot_sign", np.int64, (SLOTS,)),
        ("slot_left", np.int64, (SLOTS,)),
        ("usual_lots", np.float64),  # share of orders for whole round lots at the usual rate
        ("lots", np.float64),  # and now
        ("scale", np.float64),  # factor on the sizes of orders
        ("dark_share", np.float64),  # of orders that show no aggressor
        ("dark", np.int64),  # 1 if the last order showed no aggressor
        ("size_state", np.float64),  # standard normal, of the last order's size
        ("noise", np.float64),  # standard deviation of a move without an order, fraction
        ("noise_rate", np.float64),  # per second
        ("impact", np.float64),  # factor on the impact of orders
        ("mood", np.float64),  # standard normal, slow
        ("edge", np.float64),  # share of what the story tells that can be foreseen
        ("burst_left", np.int64),  # changes of the book still to come
        ("burst_at", np.int64),
        ("react_at", np.int64),  # time at which quotes answer the last move of the value
        ("last_price", np.int64),
        ("extensions", np.int64),  # of the pause
        ("cursor", np.int64),  # second of the script that is being played
        ("told", np.int64),  # script seconds whose news have been told
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

LEAST_PRICE = 2
_MESSAGE_NS = 20_000.0
tick_at = kernel(tick_size)


@kernel
def below(price):
    """Return the highest quotable price up to ``price`` (float, price units)."""
    whole = np.int64(math.floor(price))
    return whole - whole % tick_at(whole)


@kernel
def above(price):
    """Return the lowest quotable price from ``price`` on (float, price units)."""
    whole = np.int64(math.ceil(price))
    tick = tick_at(whole)
    return (whole + tick - 1) // tick * tick


@kernel
def nearest(price):
    """Return the quotable price nearest to ``price`` (float, price units)."""
    low = below(price)
    tick = tick_at(low)
    return low + tick if 2.0 * (price - low) >= tick else low


@kernel
def snap(price, side):
    """Return the quotable price at ``price`` or just further from the other side."""
    return max(above(price), LEAST_PRICE) if side == ASK else max(below(price), 1)


@kernel
def outward(price, side):
    """Return the quotable price one tick further from the other side."""
    return price + tick_at(price) if side == ASK else price - tick_at(price - 1)


@kernel
def better(price, than, side):
    """Return by how much a price is better for a side than another, price units."""
    return than - price if side == ASK else price - than


@kernel
def best(market, side):
    """Return the best price of a side, 0 if it is empty."""
    count = market.count[side]
    return market.price[side, count - 1] if count > 0 else NOTHING


@kernel
def best_size(market, side):
    """Return the shares displayed at the best price of a side."""
    count = market.count[side]
    return market.shares[side, count - 1] if count > 0 else NOTHING


@kernel
def best_until(market, side):
    """Return when the best level of a side is withdrawn of itself."""
    count = market.count[side]
    return market.until[side, count - 1] if count > 0 else luld.NEVER


@kernel
def write_row(market, log, action, price, size, side):
    """Append a row to the log with the book as the feed shows it."""
    row = log[market.rows]
    row.time = market.time
    row.bid, row.ask = market.seen_price[BID], market.seen_price[ASK]
    row.bid_size, row.ask_size = market.seen_size[BID], market.seen_size[ASK]
    row.action = action
    row.price = price
    row.shares = size
    row.side = side
    market.rows += 1


@kernel
def show(market, bands, log, side):
    """Let the feed show the best level of a side, if it is not what it showed before."""
    price, size = best(market, side), best_size(market, side)
    old_price, old_size = market.seen_price[side], market.seen_size[side]
    if price == old_price and size == old_size:
        return
    action = CANCEL
    if price == old_price:
        action = ADD if size > old_size else MODIFY if size % 100 == 0 else CANCEL
    elif old_price == 0 or (price != 0 and better(price, old_price, side) > 0):
        action = ADD
    market.seen_price[side], market.seen_size[side] = price, size
    market.time += 1_000 + np.int64(exponential(market, _MESSAGE_NS))
    write_row(market, log, action, NOTHING, NOTHING, NOTHING)
    luld.watch(bands, market.time, market.seen_price[BID], market.seen_price[ASK])


@kernel
def push(market, side, price, size, hidden, seconds):
    """Put a level on top of a side's stack; the deepest gives way if the stack is full."""
    count = market.count[side]
    if count == LEVELS:
        for i in range(1, LEVELS):
            market.price[side, i - 1] = market.price[side, i]
            market.shares[side, i - 1] = market.shares[side, i]
            market.hidden[side, i - 1] = market.hidden[side, i]
            market.until[side, i - 1] = market.until[side, i]
        count -= 1
    market.price[side, count] = price
    market.shares[side, count] = size
    market.hidden[side, count] = hidden
    market.until[side, count] = market.time + np.int64(min(seconds, 1e5) * 1e9)
    market.count[side] = count + 1
