"""The script of a day: acts laid on the clock, from 04:00 to the end of the session."""

import itertools

import numpy as np
import pytest
from scripted import (
    AVERAGE,
    FULL,
    HALF,
    IN_PLAY,
    path_of,
    range_of,
    script_of,
    scripts_of,
    segments,
    varied_scripts,
)

from lowfloat.base.clock import REGULAR_OPEN
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Scenario
from lowfloat.errors import ConfigError
from lowfloat.synth.script import write_script
from lowfloat.synth.stories import MIXES

SESSIONS = pytest.mark.parametrize("session", [FULL, HALF], ids=["full", "half"])
CLOSE = FULL.second(FULL.regular_close_ns)
THREE = (Scenario.FAILED_BREAKOUT, Scenario.FAILED_BREAKOUT, Scenario.CLEAN_MOMENTUM)
LONG = (
    Scenario.CHOPPY_GRIND,
    Scenario.SQUEEZE_CONTINUATION,
    Scenario.PARABOLIC_BLOWOFF,
)


def all_arrays(script):
    return {name: value for name, value in script._asdict().items() if hasattr(value, "dtype")}


def every_plan():
    singles = [(scenario,) for scenario in Scenario]
    return [*singles, *itertools.product(IN_PLAY, IN_PLAY), THREE, LONG]


@SESSIONS
@pytest.mark.parametrize("stories", [(s,) for s in Scenario] + [THREE, LONG])
def test_arrays_have_a_value_for_every_second(stories, session):
    for script in scripts_of(*stories, session=session):
        arrays = all_arrays(script)
        assert {value.shape for value in arrays.values()} == {(session.seconds,)}
        assert {name: value.dtype.name for name, value in arrays.items()} == {
            "phase": "int8",
            "scenario": "int8",
            "pattern": "int8",
            "drift": "float64",
            "vigour": "float64",
            "until": "int64",
            "stop_on_pause": "int8",
        }
        assert np.isfinite(script.drift).all()
        assert (script.vigour > 0).all()
        assert set(np.unique(script.stop_on_pause)) <= {0, 1}


@SESSIONS
@pytest.mark.parametrize("stories", every_plan())
def test_phases_follow_one_another_without_a_hole_up_to_the_end(stories, session):
    script = script_of(*stories, session=session)
    told = segments(script)
    assert told[0].begin == 0
    assert told[-1].end == session.seconds
    for segment in told:
        part = slice(segment.begin, segment.end)
        assert segment.end > segment.begin
        assert (script.until[part] == segment.end).all()
        for codes in (script.phase, script.pattern, script.scenario, script.vigour):
            assert len(np.unique(codes[part])) == 1


@pytest.mark.parametrize("stories", [(s,) for s in IN_PLAY] + [THREE])
def test_gap_drift_and_headlines_add_up_to_where_the_story_ends(stories):
    for script in scripts_of(*stories):
        total = script.gap + sum(segment.move for segment in segments(script))
        total += sum(jump for _, jump in script.headlines)
        assert path_of(script)[-1] == pytest.approx(total, abs=1e-9)


@SESSIONS
@pytest.mark.parametrize("stories", [(s,) for s in Scenario] + [THREE])
def test_headlines_and_offerings_lie_inside_the_session_in_order(stories, session):
    for script in scripts_of(*stories, session=session):
        seconds = [second for second, _ in script.headlines]
        assert seconds == sorted(set(seconds))
        assert all(0 <= second < session.seconds for second in seconds)
        for first, last, fraction in script.dilution:
            assert 0 <= first <= last < session.second(session.regular_close_ns)
            assert 0 < fraction <= 0.25


def test_a_company_sells_into_its_own_strength():
    scripts = [script for scenario in IN_PLAY for script in scripts_of(scenario)]
    offerings = [(script, offer) for script in scripts for offer in script.dilution]
    assert 0.05 < len(offerings) / len(scripts) < 0.25
    for script, (first, last, _) in offerings:
        assert script.phase[last] == Phase.EXHAUSTION
        assert script.phase[first] in (Phase.MOMENTUM, Phase.PARABOLIC, Phase.CONSOLIDATION,
                                       Phase.BREAKOUT, Phase.BOUNCE)  # fmt: skip


def test_headlines_before_the_close_come_mostly_at_the_full_and_the_half_hour():
    early = [
        second
        for scenario in (Scenario.NEWS_CATALYST, Scenario.FADE_FROM_OPEN)
        for script in scripts_of(scenario, count=90)
        for second, _ in script.headlines
        if second < CLOSE
    ]
    assert min(early) >= 3 * 3600
    assert 0.7 < np.mean([second % 1800 == 0 for second in early]) < 0.95


def test_the_same_seed_writes_the_same_bytes():
    for stories in every_plan():
        one, other = (script_of(*stories, seed=9, character=AVERAGE) for _ in range(2))
        assert all(
            value.tobytes() == all_arrays(other)[name].tobytes()
            for name, value in all_arrays(one).items()
        )
        assert (one.gap, one.headlines, one.dilution) == (
            other.gap,
            other.headlines,
            other.dilution,
        )


