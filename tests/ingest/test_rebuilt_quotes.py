"""A book told from prints alone: what it shows, what it never shows, and when it is empty."""

import datetime as dt
import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.signing import Print, prints, tapes

from lowfloat.base.clock import NS, session_of
from lowfloat.base.codes import Mark
from lowfloat.base.records import Quotes, Status, Trades, empty
from lowfloat.days import Day
from lowfloat.ingest.rebuild import EMPTY_AFTER, MARGIN, rebuild_quotes
from lowfloat.synth import synth_days

DATE = dt.date(2025, 3, 4)
SESSION = session_of(DATE)
START = SESSION.start_ns
CENT = 10_000_000
TEN = 10 * NS
DOLLARS = st.sampled_from([
    990_000_000, 999_900_000, NS, NS + CENT, 5 * NS, 5 * NS + CENT // 2, 5 * NS + CENT,
    5 * NS + 20 * CENT, 6 * NS, 12 * NS,
])  # fmt: skip
MARKS = [
    *[Mark.ORDINARY] * 6, Mark.VOLUME, Mark.ORDINARY | Mark.LATE, Mark.ORDINARY | Mark.AUCTION,
]  # fmt: skip


def bought(second: float, price: int = TEN, size: int = 100, **fields) -> Print:
    return Print(round(second * NS), price, size, 1, 100, **fields)


def sold(second: float, price: int = TEN, size: int = 100, **fields) -> Print:
    return Print(round(second * NS), price, size, -1, 100, **fields)


def rebuilt(*rows: Print, **options) -> Quotes:
    return rebuild_quotes(prints(rows, START), SESSION, **options)


def at(quotes: Quotes, second: float) -> tuple[int, int]:
    """Return bid and ask as last received by a second of the session."""
    row = int(np.searchsorted(quotes.ts_recv, START + round(second * NS), "right")) - 1
    return (int(quotes.bid_price[row]), int(quotes.ask_price[row])) if row >= 0 else (0, 0)


