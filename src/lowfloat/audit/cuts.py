"""Where to cut a day: anywhere, and where a look-ahead would show best.

A mistake of one record or one second shows only if the cut falls between what was known and what
was not, so most cuts are aimed: at halts, edges of the session and of bars, the first and the last
record, the busiest seconds, the largest jumps of the price, new highs and lows, prints that no
quote has followed yet, and wherever something that is audited changes its value.
"""

from collections.abc import Collection

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.days.day import Day

_RECORDS = 3  # on either side of what is aimed at
_SECONDS = np.arange(-3, 4)
_BUSIEST = 100
_FARTHEST = 20  # jumps: what is done about spikes shows at the few that there are
_NEAR = NS // 50  # to the edge of a second
_DAY = 86_400 * NS


def aimed_cuts(
    day: Day, changes: Collection[int] = (), resets: Collection[int] = ()
) -> dict[str, np.ndarray]:
    """Return decision seconds to cut a day at, by what they are aimed at.

    The cut at second ``s`` leaves what was received strictly before it. A record is therefore cut
    at twice: at the second it was received in, which takes it away, and at the next, which leaves
    it as the last that is known.

    Args:
        day: the day.
        changes: decision seconds at which something known is another than a second before.
        resets: decision seconds at which episodes may begin.

    Returns:
        Sorted int64 seconds within coverage; aims that a day does not offer are left out.
    """
    session = day.session
    tables = (day.trades, day.quotes)
    received = np.concatenate([table.ts_recv for table in tables])
    order = np.argsort(received, kind="stable")
    is_print = order < len(day.trades.ts_recv)
    received = received[order]
    seconds = (received - session.start_ns) // NS
    last_of_second = np.diff(seconds, append=-1) != 0
    active, counts = np.unique(seconds, return_counts=True)
    to_edge = np.minimum(received % NS, NS - received % NS)
    status = day.status
    heard = status.ts_recv >= session.start_ns
    notices = np.concatenate([status.ts_recv[heard], status.ts_event[heard]])
    ends = [table.ts_recv[[0, -1]] for table in tables if len(table.ts_recv)]
    first, last = np.array(ends, np.int64).reshape(-1, 2).T
    edges = [session.regular_open_ns, session.regular_close_ns, session.end_ns]
    midnight = -(-session.start_ns // _DAY) * _DAY

    def around(moments: Collection[int] | np.ndarray) -> np.ndarray:
        """Return the cuts at moments, in nanoseconds, and at the records next to each."""
        centres = np.asarray(moments, np.int64)
        next_one = np.searchsorted(received, centres)
        rows = (next_one[:, None] + np.arange(-_RECORDS, _RECORDS)).ravel()
        near = received[rows[(rows >= 0) & (rows < len(received))]]
        beside = (centres[:, None] - session.start_ns) // NS + _SECONDS
        return np.concatenate([_cut_at(near, session.start_ns), beside.ravel()])

    def exactly(moments: Collection[int] | np.ndarray) -> np.ndarray:
        """Return moments, in seconds, and the seconds beside them."""
        return (np.asarray(moments, np.int64)[:, None] + [-1, 0, 1]).ravel()

    def bar_edges(length: int) -> np.ndarray:
        begun = np.unique(active // length) * length
        return exactly(np.concatenate([begun, begun + length]))

    whole = (day.coverage_end_ns - session.start_ns) // NS
    aims = {
        "any second": np.arange(whole),
        "any record": _cut_at(received, session.start_ns),
        "halt": around(notices),
        "open": exactly([session.second(session.regular_open_ns)]),
        "close": exactly([session.second(session.regular_close_ns)]),
        "UTC midnight": exactly([session.second(midnight)]),
        "near an edge of the session": around(edges),
        "minute": bar_edges(60),
        "five seconds": bar_edges(5),
        "second": _cut_at(received[to_edge < _NEAR], session.start_ns),
        "print before its quote": seconds[is_print & last_of_second] + 1,
        "first record": around(first),
        "last record": around(last),
        "busy second": exactly(active[np.argsort(-counts, kind="stable")[:_BUSIEST]]),
        "jump": exactly(_jumps(day)),
        "new high or low": exactly(_new_extremes(day)),
        "change": exactly(changes),
        "reset point": exactly(resets),
    }
    inside = {name: np.unique(cuts[(cuts >= 0) & (cuts < whole)]) for name, cuts in aims.items()}
    return {name: cuts for name, cuts in inside.items() if len(cuts)}


def _cut_at(received: np.ndarray, start_ns: int) -> np.ndarray:
    """Return the cuts just before and just after records."""
    second = (received - start_ns) // NS
    return np.concatenate([second, second + 1])


def _jumps(day: Day) -> np.ndarray:
    """Return the seconds with the prints that are farthest from the print before."""
    price = day.trades.price
    change = np.abs(np.diff(np.log(price)))
    farthest = np.argsort(-change, kind="stable")[:_FARTHEST] + 1
    return (day.trades.ts_recv[farthest] - day.session.start_ns) // NS


def _new_extremes(day: Day) -> np.ndarray:
    """Return the seconds of prints above all prints before them, or below."""
    price = day.trades.price
    high, low = np.maximum.accumulate(price), np.minimum.accumulate(price)
    new = np.flatnonzero((price[1:] > high[:-1]) | (price[1:] < low[:-1])) + 1
    return (day.trades.ts_recv[new] - day.session.start_ns) // NS
