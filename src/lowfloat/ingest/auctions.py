"""Marks of prints whose feed has no sale conditions: auctions, off-exchange prints, late ones.

Publisher numbers say what was reported by a trade reporting facility. Auctions are known by what
they look like: the first unsigned print of a listing market within seconds of 09:30 or the close,
or its very first one after a halt, that is many times the size of the prints before it. Every test
looks back only, so that a mark says nothing of what came later; in doubt a print is left as it is.
Feeds that derive their prints, such as EQUS.MINI, carry no auctions and get no such mark.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from lowfloat.base.clock import NS, Session
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.prices import ROUND_LOT
from lowfloat.base.records import Trades, read_only

OFF_EXCHANGE_PUBLISHERS = frozenset((
    17, 54, 68, 82, 130,  # FINRA/Nasdaq TRF Carteret
    18, 56, 70, 83, 132,  # FINRA/Nasdaq TRF Chicago
    19, 55, 69, 131,  # FINRA/NYSE TRF
    133,  # FINRA Alternative Display Facility
))  # fmt: skip
"""Databento's publishers that are no exchange, in each of its datasets."""

AUCTION_PUBLISHERS = frozenset((
    2, 47, 52, 66, 81, 124,  # Nasdaq
    9, 45, 53, 67, 92, 122,  # NYSE
    11, 78, 111,  # NYSE American
    43, 79, 123,  # NYSE Arca
    5, 71, 129,  # Cboe BZX
    114,  # Texas Stock Exchange
))  # fmt: skip
"""Databento's publishers of exchanges that list stocks and so hold auctions."""

LATE_NS = 1 * NS
"""A print off exchange that was received longer than this after it was made is late."""

_WINDOW_NS = 5 * NS  # after the moment an auction is due
_EARLY_NS = 1 * NS  # a cross after a halt may precede the notice that trading resumes
_TIMES_MEDIAN = 10  # the size of a cross, in medians of the prints before it
_TIMES_MEDIAN_REOPENING = 5  # the halt before it speaks for a cross already
_PRINTS_BEFORE, _FEWEST_BEFORE = 100, 10
_LOOK_BACK = 5_000  # rows searched for them

# Silence of a volatility pause: it lasts a multiple of five minutes, and a stock that had traded
# half as often as in the minute before would have been silent so long with a chance of e^-12.
_PAUSE_NS = 300 * NS
_PAUSE_EARLY_NS, _PAUSE_LATE_NS = 2 * NS, 20 * NS
_EXPECTED_PRINTS = 12
_MOST_SILENCES = 256  # of 298 seconds or more, of which a session of 16 hours holds 193

_OFF_EXCHANGE, _LATE = int(Mark.OFF_EXCHANGE), int(Mark.LATE)
_NOT_IF_LATE = int(Mark.LAST | Mark.TAPE)


def mark_auctions(trades: Trades, session: Session, halts: Sequence[tuple[int, int]] = ()) -> None:
    """Mark prints off exchange, late ones and auctions in ``trades.marks``, in place.

    Prints off exchange get ``OFF_EXCHANGE``; those of them that are late get ``LATE`` and lose
    ``LAST`` and ``TAPE``; crosses get ``AUCTION`` and lose ``TAPE``. Doing it again changes
    nothing. It is done before the prints are signed.

    Args:
        trades: prints of one session, ordered by ``ts_recv``; ``marks`` must be writable.
        session: its bounds; on a half day the closing cross is looked for at 13:00.
        halts: known spans ``(from_ns, to_ns)`` without trading. After these a cross is looked for,
            and after silences that look like a volatility pause.
    """
    if not len(trades.ts_recv):
        return
    off_exchange = np.zeros(2**16, np.bool_)
    off_exchange[list(OFF_EXCHANGE_PUBLISHERS)] = True
    silences = np.zeros((_MOST_SILENCES, 2), np.int64)
    count = _mark_off_exchange(read_only(trades), off_exchange, trades.marks, silences)
    for due_ns in (session.regular_open_ns, session.regular_close_ns):
        _mark_cross(trades, due_ns, due_ns + _WINDOW_NS)
    resumed = [end for _, end in halts]
    resumed += _resumptions(trades, session, silences[:count])
    for due_ns in resumed:
        if session.regular_open_ns < due_ns < session.regular_close_ns:
            _mark_cross(trades, due_ns - _EARLY_NS, due_ns + _WINDOW_NS, reopens=True)


