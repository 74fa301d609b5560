"""What a window of the past says: trailing sums and extremes, means that fade, time since.

Everything here takes one value per second and returns one per second; each element sees itself
and what came before it. NaN stands for what is not known.
"""

import numpy as np

from lowfloat.base import portable
from lowfloat.base.jit import kernel

Z_SECONDS = 900.0  # time constant of the usual level that a z-score is taken against
Z_LIMIT = 5.0
LEAST_DEVIATION = 0.25  # of a logarithm: a quiet tape makes no surprises of single prints


def lagged(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the value ``seconds`` earlier, NaN (or 0 for integers) before there is one."""
    out = np.empty_like(values)
    out[:seconds] = np.nan if values.dtype.kind == "f" else 0
    out[seconds:] = values[: len(values) - seconds]
    return out


def trailing_sum(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the sum of the last ``seconds`` values, this one included. Exact for integers."""
    total = np.cumsum(values)
    out = total.copy()
    out[seconds:] -= total[:-seconds]
    return out


def trailing_max(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the maximum of the last ``seconds`` values that are known, float64."""
    out = np.empty(len(values))
    _trailing_max(np.asarray(values, np.float64), np.empty(len(values), np.int64), seconds, out)
    return out


def trailing_min(values: np.ndarray, seconds: int) -> np.ndarray:
    """Return the minimum of the last ``seconds`` values that are known, float64."""
    return -trailing_max(-np.asarray(values, np.float64), seconds)


@kernel
def _trailing_max(values: np.ndarray, waiting: np.ndarray, seconds: int, out: np.ndarray) -> None:
    """Keep the values that may still become the maximum, largest first (Lemire 2006)."""
    first = last = 0
    for b in range(len(values)):
        if not np.isnan(values[b]):
            while last > first and values[waiting[last - 1]] <= values[b]:
                last -= 1
            waiting[last] = b
            last += 1
        while last > first and waiting[first] <= b - seconds:
            first += 1
        out[b] = values[waiting[first]] if last > first else np.nan


def faded(values: np.ndarray, seconds: float) -> np.ndarray:
    """Return the sum of all values so far, each faded by ``exp(-age / seconds)``."""
    out = np.empty(len(values))
    _faded(np.asarray(values, np.float64), portable.exp(-1.0 / seconds), out)
    return out


@kernel
def _faded(values: np.ndarray, keep: float, out: np.ndarray) -> None:
    total = 0.0
    for b in range(len(values)):
        total = keep * total + values[b]
        out[b] = total


def faded_mean(values: np.ndarray, seconds: float) -> np.ndarray:
    """Return the mean of all known values so far, weighted by ``exp(-age / seconds)``.

    NaN before the first known value; an unknown value leaves the mean as it is and does not age.
    """
    out = np.empty(len(values))
    _faded_mean(np.asarray(values, np.float64), portable.exp(-1.0 / seconds), out)
    return out


@kernel
def _faded_mean(values: np.ndarray, keep: float, out: np.ndarray) -> None:
    total, weight = 0.0, 0.0
    for b in range(len(values)):
        if not np.isnan(values[b]):
            total = keep * total + values[b]
            weight = keep * weight + 1.0
        out[b] = total / weight if weight > 0.0 else np.nan


def z_score(values: np.ndarray, learning: np.ndarray) -> np.ndarray:
    """Return how unusual ``ln(1 + value)`` is against the last quarter of an hour, -5 to 5.

    The usual level is an exponential mean and variance over 900 s, of earlier seconds only, and
    the deviation is taken as at least 0.25.

    Args:
        values: at least 0; NaN where not known.
        learning: bool; False where the level is kept as it is, as in a halt and a minute after.
    """
    out = np.empty(len(values))
    step = 1.0 - portable.exp(-1.0 / Z_SECONDS)
    _z_score(np.asarray(values, np.float64), learning, step, out)
    return out


@kernel
def _z_score(values: np.ndarray, learning: np.ndarray, step: float, out: np.ndarray) -> None:
    mean = variance = 0.0
    known = False
    for b in range(len(values)):
        out[b] = np.nan
        if np.isnan(values[b]):
            continue
        size = portable.log(1.0 + values[b])
        if known:
            z = (size - mean) / max(np.sqrt(variance), LEAST_DEVIATION)
            out[b] = min(max(z, -Z_LIMIT), Z_LIMIT)
        elif learning[b]:
            mean = size
            known = True
        if learning[b]:
            change = size - mean
            mean += step * change
            variance = (1.0 - step) * (variance + step * change * change)


def log(values: np.ndarray) -> np.ndarray:
    """Return the natural logarithm, the same bits on every machine; NaN of 0 and below."""
    out = np.empty(len(values))
    _log(np.asarray(values, np.float64), out)
    return out


def log1p(values: np.ndarray) -> np.ndarray:
    """Return ``ln(1 + value)``, the same bits on every machine."""
    return log(1.0 + values)


@kernel
def _log(values: np.ndarray, out: np.ndarray) -> None:
    before, result = 1.0, 0.0
    for b in range(len(values)):
        if values[b] != before:  # a quiet tape repeats itself
            before = values[b]
            result = portable.log(before) if before > 0.0 else np.nan
        out[b] = result


def squashed(values: np.ndarray, half: float) -> np.ndarray:
    """Return ``v / (|v| + half)``: 0.5 where a value is ``half``, and never beyond 1."""
    return values / (np.abs(values) + half)


def positive(values: np.ndarray) -> np.ndarray:
    """Return what is above 0, and NaN for the rest: what may be divided by."""
    return np.where(values > 0, values, np.nan)


def ramp(values: np.ndarray, none: float, full: float) -> np.ndarray:
    """Return 0 up to ``none``, 1 from ``full`` on, and a line between; they may be descending."""
    return np.clip((values - none) / (full - none), 0.0, 1.0) + 0.0  # no -0


def seconds_since(event: np.ndarray) -> np.ndarray:
    """Return the seconds since ``event`` was last True; -1 before it ever was."""
    index = np.arange(len(event))
    last = np.maximum.accumulate(np.where(event, index, -1))
    return np.where(last >= 0, index - last, -1)


def standing(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the last known value, NaN before the first."""
    index = np.arange(len(values))
    last = np.maximum.accumulate(np.where(known, index, -1))
    return np.where(last >= 0, values[np.maximum(last, 0)], np.nan)


def per_closed_minute(minutes: np.ndarray, seconds: int) -> np.ndarray:
    """Spread values of minutes over seconds, each from the last second of its minute on.

    Args:
        minutes: one value per minute.
        seconds: length of the result. Element ``b`` is the value of the last minute that has
            ended with bucket ``b``, and NaN before the first has.
    """
    closed = (np.arange(seconds) + 1) // 60
    return np.concatenate([np.full(1, np.nan), minutes])[closed]
