"""One walk over a day's prints, book states and notices, and what each second was like."""

import heapq
from collections.abc import Iterator
from math import exp
from typing import NamedTuple

from reference.best_level import BestLevel
from reference.feed_bands import FeedBands
from reference.print_flow import Excitement, Signs, Sweeps
from reference.running import Percentile

from lowfloat.days import Day

SECOND = 10**9
SECONDS = 57_600
UNIT = 100_000  # nanodollars
SNAPSHOT, MAYBE_BAD_BOOK = 32, 4
LAST, VOLUME, TAPE, AUCTION, OFF_EXCHANGE, ODD_LOT, LATE = 1, 4, 8, 16, 32, 64, 128
TRADING, SHORT_SALE_RESTRICTION = 7, 14
BLOCK_FLOORS = ((1.0, 20_000), (3.0, 10_000), (7.0, 5_000))
BID, ASK = 0, 1


class Print(NamedTuple):
    received: int
    happened: int  # by the exchange's clock
    price: int  # nanodollars
    shares: int
    side: int
    marks: int

    @property
    def dollars(self) -> float:
        return self.price / 1e9


class Book(NamedTuple):
    received: int
    bid: int  # units of $0.0001
    ask: int
    bid_size: int
    ask_size: int
    flags: int

    @property
    def sound(self) -> bool:
        return 0 < self.bid < self.ask

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 20_000

    @property
    def spread(self) -> float:
        return (self.ask - self.bid) / 1e4 / self.mid

    @property
    def tilt(self) -> float:
        return (self.bid_size - self.ask_size) / (self.bid_size + self.ask_size)


class Notice(NamedTuple):
    received: int
    stops: bool
    resumes: bool
    restricted: int


class Second:
    """What came in one second, and how things stood at its end.

    What is summed begins at 0; pairs are those of the bid and of the offer. How things stood is
    set by those who walk.
    """

    volume = 0
    value = squared_value = 0.0
    prints = buys = sells = odd_lots = 0
    tape_shares = off_exchange = bought = sold = unsigned = 0
    bought_dollars = sold_dollars = 0.0
    large_buys = large_sells = 0
    quotes = flow = 0

    def __init__(self) -> None:
        self.blocks = {1: 0, -1: 0, 0: 0}
        self.swept = [0, 0]
        self.paid: list[tuple[float, float, int, int]] = []  # price, mid before, shares, sign


def walk(day: Day, previous_close: int, length: int = SECONDS) -> list[Second]:
    """Walk a day once, and return its seconds.

    Args:
        day: the day.
        previous_close: nanodollars, 0 if not known: then there are no price bands.
        length: of the walk, in seconds from 04:00.
    """
    walker = _Walker(day, previous_close)
    events = list(_events(day))
    seconds = []
    row = 0
    for number in range(length):
        second = Second()
        end = day.session.start_ns + (number + 1) * SECOND
        walker.begin_second()
        while row < len(events) and events[row].received < end:
            walker.follow(second, events[row])
            row += 1
        walker.end_second(second, end)
        seconds.append(second)
    return seconds


