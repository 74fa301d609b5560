"""The stories a day can tell, each a small grammar over phases.

A grammar is a function that plays acts: what must come comes in order, loops and branches are
drawn. All moves are shares of the day's size. Every attempt at a move begins in the same way,
from the same laws, whichever story it belongs to: only what follows tells a breakout that holds
from one that fails, so nothing but the tape of the attempt itself can be learnt in advance.

The functions return the share of the climb that the stock will have given back by the close.
"""

from collections.abc import Callable
from typing import NamedTuple

from lowfloat.base.clock import REGULAR_OPEN
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Pattern, Scenario
from lowfloat.synth.teller import HOUR, Teller


class Ignition(NamedTuple):
    """Odds of the hours at which a story begins.

    Attributes:
        premarket: with a headline or without, 07:00 to 09:20.
        opening: in the first ten minutes of the regular session.
        morning: 09:40 to 11:30.
        midday: 11:30 to 14:00.
        late: in the last two hours.
    """

    premarket: float
    opening: float
    morning: float
    midday: float
    late: float


class Grammar(NamedTuple):
    """A scenario.

    Attributes:
        tell: plays the body of the story, and returns the share of the climb given back later.
        skeleton: phases every body contains, in this order, with others between them.
        size: median log change of its whole move.
        ignition: when it begins.
        overnight: odds that a stock which wakes later had news before 04:00, and gaps.
        sells_gap: whether what it gives back later includes the gap.
    """

    tell: Callable[[Teller], float]
    skeleton: tuple[Phase, ...]
    size: float
    ignition: Ignition
    overnight: float = 0.25
    sells_gap: bool = False


def clean_momentum(t: Teller) -> float:
    """A base, a breakout that holds, legs with pullbacks that hold, a slow end."""
    base(t)
    leg = breakout(t) + t.play(Phase.MOMENTUM, t.about(0.45))
    for number in range(t.times(1, 3)):
        leg = next_leg(t, leg, 0.25, first=number == 0)
    t.play(Phase.EXHAUSTION, -t.about(0.02), seconds=240)
    if t.chance(0.4):
        distribution(t, 0.08)
    t.fade(-t.about(0.1), 1200)
    return t.between(0.6, 1.2)


def failed_breakout(t: Teller) -> float:
    """One to three breakouts that fall back below their level within a minute, then selling."""
    attempts = t.times(1, 3) if t.pace == 1.0 else 1
    for number in range(attempts):
        if number:
            t.play(Phase.CONSOLIDATION, t.about(0.06) * t.between(-1, 1), seconds=500)
        else:
            base(t)
        failing_breakout(t)
        distribution(t, 0.1)
        if t.chance(0.6):
            drop = flush(t, 0.3)
            if t.chance(0.6):
                bounce(t, -drop * t.between(0.3, 0.7))
        else:
            t.fade(-t.about(0.25), 900)
    return t.between(0.6, 1.5)


def choppy_grind(t: Teller) -> float:
    """A slow climb, shaken several times; each shakeout recovers."""
    base(t)
    breakout(t, 0.7)
    for _ in range(t.times(3, 6)):
        gain = t.play(Phase.MOMENTUM, t.about(0.3), seconds=t.between(500, 1100), vigour=0.6)
        drop = flush(t, 0.0, at_least=gain * t.between(0.55, 1.0))
        bounce(t, -drop * t.between(0.7, 1.1))
        if t.chance(0.5):
            t.play(Phase.CONSOLIDATION, t.about(0.02) * t.between(-1, 1), vigour=0.8)
    t.play(Phase.EXHAUSTION, -t.about(0.02))
    return t.between(0.6, 1.4)


