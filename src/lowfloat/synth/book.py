"""The book: a stack of price levels per side, of which the feed shows the best.

Quotes stand around the value of the stock, never nearer than a least distance: whoever crosses
the spread pays at least that, whatever he knows. Lasting quotes are set at a random distance and
stand for seconds; better ones appear on top of them for milliseconds. A level that is taken,
withdrawn or expired uncovers the one below.

Kernels work on one :data:`MARKET` record, on the bands of :mod:`lowfloat.base.luld`, and on a log
with one row per change of the best level. Prices are in units of $0.0001, times in nanoseconds
since 04:00. A side that is empty has price 0 and size 0.
"""

import math

import numpy as np

from lowfloat.base import luld
from lowfloat.base.jit import kernel
from lowfloat.base.prices import tick_size
from lowfloat.synth.draws import DRAW_FIELDS, exponential, geometric, lognormal, uniform

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

HALF_DOLLAR, NICKEL, FIVE_DOLLARS = 5_000, 500, 50_000
LEAST_PRICE = 2
_MESSAGE_NS = 20_000.0
_FURTHEST = 4.0  # half-spreads
_MOST_GAPE = 0.08
_LEFT_BEHIND = 6.0  # half-spreads from where it could stand, at which a quote is given up
_tick_size = kernel(tick_size)


@kernel
def below(price):
    """Return the highest quotable price up to ``price`` (float, price units)."""
    whole = np.int64(math.floor(price))
    return whole - whole % _tick_size(whole)


@kernel
def above(price):
    """Return the lowest quotable price from ``price`` on (float, price units)."""
    whole = np.int64(math.ceil(price))
    tick = _tick_size(whole)
    return (whole + tick - 1) // tick * tick


@kernel
def nearest(price):
    """Return the quotable price nearest to ``price`` (float, price units)."""
    low = below(price)
    tick = _tick_size(low)
    return low + tick if 2.0 * (price - low) >= tick else low


@kernel
def snap(price, side):
    """Return the quotable price at ``price`` or just further from the other side."""
    return max(above(price), LEAST_PRICE) if side == ASK else max(below(price), 1)


@kernel
def outward(price, side):
    """Return the quotable price one tick further from the other side."""
    return price + _tick_size(price) if side == ASK else price - _tick_size(price - 1)


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
def bound(market, bands, rules, side):
    """Return the best price at which a side may stand now.

    It keeps its least distance from the value, and the bands: no bid above the upper one, no offer
    below the lower; and it never meets the other side. Where the value itself is beyond a band,
    the far side stands beyond it, too, where nobody may trade: else its taker could only win.
    """
    least = rules.book.least * market.half
    if side == ASK:
        price = max(above(market.value * (1.0 + least)), LEAST_PRICE)
        if bands.active == 1:
            price = max(price, bands.lower)
        bid = best(market, BID)
        return max(price, bid + _tick_size(bid)) if bid > 0 else price
    price = max(below(market.value * (1.0 - least)), 1)
    if bands.active == 1:
        price = min(price, bands.upper)
    offer = best(market, ASK)
    return min(price, max(offer - _tick_size(offer - 1), 1)) if offer > 0 else price


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


@kernel
def base_size(market, rules, price):
    """Draw the shares of a lasting quote; at whole and half dollars they are many."""
    shares = lognormal(market, rules.book.base_size, rules.book.base_size_sigma) * market.depth
    if price % HALF_DOLLAR == 0:
        shares *= rules.book.round_wall
    whole = np.int64(shares)
    if whole >= 60:
        return max(100 * np.int64(whole / 100.0 + 0.5), 100)
    return max(whole, 1)


@kernel
def small_size(market, rules):
    """Draw the shares of a quote that only shows itself: one round lot, or an odd one."""
    draw = uniform(market)
    if draw < rules.book.odd_size:
        return 1 + np.int64(99.0 * uniform(market) * uniform(market))
    return 100 if draw < 0.85 else 200 if draw < 0.95 else 500


