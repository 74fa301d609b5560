"""What kind of day follows which: the life of one stock over weeks and months.

A stock sleeps, wakes with a headline, often stays in play for another day or two, fades, and
echoes once more before it sleeps again. So whether a day is in play depends on how long the stock
has been in play, or asleep; and what the day tells depends on that chapter of its life. In the
long run a mix still tells each scenario as often as its weight says, and is in play on exactly
the wished share of days: the chances are solved for that, not hoped for.

Two things carry over that a caller decides from the days themselves: the close, from which the
overnight gap pulls back, and Rule 201: a stock that traded 10 % below its previous close in
regular hours starts the next day with the short-sale restriction on.
"""

import math
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import Scenario
from lowfloat.base.portable import exp, log
from lowfloat.errors import ConfigError

Plan = tuple[Scenario, ...]


class Chapter(IntEnum):
    """Where in its life a stock in play is."""

    FIRST = 0  # after a sleep of more than ``ECHO_DAYS``
    SECOND = 1  # the day after a first day or an echo
    LATER = 2  # the third day in play in a row, and those after it
    ECHO = 3  # back in play soon after it had gone to sleep


class Mix(NamedTuple):
    """How often each scenario is told.

    Attributes:
        weights: share of the days in play, by the first scenario of the day; sums to 1.
        active: usual share of all days that are in play.
    """

    weights: dict[Scenario, float]
    active: float


MIXES = {
    # The weights of the mastery curriculum: leaning towards failure.
    "curriculum": Mix(
        {
            Scenario.CLEAN_MOMENTUM: 0.15,
            Scenario.FAILED_BREAKOUT: 0.20,
            Scenario.CHOPPY_GRIND: 0.15,
            Scenario.PARABOLIC_BLOWOFF: 0.15,
            Scenario.OPENING_DRIVE: 0.10,
            Scenario.SQUEEZE_CONTINUATION: 0.15,
            Scenario.NEWS_CATALYST: 0.10,
        },
        0.6,
    ),
    # What stocks in play really do: .45 gap and fade, .25 one push and fade (three scenarios
    # share it), .12 choppy, .10 several legs, .06 parabolic and crash, .02 a clean late runner.
    "market": Mix(
        {
            Scenario.FADE_FROM_OPEN: 0.45,
            Scenario.FAILED_BREAKOUT: 0.13,
            Scenario.OPENING_DRIVE: 0.07,
            Scenario.NEWS_CATALYST: 0.05,
            Scenario.CHOPPY_GRIND: 0.12,
            Scenario.SQUEEZE_CONTINUATION: 0.10,
            Scenario.PARABOLIC_BLOWOFF: 0.06,
            Scenario.CLEAN_MOMENTUM: 0.02,
        },
        0.12,
    ),
}

COMPOUNDS: dict[Scenario, tuple[tuple[float, Plan], ...]] = {
    Scenario.FAILED_BREAKOUT: (
        (0.25, (Scenario.FAILED_BREAKOUT, Scenario.CLEAN_MOMENTUM)),
        (0.15, (Scenario.FAILED_BREAKOUT, Scenario.FAILED_BREAKOUT, Scenario.CLEAN_MOMENTUM)),
    ),
    Scenario.SQUEEZE_CONTINUATION: (
        (1 / 3, (Scenario.SQUEEZE_CONTINUATION, Scenario.FADE_FROM_OPEN)),
    ),
}
"""Odds with which a day that begins with a scenario goes on with others: reversal, several
attempts, and a morning squeeze that fades in the afternoon. They are counted under the first."""

LEANINGS = {
    Chapter.FIRST: {
        Scenario.CLEAN_MOMENTUM: 1.5,
        Scenario.PARABOLIC_BLOWOFF: 1.5,
        Scenario.SQUEEZE_CONTINUATION: 1.3,
        Scenario.NEWS_CATALYST: 2.5,
    },
    Chapter.SECOND: {
        Scenario.SQUEEZE_CONTINUATION: 1.6,
        Scenario.OPENING_DRIVE: 1.6,
        Scenario.FADE_FROM_OPEN: 1.3,
        Scenario.NEWS_CATALYST: 0.3,
    },
    Chapter.LATER: {
        Scenario.FADE_FROM_OPEN: 2.0,
        Scenario.FAILED_BREAKOUT: 2.0,
        Scenario.CHOPPY_GRIND: 1.3,
        Scenario.CLEAN_MOMENTUM: 0.5,
        Scenario.NEWS_CATALYST: 0.2,
    },
    Chapter.ECHO: {
        Scenario.CHOPPY_GRIND: 2.0,
        Scenario.FAILED_BREAKOUT: 1.5,
        Scenario.PARABOLIC_BLOWOFF: 0.5,
        Scenario.NEWS_CATALYST: 0.7,
    },
}
"""How much more a chapter tells a scenario than others do; 1 where it is not named."""

ECHO_DAYS = 5
AWAKE = (3.0, 2.0, 1.2, 0.8)
"""Odds of another day in play after 1, 2, 3, 4 or more in a row, before scaling."""

ASLEEP = tuple(0.4 + 0.9 * exp(-day / 3) for day in range(30))
"""Odds of coming into play after 1, 2, ... 30 or more days asleep, before scaling."""

PULL = 0.13  # of the way back to the usual price, each night: half of it within five sessions
REMEMBERED = 10.0  # days after which the interest in a runner has fallen to 1/e
INTEREST = 4.0  # order rate the day after a runner, above an ordinary day's