def parabolic_blowoff(t: Teller) -> float:
    """A run that turns vertical, one last print, a crash, a bounce that fails."""
    base(t)
    leg = breakout(t) + t.play(Phase.MOMENTUM, t.about(0.25))
    if t.chance(0.7):
        next_leg(t, leg, 0.15, first=True)
    for last in (False, True) if t.chance(0.4) else (True,):
        pattern = Pattern.NONE if last else Pattern.HALT_CONTINUATION
        run = t.play(Phase.PARABOLIC, t.about(0.4), pattern=pattern, stops=last, vigour=1.3)
        if not last:
            t.play(Phase.CONSOLIDATION, -run * t.between(0.15, 0.35), seconds=120, vigour=2.0)
    t.play(Phase.EXHAUSTION, t.about(0.02) * t.between(-1, 1), seconds=80, vigour=1.3)
    climb = t.peak - t.start
    for _ in range(t.times(1, 3)):
        drop = flush(t, 0.0, at_least=climb * t.between(0.18, 0.35))
        bounce(t, -drop * t.between(0.25, 0.45))
    distribution(t, 0.08)
    if t.chance(0.5):
        flush(t, 0.15)
    t.fade(-t.about(0.08), 1200)
    return t.between(0.85, 1.15)


def opening_drive(t: Teller) -> float:
    """Buyers from the bell on, for 15 to 45 minutes; then it fades all day."""
    top = t.now + round(t.between(900, 2700) * t.pace)
    leg = breakout(t) + t.play(Phase.MOMENTUM, t.about(0.5))
    first = True
    while t.now < top - 400 * t.pace:
        leg, first = next_leg(t, 0.7 * leg, 0.2, first=first), False
    t.play(Phase.EXHAUSTION, -t.about(0.02))
    distribution(t, 0.15)
    t.fade(-t.about(0.2), 1800)
    return t.between(0.7, 1.5)


def squeeze_continuation(t: Teller) -> float:
    """Three legs up or more, each from a pullback that holds; shorts pay for it."""
    base(t)
    leg = breakout(t) + t.play(Phase.MOMENTUM, t.about(0.28))
    for number in range(t.times(2, 4)):
        leg = next_leg(t, leg, 0.22, first=number == 0)
        if t.chance(0.3):
            leg += t.play(
                Phase.PARABOLIC, t.about(0.12), pattern=Pattern.HALT_CONTINUATION, vigour=1.2
            )
    t.play(Phase.EXHAUSTION, -t.about(0.02))
    if t.chance(0.5):
        distribution(t, 0.1)
    return t.between(0.6, 1.2)


def news_catalyst(t: Teller) -> float:
    """A headline, a jump, a minute of disbelief; then it goes on, or it was all there was."""
    t.headline(t.about(0.35, 0.5))
    breakout(t, 0.8)
    if t.chance(0.5):
        t.play(Phase.PARABOLIC, t.about(0.2), seconds=40, stops=True)
    t.play(Phase.EXHAUSTION, -t.about(0.04), seconds=70)
    if t.chance(0.45):
        leg = next_leg(t, max(t.level - t.start, 0.1 * t.size), 0.4, first=True)
        if t.chance(0.4):
            next_leg(t, leg, 0.2, first=False)
        t.play(Phase.EXHAUSTION, -t.about(0.02))
        return t.between(0.5, 1.1)
    distribution(t, 0.15)
    flush(t, 0.2)
    t.fade(-t.about(0.2), 1200)
    return t.between(0.8, 1.5)


def fade_from_open(t: Teller) -> float:
    """A gap up that is sold from the open on; one in seven comes back in the afternoon.

    Told after another story it has no push of its own: what was up is sold.
    """
    if t.now < REGULAR_OPEN + 900:
        push = min(t.about(0.33, 0.5), 0.18)
        t.play(Phase.BREAKOUT, push, pattern=Pattern.FAILED_BREAKOUT, stops=True)
        if t.chance(0.3):
            t.play(Phase.MOMENTUM, t.about(0.12), seconds=200)
    distribution(t, 0.25)
    if t.chance(0.5):
        flush(t, 0.2)
        bounce(t, t.about(0.08))
    t.fade(-t.about(0.35), 2400)
    if t.chance(0.15):
        t.play(Phase.ACCUMULATION, 0.0, seconds=1800, pattern=Pattern.ACCUMULATION)
        vwap_reclaim(t)
        t.play(Phase.MOMENTUM, max(t.peak - t.level, 0.0) + t.about(0.1))
        return t.between(0.0, 0.3)
    return t.between(0.6, 1.1)


