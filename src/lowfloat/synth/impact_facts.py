"""What trading does to one day's quotes: costs paid, the mid's response, impact, flow."""

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.synth.estimators import correlation
from lowfloat.synth.observed import Observed
from lowfloat.synth.quote_facts import minute_returns

RESPONSE_SECONDS = (1, 5, 30, 60, 300)

_ENOUGH_PRINTS = 50
_ENOUGH_MINUTES = 30
_ENOUGH_FLOWS = 20  # spans of 10 s in which both flowed and moved
_FLOW_SECONDS = 10
_FLOW_WINDOW = 1800


def impact_facts(day: Observed) -> dict[str, float]:
    """Return the statistics of cost and response of a day; NaN where it has too few."""
    return {**_responses(day), "ofi_r2": _flow_r2(day)}


def impacts(day: Observed) -> tuple[np.ndarray, np.ndarray]:
    """Return signed volume and move of the mid of each minute of regular hours, both float64.

    Volume is that of prints whose aggressor the feed itself gave, bought less sold, over the
    mean volume of a minute; the move is over the deviation of such moves. Both without unit, so
    that days can be put together. Minutes without signed volume are left out.
    """
    session = day.day.session
    count = (session.regular_close_ns - session.regular_open_ns) // (60 * NS)
    known = day.tape_regular & (day.sign != 0)
    minute = (day.tape.ts_recv[known] - session.regular_open_ns) // (60 * NS)
    shares = day.sign[known] * day.tape.size[known].astype(np.float64)
    flow = np.bincount(minute, shares, minlength=count)[1:]
    moves = minute_returns(day)
    there = np.isfinite(moves) & (flow != 0)
    flow, moves = flow[there], moves[there]
    if len(flow) < _ENOUGH_MINUTES or not moves.any():
        return np.empty(0), np.empty(0)
    return flow / np.abs(flow).mean(), moves / moves.std()


def _responses(day: Observed) -> dict[str, float]:
    regular = day.tape_regular
    times, sign = day.tape.ts_recv[regular], day.sign[regular].astype(np.float64)
    before = day.mid_at(times, after=False)
    paid = np.abs(day.tape.price[regular] * 1e-9 / before - 1) * 1e4
    facts = {
        "effective_half_spread": _mean(paid),
        "effective_half_spread_signed": _mean(paid[sign != 0]),
    }
    sign[sign == 0] = np.nan
    close = day.day.session.regular_close_ns
    for seconds in RESPONSE_SECONDS:
        later = times + seconds * NS
        response = sign * (day.mid_at(later, after=True) / before - 1) * 1e4
        response[later >= close] = np.nan
        for begin, end in day.halts:
            response[(later >= begin) & (times < end)] = np.nan
        facts[f"response_{seconds}s"] = _mean(response)
    return facts


def _flow_r2(day: Observed) -> float:
    """Return how much of the mid's moves over 10 s order-flow imbalance explains, 0 to 1.

    R^2 of a line per half hour, because its slope follows the depth, and the median of these
    (R. Cont, A. Kukanov and S. Stoikov, Journal of Financial Econometrics 12, 2014).
    """
    session = day.day.session
    first = session.second(session.regular_open_ns)
    last = session.second(session.regular_close_ns)
    mid = np.where(day.regular, day.mid, np.nan)[first - 1 + _FLOW_SECONDS : last : _FLOW_SECONDS]
    flow = day.seconds.flow[first:last].reshape(-1, _FLOW_SECONDS).sum(axis=1)[1:]
    moves = np.diff(mid)
    per_window = _FLOW_WINDOW // _FLOW_SECONDS
    found = []
    for start in range(0, len(moves), per_window):
        window = slice(start, start + per_window)
        if np.count_nonzero(moves[window] * flow[window]) >= _ENOUGH_FLOWS:
            found.append(correlation(flow[window].astype(np.float64), moves[window]) ** 2)
    return float(np.median(found)) if found else np.nan


def _mean(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) >= _ENOUGH_PRINTS else np.nan
