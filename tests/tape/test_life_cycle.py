"""What traders do in each phase of the life of a move contradicts neither itself nor its length."""

import pytest

from lowfloat.base.codes import Lifecycle, MomentumPhase, lifecycle_of
from lowfloat.tape.life_cycle import LIFE_CYCLE, Intent
from lowfloat.tape.phase_fit import PRIOR_LAWS
from lowfloat.tape.phase_model import default_model

FRONT = (Lifecycle.ACCUMULATION, Lifecycle.BREAKOUT, Lifecycle.MOMENTUM_RUN)
BACK = (Lifecycle.EXHAUSTION, Lifecycle.DISTRIBUTION, Lifecycle.REVERSAL)


def test_nothing_is_both_advised_and_advised_against() -> None:
    assert len({phase.advice for phase in LIFE_CYCLE.values()}) == 6
    for phase in LIFE_CYCLE.values():
        assert phase.aligned
        assert phase.opposed
        assert not phase.aligned & phase.opposed


def test_on_the_way_up_nobody_sells_short_and_on_the_way_down_nobody_buys() -> None:
    for phase in FRONT:
        assert Intent.SHORT in LIFE_CYCLE[phase].opposed
    for phase in BACK:
        assert {Intent.ENTER, Intent.ADD} <= LIFE_CYCLE[phase].opposed
        assert Intent.EXIT in LIFE_CYCLE[phase].aligned
    assert Intent.HOLD in LIFE_CYCLE[Lifecycle.MOMENTUM_RUN].aligned
    assert Intent.HOLD in LIFE_CYCLE[Lifecycle.DISTRIBUTION].opposed


ALONE = [  # phases of the tracker that make a phase of the life cycle all by themselves
    MomentumPhase.ACCUMULATION, MomentumPhase.BREAKOUT, MomentumPhase.EXHAUSTION,
    MomentumPhase.DISTRIBUTION,
]  # fmt: skip


@pytest.mark.parametrize("phase", ALONE)
def test_before_a_day_is_seen_a_phase_lasts_as_long_as_it_usually_does(phase) -> None:
    low, high = LIFE_CYCLE[lifecycle_of(phase, moved_before=False)].usual_seconds
    assert low <= PRIOR_LAWS[phase].median <= high
    # And a fitted one is of that order, however the days that it was fitted to are.
    assert low / 2 <= default_model().laws[phase].median <= 2 * high
