"""What a script means for the market: rates, spreads and habits, second by second."""

import math

import numpy as np

from lowfloat.base.codes import MomentumPhase, Scenario
from lowfloat.base.portable import exp
from lowfloat.synth.character import Character
from lowfloat.synth.market import ORDER_SHARES, SCENE
from lowfloat.synth.preset import PhaseHabits
from lowfloat.synth.script import Script

BASIS_POINT = 1e-4

_IMPACT_VARIANCE = 1.3  # of an order's impact, in squares of a half-spread
_MOST_IMPACT = 4.0
_QUIET_IMPACT = 0.6  # of an order on a day that is not in play: nobody follows
_DILUTION_MOVE = 2.0  # log move for the sale of the whole float
_MOST_JUMP = 0.5
_AT_MARKET = 0.2  # of a sale by the company, what hits the bid; the rest is offered, and hidden


def scene_of(
    script: Script,
    character: Character,
    habits: PhaseHabits,
    foreseen: float,
    edge: float,
    flips: np.ndarray,
) -> np.ndarray:
    """Return the records of :data:`lowfloat.synth.market.SCENE` that a script asks for.

    Without an edge the scripted moves become noise of the same size: orders move the value more,
    in directions nobody can foresee.

    Args:
        script: what is told.
        character: the stock-day's own factors.
        habits: of each phase.
        foreseen: share of scripted moves that can be foreseen where the edge is 1. A flush is
            over before anybody could act on it: it goes the way it is scripted.
        edge: factor on what can be foreseen, 0 or more.
        flips: float64 (headlines,), uniform numbers that decide which way news go without edge.
    """
    table = np.array(habits, np.float64)
    habit = table[script.phase]
    scene = np.zeros(len(script.phase), SCENE)
    rate = character.intensity * script.vigour * habit[:, 0]
    half = character.spread * habit[:, 1] * BASIS_POINT
    scene["depth"] = character.depth * habit[:, 2]
    tilt = habit[:, 3].copy()
    scene["absorb"] = habit[:, 4]
    scene["pull"] = habit[:, 5:7]
    scene["iceberg"] = habit[:, 7:9]
    drift = script.drift.copy()
    for first, last, fraction in script.dilution:
        part = slice(first, last)
        sold = _AT_MARKET * fraction * character.float_shares
        sold /= ORDER_SHARES * max(last - first, 1)
        tilt[part] = (tilt[part] * rate[part] - sold) / (rate[part] + sold)
        rate[part] += sold
        scene["iceberg"][part, 1] = 0.5
        drift[part] -= _DILUTION_MOVE * fraction / max(last - first, 1)
    scene["rate"], scene["half"], scene["tilt"] = rate, half, tilt
    scene["until"], scene["stop_on_pause"] = script.until, script.stop_on_pause
    share = edge * np.where(script.phase == MomentumPhase.FLUSH, 1.0, foreseen)
    scene["drift"] = share * drift
    quiet = np.isin(script.scenario, (Scenario.DEAD, Scenario.ORDINARY))
    scene["impact"] = _impact(script.until, drift, rate, half, share)
    scene["impact"][quiet] *= _QUIET_IMPACT
    for (second, jump), flip in zip(script.headlines, flips, strict=True):
        size = 1.0 - exp(-min(abs(jump), _MOST_JUMP))
        onward = flip < 0.5 * (1.0 + edge * foreseen)
        scene["jump"][second] = math.copysign(size, jump if onward else -jump)
    return scene


def _impact(
    until: np.ndarray, drift: np.ndarray, rate: np.ndarray, half: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """Return the factor on impact that makes up for what cannot be foreseen of the moves."""
    impact = np.ones(len(drift))
    begin = 0
    while begin < len(drift):
        end = max(int(until[begin]), begin + 1)
        part = slice(begin, end)
        move = drift[part].sum()
        lost = max(1.0 - share[begin] ** 2, 0.0) * move * move / (end - begin)
        usual = _IMPACT_VARIANCE * rate[part] * half[part] ** 2
        factor = np.sqrt(1.0 + lost / np.maximum(usual, 1e-12))
        impact[part] = np.minimum(factor, _MOST_IMPACT)
        begin = end
    return impact
