"""The phase filter: what the tape so far says of the phase, of its age, and of what comes next.

An explicit-duration (semi-Markov) hidden chain, run forwards only. Each cell of the state is the
probability of one phase at one bin of age. A second of the clock lets each cell stay, grow older
or leave; what leaves enters other phases, by chances that depend on the phase left and on how old
it was. Then each phase is weighed by the evidence of the second: ``L_k``, a sum over the features
of a number that depends on the phase and on the range the feature lies in, fitted so that
``exp L_k`` is in proportion to P(phase | features) / P(phase), which is the likelihood of the
features up to a factor common to all phases (Bourlard and Morgan 1994).

Features share windows, so a second says much less that is new than it seems to. The cells are
therefore weighed by ``exp(kappa L_k)`` with a small ``kappa``. And what is told mixes what the
cells remember with what the second shows, in proportions that were fitted to be believed:
``P(k) ~ lift_k share_k^memory exp(present L_k)``. Powers of shares are made of square roots, which
with the portable exponential give the same bits on every machine.

A halt stops the clock: the cells stay as they are, and HALTED is told from outside. At the
reopening the phase goes on, or another begins, with chances by the sign of the reopening.

Cells lie bin after bin, each with a lane per phase, so that one instruction works on several.
They sum to 1 only up to a factor: to divide all of them by it every second would cost more than
all the rest.
"""

from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import MomentumPhase
from lowfloat.base.jit import kernel
from lowfloat.base.portable import exp

PHASES = int(MomentumPhase.HALTED)
"""Phases that the filter tells apart: all but HALTED, whose code is the last."""

LANES = PHASES + 1
"""Length of the rows of phases: HALTED's lane stays 0 within the filter."""

BINS = 12
"""Bins of age of a phase."""

AGES = 3
"""Classes of age in which chances of the next phase differ: young, middling, old."""

RANGES = 16
"""Ranges of a feature that the evidence tells apart; what is not known is one more."""

EIGHTHS = 8
"""Unit of the power ``memory``."""

SMALLEST = 1e-300
"""Least divisor: a phase that has become impossible has no age."""

UP, FLAT, DOWN, OPENING, CLOSING = 1, 2, 3, 4, 5
"""Moments at which a phase may end at once: how trading resumes after a halt, and the bells."""

MOMENTS = 6
"""Codes of a moment, with 0 for any other second."""

_CELLS = BINS * LANES
_BY_AGE = AGES * LANES
_CLASS = _CELLS // AGES  # cells of a class of age
_NONE_YET = -1
_FEWEST = 0.5  # of the sum of the cells: below it they are divided by it


class Chain(NamedTuple):
    """A model as the kernels read it; float64 but where said. Rows of phases have LANES.

    Attributes:
        start: (LANES,), probability of each phase at 04:00.
        stay: (BINS * LANES,), chance per second to stay in the bin.
        advance: (BINS * LANES,), to grow into the next.
        leave: (BINS * LANES,), to leave the phase.
        age: (LANES, BINS), usual seconds in phase.
        gone: (LANES, BINS, horizons), chance to leave within each horizon.
        following: (AGES * LANES * LANES,), chance of the next phase, by class of age (thirds of
            the bins), phase left and phase that follows.
        edges: (features, RANGES + 1), where the ranges of a feature begin and end, from minus to
            plus infinity; each holds its lower edge.
        evidence: (features, RANGES + 1, LANES), what a range says of each phase; the last row is
            for a feature that is not known.
        offset: (LANES,), evidence before any feature.
        powers: (2,), ``kappa`` and ``present``.
        memory: int64 (1,), in eighths.
        lift: (LANES,), above 0 but for HALTED.
        preference: (LANES,), factor on the probability of each phase where one is to be named.
        hysteresis: (1,), how many times as telling a phase must be to be named instead.
        keep: (MOMENTS, LANES), chance that a phase outlives a moment.
        begins: (MOMENTS, LANES), the phase that begins otherwise.
    """

    start: np.ndarray
    stay: np.ndarray
    advance: np.ndarray
    leave: np.ndarray
    age: np.ndarray
    gone: np.ndarray
    following: np.ndarray
    edges: np.ndarray
    evidence: np.ndarray
    offset: np.ndarray
    powers: np.ndarray
    memory: np.ndarray
    lift: np.ndarray
    preference: np.ndarray
    hysteresis: np.ndarray
    keep: np.ndarray
    begins: np.ndarray


