"""Price bands of limit up, limit down, worked out from prints and quotes as they came.

No feed of ours tells the bands, so they are followed by the rules; see :mod:`lowfloat.base.luld`.
Halts are taken from the feed: where it says that trading goes on, the next print reopens.
There are no bands until then, nor in the pause that 15 s of a limit state should have led to.
"""

from typing import Any, NamedTuple

import numpy as np

from lowfloat.base import luld
from lowfloat.base.clock import NS
from lowfloat.base.jit import kernel
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.base.records import Quotes, Trades, read_only
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.halts import is_halted
from lowfloat.tape.price import mid_price
from lowfloat.tape.windows import squashed

WINDOW_PRINTS = 1 << 14


class Bands(NamedTuple):
    """Float64 arrays of length 57,600; NaN where there are no bands.

    Attributes:
        lower: dollars.
        upper: dollars.
        limit_up: seconds in a limit state at the upper band, 0 if in none.
        limit_down: the same at the lower band.
    """

    lower: np.ndarray
    upper: np.ndarray
    limit_up: np.ndarray
    limit_down: np.ndarray


def bands(tape: Tape) -> Bands:
    """Follow the bands through the day; there are none without a previous close."""
    out = Bands(*(np.full(len(tape.seconds.bid), np.nan) for _ in Bands._fields))
    close = tape.baseline.previous_close // NANODOLLARS_PER_UNIT
    if close > 0:
        state = luld.bands_of(tape.session, close)[0]
        window = luld.window_of(WINDOW_PRINTS)
        _follow(
            read_only(tape.day.trades), read_only(tape.day.quotes), tape.of(is_halted),
            state, window, out,
        )  # fmt: skip
    return out


@kernel
def _follow(
    trades: Trades, quotes: Quotes, halted: np.ndarray, state: Any, window: np.ndarray, out: Bands
) -> None:
    start = state.open - 19_800 * NS
    trade = quote = 0
    for b in range(len(halted)):
        end = start + (b + 1) * NS
        while True:
            next_trade = trades.ts_recv[trade] if trade < len(trades.ts_recv) else end
            next_quote = quotes.ts_recv[quote] if quote < len(quotes.ts_recv) else end
            if next_trade < end and next_trade <= next_quote:
                price = (trades.price[trade] + NANODOLLARS_PER_UNIT // 2) // NANODOLLARS_PER_UNIT
                luld.on_print(state, window, next_trade, max(price, 1),
                              luld.is_eligible(trades.marks[trade]))  # fmt: skip
                trade += 1
            elif next_quote < end:
                luld.on_quote(state, window, next_quote,
                              quotes.bid_price[quote] // NANODOLLARS_PER_UNIT,
                              quotes.ask_price[quote] // NANODOLLARS_PER_UNIT)  # fmt: skip
                quote += 1
            else:
                break
        luld.advance(state, window, end)
        if halted[b]:
            state.active = 0  # whatever prints next reopens
            state.state = luld.TRADING
        if state.active == 1 and state.state != luld.PAUSED:
            out.lower[b] = state.lower / UNITS_PER_DOLLAR
            out.upper[b] = state.upper / UNITS_PER_DOLLAR
            seconds = (end - state.since) / NS if state.state == luld.LIMIT else 0.0
            out.limit_up[b] = seconds if state.side > 0 else 0.0
            out.limit_down[b] = seconds if state.side < 0 else 0.0


def _limit(seconds: np.ndarray) -> np.ndarray:
    return squashed(seconds, 15.0)


LULD = "plan of limit up, limit down; reference price of closed five minutes of prints"

COLUMNS = (
    Column("to_upper_band", "fraction", -1.0, 3.0, 0, 0.0,
           "upper band over mid, less 1", LULD,
           lambda tape: tape.of(bands).upper / tape.of(mid_price) - 1.0),
    Column("to_lower_band", "fraction", -3.0, 1.0, 0, 0.0,
           "1 less lower band over mid", LULD,
           lambda tape: 1.0 - tape.of(bands).lower / tape.of(mid_price)),
    Column("limit_up", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 15) in a limit state at the upper band", LULD,
           lambda tape: _limit(tape.of(bands).limit_up)),
    Column("limit_down", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 15) in a limit state at the lower band", LULD,
           lambda tape: _limit(tape.of(bands).limit_down)),
)  # fmt: skip
