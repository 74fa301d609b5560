"""The zig-zag of a day's mids: swing highs, swing lows, and the leg they leave behind."""

from typing import NamedTuple


class Leg(NamedTuple):
    """What is known of the swings at the end of a second."""

    base: float
    base_second: int
    top: float
    top_second: int
    higher_highs: int
    higher_lows: int
    lower_highs: int


class Extreme(NamedTuple):
    price: float
    second: int


class Swings:
    """Told of every mid, it says what the last leg is.

    Until one of them is confirmed both the highest and the lowest mid of the day are candidates;
    after a swing high it is the lowest mid since, and the other way round.
    """

    def __init__(self) -> None:
        self.high: Extreme | None = None
        self.low: Extreme | None = None
        self.base: Extreme | None = None
        self.top: Extreme | None = None
        self.since_base: list[Extreme] = []
        self.swing_highs: list[float] = []
        self.swing_lows: list[float] = []

    def add(self, second: int, mid: float, atr: float | None) -> Leg:
        now = Extreme(mid, second)
        if self.base is None:
            self.base = self.top = self.high = self.low = now
        self.since_base.append(now)
        if self.high and mid > self.high.price:
            self.high = now
        if self.low and mid < self.low.price:
            self.low = now
        if mid > self.top.price:
            self.top = now
        if self.high and mid <= self.high.price - _threshold(self.high, atr):
            self.swing_highs.append(self.high.price)
            self.high, self.low = None, now
        elif self.low and mid >= self.low.price + _threshold(self.low, atr):
            self.swing_lows.append(self.low.price)
            self.base = self.low
            self.since_base = [e for e in self.since_base if e.second >= self.base.second]
            self.top = max(self.since_base, key=lambda e: (e.price, -e.second))
            self.high, self.low = self.top, None
        return Leg(
            *self.base,
            *self.top,
            higher_highs=_in_a_row(self.swing_highs, lambda old, new: new > old),
            higher_lows=_in_a_row(self.swing_lows, lambda old, new: new > old),
            lower_highs=_in_a_row(self.swing_highs, lambda old, new: new < old),
        )


def _threshold(extreme: Extreme, atr: float | None) -> float:
    return max(0.02 * extreme.price, 1.5 * (atr or 0.0))


def _in_a_row(prices: list[float], holds) -> int:
    """Return how many of the last prices, each against the one before, hold."""
    count = 0
    for i in range(len(prices) - 1, 0, -1):
        if not holds(prices[i - 1], prices[i]):
            break
        count += 1
    return count