@dataclass
class PlainBook:
    """The rules as plain Python, one print at a time, with the sizes kept in a list."""

    bid: tuple[int, int] | None = None  # price and time of the last sight
    ask: tuple[int, int] | None = None
    bought: tuple[int, int] | None = None
    sold: tuple[int, int] | None = None
    anchor: tuple[int, int] | None = None
    prices: list[int] = field(default_factory=lambda: [0])
    spread: float = 0.01
    drift: float = 0.001
    native: bool = False
    sizes: list[int] = field(default_factory=list)

    def see(self, price: int, now: int, side: int, size: int) -> None:
        self.sizes.append(size)
        if price != self.prices[-1]:
            self.prices.append(price)
        self.native = self.native or side != 0
        if not self.native and len(self.prices) > 2:
            side = 1 if self.prices[-1] > self.prices[-2] else -1
        if self.anchor is None:
            self.anchor = price, now
        elif now - self.anchor[1] >= 10 * NS:
            change = (price - self.anchor[0]) / self.anchor[0]
            variance = self.drift * self.drift
            newest = min(change * change / ((now - self.anchor[1]) / NS), 25.0 * variance)
            self.drift = math.sqrt(variance + 0.1 * (newest - variance))
            self.anchor = price, now
        opposite = {1: self.sold, -1: self.bought, 0: None}[side]
        if opposite is not None and now - opposite[1] < 60 * NS:
            newest = min(abs(price - opposite[0]) / opposite[0], 0.05)
            self.spread += 0.1 * (newest - self.spread)
        near = max(int(1.0 * (self.spread * price)), 1)
        far = max(int(2.0 * (self.spread * price)), near)
        if side > 0:
            self.ask = self.bought = (price, now)
            if self.bid is not None:
                self.bid = max(min(self.bid[0], price - near), price - far), self.bid[1]
        elif side < 0:
            self.bid = self.sold = (price, now)
            if self.ask is not None:
                self.ask = min(max(self.ask[0], price + near), price + far), self.ask[1]
        else:
            if self.ask is not None:
                self.ask = max(self.ask[0], price), self.ask[1]
            if self.bid is not None:
                self.bid = min(self.bid[0], price), self.bid[1]

    def shown(self, now: int, halts: list[tuple[int, int]]) -> tuple[int, int, int]:
        forgotten = max([end for begin, end in halts if begin <= now], default=0)

        def stands(side: tuple[int, int] | None) -> bool:
            return side is not None and side[1] >= forgotten and now - side[1] < 600 * NS

        def away(seen: int) -> float:
            margin = (0.5 if self.native else 1.0) * self.spread
            root = math.sqrt(min((now - seen) / NS, 60.0))
            return min(margin + 0.25 * self.drift * root, 0.5)

        bid = ask = 0
        if stands(self.bid):
            bid = int(self.bid[0] * (1.0 - away(self.bid[1])))
            tick = CENT if bid >= NS else 100_000
            bid = bid // tick * tick
        if stands(self.ask):
            ask = int(self.ask[0] * (1.0 + away(self.ask[1]))) + 1
            tick = CENT if ask >= NS else 100_000
            ask = math.ceil(ask / tick) * tick
            ask = 0 if ask > 100_000 * NS else ask
        window = sorted(self.sizes[-51:])
        return bid, ask, window[(len(window) - 1) // 2] if bid or ask else 0


def plain(trades: Trades, halts: list[tuple[int, int]], until: int) -> list[tuple[int, ...]]:
    """Return ``(ts_recv, bid, ask, bid_size, ask_size)`` of each row."""
    book, rows, last = PlainBook(), [], (0, 0, 0)

    def show(now: int) -> None:
        nonlocal last
        bid, ask, size = shown = book.shown(now, halts)
        if shown != last:
            rows.append((now, bid, ask, size if bid else 0, size if ask else 0))
            last = shown

    usable = [
        (received, price, size, side if confidence >= 100 else 0)
        for _, received, price, size, side, confidence, marks, _, _ in zip(
            *(column.tolist() for column in trades), strict=True
        )
        if Mark.TAPE in Mark(marks)
        and not Mark(marks) & (Mark.AUCTION | Mark.LATE)
        and received < until
    ]
    following = [row[0] for row in usable[1:]] + [until]
    for (received, price, size, side), next_one in zip(usable, following, strict=False):
        book.see(price, received, side, size)
        show(received)
        for wait in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600):
            if received + wait * NS < next_one:
                show(received + wait * NS)
    return rows


def told(quotes: Quotes) -> list[tuple[int, ...]]:
    columns = (quotes.ts_recv, quotes.bid_price, quotes.ask_price, quotes.bid_size, quotes.ask_size)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@st.composite
def nasty_tapes(draw: st.DrawFn) -> tuple[Trades, list[tuple[int, int]], int]:
    """Draw prints at equal times and far apart, up and down by half, with halts between."""
    gap = st.sampled_from([0, 1, NS, 3 * NS, 11 * NS, 59 * NS, 61 * NS, 599 * NS, 700 * NS])
    rows, when = [], 0
    for _ in range(draw(st.integers(0, 70))):
        when += draw(gap)
        side, confidence = draw(st.sampled_from([(0, 0), (1, 100), (-1, 100), (1, 60)]))
        marks = draw(st.sampled_from(MARKS))
        size = draw(st.sampled_from([1, 50, 100, 2**31 - 1]))
        rows.append(Print(when, draw(DOLLARS), size, side, confidence, int(marks)))
    edges = sorted(draw(st.lists(st.integers(0, 3_000), max_size=6, unique=True)))
    halts = [
        (START + a * NS, START + b * NS) for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]
    return prints(rows, START), halts, START + draw(st.sampled_from([500, 5_000, 57_600])) * NS


@given(tape=nasty_tapes())
def test_any_tape_gives_the_book_of_the_plain_rules(tape) -> None:
    trades, halts, until = tape
    quotes = rebuild_quotes(trades, SESSION, halts=halts, end_ns=until)
    assert told(quotes) == plain(trades, halts, until)


