"""The tracker tells the same second by second and for whole days, from the past only."""

import numpy as np
import pytest
from reference.tapes import nasty_day, synthetic_days

from lowfloat.base.codes import Lifecycle, MomentumPhase, Side, lifecycle_of, side_of
from lowfloat.errors import PhaseModelError
from lowfloat.tape.column import Tape
from lowfloat.tape.phase import phases
from lowfloat.tape.phase_filter import PHASES
from lowfloat.tape.phase_input import FEATURES, PhaseInput, phase_input
from lowfloat.tape.phase_model import default_model
from lowfloat.tape.tracker import MarketState, MomentumPhaseTracker, state_at

Phase = MomentumPhase
LABELS = {phase.label for phase in MomentumPhase}


@pytest.fixture(scope="module")
def tape() -> PhaseInput:
    return phase_input(Tape(nasty_day(3)))


def test_second_by_second_and_for_the_whole_day_it_tells_the_same_bits(tape) -> None:
    busy = int(np.flatnonzero(np.isfinite(tape.features[:, 0]) & (tape.halted == 1))[0])
    tracker = MomentumPhaseTracker()
    track = tracker.along(tape)
    for second in range(busy + 900):
        tracker.update(state_at(tape, second))
        if second < busy - 300:
            continue
        for found, wanted in zip(tracker._row, track, strict=True):
            assert found[0].tobytes() == wanted[second].tobytes()
    assert 1 in tape.halted[: busy + 900]


def test_a_reset_tracker_knows_nothing_of_the_day_before(tape) -> None:
    tracker, fresh = MomentumPhaseTracker(), MomentumPhaseTracker()
    state = state_at(tape, 40_000)._replace(second=0)
    tracker.update(state)
    tracker.reset()
    assert tracker.update(state) == fresh.update(state)
    assert tracker.probability == fresh.probability


def test_what_comes_later_changes_nothing_before() -> None:
    for day in (*synthetic_days()[:1], nasty_day(5)):
        whole = MomentumPhaseTracker().over(day)
        end = day.session.second(day.coverage_end_ns)
        for cut in (end - 900,):
            at = day.session.start_ns + cut * 10**9
            known = type(day)(
                **{
                    **day.__dict__,
                    **{
                        name: type(table)(*(column[table.ts_recv < at] for column in table))
                        for name, table in (
                            ("trades", day.trades), ("quotes", day.quotes), ("status", day.status)
                        )
                    },
                }
            )  # fmt: skip
            part = MomentumPhaseTracker().over(known)
            for found, wanted in zip(part, whole, strict=True):
                assert np.array_equal(found[: cut + 1], wanted[: cut + 1])


def test_the_phase_told_changes_only_for_one_that_tells_clearly_more() -> None:
    day = synthetic_days()[0]
    eager, calm = (MomentumPhaseTracker(hysteresis=each).over(day) for each in (1.0, 3.0))
    preference = default_model().preference
    assert (np.diff(calm.phase) != 0).sum() < (np.diff(eager.phase) != 0).sum()
    rows = np.flatnonzero(calm.phase < PHASES)
    telling = calm.probability[rows, :PHASES] * preference
    told = telling[np.arange(len(rows)), calm.phase[rows]]
    assert (telling.max(axis=1) <= 3.0 * told * (1 + 1e-5)).all()
    changed = rows[1:][(np.diff(calm.phase[rows]) != 0) & (np.diff(rows) == 1)]
    after = calm.probability[changed, :PHASES] * preference
    assert len(changed) > 5
    assert (after.argmax(axis=1) == calm.phase[changed]).all()
    assert np.array_equal(MomentumPhaseTracker().over(day).phase, phases(day))


def test_the_names_of_the_design_document_work(tape) -> None:
    tracker = MomentumPhaseTracker()
    for second in range(30):
        state = state_at(tape, second)
        told = tracker.identify_current_phase(state)
        assert told in LABELS
        assert tracker.identify_current_phase(state) == told  # asked twice, taken in once
    features = tracker.extract_phase_features(state)
    assert list(features) == list(FEATURES)
    assert tracker.phase_features(state).keys() == features.keys()
    for phase in (*list(MomentumPhase)[:-1], "front_momentum"):
        chances = tracker.calculate_phase_transition_probability(phase)
        assert sum(chances.values()) == pytest.approx(1.0, abs=1e-12)
        assert min(chances.values()) >= 0
        assert chances == tracker.transition_probability(phase)
    assert tracker.transition_probability("dead")["dead"] == 0
    assert 0 <= tracker.chance_of_leaving(10) <= tracker.chance_of_leaving(60) <= 1
    assert 0 < tracker.expected_seconds_in_phase <= 30
    assert sum(tracker.probability.values()) == pytest.approx(1.0, abs=1e-6)


def test_misuse_is_refused_with_the_reason(tape) -> None:
    tracker = MomentumPhaseTracker()
    with pytest.raises(PhaseModelError, match="`second` was 5 after -1"):
        tracker.update(state_at(tape, 5))
    with pytest.raises(PhaseModelError, match="`features` has shape"):
        tracker.update(MarketState(0, np.zeros(2)))
    with pytest.raises(PhaseModelError, match="`horizon` was 5"):
        tracker.chance_of_leaving(5)
    with pytest.raises(PhaseModelError, match="was halted"):
        tracker.transition_probability(Phase.HALTED)
    with pytest.raises(PhaseModelError, match="a horizon was 0"):
        MomentumPhaseTracker(horizons=(0,))
    with pytest.raises(PhaseModelError, match=r"`hysteresis` was 0.5; use 1 or more"):
        MomentumPhaseTracker(hysteresis=0.5)


def test_the_life_cycle_and_the_side_follow_the_phase_and_its_context() -> None:
    before = {phase: lifecycle_of(phase, moved_before=False) for phase in Phase}
    after = {phase: lifecycle_of(phase, moved_before=True) for phase in Phase}
    assert {p for p in Phase if before[p] != after[p]} == {Phase.CONSOLIDATION}
    assert before[Phase.CONSOLIDATION] == Lifecycle.ACCUMULATION
    assert after[Phase.CONSOLIDATION] == after[Phase.PARABOLIC] == Lifecycle.MOMENTUM_RUN
    assert {p for p in Phase if after[p] == Lifecycle.REVERSAL} == {
        Phase.FLUSH, Phase.BOUNCE, Phase.FADE
    }  # fmt: skip
    assert {p for p in Phase if after[p] == Lifecycle.NONE} == {Phase.DEAD, Phase.HALTED}
    context = [(above, high) for above in (False, True) for high in (False, True)]
    sides = {p: {side_of(p, above_vwap=a, recent_high=h) for a, h in context} for p in Phase}
    assert sides[Phase.CONSOLIDATION] == {Side.FRONT, Side.NONE}
    assert side_of(Phase.CONSOLIDATION, above_vwap=True, recent_high=True) == Side.FRONT
    assert [p for p in Phase if sides[p] == {Side.FRONT}] == [
        Phase.BREAKOUT, Phase.MOMENTUM, Phase.PARABOLIC
    ]  # fmt: skip
    assert [p for p in Phase if sides[p] == {Side.BACK}] == [
        Phase.DISTRIBUTION, Phase.FLUSH, Phase.BOUNCE, Phase.FADE
    ]  # fmt: skip
    assert sides[Phase.DEAD] == {Side.DEAD}
