"""The stylised facts of stored days, real or synthetic, as one table of numbers.

A day is measured by itself. A figure over several days is one of three:

* what a print is like (its size, its cost, what follows it): the mean over all prints, as days
  weigh by their prints;
* what a day is like (spreads, returns, clustering): the median over the days that hold enough
  to say it;
* what no single day can say (tails of minutes, pauses, outcomes): from the observations of all
  days together.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import previous_session
from lowfloat.days.day import Day
from lowfloat.synth.day_facts import Outcome, legs_of, outcome_of
from lowfloat.synth.estimators import bin_means, hill, power_law
from lowfloat.synth.impact_facts import RESPONSE_SECONDS, impact_facts, impacts
from lowfloat.synth.observed import observe
from lowfloat.synth.quote_facts import TAIL_SHARE, minute_returns, quote_facts
from lowfloat.synth.trade_facts import (
    LONGEST_SIGN_LAG,
    SIGN_LAGS,
    branching_ratios,
    sign_autocorrelations,
    trade_facts,
)

GAP = 0.20
"""Rise from the previous close to the open from which a day counts as a gap up."""

_OF_A_PRINT = (
    "trade_size_mean", "odd_lot_share", "size_100_share", "round_lot_share", "subpenny_share",
    "no_aggressor_share", "trades_before_share", "trades_regular_share", "trades_after_share",
    "gap_under_1ms_share", "effective_half_spread", "effective_half_spread_signed",
    *(f"response_{seconds}s" for seconds in RESPONSE_SECONDS),
    *(f"sign_acf_{lag}" for lag in SIGN_LAGS),
)  # fmt: skip
IMPACT_BINS = 10
_SIGN_FIT_LAGS = np.array([1, 2, 3, 5, 8, 12, 20, 32, 50, 70, 100])


class Measured(NamedTuple):
    """What is kept of a day.

    Attributes:
        values: statistics of the day by itself, NaN where it holds too little.
        outcome: what became of it.
        sizes: shares of each print, int32.
        sign_acf: autocorrelation of signs at lags 1 to 100, float64 (100,), NaN if too few.
        branching: branching ratio per window of 15 minutes, float64.
        minutes: one-minute returns over their deviation, float64.
        flow: signed volume per minute over its mean size, float64.
        moves: move of the mid in the same minutes over its deviation, float64.
        legs: speeds of the swings, log change per second, float64.
    """

    values: dict[str, float]
    outcome: Outcome
    sizes: np.ndarray
    sign_acf: np.ndarray
    branching: np.ndarray
    minutes: np.ndarray
    flow: np.ndarray
    moves: np.ndarray
    legs: np.ndarray


def measure(day: Day) -> Measured:
    """Measure one day. The work is in reading its events once; a busy day takes about 0.2 s."""
    observed = observe(day)
    outcome = outcome_of(observed)
    minutes = minute_returns(observed)
    minutes = minutes[np.isfinite(minutes)]
    flow, moves = impacts(observed)
    values = trade_facts(observed) | quote_facts(observed) | impact_facts(observed)
    return Measured(
        values=values | {"range": outcome.range},
        outcome=outcome,
        sizes=observed.tape.size,
        sign_acf=sign_autocorrelations(observed),
        branching=branching_ratios(observed),
        minutes=minutes / minutes.std() if minutes.any() else np.empty(0),
        flow=flow,
        moves=moves,
        legs=legs_of(observed),
    )


def facts_of(days: Iterable[Day]) -> dict[str, float]:
    """Return the stylised facts of days, by name; NaN for what they do not hold enough to say.

    Spreads, costs, responses and deviations of returns are in basis points, sizes in shares,
    pauses in seconds; shares, correlations and exponents have no unit. The sentences beside
    :data:`lowfloat.synth.bands.BANDS` say what the facts that are judged are.

    Args:
        days: of any symbols, in any order. What needs the close of the day before is taken
            from the days whose previous session is among them too.
    """
    return combine([measure(day) for day in days])


def combine(days: Sequence[Measured]) -> dict[str, float]:
    """Return the facts of days that were measured."""
    names = list(dict.fromkeys(name for day in days for name in day.values))
    facts = {name: _over_days(days, name) for name in names}
    return {
        "days": float(len(days)),
        "trade_size_median": _median(_together(days, "sizes")),
        **facts,
        "sign_memory_exponent": _sign_exponent(sign_memory(days)),
        "branching_ratio": _median(_together(days, "branching")),
        "branching_windows": float(len(_together(days, "branching"))),
        "return_hill_60s": hill(np.abs(_together(days, "minutes")), TAIL_SHARE),
        "impact_exponent": impact_exponent(_together(days, "flow"), _together(days, "moves")),
        "flush_over_run": _flush_over_run(_together(days, "legs")),
        **_pause_facts(days),
        **_outcome_facts([day.outcome for day in days]),
    }


def impact_exponent(flow: np.ndarray, moves: np.ndarray) -> float:
    """Return the exponent of the mean move with the flow, as a power of the size of the flow.

    Minutes are put into ten groups of equal count by the size of their signed volume; a line is
    laid through the logarithms of the groups' means.
    """
    if len(flow) < 10 * IMPACT_BINS:
        return np.nan
    return power_law(*bin_means(np.abs(flow), moves * np.sign(flow), IMPACT_BINS))


def sign_memory(days: Sequence[Measured]) -> np.ndarray:
    """Return the autocorrelation of signs at lags 1 to 100, days weighing by their prints."""
    known = [day for day in days if np.isfinite(day.sign_acf).all()]
    if not known:
        return np.full(LONGEST_SIGN_LAG, np.nan)
    weights = [day.values["trades"] for day in known]
    return np.average([day.sign_acf for day in known], axis=0, weights=weights)


def _sign_exponent(memory: np.ndarray) -> float:
    """Return gamma of ``lag^-gamma``, by a line through the logarithms."""
    return -power_law(_SIGN_FIT_LAGS.astype(np.float64), memory[_SIGN_FIT_LAGS - 1])


def _flush_over_run(legs: np.ndarray) -> float:
    """Return the median speed of falling swings over that of rising ones."""
    down, up = -legs[legs < 0], legs[legs > 0]
    return float(np.median(down) / np.median(up)) if min(len(down), len(up)) >= 5 else np.nan


def _pause_facts(days: Sequence[Measured]) -> dict[str, float]:
    pauses = [pause for day in days for pause in day.outcome.pauses]
    per_day = [float(len(day.outcome.pauses)) for day in days]
    gaps = np.abs([pause.gap for pause in pauses])
    return {
        "pauses": float(len(pauses)),
        "pauses_per_day": _mean(per_day),
        "pauses_per_day_median": _median(per_day),
        "pauses_per_day_p90": _quantile(per_day, 0.9),
        "paused_days_share": _mean([float(count > 0) for count in per_day]),
        "pause_upward_share": _mean([float(pause.upward) for pause in pauses]),
        "pause_seconds": _median([pause.seconds for pause in pauses]),
        "pause_gap": _median(gaps),
        "pause_gap_p90": _quantile(gaps, 0.9),
    }


def _outcome_facts(days: Sequence[Outcome]) -> dict[str, float]:
    gapped = [day for day, gap in zip(days, gaps_of(days), strict=True) if gap >= GAP]
    return {
        "gap_days": float(len(gapped)),
        "gap_closes_below_open": _mean([float(day.close < day.open) for day in gapped]),
        "early_high_share": _mean([float(day.early_high) for day in days]),
    }


def gaps_of(days: Sequence[Outcome]) -> list[float]:
    """Return per day the open over the close of the session before, less 1; NaN if not known."""
    close = {(day.symbol, day.date): day.close for day in days}
    gaps = []
    for day in days:
        before = previous_session(day.date)
        last = close.get((day.symbol, before), 0) if before else 0
        gaps.append(day.open / last - 1 if last and day.open else np.nan)
    return gaps


def _over_days(days: Sequence[Measured], name: str) -> float:
    values = np.array([day.values[name] for day in days])
    if name not in _OF_A_PRINT:
        return _median(values)
    weights = np.array([day.values["trades"] for day in days])
    known = np.isfinite(values)
    return float(np.average(values[known], weights=weights[known])) if known.any() else np.nan


def _together(days: Sequence[Measured], name: str) -> np.ndarray:
    return np.concatenate([np.empty(0)] + [getattr(day, name) for day in days])


def _median(values: Sequence[float] | np.ndarray) -> float:
    return _quantile(values, 0.5)


def _quantile(values: Sequence[float] | np.ndarray, share: float) -> float:
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return float(np.quantile(known, share)) if len(known) else np.nan


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else np.nan
