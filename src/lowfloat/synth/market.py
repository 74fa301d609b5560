"""The market: orders arrive in clusters, print, move the value, and the quotes answer.

Orders come as a Hawkes process whose base rate is the script's. The value of the stock moves by
the script's drift and by the *surprise* in each order's direction, so that apart from the drift
and the gap over a pause it is a martingale: the long memory of order signs cannot be traded on,
and whoever fills at a quote finds the price moved against him. Everything is driven by one
counter-based stream.
"""

import math
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.jit import kernel
from lowfloat.synth import halts
from lowfloat.synth.book import (
    ASK,
    BID,
    CROSS,
    HEAT_SPREAD,
    NOTHING,
    TRADE,
    displayed_size,
    requote,
    requote_both,
    set_side,
    snap,
    take,
    write_row,
)
from lowfloat.synth.draws import exponential, geometric, normal, uniform


class Plan(NamedTuple):
    """What the market acts out.

    Attributes:
        rate: float64, orders per second, by script second.
        half_spread: float64, fraction, by script second.
        drift: float64, log change per second, by script second.
        tilt: float64, excess share of buy orders, by script second.
        until: int64, end of the phase, by script second.
        rate_factor: float64, by session second.
        spread_factor: float64, by session second.
    """

    rate: np.ndarray
    half_spread: np.ndarray
    drift: np.ndarray
    tilt: np.ndarray
    until: np.ndarray
    rate_factor: np.ndarray
    spread_factor: np.ndarray


NOTICE = np.dtype([("time", np.int64), ("kind", np.int64)])
PAUSED, RESUMED, RESTRICTED = np.int64(0), np.int64(1), np.int64(2)
MAX_NOTICES = 256

FAST_SHARE, FAST_DECAY = 0.2, 2.0  # orders caused by an order, and how fast that dies, per second
SLOW_SHARE, SLOW_DECAY = 0.4, 0.05
HEAT_RATE, HEAT_SECONDS = 4.0, 25.0
QUOTES_PER_ORDER = 10.0
IDLE_QUOTES = 0.06  # per second
SIGN_MEMORY, FLOW_MEMORY, FLOW_DECAY = 0.3, 0.3, 0.03
IMPACT = 0.95  # of a half-spread, by a wholly surprising order
NEWS = 0.4  # standard deviation of value changes without orders, relative to the impact scale
LAST_PRINT = 0.42  # chance that a print is the last of its order
UNSEEN = 0.40  # share of prints inside the spread that show no aggressor
MIDPOINT = 0.25  # share of those exactly at the midpoint
END_ON_PAUSE, END_ON_ANOTHER = 0.5, 0.15  # chance that a pause ends the phase that led to it
LEAST_VALUE = 100.0  # price units
CROSS_SHARES = 1_500.0  # median of opening, closing and reopening prints
SETTLE_NS = 400_000  # between a status and the first print, longer than any delay of the feed
ROWS_PER_STEP = 256  # no event writes as many rows


@kernel
def print_size(market):
    """Draw the shares of a print: half odd lots, the rest round lots with a heavy tail."""
    draw = uniform(market)
    if draw < 0.12:
        pick = np.int64(uniform(market) * 5.0)
        return 50 if pick == 0 else 10 if pick == 1 else 25 if pick == 2 else 5 if pick == 3 else 1
    if draw < 0.47:
        return np.int64(math.exp(uniform(market) * math.log(100.0)))
    if draw < 0.82:
        return 100
    if draw < 0.90:
        return 100 + np.int64(uniform(market) * 400.0)
    return 100 * np.int64(min(2.0 * uniform(market) ** -0.6, 80.0))


@kernel
def _notice(market, notices, kind):
    notices[market.notices].time = market.time
    notices[market.notices].kind = kind
    market.notices += 1


@kernel
def _print(market, bands, window, log, notices, action, price, size, side):
    write_row(market, log, action, price, size, side)
    market.last_price = price
    halts.observe(bands, window, market.time, price, size)
    if bands.active == 1 and market.restricted == 0 and 10 * price <= 9 * bands.previous_close:
        market.restricted = 1
        _notice(market, notices, RESTRICTED)


