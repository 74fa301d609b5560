"""How an episode ends: the one table of end reasons.

A reason that closes the position forbids new orders and sells what is held, at the bid less the
forced slippage, as fast as displayed size allows; the episode terminates when the account is
flat. In a halt nothing fills, so the position waits for the reopening. What cannot be sold by the
end of the session is written down to the last bid less ``settlement_haircut``: a settlement,
flagged and counted, never a fill.
"""

from typing import Annotated, NamedTuple

from annotated_types import Ge, Le

from lowfloat.base.codes import EndReason
from lowfloat.base.jit import kernel
from lowfloat.base.units import MAX_SECONDS, Fraction, Seconds


class Ending(NamedTuple):
    """What one end reason entails."""

    closes_position: bool
    terminated: bool
    truncated: bool
    sentence: str


ENDINGS: dict[EndReason, Ending] = {
    EndReason.RUNNING: Ending(False, False, False, "The episode goes on."),
    EndReason.MARKET_CLOSE: Ending(True, True, False, "The session ended."),
    EndReason.DATA_END: Ending(True, True, False, "The day's data end before the session does."),
    EndReason.MAX_LOSS: Ending(True, True, False, "The episode lost its maximum."),
    EndReason.DAY_LOSS: Ending(True, True, False, "The day lost its maximum."),
    EndReason.BANKRUPTCY: Ending(True, True, False, "Almost all of the equity was gone."),
    EndReason.MAX_DURATION: Ending(False, False, True, "The episode reached its time limit."),
    EndReason.RESET_TRANSITION: Ending(False, False, True, "The next reset point had come."),
    EndReason.HALTED_INTO_CLOSE: Ending(
        True, True, False, "The stock was halted into the close with a position held."
    ),
}

MARKET_CLOSE = int(EndReason.MARKET_CLOSE)
DATA_END = int(EndReason.DATA_END)
MAX_LOSS = int(EndReason.MAX_LOSS)
DAY_LOSS = int(EndReason.DAY_LOSS)
BANKRUPTCY = int(EndReason.BANKRUPTCY)
MAX_DURATION = int(EndReason.MAX_DURATION)
RESET_TRANSITION = int(EndReason.RESET_TRANSITION)
HALTED_INTO_CLOSE = int(EndReason.HALTED_INTO_CLOSE)


class EpisodeRules(NamedTuple):
    """Limits of an episode."""

    max_seconds: Annotated[int, Ge(1), Le(MAX_SECONDS)] = 3600  # then it is truncated
    max_loss: Fraction = 0.05  # of the equity at the start of the episode
    day_loss: Fraction = 0.10  # of the equity at the start of the day
    bankruptcy: Fraction = 0.10  # equity left, of that at the start
    no_entry_seconds: Seconds = 300  # before the end: no new buys
    flatten_seconds: Seconds = 60  # before the end: what is held is sold
    settlement_haircut: Fraction = 0.10  # off the last bid, for what could not be sold
    reset_transitions: bool = True  # truncate when the day's next reset point comes
    min_seconds: Seconds = 300  # but not before
    transition_gap_seconds: Seconds = 60  # how long before it
    carry_max_gap: Seconds = 60  # a position is kept if the day's next episode begins by then


@kernel
def closing_reason(equity, start_equity, day_equity, second, day, rules):
    """Return the reason for which the position must be closed now, or 0.

    Args:
        equity: microdollars.
        start_equity: equity at the start of the episode, microdollars.
        day_equity: equity at the start of the day, microdollars.
        second: session second just reached.
        day: ``DAY`` record.
        rules: :class:`EpisodeRules`.
    """
    if equity <= rules.bankruptcy * start_equity:
        return BANKRUPTCY
    if equity <= (1.0 - rules.day_loss) * day_equity:
        return DAY_LOSS
    if equity <= (1.0 - rules.max_loss) * start_equity:
        return MAX_LOSS
    if second >= day.end_second - rules.flatten_seconds:
        return DATA_END if day.data_ends_early else MARKET_CLOSE
    return 0
