"""The six phases of the life of a move: what marks each, what traders do in it, how long it lasts.

Names, marks, advice and seconds are those of the design document that this project began with.
"""

from enum import IntEnum
from typing import NamedTuple

from lowfloat.base.codes import Lifecycle


class Intent(IntEnum):
    """What a decision does to a position."""

    WAIT = 0
    """Nothing, without a position."""
    ENTER = 1
    ADD = 2
    HOLD = 3
    """Nothing, with a position."""
    TRIM = 4
    EXIT = 5
    SHORT = 6
    """Enters or adds to a short position."""


class LifePhase(NamedTuple):
    """A phase of the life of a move.

    Attributes:
        marks: names of the three scores that mark it.
        advice: what a trader does in it, as the design document spells it.
        aligned: what follows the advice, for somebody who is long or flat.
        opposed: what goes against it; the rest does neither.
        usual_seconds: how long it lasts as a rule, from and to.
    """

    marks: tuple[str, str, str]
    advice: str
    aligned: frozenset[Intent]
    opposed: frozenset[Intent]
    usual_seconds: tuple[int, int]


_UP = frozenset({Intent.ENTER, Intent.ADD})
_OUT = frozenset({Intent.EXIT, Intent.WAIT})

LIFE_CYCLE = {
    Lifecycle.ACCUMULATION: LifePhase(
        ("low_volume", "tight_range", "absorption"),
        "POSITION_BUILDING", _UP | {Intent.HOLD}, frozenset({Intent.SHORT}), (60, 300),
    ),
    Lifecycle.BREAKOUT: LifePhase(
        ("volume_spike", "range_expansion", "aggressive_buying"),
        "AGGRESSIVE_ADD", _UP, frozenset({Intent.TRIM, Intent.EXIT, Intent.SHORT}), (30, 180),
    ),
    Lifecycle.MOMENTUM_RUN: LifePhase(
        ("sustained_volume", "trending", "pullback_buying"),
        "HOLD_CORE_SCALE_OUT", frozenset({Intent.HOLD, Intent.TRIM}),
        frozenset({Intent.EXIT, Intent.SHORT}), (120, 900),
    ),
    Lifecycle.EXHAUSTION: LifePhase(
        ("volume_divergence", "range_contraction_score", "failed_highs"),
        "AGGRESSIVE_EXIT", _OUT | {Intent.TRIM}, _UP, (60, 300),
    ),
    Lifecycle.DISTRIBUTION: LifePhase(
        ("high_volume_selling", "lower_highs_score", "bid_weakness"),
        "FULL_EXIT_OR_SHORT", _OUT | {Intent.SHORT}, _UP | {Intent.HOLD}, (30, 180),
    ),
    Lifecycle.REVERSAL: LifePhase(
        ("panic_selling", "cascade_stops", "no_bid"),
        "FLAT_OR_SHORT", _OUT | {Intent.SHORT}, _UP | {Intent.HOLD}, (60, 600),
    ),
}  # fmt: skip
"""Every phase but NONE."""
