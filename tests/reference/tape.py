"""A day's own records, and what of them could be known when."""

import math
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from lowfloat.base.codes import Mark
from lowfloat.days import Day
from lowfloat.days.baseline import Baseline
from lowfloat.tape.bands import bands
from lowfloat.tape.column import Tape as MarketTape

SECOND = 10**9
SECONDS = 57_600
_TRADING, _SHORT_SALE_RESTRICTION = 7, 14
_SNAPSHOT = 32


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


class Reveal(NamedTuple):
    """A level that showed when the one before it went away."""

    row: int  # of the book state that shows it
    distance: int  # price units from the one before
    size: int


class Print(NamedTuple):
    """A print: price in nanodollars, and the aggressor's side (1 bought, -1 sold, 0 unknown)."""

    received: int
    price: int
    shares: int
    side: int
    marks: int

    @property
    def lit(self) -> bool:
        """Whether it was made in the book of an exchange."""
        hidden = self.marks & (Mark.OFF_EXCHANGE | Mark.AUCTION)
        return self.shares >= 1 and bool(self.marks & Mark.TAPE) and not hidden


class BookSide:
    """One side of all book states of a day, by row.

    Args:
        sign: +1 for the ask, -1 for the bid; the direction in which prices get worse.
        books: the book states.
        whole: per book state, whether it is sound and not part of a snapshot.
    """

    def __init__(self, sign: int, books: list[Book], whole: list[bool]) -> None:
        self.sign = sign
        self.prices = [book.ask if sign > 0 else book.bid for book in books]
        self.sizes = [book.ask_size if sign > 0 else book.bid_size for book in books]
        self.run_of: list[int] = []  # per row, the first row of its run
        self.reveals: list[Reveal] = []
        for row, price in enumerate(self.prices):
            changed = row == 0 or price != self.prices[row - 1]
            self.run_of.append(row if changed else self.run_of[row - 1])
            if row and whole[row - 1] and whole[row]:
                distance = sign * (price - self.prices[row - 1])
                if distance > 0:
                    self.reveals.append(Reveal(row, distance, self.sizes[row]))
        self._reveal_rows = [reveal.row for reveal in self.reveals]

    def known_reveals(self, run: int) -> int:
        """Return how many reveals a run knows, by its first row."""
        return bisect_right(self._reveal_rows, run)