def ordinary(t: Teller) -> float:
    """Nothing much: noise, and a weak push or two that no one follows."""
    for number in range(t.times(1, 2)):
        if number:
            t.wait(t.now + round(t.between(0.5, 1.5) * HOUR * t.pace))
        t.play(Phase.ACCUMULATION, t.about(0.1), pattern=Pattern.ACCUMULATION)
        gain = t.play(Phase.BREAKOUT, min(t.about(1.0), 0.07), pattern=Pattern.BREAKOUT)
        t.fade(-gain * t.between(0.8, 1.6), 1500)
    return 0.0


def dead(t: Teller) -> float:
    """No one is there."""
    return 0.0


def base(t: Teller) -> None:
    """Quiet buying before a move, shaken now and then."""
    t.play(Phase.ACCUMULATION, t.about(0.04), pattern=Pattern.ACCUMULATION)
    if t.chance(0.2):
        drop = flush(t, 0.08)
        t.play(Phase.ACCUMULATION, -drop * t.between(0.6, 1.1), pattern=Pattern.ACCUMULATION)


def breakout(t: Teller, share: float = 1.0) -> float:
    """Break a level and stay above it; return the move.

    From not far below VWAP it goes to above it.
    """
    move = min(max(t.about(0.14 * share), 0.015), 0.14)
    if 0.003 < t.to_vwap() < 1.5 * move:
        return t.play(Phase.BREAKOUT, move + t.to_vwap(), pattern=Pattern.VWAP_RECLAIM)
    return t.play(Phase.BREAKOUT, move, pattern=Pattern.BREAKOUT)


def failing_breakout(t: Teller) -> None:
    """Break a level, and be back below it within about a minute of crossing it."""
    move = min(max(t.about(0.14) * t.between(0.4, 0.8), 0.015), 0.1)
    t.play(Phase.BREAKOUT, move, seconds=t.between(15, 38), pattern=Pattern.FAILED_BREAKOUT,
           stops=True)  # fmt: skip
    t.play(Phase.DISTRIBUTION, -move * t.between(1.1, 1.6), seconds=t.between(8, 22),
           pattern=Pattern.FAILED_BREAKOUT, vigour=1.5)  # fmt: skip


def next_leg(t: Teller, leg: float, share: float, *, first: bool) -> float:
    """Pull back from a leg and run on to a new high; return the new leg's move."""
    drop = pullback(t, leg, first=first)
    rise = breakout(t, 0.6)
    return rise + t.play(Phase.MOMENTUM, max(t.about(share), -1.2 * drop - rise))


def pullback(t: Teller, leg: float, *, first: bool) -> float:
    """Give back a fifth to a half of a leg, with fewer and fewer sellers; return the move."""
    return t.play(
        Phase.CONSOLIDATION,
        -leg * t.between(0.2, 0.45),
        seconds=t.between(70, 200) if first else None,
        pattern=Pattern.FIRST_PULLBACK if first else Pattern.NONE,
    )


def distribution(t: Teller, share: float) -> None:
    """Sell into what buyers are left."""
    t.play(Phase.DISTRIBUTION, -t.about(share), pattern=Pattern.DISTRIBUTION)


def flush(t: Teller, share: float, *, at_least: float = 0.0) -> float:
    """Fall at once; return the move, which is negative."""
    drop = max(1.5 * t.about(share), 1.2 * at_least, 0.02)
    return t.play(Phase.FLUSH, -drop, pattern=Pattern.FLUSH, stops=True)


