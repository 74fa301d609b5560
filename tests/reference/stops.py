"""A stop below a position: set, raised, triggered."""

from math import floor

from reference.account import Account
from reference.orders import away
from reference.tape import Print, Tape

from lowfloat.base.codes import Mark
from lowfloat.base.prices import tick_size

UNIT = 100_000  # nanodollars
NEXT_SECOND = 1  # due when the next second has begun and its latency is known


class Stop:
    """The stop of an account; all prices in price units."""

    def __init__(self, price: int, trail: int = 0, high: int = 0) -> None:
        self.price, self.trail, self.high = price, trail, high
        self.due = 0  # when its order reaches the market

    @classmethod
    def fixed(cls, account: Account, distance: float) -> "Stop":
        """Return one below the average entry price."""
        price = floor(account.cost / (100 * account.shares) * (1 - distance))
        return cls(max(1, away(-1, price)))

    @classmethod
    def trailing(cls, mark: int, distance: float) -> "Stop":
        """Return one below the highest price since, which is the mark of the decision at first."""
        trail = max(tick_size(mark), floor(mark * distance))
        return cls(max(1, away(-1, mark - trail)), trail, mark)

    def is_hit_by(self, tape: Tape, second: int, event: Print) -> bool:
        """Return whether a print triggers it; raise it otherwise, if it trails."""
        is_open = tape.opens <= second < tape.closes and not tape.halted_at(event.received)
        if self.due or not is_open or not event.marks & Mark.LAST:
            return False
        if event.price <= self.price * UNIT:
            return True
        if self.trail:
            self.high = max(self.high, event.price // UNIT)
            self.price = max(self.price, max(1, away(-1, self.high - self.trail)))
        return False