@kernel
def base_price(market, bands, rules, side, limit):
    """Draw where a lasting quote stands: around the value, no better than ``limit``."""
    away = market.half * (1.0 + rules.crosses.heat_spread * market.heat)
    away *= min(lognormal(market, rules.book.distance, rules.book.distance_sigma), _FURTHEST)
    away = min(away, 0.6)
    price = market.value * (1.0 + away if side == ASK else 1.0 - away)
    if price >= FIVE_DOLLARS and uniform(market) < rules.book.round_price:
        step = NICKEL if price < 5 * FIVE_DOLLARS else 5 * NICKEL
        price = step * (math.ceil(price / step) if side == ASK else math.floor(price / step))
    if side == ASK:
        return max(snap(price, ASK), limit)
    return max(min(snap(price, BID), limit), 1)


@kernel
def base_seconds(market, rules, size):
    """Draw how long a lasting quote stands; who shows much has patience."""
    seconds = lognormal(market, rules.book.base_life, rules.book.base_life_sigma) / market.pace
    return seconds * math.sqrt(size / 100.0)


@kernel
def hidden_shares(market, side, size):
    """Draw the shares behind a lasting quote: none, or many times what is displayed."""
    if uniform(market) >= market.iceberg[side]:
        return NOTHING
    return size * (2 + geometric(market, 0.15))


@kernel
def is_beyond(market, bands, limit, side):
    """Return whether a side could stand at its band, and its best level does not."""
    if bands.active == 0 or limit != (bands.upper if side == BID else bands.lower):
        return False
    return market.count[side] == 0 or better(limit, best(market, side), side) > 0


@kernel
def settle(market, bands, rules, side, limit):
    """Drop levels from the top that have expired or are better than ``limit``.

    A side that this leaves empty is quoted afresh.
    """
    while market.count[side] > 0:
        top = market.count[side] - 1
        price = market.price[side, top]
        if market.until[side, top] > market.time and better(price, limit, side) <= 0:
            break
        market.count[side] = top
    if is_beyond(market, bands, limit, side):
        # The value is beyond the band: all who would trade there wait at it, in a long queue.
        size = 4 * base_size(market, rules, limit)
        push(market, side, limit, size, NOTHING, base_seconds(market, rules, size))
    if market.count[side] > 0:
        left_behind = better(limit, best(market, side), side)
        if left_behind <= _LEFT_BEHIND * (1.0 + market.heat) * market.half * market.value:
            return
        if market.time < market.gone_until[side]:
            return
        market.count[side] = 0
    if market.thin == 1 and uniform(market) < rules.book.empty_side:
        return
    price = base_price(market, bands, rules, side, limit)
    size = base_size(market, rules, price)
    push(market, side, price, size, NOTHING, base_seconds(market, rules, size))


@kernel
def answer(market, bands, rules, log):
    """Let both sides answer a move of the value, the one in its way first."""
    middle = 0.5 * (market.seen_price[BID] + market.seen_price[ASK])
    first = ASK if market.seen_price[ASK] > 0 and market.value > middle else BID
    settle(market, bands, rules, first, bound(market, bands, rules, first))
    show(market, bands, log, first)
    settle(market, bands, rules, 1 - first, bound(market, bands, rules, 1 - first))
    show(market, bands, log, 1 - first)


@kernel
def withdraw(market, bands, rules, log, side):
    """Take the best level of a side away, and let both sides answer what has happened since."""
    if market.count[side] > 0:
        market.count[side] -= 1
    answer(market, bands, rules, log)


@kernel
def vanish(market, bands, rules, log):
    """Let all nearer quotes of one side be withdrawn for a moment: the book gapes."""
    side = BID if uniform(market) < 0.5 else ASK
    away = lognormal(market, rules.book.gape_distance, rules.book.gape_sigma) * market.half
    seconds = exponential(market, rules.book.gape_seconds)
    away = min(away, _MOST_GAPE)
    price = market.value * (1.0 + away if side == ASK else 1.0 - away)
    price = max(snap(price, side), 1)
    if better(best(market, side), price, side) <= 0:
        return
    market.count[side] = 0
    market.gone_until[side] = market.time + np.int64(seconds * 1e9)
    push(market, side, price, small_size(market, rules), NOTHING, seconds)
    show(market, bands, log, side)


@kernel
def is_stale(market, rules):
    """Return whether a side stands nearer to the value than it would be set now."""
    least = rules.book.least * market.half
    offer = best(market, ASK)
    if offer > 0 and offer < market.value * (1.0 + least):
        return True
    return best(market, BID) > market.value * (1.0 - least)