def day_plan(
    rng: np.random.Generator, history: Sequence[Plan], mix: str, active: float | None = None
) -> Plan:
    """Draw what a stock's next day tells.

    Args:
        rng: the day's own generator.
        history: what the earlier days told, oldest first.
        mix: ``curriculum`` or ``market``.
        active: long-run share of days in play, 0 to 1; that of the mix if None.

    Returns:
        One to three scenarios, told one after another.

    Raises:
        ConfigError: the mix is unknown, or the share out of bounds.
    """
    if mix not in MIXES:
        raise ConfigError(f"`mix` was {mix!r}; use one of {sorted(MIXES)}.")
    share = MIXES[mix].active if active is None else active
    if not 0.0 <= share <= 1.0:
        raise ConfigError(f"`active` was {share}; use 0 to 1.")
    awake, asleep = _runs(history)
    draw, which, compound = rng.random(3)
    if draw >= _chance_of_play(share, awake, asleep, len(history)):
        # The longer it sleeps, the fewer are there at all.
        return (Scenario.DEAD if which < 0.5 - 0.4 * exp(-asleep / 10) else Scenario.ORDINARY,)
    first = _pick(which, _table(mix, share)[_chapter(awake, asleep)])
    for odds, plan in COMPOUNDS.get(first, ()):
        compound -= odds
        if compound < 0:
            return plan
    return (first,)


def interest(history: Sequence[Plan]) -> float:
    """Return the factor on the order rates while no story is told, 1 to 5.

    Runs leave their audience behind: trading stays several times what it was, for weeks, and
    with it the average volume that later days are measured against.
    """
    _, asleep = _runs(history)
    if asleep == len(history):
        return 1.0
    return 1.0 + INTEREST * exp(-asleep / REMEMBERED)


def overnight_pull(previous_close: float, usual_dollars: float) -> float:
    """Return the log change by which the next gap leans back to the usual price.

    Args:
        previous_close: dollars.
        usual_dollars: price to which the stock returns, dollars.
    """
    return PULL * log(usual_dollars / previous_close)


def chapter_shares(active: float) -> tuple[float, ...]:
    """Return the long-run share of each :class:`Chapter` among the days in play."""
    scale = _scale(active)
    stay, wake = _chances(AWAKE, scale), _chances(ASLEEP, scale)
    length = _mean_run([1 - chance for chance in stay])
    echo = 1 - math.prod(1 - chance for chance in wake[:ECHO_DAYS])
    return ((1 - echo) / length, stay[0] / length, (length - 1 - stay[0]) / length, echo / length)


def _runs(history: Sequence[Plan]) -> tuple[int, int]:
    """Return how many days in a row, up to the last, were in play, and how many were not."""
    days = 0
    for plan in reversed(history):
        if plan[0].in_play != history[-1][0].in_play:
            break
        days += 1
    return (days, 0) if history and history[-1][0].in_play else (0, days)


def _chapter(awake: int, asleep: int) -> Chapter:
    if awake:
        return Chapter.SECOND if awake == 1 else Chapter.LATER
    return Chapter.ECHO if 1 <= asleep <= ECHO_DAYS else Chapter.FIRST


def _chance_of_play(active: float, awake: int, asleep: int, days: int) -> float:
    if active in (0.0, 1.0) or not days:
        return active
    odds = AWAKE[min(awake, len(AWAKE)) - 1] if awake else ASLEEP[min(asleep, len(ASLEEP)) - 1]
    return _chances((odds,), _scale(active))[0]


def _chances(odds: Sequence[float], scale: float) -> list[float]:
    return [scale * each / (1 + scale * each) for each in odds]


def _mean_run(leave: Sequence[float]) -> float:
    """Return the mean length of a run that ends after day k with chance ``leave[k - 1]``.

    The last chance holds for all later days.
    """
    mean, here = 0.0, 1.0
    for chance in leave[:-1]:
        mean += here
        here *= 1 - chance
    return mean + here / leave[-1]


@lru_cache(maxsize=64)
def _scale(active: float) -> float:
    """Return the factor on all odds for which this share of days is in play, by bisection.

    Runs in play and asleep alternate, so the share is the ratio of their mean lengths.
    """
    low, high = -40.0, 40.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        scale = exp(middle)
        play = _mean_run([1 - chance for chance in _chances(AWAKE, scale)])
        sleep = _mean_run(_chances(ASLEEP, scale))
        low, high = (middle, high) if play / (play + sleep) < active else (low, middle)
    return exp(low)


@lru_cache(maxsize=64)
def _table(mix: str, active: float) -> dict[Chapter, dict[Scenario, float]]:
    """Return the chances of each scenario in each chapter.

    The leanings are raked (iterative proportional fitting, Deming and Stephan 1940): scaled by
    rows and columns until chapters have their long-run shares and scenarios their weights.
    """
    weights = MIXES[mix].weights
    columns = np.array(list(weights.values()))
    shares = chapter_shares(active) if 0.0 < active < 1.0 else (0.0, 0.0, 1.0, 0.0)
    rows = np.maximum(shares, 1e-9)
    table = np.array([[LEANINGS[c].get(s, 1.0) for s in weights] for c in Chapter])
    for _ in range(200):
        table *= (rows / table.sum(1))[:, None]
        table *= columns / table.sum(0)
    table /= table.sum(1, keepdims=True)
    return {c: dict(zip(weights, table[c].tolist(), strict=True)) for c in Chapter}


def _pick(draw: float, chances: dict[Scenario, float]) -> Scenario:
    """Return the scenario at which the running sum of chances passes a uniform draw."""
    for scenario, chance in chances.items():
        draw -= chance
        if draw < 0:
            return scenario
    return scenario
