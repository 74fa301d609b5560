"""Hindsight: the story of a day, told once it is over.

The day is cut into moves: climbs from a base, each over once most of it is lost again or no new
high came for an hour. Each move is one of the seven stories of the curriculum, the largest names
the day, and what followed what makes a compound. All of it knows how the day ended; it chooses
and balances training days, and nothing of it is observed.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN
from lowfloat.base.codes import Scenario
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.index.config import IndexConfig, ScenarioConfig
from lowfloat.index.reading import reading_of
from lowfloat.tape.column import Tape
from lowfloat.tape.price import true_ranges
from lowfloat.tape.volume import minute_volume

COMPOUNDS = ("failed_breakout_then_reversal", "morning_squeeze_afternoon_fade", "several_attempts")
"""Ordered pairs of stories in one day, and two failures or more before a success."""

_NOON = 8 * 60  # minutes after 04:00
_OPEN = REGULAR_OPEN // 60


class Move(NamedTuple):
    """A climb and what became of it; minutes since 04:00.

    Attributes:
        begin: minute of its base.
        top: minute of its highest close.
        end: minute at which it was over.
        base: dollars.
        peak: dollars.
        pullbacks: share that each pullback inside it gave back of the leg before it.
        scenario: its story.
    """

    begin: int
    top: int
    end: int
    base: float
    peak: float
    pullbacks: tuple[float, ...]
    scenario: Scenario

    @property
    def size(self) -> float:
        """Gain from base to peak, as a fraction."""
        return self.peak / self.base - 1.0


class Story(NamedTuple):
    """The story of a day.

    Attributes:
        scenario: of the day.
        compound: one of :data:`COMPOUNDS`, or empty.
        moves: by time.
    """

    scenario: Scenario
    compound: str
    moves: tuple[Move, ...]

    def at(self, second: int) -> Scenario:
        """Return the story that is being told at a second, a quarter of an hour before included."""
        minute = second // 60
        for move in self.moves:
            if move.begin - 15 <= minute <= move.end:
                return move.scenario
        return self.scenario


def story_of(tape: Tape, config: IndexConfig) -> Story:
    """Return the story of a day, as it is known in the evening."""
    terms = config.scenarios
    now = tape.of(reading_of)
    close = tape.session.second(tape.session.regular_close_ns) // 60
    closes = now.mid[59::60][:close]
    regular = closes[_OPEN:]
    if np.isnan(regular).all():
        return Story(Scenario.DEAD, "", ())
    span = float(np.nanmax(regular) / np.nanmin(regular)) - 1.0
    if span < terms.in_play:
        quiet = Scenario.DEAD if span < terms.dead_range else Scenario.ORDINARY
        return Story(quiet, "", ())
    usual = float(np.nanmedian(tape.of(true_ranges)[_OPEN:close] / regular))
    spread = np.nan_to_num(now.spread[59::60][:close] / closes)
    least = np.maximum(terms.least_move_spreads * spread, terms.least_move)
    least = np.maximum(least, terms.least_move_atr * usual)
    surge = _surge(tape.of(minute_volume).astype(np.float64))
    moves = tuple(
        move._replace(scenario=_label(move, closes, surge, terms))
        for move in _moves(closes.tolist(), least.tolist(), terms)
    )
    return Story(_of_day(moves, closes, tape, terms), _compound(moves, float(regular[-1])), moves)


def _moves(closes: list[float], least: list[float], terms: ScenarioConfig) -> list[Move]:
    """Cut a day into moves.

    Args:
        closes: of minutes, dollars, NaN before the first.
        least: climb that makes a move, at each minute.
        terms: of what ends one.
    """
    moves: list[Move] = []
    begin = free_from = 0
    top, low, leg, climbing = 0, 0.0, 0.0, False
    pullbacks: list[float] = []
    for minute, close in enumerate(closes):
        if close != close:
            free_from = minute + 1
            continue
        if not climbing:
            window = range(max(free_from, minute - terms.stale_minutes), minute + 1)
            begin = min(window, key=lambda m: closes[m])
            if close >= closes[begin] * (1.0 + least[minute]):
                climbing, top, low, pullbacks = True, minute, close, []
                # A base may last: the climb begins where the price last was in it.
                base = closes[begin] + terms.base * (close - closes[begin])
                begin = max(m for m in range(begin, minute) if closes[m] <= base)
                leg = closes[begin]
            continue
        climb = closes[top] - closes[begin]
        if close > closes[top]:
            if closes[top] - low >= terms.pullback * climb:
                pullbacks.append((closes[top] - low) / (closes[top] - leg))
                leg = low
            top, low = minute, close
            continue
        low = min(low, close)
        lost, stale = (closes[top] - close) / climb, minute - top >= terms.stale_minutes
        if lost >= terms.over_at or stale or minute == len(closes) - 1:
            moves.append(_move(begin, top, minute, closes, pullbacks))
            climbing, free_from = False, minute
    if climbing and (not moves or moves[-1].begin != begin):
        moves.append(_move(begin, top, len(closes) - 1, closes, pullbacks))
    return moves


def _move(begin: int, top: int, end: int, closes: list[float], pullbacks: list[float]) -> Move:
    return Move(
        begin, top, end, closes[begin], closes[top], tuple(pullbacks), Scenario.CLEAN_MOMENTUM
    )


def _label(move: Move, closes: np.ndarray, surge: np.ndarray, terms: ScenarioConfig) -> Scenario:
    climb = move.peak - move.base

    def lost(minutes: int) -> float:
        return (move.peak - float(closes[move.top : move.top + minutes + 1].min())) / climb

    early = (closes[min(move.begin + 2, move.top)] - move.base) / climb
    late = (move.peak - closes[max(move.top - terms.blowoff_minutes, move.begin)]) / climb
    deep = sum(depth >= terms.deep_pullback for depth in move.pullbacks)
    if early >= terms.news_share and surge[move.begin : move.begin + 3].max() >= terms.news_surge:
        return Scenario.NEWS_CATALYST
    brief = move.size < terms.small or move.top - move.begin <= terms.fail_minutes
    if not brief and late >= terms.blowoff_share and lost(15) >= terms.blowoff_loss:
        return Scenario.PARABOLIC_BLOWOFF
    if abs(move.begin - _OPEN) <= terms.drive_minutes and move.top <= _OPEN + 60 and not deep:
        return Scenario.OPENING_DRIVE
    if brief and deep < 2 and lost(60) >= terms.over_at:
        return Scenario.FAILED_BREAKOUT
    if deep >= 2 and move.size < terms.squeeze_size:
        return Scenario.CHOPPY_GRIND
    if len(move.pullbacks) >= 3 or (move.pullbacks and move.size >= terms.squeeze_size):
        return Scenario.SQUEEZE_CONTINUATION
    return Scenario.CLEAN_MOMENTUM


def _surge(volume: np.ndarray) -> np.ndarray:
    """Return, per minute, its volume over the mean of the 20 before it, a share added to both."""
    total = np.concatenate([[0.0], np.cumsum(volume)])
    first = np.maximum(np.arange(len(volume)) - 20, 0)
    usual = (total[:-1] - total[first]) / np.maximum(np.arange(len(volume)) - first, 1)
    return (volume + 1.0) / (usual + 1.0)


def _of_day(
    moves: tuple[Move, ...], closes: np.ndarray, tape: Tape, terms: ScenarioConfig
) -> Scenario:
    known, opening = closes[~np.isnan(closes)], closes[_OPEN]
    before = tape.baseline.previous_close / NANODOLLARS_PER_DOLLAR or float(known[0])
    high = int(np.nanargmax(closes))
    later = [move for move in moves if move.begin > _OPEN + 15]
    gapped = opening / before - 1.0 >= terms.gap
    if high <= _OPEN + 15 and known[-1] < opening * (1.0 - terms.gap) and (gapped or not later):
        return Scenario.FADE_FROM_OPEN
    if not moves:
        return Scenario.FADE_FROM_OPEN if known[-1] < opening else Scenario.ORDINARY
    return max(moves, key=lambda move: (move.size, -move.begin)).scenario


def _compound(moves: tuple[Move, ...], last: float) -> str:
    """Return what followed what; two attempts that failed before what a single one would be."""
    failed = 0
    for move in moves:
        if move.scenario == Scenario.FAILED_BREAKOUT:
            failed += 1
        elif failed and move.scenario in (
            Scenario.CLEAN_MOMENTUM, Scenario.SQUEEZE_CONTINUATION,
        ):  # fmt: skip
            return "several_attempts" if failed >= 2 else "failed_breakout_then_reversal"
    for move in moves:
        squeezed = move.scenario == Scenario.SQUEEZE_CONTINUATION and move.top < _NOON
        if squeezed and last < move.peak - 0.5 * (move.peak - move.base):
            return "morning_squeeze_afternoon_fade"
    return ""
