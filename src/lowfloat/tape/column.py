"""What one column of the tape is, and the tape it is computed from."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from lowfloat.base.clock import SECONDS_PER_SESSION, Session
from lowfloat.days.baseline import Baseline
from lowfloat.days.day import Day
from lowfloat.days.seconds import Seconds, per_second

_Value = TypeVar("_Value")


class Tape:
    """A day as columns see it: what was received by the end of each second.

    Args:
        day: the day.
        baseline: what was usual for the symbol before the day; None if nothing is known.
        seconds: the same day per second, if it is at hand.
        headlines: int64, times in nanoseconds at which news of the symbol became known, of today
            and since the last close; None if there is no news feed.
        sector_gain: float64 of length 57,600, gain of the symbol's sector over its previous close
            as known at the end of each second, NaN where it is not; None if there is no feed.
    """

    def __init__(
        self,
        day: Day,
        baseline: Baseline | None = None,
        seconds: Seconds | None = None,
        headlines: np.ndarray | None = None,
        sector_gain: np.ndarray | None = None,
    ) -> None:
        self.day = day
        self.headlines = headlines
        self.sector_gain = (
            np.full(SECONDS_PER_SESSION, np.nan) if sector_gain is None else sector_gain
        )
        self.baseline = baseline or Baseline(day.symbol, day.date)
        self.seconds = seconds or per_second(day)
        self._made: dict[Callable[[Tape], Any], Any] = {}

    @property
    def session(self) -> Session:
        """The bounds of the session."""
        return self.day.session

    def of(self, compute: Callable[["Tape"], _Value]) -> _Value:
        """Return ``compute(tape)``, computed once for all columns that ask for it."""
        if compute not in self._made:
            self._made[compute] = compute(self)
        return self._made[compute]

    def made(self, compute: Callable[["Tape"], _Value]) -> _Value | None:
        """Return what :meth:`of` has computed so far, None if nobody has asked for it."""
        return self._made.get(compute)


class Column(NamedTuple):
    """A column of the tape.

    Attributes:
        name: the name users see.
        unit: of the value before normalisation.
        low: smallest value it can have; what is beyond is cut.
        high: largest value it can have.
        look_back_seconds: how far back it sees, 0 for the whole day so far.
        missing: what stands in its place while it is not known.
        meaning: one sentence with the formula.
        source: where the formula comes from, empty if it needs none.
        values: returns float64 from a tape, NaN where the value is not known. Of length 57,600:
            the value at the end of each second, from what was received by then. Of length
            57,601, for what is known in advance: the value at each decision second.
    """

    name: str
    unit: str
    low: float
    high: float
    look_back_seconds: int
    missing: float
    meaning: str
    source: str
    values: Callable[[Tape], np.ndarray]
