"""The price bands of one stock, a plain reading of the rules: prices in $0.0001, nanoseconds."""

import math
from collections import deque

SECOND = 1_000_000_000
TRADING, LIMIT, PAUSED = "trading", "limit", "paused"


def cents(price: float) -> int:
    return 100 * math.floor(price / 100 + 0.5)


class Bands:
    """A stock from its opening on, told of every print and quote in order of time."""

    def __init__(self, previous_close: int, opens: int, closes: int, tier: int = 2) -> None:
        self.previous_close, self.tier = previous_close, tier
        self.opens, self.closes = opens, closes
        self.prints: deque[tuple[int, int]] = deque()
        self.reference: float | None = None
        self.reference_time = 0
        self.lower = self.upper = 0
        self.state = TRADING
        self.side = ""
        self.since = self.until = 0
        self.pauses = 0

    def width(self, ns: int) -> float:
        if self.previous_close < 7_500:
            width = min(0.75 * self.reference, 1_500.0)
        elif self.previous_close <= 30_000:
            width = 0.2 * self.reference
        else:
            width = (0.05 if self.tier == 1 else 0.1) * self.reference
        doubled = self.tier == 1 or self.previous_close <= 30_000
        return 2 * width if doubled and ns >= self.closes - 1500 * SECOND else width

    def draw(self, ns: int) -> None:
        self.lower = max(cents(self.reference - self.width(ns)), 1)
        self.upper = cents(self.reference + self.width(ns))

    def time_passes(self, ns: int) -> None:
        if self.reference is None:
            return
        if ns >= self.closes:
            self.reference, self.state = None, TRADING
            return
        if self.state == LIMIT and ns >= self.since + 15 * SECOND:
            began = self.since + 15 * SECOND
            self.state = PAUSED
            self.pauses += 1
            is_late = began + 300 * SECOND >= self.closes - 600 * SECOND
            self.until = self.closes if is_late else began + 300 * SECOND
        if self.state == TRADING:
            self.move(ns)

    def move(self, ns: int) -> None:
        while self.prints and self.prints[0][0] <= ns - 300 * SECOND:
            self.prints.popleft()
        if self.prints and ns - self.reference_time >= 30 * SECOND:
            mean = sum(price for _, price in self.prints) / len(self.prints)
            if abs(mean / self.reference - 1) >= 0.01:
                self.reference, self.reference_time = mean, ns
        self.draw(ns)

    def trade(self, ns: int, price: int, eligible: bool) -> None:
        self.time_passes(ns)
        if not eligible or not self.opens <= ns < self.closes:
            return
        if self.state == PAUSED and ns < self.until:
            return
        if self.reference is None or self.state == PAUSED:
            self.prints.clear()
            self.reference, self.reference_time = float(price), ns
            self.state = TRADING
            self.draw(ns)
        self.prints.append((ns, price))
        if self.state == TRADING:
            self.move(ns)

    def quote(self, ns: int, bid: int, ask: int) -> None:
        self.time_passes(ns)
        if self.reference is None or self.state == PAUSED:
            return
        side = "up" if bid >= self.upper else "down" if 0 < ask <= self.lower else ""
        if self.state == LIMIT and side == self.side:
            return
        self.state = TRADING
        if side and (ask == 0 or bid <= ask):
            self.state, self.side, self.since = LIMIT, side, ns
