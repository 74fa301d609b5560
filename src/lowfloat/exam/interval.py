"""Uncertainty over days: the percentile bootstrap of a mean, and of a ratio of sums."""

from collections.abc import Callable

import numpy as np
from scipy.stats import bootstrap

Interval = tuple[float, float]

_RESAMPLES_AT_A_TIME = 1_000  # of several samples: many days would take gigabytes


def mean_interval(
    values: np.ndarray, confidence: float, resamples: int, seed: int
) -> Interval | None:
    """Return the interval of the mean over days, or None with fewer than two days.

    Args:
        values: one number per day; days are the unit that is drawn.
        confidence: such as 0.95.
        resamples: number of draws.
        seed: of the draws.
    """
    if len(values) < 2:
        return None
    found = bootstrap(
        (values,), np.mean, confidence_level=confidence, n_resamples=resamples,
        method="percentile", rng=np.random.Generator(np.random.Philox(seed)),
    )  # fmt: skip
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def ratio_interval(
    totals: np.ndarray, counts: np.ndarray, confidence: float, resamples: int, seed: int
) -> Interval | None:
    """Return the interval of ``totals.sum() / counts.sum()``, such as dollars per trade.

    Days are drawn with all that happened on them. Draws in which nothing was counted give 0.

    Args:
        totals: one number per day.
        counts: one number per day, 0 or more.
        confidence: such as 0.95.
        resamples: number of draws.
        seed: of the draws.

    Returns:
        The bounds; None if fewer than two days counted anything.
    """
    if np.count_nonzero(counts) < 2:
        return None
    return _paired(_ratio, (totals, counts), confidence, resamples, seed)


def ratio_ahead_interval(
    own: tuple[np.ndarray, np.ndarray],
    other: tuple[np.ndarray, np.ndarray],
    confidence: float,
    resamples: int,
    seed: int,
) -> Interval | None:
    """Return the interval of the difference of two ratios on the same days, own less other.

    Args:
        own: totals and counts per day, as in :func:`ratio_interval`.
        other: the same of what it is compared with.
        confidence: such as 0.95.
        resamples: number of draws.
        seed: of the draws.

    Returns:
        The bounds; None if on either side fewer than two days counted anything.
    """
    if min(np.count_nonzero(own[1]), np.count_nonzero(other[1])) < 2:
        return None

    def ahead(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, axis: int) -> np.ndarray:
        return _ratio(a, b, axis) - _ratio(c, d, axis)

    return _paired(ahead, (*own, *other), confidence, resamples, seed)


def _ratio(totals: np.ndarray, counts: np.ndarray, axis: int) -> np.ndarray:
    above, below = totals.sum(axis=axis), counts.sum(axis=axis)
    return np.divide(above, below, out=np.zeros_like(above, float), where=below > 0)


def _paired(
    statistic: Callable[..., np.ndarray],
    samples: tuple[np.ndarray, ...],
    confidence: float,
    resamples: int,
    seed: int,
) -> Interval:
    found = bootstrap(
        tuple(np.asarray(sample, float) for sample in samples), statistic, paired=True,
        vectorized=True, confidence_level=confidence, n_resamples=resamples,
        method="percentile", batch=_RESAMPLES_AT_A_TIME,
        rng=np.random.Generator(np.random.Philox(seed)),
    )  # fmt: skip
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
