"""The stylised facts of days as curves, for the eye: tails, memories, the shape of a session."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.days.day import Day
from lowfloat.synth.estimators import autocorrelation, bin_means, variance_ratio
from lowfloat.synth.facts import IMPACT_BINS, Measured, sign_memory
from lowfloat.synth.observed import observe
from lowfloat.synth.quote_facts import minute_returns
from lowfloat.synth.trade_facts import regular_gaps

DEVIATIONS = np.geomspace(0.5, 60, 40)
ABSOLUTE_LAGS = np.unique(np.geomspace(1, 900, 32).astype(int))
HORIZONS = np.unique(np.geomspace(1, 900, 24).astype(int))
GAP_EDGES = np.geomspace(1e-6, 1e3, 46)  # seconds, five to a factor of ten
HALF_HOUR = 1800

_LEAST_SECONDS = 120  # of a half hour, below which it says nothing


class Curve(NamedTuple):
    """One curve: two float64 arrays of equal length, without NaN."""

    x: np.ndarray
    y: np.ndarray


class Shape(NamedTuple):
    """What is kept of a day for its curves.

    Attributes:
        tails: per horizon (1 s, 60 s) and entry of :data:`DEVIATIONS`, the number of returns
            whose size is above so many deviations of the day, float64 (2, 40).
        returns: number of returns per horizon, float64 (2,).
        absolute: autocorrelation of the size of one-second returns, at :data:`ABSOLUTE_LAGS`.
        ratios: variance ratio at :data:`HORIZONS`.
        gaps: number of gaps between prints in each bin of :data:`GAP_EDGES`.
        spread: median spread per half hour of the session, basis points, NaN if it is not known.
        depth: median of the mean of both best sizes per half hour, shares.
    """

    tails: np.ndarray
    returns: np.ndarray
    absolute: np.ndarray
    ratios: np.ndarray
    gaps: np.ndarray
    spread: np.ndarray
    depth: np.ndarray


class Curves(NamedTuple):
    """The curves of several days.

    Attributes:
        tail_1s: share of one-second returns above so many deviations.
        tail_60s: the same of one-minute returns.
        absolute: autocorrelation of the size of one-second returns, by lag in seconds.
        signs: autocorrelation of the aggressors' signs, by lag in prints.
        gaps: share of the gaps between prints, by their length in seconds.
        impact: mean move of the mid over a minute in its deviations, by the size of the signed
            volume in its mean.
        ratios: variance of the mid per second by horizon in seconds, over that of one second.
        spread: spread in basis points, by session second.
        depth: shares at the best prices, by session second.
    """

    tail_1s: Curve
    tail_60s: Curve
    absolute: Curve
    signs: Curve
    gaps: Curve
    impact: Curve
    ratios: Curve
    spread: Curve
    depth: Curve


def shape_of(day: Day) -> Shape:
    """Return what is kept of a day for its curves."""
    observed = observe(day)
    tails = [_above(returns) for returns in (observed.returns, minute_returns(observed))]
    gaps = regular_gaps(observed) / NS
    inside = observed.between(day.session.start_ns, day.session.end_ns)
    sizes = (observed.seconds.bid_size + observed.seconds.ask_size)[: len(inside)] / 2
    return Shape(
        tails=np.array([counts for counts, _ in tails]),
        returns=np.array([number for _, number in tails], np.float64),
        absolute=np.array(
            [autocorrelation(np.abs(observed.returns), int(lag)) for lag in ABSOLUTE_LAGS]
        ),
        ratios=np.array([variance_ratio(observed.log_mid, int(h)) for h in HORIZONS]),
        gaps=np.histogram(np.maximum(gaps, GAP_EDGES[0]), GAP_EDGES)[0].astype(np.float64),
        spread=_per_half_hour(observed.spread, inside),
        depth=_per_half_hour(np.where(np.isfinite(observed.mid), sizes, np.nan), inside),
    )


def curves_of(shapes: Sequence[Shape], measured: Sequence[Measured]) -> Curves:
    """Return the curves of days: returns and gaps together, the rest as the median day has it."""
    tails, returns = _total(shapes, "tails"), _total(shapes, "returns")
    gaps = _total(shapes, "gaps")
    flow = np.concatenate([np.empty(0)] + [day.flow for day in measured])
    moves = np.concatenate([np.empty(0)] + [day.moves for day in measured])
    impact = (
        bin_means(np.abs(flow), moves * np.sign(flow), IMPACT_BINS)
        if len(flow) >= 10 * IMPACT_BINS
        else (np.empty(0), np.empty(0))
    )
    memory = sign_memory(measured)
    length = max((len(shape.spread) for shape in shapes), default=0)
    middles = HALF_HOUR * (np.arange(length) + 0.5)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = tails / returns[:, None] if shapes else np.full((2, len(DEVIATIONS)), np.nan)
        bins = gaps / gaps.sum() if shapes else np.full(len(GAP_EDGES) - 1, np.nan)
    return Curves(
        tail_1s=_drawn(DEVIATIONS, np.where(share[0] > 0, share[0], np.nan)),
        tail_60s=_drawn(DEVIATIONS, np.where(share[1] > 0, share[1], np.nan)),
        absolute=_drawn(ABSOLUTE_LAGS, _middle(shapes, "absolute")),
        signs=_drawn(np.arange(1, 1 + len(memory)), memory),
        gaps=_drawn(np.sqrt(GAP_EDGES[1:] * GAP_EDGES[:-1]), bins),
        impact=_drawn(*impact),
        ratios=_drawn(HORIZONS, _middle(shapes, "ratios")),
        spread=_drawn(middles, _middle(shapes, "spread")),
        depth=_drawn(middles, _middle(shapes, "depth")),
    )


def _above(returns: np.ndarray) -> tuple[np.ndarray, int]:
    known = np.abs(returns[np.isfinite(returns)])
    deviation = np.sqrt(np.square(known).mean()) if len(known) else 0.0
    if deviation == 0:
        return np.zeros(len(DEVIATIONS)), 0
    return np.array([(known > size * deviation).sum() for size in DEVIATIONS], float), len(known)


def _per_half_hour(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    kept = np.where(inside, values, np.nan)
    parts = kept[: len(kept) // HALF_HOUR * HALF_HOUR].reshape(-1, HALF_HOUR)
    known = [part[np.isfinite(part)] for part in parts]
    return np.array([np.median(part) if len(part) >= _LEAST_SECONDS else np.nan for part in known])


def _total(shapes: Sequence[Shape], name: str) -> np.ndarray:
    return np.sum([getattr(shape, name) for shape in shapes], axis=0) if shapes else np.empty(0)


def _middle(shapes: Sequence[Shape], name: str) -> np.ndarray:
    """Return the median over days, entry by entry; half days have fewer half hours."""
    rows = [getattr(shape, name) for shape in shapes]
    columns = [
        np.array([row[i] for row in rows if i < len(row) and np.isfinite(row[i])])
        for i in range(max(map(len, rows), default=0))
    ]
    return np.array([np.median(column) if len(column) else np.nan for column in columns])


def _drawn(x: np.ndarray, y: np.ndarray) -> Curve:
    """Return the points that are known."""
    length = min(len(x), len(y))
    known = np.isfinite(y[:length])
    return Curve(np.asarray(x[:length], np.float64)[known], np.asarray(y[:length])[known])
