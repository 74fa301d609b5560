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
    """What came in one second, and how things stood at its end."""

    def __init__(self) -> None:
        # Sums over what was received within it. Pairs are those of the bid and of the offer.
        self.volume = self.off_exchange = 0
        self.value = self.squared_value = 0.0
        self.prints = self.buys = self.sells = self.odd_lots = 0
        self.tape_shares = self.bought = self.sold = self.unsigned = 0
        self.bought_dollars = self.sold_dollars = 0.0
        self.large_buys = self.large_sells = 0
        self.blocks = {1: 0, -1: 0, 0: 0}
        self.swept = [0, 0]
        self.quotes = self.flow = 0
        self.paid: list[tuple[float, float, int, int]] = []  # price, mid before, shares, sign
        # How things stood.
        self.levels: list[tuple] = []


def walk(day: Day, previous_close: int) -> list[Second]:
    """Walk a day once, and return its seconds.

    Args:
        day: the day.
        previous_close: nanodollars, 0 if not known: then there are no price bands.
    """
    start = day.session.start_ns
    opens, closes = day.session.regular_open_ns, day.session.regular_close_ns
    seconds = [Second() for _ in range(SECONDS)]
    events = list(_events(day))
    sides = (BestLevel(1), BestLevel(-1))
    large, block = Percentile(0.95, 1_000), Percentile(0.99, 10_000)
    signs, sweeps, excitement = Signs(), Sweeps(), Excitement()
    bands = None
    if previous_close:
        bands = FeedBands(previous_close // UNIT, opens, closes)
    book, last, opened = None, None, None
    halted, restricted, halts = False, False, 0
    usual = None
    row = 0
    for number, second in enumerate(seconds):
        end = start + (number + 1) * SECOND
        for side in sides:
            side.begin_second()
        while row < len(events) and events[row].received < end:
            event = events[row]
            row += 1
            if isinstance(event, Notice):
                if event.stops and not halted:
                    halts += event.received >= start
                halted = event.stops or (halted and not event.resumes)
                if event.restricted != -1:
                    restricted = event.restricted == 1
            elif isinstance(event, Book):
                told = not event.flags & (SNAPSHOT | MAYBE_BAD_BOOK)
                told = told and not (book and book.flags & MAYBE_BAD_BOOK)
                second.quotes += 1
                if told and book:
                    second.flow += order_flow(book, event)
                ns = event.received
                sides[BID].on_book(ns, event.bid, event.bid_size, told, usual or 0.0)
                sides[ASK].on_book(ns, event.ask, event.ask_size, told, usual or 0.0)
                if bands:
                    bands.quote(ns, event.bid, event.ask)
                book = event
            else:
                if event.marks & LAST:
                    last = event.dollars
                    regular = opens <= event.received < closes
                    opened = last if opened is None and regular else opened
                if bands:
                    eligible = bool(event.marks & LAST) and not event.marks & ODD_LOT
                    units = (2 * event.price + UNIT) // (2 * UNIT)
                    bands.trade(event.received, max(units, 1), eligible)
                _on_print(second, event, book, sides)
                if event.marks & TAPE:
                    signs.add(event.side)
                    excitement.add(event.received)
                    shares = sweeps.add(event.happened, event.price, event.shares, event.side)
                    second.swept[ASK if event.side > 0 else BID] += shares
                    if large.reached_by(event.shares):
                        second.large_buys += event.side > 0
                        second.large_sells += event.side < 0
                    second.blocks[event.side] += _is_block(event, block)
        second.book, second.last, second.opened = book, last, opened
        second.halted, second.restricted, second.halts = halted, restricted, halts
        if book and book.sound:
            half = (book.bid_size + book.ask_size) / 2
            share = 1 - exp(-1 / 300)
            usual = half if usual is None else usual + share * (half - usual)
        second.usual = usual
        second.run, second.memory = signs.run, signs.memory
        second.excitement = excitement.at(end)
        second.pulled = [side.pulled for side in sides]
        second.stacked = [side.stacked for side in sides]
        second.executed = [side.executed for side in sides]
        second.steps = sides[BID].improved, sides[BID].worsened
        second.flickers = sides[BID].flickers + sides[ASK].flickers
        second.levels = [
            (side.executed_here, side.most, side.refills, (end - side.since) / 1e9)
            if side.price else None
            for side in sides
        ]  # fmt: skip
        second.bands = None
        if bands:
            bands.time_passes(end)
            if halted:
                bands.close_until_a_print()
            if bands.hold:
                limits = [bands.limit_seconds(side, end) for side in ("up", "down")]
                second.bands = bands.upper / 1e4, bands.lower / 1e4, *limits
    return seconds


def _on_print(
    second: Second, event: Print, book: Book | None, sides: tuple[BestLevel, BestLevel]
) -> None:
    shares, side, dollars = event.shares, event.side, event.dollars
    if event.marks & VOLUME:
        second.volume += shares
        second.value += shares * dollars
        second.squared_value += shares * dollars**2
    if not event.marks & TAPE:
        return
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
    if side and book and book.sound:
        second.paid.append((dollars, book.mid, shares, side))
    # What is no execution on the book's venue, now, takes nothing that is displayed there.
    if not event.marks & (OFF_EXCHANGE | AUCTION | LATE):
        for level in sides:
            level.on_print(event.received, event.price // UNIT, shares, side)


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