class _Walker:
    """What is known of a day so far."""

    def __init__(self, day: Day, previous_close: int) -> None:
        self.session = day.session
        self.sides = BestLevel(1), BestLevel(-1)
        self.large, self.block = Percentile(0.95, 1_000), Percentile(0.99, 10_000)
        self.signs, self.sweeps, self.excitement = Signs(), Sweeps(), Excitement()
        self.bands: FeedBands | None = None
        if previous_close:
            opens, closes = day.session.regular_open_ns, day.session.regular_close_ns
            self.bands = FeedBands(previous_close // UNIT, opens, closes)
        self.book: Book | None = None
        self.last: float | None = None  # dollars
        self.opened: float | None = None
        self.halted = self.restricted = False
        self.halts = 0
        self.usual: float | None = None  # shares of a side

    def begin_second(self) -> None:
        for side in self.sides:
            side.begin_second()

    def follow(self, second: Second, event: Print | Book | Notice) -> None:
        if isinstance(event, Print):
            self._on_print(second, event)
        elif isinstance(event, Book):
            self._on_book(second, event)
        else:
            self._on_notice(event)

    def _on_notice(self, event: Notice) -> None:
        if event.stops and not self.halted:
            self.halts += event.received >= self.session.start_ns
        self.halted = event.stops or (self.halted and not event.resumes)
        if event.restricted != -1:
            self.restricted = event.restricted == 1

    def _on_book(self, second: Second, event: Book) -> None:
        doubted = self.book is not None and self.book.flags & MAYBE_BAD_BOOK
        told = not doubted and not event.flags & (SNAPSHOT | MAYBE_BAD_BOOK)
        second.quotes += 1
        if told and self.book:
            second.flow += order_flow(self.book, event)
        bid, ask = self.sides
        usual = self.usual or 0.0
        bid.on_book(event.received, event.bid, event.bid_size, told, usual)
        ask.on_book(event.received, event.ask, event.ask_size, told, usual)
        if self.bands:
            self.bands.quote(event.received, event.bid, event.ask)
        self.book = event

    def _on_print(self, second: Second, event: Print) -> None:
        shares, dollars, marks = event.shares, event.dollars, event.marks
        if marks & LAST:
            self.last = dollars
            opens, closes = self.session.regular_open_ns, self.session.regular_close_ns
            if self.opened is None and opens <= event.received < closes:
                self.opened = dollars
        if self.bands:
            is_eligible = bool(marks & LAST) and not marks & ODD_LOT
            self.bands.trade(event.received, max(_nearest_unit(event.price), 1), is_eligible)
        if marks & VOLUME:
            second.volume += shares
            second.value += shares * dollars
            second.squared_value += shares * dollars**2
        if marks & TAPE:
            self._on_tape(second, event)

    def _on_tape(self, second: Second, event: Print) -> None:
        shares, side, dollars = event.shares, event.side, event.dollars
        second.prints += 1
        second.tape_shares += shares
        second.odd_lots += shares < 100
        second.off_exchange += shares if event.marks & OFF_EXCHANGE else 0
        if side > 0:
            second.buys += 1
            second.bought += shares
            second.bought_dollars += shares * dollars
        elif side < 0:
            second.sells += 1
            second.sold += shares
            second.sold_dollars += shares * dollars
        else:
            second.unsigned += shares
        if side and self.book and self.book.sound:
            second.paid.append((dollars, self.book.mid, shares, side))
        # What is no execution on the book's venue, now, takes nothing that is displayed there.
        if not event.marks & (OFF_EXCHANGE | AUCTION | LATE):
            for level in self.sides:
                level.on_print(event.received, event.price / UNIT, shares, side)
        self.signs.add(side)
        self.excitement.add(event.received)
        swept = self.sweeps.add(event.happened, event.price, shares, side)
        second.swept[ASK if side > 0 else BID] += swept
        if self.large.reached_by(shares):
            second.large_buys += side > 0
            second.large_sells += side < 0
        second.blocks[side] += _is_block(event, self.block)

    def end_second(self, second: Second, end: int) -> None:
        book = self.book
        if book and book.sound:
            half = (book.bid_size + book.ask_size) / 2
            share = 1 - exp(-1 / 300)
            self.usual = half if self.usual is None else self.usual + share * (half - self.usual)
        second.book, second.last, second.opened, second.usual = (
            book, self.last, self.opened, self.usual
        )  # fmt: skip
        second.halted, second.restricted, second.halts = self.halted, self.restricted, self.halts
        second.run, second.memory = self.signs.run, self.signs.memory
        second.excitement = self.excitement.at(end)
        second.pulled = [side.pulled for side in self.sides]
        second.stacked = [side.stacked for side in self.sides]
        second.executed = [side.executed for side in self.sides]
        second.steps = self.sides[BID].improved, self.sides[BID].worsened
        second.flickers = sum(side.flickers for side in self.sides)
        second.levels = [
            (side.executed_here, side.most, side.refills, (end - side.since) / 1e9)
            if side.price else None
            for side in self.sides
        ]  # fmt: skip
        second.bands = self._bands_at(end)

    def _bands_at(self, end: int) -> tuple[float, float, float, float] | None:
        """Return the upper and the lower band, and seconds in a limit state at either."""
        if self.bands is None:
            return None
        self.bands.time_passes(end)
        if self.halted:
            self.bands.close_until_a_print()
        if not self.bands.hold:
            return None
        up, down = (self.bands.limit_seconds(side, end) for side in ("up", "down"))
        return self.bands.upper / 1e4, self.bands.lower / 1e4, up, down


def _nearest_unit(nanodollars: int) -> int:
    return (2 * nanodollars + UNIT) // (2 * UNIT)


def _events(day: Day) -> Iterator[Print | Book | Notice]:
    """Yield notices, prints and book states as received; at one moment in this order."""
    status, trades, quotes = day.status, day.trades, day.quotes
    notices = (
        Notice(
            received,
            stops=trading == 0 and action not in (TRADING, SHORT_SALE_RESTRICTION),
            resumes=trading == 1,
            restricted=restricted,
        )
        for received, action, trading, restricted in zip(
            status.ts_recv.tolist(), status.action.tolist(), status.is_trading.tolist(),
            status.is_short_sell_restricted.tolist(), strict=True,
        )
    )  # fmt: skip
    prints = map(
        Print, trades.ts_recv.tolist(), trades.ts_event.tolist(), trades.price.tolist(),
        trades.size.tolist(), trades.side.tolist(), trades.marks.tolist(),
    )  # fmt: skip
    books = (
        Book(received, bid // UNIT, ask // UNIT, *sizes)
        for received, bid, ask, *sizes in zip(
            quotes.ts_recv.tolist(), quotes.bid_price.tolist(), quotes.ask_price.tolist(),
            quotes.bid_size.tolist(), quotes.ask_size.tolist(), quotes.flags.tolist(), strict=True,
        )
    )  # fmt: skip
    return heapq.merge(notices, prints, books, key=lambda event: event.received)


def order_flow(old: Book, new: Book) -> int:
    """Return the order-flow imbalance of a change, in shares (Cont, Kukanov and Stoikov 2014).

    Size that joins or improves the bid counts up, size that leaves it counts down; for the ask
    it is the other way round. While a side is empty there is none.
    """
    if min(old.bid, old.ask, new.bid, new.ask) <= 0:
        return 0
    bid = (new.bid_size if new.bid >= old.bid else 0) - (old.bid_size if new.bid <= old.bid else 0)
    ask = (new.ask_size if new.ask <= old.ask else 0) - (old.ask_size if new.ask >= old.ask else 0)
    return bid - ask


def _is_block(event: Print, percentile: Percentile) -> bool:
    reached = percentile.reached_by(event.shares)
    floor = next((shares for price, shares in BLOCK_FLOORS if event.dollars < price), 2_500)
    return (reached and event.shares >= floor) or event.shares * event.dollars >= 25_000
