"""Minute bars of a day, and its summary: open, high, low, close and volume.

A print counts as its marks say, here as in :mod:`lowfloat.days.seconds`. Times are those of
receipt, so that a bar holds what could be known when its minute ended.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lowfloat.base.clock import NS, SECONDS_PER_SESSION, Session
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.records import Trades, read_only
from lowfloat.errors import FeedError

if TYPE_CHECKING:
    from lowfloat.days.day import Day

MINUTES = SECONDS_PER_SESSION // 60
"""Minutes of a session from 04:00 to 20:00."""

_MINUTE = 60 * NS
_CLOSING = 10 * _MINUTE  # a closing cross prints at the close, or soon after
_OPENING = 5 * _MINUTE  # earlier than the first volatility pause can be over
_MOST_VALUE = 9e18  # microdollars, what an int64 holds

# Plain numbers: compiled code reads an enumeration's member slowly.
_LAST, _HIGH_LOW, _VOLUME = int(Mark.LAST), int(Mark.HIGH_LOW), int(Mark.VOLUME)


class Bars(NamedTuple):
    """One row per minute with a print that counts for the last price or for volume.

    Attributes:
        minute: int32, session second at which the minute begins, such as 19,800 for 09:30.
        open: int64 nanodollars, first print that counts for last; here and below 0 if none does.
        high: int64 nanodollars, highest print that counts for highs and lows.
        low: int64 nanodollars, lowest print that counts for highs and lows.
        close: int64 nanodollars, last print that counts for last.
        volume: int64 shares of the prints that count for volume.
        trades: int32, number of the prints that count for volume.
        value: int64 microdollars paid in the prints that count for volume, rounded down once.
    """

    minute: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    trades: np.ndarray
    value: np.ndarray


BAR_DTYPES = dict(
    minute=np.int32, open=np.int64, high=np.int64, low=np.int64, close=np.int64,
    volume=np.int64, trades=np.int32, value=np.int64,
)  # fmt: skip


class SessionSummary(NamedTuple):
    """A session in five numbers; prices in nanodollars, 0 if there is none.

    Attributes:
        open: the opening price, see :func:`official_open`.
        high: highest print of the session that counts for highs and lows.
        low: lowest print of the session that counts for highs and lows.
        close: the closing price, see :func:`official_close`.
        volume: shares of all prints of the session that count for volume.
    """

    open: int
    high: int
    low: int
    close: int
    volume: int


def minute_bars(day: "Day") -> Bars:
    """Return the minute bars of a day.

    Raises:
        FeedError: the value traded is beyond what an int64 holds in microdollars.
    """
    trades = day.trades
    value = float(np.dot(trades.price * 1e-3, trades.size.astype(np.float64)))
    if value > _MOST_VALUE:
        raise FeedError(
            f"{day.name}: its prints are worth ${value / 1e6:,.0f}; "
            f"a day may trade up to ${_MOST_VALUE / 1e6:,.0f}."
        )
    all_minutes = Bars(**{name: np.zeros(MINUTES, dtype) for name, dtype in BAR_DTYPES.items()})
    all_minutes.minute[:] = np.arange(MINUTES) * 60
    counted = np.zeros(MINUTES, np.bool_)
    _fill(
        read_only(trades), day.session.start_ns, all_minutes, counted, np.zeros(MINUTES, np.int64)
    )
    return Bars(*(column[counted] for column in all_minutes))


def summary_of(day: "Day") -> SessionSummary:
    """Return a day's open, high, low, close and volume."""
    trades = day.trades
    moving = trades.price[_marked(trades, Mark.HIGH_LOW)]
    return SessionSummary(
        open=official_open(trades, day.session),
        high=int(moving.max()) if len(moving) else 0,
        low=int(moving.min()) if len(moving) else 0,
        close=official_close(trades, day.session),
        volume=int(trades.size[_marked(trades, Mark.VOLUME)].sum(dtype=np.int64)),
    )


def official_close(trades: Trades, session: Session) -> int:
    """Return the closing price in nanodollars.

    It is the first of these that there is: the last print that repeats the official close; the
    largest auction print received in the ten minutes from the regular close on (several venues
    hold an auction, that of the listing exchange is the largest by far); the last print before
    the regular close that counts for last; the last of any time that does; 0.
    """
    official = trades.price[_marked(trades, Mark.OFFICIAL_CLOSE)]
    if len(official):
        return int(official[-1])
    crossed = _auction_price(trades, session.regular_close_ns, _CLOSING)
    if crossed:
        return crossed
    lasts = np.flatnonzero(_marked(trades, Mark.LAST))
    regular = np.searchsorted(trades.ts_recv[lasts], session.regular_close_ns)
    if not len(lasts):
        return 0
    return int(trades.price[lasts[regular - 1 if regular else -1]])


def official_open(trades: Trades, session: Session) -> int:
    """Return the opening price in nanodollars.

    It is the first of these that there is: the first print that repeats the official open; the
    largest auction print received in the five minutes from the regular open on; the first print
    of the regular session that counts for last; the first of any time that does; 0.
    """
    official = trades.price[_marked(trades, Mark.OFFICIAL_OPEN)]
    if len(official):
        return int(official[0])
    crossed = _auction_price(trades, session.regular_open_ns, _OPENING)
    if crossed:
        return crossed
    lasts = np.flatnonzero(_marked(trades, Mark.LAST))
    bounds = (session.regular_open_ns, session.regular_close_ns)
    first, after = np.searchsorted(trades.ts_recv[lasts], bounds)
    if not len(lasts):
        return 0
    return int(trades.price[lasts[first if first < after else 0]])


def _marked(trades: Trades, mark: Mark) -> np.ndarray:
    return trades.marks & np.uint16(mark) != 0


def _auction_price(trades: Trades, from_ns: int, within_ns: int) -> int:
    low, high = np.searchsorted(trades.ts_recv, (from_ns, from_ns + within_ns))
    auctions = low + np.flatnonzero(_marked(trades, Mark.AUCTION)[low:high])
    if not len(auctions):
        return 0
    return int(trades.price[auctions[np.argmax(trades.size[auctions])]])


@kernel
def _fill(
    trades: Trades, start_ns: int, out: Bars, counted: np.ndarray, thousandths: np.ndarray
) -> None:
    for row in range(len(trades.ts_recv)):
        b = (trades.ts_recv[row] - start_ns) // _MINUTE
        if b < 0 or b >= MINUTES:
            continue  # a day holds none; an index from outside must never be written to
        price = trades.price[row]
        marks = trades.marks[row]
        if marks & (_LAST | _VOLUME):
            counted[b] = True
        if marks & _LAST:
            if out.open[b] == 0:
                out.open[b] = price
            out.close[b] = price
        if marks & _HIGH_LOW:
            out.high[b] = max(out.high[b], price)
            out.low[b] = price if out.low[b] == 0 else min(out.low[b], price)
        if marks & _VOLUME:
            size = np.int64(trades.size[row])
            out.volume[b] += size
            out.trades[b] += 1
            # Microdollars and the thousandths of one apart: exact, and far from overflow.
            out.value[b] += price // 1000 * size
            thousandths[b] += price % 1000 * size
    for b in range(len(counted)):
        out.value[b] += thousandths[b] // 1000
