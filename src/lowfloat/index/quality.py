"""How good a second is to start from: the weighted score and its time table."""

from lowfloat.base.clock import parse_second
from lowfloat.base.codes import MomentumPhase

PHASE_SCORES = {
    MomentumPhase.BREAKOUT: 1.0,
    MomentumPhase.MOMENTUM: 0.9,
    MomentumPhase.PARABOLIC: 0.8,
    MomentumPhase.FLUSH: 0.7,
    MomentumPhase.BOUNCE: 0.6,
    MomentumPhase.ACCUMULATION: 0.6,
    MomentumPhase.DISTRIBUTION: 0.5,
    MomentumPhase.EXHAUSTION: 0.5,
    MomentumPhase.CONSOLIDATION: 0.4,
    MomentumPhase.FADE: 0.4,
    MomentumPhase.DEAD: 0.1,
    MomentumPhase.HALTED: 0.1,
}

_TIME_TABLE = tuple(
    (parse_second(begin), score)
    for begin, score in (
        ("04:00", 0.3),
        ("07:00", 1.0),
        ("09:30", 1.0),
        ("10:30", 0.4),
        ("14:00", 0.8),
        ("16:00", 0.5),
    )
)


def time_multiplier(second: int) -> float:
    """Return the time-of-day multiplier; each period starts at its bound."""
    return [score for begin, score in _TIME_TABLE if second >= begin][-1]


def base_quality(phase: MomentumPhase, volume_ratio: float, setup: float, spread: float) -> float:
    """Return the quality 0..1 before the time of day: 0.4 phase, 0.3 volume, 0.2 setup, 0.1 spread.

    Args:
        phase: at that second.
        volume_ratio: last closed minute over the 20 before; 5 is full marks.
        setup: clarity of the pattern, 0..1.
        spread: fraction of the mid; 2 % or more scores nothing.
    """
    volume_score = min(volume_ratio / 5.0, 1.0)
    tightness = 1.0 - min(spread / 0.02, 1.0)
    return 0.4 * PHASE_SCORES[phase] + 0.3 * volume_score + 0.2 * setup + 0.1 * tightness


def category_of(phase: MomentumPhase, quality: float) -> str:
    """Return prime, secondary, risk, educational or dead, from the quality before the time."""
    if phase in (MomentumPhase.DEAD, MomentumPhase.HALTED):
        return "dead"
    if phase in (MomentumPhase.FLUSH, MomentumPhase.FADE, MomentumPhase.DISTRIBUTION):
        return "risk"
    if phase in (MomentumPhase.ACCUMULATION, MomentumPhase.BOUNCE):
        return "educational"
    return "prime" if quality > 0.8 else "secondary"