def test_a_synthetic_day_gives_the_book_of_the_plain_rules() -> None:
    day, _ = next(synth_days(1, 7))
    quotes = rebuild_quotes(day.trades, day.session, halts=day.halts)
    assert told(quotes) == plain(day.trades, day.halts, day.session.end_ns)
    assert len(quotes.ts_recv) > 1_000


@given(tape=nasty_tapes())
def test_a_rebuilt_day_keeps_the_rules_of_a_day(tape) -> None:
    trades, halts, until = tape
    quotes = rebuild_quotes(trades, SESSION, halts=halts, end_ns=until)
    kept = Trades(*(column[trades.ts_recv < until] for column in trades))
    Day("ABCD", DATE, SESSION, until, kept, quotes, empty(Status), "test").check()


@given(tape=nasty_tapes())
def test_no_row_is_crossed_locked_or_off_the_grid_and_each_differs_from_the_last(tape) -> None:
    quotes = rebuild_quotes(tape[0], SESSION, halts=tape[1], end_ns=tape[2])
    both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
    assert (quotes.bid_price < quotes.ask_price)[both].all()
    for price in (quotes.bid_price, quotes.ask_price):
        assert (price % np.where(price >= NS, CENT, 100_000) == 0).all()
    rows = [row[1:] for row in told(quotes)]
    assert all(one != other for one, other in pairwise(rows))
    assert set(quotes.action.tolist()) <= {ord("N")}
    assert not quotes.flags.any()
    assert not quotes.publisher.any()


@given(tape=nasty_tapes(), cut=st.integers(0, 70))
def test_a_row_does_not_depend_on_later_prints(tape, cut: int) -> None:
    trades, halts, until = tape
    whole = rebuild_quotes(trades, SESSION, halts=halts, end_ns=until)
    past = Trades(*(column[:cut] for column in trades))
    part = rebuild_quotes(past, SESSION, halts=halts, end_ns=until)
    if cut < len(trades.ts_recv):
        until = int(trades.ts_recv[cut])
    known = [row for row in told(whole) if row[0] < until]
    assert [row for row in told(part) if row[0] < until] == known


@given(tape=tapes())
def test_a_buyer_never_pays_less_than_the_last_one_and_a_seller_never_gets_more(tape) -> None:
    trades = tape[0]._replace(ts_recv=tape[0].ts_recv + START)
    quotes = rebuild_quotes(trades, SESSION)
    for row in range(len(trades.price)):
        usable = Mark(int(trades.marks[row]))
        ordinary = Mark.TAPE in usable and not usable & (Mark.AUCTION | Mark.LATE)
        last = row + 1 == len(trades.price) or trades.ts_recv[row + 1] > trades.ts_recv[row]
        if ordinary and last and trades.confidence[row] == 100 and trades.side[row]:
            bid, ask = at(quotes, (trades.ts_recv[row] - START) / NS)
            price = int(trades.price[row])
            assert ask > price if trades.side[row] > 0 else 0 < bid < price


def test_the_sides_are_known_once_each_was_traded_at() -> None:
    quotes = rebuilt(bought(0, TEN), sold(5, TEN - 10 * CENT))
    assert at(quotes, 0)[0] == 0
    assert at(quotes, 0)[1] > TEN
    bid, ask = at(quotes, 5)
    assert 0 < bid < TEN - 10 * CENT
    assert ask > TEN


def test_a_side_stands_half_a_usual_spread_behind_its_print() -> None:
    ask = at(rebuilt(bought(0)), 0)[1]
    assert MARGIN == 0.5
    assert TEN + 5 * CENT <= ask <= TEN + 6 * CENT  # half of the first guess, which is 1 %


def test_on_a_tape_without_native_sides_it_stands_a_whole_one_behind() -> None:
    rows = Print(0, TEN - CENT), Print(0, TEN)
    bid, ask = at(rebuilt(*rows), 0)
    assert bid == 0
    assert TEN + 10 * CENT <= ask <= TEN + 11 * CENT


def test_once_a_native_side_was_seen_the_tick_rule_is_dropped() -> None:
    rows = [Print(0, TEN - CENT), bought(1), Print(2, TEN + CENT), Print(3, TEN)]
    bid, _ = at(rebuilt(*rows), 3)
    assert bid == 0


