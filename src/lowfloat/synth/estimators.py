"""Estimators of the stylised facts of markets, for series with holes.

A series is an array on an even grid whose missing entries are NaN, such as one-second returns
with a trading pause in them: pairs and sums that would reach over a hole are left out. What
cannot be said, because there is too little, is NaN.
"""

import numpy as np

_LEAST = 30  # values below which a moment or a correlation says nothing


def autocorrelation(values: np.ndarray, lag: int) -> float:
    """Return the autocorrelation at ``lag`` from 1 of a series, over the pairs that are there.

    The mean and the variance are those of the whole series.
    """
    there = np.isfinite(values)
    pairs = np.count_nonzero(there[lag:] & there[:-lag])
    if pairs < _LEAST:
        return np.nan
    centred = np.where(there, values - values[there].mean(), 0.0)
    variance = np.dot(centred, centred) / there.sum()
    return float(np.dot(centred[lag:], centred[:-lag]) / pairs / variance) if variance else np.nan


def autocorrelations(values: np.ndarray, longest: int) -> np.ndarray:
    """Return the autocorrelations at lags 1 to ``longest`` of a series without holes, float64.

    All NaN if the series has not twice as many values, or does not vary.
    """
    centred = values - values.mean() if len(values) else values
    variance = np.dot(centred, centred) / max(len(values), 1)
    if len(values) < 2 * longest or variance == 0:
        return np.full(longest, np.nan)
    lags = range(1, longest + 1)
    return (
        np.array([np.dot(centred[k:], centred[:-k]) / (len(values) - k) for k in lags]) / variance
    )


def excess_kurtosis(values: np.ndarray) -> float:
    """Return the fourth central moment over the squared second, less 3."""
    values = values[np.isfinite(values)]
    if len(values) < _LEAST:
        return np.nan
    squares = np.square(values - values.mean())
    variance = squares.mean()
    return float(np.square(squares).mean() / variance**2 - 3) if variance > 0 else np.nan


def hill(values: np.ndarray, share: float) -> float:
    """Return Hill's estimate of the tail exponent from the largest ``share`` of the values.

    With the k largest values x_1..x_k and the next one x it is ``k / sum(ln(x_i / x))``
    (B. M. Hill, Annals of Statistics 3, 1975). NaN if there are fewer than 5 such values, or
    they do not reach above 0.
    """
    values = values[np.isfinite(values)]
    k = int(share * len(values))
    if k < 5:
        return np.nan
    largest = np.partition(values, len(values) - k - 1)[-k - 1 :]
    threshold = largest.min()
    if threshold <= 0:
        return np.nan
    total = np.log(largest / threshold).sum()
    return float(k / total) if total > 0 else np.nan


def changes(values: np.ndarray, horizon: int) -> np.ndarray:
    """Return ``values[i + horizon] - values[i]`` where no value on the way is missing, else NaN."""
    if horizon >= len(values):
        return np.empty(0)
    holes = np.concatenate([[0], np.cumsum(~np.isfinite(values))])
    whole = holes[horizon + 1 :] == holes[: -horizon - 1]
    return np.where(whole, values[horizon:] - values[:-horizon], np.nan)


def variance_ratio(values: np.ndarray, horizon: int) -> float:
    """Return the variance of changes over ``horizon`` steps per step, over that of one step.

    Overlapping changes (A. W. Lo and A. C. MacKinlay, Review of Financial Studies 1, 1988); 1
    for a random walk, less if moves are taken back.
    """
    single, several = changes(values, 1), changes(values, horizon)
    if min(np.isfinite(single).sum(), np.isfinite(several).sum()) < _LEAST:
        return np.nan
    variance = np.nanvar(single)
    return float(np.nanvar(several) / (horizon * variance)) if variance > 0 else np.nan


def fano(counts: np.ndarray) -> float:
    """Return the variance of counts over their mean: 1 for a Poisson process."""
    counts = counts[np.isfinite(counts)]
    if len(counts) < _LEAST or counts.mean() <= 0:
        return np.nan
    return float(counts.var() / counts.mean())


def variation(values: np.ndarray) -> float:
    """Return the coefficient of variation: 1 for the gaps of a Poisson process."""
    if len(values) < _LEAST or values.mean() <= 0:
        return np.nan
    return float(values.std() / values.mean())


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation over the pairs that are both finite."""
    there = np.isfinite(x) & np.isfinite(y)
    if there.sum() < _LEAST:
        return np.nan
    x, y = x[there] - x[there].mean(), y[there] - y[there].mean()
    scale = np.sqrt(np.dot(x, x) * np.dot(y, y))
    return float(np.dot(x, y) / scale) if scale > 0 else np.nan


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return Spearman's correlation over the pairs that are both finite; ties share a rank."""
    there = np.isfinite(x) & np.isfinite(y)
    return correlation(ranks(x[there]), ranks(y[there]))


def ranks(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value from 0, equal values sharing the mean of theirs."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[group]


def slope(x: np.ndarray, y: np.ndarray) -> float:
    """Return the least-squares slope of ``y`` on ``x`` over the pairs that are both finite."""
    there = np.isfinite(x) & np.isfinite(y)
    if there.sum() < 2:
        return np.nan
    x, y = x[there] - x[there].mean(), y[there] - y[there].mean()
    square = np.dot(x, x)
    return float(np.dot(x, y) / square) if square > 0 else np.nan


def elasticity(x: np.ndarray, y: np.ndarray) -> float:
    """Return the slope of ``ln y`` on ``ln x`` where both are measured with error.

    The reduced major axis: the ratio of the deviations, with the sign of the correlation. A
    least-squares slope is drawn to 0 by the error in ``x``. Pairs not above 0 are left out.
    """
    there = (x > 0) & (y > 0)
    x, y = np.log(x[there]), np.log(y[there])
    together = correlation(x, y)
    return float(np.sign(together) * y.std() / x.std()) if np.isfinite(together) else np.nan


def power_law(x: np.ndarray, y: np.ndarray) -> float:
    """Return the exponent b of ``y = a x^b``, by least squares of the logarithms.

    Points at or below 0 are left out; NaN if fewer than four remain.
    """
    there = (x > 0) & (y > 0)
    if there.sum() < 4:
        return np.nan
    return slope(np.log(x[there]), np.log(y[there]))


def bin_means(x: np.ndarray, y: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of ``x`` and of ``y`` in ``bins`` groups of equal count, ordered by ``x``."""
    order = np.argsort(x, kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    return (
        np.array([x[group].mean() for group in groups]),
        np.array([y[group].mean() for group in groups]),
    )
