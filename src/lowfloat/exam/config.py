"""What the experimenter sets for an exam."""

from typing import Literal

from lowfloat.base.settings import Settings
from lowfloat.base.units import Count, Fraction, NonNegative, Seconds, Seed


class BreakoutRule(Settings):
    """The rule trader: buy a new five-minute high on volume, leave by a stop or by the clock."""

    min_gain: NonNegative = 0.005  # return of the last minute
    min_surge: NonNegative = 2.0  # last closed minute over the 20 before
    trailing_stop: Fraction = 0.02  # fall of the mark from its peak
    max_seconds: Seconds = 300


class ExamConfig(Settings):
    """Whole held-out days, all policies on the same ones."""

    start: Literal["session", "alert"] = "session"  # 04:00, or the first as-of alert
    confidence: Fraction = 0.95
    resamples: Count = 10_000
    seed: Seed = 1
    deterministic: bool = True  # the agent takes its most probable action
    breakout: BreakoutRule = BreakoutRule()
