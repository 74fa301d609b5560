"""Between which bounds the stylised facts of a low-float market must lie, and whether they do.

The bounds were declared from measurements of real tapes and from the literature. Three kinds of
words name the source of each: *measured* is real low-float tapes; *literature* is a published
law or figure; *practice* is what traders report. A bound of the last two that real days in play
contradict, measured by the very estimator used here, was moved to hold them too, and its source
says what they showed. Outcomes of days are left as declared: they need many stocks.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lowfloat.days.day import Day
from lowfloat.synth.facts import Measured, combine, measure

IN_PLAY = 0.10
"""Range of a day, highest print over lowest less 1, from which the stock was in play."""

WIDE = 0.50
"""Range of a day from which volatility pauses are to be expected."""


class Band(NamedTuple):
    """The bounds of one fact.

    Attributes:
        name: name of the fact in :func:`lowfloat.synth.facts.facts_of`.
        low: least value that is accepted.
        high: largest value that is accepted.
        source: where the bounds come from, in words.
        sentence: what the fact is, in a sentence.
        least_range: it is measured on the days of at least this range only.
    """

    name: str
    low: float
    high: float
    source: str
    sentence: str
    least_range: float = IN_PLAY


class Fact(NamedTuple):
    """One fact of days, beside its band.

    Attributes:
        name: name of the fact.
        value: what was measured; NaN if the days hold too little to say it.
        low: least value that is accepted.
        high: largest value that is accepted.
        ok: whether the value lies in the band; None if there is none.
        days: number of days it was measured on.
        against: the same fact of other days, measured alike; NaN without them.
        source: where the band comes from, in words.
        sentence: what the fact is.
    """

    name: str
    value: float
    low: float
    high: float
    ok: bool | None
    days: int
    against: float
    source: str
    sentence: str


BANDS = (
    Band("trade_size_median", 60, 100, "measured", "Median size of a print, shares."),
    Band("trade_size_mean", 110, 400, "practice, 150 to 400; real days showed 130",
         "Mean size of a print, shares."),
    Band("odd_lot_share", 0.46, 0.60, "measured", "Share of prints below 100 shares."),
    Band("gap_under_1ms_share", 0.40, 0.65, "measured",
         "Share of prints within 1 ms of the one before: orders come in pieces."),
    Band("gap_variation", 2.5, 15, "prototype, 3 to 15; real days showed 2.8",
         "Deviation of the time between prints over its mean: 1 if prints came by chance alone."),
    Band("fano_1s", 4, 15, "prototype",
         "Variance of the prints per second over their mean: 1 if they came by chance alone."),
    Band("fano_60s", 9, 600, "prototype, 20 to 600; real days showed 10",
         "Variance of the prints per minute over their mean."),
    Band("branching_ratio", 0.63, 0.75, "measured",
         "Prints that one print causes, by a Hawkes process of five time scales."),
    Band("no_aggressor_share", 0.35, 0.50, "measured",
         "Share of prints for which the feed says no aggressor."),
    Band("sign_acf_1", 0.56, 0.71, "measured",
         "Autocorrelation of the aggressors' signs from one print to the next."),
    Band("sign_acf_100", 0.02, 0.08, "measured, about 0.05",
         "Autocorrelation of the aggressors' signs at 100 prints."),
    Band("sign_memory_exponent", 0.36, 0.77, "literature: Lillo and Farmer 2004; Bouchaud 2004",
         "Exponent of the decay of the signs' autocorrelation: large orders are split."),
    Band("spread_regular", 65, 152, "measured, 68 to 152; all days in play 67",
         "Median spread in regular hours, basis points."),
    Band("spread_before", 72, 600, "measured on runners, 72 to 354; on all days in play 546",
         "Median spread before the open, basis points."),
    Band("effective_half_spread", 31, 37, "measured",
         "Mean distance of a print from the mid before it, basis points."),
    Band("response_1s", 29, 39, "measured, 32 to 34; the 90 % interval over the days",
         "Move of the mid with the aggressor one second after a print, basis points."),
    Band("response_300s", 35, 57, "measured",
         "Move of the mid with the aggressor after five minutes, basis points."),
    Band("impact_exponent", 0.2, 0.6, "literature, 0.4 to 0.6; real days showed 0.27",
         "Exponent of the mid's move over a minute with its signed volume: impact is concave."),
    Band("ofi_r2", 0.2, 0.7, "literature: Cont, Kukanov and Stoikov 2014; real days showed 0.25",
         "How much of the mid's moves over 10 s the changes of the book's sizes explain."),
    Band("return_hill_1s", 2.5, 4.5, "literature: Gopikrishnan 1998, the inverse cubic law",
         "Exponent of the tail of one-second returns."),
    Band("return_hill_60s", 2.5, 4.5, "literature: Gopikrishnan 1998, the inverse cubic law",
         "Exponent of the tail of one-minute returns."),
    Band("return_kurtosis", 24, 343, "measured", "Excess kurtosis of one-second returns."),
    Band("return_acf_1", -0.20, 0.15, "practice, -0.10 to 0.15; real days showed -0.15",
         "Autocorrelation of one-second returns: next to nothing can be foretold."),
    Band("trade_price_acf_1", -0.45, 0.05, "literature: Roll 1984, -0.45 to -0.10; "
         "real days showed 0.01, for signs persist and the mid follows at once",
         "Autocorrelation of the changes from print to print: the bounce between bid and ask."),
    Band("abs_return_acf_1", 0.14, 0.32, "measured",
         "Autocorrelation of the size of one-second returns: volatility clusters."),
    Band("abs_return_acf_10", 0.04, 0.25, "practice", "The same at 10 seconds."),
    Band("abs_return_acf_60", 0.01, 0.15, "practice", "The same at one minute."),
    Band("abs_return_acf_300", 0.02, 0.09, "measured", "The same at five minutes."),
    Band("variance_ratio_60", 0.24, 0.40, "measured",
         "Variance of the mid over a minute per second, over that of one second: it flickers."),
    Band("spread_rate_correlation", -0.7, 0.1, "practice, -0.7 to -0.3; real days showed 0.04",
         "Correlation of the spread with the number of prints over the minutes of a day."),
    Band("spread_volatility_slope", 0.5, 1.0, "literature: Wyart and others 2008",
         "Elasticity of the spread to the volatility per print within a day."),
    Band("volume_return_correlation", 0.35, 0.8,
         "literature: Karpoff 1987, 0.4 to 0.8; real days showed 0.39",
         "Rank correlation of a minute's volume with the size of its move."),
    Band("first_30min_share", 0.15, 0.40, "practice, 0.20 to 0.40; real days showed 0.18",
         "Share of the regular hours' volume in their first 30 minutes."),
    Band("flush_over_run", 1.5, 4.0, "practice",
         "Speed of falling swings of at least 5 % over that of rising ones."),
    Band("pause_seconds", 300, 600, "measured, 300 or 600", "Median length of a pause, seconds."),
    Band("pause_upward_share", 0.18, 0.54, "measured, 10 of 29: the 95 % interval",
         "Share of volatility pauses after a rise."),
    Band("pause_gap", 0.005, 0.03, "measured, 0.011 in all and 0.025 in one half of the days",
         "Median size of the gap from the last print before a pause to the first after it."),
    Band("pause_gap_p90", 0.04, 0.14, "measured, 0.069 in all and 0.13 in one half of the days",
         "Size of that gap that one pause in ten exceeds."),
    Band("pauses_per_day_median", 1, 4, "practice, 2",
         "Median number of pauses on days of a range of at least 50 %.", WIDE),
    Band("pauses_per_day_p90", 4, 10, "practice, 8",
         "Number of pauses that one such day in ten exceeds.", WIDE),
    Band("gap_closes_below_open", 0.70, 0.78, "practice: two samples of small stocks",
         "Share of the days that open at least 20 % up and close below their open.", 0.0),
    Band("early_high_share", 0.30, 0.45, "practice",
         "Share of days whose highest print of regular hours came from 09:30 to 09:45."),
)  # fmt: skip
"""The bands, in the order in which they are reported."""


def check(days: Iterable[Day], against: Iterable[Day] | None = None) -> list[Fact]:
    """Return every banded fact of days, whether it lies in its band, and the same of others.

    Args:
        days: the days to judge, such as synthetic ones.
        against: days to measure beside them, such as real ones.
    """
    others = None if against is None else [measure(day) for day in against]
    return judge([measure(day) for day in days], others)


def judge(days: list[Measured], against: list[Measured] | None = None) -> list[Fact]:
    """Return the same as :func:`check` for days that were measured."""
    facts = {least: combine(_ranging(days, least)) for least in _RANGES}
    others = {least: combine(_ranging(against or [], least)) for least in _RANGES}
    found = []
    for band in BANDS:
        value = facts[band.least_range].get(band.name, np.nan)
        found.append(
            Fact(
                name=band.name,
                value=value,
                low=band.low,
                high=band.high,
                ok=band.low <= value <= band.high if np.isfinite(value) else None,
                days=int(facts[band.least_range]["days"]),
                against=others[band.least_range].get(band.name, np.nan),
                source=band.source,
                sentence=band.sentence,
            )
        )
    return found


_RANGES = sorted({band.least_range for band in BANDS})


def _ranging(days: list[Measured], least: float) -> list[Measured]:
    """Return the days of at least this range; a day without prints has none."""
    return [day for day in days if day.outcome.range >= least]
