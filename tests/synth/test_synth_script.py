"""The script of a day: phases that follow one another and fill the session."""

import datetime as dt

import numpy as np
import pytest

from lowfloat.base.clock import REGULAR_OPEN, session_of
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.synth.rhythm import rhythm_of
from lowfloat.synth.script import SHAPES, DayKind, write_script

FULL = session_of(dt.date(2025, 1, 2))
HALF = session_of(dt.date(2024, 11, 29))


@pytest.fixture(scope="module")
def scripts():
    return [write_script(np.random.default_rng(seed), FULL, 0.0) for seed in range(300)]


def changes(script):
    at = np.flatnonzero(np.diff(script.until)) + 1
    return [(Phase(script.phase[i - 1]), Phase(script.phase[i]), int(i)) for i in at]


def test_sixty_percent_of_days_are_in_play(scripts):
    in_play = np.mean([script.kind != DayKind.ORDINARY for script in scripts])
    assert 0.5 < in_play < 0.7


def test_an_ordinary_day_is_dead_and_drifts_nowhere(scripts):
    for script in scripts:
        if script.kind == DayKind.ORDINARY:
            assert (script.phase == Phase.DEAD).all()
            assert not script.drift.any()


def test_phases_follow_one_another_by_the_table(scripts):
    close = FULL.second(FULL.regular_close_ns)
    for script in scripts:
        for before, after, at in changes(script)[1:]:
            if at != close and not (script.kind == DayKind.FADING and at == REGULAR_OPEN):
                assert after in SHAPES[before].then


def test_a_move_begins_with_accumulation_and_ends_by_the_close(scripts):
    close = FULL.second(FULL.regular_close_ns)
    for script in scripts:
        if script.kind != DayKind.ORDINARY:
            assert changes(script)[0][:2] == (Phase.DEAD, Phase.ACCUMULATION)
            assert (script.phase[close:] == Phase.DEAD).all()


def test_a_fading_day_sells_off_from_the_open(scripts):
    fading = [script for script in scripts if script.kind == DayKind.FADING]
    assert len(fading) > 20
    for script in fading:
        assert script.phase[REGULAR_OPEN] in (Phase.DISTRIBUTION, Phase.FADE)
        assert script.gap > -0.1


def test_every_phase_but_halted_occurs(scripts):
    seen = set(np.unique(np.concatenate([np.unique(script.phase) for script in scripts])))
    assert seen == set(Phase) - {Phase.HALTED}


def test_the_pull_shifts_the_gap_and_nothing_else():
    plain = write_script(np.random.default_rng(4), FULL, 0.0)
    pulled = write_script(np.random.default_rng(4), FULL, 0.1)
    assert pulled.gap == pytest.approx(plain.gap + 0.1)
    assert np.array_equal(plain.drift, pulled.drift)


@pytest.mark.parametrize("session", [FULL, HALF])
def test_the_rhythm_is_busiest_at_the_open_and_thin_outside_regular_hours(session):
    rhythm = rhythm_of(session)
    close = session.second(session.regular_close_ns)
    assert len(rhythm.rate) == session.seconds
    assert rhythm.rate.argmax() == REGULAR_OPEN
    assert rhythm.rate[REGULAR_OPEN:close].min() > 2 * rhythm.rate[:REGULAR_OPEN].max()
    assert rhythm.rate[REGULAR_OPEN:close].min() > 2 * rhythm.rate[close:].max()
    assert rhythm.spread[close:].min() > rhythm.spread[REGULAR_OPEN:close].max()
