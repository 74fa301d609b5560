"""Quotes: where they are set around the value, how long they stand, and how they answer.

Quotes stand around the value of the stock, never nearer than a least distance: whoever crosses
the spread pays at least that, whatever he knows. Lasting quotes are set at a random distance and
stand for seconds; better ones appear on top of them for milliseconds.
"""

import math

import numpy as np

from lowfloat.base.jit import kernel
from lowfloat.synth.book import (
    ASK,
    BID,
    LEAST_PRICE,
    NOTHING,
    above,
    below,
    best,
    better,
    nearest,
    outward,
    push,
    show,
    snap,
    tick_at,
)
from lowfloat.synth.draws import exponential, geometric, lognormal, uniform

HALF_DOLLAR, NICKEL, FIVE_DOLLARS = 5_000, 500, 50_000
_FURTHEST = 4.0  # half-spreads
_MOST_GAPE = 0.08
_LEFT_BEHIND = 6.0  # half-spreads from where it could stand, at which a quote is given up


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
        return max(price, bid + tick_at(bid)) if bid > 0 else price
    price = max(below(market.value * (1.0 - least)), 1)
    if bands.active == 1:
        price = min(price, bands.upper)
    offer = best(market, ASK)
    return min(price, max(offer - tick_at(offer - 1), 1)) if offer > 0 else price


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
    tick = tick_at(min(top, limit))
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
