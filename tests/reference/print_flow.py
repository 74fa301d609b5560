"""What follows from one print of the tape to the next: signs, orders that sweep, excitement."""

from math import exp

SWEEP_NS = 1_000_000


class Signs:
    """Who pressed last, and how much a print tells of the sign of the next."""

    def __init__(self) -> None:
        self.last = 0
        self.run = 0
        self.mean = self.product = 0.0

    def add(self, side: int) -> None:
        if side == 0:
            return
        self.product += (side * self.last - self.product) / 100
        self.mean += (side - self.mean) / 100
        self.run = self.run + side if side == self.last else side
        self.last = side

    @property
    def memory(self) -> float:
        return self.product - self.mean**2


class Sweeps:
    """Prints of one aggressor, each within 1 ms of the one before, are one order."""

    def __init__(self) -> None:
        self.side, self.last_ns = 0, 0
        self.prices: set[int] = set()
        self.waiting = 0  # shares that have yet to turn out to be of a sweep

    def add(self, ns: int, price: int, shares: int, side: int) -> int:
        """Return the shares that this print shows to be of a sweep."""
        if side == 0:
            return 0
        if side != self.side or abs(ns - self.last_ns) > SWEEP_NS:
            self.prices, self.waiting = set(), 0
        self.side, self.last_ns = side, ns
        self.prices.add(price)
        self.waiting += shares
        if len(self.prices) < 2:
            return 0
        shown, self.waiting = self.waiting, 0
        return shown


class Excitement:
    """The prints a second that earlier prints bring about (Hawkes 1971)."""

    KERNELS = ((30.0, 0.45), (3.0, 0.35), (0.3, 0.20))  # decay per second, weight
    BRANCHING = 0.8

    def __init__(self) -> None:
        self.parts = [0.0, 0.0, 0.0]
        self.ns = 0

    def at(self, ns: int) -> float:
        """Return the rate at a time, and let it fade until then."""
        age = (ns - self.ns) / 1e9 if self.ns else 0.0
        self.ns = ns
        for i, (decay, _) in enumerate(self.KERNELS):
            self.parts[i] *= exp(-decay * age)
        return sum(self.parts)

    def add(self, ns: int) -> None:
        self.at(ns)
        for i, (decay, weight) in enumerate(self.KERNELS):
            self.parts[i] += self.BRANCHING * weight * decay
