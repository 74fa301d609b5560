"""What the scanner looks for, where episodes may begin, and how days are split."""

import datetime as dt
from typing import Annotated

from annotated_types import Ge
from pydantic import model_validator

from lowfloat.base.settings import Settings
from lowfloat.base.units import Count, Fraction, NonNegative, Seconds, Seed


class BreakoutConfig(Settings):
    """Consolidation, surge of volume, expansion of price; and whether it holds."""

    min_consolidation: Seconds = 300  # of low volatility, seconds
    max_width: Fraction = 0.005  # of the consolidation, or the spread, or the next, if wider
    max_width_atr: NonNegative = 1.12  # of ATR(14): half of it times the root of five minutes
    fresh: Seconds = 240  # after the consolidation ended
    margin_spreads: NonNegative = 1.0  # how far above its top, in spreads
    fails_within: Seconds = 60  # seconds in which a mid below the top is a failure


class FlushConfig(Settings):
    """A sharp decline from near the high, on volume."""

    near_high: Fraction = 0.10  # the decline begins at most so far below the high of day
    decline: Fraction = 0.02  # of the mid,
    decline_atr: NonNegative = 2.5  # or so many ATR(14),
    decline_spreads: NonNegative = 2.0  # or so many spreads, whichever is most
    within: Seconds = 60
    below: Seconds = 120  # under the lowest mid of so long before
    max_buy_pressure: Fraction = 0.45


class BounceConfig(Settings):
    """A decline, volume, and an attempt to recover on the back side."""

    decline: Fraction = 0.03  # of the top,
    decline_atr: NonNegative = 3.0  # or so many ATR(14),
    decline_spreads: NonNegative = 2.0  # or so many spreads, whichever is most
    within: Seconds = 900  # from the top to the low
    recovery: Fraction = 0.25  # of the decline
    max_recovery: Fraction = 0.8  # more is no bounce any more
    low_within: Seconds = 240  # since the low
    min_buy_pressure: Fraction = 0.5


class AccumulationConfig(Settings):
    """Low volatility near VWAP with bids that build."""

    seconds: Seconds = 120
    max_width_atr: NonNegative = 2.0  # range of that time, or 1 % or the spread if wider
    max_width: Fraction = 0.01
    near_vwap: Fraction = 0.03  # of it, or so many ATR(14)
    near_vwap_atr: NonNegative = 3.0
    min_buy_pressure: Fraction = 0.55
    min_prints: Count = 10  # in that time: a market that nobody trades in gathers nothing


class DistributionConfig(Settings):
    """Near the high of day, which is not made any more, while sellers take over."""

    near_high: Fraction = 0.08
    since_high: Seconds = 60
    high_within: Seconds = 1200
    max_buy_pressure: Fraction = 0.42
    min_surge: NonNegative = 1.0


class PullbackConfig(Settings):
    """The first pullback of a leg."""

    leg: Fraction = 0.05
    leg_within: Seconds = 300
    near_high: Fraction = 0.02  # its top lies at most so far below the high of day
    min_retrace: Fraction = 0.2
    max_retrace: Fraction = 0.5
    max_volume: NonNegative = 0.6  # shares a second, over those of the leg
    max_bars: Count = 3  # minutes that closed below their opening


class VwapConfig(Settings):
    """Coming back over VWAP, or being turned away from it."""

    hold: Seconds = 60  # above
    min_volume_z: float = 1.0  # at the cross
    below_for: Seconds = 300  # before a cross or a rejection
    near: Fraction = 0.003  # a high so close to it
    away: Fraction = 0.005  # and then so far below
    within: Seconds = 60


class HaltConfig(Settings):
    """Going on after a halt."""

    after: Seconds = 10  # of trading
    min_buy_pressure: Fraction = 0.6


class DetectionConfig(Settings):
    """Thresholds of the detectors."""

    min_day_move: NonNegative = 0.10  # (high - low) / open of a momentum day
    volume_surge: NonNegative = 2.0  # last 60 s over the mean of the 20 minutes before
    price_velocity: NonNegative = 0.002  # absolute return of one minute
    atr_expansion: NonNegative = 0.5  # range of 60 s over the ATR(14) before it, less 1
    min_minute_value: NonNegative = 1_000.0  # dollars traded in 60 s; less says nothing
    again_after: Seconds = 300  # a detector is silent for so long after it spoke
    breakout: BreakoutConfig = BreakoutConfig()
    flush: FlushConfig = FlushConfig()
    bounce: BounceConfig = BounceConfig()
    accumulation: AccumulationConfig = AccumulationConfig()
    distribution: DistributionConfig = DistributionConfig()
    first_pullback: PullbackConfig = PullbackConfig()
    vwap: VwapConfig = VwapConfig()
    halt: HaltConfig = HaltConfig()


