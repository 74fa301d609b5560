"""Who was the aggressor, decided print by print with exact fractions; and small tapes to ask on."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from lowfloat.base.codes import Mark
from lowfloat.base.records import DTYPES, MAYBE_BAD_BOOK, Quotes, Trades

MILLISECOND = 10**6
DOLLAR = 10**9


class Print(NamedTuple):
    """A print: nanoseconds of receipt, nanodollars; what is left out is ordinary."""

    when: int
    price: int
    size: int = 100
    side: int = 0
    confidence: int = 0
    marks: int = int(Mark.ORDINARY)
    made: int | None = None  # exchange time; None for that of receipt
    publisher: int = 0


class Book(NamedTuple):
    """A top of book: nanoseconds of receipt, nanodollars, shares of both sides, flags."""

    when: int
    bid: int
    ask: int
    flags: int = 0
    size: int = 100


def prints(rows: Sequence[Print], start: int = 0) -> Trades:
    """Return the rows as a table; all times are after ``start``."""
    columns = {
        "ts_event": [start + (row.when if row.made is None else row.made) for row in rows],
        "ts_recv": [start + row.when for row in rows],
        "price": [row.price for row in rows],
        "size": [row.size for row in rows],
        "side": [row.side for row in rows],
        "confidence": [row.confidence for row in rows],
        "marks": [row.marks for row in rows],
        "publisher": [row.publisher for row in rows],
        "sequence": list(range(len(rows))),
    }
    return Trades(**{name: np.array(columns[name], DTYPES[Trades][name]) for name in columns})


def books(rows: Sequence[Book], start: int = 0) -> Quotes:
    """Return the rows as a table; all times are after ``start``."""
    columns = {
        "ts_event": [start + row.when for row in rows],
        "ts_recv": [start + row.when for row in rows],
        "bid_price": [row.bid for row in rows],
        "ask_price": [row.ask for row in rows],
        "bid_size": [row.size if row.bid else 0 for row in rows],
        "ask_size": [row.size if row.ask else 0 for row in rows],
        "action": [ord("A")] * len(rows),
        "flags": [row.flags for row in rows],
        "publisher": [0] * len(rows),
        "sequence": list(range(len(rows))),
    }
    return Quotes(**{name: np.array(columns[name], DTYPES[Quotes][name]) for name in columns})


def signs(trades: Trades, quotes: Quotes) -> list[tuple[int, int]]:
    """Return ``(side, confidence)`` of each print by the rules of the market facts."""
    known = list(
        zip(
            quotes.ts_recv.tolist(),
            quotes.bid_price.tolist(),
            quotes.ask_price.tolist(),
            quotes.flags.tolist(),
            strict=True,
        )
    )
    told: list[tuple[int, int]] = []
    seen: list[int] = []  # prices that move the tick rule's reference
    rows = zip(*(column.tolist() for column in trades), strict=True)
    for made, received, price, _, side, confidence, bits, _, _ in rows:
        marks = Mark(bits)
        of_tape = Mark.TAPE in marks and not marks & (Mark.AUCTION | Mark.LATE)
        earlier = [other for other in seen if other != price]
        if of_tape or Mark.AUCTION in marks:
            seen.append(price)
        if side and confidence >= 100:
            told.append((side, confidence))
        elif not of_tape:
            told.append((0, 0))
        else:
            off = Mark.OFF_EXCHANGE in marks
            before = min(received, made - 10 * MILLISECOND) if off else received
            book = [row for row in known if row[0] < before][-1:]
            told.append(_sign(price, book, off, earlier))
    return told


def _sign(
    price: int, book: list[tuple[int, int, int, int]], off_exchange: bool, earlier: list[int]
) -> tuple[int, int]:
    sound = [(b, a) for _, b, a, flags in book if 0 < b < a and not flags & MAYBE_BAD_BOOK]
    for bid, ask in sound:
        middle = Fraction(bid + ask, 2)
        if price != middle:
            return (1 if price > middle else -1), 80
    if off_exchange and not sound and price >= DOLLAR:
        of_a_cent = Fraction(price, DOLLAR // 100) % 1
        if of_a_cent > Fraction(6, 10):
            return 1, 60
        if 0 < of_a_cent < Fraction(4, 10):
            return -1, 60
    if earlier:
        return (1 if price > earlier[-1] else -1), 60
    return 0, 0


@st.composite
def tapes(draw: st.DrawFn) -> tuple[Trades, Quotes]:
    """Draw nasty little tapes: equal times, few prices, every kind of mark and of book."""
    clock = st.integers(0, 60).map(lambda n: n * MILLISECOND)
    price = st.sampled_from([
        999_900_000, 1_000_000_000, 5_000_000_000, 5_002_000_000, 5_004_000_000, 5_005_000_000,
        5_006_000_000, 5_007_500_000, 5_010_000_000, 5_020_000_000,
    ])  # fmt: skip
    mark = st.sampled_from([
        Mark.ORDINARY, Mark.ORDINARY | Mark.OFF_EXCHANGE, Mark.ORDINARY | Mark.ODD_LOT,
        Mark.VOLUME, Mark.VOLUME | Mark.AUCTION, Mark.ORDINARY | Mark.AUCTION,
        Mark.ORDINARY | Mark.LATE, Mark.ORDINARY | Mark.OFF_EXCHANGE | Mark.LATE,
    ])  # fmt: skip
    told = st.sampled_from([(0, 0), (0, 0), (1, 100), (-1, 100), (1, 60), (-1, 80), (0, 100)])
    row = st.tuples(clock, price, told, mark, st.integers(-5, 70)).map(
        lambda r: Print(r[0], r[1], 100, *r[2], marks=int(r[3]), made=r[0] - r[4] * MILLISECOND)
    )
    side = st.one_of(st.just(0), price)
    book = st.builds(Book, clock, side, side, st.sampled_from([0, 0, 0, 4, 32]), st.just(100))
    return (
        prints(sorted(draw(st.lists(row, max_size=30)), key=lambda r: r.when)),
        books(sorted(draw(st.lists(book, max_size=30)), key=lambda r: r.when)),
    )
