"""Trailing windows over per-second arrays. Each element sees itself and what came before."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def lagged(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the value ``seconds`` earlier; the first value before there is one."""
    out = np.empty_like(values)
    out[:seconds] = values[0]
    out[seconds:] = values[: len(values) - seconds]
    return out


def trailing_sum(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the sum of the last ``seconds`` values, this one included. Exact for integers."""
    total = np.cumsum(values)
    out = total.copy()
    out[seconds:] -= total[:-seconds]
    return out


def trailing_max(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the maximum of the last ``seconds`` values, this one included."""
    padded = np.concatenate([np.full(seconds - 1, -np.inf), values])
    return sliding_window_view(padded, seconds).max(axis=1)


def trailing_min(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the minimum of the last ``seconds`` values, this one included."""
    return -trailing_max(-values, seconds)


def seconds_since(event: np.ndarray) -> np.ndarray:
    """Return the seconds since ``event`` was last True; -1 before it ever was."""
    index = np.arange(len(event))
    last = np.maximum.accumulate(np.where(event, index, -1))
    return np.where(last >= 0, index - last, -1)


def per_closed_minute(minutes: np.ndarray, seconds: int) -> np.ndarray:
    """Spread values of minutes over seconds, each from the last second of its minute on.

    Args:
        minutes: one value per minute.
        seconds: length of the result. Element ``b`` is the value of the last minute that has
            ended with bucket ``b``, and 0 before the first has.
    """
    closed = (np.arange(seconds) + 1) // 60
    return np.concatenate([np.zeros(1), minutes])[closed]