class ResetConfig(Settings):
    """Where episodes may begin."""

    spacing_seconds: Seconds = 300  # between two reset points
    fresh_seconds: Seconds = 60  # for which a pattern counts after it became known
    least_seconds: Seconds = 600  # of data after a point
    dead_zones: Annotated[int, Ge(0)] = 2  # of a day at most, the longest
    dead_seconds: Seconds = 900  # length of one at least
    pre_squeeze_from: Seconds = 900  # before the breakout
    pre_squeeze_to: Seconds = 300
    squeeze_gain: NonNegative = 0.05  # what a breakout must still gain to have run,
    squeeze_within: Seconds = 1800  # within so long,
    squeeze_loss: NonNegative = 0.03  # before it has lost this


class ScenarioConfig(Settings):
    """How the story of a day is told afterwards."""

    least_move: NonNegative = 0.06  # a move climbs at least this,
    least_move_atr: NonNegative = 4.0  # so many times the median range of a minute,
    least_move_spreads: NonNegative = 4.0  # and so many spreads
    base: Fraction = 0.2  # share of that climb up to which a price still lies in the base
    in_play: NonNegative = 0.18  # a day whose regular hours span less is ordinary,
    dead_range: NonNegative = 0.05  # and one that spans less than this dead
    over_at: Fraction = 0.6  # share of its climb that ends a move when it is lost
    stale_minutes: Count = 60  # without a new high, that end it, too
    news_share: Fraction = 0.3  # of its size in two minutes,
    news_surge: NonNegative = 10.0  # on so many times the volume of the 20 minutes before
    small: NonNegative = 0.25  # a move that stays smaller,
    fail_minutes: Count = 6  # or takes no longer from base to top, has failed if soon lost
    blowoff_minutes: Count = 10  # of any other, the last before its top,
    blowoff_share: Fraction = 0.4  # which make so much of its size
    blowoff_loss: Fraction = 0.5  # of its size lost again within 15 minutes of the top
    drive_minutes: Count = 8  # from the bell, within which an opening drive begins
    pullback: Fraction = 0.15  # of the climb so far; less is not counted
    deep_pullback: Fraction = 0.5  # of the leg before it; two of these make a choppy climb
    squeeze_size: NonNegative = 0.4  # with two pullbacks; with three any size
    gap: NonNegative = 0.05  # of a day that fades from its open


class SplitConfig(Settings):
    """Chronological split of the days, at the same dates for all symbols.

    Dates that are not set are chosen so that the fractions hold. Around a boundary days of a
    symbol that traded on both sides belong to no split, because a runner echoes for days; the
    last day that a split has is never taken. No label or baseline looks beyond its own day, so
    nothing has to be purged before a boundary by default.
    """

    train_end: dt.date | None = None
    valid_end: dt.date | None = None
    train_fraction: Fraction = 0.6
    valid_fraction: Fraction = 0.2
    embargo_sessions: Annotated[int, Ge(0)] = 1  # after a boundary
    purge_sessions: Annotated[int, Ge(0)] = 0  # before it
    held_out_share: Fraction = 0.0  # of the symbols, for an exam on stocks never seen
    held_out_seed: Seed = 0

    @model_validator(mode="after")
    def _leaves_an_exam(self) -> "SplitConfig":
        total = self.train_fraction + self.valid_fraction
        if total > 1:
            raise ValueError(
                f"`train_fraction` and `valid_fraction` add up to {total:g}; use 1 at most"
            )
        return self


class AlertConfig(Settings):
    """When a live scanner would have alerted, from what was known at that second.

    All terms must hold; one that asks for what is not known of the stock is left out.
    """

    min_gain: NonNegative = 0.10  # over the previous close, or the first price if unknown
    min_volume: Count = 50_000  # shares since 04:00
    min_minute_value: NonNegative = 10_000.0  # dollars traded in the last 60 s
    min_price: NonNegative = 0.0  # dollars
    max_price: NonNegative = 1_000_000.0
    max_float: Count = 1_000_000_000_000  # shares
    min_relative_volume: NonNegative = 0.0  # shares so far over the usual by this minute
    min_premarket_volume: Annotated[int, Ge(0)] = 0  # shares before 09:30 so far
    gain_step: Annotated[float, Ge(0.001)] = 0.10  # alerts again at every further step
    relative_volume: NonNegative = 5.0  # alerts again when it is reached
    premarket_volume: Count = 300_000  # alerts again when it is reached


class IndexConfig(Settings):
    """The scan."""

    detection: DetectionConfig = DetectionConfig()
    resets: ResetConfig = ResetConfig()
    scenarios: ScenarioConfig = ScenarioConfig()
    splits: SplitConfig = SplitConfig()
    alert: AlertConfig = AlertConfig()
