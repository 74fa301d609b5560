"""What the scanner looks for, and how days are split."""

import datetime as dt
from typing import Annotated

from annotated_types import Ge
from pydantic import model_validator

from lowfloat.base.settings import Settings
from lowfloat.base.units import Count, Fraction, NonNegative, Seconds


class DetectionConfig(Settings):
    """Thresholds of the momentum detector, on closed one-minute bars."""

    min_day_move: NonNegative = 0.10  # (high - low) / open of a momentum day
    volume_surge: NonNegative = 2.0  # times the mean of the 20 minutes before
    price_velocity: NonNegative = 0.002  # absolute return of one minute
    atr_expansion: NonNegative = 1.5  # ATR(5) over ATR(14)
    spacing_seconds: Seconds = 300  # between two reset points


class SplitConfig(Settings):
    """Chronological split of the days, the same for all symbols.

    Dates that are not set are chosen so that the fractions hold. The first ``embargo_sessions``
    days of the later splits belong to none, because a runner echoes for days; the last day of a
    split is never taken.
    """

    train_end: dt.date | None = None
    valid_end: dt.date | None = None
    train_fraction: Fraction = 0.6
    valid_fraction: Fraction = 0.2
    embargo_sessions: Annotated[int, Ge(0)] = 1

    @model_validator(mode="after")
    def _leaves_an_exam(self) -> "SplitConfig":
        total = self.train_fraction + self.valid_fraction
        if total > 1:
            raise ValueError(
                f"`train_fraction` and `valid_fraction` add up to {total:g}; use 1 at most"
            )
        return self


class AlertConfig(Settings):
    """When a live scanner would have alerted, from what was known at that second."""

    min_gain: NonNegative = 0.10  # over the previous close, or the first price if unknown
    min_volume: Count = 50_000  # shares since 04:00
    min_minute_value: NonNegative = 10_000.0  # dollars traded in the last 60 s


class IndexConfig(Settings):
    """The scan."""

    detection: DetectionConfig = DetectionConfig()
    splits: SplitConfig = SplitConfig()
    alert: AlertConfig = AlertConfig()
