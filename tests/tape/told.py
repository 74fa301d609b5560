"""One column of a day at a time, as a decision sees it."""

from collections.abc import Sequence

import numpy as np
from reference.tapes import P, Q, S, make_day

from lowfloat.days import Day
from lowfloat.days.baseline import Baseline
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import COLUMNS, NAMES, market_table


def told(name: str, day: Day, baseline: Baseline | None = None) -> np.ndarray:
    """Return a column at decision seconds 0 to 57,600, NaN where it is masked."""
    column = COLUMNS[NAMES.index(name)]
    values, known = market_table(Tape(day, baseline), (column,))
    return np.where(known[:, 0], values[:, 0], np.nan)


def told_of(
    name: str, quotes: Sequence[Q], trades: Sequence[P] = (), status: Sequence[S] = ()
) -> np.ndarray:
    """Return a column of a hand-made day of a stock of which nothing is known before."""
    return told(name, make_day(quotes, status, trades))
