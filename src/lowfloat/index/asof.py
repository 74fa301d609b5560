"""What a live scanner would have shown: alerts that use only what had been received."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.index.config import AlertConfig
from lowfloat.index.reading import lasting
from lowfloat.tape.column import Tape
from lowfloat.tape.halts import is_halted
from lowfloat.tape.price import mid_price
from lowfloat.tape.volume import dollars_60, premarket_volume, relative_volume, so_far

TRIGGERS = (
    "gain", "volume", "minute_value", "price", "relative_volume", "premarket_volume", "halt",
    "resumption",
)  # fmt: skip
"""What may set off an alert."""


class Alert(NamedTuple):
    """A line of a live scanner.

    Attributes:
        second: decision second at which it would have appeared.
        trigger: what set it off, one of :data:`TRIGGERS`. Of the first alert it is the term that
            came to hold last.
        price: dollars, the mid.
        gain: over the previous close, or over the first price of the day if that is not known.
        volume: shares since 04:00.
        relative_volume: shares so far over the usual by this minute, None if nothing is usual.
    """

    second: int
    trigger: str
    price: float
    gain: float
    volume: int
    relative_volume: float | None


def alerts_of(tape: Tape, config: AlertConfig) -> list[Alert]:
    """Return the alerts of a day, in the order in which they would have appeared.

    The first comes when all terms hold. From then on further alerts tell of each further step of
    the gain, of the relative volume and the premarket volume that are reached while the terms
    hold, and of each halt and its end.

    Args:
        tape: the day, with the baseline that was known before it.
        config: the terms.
    """
    mid, volume = tape.of(mid_price), tape.of(so_far)
    known = np.flatnonzero(~np.isnan(mid))
    float_shares = tape.baseline.float_shares
    if not len(known) or (float_shares is not None and float_shares > config.max_float):
        return []
    base = tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR or float(mid[known[0]])
    gain = mid / base - 1.0
    relative = tape.of(relative_volume)
    before_open = tape.of(premarket_volume)
    halted = tape.of(is_halted)
    terms = {
        "gain": mid >= base * (1.0 + config.min_gain),
        "volume": volume >= config.min_volume,
        "minute_value": tape.of(dollars_60) >= config.min_minute_value,
        "price": (mid >= config.min_price) & (mid <= config.max_price),
        "relative_volume": ~(relative < config.min_relative_volume),
        "premarket_volume": before_open >= config.min_premarket_volume,
        "resumption": ~halted,
    }
    met = np.logical_and.reduce(list(terms.values()))
    if not met.any():
        return []
    first = int(np.argmax(met))
    last_to_hold = min(terms, key=lambda name: int(lasting(terms[name])[first]))
    events = [(first, last_to_hold)]

    steps = np.floor((gain - config.min_gain) / config.gain_step)
    reached = np.maximum.accumulate(np.where(met, steps, -1.0))
    events += [(b, "gain") for b in _rises(reached, first)]
    for name, values, level in (
        ("relative_volume", relative, config.relative_volume),
        ("premarket_volume", before_open, config.premarket_volume),
    ):
        came = np.maximum.accumulate(np.where(met & (values >= level), 1.0, 0.0))
        events += [(b, name) for b in _rises(came, first)]
    changed = np.diff(halted.astype(np.float64), prepend=float(halted[0]))
    events += [(b, "halt") for b in np.flatnonzero(changed > 0).tolist() if b > first]
    events += [(b, "resumption") for b in np.flatnonzero(changed < 0).tolist() if b > first]
    events.sort(key=lambda event: (event[0], TRIGGERS.index(event[1])))
    return [
        # What the bucket held is known at the decision of the second after it.
        Alert(
            b + 1, trigger, float(mid[b]), float(gain[b]), int(volume[b]),
            None if np.isnan(relative[b]) else float(relative[b]),
        )
        for b, trigger in events
    ]  # fmt: skip


def first_alert(tape: Tape, config: AlertConfig) -> int | None:
    """Return the second of the first alert of a day, None if there is none."""
    alerts = alerts_of(tape, config)
    return alerts[0].second if alerts else None


def _rises(values: np.ndarray, after: int) -> list[int]:
    """Return the seconds after one at which a value rises."""
    rises = np.flatnonzero(np.diff(values, prepend=values[0]) > 0)
    return rises[rises > after].tolist()
