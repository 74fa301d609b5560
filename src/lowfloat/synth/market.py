"""The market of one session: orders, moves of the value and changes of quotes, in order of time.

Everything is driven by one counter-based stream: the session is a pure function of its key and
of what it acts out.
"""

import math
from typing import NamedTuple

import numpy as np

from lowfloat.base import luld
from lowfloat.base.clock import NS
from lowfloat.base.jit import kernel
from lowfloat.base.portable import exp, log
from lowfloat.synth.book import (
    ASK,
    BID,
    CROSS,
    NOTHING,
    TRADE,
    best,
    best_until,
    better,
    nearest,
    push,
    show,
    snap,
)
from lowfloat.synth.draws import exponential, geometric, lognormal, normal, uniform
from lowfloat.synth.flow import decay, may_trade, order, orders_per_second, print_trade
from lowfloat.synth.quotes import (
    answer,
    change,
    is_stale,
    post,
    small_size,
    start_burst,
    take,
    vanish,
    withdraw,
)


class Plan(NamedTuple):
    """What the market acts out; one record of :data:`SCENE` per script second, and the clock.

    Attributes:
        scene: records of :data:`SCENE`, by script second.
        rate_factor: float64, by session second.
        spread_factor: float64, by session second.
    """

    scene: np.ndarray
    rate_factor: np.ndarray
    spread_factor: np.ndarray


SCENE = np.dtype(
    [
        ("rate", np.float64),  # orders per second, all of them
        ("half", np.float64),  # half-spread, fraction
        ("depth", np.float64),
        ("drift", np.float64),  # log change per second
        ("jump", np.float64),  # fraction by which the value moves at once, as on news
        ("tilt", np.float64),
        ("absorb", np.float64),
        ("impact", np.float64),
        ("pull", np.float64, (2,)),
        ("iceberg", np.float64, (2,)),
        ("until", np.int64),  # script second at which the phase ends
        ("stop_on_pause", np.int64),
        ("signal", np.int64),  # 1 where a burst of buying announces a move
    ]
)
SECOND = np.dtype(
    [
        ("cursor", np.int64),  # script second that is played
        ("value", np.float64),  # at its start, price units
        ("bought", np.int64),  # shares that aggressors bought, seen or not
        ("sold", np.int64),
        ("drift", np.float64),  # log change that could be foreseen
        ("signal", np.int64),
    ]
)
NOTICE = np.dtype([("time", np.int64), ("kind", np.int64)])
PAUSED, RESUMED, RESTRICTED, EXTENDED = (np.int64(k) for k in range(4))
MAX_NOTICES = 512

LEAST_VALUE = 100.0  # price units
SETTLE_NS = 400_000  # between a status and the first print, longer than any delay of the feed
ROWS_PER_STEP = 512  # no event writes as many rows
REST_OF_GAP = 0.5  # of the width of the moves at each extension of a pause
MOST_GAP = 0.3
THIN_RATE = 0.05  # orders per second at which a wide book is half as wide
WIDE_IMPACT = 0.6  # exponent by which an order moves the value less, in half-spreads, where it is
MOST_NERVOUS = 0.6  # logarithm of a factor on impact
STEP_AWAY = 0.05  # median distance of the far side in a pause
ORDER_SHARES = 150.0  # of a usual order
SIGNAL_PRINTS, SIGNAL_SHARES = np.int64(20), np.int64(500)
BUYER = np.int64(1)
SIGNAL_NS = 10_000_000  # between its prints


@kernel
def _notice(market, notices, kind, time):
    notices[market.notices].time = time
    notices[market.notices].kind = kind
    market.notices += 1


@kernel
def _restrict(market, notices):
    """Tell that short sales are restricted, if a print 10 % below the previous close says so."""
    if market.triggered == 1 and market.restricted == 0:
        market.restricted = 1
        _notice(market, notices, RESTRICTED, market.triggered_at)


@kernel
def _cross(market, bands, window, rules, rows, notices, price, shares):
    """Print an auction with no aggressor, after the book has gathered around it."""
    luld.reopen(bands, market.time, price)
    market.heat = 1.0
    for side in range(2):
        market.count[side] = 0
    answer(market, bands, rules, rows)
    market.time += SETTLE_NS
    size = 100 * (1 + np.int64(lognormal(market, shares, 1.0) / 100.0))
    print_trade(market, bands, window, rows, CROSS, price, size, NOTHING)
    start_burst(market, rules, np.int64(rules.book.changes_of_burst))
    _restrict(market, notices)


