"""The detectors once more: loops over seconds, one question after another, on plain numbers.

Prices, volumes and swings come from the independent reading of a day's records. Nothing of the
package's detectors is used but the thresholds.
"""

from collections.abc import Callable

from reference.market_columns import TapeReader

from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.index.config import DetectionConfig


class Reader:
    """A day's seconds as a trader would look at them, over the span that is asked about."""

    def __init__(
        self, reader: TapeReader, chances: list[list[float]], first: int, last: int
    ) -> None:
        self.tape, self.chances, self.first, self.last = reader, chances, first, last
        self.mids = [second.mid for second in reader.seconds]
        self.halted = [second.halted for second in reader.seconds]

    def spread(self, b: int) -> float:
        """Return the last spread of a sound book in dollars."""
        while not (self.tape.seconds[b].book and self.tape.seconds[b].book.sound):
            b -= 1
        book = self.tape.seconds[b].book
        return (book.ask - book.bid) / 10_000

    def window(self, b: int, length: int) -> list[float]:
        """Return the known mids of the last seconds."""
        return [mid for mid in self.mids[max(b - length + 1, 0) : b + 1] if mid is not None]

    def atr(self, b: int) -> float | None:
        """Return the ATR of closed minutes."""
        minutes = (b + 1) // 60
        return self.tape.minute_atrs[minutes - 1] if minutes else None

    def surge(self, b: int) -> float:
        """Return the shares of 60 s over the mean of the 20 minutes closed before them."""
        closed = (b - 60 + 1) // 60
        if closed < 20:
            return 0.0
        usual = self.tape.volume_of_minutes(closed - 20, closed) / 20
        return self.tape.sum("volume", b, 60) / usual if usual else 0.0

    def velocity(self, b: int) -> float:
        """Return the change of the mid over a minute."""
        before = self.mids[b - 60]
        return self.mids[b] / before - 1 if before else 0.0

    def expansion(self, b: int) -> float:
        """Return the range of a minute over the ATR before it, less 1."""
        atr = self.atr(b - 60)
        inside = self.window(b, 60)
        return (max(inside) - min(inside)) / atr - 1 if atr else -1.0

    def pressure(self, b: int, seconds: int) -> float:
        """Return the share of buyers."""
        return self.tape._buy_pressure(b, seconds, 60 if seconds <= 10 else 10 * seconds)

    def bursts(self, b: int, config: DetectionConfig) -> bool:
        """Return whether volume surges, the price moves and its range expands."""
        return (
            self.surge(b) >= config.volume_surge
            and abs(self.velocity(b)) >= config.price_velocity
            and self.expansion(b) >= config.atr_expansion
        )

    def trades(self, b: int, config: DetectionConfig) -> bool:
        """Return whether enough trades for a price to mean something."""
        value = self.tape.sum("value", b, 60)
        return value >= config.min_minute_value and not self.halted[b]

    def likely(self, b: int, phase: int, chance: float) -> bool:
        """Return whether a phase had a chance by what was told at the decision after ``b``."""
        return self.chances[b + 1][phase] >= chance

    def when(self, holds: Callable[[int], bool], again_after: int) -> list[int]:
        """Return the decision seconds at which something begins to hold."""
        told: list[int] = []
        before = False
        for b in range(self.first, self.last):
            now = holds(b)
            if now and not before and (not told or b + 1 - told[-1] >= again_after):
                told.append(b + 1)
            before = now
        return told


def narrow(r: Reader, b: int, config: DetectionConfig) -> bool:
    """Return whether the price has rested."""
    terms, length = config.breakout, config.breakout.min_consolidation
    if b < length - 1 or r.mids[b - length + 1] is None or r.halted[b]:
        return False
    inside = r.window(b, length)
    widest = max(terms.max_width * r.mids[b], r.spread(b), terms.max_width_atr * (r.atr(b) or 0.0))
    return max(inside) - min(inside) <= widest