def bounce(t: Teller, move: float) -> float:
    """Recover some of a flush."""
    return t.play(Phase.BOUNCE, max(move, 0.005), pattern=Pattern.BOUNCE)


def vwap_reclaim(t: Teller) -> None:
    """Come from below VWAP, and hold above it."""
    up = max(t.to_vwap(), 0.0) + t.between(0.01, 0.03)
    t.play(Phase.BREAKOUT, up, pattern=Pattern.VWAP_RECLAIM)
    t.play(Phase.CONSOLIDATION, 0.0, seconds=120, pattern=Pattern.VWAP_RECLAIM)


_ANY_TIME = Ignition(premarket=0.3, opening=0.35, morning=0.2, midday=0.07, late=0.08)
_UP = (Phase.ACCUMULATION, Phase.BREAKOUT, Phase.MOMENTUM)

GRAMMARS = {
    Scenario.DEAD: Grammar(dead, (Phase.DEAD,), 0.03, Ignition(0, 1, 0, 0, 0), overnight=0.0),
    Scenario.ORDINARY: Grammar(
        ordinary,
        (Phase.ACCUMULATION, Phase.BREAKOUT, Phase.FADE),
        0.03,
        Ignition(0.1, 0.3, 0.25, 0.25, 0.1),
        overnight=0.0,
    ),
    Scenario.CLEAN_MOMENTUM: Grammar(
        clean_momentum,
        (*_UP, Phase.CONSOLIDATION, Phase.BREAKOUT, Phase.MOMENTUM, Phase.EXHAUSTION, Phase.FADE),
        0.33,
        _ANY_TIME,
    ),
    Scenario.FAILED_BREAKOUT: Grammar(
        failed_breakout,
        (Phase.ACCUMULATION, Phase.BREAKOUT, Phase.DISTRIBUTION, Phase.DISTRIBUTION),
        0.17,
        _ANY_TIME,
        overnight=0.5,
        sells_gap=True,
    ),
    Scenario.CHOPPY_GRIND: Grammar(
        choppy_grind,
        (*_UP, *(Phase.FLUSH, Phase.BOUNCE, Phase.MOMENTUM) * 2, Phase.FLUSH, Phase.BOUNCE),
        0.14,
        Ignition(0.2, 0.4, 0.3, 0.1, 0.0),
    ),
    Scenario.PARABOLIC_BLOWOFF: Grammar(
        parabolic_blowoff,
        (*_UP, Phase.PARABOLIC, Phase.EXHAUSTION, Phase.FLUSH, Phase.BOUNCE, Phase.FADE),
        0.55,
        _ANY_TIME,
    ),
    Scenario.OPENING_DRIVE: Grammar(
        opening_drive,
        (Phase.BREAKOUT, Phase.MOMENTUM, Phase.EXHAUSTION, Phase.DISTRIBUTION, Phase.FADE),
        0.26,
        Ignition(0, 1, 0, 0, 0),
    ),
    Scenario.SQUEEZE_CONTINUATION: Grammar(
        squeeze_continuation,
        (*_UP, *(Phase.CONSOLIDATION, Phase.BREAKOUT, Phase.MOMENTUM) * 2, Phase.EXHAUSTION),
        0.48,
        Ignition(0.3, 0.4, 0.2, 0.05, 0.05),
    ),
    Scenario.NEWS_CATALYST: Grammar(
        news_catalyst,
        (Phase.BREAKOUT, Phase.EXHAUSTION),
        0.33,
        Ignition(0.55, 0, 0.2, 0.15, 0.1),
    ),
    Scenario.FADE_FROM_OPEN: Grammar(
        fade_from_open,
        (Phase.DISTRIBUTION, Phase.FADE),
        0.25,
        Ignition(1, 0, 0, 0, 0),
        overnight=0.5,
        sells_gap=True,
    ),
}
"""Every scenario's grammar."""

LATEST_BODY = HOUR
"""Seconds before the close by which a story begins at the latest."""
