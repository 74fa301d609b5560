"""Uncertainty over days: the percentile bootstrap of the mean."""

import numpy as np
from scipy.stats import bootstrap


def mean_interval(
    values: np.ndarray, confidence: float, resamples: int, seed: int
) -> tuple[float, float] | None:
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
