"""The observation: the day's market columns, then what the agent knows of its own position."""

from typing import NamedTuple

from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT


class PositionColumn(NamedTuple):
    """One number of the position block."""

    name: str
    meaning: str


POSITION_COLUMNS = (
    PositionColumn("position", "value held at the mark, in maximum positions"),
    PositionColumn("open_gain", "ten times the gain of the mark over the average entry price"),
    PositionColumn("giveback", "ten times the fall of the mark from its peak since entry"),
    PositionColumn("seconds_held", "t / (t + 60) of the seconds since entry, 0 if flat"),
    PositionColumn("seconds_since_exit", "t / (t + 60) since it was last made flat, 1 if never"),
    PositionColumn("episode_gain", "ten times the gain of equity since the start of the episode"),
    PositionColumn("cash", "cash as a fraction of the equity at the start"),
    PositionColumn("last_fill", "signed shares filled over shares wished by the last order, or 0"),
    PositionColumn("seconds_left", "t / (t + 600) of the seconds left in the episode"),
    PositionColumn("entries_allowed", "1 if new buys are allowed at this time of the session"),
    PositionColumn("closing", "1 while the position is being closed by force"),
    PositionColumn("working", "shares that wait in the book, at the mark, in maximum positions"),
    PositionColumn("working_distance", "a hundred times their limit over the mark, less 1"),
    PositionColumn("stop_distance", "ten times the way from the mark down to the stop, 0 if none"),
    PositionColumn("stop_due", "1 while a triggered stop is on its way to the market"),
)  # fmt: skip
NUM_POSITION_COLUMNS = len(POSITION_COLUMNS)
POSITION_LIMIT = 10.0


@kernel
def _bounded(value, limit):
    return min(max(value, -limit), limit)


@kernel
def position_block(state, may_enter, limits):
    """Return the position block of one environment, a tuple of floats."""
    unit = float(MICRODOLLARS_PER_UNIT)
    position, open_gain, giveback, held = 0.0, 0.0, 0.0, 0.0
    if state.shares > 0:
        value = unit * state.shares * state.mark
        position = _bounded(value / limits.max_position, POSITION_LIMIT)
        open_gain = 10.0 * _bounded(value / state.cost - 1.0, 1.0)
        if state.peak_mark > 0:
            giveback = 10.0 * (1.0 - state.mark / state.peak_mark)
        since = float(state.second - state.entry_second)
        held = since / (since + 60.0)
    since_exit = 1.0
    if state.exit_second >= 0:
        since = float(state.second - state.exit_second)
        since_exit = since / (since + 60.0)
    episode_gain = 10.0 * _bounded(state.equity / state.start_equity - 1.0, 1.0)
    cash = _bounded(state.cash / state.start_equity, POSITION_LIMIT)
    last_fill = 0.0
    if state.order_shares != 0:
        last_fill = state.fill_shares / abs(state.order_shares)
    left = float(max(0, state.deadline - state.second))
    working, working_distance, stop_distance = 0.0, 0.0, 0.0
    if state.working != 0:
        value = unit * state.working * state.mark
        working = _bounded(value / limits.max_position, POSITION_LIMIT)
        if state.mark > 0:
            working_distance = 100.0 * (state.working_limit / state.mark - 1.0)
            working_distance = _bounded(working_distance, POSITION_LIMIT)
    if state.stop_price > 0 and state.mark > 0:
        stop_distance = _bounded(10.0 * (1.0 - state.stop_price / state.mark), POSITION_LIMIT)
    return (
        position,
        open_gain,
        giveback,
        held,
        since_exit,
        episode_gain,
        cash,
        last_fill,
        left / (left + 600.0),
        1.0 if may_enter else 0.0,
        1.0 if state.closing != 0 else 0.0,
        working,
        working_distance,
        stop_distance,
        1.0 if state.stop_due != 0 else 0.0,
    )
