"""How far trades breed trades: the branching ratio of a self-exciting point process."""

from collections.abc import Sequence

import numpy as np

from lowfloat.base.jit import kernel

TIME_SCALES = (0.005, 0.05, 0.5, 5.0, 50.0)
"""Seconds over which the excitement by one event fades, one exponential each."""

_TOLERANCE = 2e-5  # of the log-likelihood per event, far below what chance moves it by
_ROUNDS = 10_000


def branching_ratio(
    times: np.ndarray, seconds: float, time_scales: Sequence[float] = TIME_SCALES
) -> float:
    """Return the expected number of events that one event causes, by maximum likelihood.

    The intensity is ``m + sum_i a_i / T_i * sum_k exp(-(t - t_k) / T_i)`` over the events
    ``t_k`` before ``t``, with fixed time scales T_i; the ratio is the sum of the a_i. The
    likelihood (Y. Ogata, Annals of the Institute of Statistical Mathematics 30, 1978) is concave
    in m and a_i, so that the maximum found is the only one.

    Args:
        times: seconds from the start of the window, increasing, float64, at least 2.
        seconds: length of the window.
        time_scales: seconds each.
    """
    scales = np.array(time_scales)
    # A row for the baseline, then one per time scale, each scaled so that by itself it expects
    # as many events as there were: the intensity is a mixture of them with weights of sum 1.
    parts = np.empty((1 + len(scales), len(times)))
    parts[0] = 1.0
    _excite(times, scales, parts)
    expected = np.append(seconds, -np.expm1(-(seconds - times) / scales[:, None]).sum(axis=1))
    parts *= (len(times) / expected)[:, None]
    weights = np.full(len(expected), 1.0 / len(expected))
    _maximise(parts, weights, np.empty(len(expected)))
    return float((weights[1:] * len(times) / expected[1:]).sum())


def merge_close(times: np.ndarray, closer_than: float) -> np.ndarray:
    """Return the times without those that follow the one before by less than ``closer_than``."""
    return times[np.diff(times, prepend=-np.inf) >= closer_than]


@kernel
def _excite(times: np.ndarray, scales: np.ndarray, parts: np.ndarray) -> None:
    """Write into row ``1 + i`` what the events before each one add by time scale ``i``."""
    for i in range(len(scales)):
        excited = 0.0
        parts[1 + i, 0] = 0.0
        for k in range(1, len(times)):
            excited = (excited + 1.0) * np.exp((times[k - 1] - times[k]) / scales[i])
            parts[1 + i, k] = excited / scales[i]


@kernel
def _maximise(parts: np.ndarray, weights: np.ndarray, shares: np.ndarray) -> None:
    """Move the weights of a mixture to where it is likeliest, by expectation-maximisation.

    In each round a weight becomes the mean share of its part in the intensity at the events. No
    weights can be better by more than the largest ratio of the new weight to the old, less 1
    (B. G. Lindsay, Annals of Statistics 11, 1983), which says when to stop.
    """
    count = parts.shape[1]
    for _ in range(_ROUNDS):
        shares[:] = 0.0
        for k in range(count):
            intensity = 0.0
            for j in range(len(weights)):
                intensity += weights[j] * parts[j, k]
            for j in range(len(weights)):
                shares[j] += parts[j, k] / intensity
        best = 0.0
        for j in range(len(weights)):
            ratio = shares[j] / count
            best = max(best, ratio)
            weights[j] *= ratio
        if best < 1.0 + _TOLERANCE:
            break
