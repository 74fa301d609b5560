"""What the experimenter sets for an exam."""

from typing import Literal

from pydantic import model_validator

from lowfloat.base.settings import Settings
from lowfloat.base.units import Count, Fraction, NonNegative, Seconds, Seed


class BreakoutRule(Settings):
    """The rule trader: buy a new five-minute high on volume, leave by a stop or by the clock."""

    max_age: Seconds = 30  # since the break
    min_gain: NonNegative = 0.005  # return of the last minute
    min_surge: NonNegative = 2.0  # last closed minute over the 20 before
    trailing_stop: Fraction = 0.02  # fall of the mark from its peak
    flush: Fraction = 0.02  # fall of the mid in half a minute
    max_seconds: Seconds = 300
    max_spread: Fraction = 0.02  # of the mid; where it is wider, the rule buys nothing


class ExitRule(Settings):
    """How a trade with a stop is left: by its stop, at its target, on a trail, or by the clock."""

    max_spread: Fraction = 0.02  # of the mid; where it is wider, the rule buys nothing
    target: NonNegative = 2.0  # gain, in units of what is risked down to the stop; 0 sets none
    trailing_stop: Fraction = 0.0  # fall of the mark from its peak; 0 sets none
    max_seconds: Seconds = 900


class FirstPullbackRule(ExitRule):
    """The rule trader: buy the first pullback of a leg as it turns up again, risk its low."""

    min_leg: NonNegative = 0.05  # rise from the low to the top
    max_leg_minutes: Count = 5  # from the minute of the low to the last before the pullback
    min_retrace: Fraction = 0.2  # fall from the top, of the leg
    max_retrace: Fraction = 0.5
    max_volume: NonNegative = 0.6  # mean minute of the pullback over the mean minute of the leg
    min_red_minutes: Count = 1
    max_red_minutes: Count = 3
    max_below_high: Fraction = 0.02  # the top may lie so far below the high of the day
    above_vwap: bool = True  # what trades below its VWAP is left alone

    @model_validator(mode="after")
    def _can_hold(self) -> "FirstPullbackRule":
        for low, high in (("min_retrace", "max_retrace"), ("min_red_minutes", "max_red_minutes")):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"`{low}` is {getattr(self, low)} and `{high}` is {getattr(self, high)}, so "
                    "that no pullback could be bought; use a smaller first or a larger second"
                )
        return self


class VwapReclaimRule(ExitRule):
    """The rule trader: buy what crosses its VWAP on volume and holds above it."""

    below_seconds: Seconds = 300  # the mid was below VWAP for so long before it crossed
    hold_seconds: Count = 60  # and above it for so long since
    min_surge: NonNegative = 2.0  # last closed minute at the entry over the 20 before
    stop_below: Fraction = 0.005  # the stop lies so far below the VWAP of the entry


class ExamConfig(Settings):
    """Whole held-out days, all policies on the same ones."""

    start: Literal["session", "alert"] = "session"  # 04:00, or the first as-of alert
    confidence: Fraction = 0.95
    resamples: Count = 10_000
    seed: Seed = 1
    deterministic: bool = True  # the agent takes its most probable action
    breakout: BreakoutRule = BreakoutRule()
    first_pullback: FirstPullbackRule = FirstPullbackRule()
    vwap_reclaim: VwapReclaimRule = VwapReclaimRule()
