"""What the phase filter reads of a tape: some of its columns, halts, and moments of the day."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import COLUMNS, NAMES, market_table
from lowfloat.tape.halts import is_halted
from lowfloat.tape.phase_filter import CLOSING, DOWN, FLAT, OPENING, UP
from lowfloat.tape.price import mid_price

FEATURES = (
    "tape_speed_60s", "tape_speed_300s", "tape_trend", "tape_acceleration", "quote_rate_10s",
    "volume_so_far", "volume_300s",
    "spread_60s", "range_60s", "range_300s", "range_1800s",
    "return_30s", "return_60s", "return_300s", "return_1800s",
    "distance_to_vwap", "since_vwap_cross", "distance_to_high", "since_high",
    "extension", "retrace", "leg_seconds",
    "sign_imbalance_300s", "buy_pressure_300s", "order_flow_60s", "day_fraction",
)  # fmt: skip
"""Columns of the tape that tell the phase, by name; none needs to know other days."""

_PLACES = [NAMES.index(name) for name in FEATURES]
_COLUMNS = tuple(COLUMNS[place] for place in _PLACES)

FLAT_REOPENING = 0.005
"""Move over a halt below which it reopened flat."""


class PhaseInput(NamedTuple):
    """What the filter reads of a day, one row a second.

    Attributes:
        features: float32 (seconds, features), the columns of FEATURES, NaN where not known.
        halted: int8 (seconds,), 1 in a halt.
        moment: int8 (seconds,), UP, FLAT or DOWN in the second after a halt, OPENING and CLOSING
            at the bells, 0 in any other.
    """

    features: np.ndarray
    halted: np.ndarray
    moment: np.ndarray


def phase_input(tape: Tape) -> PhaseInput:
    """Return what the filter reads of a tape, at each decision second 0..57,600."""
    table, places = tape.made(market_table), _PLACES
    if table is None:  # not worth the columns that nobody asked for
        table, places = market_table(tape, _COLUMNS), list(range(len(_COLUMNS)))
    features = np.empty((len(table.values), len(places)), np.float32)
    for place, at in enumerate(places):
        features[:, place] = np.where(table.known[:, at], table.values[:, at], np.nan)
    return PhaseInput(features, *moments_of(tape))


def moments_of(tape: Tape) -> tuple[np.ndarray, np.ndarray]:
    """Return ``halted`` and ``moment`` of :class:`PhaseInput`."""
    halted = np.append(False, tape.of(is_halted)).astype(np.int8)
    moment = np.zeros(len(halted), np.int8)
    moment[REGULAR_OPEN] = OPENING
    moment[tape.session.second(tape.session.regular_close_ns)] = CLOSING
    mid = np.append(np.nan, tape.of(mid_price))
    for second in np.flatnonzero(np.diff(halted) == -1) + 1:
        running = np.flatnonzero(halted[:second] == 0)
        before, after = mid[running[-1]], mid[second]
        move = after / before - 1.0 if before > 0 and after > 0 else 0.0
        moment[second] = FLAT if abs(move) < FLAT_REOPENING else UP if move > 0 else DOWN
    return halted, moment