@kernel
def _cross(market, bands, window, log, notices):
    """Print an auction at the value, with no aggressor, after the book has gathered around it."""
    price = max(snap(market.value), 1)
    halts.reopen(bands, market.time, price)
    market.heat = 1.0
    requote_both(market, bands, log)
    market.time += SETTLE_NS
    shares = 100 * (1 + np.int64(CROSS_SHARES / 100.0 * math.exp(normal(market))))
    _print(market, bands, window, log, notices, CROSS, price, shares, NOTHING)


@kernel
def _pause(market, bands, notices, phase_end):
    # A print just sent may still be on its way to the reader: nothing may seem to print in a pause.
    market.time += SETTLE_NS
    _notice(market, notices, PAUSED)
    halts.pause(bands, market.time)
    market.react_at = halts.NEVER
    if uniform(market) < END_ON_PAUSE + END_ON_ANOTHER * (bands.pauses - 1):
        market.cursor = phase_end


@kernel
def _resume(market, bands, window, log, notices):
    market.time = max(market.time, bands.until)
    _notice(market, notices, RESUMED)
    went_up = market.last_price > bands.reference
    carries_on = uniform(market) < max(0.6 - 0.1 * (bands.pauses - 1), 0.35)
    gap = min(0.011 * math.exp(1.3 * normal(market)), 0.12)
    sign = 1.0 if went_up == carries_on else -1.0
    market.value = market.last_price * math.exp(sign * gap)
    _cross(market, bands, window, log, notices)


@kernel
def _order(market, bands, window, log, notices, tilt):
    """One market order: its prints, its impact, and the quotes' answer to come."""
    expected = SIGN_MEMORY * market.last_sign + FLOW_MEMORY * market.flow
    expected += (1.0 - SIGN_MEMORY - FLOW_MEMORY) * tilt
    sign = 1 if uniform(market) < 0.5 * (1.0 + expected) else -1
    market.fast += FAST_SHARE * FAST_DECAY
    market.slow += SLOW_SHARE * SLOW_DECAY
    side = ASK if sign > 0 else BID
    for _ in range(1 + geometric(market, LAST_PRINT)):
        touch, spread = market.quote[side], market.quote[ASK] - market.quote[BID]
        if touch == 0:
            break
        if bands.active == 1 and (touch > bands.upper or touch < bands.lower):
            break
        size = print_size(market)
        if uniform(market) < UNSEEN and market.quote[1 - side] > 0:
            price = market.quote[BID] + spread // 2
            if uniform(market) >= MIDPOINT:
                price = snap(market.quote[BID] + uniform(market) * spread)
            if bands.active == 1:
                price = min(max(price, bands.lower), bands.upper)
            _print(market, bands, window, log, notices, TRADE, price, size, NOTHING)
        else:
            size = min(size, market.shown[side])
            _print(market, bands, window, log, notices, TRADE, touch, size, sign)
            take(market, bands, log, side, size)
        market.time += np.int64(exponential(market, 150_000.0))
    half = market.half * (1.0 + HEAT_SPREAD * market.heat)
    market.value *= 1.0 + IMPACT * half * (sign - expected)
    market.last_sign = sign
    market.flow += FLOW_DECAY * (sign - market.flow)
    market.react_at = market.time + np.int64(exponential(market, 3e7))


