"""Labels the phases of a day with hindsight, for fitting only.

The mid is cut into swings by a zig-zag: a swing ends where the price has come back from its
extreme by 2 %, or by 2.5 ATR if that is more. Each swing is then named as a trader would name it
afterwards, by its size, its pace, and where it stands to VWAP and to the high of day. What comes
later in the day may decide the name, so none of this may reach an observation.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.tape.column import Tape
from lowfloat.tape.halts import is_halted
from lowfloat.tape.levels import vwap
from lowfloat.tape.phase_filter import PHASES
from lowfloat.tape.phase_input import PhaseInput
from lowfloat.tape.price import average_true_range, mid_price
from lowfloat.tape.windows import lagged, positive, trailing_sum

REVERSAL = 0.02
REVERSAL_ATR = 2.5
DEAD_PRINTS = 0.02  # prints a second over ten minutes, centred, below which nobody trades
BREAKOUT_SECONDS = 120  # the first part of a swing up to a new high that is its breakout
PARABOLIC_PACE = 0.04  # log change a minute of a vertical move
FLUSH_PACE = 0.02  # of a flush
EXHAUSTION_SECONDS = 90  # at the top of a run
FADE_SECONDS = 600  # a fall longer than this is a fade, not a distribution
QUIET_SECONDS = 300  # a span this long within which no swing ends is quiet where it goes nowhere


class LabelledDay(NamedTuple):
    """A day to fit to.

    Attributes:
        name: ``SYMBOL/YYYY-MM-DD``.
        manifest_id: of its stored files.
        seen: what the filter reads of it.
        phase: int8, label of each decision second; HALTED says nothing.
    """

    name: str
    manifest_id: str
    seen: PhaseInput
    phase: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """Seconds with a label that no halt covers."""
        return np.flatnonzero((self.seen.halted == 0) & (self.phase < PHASES))


def label(tape: Tape) -> np.ndarray:
    """Return the phase of each decision second 0..57,600, as int8 ``MomentumPhase``."""
    seconds, mid = tape.seconds, tape.of(mid_price)
    found = np.full(len(mid), int(Phase.DEAD), np.int8)
    known = np.flatnonzero(mid > 0)
    if len(known):
        first = int(known[0])
        price = mid[first:]
        pivots = zigzag(price, _reversal(tape)[first:])
        _name_swings(found[first:], price, tape.of(vwap)[first:], pivots)
    half = trailing_sum(seconds.trades, 600)
    centred = np.append(half[300:], np.full(300, half[-1]))
    found[centred < DEAD_PRINTS * 600] = Phase.DEAD
    found[tape.of(is_halted)] = Phase.HALTED
    return np.append(found[:1], found)


def zigzag(price: np.ndarray, reversal: np.ndarray) -> list[int]:
    """Return the turning points of a price, the first and the last second included.

    Args:
        price: above 0.
        reversal: fraction by which the price must come back for a swing to end there.
    """
    pivots, top, floor, way = [0], 0, 0, 0
    for i in range(1, len(price)):
        if price[i] > price[top]:
            top = i
        if price[i] < price[floor]:
            floor = i
        if way >= 0 and price[i] < price[top] * (1.0 - reversal[i]):
            if way > 0 or top > 0:
                pivots.append(top)
            way, floor, top = -1, i, i
        elif way <= 0 and price[i] > price[floor] * (1.0 + reversal[i]):
            if way < 0 or floor > 0:
                pivots.append(floor)
            way, top, floor = 1, i, i
        if way > 0:
            floor = i
        elif way < 0:
            top = i
    last = {1: top, -1: floor}.get(way, len(price) - 1)
    ends = sorted({*pivots, last, len(price) - 1})
    return ends


def _reversal(tape: Tape) -> np.ndarray:
    """Return the fraction that ends a swing at each second."""
    mid = tape.of(mid_price)
    usual = np.nan_to_num(REVERSAL_ATR * tape.of(average_true_range) / positive(mid))
    return np.minimum(np.maximum(REVERSAL, usual), 0.15)


def _name_swings(
    found: np.ndarray, price: np.ndarray, average: np.ndarray, pivots: list[int]
) -> None:
    """Write the names of the swings between turning points."""
    before = Phase.DEAD
    for begin, end in pairwise(pivots):
        move = float(np.log(price[end] / price[begin]))
        span, part = end - begin, slice(begin, end)
        high = price[: begin + 1].max()
        above = price[begin] > average[begin]
        if span >= QUIET_SECONDS and abs(move) < REVERSAL:
            name = Phase.CONSOLIDATION if above and before != Phase.DEAD else Phase.ACCUMULATION
            found[part] = name
        elif move > 0 and price[end] > high:
            _name_run(found, price, begin, end)
            name = Phase.MOMENTUM
        elif move > 0:
            found[part] = name = Phase.BOUNCE
        else:
            name = _name_fall(found, price, average, begin, end, before)
        before = name


def _name_run(found: np.ndarray, price: np.ndarray, begin: int, end: int) -> None:
    """Name a swing up to a new high: breakout, run, its vertical part, exhaustion at the top."""
    part = slice(begin, end)
    found[part] = Phase.MOMENTUM
    above = np.flatnonzero(price[begin:end] > price[: begin + 1].max() * (1.0 + REVERSAL / 2))
    broke = begin + int(above[0]) if len(above) else begin
    # What comes before the breakout is a base if it went nowhere, else the way back to the high.
    if broke - begin > BREAKOUT_SECONDS:
        base = broke - BREAKOUT_SECONDS // 2
        went = abs(float(np.log(price[base] / price[begin])))
        found[begin:base] = Phase.ACCUMULATION if went < REVERSAL else Phase.BOUNCE
        begin = base
    found[begin : min(broke + BREAKOUT_SECONDS // 2, end)] = Phase.BREAKOUT
    pace = np.log(price / lagged(price, 60))
    steep = np.flatnonzero(pace[begin:end] > PARABOLIC_PACE) + begin
    if len(steep) >= 20 and np.log(price[end] / price[begin]) > 3 * PARABOLIC_PACE:
        found[max(int(steep[0]) - 30, begin) : int(steep[-1])] = Phase.PARABOLIC
    tail = price[max(end - EXHAUSTION_SECONDS, begin) : end]
    if end - begin > 2 * EXHAUSTION_SECONDS and tail.min() > price[end] * (1.0 - REVERSAL / 2):
        found[end - EXHAUSTION_SECONDS : end] = Phase.EXHAUSTION


def _name_fall(
    found: np.ndarray, price: np.ndarray, average: np.ndarray, begin: int, end: int, before: Phase
) -> Phase:
    """Name a swing down: a pullback that holds, or a distribution, a flush, a fade."""
    part = slice(begin, end)
    span = end - begin
    drop = float(np.log(price[begin] / price[end]))
    high = price[: begin + 1].max()
    rise = float(np.log(high / max(price[max(begin - 1800, 0) : begin + 1].min(), 1e-9)))
    recovered = price[end : end + 1800].max() > high
    if price[begin] >= high * 0.995 and drop < 0.5 * rise and recovered and span >= 60:
        name = Phase.CONSOLIDATION
    elif drop / max(span, 1) * 60 > FLUSH_PACE and drop > REVERSAL:
        name = Phase.FLUSH
    elif price[begin] > average[begin] and span <= FADE_SECONDS:
        name = Phase.DISTRIBUTION
    else:
        name = Phase.FADE
    found[part] = name
    pace = np.log(price / lagged(price, 30))[part]
    steep = np.flatnonzero(pace < -FLUSH_PACE)
    if name in (Phase.FADE, Phase.DISTRIBUTION) and len(steep) >= 10:
        found[begin + max(int(steep[0]) - 30, 0) : begin + int(steep[-1]) + 1] = Phase.FLUSH
    return name
