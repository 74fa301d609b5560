"""The flow of orders: when one comes, who sends it, how large it is, and what it prints.

Orders arrive as a marked Hawkes process with five time scales. Large parents are worked in small
orders by several traders at once, so signs have a long memory. The value of the stock moves by
the *surprise* in an order's sign, given what the traders still have to do: apart from a scripted
drift it is a martingale, and nobody can trade on the memory of the signs.
"""

import math

import numpy as np

from lowfloat.base import luld
from lowfloat.base.jit import kernel
from lowfloat.base.portable import exp
from lowfloat.base.portable import log as ln
from lowfloat.base.prices import ROUND_LOT
from lowfloat.synth.book import (
    ASK,
    BID,
    KERNELS,
    NOTHING,
    SLOTS,
    TRADE,
    best,
    best_size,
    better,
    nearest,
    push,
    show,
    write_row,
)
from lowfloat.synth.draws import exponential, geometric, lognormal, normal, uniform
from lowfloat.synth.quotes import (
    answer,
    base_seconds,
    base_size,
    bound,
    post,
    start_burst,
    take,
    withdraw,
)

DECAYS = (200.0, 20.0, 2.0, 0.2, 0.02)  # per second: 5 ms to 50 s
MOST_PRINTS = 40
MARKET_MOVE = 0.5  # most that one order can move the value, a fraction
_PRINT_NS, _PRINT_SIGMA = 30_000.0, 2.4  # between the prints of an order
_CALM = 1e-6  # a rate or a heat so small that it is taken for none
NICE = (1, 2, 3, 5, 10, 20, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 1000, 2000, 5000)


@kernel
def orders_per_second(market, rules):
    """Return the rate at which orders arrive now."""
    rate = market.base_rate * (1.0 + rules.crosses.heat_rate * market.heat)
    for j in range(KERNELS):
        rate += market.excited[j]
    return rate


@kernel
def decay(market, rules, seconds):
    """Let excitement and heat die away for a while."""
    for j in range(KERNELS):
        if market.excited[j] > 0.0:
            left = market.excited[j] * exp(-DECAYS[j] * seconds)
            market.excited[j] = left if left > _CALM else 0.0
    if market.heat > 0.0:
        left = market.heat * exp(-seconds / rules.crosses.heat_seconds)
        market.heat = left if left > _CALM else 0.0


@kernel
def _excite(market, rules, mark):
    flow = rules.flow
    jump = market.branching * mark
    market.excited[0] += jump * flow.kernel_5ms * DECAYS[0]
    market.excited[1] += jump * flow.kernel_50ms * DECAYS[1]
    market.excited[2] += jump * flow.kernel_500ms * DECAYS[2]
    market.excited[3] += jump * flow.kernel_5s * DECAYS[3]
    market.excited[4] += jump * flow.kernel_50s * DECAYS[4]


@kernel
def expected_sign(market, rules):
    """Return the mean sign of the next order, given what all parents still have to do."""
    total = 0.0
    for k in range(SLOTS):
        total += market.slot_sign[k] if market.slot_left[k] > 0 else market.tilt
    single = rules.flow.single
    return single * market.tilt + (1.0 - single) * total / SLOTS


@kernel
def _draw_sign(market, rules):
    up = uniform(market) < 0.5 * (1.0 + market.tilt)
    fresh = 1 if up else -1
    if uniform(market) < rules.flow.single:
        return fresh
    k = np.int64(uniform(market) * SLOTS)
    if market.slot_left[k] <= 0:
        # Pareto lengths of parents: Lillo, Mike and Farmer (2005), "Theory for long memory".
        length = exp(-ln(uniform(market)) / market.memory)
        market.slot_sign[k] = fresh
        market.slot_left[k] = np.int64(min(length, rules.flow.longest))
    market.slot_left[k] -= 1
    return market.slot_sign[k]


