"""A top of book for a day that has prints and no quotes, told from the prints alone.

Who buys at market pays the offer: the last price bought at stood at the ask, the last one sold at
stood at the bid. What the tape cannot show is guessed against the trader:

* Behind a print the book recedes. A side stands half a usual spread behind its last print (a whole
  one on a tape without native aggressors), the spread being the running distance between a print
  and the last one of the other side.
* A side that is not seen moves away with the square root of its age, as far as the price does in
  such a time, and is empty once :data:`EMPTY_AFTER` has passed.
* A print of unknown side lies within the book, so it can only push a side outward.
* A print beyond the other side moves that side too: a usual spread away at least, two at most.
* Prices are rounded outward to the quoting grid; sizes are the trailing median of print sizes.

Nothing depends on a later print. How far such a book is from the true one is measured by
``benchmarks/measure_rebuilt_quotes.py``; a day that has one must be flagged.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lowfloat.base.clock import NS, Session
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.prices import MAX_PRICE_UNITS, NANODOLLARS_PER_UNIT
from lowfloat.base.records import DTYPES, Quotes, Trades, read_only
from lowfloat.days.signing import NATIVE

EMPTY_AFTER = 600
"""Seconds without a print after which a side is empty."""

# Chosen on MLGO, 2025-02-03 to 03-28; later days were only measured.
MARGIN, MARGIN_BY_TICK_RULE = 0.5, 1.0  # usual spreads between a print and the side behind it
RECEDE = 0.25  # standard deviations of the price that an unseen side moves away
RECEDE_SECONDS = 60.0  # after which it stays where it is
OTHER_SIDE = (1.0, 2.0)  # usual spreads from a print to the other side, at least and at most
SPREAD_MEMORY, DRIFT_MEMORY = 0.1, 0.1  # weight of the newest observation
SPREAD_WITHIN_NS = 60 * NS  # prints of two sides further apart say nothing of the spread
DRIFT_EVERY_NS = 10 * NS  # prices closer in time bounce between the sides
MEDIAN_OF = 51  # prints

_FIRST_SPREAD = 0.01  # of the price, before one is seen
_FIRST_DRIFT = 0.001  # of the price, standard deviation of one second
_WIDEST_SPREAD = 0.05  # an observation counts as no more
_WILDEST_DRIFT = 25.0  # an observation counts as no more, in present variances
_FARTHEST = 0.5  # of the price, that a side may stand behind its print
_DOLLAR, _CENT = 1_000_000_000, 10_000_000  # nanodollars
_MAX_PRICE = MAX_PRICE_UNITS * NANODOLLARS_PER_UNIT
_NOT_SAID = ord("N")
_TAPE, _AUCTION, _LATE = int(Mark.TAPE), int(Mark.AUCTION), int(Mark.LATE)

_BOOK = np.dtype([
    ("bid", "i8"), ("ask", "i8"), ("bid_seen", "i8"), ("ask_seen", "i8"),
    ("bought", "i8"), ("bought_ns", "i8"), ("sold", "i8"), ("sold_ns", "i8"),
    ("last", "i8"), ("other", "i8"), ("anchor", "i8"), ("anchor_ns", "i8"),
    ("spread", "f8"), ("drift", "f8"), ("native", "i8"), ("sizes", "i8"), ("halt", "i8"),
    ("rows", "i8"), ("shown_bid", "i8"), ("shown_ask", "i8"), ("shown_size", "i8"),
])  # fmt: skip


def rebuild_quotes(
    trades: Trades,
    session: Session,
    *,
    halts: Sequence[tuple[int, int]] = (),
    end_ns: int | None = None,
) -> Quotes:
    """Return a top of book told from the prints.

    A row follows each print that changes the book; while none comes, others follow 1, 2, 4, 8 and
    so on seconds after the last one, as the sides move away. Publisher 0, action N, flags 0.

    Args:
        trades: prints of one session, ordered by ``ts_recv``, auctions and late ones marked. Sides
            of a confidence below 100 are not used: where the tape has had no native side yet, the
            tick rule tells them.
        session: its bounds.
        halts: known spans ``(from_ns, to_ns)`` without trading, in order. What was seen before one
            ends does not stand after it.
        end_ns: time before which all rows lie: the end of coverage; None for the session's end.
    """
    spans = np.array(halts, np.int64).reshape(-1, 2)
    until = session.end_ns if end_ns is None else end_ns
    prints = read_only(trades)
    rows = _rebuild(prints, spans, until, *_scratch(), _empty_rows(0))
    quotes = _empty_rows(rows)
    _rebuild(prints, spans, until, *_scratch(), quotes)
    return quotes


def _scratch() -> tuple[np.recarray, np.ndarray, np.ndarray]:
    book = np.zeros(1, _BOOK).view(np.recarray)
    book.spread, book.drift, book.halt = _FIRST_SPREAD, _FIRST_DRIFT, -1
    return book, np.zeros(MEDIAN_OF, np.int64), np.zeros(MEDIAN_OF, np.int64)


def _empty_rows(rows: int) -> Quotes:
    return Quotes(**{name: np.zeros(rows, dtype) for name, dtype in DTYPES[Quotes].items()})


@kernel
def _rebuild(
    trades: Trades,
    halts: np.ndarray,
    until: int,
    books: np.recarray,
    ring: np.ndarray,
    ordered: np.ndarray,
    out: Quotes,
) -> int:
    """Write the rows that ``out`` has room for; return how many there are."""
    book = books[0]
    last_row = -1
    for row in range(len(trades.ts_recv)):
        marks = np.int64(trades.marks[row])
        received = trades.ts_recv[row]
        if marks & _TAPE == 0 or marks & (_AUCTION | _LATE) != 0 or received >= until:
            continue
        if last_row >= 0:
            _wait(book, trades, last_row, received, halts, ordered, out)
        side = 0
        if trades.confidence[row] >= NATIVE:
            side = int(trades.side[row])
        _push(book, ring, ordered, int(trades.size[row]))
        _see(book, trades.price[row], received, side)
        _show(book, trades.ts_event[row], received, trades.sequence[row], halts, ordered, out)
        last_row = row
    if last_row >= 0:
        _wait(book, trades, last_row, until, halts, ordered, out)
    return book.rows


@kernel
def _wait(
    book: Any,
    trades: Trades,
    row: int,
    until: int,
    halts: np.ndarray,
    ordered: np.ndarray,
    out: Quotes,
) -> None:
    """Let time pass after a print, up to the next one."""
    step = 1
    while step <= EMPTY_AFTER:
        now = trades.ts_recv[row] + step * NS
        if now >= until:
            break
        _show(book, now, now, trades.sequence[row], halts, ordered, out)
        step = min(2 * step, EMPTY_AFTER) if step < EMPTY_AFTER else EMPTY_AFTER + 1


@kernel
def _push(book: Any, ring: np.ndarray, ordered: np.ndarray, size: int) -> None:
    """Take a size into the trailing window, of which ``ordered`` is the same sorted."""
    place = book.sizes % MEDIAN_OF
    filled = min(book.sizes, MEDIAN_OF)
    if filled == MEDIAN_OF:
        at = 0
        while ordered[at] != ring[place]:
            at += 1
        for i in range(at, filled - 1):
            ordered[i] = ordered[i + 1]
        filled -= 1
    at = filled
    while at > 0 and ordered[at - 1] > size:
        ordered[at] = ordered[at - 1]
        at -= 1
    ordered[at] = size
    ring[place] = size
    book.sizes += 1


@kernel
def _see(book: Any, price: int, now: int, side: int) -> None:
    """Learn from a print; ``side`` is 0 if the feed does not say it."""
    if price != book.last:
        book.last, book.other = price, book.last
    if side != 0:
        book.native = 1
    elif book.native == 0 and book.other > 0:
        side = 1 if book.last > book.other else -1
    _see_drift(book, price, now)
    if side > 0:
        _see_spread(book, price, now - book.sold_ns, book.sold)
        near, far = _other_side(book, price)
        book.ask, book.ask_seen = price, now
        book.bought, book.bought_ns = price, now
        if book.bid > 0:
            book.bid = max(min(book.bid, price - near), price - far)
    elif side < 0:
        _see_spread(book, price, now - book.bought_ns, book.bought)
        near, far = _other_side(book, price)
        book.bid, book.bid_seen = price, now
        book.sold, book.sold_ns = price, now
        if book.ask > 0:
            book.ask = min(max(book.ask, price + near), price + far)
    else:
        if book.ask > 0:
            book.ask = max(book.ask, price)
        if book.bid > 0:
            book.bid = min(book.bid, price)


@kernel
def _see_drift(book: Any, price: int, now: int) -> None:
    """Learn how far the price moves in a second."""
    waited = now - book.anchor_ns
    if book.anchor > 0 and waited < DRIFT_EVERY_NS:
        return
    if book.anchor > 0:
        change = (price - book.anchor) / book.anchor
        variance = book.drift * book.drift
        seen = min(change * change / (waited / NS), _WILDEST_DRIFT * variance)
        book.drift = np.sqrt(variance + DRIFT_MEMORY * (seen - variance))
    book.anchor, book.anchor_ns = price, now


@kernel
def _see_spread(book: Any, price: int, waited: int, opposite: int) -> None:
    """Learn from the distance to the last print of the other side."""
    if opposite > 0 and waited < SPREAD_WITHIN_NS:
        seen = abs(price - opposite) / opposite
        book.spread += SPREAD_MEMORY * (min(seen, _WIDEST_SPREAD) - book.spread)


@kernel
def _other_side(book: Any, price: int) -> tuple[int, int]:
    """Return the least and the greatest distance of the other side from a print."""
    spread = book.spread * price
    near = max(int(OTHER_SIDE[0] * spread), 1)
    return near, max(int(OTHER_SIDE[1] * spread), near)


@kernel
def _show(
    book: Any,
    ts_event: int,
    now: int,
    sequence: int,
    halts: np.ndarray,
    ordered: np.ndarray,
    out: Quotes,
) -> None:
    """Add the book of a time as a row, if it differs from the row before."""
    while book.halt + 1 < len(halts) and halts[book.halt + 1, 0] <= now:
        book.halt += 1
    forgotten = halts[book.halt, 1] if book.halt >= 0 else 0
    margin = (MARGIN if book.native == 1 else MARGIN_BY_TICK_RULE) * book.spread
    size = ordered[(min(book.sizes, MEDIAN_OF) - 1) // 2]
    bid, ask = 0, 0
    if book.bid > 0 and book.bid_seen >= forgotten and now - book.bid_seen < EMPTY_AFTER * NS:
        away = _away(book, margin, now - book.bid_seen)
        bid = int(book.bid * (1.0 - away))
        bid -= bid % _grid(bid)
    if book.ask > 0 and book.ask_seen >= forgotten and now - book.ask_seen < EMPTY_AFTER * NS:
        away = _away(book, margin, now - book.ask_seen)
        ask = int(book.ask * (1.0 + away)) + 1
        ask += -ask % _grid(ask)
        if ask > _MAX_PRICE:
            ask = 0
    if bid == 0 and ask == 0:
        size = 0
    if bid == book.shown_bid and ask == book.shown_ask and size == book.shown_size:
        return
    book.shown_bid, book.shown_ask, book.shown_size = bid, ask, size
    row = book.rows
    book.rows += 1
    if row < len(out.ts_recv):
        out.ts_event[row], out.ts_recv[row], out.sequence[row] = ts_event, now, sequence
        out.bid_price[row], out.ask_price[row] = bid, ask
        out.bid_size[row] = size if bid > 0 else 0
        out.ask_size[row] = size if ask > 0 else 0
        out.action[row] = _NOT_SAID


@kernel
def _away(book: Any, margin: float, age: int) -> float:
    """Return how far a side stands behind the print it is known by, as a part of the price."""
    seconds = min(age / NS, RECEDE_SECONDS)
    return min(margin + RECEDE * book.drift * np.sqrt(seconds), _FARTHEST)


@kernel
def _grid(price: int) -> int:
    """Return the quoting increment in nanodollars at a price."""
    return _CENT if price >= _DOLLAR else NANODOLLARS_PER_UNIT
