"""Tells a story act by act: how long a phase lasts, how far it goes, and where that leaves VWAP.

Lengths are log-normal, the medians and spreads those of an explicit-duration phase model of
low-float days. A larger move takes longer, by the root of its size. What the teller knows of
VWAP is a plan, made with the usual activity of each phase; the market may print another.
"""

import dataclasses
import math
from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Pattern, Scenario
from lowfloat.base.portable import exp

HOUR = 3600


class Length(NamedTuple):
    """How long a phase lasts, in seconds, and the move for which the median holds.

    Attributes:
        median: seconds.
        sd: standard deviation of the logarithm.
        least: seconds.
        most: seconds.
        move: absolute log change that takes the median time; 0 where time does not depend on it.
        activity: usual rate of trading, relative to a consolidation's of about 0.6.
    """

    median: float
    sd: float
    least: int
    most: int
    move: float
    activity: float


LENGTHS = {
    Phase.DEAD: Length(1800, 0.9, 300, 7200, 0.0, 0.02),
    Phase.ACCUMULATION: Length(150, 0.8, 40, 1800, 0.0, 0.5),
    Phase.BREAKOUT: Length(90, 0.6, 30, 220, 0.05, 3.0),
    Phase.MOMENTUM: Length(450, 0.7, 60, 1800, 0.25, 2.0),
    Phase.PARABOLIC: Length(90, 0.6, 25, 240, 0.22, 6.0),
    Phase.EXHAUSTION: Length(120, 0.7, 40, 420, 0.0, 3.0),
    Phase.CONSOLIDATION: Length(300, 0.8, 60, 1500, 0.0, 0.6),
    Phase.DISTRIBUTION: Length(100, 0.8, 30, 1200, 0.0, 1.5),
    Phase.FLUSH: Length(34, 0.6, 10, 150, 0.06, 4.0),
    Phase.BOUNCE: Length(90, 0.7, 20, 400, 0.05, 1.5),
    Phase.FADE: Length(900, 0.9, 300, 3600, 0.0, 0.7),
}

LONGER_THAN_MOST = 1.5  # how far a very large move may go beyond ``most``
FADE_SECONDS = 600.0  # between two bounces of a long fade
MOST_ATTENTION = 2.5
ORDINARY_ATTENTION = 0.25  # of a day that is not in play: a push there is a small one
THIN_PREMARKET = 0.2  # share of the regular activity that a phase has before the open


class Act(NamedTuple):
    """One phase of the story, from second ``begin`` up to ``end``.

    Attributes:
        scenario: what story it belongs to.
        phase: never HALTED.
        pattern: the setup it is part of.
        begin: first second.
        end: second after the last.
        move: expected log change from begin to end.
        vigour: factor on the phase's usual order rate.
        stops: whether a pause would end it.
    """

    scenario: Scenario
    phase: Phase
    pattern: Pattern
    begin: int
    end: int
    move: float
    vigour: float
    stops: bool


