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
    PositionColumn("open_gain", "ten times the gain of the mark over the average entry, net of no fees"),
    PositionColumn("giveback", "ten times the fall of the mark from its peak since entry"),
    PositionColumn("seconds_held", "t / (t + 60) of the seconds since entry, 0 if flat"),
    PositionColumn("seconds_since_exit", "t / (t + 60) since the last exit, 1 if there was none"),
    PositionColumn("episode_gain", "ten times the gain of equity since the start of the episode"),
    PositionColumn("cash", "cash as a fraction of the equity at the start"),
    PositionColumn("last_fill", "signed shares filled over shares wished by the last order, or 0"),
    PositionColumn("seconds_left", "t / (t + 600) of the seconds left in the episode"),
    PositionColumn("entries_allowed", "1 if new buys are allowed at this time of the session"),
    PositionColumn("closing", "1 while the position is being closed by force"),
)  # fmt: skip
NUM_POSITION_COLUMNS = len(POSITION_COLUMNS)
POSITION_LIMIT = 10.0


@kernel
def _bounded(value, limit):
    return min(max(value, -limit), limit)


@kernel
def position_block(state, may_enter, limits, out):
    """Write the position block of one environment into the float32 row ``out``."""
    held = state.shares > 0
    value = float(MICRODOLLARS_PER_UNIT) * state.shares * state.mark
    out[0] = _bounded(value / limits.max_position, POSITION_LIMIT)
    out[1] = 10.0 * _bounded(value / state.cost - 1.0, 1.0) if held else 0.0
    out[2] = 10.0 * (1.0 - state.mark / state.peak_mark) if held and state.peak_mark > 0 else 0.0
    since_entry = float(state.second - state.entry_second)
    out[3] = since_entry / (since_entry + 60.0) if held else 0.0
    since_exit = float(state.second - state.exit_second)
    out[4] = since_exit / (since_exit + 60.0) if state.exit_second >= 0 else 1.0
    out[5] = 10.0 * _bounded(state.equity / state.start_equity - 1.0, 1.0)
    out[6] = _bounded(state.cash / state.start_equity, POSITION_LIMIT)
    out[7] = state.fill_shares / abs(state.order_shares) if state.order_shares != 0 else 0.0
    left = float(max(0, state.deadline - state.second))
    out[8] = left / (left + 600.0)
    out[9] = 1.0 if may_enter else 0.0
    out[10] = 1.0 if state.closing != 0 else 0.0