@kernel
def _pause(market, bands, rules, rows, notices, scene):
    # A print just sent may still be on its way to the reader: nothing may seem to print in a pause.
    market.time += SETTLE_NS
    _notice(market, notices, PAUSED, market.time)
    luld.pause(bands, market.time)
    # Those on the side that nobody wanted step away.
    far = ASK if bands.side > 0 else BID
    away = lognormal(market, STEP_AWAY, 0.5)
    market.count[far] = 0
    price = snap(market.value * (1.0 + away if far == ASK else 1.0 - away), far)
    if better(price, best(market, 1 - far), 1 - far) > 0:
        push(market, far, price, small_size(market, rules), NOTHING, 1e5)
    show(market, bands, rows, far)
    market.extensions = 0
    market.burst_left = 0
    market.react_at = market.burst_at = luld.NEVER
    _move_over_pause(market, bands, rules, 1.0)
    if scene.stop_on_pause == 1 and uniform(market) < rules.crosses.end_on_pause:
        market.cursor = max(market.cursor, scene.until - 1)


@kernel
def _move_over_pause(market, bands, rules, scale):
    """Move the value while nobody may trade: up or down by the same share, so as to gain nothing.

    With an edge, the first reopenings are more likely to go the way of the pause.
    """
    gap = lognormal(market, rules.crosses.reopening_gap, rules.crosses.reopening_gap_sigma)
    gap = scale * min(gap, MOST_GAP)
    # Not beyond the opposite band: auctions look for a price on the side of the pause.
    opposite = bands.lower if bands.side > 0 else bands.upper
    gap = min(gap, 0.8 * max(bands.side * (market.value - opposite), 0.0) / market.value)
    lean = market.edge * max(rules.crosses.carries_on - 0.5 - 0.1 * (bands.pauses - 1), -0.15)
    onward = uniform(market) < 0.5 + lean
    sign = bands.side if onward else -bands.side
    market.value = max(market.value * (1.0 + sign * gap), LEAST_VALUE)


@kernel
def _resume(market, bands, window, rules, rows, notices):
    """Reopen, unless the price that would be found lies outside the collars: then wait longer."""
    market.time = max(market.time, bands.until)
    price = max(nearest(market.value), 1)
    lowest, highest = luld.collars(bands, market.extensions)
    if bands.until < bands.close and (price < lowest or price > highest):
        luld.extend(bands)
        market.extensions += 1
        _notice(market, notices, EXTENDED, market.time)
        _move_over_pause(market, bands, rules, REST_OF_GAP)
        return
    _notice(market, notices, RESUMED, market.time)
    _cross(market, bands, window, rules, rows, notices, price, rules.crosses.shares)


@kernel
def _move(market, bands, rules, share):
    """Move the value by a fraction; quotes answer a little later."""
    market.value = max(market.value * (1.0 + share), LEAST_VALUE)
    wait = np.int64(exponential(market, rules.book.react * 1e9))
    market.react_at = min(market.react_at, market.time + wait)


