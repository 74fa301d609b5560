"""Five minutes of a market in thirty numbers, to tell one market from another by.

The numbers are the stylised facts that five minutes hold enough to say. What the character of a
stock or a day decides is left out: its price, its volume, its number of prints, its volatility
and the time of day would tell real days from synthetic ones without any flaw in the latter. The
spread stays in, because a market has to get it right for the pace at which it trades.
"""

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.prices import ROUND_LOT
from lowfloat.days.day import Day
from lowfloat.synth.estimators import (
    autocorrelation,
    changes,
    correlation,
    excess_kurtosis,
    fano,
    hill,
    rank_correlation,
    variance_ratio,
    variation,
)
from lowfloat.synth.observed import Observed, is_quoted, observe

WINDOW = 300
"""Length of a window in seconds."""

LEAST_PRINTS = 20
"""A window with fewer prints says nothing."""

_STEP = 5  # seconds over which flow and moves within a window are compared
_TAIL_SHARE = 0.05

FEATURES = (
    "return_hill", "return_kurtosis", "zero_return_share",
    "return_acf_1", "return_acf_2", "abs_return_acf_1", "abs_return_acf_10",
    "variance_ratio_5", "variance_ratio_10", "variance_ratio_30",
    "trade_price_acf_1", "sign_acf_1", "sign_acf_2", "sign_acf_5", "no_aggressor_share",
    "gap_variation", "gap_under_1ms_share", "fano_1s",
    "spread", "spread_rate_correlation", "volume_return_correlation",
    "impact_correlation", "ofi_r2",
    "trade_size_median", "trade_size_mean", "odd_lot_share", "size_100_share", "round_lot_share",
    "log_size_acf_1",
)  # fmt: skip
"""The numbers that describe a window, in order; see :func:`describe`."""


def windows_of(day: Day) -> np.ndarray:
    """Return the windows of a day as rows of :data:`FEATURES`, float64, NaN for what is unknown.

    Windows are the consecutive five minutes of regular hours without a halt in them, with at
    least 20 prints, and a mid in at least four of the five minutes. A day without quotes of its
    own has none.
    """
    if not is_quoted(day):
        return np.empty((0, len(FEATURES)))
    observed, session = observe(day), day.session
    first = session.second(session.regular_open_ns)
    last = session.second(session.regular_close_ns)
    rows = [
        describe(observed, start)
        for start in range(first, last - WINDOW + 1, WINDOW)
        if _is_whole(observed, start)
    ]
    return np.array(rows).reshape(-1, len(FEATURES))


def describe(day: Observed, start: int) -> list[float]:
    """Return the :data:`FEATURES` of the window that begins at session second ``start``."""
    span = slice(start, start + WINDOW)
    begin, end = day.day.session.ns(start), day.day.session.ns(start + WINDOW)
    prints = slice(*np.searchsorted(day.tape.ts_recv, (begin, end)))
    named = _of_returns(day.log_mid[span])
    named |= _of_prints(day, prints)
    named |= _together(day, span, prints, begin)
    return [named[name] for name in FEATURES]


def _is_whole(day: Observed, start: int) -> bool:
    span = slice(start, start + WINDOW)
    return bool(
        day.regular[span].all()
        and day.seconds.trades[span].sum() >= LEAST_PRINTS
        and np.isfinite(day.mid[span]).mean() >= 0.8
    )


def _of_returns(log_mid: np.ndarray) -> dict[str, float]:
    returns = changes(log_mid, 1)
    known, absolute = returns[np.isfinite(returns)], np.abs(returns)
    return {
        "return_hill": hill(np.abs(known), _TAIL_SHARE),
        "return_kurtosis": excess_kurtosis(known),
        "zero_return_share": float((known == 0).mean()) if len(known) else np.nan,
        "return_acf_1": autocorrelation(returns, 1),
        "return_acf_2": autocorrelation(returns, 2),
        "abs_return_acf_1": autocorrelation(absolute, 1),
        "abs_return_acf_10": autocorrelation(absolute, 10),
        "variance_ratio_5": variance_ratio(log_mid, 5),
        "variance_ratio_10": variance_ratio(log_mid, 10),
        "variance_ratio_30": variance_ratio(log_mid, 30),
    }


def _of_prints(day: Observed, prints: slice) -> dict[str, float]:
    times, price, size = day.tape.ts_recv[prints], day.tape.price[prints], day.tape.size[prints]
    sign = day.sign[prints].astype(np.float64)
    known = sign[sign != 0]
    gaps = np.diff(times)
    return {
        "trade_price_acf_1": autocorrelation(np.diff(np.log(price)), 1),
        "sign_acf_1": autocorrelation(known, 1),
        "sign_acf_2": autocorrelation(known, 2),
        "sign_acf_5": autocorrelation(known, 5),
        "no_aggressor_share": float((sign == 0).mean()),
        "gap_variation": variation(gaps.astype(np.float64)),
        "gap_under_1ms_share": float((gaps < NS // 1000).mean()),
        "trade_size_median": float(np.median(size)),
        "trade_size_mean": float(size.mean()),
        "odd_lot_share": float((size < ROUND_LOT).mean()),
        "size_100_share": float((size == ROUND_LOT).mean()),
        "round_lot_share": float((size % ROUND_LOT == 0).mean()),
        "log_size_acf_1": autocorrelation(np.log(size), 1),
    }


def _together(day: Observed, span: slice, prints: slice, begin: int) -> dict[str, float]:
    """Return how prints, spread and mid go together, in steps of five seconds."""
    steps = WINDOW // _STEP
    step = (day.tape.ts_recv[prints] - begin) // (_STEP * NS)
    shares = day.sign[prints] * day.tape.size[prints].astype(np.float64)
    signed = np.bincount(step, shares, minlength=steps)[1:]
    moves = np.diff(day.log_mid[span][_STEP - 1 :: _STEP])
    rate, volume, flow = (
        getattr(day.seconds, name)[span].reshape(steps, _STEP).sum(axis=1).astype(np.float64)
        for name in ("trades", "volume", "flow")
    )
    spread = day.spread[span]
    mean_spread = spread.reshape(steps, _STEP).mean(axis=1)
    return {
        "fano_1s": fano(day.seconds.trades[span].astype(np.float64)),
        "spread": float(np.nanmedian(spread)),
        "spread_rate_correlation": correlation(mean_spread, np.log1p(rate)),
        "volume_return_correlation": rank_correlation(volume[1:], np.abs(moves)),
        "impact_correlation": correlation(np.sign(signed) * np.sqrt(np.abs(signed)), moves),
        "ofi_r2": correlation(flow[1:], moves) ** 2,
    }