def test_a_print_of_unknown_side_pushes_a_side_outward_and_never_inward() -> None:
    both = bought(0, TEN), sold(0, TEN - 20 * CENT)
    known = at(rebuilt(*both), 0)
    assert at(rebuilt(*both, Print(0, TEN - 10 * CENT)), 0) == known
    above = at(rebuilt(*both, Print(0, TEN + 30 * CENT)), 0)
    assert above[0] == known[0]
    assert above[1] > known[1] + 29 * CENT
    below = at(rebuilt(*both, Print(0, TEN - 50 * CENT)), 0)
    assert below[0] < known[0] - 29 * CENT
    assert below[1] == known[1]


def test_a_buy_far_above_the_ask_moves_the_bid_too() -> None:
    quotes = rebuilt(sold(0, TEN - CENT), bought(0, TEN), bought(1, 12 * NS))
    bid, ask = at(quotes, 1)
    assert ask > 12 * NS
    assert 11 * NS < bid < 12 * NS


def test_a_sale_above_the_ask_lifts_the_ask_over_it() -> None:
    bid, ask = at(rebuilt(bought(0, TEN), sold(1, 12 * NS)), 1)
    assert bid < 12 * NS < ask


def test_a_side_that_is_not_seen_moves_away_and_is_empty_in_the_end() -> None:
    quotes = rebuilt(bought(0), sold(0, TEN - CENT))
    spreads = [at(quotes, second)[1] - at(quotes, second)[0] for second in (0, 1, 4, 16, 64)]
    assert spreads == sorted(spreads)
    assert spreads[-1] > spreads[0] + CENT
    assert at(quotes, EMPTY_AFTER - 1) != (0, 0)
    assert at(quotes, EMPTY_AFTER) == (0, 0)
    assert quotes.bid_size[-1] == quotes.ask_size[-1] == 0


def test_what_was_seen_before_a_halt_does_not_stand_after_it() -> None:
    halt = (START + 10 * NS, START + 100 * NS)
    rows = bought(0), sold(0, TEN - CENT)
    quotes = rebuilt(*rows, halts=[halt])
    assert at(quotes, 8) != (0, 0)
    assert all(at(quotes, second) == (0, 0) for second in (16, 100, 101, 300))
    again = rebuilt(*rows, bought(101), halts=[halt])
    assert at(again, 101)[0] == 0
    assert at(again, 101)[1] > TEN


def test_an_auction_and_a_late_print_say_nothing_of_the_book() -> None:
    known = at(rebuilt(bought(0)), 0)
    for marks in (Mark.ORDINARY | Mark.LATE, Mark.VOLUME | Mark.AUCTION, Mark.VOLUME):
        assert at(rebuilt(bought(0), bought(0, 12 * NS, marks=int(marks))), 0) == known


def test_the_size_is_the_median_of_the_last_prints() -> None:
    rows = [bought(n, size=10) for n in range(60)] + [bought(60 + n, size=500) for n in range(30)]
    quotes = rebuilt(*rows)
    sizes = {(int(ts) - START) // NS: int(n)
             for ts, n in zip(quotes.ts_recv, quotes.ask_size, strict=True)}  # fmt: skip
    assert sizes[0] == 10
    assert sizes[60 + 25] == 500
    assert set(sizes.values()) == {0, 10, 500}


def test_no_row_lies_at_or_after_the_end_of_coverage() -> None:
    quotes = rebuilt(bought(0), sold(7), bought(8, 12 * NS), end_ns=START + 8 * NS)
    assert quotes.ts_recv.max() == START + 7 * NS


def test_a_price_above_the_highest_allowed_leaves_the_side_empty() -> None:
    assert at(rebuilt(bought(0, 100_000 * NS)), 0) == (0, 0)


@pytest.mark.parametrize("trades", [empty(Trades), prints([Print(0, TEN)], START)])
def test_without_a_side_there_is_no_row(trades: Trades) -> None:
    assert len(rebuild_quotes(trades, SESSION).ts_recv) == 0