@kernel
def _whole_shares(market, shares):
    """Return a share count somebody would choose, near ``shares``: lots, round numbers, or any."""
    draw = uniform(market)
    if draw < market.lots and shares > 30.0:
        return ROUND_LOT * max(np.int64(shares / ROUND_LOT + 0.4), 1)
    if draw < 0.5 + 0.5 * market.lots:
        chosen = NICE[0]
        for nice in NICE:
            # Nearest by ratio: the step lies at the geometric mean.
            if shares * shares > np.float64(chosen) * nice:
                chosen = nice
        return np.int64(chosen)
    return max(np.int64(shares), 1)


@kernel
def may_trade(market, bands, price):
    """Return whether a trade at a price is allowed now."""
    if price == 0:
        return False
    return bands.active == 0 or bands.lower <= price <= bands.upper


@kernel
def print_trade(market, bands, window, log, action, price, size, side):
    """Print a trade; in regular hours it may move the bands, or restrict short sales."""
    write_row(market, log, action, price, size, side)
    market.last_price = price
    if bands.active == 1 and market.triggered == 0 and 10 * price <= 9 * bands.previous_close:
        market.triggered = 1
        market.triggered_at = market.time
    if size >= ROUND_LOT:
        luld.observe(bands, window, market.time, price)


@kernel
def _resting_size(market, rules):
    """Draw the shares of one order among those that stand at a level; like come after like."""
    if uniform(market) >= rules.flow.kind_memory:
        market.size_draw = uniform(market)
    draw = market.size_draw
    if draw < market.lots:
        return ROUND_LOT if draw < 0.65 * market.lots else ROUND_LOT * (2 + geometric(market, 0.25))
    if draw < 0.73 + 0.27 * market.lots:
        return 1 + np.int64(99.0 * uniform(market) * uniform(market))  # most odd lots are small
    return ROUND_LOT + np.int64(200.0 * uniform(market))


@kernel
def _offer_inside(market, bands, rules, log, side, seconds):
    """Let somebody quote better just before an order comes: orders come when spreads are narrow."""
    top, limit = best(market, side), bound(market, bands, rules, side)
    room = better(limit, top, side)
    if room <= 0:
        return
    sign = 1 if side == ASK else -1
    price = nearest(limit + sign * rules.book.inside * uniform(market) * room)
    price = max(price, limit) if side == ASK else min(price, limit)
    if better(price, top, side) > 0:
        push(market, side, price, base_size(market, rules, price), NOTHING, seconds)
        show(market, bands, log, side)
        market.time += np.int64(exponential(market, 200_000.0))


@kernel
def _print_lit(market, bands, window, rules, log, side, shares):
    """Take shares from the book, level by level; return how many were had."""
    sign = 1 if side == ASK else -1
    left = shares
    # A marketable limit order: it walks no further than a little beyond the touch.
    reach = exponential(market, rules.flow.reach * market.half) * market.value
    limit = best(market, side) + sign * np.int64(reach)
    for _ in range(MOST_PRINTS):
        price, displayed = best(market, side), best_size(market, side)
        if left <= 0 or not may_trade(market, bands, price) or better(limit, price, side) > 0:
            break
        # Several orders stand at the level, and each that is hit is a print of its own.
        part = min(left, displayed)
        if uniform(market) < rules.flow.split:
            part = min(part, _resting_size(market, rules))
        print_trade(market, bands, window, log, TRADE, price, part, sign)
        take(market, bands, rules, log, side, part)
        left -= part
        market.time += np.int64(min(lognormal(market, _PRINT_NS, _PRINT_SIGMA), 5e7))
    return shares - left


