"""Which fact governs which number of the preset, and how strongly the one answers the other.

The generator has far more numbers than a fit needs. Each knob below is one of them, or several
that are scaled together, with the fact that says most about it. What no knob names stays as it
was: it has no fact of its own, or moves the facts of others more than its own.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.portable import exp, log
from lowfloat.synth.preset import PhaseHabits, Preset

DIGITS = 4
"""Digits that are kept of a fitted number: more are noise, and a file is to be read."""


class Scale(NamedTuple):
    """A scale on which a number is moved, or a distance taken.

    Attributes:
        to: from the number to the scale; NaN for a number that is not on it.
        back: from the scale to the number.
    """

    to: Callable[[float], float]
    back: Callable[[float], float]


LOG = Scale(lambda value: log(value) if value > 0.0 else np.nan, exp)
"""Ratios: for sizes, rates and times."""

LOGIT = Scale(
    lambda share: log(share / (1.0 - share)) if 0.0 < share < 1.0 else np.nan,
    lambda place: 1.0 / (1.0 + exp(-place)),
)
"""Ratios of odds: for shares."""

PLAIN = Scale(float, float)
"""Differences: for correlations near 0."""


class Knob(NamedTuple):
    """Some numbers of the preset and the fact that governs them.

    Attributes:
        name: what is turned, in a few words.
        parameters: dotted paths within the preset; all are moved alike on the scale of the knob,
            and a number below 0 by its size.
        fact: name of a fact of :func:`lowfloat.synth.calibrate.facts_of_sample`.
        answer: change of the fact with the parameter, both on their scales. Its sign is the
            direction; its size was measured about the shipped preset.
        low: least size that a parameter may take.
        high: largest size.
        scale: on which parameters are moved.
        fact_scale: on which the distance of the fact from its target is taken.
        tolerance: distance that counts as met; as far as the facts of two samples of a few dozen
            days differ by chance.
    """

    name: str
    parameters: tuple[str, ...]
    fact: str
    answer: float
    low: float
    high: float
    scale: Scale = LOG
    fact_scale: Scale = LOG
    tolerance: float = 0.05


_AWAKE = tuple(name for name in PhaseHabits._fields if name != "dead")
_BEFORE = ("from_0400", "from_0700", "from_0800")
_AFTER = ("after_close", "evening")


def _each(section: str, names: tuple[str, ...], field: str) -> tuple[str, ...]:
    return tuple(f"{section}.{name}.{field}" for name in names)


KNOBS = (
    Knob("orders in play", _each("phases", _AWAKE, "rate"),
         "trades_in_play", 1.0, 1e-4, 50.0, tolerance=0.1),
    Knob("orders asleep", ("phases.dead.rate",),
         "trades_asleep", 1.0, 1e-5, 5.0, tolerance=0.15),
    Knob("orders before the open", _each("hours", _BEFORE, "rate"),
         "trades_before_share_by_day", 0.8, 1e-4, 10.0, fact_scale=LOGIT, tolerance=0.2),
    Knob("orders of the first half hour", ("hours.from_0930.rate",),
         "first_30min_share", 0.7, 0.05, 20.0, fact_scale=LOGIT, tolerance=0.1),
    Knob("orders after the close", _each("hours", _AFTER, "rate"),
         "trades_after_share_by_day", 1.0, 1e-4, 10.0, fact_scale=LOGIT, tolerance=0.2),
    Knob("distance of quotes", _each("phases", PhaseHabits._fields, "half_spread"),
         "spread_regular", 1.0, 0.5, 1000.0),
    Knob("better quotes before orders", ("rules.book.improve_before_trade",),
         "effective_half_spread_by_day", -0.15, 0.3, 0.99, LOGIT),
    Knob("spread before the open", _each("hours", _BEFORE, "spread"),
         "spread_before", 1.0, 0.2, 100.0, tolerance=0.1),
    Knob("spread after the close", _each("hours", _AFTER, "spread"),
         "spread_after", 1.0, 0.2, 100.0, tolerance=0.1),
    Knob("impact", ("rules.flow.impact",), "response_1s_by_day", 0.8, 0.05, 4.0),
    Knob("displayed size", ("rules.book.base_size",),
         "size_at_touch", 0.7, 1.0, 1e6, tolerance=0.1),
    Knob("bursts of quotes", ("rules.book.idle_bursts",),
         "quotes_per_second", 0.6, 1e-4, 20.0, tolerance=0.1),
    Knob("size of orders", ("rules.flow.order_median",),
         "trade_size_mean_by_day", 0.6, 1.0, 1e5),
    Knob("memory of sizes", ("rules.flow.size_memory",),
         "log_size_acf_1", 0.4, 0.01, 0.95, LOGIT, LOGIT, 0.1),
    Knob("round lots", ("variety.lots",),
         "round_lot_share_by_day", 1.0, 0.01, 0.99, LOGIT, LOGIT),
    Knob("orders in the dark", ("rules.flow.dark",),
         "no_aggressor_share_by_day", 1.1, 0.005, 0.95, LOGIT, LOGIT),
    Knob("orders in pieces", ("rules.flow.split",),
         "gap_under_1ms_share_by_day", 0.25, 0.01, 0.995, LOGIT, LOGIT),
    Knob("orders that breed orders", ("variety.branching",),
         "branching_ratio", 0.7, 0.05, 0.9, LOGIT, LOGIT),
    Knob("orders of nobody's parent", ("rules.flow.single",),
         "sign_acf_1_by_day", -0.4, 0.01, 0.95, LOGIT, LOGIT),
    Knob("length of parent orders", ("variety.memory",),
         "sign_acf_10_by_day", -1.0, 1.1, 4.0, LOG, PLAIN, 0.02),
)  # fmt: skip
"""The knobs, in the order in which they are reported."""


def turn(preset: Preset, knob: Knob, step: float) -> Preset:
    """Return a preset with the numbers of a knob moved by ``step`` on its scale, in bounds."""
    for path in knob.parameters:
        value = read(preset, path)
        if value:
            size = knob.scale.back(knob.scale.to(abs(value)) + step)
            preset = _write(preset, path, knob, size if value > 0.0 else -size)
    return preset


def average(presets: Sequence[Preset]) -> Preset:
    """Return a preset whose turned numbers are the means of those of others, on their scales.

    Args:
        presets: one or more that differ in what the knobs turn only.
    """
    mean = presets[-1]
    for knob in KNOBS:
        for path in knob.parameters:
            values = [read(preset, path) for preset in presets]
            if all(values):
                place = float(np.mean([knob.scale.to(abs(value)) for value in values]))
                size = knob.scale.back(place)
                mean = _write(mean, path, knob, size if values[-1] > 0.0 else -size)
    return mean


def read(preset: Preset, path: str) -> float:
    """Return the number of a preset at a dotted path."""
    node: Any = preset
    for name in path.split("."):
        node = getattr(node, name)
    return float(node)


def _write(preset: Preset, path: str, knob: Knob, value: float) -> Preset:
    size = min(max(abs(value), knob.low), knob.high)
    rounded = math.copysign(float(f"{size:.{DIGITS}g}"), value)
    changed: Preset = _replaced(preset, path.split("."), rounded)
    return changed


def _replaced(node: Any, names: list[str], value: float) -> Any:
    inner = value if len(names) == 1 else _replaced(getattr(node, names[0]), names[1:], value)
    return node._replace(**{names[0]: inner})