@kernel
def _play_until(market, bands, window, rules, rows, notices, scene, second, stop):
    """Play events until ``stop``; return False if the log has no room left."""
    while market.time < stop:
        if market.rows + ROWS_PER_STEP > len(rows):
            return False
        if bands.state == luld.PAUSED:
            if bands.until >= stop:
                market.time = stop
                return True
            _resume(market, bands, window, rules, rows, notices)
            continue
        orders = orders_per_second(market, rules)
        bursts = rules.book.idle_bursts * min(market.pace, 1.0)
        bursts += rules.book.burst_rate * market.base_rate
        total = orders + bursts + market.noise_rate
        arrival = market.time + 1 + np.int64(exponential(market, 1e9 / total))
        limit_ends = luld.NEVER
        if bands.state == luld.LIMIT:
            limit_ends = max(bands.since + luld.LIMIT_NS, market.time)
        react_at, burst_at = max(market.react_at, market.time), max(market.burst_at, market.time)
        expires = max(min(best_until(market, BID), best_until(market, ASK)), market.time)
        next_time = min(min(arrival, stop), min(react_at, burst_at), min(limit_ends, expires))
        elapsed = (next_time - market.time) * 1e-9
        decay(market, rules, elapsed)
        if bands.state != luld.LIMIT:
            market.value *= 1.0 + market.drift * elapsed
            second.drift += market.drift * elapsed
        market.time = next_time
        if next_time == limit_ends:
            _pause(market, bands, rules, rows, notices, scene)
        elif next_time == stop:
            return True
        elif next_time == react_at:
            market.react_at = luld.NEVER
            answer(market, bands, rules, rows)
            start_burst(market, rules, geometric(market, 0.3))
        elif next_time == burst_at:
            change(market, bands, rules, rows)
            market.burst_left -= 1
            market.burst_at = luld.NEVER
            if market.burst_left > 0:
                start_burst(market, rules, NOTHING)
        elif next_time == expires:
            first = BID if best_until(market, BID) < best_until(market, ASK) else ASK
            withdraw(market, bands, rules, rows, first)
        else:
            # Thinning: the rate has fallen since the waiting time was drawn.
            orders = orders_per_second(market, rules)
            draw = uniform(market) * total
            if draw < orders:
                shares = order(market, bands, window, rules, rows)
                second.bought += max(shares, 0)
                second.sold += max(-shares, 0)
                _restrict(market, notices)
            elif draw < orders + bursts:
                trading = bands.active == 1 and bands.state == luld.TRADING
                gape = rules.book.gape * exp(rules.book.gape_mood * market.mood)
                if trading and uniform(market) < gape:
                    vanish(market, bands, rules, rows)
                else:
                    changes = 1 + geometric(market, 1.0 / rules.book.changes_of_burst)
                    start_burst(market, rules, changes)
            elif draw < orders + bursts + market.noise_rate:
                _move(market, bands, rules, market.noise * normal(market))
    return True


@kernel
def _signal(market, bands, window, rules, rows, second):
    """Print a burst of buying that everybody can see; it moves nothing by itself."""
    price = best(market, ASK)
    if bands.state != luld.TRADING or price == 0 or not may_trade(market, bands, price):
        return
    top = market.count[ASK] - 1
    market.shares[ASK, top] += SIGNAL_PRINTS * SIGNAL_SHARES
    market.until[ASK, top] = market.time + NS
    show(market, bands, rows, ASK)
    for _ in range(SIGNAL_PRINTS):
        print_trade(market, bands, window, rows, TRADE, price, SIGNAL_SHARES, BUYER)
        take(market, bands, rules, rows, ASK, SIGNAL_SHARES)
        market.time += SIGNAL_NS
    second.bought += SIGNAL_PRINTS * SIGNAL_SHARES
    second.signal = 1


@kernel
def _set_scene(market, bands, rules, scene, rate_factor, spread_factor):
    """Take over what the script says of this second, and what the shorts do about it."""
    flow = rules.flow
    rate = max(scene.rate * rate_factor, 1e-6)
    market.tilt = scene.tilt
    market.drift = scene.drift
    up = market.value / bands.previous_close - 1.0 - flow.cover_from
    if up > 0.0 and market.shorts > 0.0:
        shares = min(market.shorts * flow.cover * up, market.shorts) * rate_factor
        buyers = shares / ORDER_SHARES
        market.shorts -= shares
        market.drift += market.edge * market.cover_move * shares
        market.tilt = (market.tilt * rate + buyers) / (rate + buyers)
        rate += buyers
    ratio = rate / flow.rate_reference
    keep = exp(-1.0 / flow.mood_seconds)
    market.mood = keep * market.mood + math.sqrt(1.0 - keep * keep) * normal(market)
    # Outside regular hours the book is wide for want of people: a crowd makes it narrower.
    wide = 1.0 + max(spread_factor - 1.0, 0.0) / (1.0 + rate / THIN_RATE)
    half = scene.half * wide * exp(flow.mood * market.mood)
    market.half = half
    market.depth = scene.depth * exp(flow.rate_depth * log(ratio))
    # A stock that everybody looks at is traded by more people with less money.
    market.lots = min(market.usual_lots * exp(-flow.rate_lots * log(ratio)), 1.0)
    market.pace = min(max(math.sqrt(ratio), 0.02), 8.0)
    market.base_rate = rate * (1.0 - market.branching)
    market.noise_rate = flow.noise_rate * market.base_rate
    market.noise = flow.noise * half
    market.absorb = scene.absorb
    fade = exp(-1.0 / flow.leverage_seconds)
    if market.then > 0.0:
        market.trend = fade * market.trend + log(market.value / market.then)
    market.then = market.value
    # Fear is quicker than greed: a stock that falls is jumpier than one that rises.
    nervous = min(max(-flow.leverage * market.trend, -MOST_NERVOUS), MOST_NERVOUS)
    market.impact = scene.impact * exp(nervous - flow.rate_impact * log(ratio))
    market.impact *= exp(-WIDE_IMPACT * log(wide))
    for side in range(2):
        market.pull[side] = scene.pull[side]
        market.iceberg[side] = scene.iceberg[side]


