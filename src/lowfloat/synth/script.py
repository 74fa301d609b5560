"""The script of a day: what the market acts out, second by second.

A day is a few stories of :mod:`lowfloat.synth.scenarios` laid on the clock: nothing until the
stock comes into play, perhaps a headline before the open, the story, and what becomes of the
price until the close. The script is the truth behind a synthetic day. It is indexed by script
second: while the stock is paused, that clock stands still.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN, Session
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Pattern, Scenario
from lowfloat.base.portable import exp, log
from lowfloat.errors import ConfigError
from lowfloat.synth.character import FLOAT_MEDIAN, Character
from lowfloat.synth.scenarios import GRAMMARS, LATEST_BODY
from lowfloat.synth.teller import HOUR, Act, Teller

SIZE_SD = 0.55  # of the logarithm of a day's size
MOST_SIZE = 1.1  # log change: beyond it lie moves no stock has made
SMALL_FLOAT = 0.15  # exponent by which a day's size grows as the float gets smaller
LEAN = {Phase.PARABOLIC: 0.6, Phase.FLUSH: 0.3, Phase.BREAKOUT: -0.3, Phase.BOUNCE: -0.4}
"""Change of slope over a phase, relative to its mean slope: positive speeds up."""

USUAL_GAP = 0.012
OFFERING = 0.2  # odds that a company sells into its own run
LATE_HEADLINE = (0.2, 0.03)  # odds of news after the close, on a day in play and on another
RESTLESS = 6.0  # order rate of the dead phases of a day in play, relative to a day without


class Script(NamedTuple):
    """A day's story; every array has shape (session seconds,).

    Attributes:
        gap: log change from the previous close to the first quote.
        phase: int8, :class:`MomentumPhase`, never HALTED.
        scenario: int8, :class:`Scenario`.
        pattern: int8, :class:`Pattern` the phase is part of.
        drift: float64, expected log change of the value in the second.
        vigour: float64, factor on the phase's usual order rate.
        until: int64, script second at which the phase ends.
        headlines: ``(second, log jump)``: news moves the value at once.
        dilution: ``(first second, last second, fraction of the float)``: the company sells.
        stop_on_pause: int8, 1 where a pause ends the phase.
    """

    gap: float
    phase: np.ndarray
    scenario: np.ndarray
    pattern: np.ndarray
    drift: np.ndarray
    vigour: np.ndarray
    until: np.ndarray
    headlines: tuple[tuple[int, float], ...]
    dilution: tuple[tuple[int, int, float], ...]
    stop_on_pause: np.ndarray


def write_script(
    rng: np.random.Generator,
    session: Session,
    scenario: tuple[Scenario, ...],
    character: Character,
    pull: float,
) -> Script:
    """Write the script of one day.

    Args:
        rng: the day's own generator.
        session: bounds of the session; stories end with the regular session.
        scenario: one to three stories, told one after another.
        character: of the stock-day: its volatility, float and short interest set the size of
            the day's moves.
        pull: log change by which the overnight gap leans towards the symbol's usual price, so
            that a long chain of days neither dies out nor takes off.

    Raises:
        ConfigError: there is no scenario, or more than three.
    """
    if not 1 <= len(scenario) <= 3:
        raise ConfigError(f"`scenario` held {len(scenario)} stories; use one to three.")
    close = session.second(session.regular_close_ns)
    deadlines = _deadlines(rng, close, len(scenario))
    teller = _begin(rng, close, deadlines[0], scenario[0], character)
    gap = teller.level
    for number, (story, deadline) in enumerate(zip(scenario, deadlines, strict=True)):
        if number:
            _interlude(teller, deadline)
            teller.scenario = story
            if story != Scenario.FADE_FROM_OPEN:  # which sells what the story before it made
                teller.size = _draw_size(rng, story, character)
                teller.start = teller.peak = teller.level
                teller.ignition = teller.now
        teller, give_back = _tell(teller, deadline)
    _settle(teller, give_back)
    _after_hours(teller, session.seconds)
    return _arrays(teller, session.seconds, gap + pull, _offering(rng, teller.acts))


def _draw_size(rng: np.random.Generator, story: Scenario, character: Character) -> float:
    size = GRAMMARS[story].size * exp(SIZE_SD * rng.standard_normal())
    size *= exp(
        SMALL_FLOAT * log(FLOAT_MEDIAN / character.float_shares)
    )  # fewer shares, further moves
    if story == Scenario.SQUEEZE_CONTINUATION:
        size *= 0.8 + 2.0 * character.short_interest  # its fuel
    return min(size * character.volatility, MOST_SIZE)


def _begin(
    rng: np.random.Generator, close: int, deadline: int, story: Scenario, character: Character
) -> Teller:
    """Play everything before the first story, and return the teller at its first second."""
    grammar, size = GRAMMARS[story], _draw_size(rng, story, character)
    teller = Teller(rng, close, USUAL_GAP * rng.standard_normal(), size, story)
    hour = rng.choice(5, p=grammar.ignition)
    fade = story == Scenario.FADE_FROM_OPEN
    overnight = (fade or hour > 0) and teller.chance(grammar.overnight)
    if overnight:
        teller.level += teller.about(2.4 if fade else 1.2, 0.5)
    teller.peak = teller.level
    teller.start = 0.0 if grammar.sells_gap else teller.level
    teller.ignition = _ignition(teller, int(hour), deadline)
    teller.wait(teller.ignition)
    if hour == 0:
        _before_the_open(teller, news=teller.chance(0.3 if fade and overnight else 0.85))
    return teller


def _ignition(t: Teller, hour: int, deadline: int) -> int:
    """Draw the second at which the stock comes into play."""
    latest = max(deadline - LATEST_BODY, REGULAR_OPEN)
    first, last = (
        (3 * HOUR, REGULAR_OPEN - 600),
        (REGULAR_OPEN, REGULAR_OPEN + 600),
        (REGULAR_OPEN + 600, REGULAR_OPEN + 2 * HOUR),
        (REGULAR_OPEN + 2 * HOUR, REGULAR_OPEN + 9 * HOUR // 2),
        (t.close - 2 * HOUR, t.close - LATEST_BODY),
    )[hour]
    if t.scenario == Scenario.OPENING_DRIVE:
        return REGULAR_OPEN
    if first > latest:  # another story waits for its turn: this one begins when most do
        first, last = REGULAR_OPEN, REGULAR_OPEN + 600
    second = round(t.between(first, last))
    if (hour == 0 or t.scenario == Scenario.NEWS_CATALYST) and t.chance(0.8):
        second = second // 1800 * 1800  # news is sent at the full and the half hour
    return min(second, latest)


def _before_the_open(t: Teller, *, news: bool) -> None:
    """Play a move before the open; most wait for the open with the rest of the story."""
    if t.scenario in (Scenario.NEWS_CATALYST, Scenario.ORDINARY):
        return
    fade, before = t.scenario == Scenario.FADE_FROM_OPEN, t.level
    if news:
        t.headline(t.about(1.0 if fade else 0.35, 0.5))
    t.play(Phase.BREAKOUT, t.about(0.12), pattern=Pattern.BREAKOUT)
    push = t.play(Phase.MOMENTUM, t.about(0.2 if fade else 0.15))
    t.play(Phase.CONSOLIDATION, -push * t.between(0.2, 0.5), pattern=Pattern.FIRST_PULLBACK)
    if not fade and t.chance(0.3):
        return
    if not fade and t.chance(0.4):  # sold before most are awake
        t.play(Phase.DISTRIBUTION, -(t.level - before) * t.between(0.6, 1.1), seconds=900)
    while t.now < REGULAR_OPEN:
        quiet = Phase.CONSOLIDATION if t.chance(0.6) else Phase.ACCUMULATION
        t.play(quiet, t.about(0.03) * t.between(-1, 1), seconds=900, until=REGULAR_OPEN)


def _deadlines(rng: np.random.Generator, close: int, count: int) -> list[int]:
    """Return the second by which each of so many stories has been told."""
    parts = [number / count * rng.uniform(0.75, 1.0) for number in range(1, count)]
    return [round(REGULAR_OPEN + part * (close - REGULAR_OPEN)) for part in (*parts, 1.0)]


def _tell(teller: Teller, deadline: int) -> tuple[Teller, float]:
    """Tell the current story; one that takes longer than there is time is told again, faster."""
    while True:
        trial = teller.copy()
        give_back = GRAMMARS[trial.scenario].tell(trial)
        if trial.now <= deadline:
            trial.pace = 1.0
            return trial, give_back
        teller.pace *= 0.8


def _interlude(t: Teller, deadline: int) -> None:
    """Play what lies between two stories."""
    pause = round(1200 * exp(0.5 * t.rng.standard_normal()))
    end = min(max(t.now + pause, REGULAR_OPEN + 900), deadline - HOUR // 2)
    while t.now < end:
        quiet = Phase.CONSOLIDATION if t.chance(0.6) else Phase.DEAD
        vigour = RESTLESS if quiet == Phase.DEAD else 1.0
        t.play(quiet, t.about(0.03) * t.between(-1, 1), until=end, vigour=vigour)


def _settle(t: Teller, give_back: float) -> None:
    """Play the rest of the regular session: the price comes back, with bounces that fail."""
    if not t.scenario.in_play:
        t.wait(t.close)
        return
    floor = t.peak - give_back * (t.peak - t.start)
    first = True
    while t.now < t.close:
        draw, first = 0.0 if first else t.rng.random(), False
        if draw < 0.4:
            t.decay(Phase.FADE, max(t.level - floor, 0.0), 1.5 * HOUR, until=t.close)
        elif draw < 0.68:
            _failing_bounce(t)
        elif draw < 0.76:
            t.play(Phase.ACCUMULATION, t.about(0.03), seconds=600, until=t.close,
                   pattern=Pattern.ACCUMULATION)  # fmt: skip
            _weak_push(t)
        elif draw < 0.94:
            t.play(Phase.CONSOLIDATION, t.about(0.05) * t.between(-1, 1), until=t.close)
        else:
            t.play(Phase.DEAD, 0.0, until=t.close, vigour=RESTLESS)


def _failing_bounce(t: Teller) -> None:
    above = t.to_vwap()
    reject = 0.01 < above < 0.2 * t.size
    move = above * t.between(0.93, 1.02) if reject else t.about(0.1)
    pattern = Pattern.VWAP_REJECT if reject else Pattern.BOUNCE
    gain = t.play(Phase.BOUNCE, move, seconds=t.between(120, 400), until=t.close, pattern=pattern)
    t.play(Phase.DISTRIBUTION, -gain * t.between(0.7, 1.2), seconds=t.between(100, 600),
           until=t.close, pattern=pattern if reject else Pattern.DISTRIBUTION)  # fmt: skip


def _weak_push(t: Teller) -> None:
    gain = t.play(Phase.BREAKOUT, max(t.about(0.06), 0.012), until=t.close,
                  pattern=Pattern.FAILED_BREAKOUT, stops=True)  # fmt: skip
    t.play(Phase.DISTRIBUTION, -gain * t.between(1.05, 1.4), until=t.close,
           pattern=Pattern.FAILED_BREAKOUT)  # fmt: skip


def _after_hours(t: Teller, seconds: int) -> None:
    """Play the hours after the close: nearly nothing, now and then a headline."""
    restless = RESTLESS if t.scenario.in_play else 1.0
    after_run, plain = LATE_HEADLINE
    if t.chance(after_run if t.scenario.in_play else plain):
        t.wait(t.close + 300 * t.times(1, 18), restless)
        # After a run the news is mostly an offering.
        jump = t.about(0.6, 0.5) * (-1 if t.chance(0.8 if t.scenario.in_play else 0.4) else 1)
        t.headline(jump)
        t.play(Phase.BREAKOUT if jump > 0 else Phase.FLUSH, 0.2 * jump)
        t.play(Phase.FADE, -0.3 * abs(jump), seconds=1800, until=seconds)
    t.wait(seconds, restless)


def _offering(rng: np.random.Generator, acts: list[Act]) -> tuple[tuple[int, int, float], ...]:
    """Draw whether the company sells, from within the last run to the end of what follows it."""
    ends = [number for number, act in enumerate(acts) if act.phase == Phase.EXHAUSTION]
    if not ends or rng.random() >= OFFERING:
        return ()
    run, top = acts[ends[-1] - 1], acts[ends[-1]]
    first = round(rng.uniform(run.begin, run.end))
    fraction = min(0.04 * exp(0.7 * rng.standard_normal()), 0.25)
    return ((first, top.end - 1, fraction),)


def _arrays(
    teller: Teller, seconds: int, gap: float, dilution: tuple[tuple[int, int, float], ...]
) -> Script:
    codes = [np.zeros(seconds, np.int8) for _ in range(4)]
    phase, scenario, pattern, stop_on_pause = codes
    drift, vigour = np.zeros(seconds), np.zeros(seconds)
    until = np.zeros(seconds, np.int64)
    for act in teller.acts:
        part, length = slice(act.begin, act.end), act.end - act.begin
        phase[part], scenario[part], pattern[part] = act.phase, act.scenario, act.pattern
        stop_on_pause[part] = act.stops
        where = (2 * np.arange(length) + 1) / length - 1  # -1 to 1, symmetric about 0
        drift[part] = act.move / length * (1 + LEAN.get(act.phase, 0.0) * where)
        vigour[part] = act.vigour
        until[part] = act.end
    return Script(
        gap, phase, scenario, pattern, drift, vigour, until,
        tuple(teller.headlines), dilution, stop_on_pause,
    )  # fmt: skip
