"""A day as its statistics see it: the quotes second by second, and the prints of the flow.

Everything is taken from the stored tables and times of receipt, as anyone who bought the data
could; a synthetic day is measured exactly as a real one is.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lowfloat.base.clock import NS, Session
from lowfloat.base.codes import Mark
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR, UNITS_PER_DOLLAR
from lowfloat.base.records import Trades
from lowfloat.days.day import QUOTES_REBUILT, Day
from lowfloat.days.seconds import Seconds, per_second
from lowfloat.synth.estimators import changes

_BRIEF = NS  # a "halt" no longer than this is a repeated status record
_SURE = 100  # percent of confidence in a side that the feed itself gave


@dataclass(frozen=True)
class Observed:
    """A day with what most statistics start from.

    Attributes:
        day: the day.
        seconds: its events per session second.
        halts: its halts, ``(from_ns, to_ns)``, without those of up to a second.
        mid: dollars at the end of each second of the session, float64, NaN while a side is
            empty; all NaN if the day has no quotes of its own (a book made up from prints says
            nothing about books).
        spread: ask less bid over the mid, basis points, float64, NaN where the mid is.
        halted: bool per second: a halt stood in some part of it.
        tape: prints of the flow: crosses are none.
        tape_regular: bool per print of the tape: received in regular hours.
        stretch: int64 per print of the tape: the number of halts before it, so that prints of
            different stretches have a halt between them.
        sign: int8 per print of the tape: the aggressor as the feed itself said it, else 0.
    """

    day: Day
    seconds: Seconds
    halts: list[tuple[int, int]]
    mid: np.ndarray
    spread: np.ndarray
    halted: np.ndarray
    tape: Trades
    tape_regular: np.ndarray
    stretch: np.ndarray
    sign: np.ndarray

    @cached_property
    def regular(self) -> np.ndarray:
        """Per second whether it lies in regular hours and no halt touches it, bool."""
        session = self.day.session
        return self.between(session.regular_open_ns, session.regular_close_ns)

    @cached_property
    def log_mid(self) -> np.ndarray:
        """The logarithm of the mid per second, NaN outside regular trading, float64."""
        return np.log(np.where(self.regular, self.mid, np.nan))

    @cached_property
    def returns(self) -> np.ndarray:
        """Changes of the logarithm of the mid from second to second of regular trading."""
        return changes(self.log_mid, 1)

    def between(self, start_ns: int, end_ns: int) -> np.ndarray:
        """Return per second whether it lies in the span, is covered, and no halt touches it."""
        ends = self.day.session.start_ns + NS * np.arange(1, len(self.mid) + 1)
        return (ends > start_ns) & (ends <= min(end_ns, self.day.coverage_end_ns)) & ~self.halted

    def mid_at(self, times_ns: np.ndarray, after: bool) -> np.ndarray:
        """Return the mid in dollars at each time, float64, NaN where there is none.

        Args:
            times_ns: int64 nanoseconds.
            after: with what was received at that very time, or before it.
        """
        quotes = self.day.quotes
        if not is_quoted(self.day):
            return np.full(len(times_ns), np.nan)
        row = np.searchsorted(quotes.ts_recv, times_ns, side="right" if after else "left") - 1
        bid, ask = quotes.bid_price[row], quotes.ask_price[row]
        there = (row >= 0) & (bid > 0) & (ask > 0)
        return np.where(there, (bid + ask) / (2 * NANODOLLARS_PER_DOLLAR), np.nan)


def is_quoted(day: Day) -> bool:
    """Tell whether a day has quotes that were not made up from its prints."""
    return len(day.quotes.ts_recv) > 0 and QUOTES_REBUILT not in day.flags


def observe(day: Day) -> Observed:
    """Return a day with what most statistics start from."""
    session, seconds = day.session, per_second(day)
    length = session.seconds
    bid, ask = seconds.bid[:length], seconds.ask[:length]
    # Integers are added before they are divided, so that a mid that comes back is the same.
    mid = (bid + ask) / (2 * UNITS_PER_DOLLAR)
    mid[(bid == 0) | (ask == 0) | (not is_quoted(day))] = np.nan
    halts = [(begin, end) for begin, end in day.halts if end - begin > _BRIEF]
    flow = day.trades.marks & np.uint16(Mark.TAPE) != 0
    tape = Trades(*(column[flow] for column in day.trades))
    after_open = tape.ts_recv >= session.regular_open_ns
    return Observed(
        day=day,
        seconds=seconds,
        halts=halts,
        mid=mid,
        spread=(ask - bid) / UNITS_PER_DOLLAR / mid * 1e4,
        halted=_halted(halts, session),
        tape=tape,
        tape_regular=after_open & (tape.ts_recv < session.regular_close_ns),
        stretch=np.searchsorted([end for _, end in halts], tape.ts_recv, side="right"),
        sign=np.where(tape.confidence == _SURE, tape.side, 0).astype(np.int8),
    )


def _halted(halts: list[tuple[int, int]], session: Session) -> np.ndarray:
    halted = np.zeros(session.seconds, np.bool_)
    for begin, end in halts:
        halted[session.second(begin) : session.second(end - 1) + 1] = True
    return halted