def _resumptions(trades: Trades, session: Session, silences: np.ndarray) -> Iterator[int]:
    """Yield when the prints came back after each silence that looks like a volatility pause."""
    for before, after in silences:
        begin, end = int(trades.ts_event[before]), int(trades.ts_event[after])
        if not session.regular_open_ns <= begin < end < session.regular_close_ns:
            continue
        beyond = (end - begin + _PAUSE_EARLY_NS) % _PAUSE_NS
        if beyond > _PAUSE_EARLY_NS + _PAUSE_LATE_NS:
            continue
        minute = np.searchsorted(trades.ts_recv, trades.ts_recv[before] - 60 * NS)
        rate = 0.5 * (before + 1 - minute) / 60
        if rate * (end - begin) / NS >= _EXPECTED_PRINTS:
            yield end


def _mark_cross(trades: Trades, first_ns: int, last_ns: int, *, reopens: bool = False) -> None:
    """Mark the cross made in ``first_ns <= ts_event < last_ns``, if a print looks like one."""
    times_median = _TIMES_MEDIAN_REOPENING if reopens else _TIMES_MEDIAN
    low, high = np.searchsorted(trades.ts_recv, (first_ns, last_ns + _WINDOW_NS))
    rows = np.arange(low, high)
    made = trades.ts_event[rows]
    rows = rows[(made >= first_ns) & (made < last_ns)]
    marks = trades.marks[rows]
    if (marks & np.uint16(Mark.AUCTION)).any():
        return  # the feed says it, or it was found before
    if reopens:  # nothing trades on a market before its cross
        rows = rows[np.sort(np.unique(trades.publisher[rows], return_index=True)[1])]
        marks = trades.marks[rows]
    unsigned = (trades.side[rows] == 0) | (trades.confidence[rows] < 100)
    of_tape = marks & np.uint16(Mark.TAPE | Mark.OFF_EXCHANGE) == np.uint16(Mark.TAPE)
    large = trades.size[rows] >= ROUND_LOT
    at_auctions = np.isin(trades.publisher[rows], list(AUCTION_PUBLISHERS))
    for row in rows[unsigned & of_tape & large & at_auctions]:
        near = slice(max(row - _LOOK_BACK, 0), row)
        same = trades.publisher[near] == trades.publisher[row]
        sizes = trades.size[near][same][-_PRINTS_BEFORE:]
        if len(sizes) >= _FEWEST_BEFORE and trades.size[row] >= times_median * np.median(sizes):
            trades.marks[row] = trades.marks[row] & ~np.uint16(Mark.TAPE) | np.uint16(Mark.AUCTION)
            return


@kernel
def _mark_off_exchange(
    trades: Trades, off_exchange: np.ndarray, marks: np.ndarray, silences: np.ndarray
) -> int:
    """Mark prints off exchange; write the rows around each long silence, return their number."""
    count = 0
    before = -1
    for row in range(len(marks)):
        received = trades.ts_recv[row]
        mark = np.int64(marks[row])
        if off_exchange[trades.publisher[row]]:
            mark |= _OFF_EXCHANGE
        if mark & _OFF_EXCHANGE != 0 and received - trades.ts_event[row] > LATE_NS:
            mark = (mark | _LATE) & ~_NOT_IF_LATE
        marks[row] = mark
        if mark & _LATE != 0:
            continue
        silence = received - trades.ts_recv[before] if before >= 0 else 0
        if silence >= _PAUSE_NS - _PAUSE_EARLY_NS and count < len(silences):
            silences[count, 0], silences[count, 1] = before, row
            count += 1
        before = row
    return count
