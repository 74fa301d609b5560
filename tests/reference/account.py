"""The ledger in unbounded integers: microdollars, whole shares, price units of $0.0001."""

from dataclasses import dataclass


@dataclass
class Account:
    """One account, from the start of an episode on."""

    cash: int
    start_equity: int
    mark: int
    shares: int = 0
    cost: int = 0
    fees: int = 0
    realized: int = 0
    peak_mark: int = 0
    fills: int = 0
    trades: int = 0
    wins: int = 0
    cash_when_flat: int = 0
    entry_second: int = 0
    exit_second: int = -1

    @property
    def equity(self) -> int:
        return self.cash + 100 * self.shares * self.mark

    def buy(self, shares: int, value: int, fee: int, second: int) -> None:
        if self.shares == 0:
            self.cash_when_flat = self.cash
            self.entry_second = second
        self.cash -= value + fee
        self.cost += value
        self.fees += fee
        self.shares += shares
        self.fills += 1

    def sell(self, shares: int, value: int, fee: int, second: int) -> None:
        self._part_with(shares, value, fee, second)
        self.fills += 1

    def settle(self, price: int, second: int) -> None:
        """Write down everything held to ``price``: no fee, and no fill."""
        self._part_with(self.shares, 100 * price * self.shares, 0, second)

    def mark_to(self, mark: int) -> None:
        self.mark = mark
        self.peak_mark = max(self.peak_mark, mark) if self.shares else 0

    def _part_with(self, shares: int, value: int, fee: int, second: int) -> None:
        cost = self.cost * shares // self.shares
        self.cash += value - fee
        self.realized += value - cost
        self.cost -= cost
        self.fees += fee
        self.shares -= shares
        if self.shares == 0:
            self.exit_second = second
            self.peak_mark = 0
            self.trades += 1
            self.wins += self.cash > self.cash_when_flat
