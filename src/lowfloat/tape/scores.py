"""The registry of scores: what a trader would say of what the columns show.

They are columns like the others, kept apart since they are made of them: rewards, reports and the
index read them, and an observation shows them only if it is asked to.
"""

from lowfloat.tape import characteristics, momentum, ranges, setup
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.columns import MarketTable, market_table

FILES = (characteristics, ranges, setup, momentum)
SCORES: tuple[Column, ...] = tuple(column for file in FILES for column in file.COLUMNS)
NAMES = tuple(column.name for column in SCORES)


def score_table(tape: Tape) -> MarketTable:
    """Return every score at each decision second, as :func:`market_table` does for columns."""
    return market_table(tape, SCORES)
