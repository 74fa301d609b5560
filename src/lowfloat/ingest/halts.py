"""When trading stood still: from a list of halts, or inferred from the tape where none is known.

How halts are inferred. A silence of the tape that begins in regular hours is a candidate if at
least 280 s of it lie in them (60 s if it is of the last ten minutes and reaches the close). Where
there are quotes it is narrowed to the spans in which nothing was added to the book, because in a
halt orders are only withdrawn, or gather until the book is crossed. Five pieces of evidence are
weighed by a logistic function: how unlikely the silence is, whether it is as long as pauses are,
what the book did, whether the price stood near a band of :mod:`lowfloat.base.luld`, and whether
the first print after it looks like an auction. Halts from before 09:30 are not looked for.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base import luld
from lowfloat.base.clock import NS, Session, new_york_date, new_york_ns
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.prices import NANODOLLARS_PER_UNIT
from lowfloat.base.records import (
    HALT,
    LULD_PAUSE,
    MAYBE_BAD_BOOK,
    NEWS_PENDING,
    PAUSE,
    ROWS,
    TRADING,
    Quotes,
    Status,
    Trades,
    columns_of,
    read_only,
)
from lowfloat.errors import FeedError

HALTS_INFERRED = "halts_inferred"
"""Flag of a day whose halts are inferred from its tape; each says how sure it is."""

LEAST_PROBABILITY = 0.5
LEAST_NS, LEAST_TO_CLOSE_NS = 280 * NS, 60 * NS
RATE_NS = 60 * NS
UNLIKELY, SURE = 12.0, 2.0  # events to be expected in a silence; powers of ten more of them
PAUSE_LENGTHS = 3  # five, ten and fifteen minutes
EARLY_NS, LATE_NS = 2 * NS, 20 * NS  # how far from such a length a silence may be
NEAR, NEAR_NS = 0.03, 20 * NS  # of the reference price: a partial tape has bands of its own
# Before the close: a pause that would end in the last ten minutes lasts until it.
LAST_PAUSE_NS = luld.NO_REOPENING_NS + luld.PAUSE_NS + NEAR_NS
BROKEN_NS, BURST_NS = NS, NS
CROSS_SIZES, NEWS_NS = 5, 900 * NS

_NEVER = int(luld.NEVER)
_COUNTED = int(Mark.TAPE | Mark.AUCTION)
_UNTIMELY = int(Mark.LATE | Mark.OFFICIAL_OPEN | Mark.OFFICIAL_CLOSE)


class InferredHalt(NamedTuple):
    """A span in which nothing traded, and how sure it is that nothing could.

    Attributes:
        from_ns: not before the last print.
        to_ns: not after the first print of the reopening; 0 if nothing traded any more.
        reason: ``LULD_PAUSE`` or ``NEWS_PENDING`` of :mod:`lowfloat.base.records`.
        probability: 0 to 1.
    """

    from_ns: int
    to_ns: int
    reason: int
    probability: float


class Evidence(NamedTuple):
    """What speaks for a halt.

    Attributes:
        silence: how unlikely it is: by how many powers of ten, 0 to 2, the prints to be expected
            at half the rate of the minute before exceed 12.
        length: 1 if it lasted a multiple of five minutes, or the rest of the last ten, else 0.
        book: as ``silence``, of additions to the book; 1 if the book was crossed, locked or
            one-sided instead; -1 if it went on as usual; 0 without quotes.
        band: 1 if the price stood near a band at its beginning, else 0.
        cross: 1 if the first print after it looks like an auction, else 0.
    """

    silence: float
    length: float
    book: float
    band: float
    cross: float


class ListedHalt(NamedTuple):
    """A row of a list of halts, such as Nasdaq's; times in nanoseconds since the epoch, UTC."""

    halted_at_ns: int
    resumed_at_ns: int  # 0 if trading has not resumed
    code: str  # of the list, such as LUDP or T1


INTERCEPT = -6.28  # this and the weights are fitted by `benchmarks/measure_halts.py --fit`
WEIGHTS = Evidence(silence=3.14, length=1.76, book=3.11, band=2.91, cross=1.38)

# Databento's status reasons of the codes of Nasdaq's list; the first four are volatility pauses.
REASONS = {
    "LUDP": LULD_PAUSE, "LUDS": LULD_PAUSE, "M": LULD_PAUSE, "T5": LULD_PAUSE,
    "T1": NEWS_PENDING, "T2": 31, "T3": 32, "T6": 3, "T8": 90, "T12": 70,
    "H4": 12, "H9": 13, "H10": 14, "H11": 10, "O1": 60, "IPO1": 15, "M1": 100, "M2": 130,
    "MWC0": 123, "MWC1": 120, "MWC2": 121, "MWC3": 122,
}  # fmt: skip