def breakouts(r: Reader, config: DetectionConfig) -> list[tuple[int, float]]:
    """Return the seconds and the levels of breakouts."""
    terms = config.breakout
    rests = {b: narrow(r, b, config) for b in range(r.first - terms.fresh - 1, r.last)}

    def level(b: int) -> float | None:
        rest = next((a for a in range(b, b - terms.fresh - 1, -1) if rests.get(a)), None)
        return None if rest in (None, b) else max(r.window(rest, terms.min_consolidation))

    def holds(b: int) -> bool:
        top = level(b)
        return (
            top is not None
            and r.mids[b] > top + terms.margin_spreads * r.spread(b)
            and r.velocity(b) > 0
            and r.bursts(b, config)
            and r.trades(b, config)
            and r.likely(b, Phase.BREAKOUT, terms.min_chance)
        )

    return [(second, level(second - 1)) for second in r.when(holds, config.again_after)]


def failed_breakouts(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds at which the mid is back below a level that it broke."""
    found = []
    for second, level in breakouts(r, config):
        for b in range(second, second + config.breakout.fails_within):
            if r.mids[b] < level:
                found.append(b + 1)
                break
    return found


def flushes(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds of sharp declines from near a recent high."""
    terms = config.flush

    def holds(b: int) -> bool:
        top, mid = max(r.window(b, terms.within)), r.mids[b]
        noise = max(terms.decline_atr * (r.atr(b) or 0.0), terms.decline_spreads * r.spread(b))
        return (
            top >= (1 - terms.near_high) * max(r.window(b, terms.recent))
            and 1 - mid / top >= max(terms.decline, noise / top)
            and mid < min(r.window(b - 1, terms.below)) + 1e-9
            and r.surge(b) >= config.volume_surge
            and r.pressure(b, 60) <= terms.max_buy_pressure
            and r.trades(b, config)
            and r.likely(b, Phase.FLUSH, terms.min_chance)
        )

    return r.when(holds, config.again_after)


def bounces(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds of recoveries from a decline."""
    terms = config.bounce
    lows: dict[int, tuple[float, float]] = {}
    at, low, top = -1, 0.0, 0.0
    for b in range(r.last):
        if r.mids[b] is None:
            continue
        if at < 0 or r.mids[b] <= low or b - at > terms.low_within:
            at, low, top = b, r.mids[b], max(r.window(b, terms.within))
        lows[b] = (low, top)

    def holds(b: int) -> bool:
        low, top = lows[b]
        if top <= low:
            return False
        noise = max(terms.decline_atr * (r.atr(b) or 0.0), terms.decline_spreads * r.spread(b))
        back = (r.mids[b] - low) / (top - low)
        return (
            (top - low) / top >= max(terms.decline, noise / top)
            and terms.recovery <= back <= terms.max_recovery
            and r.pressure(b, 10) >= terms.min_buy_pressure
            and r.trades(b, config)
            and r.likely(b, Phase.BOUNCE, terms.min_chance)
            and any(
                r.surge(a) >= config.volume_surge for a in range(b - terms.low_within + 1, b + 1)
            )
        )  # fmt: skip

    return r.when(holds, config.again_after)


def accumulations(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds of quiet buying near VWAP."""
    terms = config.accumulation

    def holds(b: int) -> bool:
        if b < terms.seconds or r.mids[b - terms.seconds + 1] is None:
            return False
        inside, vwap, atr = r.window(b, terms.seconds), r.tape.seconds[b].vwap, r.atr(b) or 0.0
        widest = max(terms.max_width * r.mids[b], r.spread(b), terms.max_width_atr * atr)
        near = max(terms.near_vwap * (vwap or 0.0), terms.near_vwap_atr * atr)
        return (
            vwap is not None
            and max(inside) - min(inside) <= widest
            and abs(r.mids[b] - vwap) <= near
            and r.pressure(b, 60) >= terms.min_buy_pressure
            and r.tape.sum("prints", b, terms.seconds) >= terms.min_prints
            and r.trades(b, config)
            and r.likely(b, Phase.ACCUMULATION, terms.min_chance)
        )

    return r.when(holds, config.again_after)


def distributions(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds at which sellers take over near a recent high."""
    terms = config.distribution

    def below(b: int) -> bool:
        return r.mids[b] is not None and r.mids[b] < max(r.window(b, terms.recent))

    def holds(b: int) -> bool:
        return (
            1 - r.mids[b] / max(r.window(b, terms.recent)) <= terms.near_high
            and all(below(a) for a in range(b - terms.since_high + 1, b + 1))
            and r.pressure(b, 60) <= terms.max_buy_pressure
            and r.velocity(b) < 0
            and r.trades(b, config)
            and r.likely(b, Phase.DISTRIBUTION, terms.min_chance)
        )

    return r.when(holds, config.again_after)


def first_pullbacks(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds at which the first quiet pullback of a quick leg is over."""
    terms = config.first_pullback

    def holds(b: int) -> bool:
        leg, closed = r.tape.seconds[b].leg, (b + 1) // 60 - 1
        if leg is None or leg.top <= leg.base or closed <= leg.top_second // 60:
            return False
        rise = r.mids[leg.top_second] / min(r.window(leg.top_second, terms.leg_within)) - 1
        around = range(max(leg.top_second - terms.leg_within + 1, 0), leg.top_second + 1)
        lowest = min(mid for mid in r.mids[leg.top_second : b + 1])
        given_back = (leg.top - lowest) / (leg.top - leg.base)
        quiet = r.tape._pullback(b)
        reds = sum(
            r.mids[60 * minute + 59] < r.mids[60 * minute]
            for minute in range(leg.top_second // 60, closed + 1)
        )
        last_bar = [mid for mid in r.mids[60 * closed : 60 * closed + 60] if mid is not None]
        return (
            rise >= terms.leg
            and leg.top >= (1 - terms.near_high) * r.tape.seconds[b].high
            and terms.min_retrace <= given_back <= terms.max_retrace
            and quiet is not None
            and quiet < terms.max_volume
            and 1 <= reds <= terms.max_bars
            and max(last_bar) < r.mids[b] < leg.top
            and r.trades(b, config)
            and any(r.surge(a) >= config.volume_surge for a in around)
        )

    found, bases = [], set()
    for second in r.when(holds, config.again_after):
        base = r.tape.seconds[second - 1].leg.base_second
        if base not in bases:
            bases.add(base)
            found.append(second)
    return found


def _run(r: Reader, b: int, holds: Callable[[int], bool]) -> int:
    length = 0
    while b - length >= 0 and holds(b - length):
        length += 1
    return length


def _side(r: Reader, b: int) -> float | None:
    vwap = r.tape.seconds[b].vwap
    return None if vwap is None or r.mids[b] is None else r.mids[b] / vwap


def vwap_reclaims(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds at which the mid has held above VWAP, come from below on volume."""
    terms = config.vwap

    def above(b: int) -> bool:
        return (_side(r, b) or 0.0) > 1

    def below(b: int) -> bool:
        return (_side(r, b) or 2.0) < 1

    def holds(b: int) -> bool:
        loud = [r.tape.seconds[a].scores["volume"] for a in range(b - 2 * terms.hold + 1, b + 1)]
        return (
            _run(r, b, above) == terms.hold
            and _run(r, b - terms.hold, below) >= terms.below_for
            and max(z for z in loud if z is not None) > terms.min_volume_z
            and r.trades(b, config)
        )

    return r.when(holds, config.again_after)


def vwap_rejects(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds at which the mid was turned away from VWAP."""
    terms = config.vwap

    def below(b: int) -> bool:
        return (_side(r, b) or 2.0) < 1

    def holds(b: int) -> bool:
        places = [_side(r, a) for a in range(b - terms.within + 1, b + 1)]
        return (
            _side(r, b) is not None
            and _side(r, b) <= 1 - terms.away
            and max(place for place in places if place) >= 1 - terms.near
            and _run(r, b, below) >= terms.below_for
            and r.trades(b, config)
        )

    return r.when(holds, config.again_after)


def halt_continuations(r: Reader, config: DetectionConfig) -> list[int]:
    """Return the seconds at which trading has gone on after a halt, not below and with buyers."""
    terms = config.halt
    found = []
    for b in range(r.first, r.last):
        if r.halted[b - 1] and not r.halted[b]:
            begun = b - 1
            while r.halted[begun - 1]:
                begun -= 1
            later = b + terms.after - 1
            if (
                not any(r.halted[b : later + 1])
                and r.mids[later] >= r.mids[begun - 1]
                and r.pressure(later, 10) >= terms.min_buy_pressure
            ):
                found.append(later + 1)
    return found