class Cells(NamedTuple):
    """What the filter keeps from second to second.

    Attributes:
        cell: float64 (BINS * LANES,), probability of a phase at an age, times ``total``.
        grown: of the same shape, scratch.
        share: float64 (AGES * LANES,), sum of the cells of each phase by class of age.
        leaving: float64 (AGES * LANES,), part of it that leaves in the coming second.
        entering: float64 (LANES,), where that goes.
        total: float64 (1,), sum of all cells.
        lies: int64 (features,), range that each feature lies in.
        said: float64 (LANES,), evidence of the second.
        weight: float64 (BINS * LANES,), ``exp(kappa L_k)`` over the largest.
        present: float64 (LANES,), ``lift_k exp(present L_k)`` over a common factor.
        mixed: float64 (LANES,), probability of each phase.
        told: int64 (3,), the phase told, seconds of a halt so far, and of the day without halts.
    """

    cell: np.ndarray
    grown: np.ndarray
    share: np.ndarray
    leaving: np.ndarray
    entering: np.ndarray
    total: np.ndarray
    lies: np.ndarray
    said: np.ndarray
    weight: np.ndarray
    present: np.ndarray
    mixed: np.ndarray
    told: np.ndarray


class Track(NamedTuple):
    """What is known at each second, one row each.

    Attributes:
        probability: float32 (seconds, 12) of each phase by code; sums to 1.
        phase: int8, the phase told: the one whose probability, over the power of how common it
            is, is the largest, with hysteresis.
        in_phase: float32, expected seconds in the phase told so far.
        leaving: float32 (seconds, horizons), chance that it ends within each horizon; 0 in a
            halt, whose end is not the filter's to foresee.
        following: float32 (seconds, 12), chance of each next phase; sums to 1. In a halt, that
            of the moment it began.
    """

    probability: np.ndarray
    phase: np.ndarray
    in_phase: np.ndarray
    leaving: np.ndarray
    following: np.ndarray


def new_cells(chain: Chain) -> Cells:
    """Return the state before the first second of a day."""
    cells = Cells(
        np.zeros(_CELLS),
        np.zeros(_CELLS),
        np.zeros(_BY_AGE),
        np.zeros(_BY_AGE),
        np.zeros(LANES),
        np.zeros(1),
        np.full(len(chain.edges), _NONE_YET),
        np.zeros(LANES),
        np.ones(_CELLS),
        np.ones(LANES),
        np.zeros(LANES),
        np.zeros(3, np.int64),
    )
    cells.cell[:LANES] = chain.start
    cells.told[0] = np.argmax(chain.start * chain.preference)
    foresee(chain, cells)
    return cells


def new_track(seconds: int, horizons: int) -> Track:
    """Return rows to write to."""
    return Track(
        np.zeros((seconds, LANES), np.float32),
        np.zeros(seconds, np.int8),
        np.zeros(seconds, np.float32),
        np.zeros((seconds, horizons), np.float32),
        np.zeros((seconds, LANES), np.float32),
    )


def run(chain: Chain, features: np.ndarray, halted: np.ndarray, moment: np.ndarray) -> Track:
    """Return all that the filter tells of a day; its arguments are those of :func:`follow`."""
    track = new_track(len(halted), chain.gone.shape[-1])
    follow(chain, new_cells(chain), features, halted, moment, track)
    return track