def test_the_pull_shifts_the_gap_and_nothing_else():
    plain = script_of(Scenario.CLEAN_MOMENTUM, seed=4)
    pulled = script_of(Scenario.CLEAN_MOMENTUM, seed=4, pull=0.1)
    assert pulled.gap == pytest.approx(plain.gap + 0.1)
    assert np.array_equal(plain.drift, pulled.drift)


@SESSIONS
@pytest.mark.parametrize("stories", [plan for plan in every_plan() if len(plan) > 1])
def test_stories_of_a_compound_day_are_told_in_their_order(stories, session):
    script = script_of(*stories, seed=3, session=session)
    told = [Scenario(code) for code, _ in itertools.groupby(script.scenario.tolist())]
    assert told == [story for story, _ in itertools.groupby(stories)]


def test_several_attempts_precede_the_breakout_that_holds():
    for script in scripts_of(*THREE):
        second_story = int(np.argmax(script.scenario == Scenario.CLEAN_MOMENTUM))
        assert (script.phase[:second_story] == Phase.BREAKOUT).any()
        assert (script.phase[second_story:CLOSE] == Phase.MOMENTUM).any()


@pytest.mark.parametrize("scenario", list(Scenario))
def test_after_hours_are_dead_but_for_a_late_headline(scenario):
    for script in scripts_of(scenario):
        if not any(second >= CLOSE for second, _ in script.headlines):
            assert (script.phase[CLOSE:] == Phase.DEAD).all()
            assert not script.drift[CLOSE:].any()


def test_now_and_then_a_headline_comes_after_the_close():
    late = [
        any(second >= CLOSE for second, _ in script.headlines)
        for scenario in IN_PLAY
        for script in scripts_of(scenario)
    ]
    assert 0.1 < np.mean(late) < 0.3


def test_moves_before_the_open_are_weaker():
    early, later = [], []
    for script in scripts_of(Scenario.SQUEEZE_CONTINUATION):
        for segment in segments(script):
            if segment.phase == Phase.BREAKOUT and segment.begin < CLOSE:
                (early if segment.begin < REGULAR_OPEN else later).append(segment.move)
    assert np.median(early) < 0.85 * np.median(later)


def test_a_smaller_float_and_more_volatility_make_larger_moves():
    def median_range(**changes):
        character = AVERAGE._replace(**changes)
        return np.median(
            [
                range_of(script_of(Scenario.CLEAN_MOMENTUM, seed=s, character=character))
                for s in range(60)
            ]
        )

    usual = median_range()
    assert median_range(float_shares=1e6) > 1.1 * usual
    assert median_range(volatility=1.5) > 1.2 * usual


def test_short_interest_feeds_a_squeeze():
    def median_range(short_interest):
        character = AVERAGE._replace(short_interest=short_interest)
        scripts = (
            script_of(Scenario.SQUEEZE_CONTINUATION, seed=s, character=character) for s in range(60)
        )
        return np.median([range_of(script) for script in scripts])

    assert median_range(0.4) > 1.3 * median_range(0.0)


def test_days_in_play_begin_before_the_open_at_it_and_through_the_day():
    begins = np.array(
        [
            int(np.argmax(script.phase > Phase.DEAD))
            for scenario in MIXES["curriculum"].weights
            for script in scripts_of(scenario)
        ]
    )
    shares = [
        np.mean(begins < REGULAR_OPEN),
        np.mean((begins >= REGULAR_OPEN) & (begins < REGULAR_OPEN + 600)),
        np.mean((begins >= REGULAR_OPEN + 600) & (begins < REGULAR_OPEN + 2 * 3600)),
        np.mean(begins >= REGULAR_OPEN + 2 * 3600),
    ]
    assert all(0.08 < share < 0.5 for share in shares)


def test_ranges_of_days_in_play_reach_from_a_small_move_to_several_hundred_per_cent():
    ranges, weights = [], []
    for scenario, weight in MIXES["curriculum"].weights.items():
        found = [range_of(script) for script in varied_scripts(scenario, count=100)]
        ranges += found
        weights += [weight / len(found)] * len(found)
    order = np.argsort(ranges)
    share, ranges = np.cumsum(np.array(weights)[order]), np.array(ranges)[order]
    p10, p50, p90, p99 = (ranges[np.searchsorted(share, q)] for q in (0.1, 0.5, 0.9, 0.99))
    # The market adds its noise: about 15 % on the smallest, little on the largest.
    assert 0.05 < p10 < 0.2
    assert 0.35 < p50 < 0.65
    assert 1.4 < p90 < 3.0
    assert 4.0 < p99 < 15.0


@pytest.mark.parametrize("stories", [(), (Scenario.DEAD,) * 4])
def test_a_day_tells_one_to_three_stories(stories):
    with pytest.raises(ConfigError, match=rf"`scenario` held {len(stories)} stories; use one to"):
        write_script(np.random.default_rng(1), FULL, stories, AVERAGE, 0.0)
