"""What one day's quotes are like: spread, size, pace, and the returns of the mid."""

import numpy as np

from lowfloat.synth.estimators import (
    autocorrelation,
    changes,
    correlation,
    elasticity,
    excess_kurtosis,
    hill,
    rank_correlation,
    variance_ratio,
)
from lowfloat.synth.observed import Observed, is_quoted

ABSOLUTE_LAGS = (1, 10, 60, 300)
RATIO_HORIZONS = (5, 10, 30, 60, 300)
TAIL_SHARE = 0.02

_ENOUGH_SECONDS = 600
_ENOUGH_CHANGES = 50  # seconds in which the mid moved
_MINUTE, _FIVE_MINUTES = 60, 300


def quote_facts(day: Observed) -> dict[str, float]:
    """Return the statistics of the quotes of a day; NaN where it has too few."""
    return {**_spreads(day), **_book(day), **_returns(day), **_minutes(day)}


def minute_returns(day: Observed) -> np.ndarray:
    """Return the changes of the logarithm of the mid over the minutes of regular hours, float64.

    NaN for a minute with a halt or without a mid at one of its ends.
    """
    session = day.day.session
    first = session.second(session.regular_open_ns)
    last = session.second(session.regular_close_ns)
    over = changes(day.log_mid, _MINUTE)
    # A minute's return is from the end of its predecessor's last second to the end of its own.
    return over[first + _MINUTE - 1 : last - _MINUTE : _MINUTE]


def _spreads(day: Observed) -> dict[str, float]:
    session = day.day.session
    spans = {
        "before": (session.start_ns, session.regular_open_ns),
        "regular": (session.regular_open_ns, session.regular_close_ns),
        "after": (session.regular_close_ns, session.end_ns),
    }
    facts = {
        f"spread_{name}": _quantile(day.spread[day.between(*span)], 0.5)
        for name, span in spans.items()
    }
    regular = day.spread[day.regular]
    return facts | {
        "spread_p10": _quantile(regular, 0.1),
        "spread_p90": _quantile(regular, 0.9),
    }


def _book(day: Observed) -> dict[str, float]:
    length = len(day.regular)
    facts = {}
    for side in ("bid", "ask"):
        size = getattr(day.seconds, f"{side}_size")[:length][day.regular & np.isfinite(day.mid)]
        for share in (10, 50, 90):
            facts[f"{side}_size_p{share}"] = _quantile(size, share / 100)
    quoted = is_quoted(day.day) and day.regular.sum() >= _ENOUGH_SECONDS
    updates = day.seconds.quotes[:length][day.regular].astype(np.float64)
    prints = day.seconds.trades[:length][day.regular].sum()
    return facts | {
        "quotes_per_second": float(updates.mean()) if quoted else np.nan,
        "quotes_per_second_p90": _quantile(updates, 0.9) if quoted else np.nan,
        "quotes_per_second_p99": _quantile(updates, 0.99) if quoted else np.nan,
        "quotes_per_trade": float(updates.sum() / prints) if quoted and prints else np.nan,
        "crossed_share": _crossed_share(day),
    }


def _crossed_share(day: Observed) -> float:
    """Return the share of regular time with both sides quoted in which bid >= ask."""
    if not is_quoted(day.day):
        return np.nan
    quotes, session = day.day.quotes, day.day.session
    bounds = (session.regular_open_ns, min(session.regular_close_ns, day.day.coverage_end_ns))
    times = np.clip(np.append(quotes.ts_recv, bounds[1]), *bounds)
    length = np.diff(times)
    for begin, end in day.halts:  # a book in a halt is not one that trades
        inside = np.clip(times, begin, end)
        length = length - np.diff(inside)
    both = (quotes.bid_price > 0) & (quotes.ask_price > 0)
    total = length[both].sum()
    return (
        float(length[both & (quotes.bid_price >= quotes.ask_price)].sum() / total)
        if total
        else np.nan
    )


def _returns(day: Observed) -> dict[str, float]:
    returns = day.returns
    there = returns[np.isfinite(returns)]
    if len(there) < _ENOUGH_SECONDS or np.count_nonzero(there) < _ENOUGH_CHANGES:
        returns = there = np.empty(0)
    log_mid = day.log_mid if len(there) else np.empty(0)
    minutes = changes(log_mid, _MINUTE)
    absolute = np.abs(returns)
    return (
        {
            "zero_return_share": float((there == 0).mean()) if len(there) else np.nan,
            "return_std_1s": _deviation(there),
            "return_std_60s": _deviation(minutes[np.isfinite(minutes)]),
            "return_kurtosis": excess_kurtosis(there),
            "return_hill_1s": hill(np.abs(there), TAIL_SHARE),
            "return_acf_1": autocorrelation(returns, 1),
        }
        | {f"abs_return_acf_{lag}": autocorrelation(absolute, lag) for lag in ABSOLUTE_LAGS}
        | {f"variance_ratio_{h}": variance_ratio(log_mid, h) for h in RATIO_HORIZONS}
    )


def _minutes(day: Observed) -> dict[str, float]:
    """Return how spread, pace, volatility and volume of a minute go together within the day."""
    session = day.day.session
    first = session.second(session.regular_open_ns)
    last = session.second(session.regular_close_ns)
    trades = _per(_MINUTE, day.seconds.trades[first:last])
    spread = _per(_MINUTE, day.spread[first:last]) / _MINUTE
    volume = _per(_MINUTE, day.seconds.volume[first:last])
    whole = _per(_MINUTE, day.regular[first:last]) == _MINUTE
    moved = np.abs(minute_returns(day))
    squares = np.square(np.append(np.nan, day.returns)[first:last])
    squares[:1] = 0.0  # the change from before the open is no return of regular hours
    prints = _per(_FIVE_MINUTES, day.seconds.trades[first:last])
    # The variance of the mid per trade: M. Wyart et al., Quantitative Finance 8, 2008.
    volatility = np.sqrt(_per(_FIVE_MINUTES, squares) / np.maximum(prints, 1))
    volatility[prints == 0] = np.nan
    spread_then = _per(_FIVE_MINUTES, day.spread[first:last]) / _FIVE_MINUTES
    known = whole & (trades > 0) & (spread > 0)
    return {
        "spread_rate_correlation": correlation(np.log(spread[known]), np.log(trades[known])),
        "spread_volatility_slope": elasticity(volatility, spread_then),
        "volume_return_correlation": rank_correlation(np.where(whole, volume, np.nan)[1:], moved),
    }


def _per(length: int, values: np.ndarray) -> np.ndarray:
    return values[: len(values) // length * length].reshape(-1, length).sum(axis=1)


def _quantile(values: np.ndarray, share: float) -> float:
    values = values[np.isfinite(values)]
    return float(np.quantile(values, share)) if len(values) >= _ENOUGH_SECONDS else np.nan


def _deviation(values: np.ndarray) -> float:
    """Return the standard deviation of log returns in basis points."""
    return float(values.std() * 1e4) if len(values) else np.nan
