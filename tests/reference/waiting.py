"""An order that waits in the book: its place in the queue, and what reaches it there."""

from math import floor

from reference.fees import Bill
from reference.fills import Broker, Fill, refusal
from reference.tape import Book, Print

UNIT = 100_000  # nanodollars


class WaitingOrder:
    """The working order of an account.

    Args:
        broker: of the account.
        sign: +1 to buy, -1 to sell.
        limit: price units.
        shares: wished for.
    """

    def __init__(self, broker: Broker, sign: int, limit: int, shares: int) -> None:
        self.broker, self.sign, self.limit, self.left = broker, sign, limit, shares
        self.bill = Bill(broker.plan)
        self.placed_at: int | None = None
        self.ahead: float = 0
        self.shown: int | None = None  # at its price in the book state before, if it was best there
        self.passed = 0  # shares of prints at its price since then
        self.told: list[str] = []  # what happened to it, for those who count

    def place(self, second: int, time: int, row: int) -> None:
        """Place it in the book of a row, if no order would be refused there."""
        broker = self.broker
        if refusal(broker.tape, time, row, broker.rules):
            return
        book = broker.tape.books[row]
        self.told.append("placed anew" if self.placed_at is not None else "placed")
        self.placed_at = time
        if self._crossed_by(book):
            self._cut()
            fill = broker.take(self.sign, second, time, row, self.left, self.limit, self.bill)
            self.left -= fill.shares
            self.told.append("marketable when placed")
        best, size = self._own_side(book)
        behind = self.sign * (best - self.limit)
        self.ahead = 0 if behind < 0 else size if behind == 0 else size * 3 // 2
        self.shown, self.passed = size if behind == 0 else None, 0

    def on_print(self, second: int, event: Print) -> None:
        """Follow a print: through its price, or at its price."""
        if not event.lit or self._sleeps(event.received):
            return
        beyond = self.sign * (self.limit * UNIT - event.price)
        if beyond > 0:
            self.ahead = 0
            self._give(second, event.received, event.shares, "print through")
        elif beyond == 0 and event.side == -self.sign:
            rest = max(0, event.shares - self.ahead)
            self.ahead = max(0, self.ahead - event.shares)
            self.passed += event.shares
            reaches = floor(rest) * (100 - self.broker.rules.passive_haircut) // 100
            self._give(second, event.received, reaches, "print at the price")

    def on_book(self, second: int, row: int, book: Book) -> None:
        """Follow a book state: placed on it, met by its other side, or moved on in the queue."""
        if self._sleeps(book.received):
            self.place(second, book.received, row)
            return
        if not book.sound:
            return
        best, size = self._own_side(book)
        if self._crossed_by(book):
            self.ahead = 0
            side, taken = self.broker.side(self.sign), self.broker.taken[self.sign]
            taken.move_to(side, row)
            got = self._give(second, book.received, side.sizes[row] - taken.displayed, "book")
            taken.displayed += got
        elif self.sign * (best - self.limit) < 0:
            self.ahead = 0
        elif best == self.limit:
            if self.broker.rules.queue_model and self.shown is not None:
                cancelled = self.shown - size - self.passed
                if cancelled > 0:
                    back = max(0, self.shown - self.ahead)
                    q = back / (back + self.ahead) if back + self.ahead else 1.0
                    self.ahead = max(0, self.ahead - (1 - q) * cancelled)
            self.ahead = min(self.ahead, size)
        self.shown, self.passed = size if best == self.limit else None, 0

    def _sleeps(self, time: int) -> bool:
        """Return whether it is to be placed: it never was, or trading stopped since."""
        tape = self.broker.tape
        if self.placed_at is None:
            return True
        return tape.halted_at(time) or tape.last_halt_end(time) > self.placed_at

    def _crossed_by(self, book: Book) -> bool:
        return book.ask <= self.limit if self.sign > 0 else book.bid >= self.limit

    def _own_side(self, book: Book) -> tuple[int, int]:
        return (book.bid, book.bid_size) if self.sign > 0 else (book.ask, book.ask_size)

    def _give(self, second: int, time: int, reached: int, how: str) -> int:
        """Fill what reached it at its price, as far as money, shares and bands allow."""
        broker, account = self.broker, self.broker.account
        self._cut()
        got = min(self.left, reached)
        if self.sign > 0:
            value = 100 * self.left * self.limit
            whole = self.bill.more(self.left, value, taken=False, rebate=False)
            got = min(got, (account.cash - whole) // (100 * self.limit))
        bands = broker.tape.known_bands(second)
        beyond = bands and (self.limit > bands[1] if self.sign > 0 else self.limit < bands[0])
        if got <= 0 or beyond:
            self.told += ["kept back by a band"] * (got > 0)
            return 0
        value = 100 * got * self.limit
        fill = Fill(got, value, self.limit, sign=self.sign, time=time, given=got)
        broker.booked(fill, second, self.bill, taken=False)
        self.left -= got
        self.told.append(how)
        self.told += ["filled in part"] * (self.left > 0)
        return got

    def _cut(self) -> None:
        held = self.broker.account.shares
        if self.sign < 0 and self.left > held:
            self.left = held
            self.told.append("cut to the shares held")