@kernel
def _print_dark(market, bands, window, rules, log, side, shares):
    """Print shares inside the spread with no aggressor to be seen; return how many."""
    bid, ask = market.seen_price[BID], market.seen_price[ASK]
    spread = ask - bid
    draw = uniform(market)
    last = market.last_price
    if bid <= last <= ask and uniform(market) < rules.flow.dark_again:
        price = last
    elif draw < rules.flow.dark_mid:
        price = bid + spread // 2
    elif draw < rules.flow.dark_mid + rules.flow.dark_touch:
        price = ask if side == ASK else bid
    else:
        inward = rules.flow.dark_reach * uniform(market) * spread
        price = nearest(ask - inward) if side == ASK else nearest(bid + inward)
    if bands.active == 1:
        price = min(max(price, bands.lower), bands.upper)
    left = shares
    for _ in range(MOST_PRINTS):
        part = left
        if uniform(market) < rules.flow.split:
            part = min(left, _resting_size(market, rules))
        print_trade(market, bands, window, log, TRADE, price, part, NOTHING)
        left -= part
        if left <= 0:
            break
        market.time += np.int64(min(lognormal(market, _PRINT_NS, _PRINT_SIGMA), 5e7))
    return shares - left


@kernel
def order(market, bands, window, rules, log):
    """One market order: its prints, its impact, and how the quotes answer; return its shares.

    Returns:
        int64, shares bought by the aggressor, negative if he sold; 0 if nothing could trade.
    """
    flow, book = rules.flow, rules.book
    expected, sign = expected_sign(market, rules), _draw_sign(market, rules)
    side = ASK if sign > 0 else BID
    memory = flow.size_memory
    z = memory * market.size_state + math.sqrt(1.0 - memory * memory) * normal(market)
    market.size_state = z
    shares = _whole_shares(market, flow.order_median * market.scale * exp(flow.order_sigma * z))
    answer(market, bands, rules, log)
    done = NOTHING
    touch = best(market, side)
    # Orders of one kind come in rows: the same venue, the same algorithm.
    if uniform(market) >= flow.dark_memory:
        market.dark = 1 if uniform(market) < market.dark_share else 0
    trading = bands.active == 0 or bands.state == luld.TRADING
    if market.dark == 1 and trading and touch > 0 and best(market, 1 - side) > 0:
        done = _print_dark(market, bands, window, rules, log, side, shares)
    elif may_trade(market, bands, touch):
        if uniform(market) < book.improve_before_trade:
            _offer_inside(market, bands, rules, log, side, 0.05)
        if uniform(market) < book.improve_before_trade:
            seconds = base_seconds(market, rules, np.int64(ROUND_LOT))
            _offer_inside(market, bands, rules, log, 1 - side, seconds)
        price = best(market, side)
        done = _print_lit(market, bands, window, rules, log, side, shares)
        if best(market, side) == price and uniform(market) < book.pull_after_trade:
            withdraw(market, bands, rules, log, side)
    elif bands.active == 1 and market.count[1 - side] > 0:
        # Nobody sells within the band: the buyer joins those who wait at it.
        market.shares[1 - side, market.count[1 - side] - 1] += shares
        show(market, bands, log, 1 - side)

    # Functions of the size with mean 1, so that rates and the martingale stay what they are.
    power = flow.mark_power * flow.order_sigma
    if done > 0:
        _excite(market, rules, exp(power * z - 0.5 * power * power))
    power = flow.impact_power * flow.order_sigma
    move = exp(power * z - 0.5 * power * power) * (sign - expected)
    move *= market.impact * flow.impact * market.half * (1.0 - market.absorb)
    move *= 1.0 + rules.crosses.heat_impact * market.heat
    if bands.active == 1 and bands.state == luld.LIMIT:
        # Orders of one side only wait. Those of both say less, or else the value would follow
        # whichever can trade.
        move *= rules.crosses.limit_impact
    market.value *= 1.0 + min(max(move, -MARKET_MOVE), MARKET_MOVE)
    answer(market, bands, rules, log)
    if uniform(market) < book.chase_after_trade:
        post(market, bands, rules, log, 1 - side)
    changes = geometric(market, 1.0 / (1.0 + book.changes_after_trade))
    start_burst(market, rules, changes)
    return sign * done
