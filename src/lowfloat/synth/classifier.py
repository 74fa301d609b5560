"""How well a classifier tells the windows of two markets apart, and by what.

A market that is like another leaves it guessing: an area under the curve of 0.5. The declared
bound is 0.75.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lowfloat.days.day import Day
from lowfloat.synth.windows import FEATURES, windows_of

MOST_AREA = 0.75
"""Area under the curve below which synthetic days count as hard to tell from real ones."""

FOLDS = 5
_MOST_PER_DAY = 24  # windows, so that no busy day speaks for its market
_SHUFFLES = 5
_RESAMPLES = 1000
_CONFIDENCE = 0.9


class Feature(NamedTuple):
    """One feature of the windows, and what it gave away.

    Attributes:
        name: one of :data:`lowfloat.synth.windows.FEATURES`.
        importance: how much area is lost when its values are shuffled among the windows.
        alone: area under the curve of this number alone; below 0.5 it is smaller in `days`.
        median: its median over the windows of `days`.
        against: its median over the other windows.
    """

    name: str
    importance: float
    alone: float
    median: float
    against: float


class Apart(NamedTuple):
    """How well two markets are told apart.

    Attributes:
        area: area under the receiver operating characteristic of windows of days the classifier
            never saw, 0.5 for guessing; NaN if a market has too few days to say.
        low: lower end of its 90 % interval, by a bootstrap over days.
        high: upper end.
        windows: windows used of each market.
        days: days of `days` with a window among them.
        days_against: the same of the others.
        features: the features, most telling first; empty without an area.
    """

    area: float
    low: float
    high: float
    windows: int
    days: int
    days_against: int
    features: tuple[Feature, ...]


class _Sample(NamedTuple):
    """Windows of both markets: features, whether of `days`, and the number of the day."""

    rows: np.ndarray
    ours: np.ndarray
    day: np.ndarray


def tell_apart(days: Iterable[Day], against: Iterable[Day], seed: int = 0) -> Apart:
    """Train a classifier to tell the windows of days from those of other days.

    Both markets give equally many windows, spread over their days. Boosted trees are trained on
    four fifths of the days and asked about the rest, five times, so that every window is judged
    by a classifier that saw no window of its day. Needs scikit-learn, the extra `classify`.

    Args:
        days: days of one market, such as synthetic ones.
        against: days of the other, such as real ones.
        seed: of the choice of windows, of the folds and of the shuffles; the same seed and days
            give the same result.
    """
    return tell_windows_apart(
        [windows_of(day) for day in days], [windows_of(day) for day in against], seed
    )


def tell_windows_apart(days: list[np.ndarray], against: list[np.ndarray], seed: int = 0) -> Apart:
    """Return the same as :func:`tell_apart` for days whose windows are known, one array a day."""
    rng = np.random.Generator(np.random.Philox(seed))
    sample = _sample(days, against, rng)
    count = int(sample.ours.sum())
    of_ours, of_others = (len(np.unique(sample.day[sample.ours == side])) for side in (True, False))
    if min(of_ours, of_others) < FOLDS:
        return Apart(np.nan, np.nan, np.nan, count, of_ours, of_others, ())
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # there is little to do, and threads would wait for one another
        area, losses, score = _cross_validate(sample, seed, rng)
        low, high = _interval(sample, score, rng)
    alone = [area_under(sample.rows[:, j], sample.ours) for j in range(len(FEATURES))]
    features = [
        Feature(
            name=name,
            importance=float(losses[j]),
            alone=alone[j],
            median=_median(sample.rows[sample.ours, j]),
            against=_median(sample.rows[~sample.ours, j]),
        )
        for j, name in enumerate(FEATURES)
    ]
    # Where several features each tell all, shuffling one takes nothing: the next word is `alone`.
    features.sort(key=lambda one: (-round(one.importance, 3), -abs(one.alone - 0.5)))
    return Apart(area, low, high, count, of_ours, of_others, tuple(features))


def _sample(days: list[np.ndarray], against: list[np.ndarray], rng: np.random.Generator) -> _Sample:
    """Return equally many windows of both, taken from their days in turn."""
    sides = [_in_turn(days, rng), _in_turn(against, rng)]
    count = min(len(place) for _, place in sides)
    first_other = len(days)
    return _Sample(
        rows=np.concatenate([rows[:count] for rows, _ in sides]),
        ours=np.repeat([True, False], count),
        day=np.concatenate([sides[0][1][:count], sides[1][1][:count] + first_other]),
    )


def _in_turn(days: list[np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return windows and the number of their day: one of each day, then a second one, and so on."""
    rows, number, turn = [np.empty((0, len(FEATURES)))], [np.empty(0, int)], [np.empty(0, int)]
    for i, day in enumerate(days):
        chosen = rng.permutation(len(day))[:_MOST_PER_DAY]
        rows.append(day[chosen])
        number.append(np.full(len(chosen), i))
        turn.append(np.arange(len(chosen)))
    turns = np.concatenate(turn)
    order = np.lexsort((rng.random(len(turns)), turns))
    return np.concatenate(rows)[order], np.concatenate(number)[order]


def _cross_validate(
    sample: _Sample, seed: int, rng: np.random.Generator
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the area, what shuffling each feature takes from it, and each window's score."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    score = np.empty(len(sample.ours))
    shuffled = np.empty((len(FEATURES), _SHUFFLES, len(score)))
    for train, test in folds.split(sample.rows, sample.ours, sample.day):
        model = HistGradientBoostingClassifier(
            learning_rate=0.1, max_iter=100, max_leaf_nodes=8, min_samples_leaf=20,
            l2_regularization=1.0, early_stopping=False, random_state=seed,
        )  # fmt: skip
        model.fit(sample.rows[train], sample.ours[train])
        score[test] = model.predict_proba(sample.rows[test])[:, 1]
        for j in range(len(FEATURES)):
            rows = np.tile(sample.rows[test], (_SHUFFLES, 1))
            rows[:, j] = np.concatenate(
                [rng.permutation(sample.rows[test, j]) for _ in range(_SHUFFLES)]
            )
            shuffled[j][:, test] = model.predict_proba(rows)[:, 1].reshape(_SHUFFLES, -1)
    area = area_under(score, sample.ours)
    left = [[area_under(one, sample.ours) for one in shuffles] for shuffles in shuffled]
    return area, area - np.mean(left, axis=1), score


def _interval(sample: _Sample, score: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the interval of the area when the days of each market are drawn anew."""
    areas = []
    sides = [np.unique(sample.day[sample.ours == side]) for side in (True, False)]
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([rng.choice(side, len(side)) for side in sides])
        weight = np.bincount(drawn, minlength=sample.day.max() + 1)[sample.day]
        areas.append(area_under(score, sample.ours, weight))
    low, high = np.quantile(areas, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return float(low), float(high)


def area_under(score: np.ndarray, ours: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the area under the curve: how often a window of ours scores above one of the others.

    A tie counts as half. 0.5 if one side has no window with a score.

    Args:
        score: float64, NaN for a window without one.
        ours: bool.
        weight: how often each window counts; once if None.
    """
    known = np.isfinite(score)
    score, ours = score[known], ours[known]
    weight = np.ones(len(score)) if weight is None else weight[known]
    _, group = np.unique(score, return_inverse=True)
    above = np.bincount(group, weight * ours)
    below = np.bincount(group, weight * ~ours)
    pairs = above.sum() * below.sum()
    return float((above * (np.cumsum(below) - below / 2)).sum() / pairs) if pairs else 0.5


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
