"""Detectors of the setups that traders have a name for.

Each says when a pattern was *known*: at the first second at which everything that makes it had
been received. Nothing here sees the future; labels that do lie in :mod:`pre_squeeze`,
:mod:`dead_zones` and :mod:`scenarios`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import Pattern
from lowfloat.base.jit import kernel
from lowfloat.index.config import DetectionConfig
from lowfloat.index.reading import begins, lasting, reading_of
from lowfloat.tape.column import Tape
from lowfloat.tape.price import change
from lowfloat.tape.swings import swings
from lowfloat.tape.volume import dollars_60, pullback_ratio
from lowfloat.tape.windows import (
    lagged,
    ramp,
    seconds_since,
    standing,
    trailing_max,
    trailing_min,
    trailing_sum,
)


class Sighting(NamedTuple):
    """A pattern that was seen.

    Attributes:
        second: decision second at which it was known.
        pattern: which.
        confidence: how clear it was, 0 to 1.
        begun: session second at which what makes it began.
        level: dollars, the price it is about: the top of a range, VWAP, a low.
    """

    second: int
    pattern: Pattern
    confidence: float
    begun: int
    level: float


Detector = Callable[[Tape, DetectionConfig], list[Sighting]]


def gate(tape: Tape, config: DetectionConfig) -> np.ndarray:
    """Return where volume surges, the price moves and its range expands, bool of 57,600."""
    now = tape.of(reading_of)
    return (
        (now.surge >= config.volume_surge)
        & (np.abs(now.velocity) >= config.price_velocity)
        & (now.expansion >= config.atr_expansion)
    )


def traded(tape: Tape, config: DetectionConfig) -> np.ndarray:
    """Return where enough trades, and no halt is known, for a price to mean something."""
    return (tape.of(dollars_60) >= config.min_minute_value) & ~tape.of(reading_of).halted


def breakouts(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """Consolidation, then a mid above its top while volume surges and the range expands."""
    now, terms = tape.of(reading_of), config.breakout
    top = trailing_max(now.mid, terms.min_consolidation)
    bottom = trailing_min(now.mid, terms.min_consolidation)
    widest = np.fmax(np.fmax(terms.max_width * now.mid, now.spread), terms.max_width_atr * now.atr)
    whole = ~np.isnan(lagged(now.mid, terms.min_consolidation - 1))
    narrow = whole & (top - bottom <= widest) & ~now.halted
    level, ended = standing(top, narrow), seconds_since(narrow)
    lasted = standing(lasting(narrow).astype(np.float64), narrow) + terms.min_consolidation - 1
    above = now.mid > level + terms.margin_spreads * now.spread
    hit = above & (ended > 0) & (ended <= terms.fresh) & (now.velocity > 0) & gate(tape, config)
    hit &= traded(tape, config)
    clear = _mean(
        ramp(now.surge, config.volume_surge, 6.0 * config.volume_surge),
        ramp(now.expansion, config.atr_expansion, 5.0 * config.atr_expansion),
        ramp(lasted, float(terms.min_consolidation), 6.0 * terms.min_consolidation),
        ramp(now.mid / now.high, 0.95, 1.0),
    )
    return _sightings(
        Pattern.BREAKOUT, hit, config.again_after, clear, lambda b: b - int(ended[b]), level
    )


def failed_breakouts(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """A breakout whose mid is back below the top it broke."""
    mid, found = tape.of(reading_of).mid, []
    for broke in breakouts(tape, config):
        after = mid[broke.second : broke.second + config.breakout.fails_within]
        back = np.flatnonzero(after < broke.level)
        if len(back):
            at = broke.second + int(back[0])
            found.append(
                Sighting(at + 1, Pattern.FAILED_BREAKOUT, broke.confidence, broke.begun,
                         broke.level)
            )  # fmt: skip
    return found


def flushes(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """Near the highs, then high volume and a sharp decline."""
    now, terms = tape.of(reading_of), config.flush
    top = trailing_max(now.mid, terms.within)
    decline = 1.0 - now.mid / top
    noise = np.fmax(terms.decline_atr * now.atr, terms.decline_spreads * now.spread)
    least = np.fmax(terms.decline, noise / top)
    hit = (
        (top >= (1.0 - terms.near_high) * now.high)
        & (decline >= least)
        & (now.mid < lagged(trailing_min(now.mid, terms.below), 1) + 1e-9)
        & (now.surge >= config.volume_surge)
        & (now.pressure <= terms.max_buy_pressure)
        & traded(tape, config)
    )
    clear = _mean(
        ramp(decline / least, 1.0, 2.0),
        ramp(now.surge, config.volume_surge, 3.0 * config.volume_surge),
        ramp(now.pressure_10, 0.5, 0.2),
    )
    return _sightings(
        Pattern.FLUSH,
        hit,
        config.again_after,
        clear,
        lambda b: _last(now.mid, b, terms.within, top[b]),
        top,
    )


class _Decline(NamedTuple):
    top: np.ndarray
    low: np.ndarray
    low_at: np.ndarray


@kernel
def _declines(
    mid: np.ndarray, tops: np.ndarray, low_within: int,
    top: np.ndarray, low: np.ndarray, low_at: np.ndarray,
) -> None:  # fmt: skip
    """Follow the last low, and the top from which it was reached."""
    at, lowest, highest = -1, 0.0, 0.0
    for b in range(len(mid)):
        if np.isnan(mid[b]):
            continue
        if at < 0 or mid[b] <= lowest or b - at > low_within:
            at, lowest, highest = b, mid[b], tops[b]
        top[b], low[b], low_at[b] = highest, lowest, at


def bounces(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """A decline on volume, and an attempt to recover some of it."""
    now, terms = tape.of(reading_of), config.bounce
    fall = _Decline(np.full(len(now.mid), np.nan), np.full(len(now.mid), np.nan),
                    np.zeros(len(now.mid), np.int64))  # fmt: skip
    _declines(now.mid, trailing_max(now.mid, terms.within), terms.low_within, *fall)
    size = fall.top - fall.low
    decline = size / fall.top
    noise = np.fmax(terms.decline_atr * now.atr, terms.decline_spreads * now.spread)
    least = np.fmax(terms.decline, noise / fall.top)
    back = (now.mid - fall.low) / np.where(size > 0, size, np.nan)
    surged = trailing_max(now.surge, terms.low_within) >= config.volume_surge
    hit = (
        (decline >= least)
        & (back >= terms.recovery)
        & (back <= terms.max_recovery)
        & surged
        & (now.pressure_10 >= terms.min_buy_pressure)
        & traded(tape, config)
    )
    clear = _mean(
        ramp(decline / least, 1.0, 3.0),
        ramp(trailing_max(now.surge, terms.low_within), config.volume_surge,
             3.0 * config.volume_surge),
        ramp(now.pressure_10, 0.5, 0.8),
    )  # fmt: skip
    return _sightings(
        Pattern.BOUNCE, hit, config.again_after, clear, lambda b: int(fall.low_at[b]), fall.low
    )


def accumulations(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """Low volatility near VWAP while buyers gather."""
    now, terms = tape.of(reading_of), config.accumulation
    width = trailing_max(now.mid, terms.seconds) - trailing_min(now.mid, terms.seconds)
    widest = np.fmax(np.fmax(terms.max_width * now.mid, now.spread), terms.max_width_atr * now.atr)
    near = np.fmax(terms.near_vwap * now.vwap, terms.near_vwap_atr * now.atr)
    away = np.abs(now.mid - now.vwap)
    hit = (
        (width <= widest)
        & ~np.isnan(lagged(now.mid, terms.seconds - 1))
        & (away <= near)
        & (now.pressure >= terms.min_buy_pressure)
        & (trailing_sum(tape.seconds.trades, terms.seconds) >= terms.min_prints)
        & traded(tape, config)
    )
    clear = _mean(
        1.0 - width / widest,
        1.0 - away / near,
        ramp(now.pressure, terms.min_buy_pressure, 0.8),
    )
    return _sightings(
        Pattern.ACCUMULATION,
        hit,
        config.again_after,
        clear,
        lambda b: b + 1 - terms.seconds,
        now.vwap,
    )


def distributions(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """Near the high of day, which is made no more, while sellers take over."""
    now, terms = tape.of(reading_of), config.distribution
    below = 1.0 - now.mid / now.high
    hit = (
        (below <= terms.near_high)
        & (now.since_high >= terms.since_high)
        & (now.since_high <= terms.high_within)
        & (now.pressure <= terms.max_buy_pressure)
        & (now.surge >= terms.min_surge)
        & (now.velocity < 0)
        & traded(tape, config)
    )
    clear = _mean(
        ramp(now.pressure, 0.5, 0.25),
        ramp(now.surge, terms.min_surge, 3.0 * terms.min_surge),
        1.0 - below / terms.near_high,
    )
    return _sightings(
        Pattern.DISTRIBUTION,
        hit,
        config.again_after,
        clear,
        lambda b: b - int(now.since_high[b]),
        now.high,
    )


def first_pullbacks(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """A quick leg, a shallow quiet pullback, and a mid above the last closed minute's high."""
    now, terms = tape.of(reading_of), config.first_pullback
    leg, quiet = tape.of(swings), tape.of(pullback_ratio)
    index = np.arange(len(now.mid))
    known = ~np.isnan(leg.base)
    top_at = np.where(known, leg.top_second, 0).astype(np.int64)
    rise = now.mid / trailing_min(now.mid, terms.leg_within) - 1.0
    surged = trailing_max(now.surge, terms.leg_within)[top_at] >= config.volume_surge
    quick = known & (rise[top_at] >= terms.leg) & surged
    size = np.where(leg.top > leg.base, leg.top - leg.base, np.nan)
    given_back = (leg.top - leg.low_since_top) / size
    bars = now.mid.reshape(-1, 60)
    minute = (index + 1) // 60 - 1  # the last that has closed with the second
    closed, in_leg = np.maximum(minute, 0), top_at // 60
    red = np.concatenate([[0], np.cumsum(bars[:, -1] < bars[:, 0])])
    reds = red[closed + 1] - red[np.minimum(in_leg, closed + 1)]
    bar_high = np.where(minute >= 0, np.fmax.reduce(bars, axis=1)[closed], np.nan)
    hit = (
        quick
        & (leg.top >= (1.0 - terms.near_high) * now.high)
        & (given_back >= terms.min_retrace)
        & (given_back <= terms.max_retrace)
        & (quiet < terms.max_volume)
        & (minute > in_leg)
        & (reds >= 1)
        & (reds <= terms.max_bars)
        & (now.mid > bar_high)
        & (now.mid < leg.top)
        & traded(tape, config)
    )
    clear = _mean(
        ramp(given_back, terms.max_retrace, terms.min_retrace),
        ramp(quiet, terms.max_volume, 0.2),
        ramp(rise[top_at], terms.leg, 3.0 * terms.leg),
    )
    seen = _sightings(
        Pattern.FIRST_PULLBACK, hit, config.again_after, clear, lambda b: int(top_at[b]),
        leg.low_since_top,
    )  # fmt: skip
    first_of_leg = {int(leg.base_second[one.second - 1]): one for one in reversed(seen)}
    return sorted(first_of_leg.values())


