"""A day's events summed per second, the grid that every tape column is computed on.

Row ``b`` of a bucket holds what was received in ``[04:00:00 + b, 04:00:00 + b + 1)``. A decision
at second ``s`` may therefore use the buckets before ``s`` and no other; the shift is made in one
place, :mod:`lowfloat.tape.columns`.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS, SECONDS_PER_SESSION
from lowfloat.base.codes import Mark
from lowfloat.base.jit import kernel
from lowfloat.base.portable import log
from lowfloat.base.prices import NANODOLLARS_PER_UNIT
from lowfloat.base.records import SNAPSHOT, Quotes, Trades, read_only
from lowfloat.days.day import Day


class Seconds(NamedTuple):
    """One array of length 57,600 per name; buckets after the end of coverage stay empty.

    Attributes:
        trades: prints of the tape in the bucket. Here and below a print counts as its marks
            say; see :class:`lowfloat.base.codes.Mark`.
        buys: of these, with a buyer as aggressor.
        sells: of these, with a seller as aggressor.
        volume: shares.
        buy_volume: shares bought by aggressors.
        sell_volume: shares sold by aggressors.
        value: dollars traded.
        high: highest print, dollars, 0 if none.
        low: lowest print, dollars, 0 if none.
        last: last print so far today, dollars, 0 before the first.
        large_buys: aggressor buys of at least the running 95th percentile of sizes.
        large_sells: the same for sells.
        quotes: changes of the book in the bucket.
        bid: bid at the end of the bucket, price units, 0 if empty.
        ask: ask at the end of the bucket, price units, 0 if empty.
        bid_size: shares.
        ask_size: shares.
        quote_ns: time of the last change so far today, 0 before the first.
        flow: order-flow imbalance of the bucket, shares (Cont, Kukanov and Stoikov 2014).
        halted: 1 if the bucket ends in a known halt.
        short_sale_restricted: 1 if the bucket ends with the restriction known to be on.
    """

    trades: np.ndarray
    buys: np.ndarray
    sells: np.ndarray
    volume: np.ndarray
    buy_volume: np.ndarray
    sell_volume: np.ndarray
    value: np.ndarray
    high: np.ndarray
    low: np.ndarray
    last: np.ndarray
    large_buys: np.ndarray
    large_sells: np.ndarray
    quotes: np.ndarray
    bid: np.ndarray
    ask: np.ndarray
    bid_size: np.ndarray
    ask_size: np.ndarray
    quote_ns: np.ndarray
    flow: np.ndarray
    halted: np.ndarray
    short_sale_restricted: np.ndarray


# Plain numbers: compiled code reads an enumeration's member slowly.
_LAST, _HIGH_LOW = int(Mark.LAST), int(Mark.HIGH_LOW)
_VOLUME, _TAPE = int(Mark.VOLUME), int(Mark.TAPE)

_FLOATS = ("value", "high", "low", "last")


def per_second(day: Day) -> Seconds:
    """Sum a day's events per second."""
    seconds = Seconds(
        **{
            name: np.zeros(SECONDS_PER_SESSION, np.float64 if name in _FLOATS else np.int64)
            for name in Seconds._fields
        }
    )
    start = day.session.start_ns
    _add_trades(read_only(day.trades), start, seconds)
    _add_quotes(read_only(day.quotes), start, seconds)
    halted = day.status_says_halted
    seconds.halted[:] = _state(day, halted, halted | (day.status.is_trading == 1))
    restricted = day.status.is_short_sell_restricted
    seconds.short_sale_restricted[:] = _state(day, restricted == 1, restricted >= 0)
    return seconds


def _state(day: Day, on: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Return per bucket whether the last status record that says so, by its end, says ``on``."""
    times = day.status.ts_recv[said]
    ends = day.session.start_ns + NS * np.arange(1, SECONDS_PER_SESSION + 1)
    last = np.searchsorted(times, ends) - 1
    return np.where(last >= 0, on[said][last], False) if len(times) else np.zeros(len(ends), bool)


@kernel
def _add_trades(trades: Trades, start_ns: int, out: Seconds) -> None:
    # The running 95th percentile of log size, by stochastic approximation (Robbins and Monro).
    log_large = log(1000.0)
    last = 0.0
    row = 0
    for b in range(len(out.trades)):
        end = start_ns + (b + 1) * NS
        while row < len(trades.ts_recv) and trades.ts_recv[row] < end:
            price = trades.price[row] * 1e-9
            size = np.int64(trades.size[row])
            marks = trades.marks[row]
            if marks & _VOLUME:
                out.volume[b] += size
                out.value[b] += price * size
            if marks & _HIGH_LOW:
                out.high[b] = max(out.high[b], price)
                out.low[b] = price if out.low[b] == 0.0 else min(out.low[b], price)
            if marks & _LAST:
                last = price
            if marks & _TAPE:
                out.trades[b] += 1
                large = log(float(size)) >= log_large
                log_large += 0.02 * (0.95 - (0.0 if large else 1.0))
                if trades.side[row] > 0:
                    out.buys[b] += 1
                    out.buy_volume[b] += size
                    out.large_buys[b] += large
                elif trades.side[row] < 0:
                    out.sells[b] += 1
                    out.sell_volume[b] += size
                    out.large_sells[b] += large
            row += 1
        out.last[b] = last


@kernel
def _add_quotes(quotes: Quotes, start_ns: int, out: Seconds) -> None:
    bid, ask, bid_size, ask_size, changed = 0, 0, 0, 0, 0
    row = 0
    for b in range(len(out.quotes)):
        end = start_ns + (b + 1) * NS
        while row < len(quotes.ts_recv) and quotes.ts_recv[row] < end:
            new_bid = quotes.bid_price[row] // NANODOLLARS_PER_UNIT
            new_ask = quotes.ask_price[row] // NANODOLLARS_PER_UNIT
            told = quotes.flags[row] & SNAPSHOT == 0  # a snapshot repeats, nothing flowed
            if told and bid > 0 and ask > 0 and new_bid > 0 and new_ask > 0:
                flow = 0
                if new_bid >= bid:
                    flow += quotes.bid_size[row]
                if new_bid <= bid:
                    flow -= bid_size
                if new_ask <= ask:
                    flow -= quotes.ask_size[row]
                if new_ask >= ask:
                    flow += ask_size
                out.flow[b] += flow
            bid, ask = new_bid, new_ask
            bid_size, ask_size = quotes.bid_size[row], quotes.ask_size[row]
            changed = quotes.ts_recv[row]
            out.quotes[b] += 1
            row += 1
        out.bid[b], out.ask[b] = bid, ask
        out.bid_size[b], out.ask_size[b] = bid_size, ask_size
        out.quote_ns[b] = changed
