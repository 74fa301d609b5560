"""The phase of the move at each second, as the tracker tells it."""

from functools import cache

import numpy as np

from lowfloat.days.day import Day
from lowfloat.tape.column import Tape
from lowfloat.tape.phase_filter import Track
from lowfloat.tape.phase_input import phase_input
from lowfloat.tape.tracker import MomentumPhaseTracker


def phases(day: Day) -> np.ndarray:
    """Return the phase known at each decision second 0..57,600, as int8 ``MomentumPhase``."""
    return phases_of(Tape(day))


def phases_of(tape: Tape) -> np.ndarray:
    """Return the same from a tape."""
    return tape.of(track_of).phase


def track_of(tape: Tape) -> Track:
    """Return all that the tracker that comes with the package says of a tape."""
    return _tracker().along(phase_input(tape))


@cache
def _tracker() -> MomentumPhaseTracker:
    return MomentumPhaseTracker()
