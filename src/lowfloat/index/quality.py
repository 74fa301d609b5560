"""How good a second is to start from: the weighted score and its time table."""

from lowfloat.base.clock import parse_second
from lowfloat.base.codes import MomentumPhase, Pattern

CATEGORIES = ("prime", "secondary", "risk", "educational", "dead")

PRIME = 0.8
"""Quality before the time of day above which a second is prime."""

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

_RISKY_PHASES = {MomentumPhase.FLUSH, MomentumPhase.FADE, MomentumPhase.DISTRIBUTION}
_RISKY_PATTERNS = {Pattern.FLUSH, Pattern.DISTRIBUTION, Pattern.FAILED_BREAKOUT}
_LESSONS = {Pattern.ACCUMULATION, Pattern.BOUNCE, Pattern.VWAP_REJECT}

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


def volume_score(volume_ratio: float) -> float:
    """Return 0 to 1 for the last closed minute over the 20 before; 5 times is full marks."""
    return min(volume_ratio / 5.0, 1.0)


def spread_tightness(spread: float) -> float:
    """Return 0 to 1 for a spread as a fraction of the mid; 2 % or more scores nothing."""
    return 1.0 - min(spread / 0.02, 1.0)


def base_quality(phase: MomentumPhase, volume_ratio: float, setup: float, spread: float) -> float:
    """Return the quality 0..1 before the time of day: 0.4 phase, 0.3 volume, 0.2 setup, 0.1 spread.

    Args:
        phase: at that second.
        volume_ratio: last closed minute over the 20 before.
        setup: clarity of the pattern, 0..1.
        spread: mean of a minute, as a fraction of the mid.
    """
    return (
        0.4 * PHASE_SCORES[phase]
        + 0.3 * volume_score(volume_ratio)
        + 0.2 * setup
        + 0.1 * spread_tightness(spread)
    )


def category_of(phase: MomentumPhase, pattern: Pattern, quality: float) -> str:
    """Return what a second teaches, one of :data:`CATEGORIES`.

    A market that is dead or halted teaches nothing else. Otherwise a pattern decides that has a
    lesson of its own, then the phase, then the quality before the time of day.
    """
    if phase in (MomentumPhase.DEAD, MomentumPhase.HALTED):
        return "dead"
    if pattern in _RISKY_PATTERNS:
        return "risk"
    if pattern in _LESSONS:
        return "educational"
    if phase in _RISKY_PHASES:
        return "risk"
    if phase in (MomentumPhase.ACCUMULATION, MomentumPhase.BOUNCE):
        return "educational"
    return "prime" if quality > PRIME else "secondary"


def day_quality(scores: list[float], max_move: float, volume_ratio: float | None) -> float:
    """Return the quality of a day, 0 to 1: the mean of its five best points, times how it moved.

    Args:
        scores: of its reset points.
        max_move: (high - low) / open; a half is full marks.
        volume_ratio: shares of the day over the usual, None if unknown; 5 times is full marks.
    """
    best = sorted(scores, reverse=True)[:5]
    moved, traded = min(max_move / 0.5, 1.0), volume_score(volume_ratio or 0.0)
    return sum(best) / max(len(best), 1) * (0.5 + 0.5 * moved * traded)
