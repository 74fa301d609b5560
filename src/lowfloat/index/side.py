"""The side of a move: front while buyers lead, back once they have gone, dead where nobody is."""

from lowfloat.base.codes import MomentumPhase

_FRONT = {MomentumPhase.BREAKOUT, MomentumPhase.MOMENTUM, MomentumPhase.PARABOLIC}
_BACK = {
    MomentumPhase.DISTRIBUTION,
    MomentumPhase.FLUSH,
    MomentumPhase.BOUNCE,
    MomentumPhase.FADE,
}
RECENT_HIGH = 1800
"""Seconds for which a high of day is recent."""


def side_of_phase(phase: MomentumPhase, above_vwap: bool, recent_high: bool) -> str:
    """Return front, back, dead, or neither.

    Args:
        phase: of the move.
        above_vwap: whether the mid lies above VWAP.
        recent_high: whether a high of day was made within 30 minutes.
    """
    if phase in _FRONT:
        return "front"
    if phase == MomentumPhase.CONSOLIDATION and above_vwap and recent_high:
        return "front"
    if phase in _BACK:
        return "back"
    return "dead" if phase == MomentumPhase.DEAD else "neither"