@kernel
def follow(chain, cells, features, halted, moment, track):
    """Run the filter over seconds in a row.

    Args:
        chain: the model.
        cells: state before the first of them; holds the state after the last on return.
        features: float32 (seconds, features), NaN where a feature is not known.
        halted: int8 (seconds,), 1 in a halt.
        moment: int8 (seconds,), 0 or the moment that the second is.
        track: written, one row a second.
    """
    for second in range(len(halted)):
        if halted[second]:
            cells.told[1] += 1
            _tell_halt(cells, track, second)
            continue
        cells.told[1] = 0
        cells.told[2] += 1
        if moment[second]:
            _turn(chain, cells, moment[second])
        # Each is handed the arrays it needs alone: to hand over a model costs more than a second.
        if _look(chain.edges, cells.lies, features, second):
            _weigh(chain, cells)
        _grow(chain.stay, chain.advance, cells.entering, cells.weight, cells.cell, cells.grown)
        _foresee(
            chain.leave, chain.following, cells.cell, cells.share, cells.leaving, cells.entering,
            cells.total,
        )  # fmt: skip
        _mix(cells.share, cells.total, cells.present, chain.memory[0], cells.mixed)
        _name(cells.mixed, chain.preference, chain.hysteresis[0], cells.told)
        _tell(cells.mixed, cells.entering, cells.told, track, second)
        _tell_age(chain.age, chain.gone, cells.cell, cells.share, cells.told, track, second)


@kernel
def foresee(chain, cells):
    """Sum the cells; find what leaves in the coming second, and what it becomes."""
    _foresee(
        chain.leave, chain.following, cells.cell, cells.share, cells.leaving, cells.entering,
        cells.total,
    )  # fmt: skip


@kernel
def _turn(chain, cells, moment):
    """Let each phase go on, or another begin."""
    cell, ended = cells.cell, 0.0
    for b in range(BINS):
        for k in range(LANES):
            kept = cell[b * LANES + k] * chain.keep[moment, k]
            ended += cell[b * LANES + k] - kept
            cell[b * LANES + k] = kept
    for k in range(LANES):
        cell[k] += ended * chain.begins[moment, k]
    foresee(chain, cells)


@kernel
def _look(edges, lies, features, second):
    """Find the range that each feature lies in; return whether any lies in another than before."""
    moved = False
    for f in range(len(lies)):
        x, old = features[second, f], lies[f]
        if 0 <= old < RANGES and edges[f, old] <= x < edges[f, old + 1]:
            continue
        new = RANGES
        if not np.isnan(x):
            new, beyond = 0, RANGES
            while beyond - new > 1:
                middle = (new + beyond) // 2
                if x >= edges[f, middle]:
                    new = middle
                else:
                    beyond = middle
        if new != old:
            lies[f] = new
            moved = True
    return moved


@kernel
def _weigh(chain, cells):
    """Sum the evidence of the features, and raise it to the powers it is needed in."""
    said, present, weight = cells.said, cells.present, cells.weight
    for k in range(LANES):
        said[k] = chain.offset[k]
    for f in range(len(cells.lies)):
        lies = cells.lies[f]
        for k in range(LANES):
            said[k] += chain.evidence[f, lies, k]
    most = said[0]
    for k in range(1, PHASES):
        most = max(most, said[k])
    for k in range(PHASES):
        present[k] = chain.lift[k] * exp(chain.powers[1] * (said[k] - most))
        said[k] = exp(chain.powers[0] * (said[k] - most))
    for b in range(BINS):
        for k in range(LANES):
            weight[b * LANES + k] = said[k]


@kernel
def _grow(stay, advance, entering, weight, cell, grown):
    """Let a second pass, every cell stays, grows older, or has left; then weigh the cells."""
    for k in range(LANES):
        grown[k] = (cell[k] * stay[k] + entering[k]) * weight[k]
    for i in range(LANES, _CELLS):
        grown[i] = (cell[i] * stay[i] + cell[i - LANES] * advance[i - LANES]) * weight[i]
    for i in range(_CELLS):
        cell[i] = grown[i]


