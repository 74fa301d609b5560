"""How good a move is, not only where it goes: four scores from 0 to 1, and their mean."""

from collections.abc import Callable

import numpy as np

from lowfloat.tape.book import bid_steps
from lowfloat.tape.column import Column, Tape
from lowfloat.tape.resting import net_stack
from lowfloat.tape.swings import swings
from lowfloat.tape.volume import pullback_ratio, rising_share
from lowfloat.tape.windows import positive, ramp


def volume_profile(tape: Tape) -> np.ndarray:
    """Return whether volume comes with the moves up."""
    return ramp(tape.of(rising_share), 0.4, 0.7)


def tight_pullbacks(tape: Tape) -> np.ndarray:
    """Return whether little of the leg is given back, on little volume."""
    found = tape.of(swings)
    size = found.top - found.base
    deepest = (found.top - found.low_since_top) / positive(size)
    shallow = ramp(deepest, 0.6, 0.25)
    quiet = ramp(tape.of(pullback_ratio), 1.0, 0.4)
    return np.where(np.isnan(quiet), shallow, 0.5 * shallow + 0.5 * quiet)


def price_structure(tape: Tape) -> np.ndarray:
    """Return whether highs and lows rise, and no high is lower."""
    found = tape.of(swings)
    rising = 0.5 * ramp(found.higher_highs, 0.0, 2.0) + 0.5 * ramp(found.higher_lows, 0.0, 2.0)
    return rising * (found.lower_highs == 0)


def bid_support(tape: Tape) -> np.ndarray:
    """Return whether bids follow the price up and are added to."""
    following = ramp(tape.of(bid_steps), -0.2, 0.2)
    return 0.5 * following + 0.5 * ramp(tape.of(net_stack), -2.0, 2.0)


def momentum_quality(tape: Tape) -> np.ndarray:
    """Return the mean of the four scores, of those that are known; NaN if none is."""
    scores = np.stack(
        [tape.of(score) for score in (volume_profile, tight_pullbacks, price_structure,
                                      bid_support)]
    )  # fmt: skip
    known = ~np.isnan(scores)
    count = known.sum(axis=0)
    return np.where(known, scores, 0.0).sum(axis=0) / positive(count)


def _score(name: str, meaning: str, values: Callable[[Tape], np.ndarray]) -> Column:
    return Column(name, "score", 0.0, 1.0, 0, 0.5, meaning, "", values)


COLUMNS = (
    _score("volume_profile", "rising_volume_share, 0.4 to 0.7",
           lambda tape: tape.of(volume_profile)),
    _score("tight_pullbacks", "half of: the deepest retrace since the top of the leg, 0.6 down to "
           "0.25; half of: volume a second since the top over that of the leg, 1 down to 0.4, or "
           "the first alone", lambda tape: tape.of(tight_pullbacks)),
    _score("price_structure", "half of: higher swing highs in a row, 0 to 2; half of: higher swing "
           "lows, 0 to 2; 0 once a high was lower", lambda tape: tape.of(price_structure)),
    _score("bid_support", "half of: bid_steps_60s, -0.2 to 0.2; half of: net_stack, -2 to 2",
           lambda tape: tape.of(bid_support)),
    _score("momentum_quality", "mean of the four scores above that are known",
           lambda tape: tape.of(momentum_quality)),
)  # fmt: skip
