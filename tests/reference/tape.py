"""A day's own records, and what of them could be known when."""

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from lowfloat.days import Day

SECOND = 10**9
_TRADING, _SHORT_SALE_RESTRICTION = 7, 14


class Book(NamedTuple):
    """The top of book after one record: prices in units of $0.0001, sizes in shares."""

    received: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int

    @property
    def has_both_sides(self) -> bool:
        return self.bid > 0 and self.ask > 0

    @property
    def sound(self) -> bool:
        return self.has_both_sides and self.bid < self.ask


class Tape:
    """The book states, halts and halt notices of one day, read from its tables."""

    def __init__(self, day: Day) -> None:
        self.name = day.name
        self.date = day.date
        self.start_ns = int(day.session.start_ns)
        self.end_second = (int(day.coverage_end_ns) - self.start_ns) // SECOND
        self.ends_early = day.coverage_end_ns < day.session.end_ns
        quotes = day.quotes
        rows = zip(
            quotes.ts_recv.tolist(),
            quotes.bid_price.tolist(),
            quotes.ask_price.tolist(),
            quotes.bid_size.tolist(),
            quotes.ask_size.tolist(),
            strict=True,
        )
        self.books = [
            Book(received, bid // 100_000, ask // 100_000, bid_size, ask_size)
            for received, bid, ask, bid_size, ask_size in rows
        ]
        self.received = [book.received for book in self.books]
        self.sound_books = [book for book in self.books if book.sound]
        self.sound_received = [book.received for book in self.sound_books]
        status = day.status
        notices = list(
            zip(
                status.ts_event.tolist(),
                status.ts_recv.tolist(),
                status.action.tolist(),
                status.is_trading.tolist(),
                strict=True,
            )
        )
        self.notices = [
            (received, _stops(action, trading))
            for _, received, action, trading in notices
            if _stops(action, trading) or trading == 1
        ]
        self.halts = _halts(notices, int(day.session.end_ns))

    def at(self, second: int) -> int:
        """Return the nanosecond at which a session second begins."""
        return self.start_ns + second * SECOND

    def known_book(self, second: int) -> Book | None:
        """Return the last book received strictly before a decision."""
        row = bisect_left(self.received, self.at(second)) - 1
        return self.books[row] if row >= 0 else None

    def mark(self, second: int) -> int:
        """Return the bid of the last sound book received strictly before a decision, or 0."""
        row = bisect_left(self.sound_received, self.at(second)) - 1
        return self.sound_books[row].bid if row >= 0 else 0

    def known_to_be_halted(self, second: int) -> bool:
        """Return whether the last notice received strictly before a decision was a stop."""
        now = self.at(second)
        heard = [stopped for received, stopped in self.notices if received < now]
        return bool(heard) and heard[-1]

    def book_row_at(self, arrival: int) -> int:
        """Return the row of the last book received up to and including ``arrival``, or -1."""
        return bisect_right(self.received, arrival) - 1

    def halted_at(self, arrival: int) -> bool:
        return any(begin <= arrival < end for begin, end in self.halts)

    def last_halt_end(self, arrival: int) -> int:
        """Return when the last halt that is over by ``arrival`` ended, or 0."""
        return max((end for _, end in self.halts if end <= arrival), default=0)


def _stops(action: int, trading: int) -> bool:
    return trading == 0 and action not in (_TRADING, _SHORT_SALE_RESTRICTION)


def _halts(notices: list[tuple[int, int, int, int]], session_end: int) -> list[tuple[int, int]]:
    halts = []
    stopped_at = None
    for event, received, action, trading in notices:
        if _stops(action, trading) and stopped_at is None:
            stopped_at = min(event, received)
        elif trading == 1 and stopped_at is not None:
            halts.append((stopped_at, max(event, received)))
            stopped_at = None
    if stopped_at is not None:
        halts.append((stopped_at, session_end))
    return halts
