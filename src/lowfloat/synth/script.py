"""The script of a day: which phase of a move is on at each second, and what the phase does.

Phases follow one another as a semi-Markov chain: each lasts a log-normal time, has a drift, and
hands over to the next by a table of odds. The script is the truth behind a synthetic day; the
market of :mod:`lowfloat.synth.market` acts it out and knows nothing of phases, only of rates.
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN, Session
from lowfloat.base.codes import MomentumPhase as Phase

MOMENTUM_SHARE = 0.6  # of days; the others are ordinary
TIRED, TIRING_SECONDS = 0.3, 4500.0  # a story spends its strength, down to this share
EARLY = 0.6  # strength of a story before the open
ATTENTION = 0.05  # orders per second below which a day in play never falls
BASIS_POINT = 1e-4


class DayKind(IntEnum):
    """What sort of day the script tells."""

    ORDINARY = 0
    SQUEEZE = 1
    FADING = 2


class Shape(NamedTuple):
    """What a phase does.

    Attributes:
        seconds: median duration.
        duration_sd: standard deviation of the logarithm of the duration.
        drift: median log price change per minute; its size varies with ``DRIFT_SD``.
        rate: orders per second in an average regular hour.
        half_spread: half the quoted spread, basis points of the price. It is also the scale of
            an order's impact, so volatility follows from it and the rate.
        tilt: excess share of buy orders, -1 to 1.
        then: next phases and their odds.
    """

    seconds: float
    duration_sd: float
    drift: float
    rate: float
    half_spread: float
    tilt: float
    then: dict[Phase, float]


DRIFT_SD = 0.5

SHAPES = {
    Phase.DEAD: Shape(
        1500, 0.9, 0.0, 0.006, 31, 0.0,
        {Phase.ACCUMULATION: 0.6, Phase.BREAKOUT: 0.4},
    ),
    Phase.ACCUMULATION: Shape(
        150, 0.8, 0.002, 0.06, 38, 0.05,
        {Phase.BREAKOUT: 0.75, Phase.DEAD: 0.1, Phase.FLUSH: 0.15},
    ),
    Phase.BREAKOUT: Shape(
        75, 0.6, 0.05, 1.0, 32, 0.35,
        {Phase.MOMENTUM: 0.4, Phase.CONSOLIDATION: 0.2, Phase.EXHAUSTION: 0.15,
         Phase.FLUSH: 0.2, Phase.PARABOLIC: 0.05},
    ),
    Phase.MOMENTUM: Shape(
        330, 0.6, 0.03, 0.6, 32, 0.25,
        {Phase.CONSOLIDATION: 0.4, Phase.EXHAUSTION: 0.2, Phase.PARABOLIC: 0.25,
         Phase.FLUSH: 0.15},
    ),
    Phase.PARABOLIC: Shape(
        100, 0.6, 0.12, 2.0, 36, 0.4,
        {Phase.EXHAUSTION: 0.5, Phase.FLUSH: 0.4, Phase.CONSOLIDATION: 0.1},
    ),
    Phase.EXHAUSTION: Shape(
        120, 0.7, -0.002, 0.9, 34, -0.05,
        {Phase.DISTRIBUTION: 0.45, Phase.CONSOLIDATION: 0.2, Phase.FLUSH: 0.25,
         Phase.MOMENTUM: 0.1},
    ),
    Phase.CONSOLIDATION: Shape(
        300, 0.8, -0.004, 0.2, 33, -0.02,
        {Phase.BREAKOUT: 0.4, Phase.DISTRIBUTION: 0.25, Phase.FLUSH: 0.15, Phase.FADE: 0.2},
    ),
    Phase.DISTRIBUTION: Shape(
        100, 0.8, -0.025, 0.5, 34, -0.15,
        {Phase.FLUSH: 0.55, Phase.FADE: 0.35, Phase.BREAKOUT: 0.1},
    ),
    Phase.FLUSH: Shape(
        40, 0.6, -0.15, 1.4, 44, -0.4,
        {Phase.BOUNCE: 0.65, Phase.FADE: 0.25, Phase.CONSOLIDATION: 0.1},
    ),
    Phase.BOUNCE: Shape(
        90, 0.7, 0.035, 0.6, 40, 0.2,
        {Phase.FADE: 0.5, Phase.DISTRIBUTION: 0.2, Phase.FLUSH: 0.15, Phase.BREAKOUT: 0.15},
    ),
    Phase.FADE: Shape(
        2400, 0.8, -0.003, 0.1, 38, -0.06,
        {Phase.DEAD: 0.6, Phase.CONSOLIDATION: 0.2, Phase.BREAKOUT: 0.1, Phase.BOUNCE: 0.1},
    ),
}  # fmt: skip


class Script(NamedTuple):
    """A day's story; every array has shape (session seconds,).

    Attributes:
        kind: sort of day.
        gap: log change from the previous close to the first quote.
        phase: int8, :class:`MomentumPhase`.
        drift: float64, expected log price change of the second.
        rate: float64, orders per second, before the rhythm of the day.
        half_spread: float64, fraction of the price, before the rhythm of the day.
        tilt: float64, excess share of buy orders.
        until: int64, script second at which the phase ends.
    """

    kind: DayKind
    gap: float
    phase: np.ndarray
    drift: np.ndarray
    rate: np.ndarray
    half_spread: np.ndarray
    tilt: np.ndarray
    until: np.ndarray


def write_script(rng: np.random.Generator, session: Session, pull: float) -> Script:
    """Write the script of one day.

    Args:
        rng: the day's own generator.
        session: bounds of the session; the story ends with the regular session.
        pull: log change by which the overnight gap leans towards the symbol's usual price, so
            that a long chain of days neither dies out nor takes off.
    """
    kind = _draw_kind(rng)
    seconds, close = session.seconds, session.second(session.regular_close_ns)
    vigour = math.exp(0.4 * rng.standard_normal())  # some days are busier in every phase
    width = math.exp(0.2 * rng.standard_normal())
    script = Script(
        kind,
        _draw_gap(rng, kind) + pull,
        *(np.zeros(seconds, dtype) for dtype in (np.int8, float, float, float, float, np.int64)),
    )
    segments = _segments(rng, kind, close, seconds)
    ignition = segments[0][2]
    for phase, begin, end in segments:
        shape = SHAPES[phase]
        part = slice(begin, end)
        strength = EARLY if begin < REGULAR_OPEN else 1.0
        strength *= TIRED + (1 - TIRED) * math.exp(-max(begin - ignition, 0) / TIRING_SECONDS)
        script.phase[part] = phase
        script.drift[part] = (
            shape.drift / 60 * strength * math.exp(DRIFT_SD * rng.standard_normal())
        )
        attention = ATTENTION if kind != DayKind.ORDINARY else 0.0
        script.rate[part] = vigour * max(shape.rate * strength, attention)
        script.half_spread[part] = width * shape.half_spread * BASIS_POINT
        script.tilt[part] = shape.tilt
        script.until[part] = end
    return script


def _draw_kind(rng: np.random.Generator) -> DayKind:
    draw = rng.random()
    if draw >= MOMENTUM_SHARE:
        return DayKind.ORDINARY
    return DayKind.FADING if draw < 0.25 * MOMENTUM_SHARE else DayKind.SQUEEZE


def _draw_gap(rng: np.random.Generator, kind: DayKind) -> float:
    usual = 0.015 * rng.standard_normal()
    if kind == DayKind.ORDINARY:
        return usual
    news = 0.08 * math.exp(0.7 * rng.standard_normal())
    if kind == DayKind.SQUEEZE and rng.random() < 0.5:
        news = 0.0
    return usual + min(news, 0.5)


def _segments(
    rng: np.random.Generator, kind: DayKind, close: int, seconds: int
) -> list[tuple[Phase, int, int]]:
    """Return ``(phase, first second, end)`` of consecutive phases that fill the session."""
    if kind == DayKind.ORDINARY:
        return [(Phase.DEAD, 0, seconds)]
    start = _ignition(rng, kind, close)
    segments = [(Phase.DEAD, 0, start)]
    phase, now = Phase.ACCUMULATION, start
    fades_at = REGULAR_OPEN if kind == DayKind.FADING else seconds
    while now < close:
        limit = fades_at if now < fades_at else close
        end = min(now + _draw_seconds(rng, SHAPES[phase]), limit, close)
        segments.append((phase, now, end))
        # The buyers of the morning are gone: whatever was on at the open turns into selling.
        if end == fades_at:
            phase = Phase.DISTRIBUTION if rng.random() < 0.5 else Phase.FADE
        else:
            phase = _draw_next(rng, SHAPES[phase])
        now = end
    segments.append((Phase.DEAD, close, seconds))
    return segments


def _ignition(rng: np.random.Generator, kind: DayKind, close: int) -> int:
    """Return the second at which the story begins."""
    draw, where = rng.random(), rng.random()
    if kind == DayKind.FADING or draw < 0.3:
        return REGULAR_OPEN - 600 - int(where * 7800)  # a headline between 07:10 and 09:20
    if draw < 0.7:
        return REGULAR_OPEN + int(where * 600)
    return REGULAR_OPEN + 600 + int(where * (close - REGULAR_OPEN - 7200))


def _draw_seconds(rng: np.random.Generator, shape: Shape) -> int:
    return max(5, int(shape.seconds * math.exp(shape.duration_sd * rng.standard_normal())))


def _draw_next(rng: np.random.Generator, shape: Shape) -> Phase:
    draw = rng.random() * sum(shape.then.values())
    for phase, weight in shape.then.items():
        draw -= weight
        if draw < 0:
            return phase
    return phase