@kernel
def _play_second(market, bands, window, log, notices, base_rate, tilt, phase_end, stop):
    """Play events until ``stop``; return False if the log has no room left."""
    while market.time < stop:
        if market.rows + ROWS_PER_STEP > len(log):
            return False
        if bands.state == halts.PAUSED:
            if bands.until >= stop:
                market.time = stop
                return True
            _resume(market, bands, window, log, notices)
            continue
        orders = base_rate * (1.0 + HEAT_RATE * market.heat) + market.fast + market.slow
        total = orders * (1.0 + QUOTES_PER_ORDER) + IDLE_QUOTES
        arrival = market.time + 1 + np.int64(exponential(market, 1e9 / total))
        limit_ends = halts.NEVER
        if bands.state == halts.LIMIT:
            limit_ends = max(bands.since + halts.LIMIT_NS, market.time)
        nearest = min(arrival, stop, max(market.react_at, market.time), limit_ends)
        seconds = (nearest - market.time) * 1e-9
        market.fast *= math.exp(-FAST_DECAY * seconds)
        market.slow *= math.exp(-SLOW_DECAY * seconds)
        market.heat *= math.exp(-seconds / HEAT_SECONDS)
        market.time = nearest
        if nearest == limit_ends:
            _pause(market, bands, notices, phase_end)
        elif nearest >= market.react_at:
            market.react_at = halts.NEVER
            requote_both(market, bands, log)
        elif nearest == arrival:
            # Thinning: the rate has fallen since the waiting time was drawn.
            orders = base_rate * (1.0 + HEAT_RATE * market.heat) + market.fast + market.slow
            draw = uniform(market) * total
            if draw < orders:
                _order(market, bands, window, log, notices, tilt)
            elif draw < orders * (1.0 + QUOTES_PER_ORDER) + IDLE_QUOTES:
                side = BID if uniform(market) < 0.5 else ASK
                if uniform(market) < 0.6:
                    requote(market, bands, log, side)
                elif market.quote[side] > 0:
                    size = displayed_size(market)
                    set_side(market, bands, log, side, market.quote[side], size)
    return True


@kernel
def play(markets, band_records, window, plan, opening_gap, open_second, log, notices, cursor):
    """Play a whole session; return False if the log is too short for it.

    Args:
        markets: one record of :data:`lowfloat.synth.book.MARKET` with key and value set.
        band_records: one record of :data:`lowfloat.synth.halts.BANDS` with previous close and
            close set.
        window: records of :data:`lowfloat.synth.halts.PRINT`, the space for five minutes' prints.
        plan: what to act out.
        opening_gap: log change of the value at the opening print.
        open_second: session second of the regular open.
        log: records of :data:`lowfloat.synth.book.ROW`; the first ``markets[0].rows`` get filled.
        notices: records of :data:`NOTICE`; the first ``markets[0].notices`` get filled.
        cursor: int64 (session seconds,), filled with the script second played in each.
    """
    market, bands = markets[0], band_records[0]
    market.react_at = halts.NEVER
    close_second = bands.close // NS
    for second in range(len(cursor)):
        start = np.int64(second) * NS
        if second == close_second:
            market.cursor = max(market.cursor, second)
        here = market.cursor
        cursor[second] = here
        rate = plan.rate[here] * plan.rate_factor[second]
        market.half = plan.half_spread[here] * plan.spread_factor[second]
        if second == open_second:
            market.thin = 0
            market.time = max(market.time, start)
            market.value *= math.exp(opening_gap)
            _cross(market, bands, window, log, notices)
        elif second == close_second:
            market.time = max(market.time, start)
            if bands.state == halts.PAUSED:
                _resume(market, bands, window, log, notices)
            else:
                _cross(market, bands, window, log, notices)
            bands.active, bands.state = 0, halts.TRADING
            market.heat = 0.0
        market.thin = 1 if bands.active == 0 and rate < 0.05 else 0
        was_paused = bands.state == halts.PAUSED
        if not was_paused:
            step = NEWS * market.half * math.sqrt(rate) * normal(market)
            # Not exp(step): its mean is above 1, and the value would rise of itself.
            market.value *= math.exp(plan.drift[here]) * (1.0 + step)
            market.value = max(market.value, LEAST_VALUE)
            if second == 0:
                market.time = np.int64(exponential(market, 1e9))
                requote_both(market, bands, log)
            elif halts.refresh(bands, window, start):
                market.react_at = market.time
        base_rate = rate * (1.0 - FAST_SHARE - SLOW_SHARE)
        tilt, phase_end = plan.tilt[here], min(plan.until[here], len(plan.rate) - 1)
        if not _play_second(
            market, bands, window, log, notices, base_rate, tilt, phase_end, start + NS
        ):
            return False
        # The story stands still while the stock is paused.
        if not was_paused and bands.state != halts.PAUSED and here < len(plan.rate) - 1:
            market.cursor += 1
    return True
