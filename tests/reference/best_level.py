"""One side's best price, watched: what was executed there, added and cancelled."""

REFILL_NS = 200_000_000
FLICKER_NS = 500_000_000
COUNTED = ("executed_here", "most", "refills", "hit_at", "hit_size", "hit_shares")


class BestLevel:
    """The best bid (``sign`` 1) or offer (``sign`` -1), and what happened to it this second."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.price = self.size = 0
        self.taken = 0  # since the last change of the book
        self.executed_here = self.most = self.refills = 0
        self.since = 0
        self.before: tuple[int, int, dict[str, int]] | None = None  # price, until when, counts
        self.hit_at, self.hit_size, self.hit_shares = 0, 0, 0
        self.shown_at, self.shown_shares = 0, 0
        self.begin_second()

    def begin_second(self) -> None:
        self.pulled = self.stacked = self.executed = 0
        self.improved = self.worsened = self.flickers = 0

    def on_print(self, ns: int, price: float, shares: int, side: int) -> None:
        """Follow a print of the tape: aggressors who reach this price take displayed shares."""
        if side != -self.sign or not self.price or self.sign * (self.price - price) < 0:
            return
        self.executed += shares
        self.executed_here += shares
        self.taken += shares
        self.shown_shares = 0
        if ns > self.hit_at + REFILL_NS:
            self.hit_size, self.hit_shares = self.size, 0
        self.hit_at = ns
        self.hit_shares += shares

    def on_book(self, ns: int, price: int, size: int, told: bool, usual: float) -> None:
        """Follow a change of the book; ``told`` is False if it is only told again."""
        better = self.sign * (price - self.price) > 0 if price and self.price else price > 0
        if price == self.price:
            change = size - self.size + self.taken
            if told and price:
                self._add(ns, max(change, 0), usual)
                self._cancel(ns, max(-change, 0))
            self._answer(ns, size)
        else:
            self.shown_shares = 0 if better else self.shown_shares
            if told and price and self.price:
                self.improved += better
                self.worsened += not better
            if told and better:
                self._add(ns, size, usual)
            elif told:
                self._cancel(ns, max(self.size - self.taken, 0))
                self.shown_shares = 0
            else:
                self.shown_shares = 0
            counted = {name: getattr(self, name) for name in COUNTED}
            fresh = dict.fromkeys(COUNTED, 0)
            if price and self.before and self.before[0] == price and ns <= self.before[1]:
                fresh = self.before[2]
            self.before = (self.price, ns + REFILL_NS, counted)
            for name, count in fresh.items():
                setattr(self, name, count)
            self.since = ns
            self._answer(ns, size)
        self.price, self.size, self.taken = price, size, 0

    def _answer(self, ns: int, size: int) -> None:
        """Count a refill if most of what was taken within 200 ms is shown again."""
        was_hit = 2 * self.hit_shares > self.hit_size and ns <= self.hit_at + REFILL_NS
        if was_hit and 10 * size >= 8 * self.hit_size:
            self.refills += 1
            self.hit_at = self.hit_size = self.hit_shares = 0
        self.most = max(self.most, size)

    def _add(self, ns: int, shares: int, usual: float) -> None:
        self.stacked += shares
        if usual and shares >= 3 * usual:
            self.shown_at, self.shown_shares = ns, shares

    def _cancel(self, ns: int, shares: int) -> None:
        self.pulled += shares
        is_soon = ns <= self.shown_at + FLICKER_NS
        if self.shown_shares and 10 * shares >= 8 * self.shown_shares and is_soon:
            self.flickers += 1
            self.shown_shares = 0