@kernel
def post(market, bands, rules, log, side):
    """Set a lasting quote; one that is no better than the best joins it, or is not seen."""
    answer(market, bands, rules, log)
    price = base_price(market, bands, rules, side, bound(market, bands, rules, side))
    top = best(market, side)
    # In front of the others most people show little.
    alone = top > 0 and better(price, top, side) > 0
    small = alone and uniform(market) < rules.book.small_in_front
    size = small_size(market, rules) if small else base_size(market, rules, price)
    if top == 0 or better(price, top, side) > 0:
        hidden = hidden_shares(market, side, size)
        push(market, side, price, size, hidden, base_seconds(market, rules, size))
    elif price == top:
        market.shares[side, market.count[side] - 1] += size
    show(market, bands, log, side)


@kernel
def improve(market, bands, rules, log, side, seconds):
    """Set a better quote for a while; return False if there is no room for one."""
    answer(market, bands, rules, log)
    top, limit = best(market, side), bound(market, bands, rules, side)
    if top == 0:
        return False
    room = better(limit, top, side)
    tick = _tick_size(min(top, limit))
    if room < tick:
        return False
    step = np.float64(tick)
    if uniform(market) >= rules.book.one_tick:
        step = max(step, uniform(market) * room)
    price = nearest(top - step) if side == ASK else nearest(top + step)
    price = max(price, limit) if side == ASK else min(price, limit)
    if better(price, top, side) <= 0:
        return False
    push(market, side, price, small_size(market, rules), NOTHING, seconds)
    show(market, bands, log, side)
    return True


@kernel
def resize(market, bands, rules, log, side):
    """Add shares to the best level of a side, or take some away."""
    count = market.count[side]
    if count == 0:
        return
    size = market.shares[side, count - 1]
    usual = rules.book.base_size * market.depth
    # The larger the queue, the more of it is withdrawn: sizes return to what is usual.
    if uniform(market) * (size + usual) < usual:
        market.shares[side, count - 1] = size + small_size(market, rules)
    else:
        left = size - small_size(market, rules)
        if left <= 0:
            withdraw(market, bands, rules, log, side)
            return
        market.shares[side, count - 1] = left
    show(market, bands, log, side)


@kernel
def take(market, bands, rules, log, side, shares):
    """Remove shares an order took from the best level of a side, and show what is left."""
    top = market.count[side] - 1
    market.shares[side, top] -= shares
    if market.shares[side, top] > 0:
        show(market, bands, log, side)
        return
    price, hidden, until = (
        market.price[side, top],
        market.hidden[side, top],
        market.until[side, top],
    )
    market.count[side] = top
    limit = bound(market, bands, rules, side)
    past = outward(price, side)
    settle(market, bands, rules, side, max(limit, past) if side == ASK else min(limit, past))
    show(market, bands, log, side)
    if hidden > 0 and better(price, limit, side) <= 0:
        # An iceberg shows its next part, in front of what it had uncovered.
        part = min(hidden, 100 * (1 + geometric(market, 0.4)))
        now = best(market, side)
        if now == 0 or better(price, now, side) > 0:
            push(market, side, price, part, hidden - part, (until - market.time) * 1e-9)
            show(market, bands, log, side)


@kernel
def change(market, bands, rules, log):
    """One change of a burst, on a side drawn at random."""
    side = BID if uniform(market) < 0.5 else ASK
    draw = uniform(market)
    if draw < market.pull[side]:
        withdraw(market, bands, rules, log, side)
        return
    draw -= market.pull[side]
    if draw < rules.book.base_post:
        post(market, bands, rules, log, side)
        return
    draw -= rules.book.base_post
    if draw < rules.book.improve:
        seconds = lognormal(market, rules.book.improver_life, rules.book.improver_life_sigma)
        if improve(market, bands, rules, log, side, seconds):
            return
    resize(market, bands, rules, log, side)


@kernel
def start_burst(market, rules, changes):
    """Let a number of changes follow; those still to come are joined to them."""
    market.burst_left += changes
    wait = lognormal(market, rules.book.gap, rules.book.gap_sigma)
    market.burst_at = min(market.burst_at, market.time + np.int64(wait * 1e9))
