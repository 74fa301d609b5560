"""Synthetic doubles of a user's own days: same date and price, and a story that goes as far.

A market is fitted by comparing like with like. A day that went nowhere says nothing about how a
squeeze trades, and a stock at one dollar nothing about spreads at ten. So each day gets a double,
whose story is chosen for how far it goes, and how busy it is for its market: how it trades is
left to the preset.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import Scenario
from lowfloat.base.portable import log
from lowfloat.base.prices import NANODOLLARS_PER_UNIT, UNITS_PER_DOLLAR
from lowfloat.days.bars import summary_of
from lowfloat.days.day import Day
from lowfloat.synth.character import draw_stock
from lowfloat.synth.day import Yesterday, make_day
from lowfloat.synth.options import Options
from lowfloat.synth.stories import MIXES, Plan

PER_DAY = 2
"""Stories that are tried for each day, the more of them the better the ranges agree."""

_SYMBOL = "DOUBLE"
_QUIET = 0.5  # share of the stories that tell of no move: most days of most stocks are such
_SLEEPING = 0.3  # of these, the share on which nothing is told at all


class Double(NamedTuple):
    """What makes one synthetic day; the preset is what it leaves open.

    Attributes:
        roots: of its random numbers.
        plan: scenarios it tells.
        date: session date.
        dollars: price at which it begins.
    """

    roots: tuple[int, int, int]
    plan: Plan
    date: dt.date
    dollars: float


def play(double: Double, options: Options) -> Day:
    """Return the day of a double; the same double and options give the same day."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(double.roots[:2])))
    stock = draw_stock(rng)._replace(usual_dollars=double.dollars)
    yesterday = Yesterday(round(double.dollars * 100) * UNITS_PER_DOLLAR // 100, False)
    made = make_day(
        double.roots, _SYMBOL, double.date, stock, double.plan, [], yesterday, options
    )  # fmt: skip
    return made.day


def range_of(day: Day) -> float:
    """Return the highest print over the lowest, less 1; 0 without prints."""
    summary = summary_of(day)
    return summary.high / summary.low - 1.0 if summary.low else 0.0


def first_dollars(day: Day) -> float:
    """Return the price of the day's first print."""
    return int(day.trades.price[0]) / NANODOLLARS_PER_UNIT / UNITS_PER_DOLLAR


def cast(days: Sequence[Day], seed: int, options: Options) -> list[Double]:
    """Return a double for each day, in their order.

    A few times as many stories are played. The day of the widest range chooses first, and takes
    the story that is nearest by the ratios of range and of prints. Prints are taken relative to
    the median of their own market: how busy a usual day is remains to be fitted.

    Args:
        days: with prints.
        seed: of the stories.
        options: what they are played with.
    """
    stories = [_story(seed, number) for number in range(PER_DAY * len(days))]
    dollars = float(np.median([first_dollars(day) for day in days]))
    played = np.array(
        [
            _shape(play(Double((seed, number, 0), plan, days[0].date, dollars), options))
            for number, plan in enumerate(stories)
        ]
    )
    wanted = np.array([_shape(day) for day in days])
    for shapes in (played, wanted):
        shapes[:, 1] -= np.median(shapes[:, 1])
    left = list(range(len(stories)))
    doubles: dict[int, Double] = {}
    for index in np.argsort(-wanted[:, 0], kind="stable").tolist():
        distance = np.abs(played[left] - wanted[index]).sum(axis=1)
        number = left.pop(int(np.argmin(distance)))
        day = days[index]
        doubles[index] = Double((seed, number, 0), stories[number], day.date, first_dollars(day))
    return [doubles[index] for index in range(len(days))]


def _shape(day: Day) -> tuple[float, float]:
    """Return the logarithms of a day's range and of its prints."""
    return log(max(range_of(day), 1e-4)), log(max(len(day.trades.price), 1))


def _story(seed: int, number: int) -> Plan:
    """Draw what a day tells: nothing, next to nothing, or a scenario as often as it happens."""
    root = np.random.SeedSequence((seed, number))
    quiet, which = np.random.Generator(np.random.Philox(root)).random(2)
    if quiet < _QUIET:
        return (Scenario.DEAD if which < _SLEEPING else Scenario.ORDINARY,)
    weights = MIXES["market"].weights
    shares = np.cumsum(list(weights.values()))
    return (list(weights)[int(np.searchsorted(shares, which * shares[-1], side="right"))],)
