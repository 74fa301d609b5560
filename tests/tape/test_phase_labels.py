"""Labels made with hindsight name what a trader would."""

import numpy as np
import pytest
from reference.tapes import OPEN, P, Q, make_day, nasty_day, ns, resume, stop

from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.tape.column import Tape
from lowfloat.tape.phase_labels import label, zigzag


def told(legs: list[tuple[int, float]], status=()) -> np.ndarray:
    """Return labels of a price that goes from leg to leg: ``(seconds, log change)`` each."""
    path = np.concatenate([np.full(seconds, move / seconds) for seconds, move in legs])
    level = 5.0 * np.exp(np.cumsum(path))
    # A jitter of a tenth of a per cent, so that a minute has a range.
    level *= 1.0 + 0.001 * np.sin(np.arange(len(level)))
    quotes = [
        Q(ns(OPEN + i), round(p - 0.005, 2), round(p + 0.015, 2)) for i, p in enumerate(level)
    ]
    trades = [P(ns(OPEN + i + 0.5), round(float(p), 2)) for i, p in enumerate(level)]
    return label(Tape(make_day(quotes, status, trades)))


def most(labels: np.ndarray, begin: int, end: int) -> Phase:
    """Return the commonest label of seconds after the open."""
    return Phase(int(np.bincount(labels[OPEN + begin : OPEN + end]).argmax()))


def test_a_zigzag_turns_at_the_extremes_that_were_left_far_enough() -> None:
    price = np.array([10, 10.1, 11, 10.95, 11.5, 11.0, 10.5, 10.6, 12, 12.1], np.float64)
    assert zigzag(price, np.full(10, 0.05)) == [0, 4, 6, 9]
    assert zigzag(price, np.full(10, 0.5)) == [0, 9]


def test_a_run_to_a_new_high_is_a_breakout_and_then_momentum() -> None:
    labels = told([(900, 0.0), (600, 0.25), (300, -0.03), (300, 0.15), (900, -0.25)])
    assert most(labels, 0, 700) in (Phase.ACCUMULATION, Phase.CONSOLIDATION)
    assert most(labels, 915, 955) == Phase.BREAKOUT
    assert most(labels, 1000, 1350) == Phase.MOMENTUM


def test_a_steep_fall_is_a_flush_and_the_rise_after_it_a_bounce() -> None:
    labels = told([(900, 0.0), (600, 0.3), (60, -0.15), (180, 0.07), (3000, -0.15)])
    assert most(labels, 1505, 1555) == Phase.FLUSH
    assert most(labels, 1570, 1730) == Phase.BOUNCE
    assert most(labels, 2000, 4500) == Phase.FADE


def test_a_vertical_rise_is_parabolic() -> None:
    labels = told([(900, 0.0), (300, 0.1), (120, 0.25), (60, -0.12), (900, 0.0)])
    assert most(labels, 1215, 1315) == Phase.PARABOLIC


def test_a_pullback_that_leads_to_a_new_high_is_a_consolidation() -> None:
    labels = told([(900, 0.0), (600, 0.25), (240, -0.08), (400, 0.2), (600, -0.3)])
    assert most(labels, 1510, 1730) == Phase.CONSOLIDATION


def test_a_slow_fall_that_never_comes_back_is_a_fade() -> None:
    labels = told([(900, 0.0), (400, 0.2), (3600, -0.25), (300, 0.0)])
    assert most(labels, 1500, 4500) == Phase.FADE


def test_where_nobody_trades_it_is_dead_and_a_halt_is_a_halt() -> None:
    halt = [stop(ns(OPEN + 1000)), resume(ns(OPEN + 1300))]
    labels = told([(900, 0.0), (600, 0.2), (600, -0.1)], halt)
    assert (labels[: OPEN - 600] == Phase.DEAD).all()
    assert (labels[OPEN + 1001 : OPEN + 1300] == Phase.HALTED).all()
    assert (labels[OPEN + 4000 :] == Phase.DEAD).all()
    assert labels.shape == (57_601,)


def test_an_empty_day_is_dead() -> None:
    assert (label(Tape(make_day([]))) == Phase.DEAD).all()


@pytest.mark.parametrize("seed", range(3))
def test_every_label_is_a_phase_whatever_the_tape(seed: int) -> None:
    labels = label(Tape(nasty_day(seed)))
    assert labels.dtype == np.int8
    assert set(labels.tolist()) <= {int(phase) for phase in Phase}