@dataclasses.dataclass
class Teller:
    """Where a story stands, and the acts so far.

    Attributes:
        rng: the day's own generator.
        close: second of the regular close.
        level: log value relative to the previous close.
        size: log change of a typical whole move today, with the stock's volatility.
        scenario: the story being told.
        now: second at which the next act begins.
        pace: factor on lengths; below 1 where a story must be told in a hurry.
        ignition: second at which the stock came into play.
        news: vigour that a headline has added, used up over the following hour.
        start: level at which the current scenario began.
        peak: highest level at the end of an act since then.
        traded: activity so far, the weight behind ``spent``.
        spent: sum of activity times level, so that ``spent / traded`` is the logarithm of VWAP.
        acts: one after another, without a hole.
        headlines: seconds and log jumps.
    """

    rng: np.random.Generator
    close: int
    level: float
    size: float
    scenario: Scenario
    now: int = 0
    pace: float = 1.0
    ignition: int = 0
    news: float = 0.0
    start: float = 0.0
    peak: float = 0.0
    traded: float = 0.0
    spent: float = 0.0
    acts: list[Act] = dataclasses.field(default_factory=list)
    headlines: list[tuple[int, float]] = dataclasses.field(default_factory=list)

    def copy(self) -> "Teller":
        """Return a teller who goes on from here without touching this one's acts."""
        return dataclasses.replace(self, acts=list(self.acts), headlines=list(self.headlines))

    def between(self, low: float, high: float) -> float:
        """Draw a number, uniform."""
        return self.rng.uniform(low, high)

    def times(self, least: int, most: int) -> int:
        """Draw a whole number, uniform, both ends included."""
        return int(self.rng.integers(least, most + 1))

    def chance(self, odds: float) -> bool:
        """Draw whether something with these odds happens."""
        return bool(self.rng.random() < odds)

    def about(self, share: float, sd: float = 0.35) -> float:
        """Draw a log change of about this share of the day's size, log-normal.

        Moves are weaker while few watch: before the open, around noon, after the close.
        """
        return share * self.size * self._strength() * exp(sd * self.rng.standard_normal())

    def to_vwap(self) -> float:
        """Return the log distance from here up to VWAP, negative where VWAP lies below."""
        return self.spent / self.traded - self.level if self.traded > 0 else 0.0

    def play(
        self,
        phase: Phase,
        move: float,
        *,
        seconds: float | None = None,
        until: int | None = None,
        pattern: Pattern = Pattern.NONE,
        stops: bool = False,
        vigour: float = 1.0,
    ) -> float:
        """Add an act that begins now, and return its move.

        Args:
            phase: what goes on.
            move: expected log change over the whole act.
            seconds: median length; drawn from the phase's own law if None.
            until: second by which the act ends at the latest; the move is cut in proportion.
            pattern: the setup it is part of.
            stops: whether a pause ends it.
            vigour: factor on the phase's usual order rate.
        """
        length = self._draw_seconds(phase, move, seconds)
        if until is not None and self.now + length > until:
            if until <= self.now:
                return 0.0
            move *= (until - self.now) / length
            length = until - self.now
        return self._add(phase, move, length, pattern, stops, vigour)

    def _add(
        self,
        phase: Phase,
        move: float,
        length: int,
        pattern: Pattern,
        stops: bool,
        vigour: float,
    ) -> float:
        act = Act(
            self.scenario,
            phase,
            pattern,
            self.now,
            self.now + length,
            move,
            vigour * self._attention() * exp(0.25 * self.rng.standard_normal()),
            stops,
        )
        self.acts.append(act)
        weight = LENGTHS[phase].activity * act.vigour * length
        weight *= THIN_PREMARKET if self.now < REGULAR_OPEN else 1.0
        self.traded += weight
        self.spent += weight * (self.level + move / 2)
        self.level += move
        self.peak = max(self.peak, self.level)
        self.now = act.end
        return move

    def decay(self, phase: Phase, left: float, seconds_to_e: float, *, until: int) -> None:
        """Play a phase that takes away most of ``left``, the more the longer it lasts.

        Args:
            phase: what goes on.
            left: log change that would be lost in the end.
            seconds_to_e: time in which all but 1/e of it is lost.
            until: second by which the act ends at the latest.
        """
        length = min(self._draw_seconds(phase, 0.0, None), until - self.now)
        move = -left * (1 - exp(-length / seconds_to_e))
        self._add(phase, move, length, Pattern.NONE, False, 1.0)

    def fade(self, move: float, seconds: float) -> None:
        """Sell off over a while, in slides with bounces between them that do not hold.

        Args:
            move: log change of the whole, negative.
            seconds: about how long it takes.
        """
        count = max(1, round(seconds / FADE_SECONDS))
        for number in range(count):
            lost = move / count
            back = 0.0 if number + 1 == count else -lost * self.between(0.3, 0.7)
            self.play(Phase.FADE, lost - back, seconds=seconds / count)
            if back:
                self.play(Phase.BOUNCE, back, seconds=self.between(60, 240), pattern=Pattern.BOUNCE)

    def wait(self, until: int, vigour: float = 1.0) -> None:
        """Let nothing happen up to a second."""
        if until > self.now:
            self._add(Phase.DEAD, 0.0, until - self.now, Pattern.NONE, False, vigour)

    def headline(self, jump: float) -> None:
        """Let a headline move the value at once, at the second the next act begins."""
        self.headlines.append((self.now, jump))
        self.level += jump
        self.peak = max(self.peak, self.level)
        self.news = 1.0

    def _draw_seconds(self, phase: Phase, move: float, seconds: float | None) -> int:
        law = LENGTHS[phase]
        if seconds is not None:
            return max(5, round(seconds * self.pace * exp(0.2 * self.rng.standard_normal())))
        scale = math.sqrt(max(abs(move) / law.move, 0.25)) if law.move else 1.0
        drawn = law.median * scale * exp(law.sd * self.rng.standard_normal())
        most = law.most * min(max(scale, 1.0), LONGER_THAN_MOST)
        return max(5, round(self.pace * min(max(drawn, law.least), most)))

    def _strength(self) -> float:
        if self.now < REGULAR_OPEN:
            return 0.4 if self.now < 3 * HOUR else 0.65
        if self.now >= self.close:
            return 0.3
        noon = REGULAR_OPEN + 2 * HOUR <= self.now < min(REGULAR_OPEN + 4.5 * HOUR, self.close)
        return 0.75 if noon else 1.0

    def _attention(self) -> float:
        """Return how many still watch: they come with a move, and leave over the hours."""
        if not self.scenario.in_play:
            return 0.5 if self.scenario == Scenario.DEAD else ORDINARY_ATTENTION
        age = max(self.now - self.ignition, 0)
        since = self.now - self.headlines[-1][0] if self.headlines else 0
        news = 1 + self.news * exp(-since / (0.5 * HOUR))
        fame = math.sqrt(min(max(self.peak - self.start, 0.1), 0.9) / 0.4)
        loyal = 0.5 + 0.5 * exp(-age / (2.5 * HOUR))
        return min(news * fame * loyal, MOST_ATTENTION)