def vwap_reclaims(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """From below over VWAP on volume, and above it for a while."""
    now, terms = tape.of(reading_of), config.vwap
    above, below = now.mid > now.vwap, now.mid < now.vwap
    held = lasting(above)
    was_below = lagged(lasting(below), terms.hold)
    loud = trailing_max(now.volume_z, 2 * terms.hold)
    hit = (
        (held == terms.hold)
        & (was_below >= terms.below_for)
        & (loud > terms.min_volume_z)
        & traded(tape, config)
    )
    clear = _mean(
        ramp(loud, terms.min_volume_z, 4.0),
        ramp(now.mid / now.vwap - 1.0, 0.0, 0.02),
        ramp(now.pressure, 0.5, 0.75),
    )
    return _sightings(
        Pattern.VWAP_RECLAIM, hit, config.again_after, clear, lambda b: b + 1 - terms.hold, now.vwap
    )


def vwap_rejects(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """From below up to VWAP, and away from it again."""
    now, terms = tape.of(reading_of), config.vwap
    place = now.mid / now.vwap
    reached = trailing_max(place, terms.within)
    hit = (
        (lasting(place < 1.0) >= terms.below_for)
        & (reached >= 1.0 - terms.near)
        & (place <= 1.0 - terms.away)
        & traded(tape, config)
    )
    clear = _mean(
        ramp(now.pressure_10, 0.5, 0.2),
        ramp(1.0 - place, terms.away, 3.0 * terms.away),
        ramp(now.volume_z, 0.0, 3.0),
    )
    return _sightings(
        Pattern.VWAP_REJECT,
        hit,
        config.again_after,
        clear,
        lambda b: _last(place, b, terms.within, reached[b]),
        now.vwap,
    )


def halt_continuations(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """A halt whose reopening holds at or above the price before it, with buyers."""
    now, terms = tape.of(reading_of), config.halt
    begun = now.halted & ~np.concatenate([now.halted[:1], now.halted[:-1]])
    before = standing(lagged(now.mid, 1), begun)
    since, trading = seconds_since(now.halted), ~now.halted
    hit = (
        trading
        & (since == terms.after)
        & (now.mid >= before)
        & (now.pressure_10 >= terms.min_buy_pressure)
    )
    clear = _mean(
        ramp(now.pressure_10, 0.5, 0.8),
        ramp(now.mid / before - 1.0, 0.0, 0.05),
        ramp(change(tape, terms.after), 0.0, 0.02),
    )
    return _sightings(
        Pattern.HALT_CONTINUATION, hit, 0, clear, lambda b: b + 1 - terms.after, before
    )


DETECTORS: dict[Pattern, Detector] = {
    Pattern.BREAKOUT: breakouts,
    Pattern.FAILED_BREAKOUT: failed_breakouts,
    Pattern.FLUSH: flushes,
    Pattern.BOUNCE: bounces,
    Pattern.ACCUMULATION: accumulations,
    Pattern.DISTRIBUTION: distributions,
    Pattern.FIRST_PULLBACK: first_pullbacks,
    Pattern.VWAP_RECLAIM: vwap_reclaims,
    Pattern.VWAP_REJECT: vwap_rejects,
    Pattern.HALT_CONTINUATION: halt_continuations,
}


def sightings(tape: Tape, config: DetectionConfig) -> list[Sighting]:
    """Return what all detectors saw, in the order in which it was known."""
    found = [seen for detect in DETECTORS.values() for seen in detect(tape, config)]
    return sorted(found, key=lambda seen: (seen.second, seen.pattern))


def _sightings(
    pattern: Pattern,
    hit: np.ndarray,
    again_after: int,
    clear: np.ndarray,
    begun: Callable[[int], int],
    level: np.ndarray,
) -> list[Sighting]:
    """Return what was seen where a condition begins to hold, known at the decision after it."""
    return [
        Sighting(b + 1, pattern, float(clear[b]), begun(b), float(level[b]))
        for b in begins(hit, again_after)
    ]


def _mean(*parts: np.ndarray) -> np.ndarray:
    """Return the mean of what is known of the parts, each 0 to 1; 0 where nothing is."""
    known = sum((~np.isnan(part)).astype(np.float64) for part in parts)
    total = sum(np.nan_to_num(np.clip(part, 0.0, 1.0)) for part in parts)
    return np.asarray(total / np.maximum(known, 1.0))


def _last(values: np.ndarray, b: int, seconds: int, value: float) -> int:
    """Return the last of so many seconds up to ``b`` at which a value was reached."""
    first = max(b + 1 - seconds, 0)
    return first + int(np.flatnonzero(values[first : b + 1] >= value)[-1])