@kernel
def play(markets, band_records, window, rules, plan, opening_gap, rows, notices, seconds):
    """Play a whole session; return False if the log is too short for it.

    Args:
        markets: one record of :data:`lowfloat.synth.book.MARKET` with key, value, branching and
            memory set, and ``restricted`` as the day before left it.
        band_records: one record of :data:`lowfloat.base.luld.BANDS`, armed.
        window: records of :data:`lowfloat.base.luld.PRINT`, the space for five minutes' prints.
        rules: one record of the preset.
        plan: what to act out.
        opening_gap: fraction by which the value moves at the opening print.
        rows: records of :data:`lowfloat.synth.book.ROW`; the first ``markets[0].rows`` get filled.
        notices: records of :data:`NOTICE`; the first ``markets[0].notices`` get filled.
        seconds: records of :data:`SECOND`, one per second of the session, to be filled.
    """
    market, bands, rules = markets[0], band_records[0], rules[0]
    market.react_at = market.burst_at = luld.NEVER
    open_second, close_second = bands.open // NS, bands.close // NS
    last = len(plan.scene) - 1
    for number in range(len(seconds)):
        start = np.int64(number) * NS
        second = seconds[number]
        if number == close_second:
            market.cursor = max(market.cursor, number)
        here = market.cursor
        scene = plan.scene[here]
        second.cursor = here
        _set_scene(
            market, bands, rules, scene, plan.rate_factor[number], plan.spread_factor[number]
        )
        is_regular = open_second <= number < close_second
        market.thin = 0 if is_regular or market.base_rate >= 0.02 else 1
        was_paused = bands.state == luld.PAUSED
        if number == open_second:
            market.time = max(market.time, start)
            market.value *= 1.0 + opening_gap
            price = max(nearest(market.value), 1)
            _cross(market, bands, window, rules, rows, notices, price, rules.crosses.shares)
        elif number == close_second:
            market.time = max(market.time, start)
            if was_paused:
                _resume(market, bands, window, rules, rows, notices)
            else:
                price = max(nearest(market.value), 1)
                _cross(market, bands, window, rules, rows, notices, price, rules.crosses.shares)
            bands.active = 0
            bands.state = luld.TRADING
            market.heat = 0.0
            was_paused = False
        second.value = market.value
        if number == 0:
            market.time = np.int64(exponential(market, 1e9))
            for side in range(2):
                post(market, bands, rules, rows, side)
        elif not was_paused:
            news = here >= market.told
            market.told = here + 1
            if news and scene.jump != 0.0:
                _move(market, bands, rules, scene.jump)
                market.heat = 1.0
                start_burst(market, rules, np.int64(rules.book.changes_of_burst))
            if luld.refresh(bands, window, start):
                market.react_at = market.time
            if is_stale(market, rules):  # a drift has carried the value on
                wait = np.int64(exponential(market, rules.book.react * 1e9))
                market.react_at = min(market.react_at, market.time + wait)
            if news and scene.signal == 1:
                _signal(market, bands, window, rules, rows, second)
        if not _play_until(market, bands, window, rules, rows, notices, scene, second, start + NS):
            return False
        # The story stands still while the stock is paused, or about to be.
        if not was_paused and bands.state != luld.LIMIT and market.cursor < last:
            market.cursor += 1
    return True