def status_from_list(halts: Iterable[ListedHalt], session: Session | None = None) -> Status:
    """Return the changes of the trading state that a list of halts of one stock implies.

    Args:
        halts: in any order; those that overlap are one. An unknown code halts like any other.
        session: keep to its day: what was halted before stands halted from midnight on.

    Raises:
        FeedError: a halt has no time, or ends before it begins.
    """
    first, last = 0, _NEVER
    if session is not None:
        first, last = new_york_ns(new_york_date(session.start_ns), 0), session.end_ns
    spans = []
    for row in halts:
        begin, end = row.halted_at_ns, row.resumed_at_ns or _NEVER
        if begin <= 0 or end < begin:
            raise FeedError(
                f"a listed halt `{row.code}` runs from {row.halted_at_ns} to {row.resumed_at_ns}; "
                "use nanoseconds since the epoch, the second not before the first, or 0 for none."
            )
        if begin < last and end > first:
            reason = REASONS.get(row.code.strip().upper(), 0)
            spans.append((max(begin, first), end if end < last else 0, reason, 100))
    return _status_of(spans)


def status_from_inferred(halts: Iterable[InferredHalt]) -> Status:
    """Return the changes of the trading state that inferred halts imply, as sure as these are.

    None is as sure as one that was told, whose confidence is 100.
    """
    return _status_of(
        [(h.from_ns, h.to_ns, h.reason, min(round(100 * h.probability), 99)) for h in halts]
    )


def _status_of(spans: list[tuple[int, int, int, int]]) -> Status:
    """Return a stop and a resumption for each ``(from, to, reason, confidence)``."""
    rows: list[tuple[int, int, int, int, int]] = []
    reopens, confidence = 0, 0
    for begin, end, reason, percent in sorted(spans):
        if rows and begin > reopens:
            rows.append((reopens, TRADING, 0, 1, confidence))
        action = PAUSE if reason == LULD_PAUSE else HALT
        rows.append((begin, action, reason, 0, percent))
        reopens, confidence = max(reopens, end or _NEVER), percent
    if rows and reopens < _NEVER:
        rows.append((reopens, TRADING, 0, 1, confidence))
    table = np.zeros(len(rows), ROWS[Status])
    for i, (ns, action, reason, trading, percent) in enumerate(rows):
        table[i] = (ns, ns, action, reason, trading, -1, percent)
    return columns_of(Status, table)


def infer_halts(
    trades: Trades,
    quotes: Quotes,
    session: Session,
    previous_close: int = 0,
    *,
    tier: int = 2,
    coverage_end_ns: int = 0,
) -> list[InferredHalt]:
    """Return the halts of a day that its tape shows, in order.

    Args:
        trades: the prints of the day.
        quotes: the top of book as the feed told it, not rebuilt from prints; may be empty.
        session: bounds of the day.
        previous_close: official, unadjusted, nanodollars. Without one (0) the first price after
            09:30 stands in for it.
        tier: of the stock in the limit-up-limit-down plan.
        coverage_end_ns: end of the data, where it ends before the session.
    """
    found = candidates(trades, quotes, session, previous_close, tier, coverage_end_ns)
    return [halt for halt, _ in found if halt.probability > LEAST_PROBABILITY]


def candidates(
    trades: Trades,
    quotes: Quotes,
    session: Session,
    previous_close: int = 0,
    tier: int = 2,
    coverage_end_ns: int = 0,
) -> list[tuple[InferredHalt, Evidence]]:
    """Return every silence that is looked at, halt or not, with the evidence."""
    trades, quotes = read_only(trades), read_only(quotes)
    timely = (trades.marks & _COUNTED != 0) & (trades.marks & _UNTIMELY == 0)
    rows = np.flatnonzero(timely)
    if not len(rows):
        return []
    added = np.zeros(len(quotes.ts_recv), np.bool_)
    _mark_additions(quotes, added)
    tape = _Tape(
        trades, quotes, timely, rows, trades.ts_recv[rows], quotes.ts_recv[added],
        session.regular_close_ns, coverage_end_ns or session.end_ns,
    )  # fmt: skip
    silent = tape.silences(session.regular_open_ns)
    near = _near_bands(tape, silent, session, previous_close, tier)
    return [
        (_weigh(begin, end, evidence), evidence)
        for i, is_near in zip(silent.tolist(), near.tolist(), strict=True)
        for begin, end, evidence in tape.spans(i, float(is_near))
    ]