@kernel
def _foresee(leave, following, cell, share, leaving, entering, total):
    """Sum the cells; find what leaves in the coming second, and what it becomes."""
    for c in range(AGES):
        for k in range(LANES):
            here, gone = 0.0, 0.0
            for b in range(BINS // AGES):
                i = c * _CLASS + b * LANES + k
                here += cell[i]
                gone += cell[i] * leave[i]
            share[c * LANES + k] = here
            leaving[c * LANES + k] = gone
    for j in range(LANES):
        entering[j] = 0.0
    for i in range(0, _BY_AGE, 4):  # by fours, for half the time
        a, b, c, d = leaving[i], leaving[i + 1], leaving[i + 2], leaving[i + 3]
        for j in range(LANES):
            to = i * LANES + j
            entering[j] += (a * following[to] + b * following[to + LANES]) + (
                c * following[to + 2 * LANES] + d * following[to + 3 * LANES]
            )
    total[0] = 0.0
    for k in range(PHASES):
        total[0] += _of_phase(share, k)
    if total[0] < _FEWEST:
        inverse = 1.0 / total[0]
        for i in range(_CELLS):
            cell[i] *= inverse
        for i in range(_BY_AGE):
            share[i] *= inverse
            leaving[i] *= inverse
        for k in range(LANES):
            entering[k] *= inverse
        total[0] = 1.0


@kernel
def _of_phase(share, k):
    """Return the sum of the cells of a phase."""
    return share[k] + share[LANES + k] + share[2 * LANES + k]


@kernel
def _mix(share, total, present, memory, mixed):
    """Tell each phase by what the cells remember and what the second shows."""
    summed, inverse = 0.0, 1.0 / total[0]
    for k in range(PHASES):
        mixed[k] = present[k] * _eighths(_of_phase(share, k) * inverse, memory)
        summed += mixed[k]
    for k in range(PHASES):
        mixed[k] /= summed


@kernel
def _eighths(value, power):
    """Raise a number to ``power`` eighths."""
    product = 1.0
    for _ in range(power // EIGHTHS):
        product *= value
    root = value
    for bit in (4, 2, 1):
        root = np.sqrt(root)
        if power & bit:
            product *= root
    return product


@kernel
def _name(mixed, preference, hysteresis, told):
    """Name a phase: the one that tells most, or the one named before."""
    best, most = 0, 0.0
    for k in range(PHASES):
        telling = mixed[k] * preference[k]
        if telling > most:
            best, most = k, telling
    if most > mixed[told[0]] * preference[told[0]] * hysteresis:
        told[0] = best


@kernel
def _tell(mixed, entering, told, track, second):
    """Write how likely each phase is, which is named, and what follows."""
    track.phase[second] = told[0]
    for k in range(LANES):
        track.probability[second, k] = mixed[k]
    _tell_next(entering, track, second)


@kernel
def _tell_age(age, gone, cell, share, told, track, second):
    """Write how long the phase named has lasted, and how soon it may end."""
    k, lasted = told[0], 0.0
    inverse = 1.0 / max(_of_phase(share, k), SMALLEST)
    for b in range(BINS):
        lasted += cell[b * LANES + k] * age[k, b]
    # A bin may be wider than the day is old.
    track.in_phase[second] = min(lasted * inverse, told[2])
    for h in range(track.leaving.shape[1]):
        ended = 0.0
        for b in range(BINS):
            ended += cell[b * LANES + k] * gone[k, b, h]
        track.leaving[second, h] = ended * inverse


@kernel
def _tell_next(entering, track, second):
    """Write what a phase that ends in the coming second becomes."""
    total = 0.0
    for k in range(PHASES):
        total += entering[k]
    inverse = 1.0 / total
    for k in range(LANES):
        track.following[second, k] = entering[k] * inverse


@kernel
def _tell_halt(cells, track, second):
    """Write what is known in a halt: that it is one, and for how long it has been."""
    _tell_next(cells.entering, track, second)
    for k in range(LANES):
        track.probability[second, k] = 0.0
    track.probability[second, PHASES] = 1.0
    track.phase[second] = PHASES
    track.in_phase[second] = cells.told[1]
    for h in range(track.leaving.shape[1]):
        track.leaving[second, h] = 0.0
