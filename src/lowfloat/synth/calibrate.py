"""Fits the preset to a user's own days by matching moments.

The days get synthetic doubles (:mod:`lowfloat.synth.doubles`), played with the same random
numbers in every round. Each knob (:mod:`lowfloat.synth.knobs`) is turned by the distance of its
fact from that of the real days, damped. Chance moves the facts of the doubles too, so at last the
mean of the later rounds is played, and the round that came nearest is kept. This is the
simulated method of moments with common random numbers (McFadden 1989, "A method of simulated
moments for estimation of discrete response models without numerical integration") with the
Jacobian's diagonal in place of a search, and averaged as Polyak and Juditsky (1992, "Acceleration
of stochastic approximation by averaging") show to be best.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.portable import exp, log
from lowfloat.base.progress import Progress
from lowfloat.days.day import Day
from lowfloat.errors import ConfigError
from lowfloat.synth.bands import IN_PLAY
from lowfloat.synth.doubles import Double, cast, play, range_of
from lowfloat.synth.facts import Measured, combine, measure
from lowfloat.synth.knobs import DIGITS, KNOBS, Knob, average, turn
from lowfloat.synth.observed import is_quoted
from lowfloat.synth.options import Options
from lowfloat.synth.preset import Preset

LEAST_DAYS = 5
"""Days in play with quotes of their own without which nothing can be fitted."""

DOUBLES = 72
"""Doubles of a round by default; days are repeated as often as fits, or some are left out."""

ROUNDS = 12
_MOST_ROUNDS = 200
_CASTINGS = (0, 3)  # rounds at whose beginning doubles are chosen; later ones have the rates
_DAMPING, _SETTLING = 0.7, 0.2  # share of a distance made up in a round, and how it shrinks
_MOST_STEP = 0.5  # of a knob in a round, on its scale


class Calibration(NamedTuple):
    """A preset fitted to days, and how near it came.

    Attributes:
        preset: the fitted one.
        facts_before: facts of the last doubles as the starting preset plays them.
        facts_after: of the same doubles as the fitted one does.
        targets: the same facts of the real days.
        distances: of each round, mean over the knobs; 0 is a perfect fit.
        days: names of the days it was fitted on.
        days_sha256: over the names and the manifests of these days.
    """

    preset: Preset
    facts_before: dict[str, float]
    facts_after: dict[str, float]
    targets: dict[str, float]
    distances: tuple[float, ...]
    days: tuple[str, ...]
    days_sha256: str

    @property
    def about(self) -> dict[str, Any]:
        """What to write beside the preset: plain data without a date or a path."""
        names = [knob.fact for knob in KNOBS]
        return {
            "made_by": "lowfloat synth calibrate",
            "days": list(self.days),
            "days_sha256": self.days_sha256,
            "facts": {
                name: {
                    "days": _known(self.targets[name]),
                    "before": _known(self.facts_before[name]),
                    "after": _known(self.facts_after[name]),
                }
                for name in names
            },
        }


class _Round(NamedTuple):
    preset: Preset
    facts: dict[str, float]
    distance: float


def calibrate(
    days: Iterable[Day],
    seed: int = 0,
    rounds: int = ROUNDS,
    progress: Progress | None = None,
    *,
    start: Preset | None = None,
    doubles: int = DOUBLES,
) -> Calibration:
    """Fit the synthetic market to days; the days are only read.

    The same days and arguments give the same preset. It takes about a second per round and ten
    doubles on one core.

    Args:
        days: real or synthetic; those without quotes of their own are left out. Quiet days
            among them say how a stock trades that is not in play.
        seed: of the doubles.
        rounds: how often the doubles are played with new numbers, 1 to 200.
        progress: called with the distance of each round, how many are done, and how many there
            will be at most.
        start: preset to start from; the shipped one if None.
        doubles: how many synthetic days are played each round, 5 to 1,000.

    Raises:
        ConfigError: there are too few days in play, or a number is out of bounds.
    """
    for name, value, low, high in (
        ("seed", seed, 0, 2**63 - 1),
        ("rounds", rounds, 1, _MOST_ROUNDS),
        ("doubles", doubles, LEAST_DAYS, 1_000),
    ):
        if not low <= value <= high:
            raise ConfigError(f"`{name}` was {value}; use {low} to {high}.")
    sample = _sample(list(days), doubles)
    in_play = [range_of(day) >= IN_PLAY for day in sample]
    measured = {day.name: measure(day) for day in sample}
    targets = facts_of_sample([measured[day.name] for day in sample], in_play)

    preset = Preset() if start is None else start
    doubles_of_days: list[Double] = []
    played: list[_Round] = []
    comparable = 0  # first round of the present doubles: a distance to others is another distance
    for number in range(rounds + 1):
        if number in _CASTINGS and number < rounds:
            doubles_of_days, comparable = cast(sample, seed, Options(preset=preset)), number
        if number == rounds and rounds - comparable > 2:
            preset = average([each.preset for each in played[(comparable + rounds + 1) // 2 :]])
        facts = facts_of_sample(_play_all(doubles_of_days, preset), in_play)
        played.append(_Round(preset, facts, _distance(facts, targets)))
        if progress is not None:
            progress(f"distance {played[-1].distance:.3f}", number, rounds)
        if _is_met(facts, targets):
            break
        preset = _turned(preset, facts, targets, _DAMPING / (1.0 + _SETTLING * number))
    best = min(played[comparable:], key=lambda each: each.distance)
    before = played[0].facts
    if comparable:
        before = facts_of_sample(_play_all(doubles_of_days, played[0].preset), in_play)
    return Calibration(
        preset=best.preset,
        facts_before=before,
        facts_after=best.facts,
        targets=targets,
        distances=tuple(each.distance for each in played),
        days=tuple(measured),
        days_sha256=_digest(sample),
    )


def facts_of_sample(days: Sequence[Measured], in_play: Sequence[bool]) -> dict[str, float]:
    """Return the facts that a fit looks at.

    Args:
        days: measured days.
        in_play: of each, whether it counts as in play; a double does if its day does.

    Returns:
        The facts of the days in play, with three kinds beside them that chance moves less:
        every statistic of a day as its median over the days, under its name and ``_by_day``
        (weighed by their prints, as facts of prints are, two or three busy days decide);
        ``trades_in_play`` and ``trades_asleep``, the prints of a day, and ``size_at_touch``,
        the median shares at the best bid and offer, as geometric means over days. NaN where
        there are none.
    """
    playing = [day for day, yes in zip(days, in_play, strict=True) if yes]
    asleep = [day for day, yes in zip(days, in_play, strict=True) if not yes]
    return (
        combine(playing)
        | {f"{name}_by_day": _median(playing, name) for name in playing[0].values}
        | {
            "trades_in_play": _geometric_mean(playing, "trades"),
            "trades_asleep": _geometric_mean(asleep, "trades"),
            "size_at_touch": _geometric_mean(playing, "bid_size_p50", "ask_size_p50"),
        }
    )


def _sample(days: list[Day], count: int) -> list[Day]:
    """Return days that stand for all: each equally often, or every so-manieth by its prints."""
    quoted = [day for day in days if is_quoted(day) and len(day.trades.price)]
    in_play = sum(range_of(day) >= IN_PLAY for day in quoted)
    if in_play < LEAST_DAYS:
        raise ConfigError(
            f"`days` held {in_play} days in play among {len(days)}; use at least {LEAST_DAYS} "
            f"with quotes of their own and a range of {IN_PLAY:.0%} or more."
        )
    if count >= len(quoted):
        return [day for day in quoted for _ in range(count // len(quoted))]
    ordered = sorted(quoted, key=lambda day: (len(day.trades.price), day.name))
    places = (np.arange(count) + 0.5) * len(ordered) / count
    return [ordered[int(place)] for place in places]


def _play_all(doubles: Sequence[Double], preset: Preset) -> list[Measured]:
    options = Options(preset=preset)
    return [measure(play(double, options)) for double in doubles]


def _turned(
    preset: Preset, facts: dict[str, float], targets: dict[str, float], damping: float
) -> Preset:
    """Return the preset with every knob turned towards its target."""
    turned = preset
    for knob in KNOBS:
        away = _away(knob, facts, targets)
        step = min(max(damping * away / knob.answer, -_MOST_STEP), _MOST_STEP)
        turned = turn(turned, knob, step)
    return turned


def _away(knob: Knob, facts: dict[str, float], targets: dict[str, float]) -> float:
    """Return how far a fact is below its target, on its scale; 0 if either is not known."""
    ends = [knob.fact_scale.to(each[knob.fact]) for each in (targets, facts)]
    return ends[0] - ends[1] if np.isfinite(ends).all() else 0.0


def _distance(facts: dict[str, float], targets: dict[str, float]) -> float:
    """Return the mean distance of the facts in tolerances, far ones counting little more."""
    return float(np.mean([log(1.0 + abs(_away(k, facts, targets)) / k.tolerance) for k in KNOBS]))


def _is_met(facts: dict[str, float], targets: dict[str, float]) -> bool:
    return all(abs(_away(knob, facts, targets)) <= knob.tolerance for knob in KNOBS)


def _median(days: Sequence[Measured], name: str) -> float:
    values = np.array([day.values[name] for day in days])
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _geometric_mean(days: Sequence[Measured], *names: str) -> float:
    values = np.array([day.values[name] for day in days for name in names])
    logs = [log(value) for value in values[values > 0.0].tolist()]
    return exp(float(np.mean(logs))) if logs else np.nan


def _known(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def _digest(days: Sequence[Day]) -> str:
    pairs = sorted({(day.name, day.manifest_id) for day in days})
    return hashlib.sha256(repr(pairs).encode()).hexdigest()