def _weigh(begin: int, end: int, evidence: Evidence) -> InferredHalt:
    score = sum(weight * value for weight, value in zip(WEIGHTS, evidence, strict=True))
    is_pause = evidence.length == 1.0 and evidence.band == 1.0
    reason = LULD_PAUSE if is_pause or 0 < end <= begin + NEWS_NS else NEWS_PENDING
    return InferredHalt(begin, end, reason, 1.0 / (1.0 + math.exp(-INTERCEPT - score)))


class _Tape(NamedTuple):
    """A day's events, as the search for halts sees them."""

    trades: Trades
    quotes: Quotes
    timely: np.ndarray  # per trade, whether it came in time and is of the flow or an auction
    rows: np.ndarray  # of those that did
    times: np.ndarray  # of these
    additions: np.ndarray  # times at which the book became better or larger on a side
    close: int  # of the regular session
    end: int  # of the data

    def silences(self, open_ns: int) -> np.ndarray:
        """Return for each silence that is long enough the number of the print before it."""
        long = self._are_long(self.times, np.append(self.times[1:], self.end))
        long &= (self.times >= open_ns) & (self.times < self.close)
        if self.end < self.close:
            long[-1:] = False  # the data end here: nothing is known of what follows
        return np.flatnonzero(long)

    def _are_long(self, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return which spans lie long enough before the close to hold a halt."""
        to_close = (ends >= self.close) & (begins >= self.close - LAST_PAUSE_NS)
        least = np.where(to_close, LEAST_TO_CLOSE_NS, LEAST_NS)
        return np.minimum(ends, self.close) - begins >= least

    def spans(self, i: int, band: float) -> Iterator[tuple[int, int, Evidence]]:
        """Yield the spans in the silence after print ``i`` that may be halts."""
        begin = int(self.times[i])
        last = i + 1 == len(self.times)
        end = self.end if last else int(self.times[i + 1])
        reopened = end if last else max(self._reopening(i + 1), begin)
        until = min(end, self.close)
        silence = _surprise(self.times, begin, until - begin)
        cross = 0.0 if last else float(self._looks_like_a_cross(i + 1))
        frozen = self._frozen(begin, end)
        for a, b in frozen or [(begin, end)]:
            if frozen:
                book = _surprise(self.additions, a, min(b, until) - a)
            else:
                book = self._unfrozen(begin, until)
            length = _pause_length(a, b, self.close, bool(frozen))
            evidence = Evidence(silence, float(length > 0), book, band, cross)
            if not length and (a, b) in frozen[-1:]:
                b = end  # orders may gather for an auction before trading resumes
            to_ns = min(b, reopened)
            from_ns = max(a, to_ns - length) if length else a
            yield from_ns, 0 if last and b == end else to_ns, evidence

    def _frozen(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Return the spans of a silence in which nothing was added to the book for long."""
        if not len(self.additions):
            return []
        low, high = np.searchsorted(self.additions, (begin, end), "right")
        edges = np.concatenate([[begin], self.additions[low:high], [end]])
        long = np.flatnonzero(self._are_long(edges[:-1], edges[1:]))
        return [(int(edges[j]), int(edges[j + 1])) for j in long]

    def _unfrozen(self, begin: int, end: int) -> float:
        """Return the evidence of a book that did not freeze."""
        if not len(self.additions):
            return 0.0
        low, high = np.searchsorted(self.quotes.ts_recv, (begin, end), "right")
        book = type(self.quotes)(*(column[max(low - 1, 0) : high] for column in self.quotes))
        broken = (book.bid_price == 0) | (book.ask_price == 0) | (book.bid_price >= book.ask_price)
        broken &= book.flags & MAYBE_BAD_BOOK == 0
        stood = np.diff(np.append(np.maximum(book.ts_recv, begin), end))
        return 1.0 if stood[broken].sum() > BROKEN_NS else -1.0

    def _looks_like_a_cross(self, i: int) -> bool:
        size, row = self.trades.size[self.rows], self.rows[i]
        is_large = self.trades.side[row] == 0 and size[i] >= CROSS_SIZES * np.median(size)
        return bool(is_large or self.trades.marks[row] & int(Mark.AUCTION) != 0)

    def _reopening(self, i: int) -> int:
        """Return the first time, by either clock, of the burst of prints that ends a silence."""
        burst = self.times[i : np.searchsorted(self.times, self.times[i] + BURST_NS)]
        made = self.trades.ts_event[self.rows[i : i + len(burst)]]
        return min(int(burst[0]), int(made[made >= burst[0] - BURST_NS].min(initial=burst[0])))


def _surprise(times: np.ndarray, begin: int, lasts: int) -> float:
    """Return how unlikely it is that nothing happens so long; see :class:`Evidence`."""
    low, high = np.searchsorted(times, (begin - RATE_NS, begin), "right")
    expected = 0.5 * float(high - low) * lasts / RATE_NS
    return min(max(math.log10(expected / UNLIKELY), 0.0), SURE) if expected > 0.0 else 0.0


def _pause_length(begin: int, end: int, close: int, exact: bool) -> int:
    """Return the length of the pause that a silence may hold, 0 if it is not as long as one.

    Without a frozen book a silence also holds what passes before each pause and after it.
    """
    if begin >= close - LAST_PAUSE_NS and -EARLY_NS <= end - close <= LATE_NS:
        return end - begin
    pauses, excess = divmod(end - begin + EARLY_NS, luld.PAUSE_NS)
    slack = EARLY_NS + LATE_NS * (1 if exact else pauses)
    return pauses * luld.PAUSE_NS if 1 <= pauses <= PAUSE_LENGTHS and excess <= slack else 0


def _near_bands(
    tape: _Tape, silent: np.ndarray, session: Session, close: int, tier: int
) -> np.ndarray:
    """Return for each silence whether it began with the price near a band."""
    near = np.zeros(len(silent), np.bool_)
    opening = int(np.searchsorted(tape.times[:-1], session.regular_open_ns))
    price = close or int(tape.trades.price[tape.rows[opening]])
    bands = luld.bands_of(session, max(price // NANODOLLARS_PER_UNIT, 1), tier)
    ends = np.append(tape.rows, len(tape.timely))[silent + 1]
    _follow(tape, ends, bands[0], luld.window_of(len(tape.timely)), near)
    return near


@kernel
def _mark_additions(quotes: Quotes, added: np.ndarray) -> None:
    bid, ask = np.int64(0), np.int64(0)
    bid_size, ask_size = np.int32(0), np.int32(0)
    for i in range(len(added)):
        new_bid, new_ask = quotes.bid_price[i], quotes.ask_price[i]
        new_bid_size, new_ask_size = quotes.bid_size[i], quotes.ask_size[i]
        added[i] = new_bid > bid or (new_bid == bid and new_bid_size > bid_size)
        if new_ask > 0:
            added[i] |= ask == 0 or new_ask < ask or (new_ask == ask and new_ask_size > ask_size)
        bid, ask, bid_size, ask_size = new_bid, new_ask, new_bid_size, new_ask_size


@kernel
def _is_near(bands: Any, low: int, high: int) -> bool:
    """Return whether ``high`` is near the upper band, or ``low`` (0 for none) the lower."""
    margin = max(NEAR * bands.reference, float(luld.CENT))
    is_near = high >= bands.upper - margin or 0 < low <= bands.lower + margin
    return bands.active == 1 and is_near


@kernel
def _follow(
    tape: _Tape, ends: np.ndarray, bands: Any, window: np.ndarray, near: np.ndarray
) -> None:
    """Play the tape to the bands; note before each trade of ``ends`` if the price was near one.

    The bands of a partial tape are not quite the true ones, so that a pause it implies is only a
    suspicion: it holds if the tape falls silent, and is dropped if it goes on.
    """
    trades, quotes = tape.trades, tape.quotes
    last, near_ns = np.int64(0), -luld.NEVER
    quote, asked = 0, 0
    for row in range(len(tape.timely) + 1):
        ns = trades.ts_recv[row] if row < len(tape.timely) else luld.NEVER
        while quote < len(quotes.ts_recv) and quotes.ts_recv[quote] < ns:
            bid = quotes.bid_price[quote] // NANODOLLARS_PER_UNIT
            ask = quotes.ask_price[quote] // NANODOLLARS_PER_UNIT
            luld.on_quote(bands, window, quotes.ts_recv[quote], bid, ask)
            if quotes.ts_recv[quote] <= last + NEAR_NS and _is_near(bands, ask, bid):
                near_ns = quotes.ts_recv[quote]
            quote += 1
        if asked < len(ends) and ends[asked] == row:
            near[asked] = near_ns >= last - NEAR_NS
            asked += 1
        if row == len(tape.timely):
            break
        price = trades.price[row] // NANODOLLARS_PER_UNIT
        if tape.timely[row]:
            if bands.state != luld.TRADING and ns - last >= LEAST_NS:
                luld.reopen(bands, ns, price)
            elif bands.state == luld.PAUSED:
                bands.state = luld.TRADING
            last = ns
        luld.on_print(bands, window, ns, price, luld.is_eligible(trades.marks[row]))
        if tape.timely[row] and _is_near(bands, price, price):
            near_ns = ns