class Tape:
    """The book states, halts, halt notices and prints of one day, read from its tables.

    Args:
        day: the day.
        baseline: what was known before it; without a previous close there are no price bands.
    """

    def __init__(self, day: Day, baseline: Baseline | None = None) -> None:
        self._day, self._baseline = day, baseline
        self.name = day.name
        self.date = day.date
        self.start_ns = int(day.session.start_ns)
        self.end_second = (int(day.coverage_end_ns) - self.start_ns) // SECOND
        self.opens, self.closes = (
            (int(ns) - self.start_ns) // SECOND
            for ns in (day.session.regular_open_ns, day.session.regular_close_ns)
        )
        self.ends_early = day.coverage_end_ns < day.session.end_ns
        quotes = day.quotes
        rows = zip(
            quotes.ts_recv.tolist(),
            quotes.bid_price.tolist(),
            quotes.ask_price.tolist(),
            quotes.bid_size.tolist(),
            quotes.ask_size.tolist(),
            quotes.action.tolist(),
            quotes.flags.tolist(),
            strict=True,
        )
        self.books: list[Book] = []
        self._whole: list[bool] = []
        for received, bid, ask, bid_size, ask_size, action, flags in rows:
            if action != ord("T"):
                book = Book(received, bid // 100_000, ask // 100_000, bid_size, ask_size)
                self.books.append(book)
                self._whole.append(book.sound and not flags & _SNAPSHOT)
        self.received = [book.received for book in self.books]
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

    def events(self, second: int) -> list[Print | tuple[int, Book]]:
        """Return the prints and the book states (with their rows) received within a second.

        They are in order of time, prints before book states of the same time.
        """
        begin, end = self.at(second), self.at(second + 1)
        times = self._all_print_times
        prints = self._prints[bisect_left(times, begin) : bisect_left(times, end)]
        rows = range(bisect_left(self.received, begin), bisect_left(self.received, end))
        found: list = [(row.received, 0, row) for row in prints]
        found += [(self.received[row], 1, (row, self.books[row])) for row in rows]
        return [event for _, _, event in sorted(found, key=lambda item: item[:2])]

    def at(self, second: int) -> int:
        """Return the nanosecond at which a session second begins."""
        return self.start_ns + second * SECOND

    # What is known at a decision. All seconds are gone through once, when first asked for.

    def known_book(self, second: int) -> Book | None:
        """Return the last book received strictly before a decision."""
        row = self._known_rows[second]
        return self.books[row] if row >= 0 else None

    def mark(self, second: int) -> int:
        """Return the bid of the last sound book received strictly before a decision, or 0."""
        return self._marks[second]

    def known_to_be_halted(self, second: int) -> bool:
        """Return whether the last notice received strictly before a decision was a stop."""
        return self._known_halted[second]

    def known_bands(self, second: int) -> tuple[int, int] | None:
        """Return the lower and the upper price band in price units, None if there are none."""
        return self._bands[second]

    @cached_property
    def _known_rows(self) -> list[int]:
        rows, row = [], -1
        for second in range(SECONDS + 1):
            now = self.at(second)
            while row + 1 < len(self.received) and self.received[row + 1] < now:
                row += 1
            rows.append(row)
        return rows

    @cached_property
    def _marks(self) -> list[int]:
        mark, after = 0, []
        for book in self.books:
            mark = book.bid if book.sound else mark
            after.append(mark)
        return [after[row] if row >= 0 else 0 for row in self._known_rows]

    @cached_property
    def _known_halted(self) -> list[bool]:
        known, heard, halted = [], 0, False
        for second in range(SECONDS + 1):
            now = self.at(second)
            while heard < len(self.notices) and self.notices[heard][0] < now:
                halted = self.notices[heard][1]
                heard += 1
            known.append(halted)
        return known

    @cached_property
    def _bands(self) -> list[tuple[int, int] | None]:
        # The bands as such have a reference of their own, `reference.luld`, which sums up five
        # minutes of prints at every event and takes too long here.
        told = MarketTape(self._day, self._baseline).of(bands)
        known: list[tuple[int, int] | None] = [None]
        for lower, upper in zip(told.lower.tolist(), told.upper.tolist(), strict=True):
            there = not math.isnan(lower)
            known.append((round(lower * 10_000), round(upper * 10_000)) if there else None)
        return known

    # What the market is like when an order reaches it.

    def book_row_at(self, arrival: int) -> int:
        """Return the row of the last book received up to and including ``arrival``, or -1."""
        return bisect_right(self.received, arrival) - 1

    def halted_at(self, arrival: int) -> bool:
        return any(begin <= arrival < end for begin, end in self.halts)

    def last_halt_end(self, arrival: int) -> int:
        """Return when the last halt that is over by ``arrival`` ended, or 0."""
        return max((end for _, end in self.halts if end <= arrival), default=0)

    @cached_property
    def asks(self) -> BookSide:
        return BookSide(1, self.books, self._whole)

    @cached_property
    def bids(self) -> BookSide:
        return BookSide(-1, self.books, self._whole)

    # What happened in a number of seconds before a decision.

    def prints(self, second: int, seconds: int) -> int:
        """Return how many prints of the tape were received."""
        times = self._print_times
        first, last = self.at(second - seconds), self.at(second)
        return bisect_left(times, last) - bisect_left(times, first)

    def volume(self, second: int, seconds: int) -> int:
        """Return the shares of the prints that add to volume."""
        times, traded = self._volume
        first, last = self.at(second - seconds), self.at(second)
        return traded[bisect_left(times, last)] - traded[bisect_left(times, first)]

    def squared_changes(self, second: int, seconds: int) -> int:
        """Return the sum of the squared ten-second changes of the mid, in millionths.

        A change belongs to the second at whose end it is complete.
        """
        return self._squares[second] - self._squares[max(0, second - seconds)]

    @cached_property
    def _prints(self) -> list[Print]:
        trades = self._day.trades
        columns = (trades.ts_recv, trades.price, trades.size, trades.side, trades.marks)
        return [Print(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]

    @cached_property
    def _all_print_times(self) -> list[int]:
        return [row.received for row in self._prints]

    @cached_property
    def _print_times(self) -> list[int]:
        trades = self._day.trades
        rows = zip(trades.ts_recv.tolist(), trades.marks.tolist(), strict=True)
        return [received for received, marks in rows if marks & Mark.TAPE]

    @cached_property
    def _volume(self) -> tuple[list[int], list[int]]:
        """Return when volume was added, and how many shares in all before each, and at last."""
        trades = self._day.trades
        rows = zip(
            trades.ts_recv.tolist(), trades.size.tolist(), trades.marks.tolist(), strict=True
        )
        counted = [(received, size) for received, size, marks in rows if marks & Mark.VOLUME]
        traded = accumulate((size for _, size in counted), initial=0)
        return [received for received, _ in counted], list(traded)

    @cached_property
    def _squares(self) -> list[int]:
        """Return, per second, the sum of the squared changes of all seconds before it."""
        sums = [0]
        for second in range(SECONDS):
            # The books at the ends of this second and of the tenth before it.
            before = self.known_book(second - 9) if second >= 9 else None
            after = self.known_book(second + 1)
            change = 0
            if before is not None and after is not None and before.sound and after.sound:
                twice, twice_now = before.bid + before.ask, after.bid + after.ask
                change = (twice_now - twice) * 10**6 // twice
                change = min(max(change, -(10**6)), 10**6)
            sums.append(sums[-1] + change * change)
        return sums


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
