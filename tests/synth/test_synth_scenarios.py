"""What each story tells: the phases it must have, and the figures a trader knows it by."""

import itertools
from itertools import pairwise

import numpy as np
import pytest
from scripted import (
    FULL,
    HALF,
    IN_PLAY,
    holds_in_order,
    path_of,
    scripts_of,
    segments,
    varied_scripts,
)

from lowfloat.base.clock import REGULAR_OPEN
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Pattern, Scenario
from lowfloat.synth.scenarios import GRAMMARS
from lowfloat.synth.teller import LENGTHS, THIN_PREMARKET

CLOSE = FULL.second(FULL.regular_close_ns)
UP_LEGS = (Phase.BREAKOUT, Phase.MOMENTUM, Phase.PARABOLIC)


def of_phase(script, phase):
    return [segment for segment in segments(script) if segment.phase == phase]


def with_pattern(scripts, pattern):
    """Yield the segments before, at and after each one of a pattern."""
    for script in scripts:
        every = segments(script)
        for number, segment in enumerate(every[1:-1], start=1):
            if segment.pattern == pattern:
                yield every[number - 1], segment, every[number + 1]


@pytest.mark.parametrize("session", [FULL, HALF], ids=["full", "half"])
@pytest.mark.parametrize("scenario", list(Scenario))
def test_a_scenario_has_its_phases_in_order(scenario, session):
    wanted = GRAMMARS[scenario].skeleton
    for script in scripts_of(scenario, session=session):
        assert holds_in_order(wanted, [segment.phase for segment in segments(script)])


@pytest.mark.parametrize("scenario", list(Scenario))
def test_the_hours_at_which_a_scenario_begins_have_odds_that_sum_to_1(scenario):
    assert sum(GRAMMARS[scenario].ignition) == pytest.approx(1.0)


@pytest.mark.parametrize("scenario", IN_PLAY)
def test_no_two_days_of_a_scenario_are_the_same_list_of_phases(scenario):
    told = {tuple(segment.phase for segment in segments(s)) for s in scripts_of(scenario)}
    assert len(told) > 0.9 * len(scripts_of(scenario))


def test_pullbacks_of_clean_momentum_hold_more_than_half_of_the_leg():
    for script in scripts_of(Scenario.CLEAN_MOMENTUM):
        told = segments(script)
        for number, segment in enumerate(told):
            is_leg = told[number - 1].phase == Phase.MOMENTUM
            if segment.phase == Phase.CONSOLIDATION and is_leg and segment.move < 0:
                leg = told[number - 1].move + told[number - 2].move
                assert -segment.move < 0.5 * leg


def test_a_failed_breakout_is_back_below_its_level_within_about_a_minute():
    seconds = []
    for _, rise, fall in with_pattern(
        scripts_of(Scenario.FAILED_BREAKOUT), Pattern.FAILED_BREAKOUT
    ):
        attempt = rise.phase == Phase.BREAKOUT and rise.end - rise.begin < 60
        if attempt and fall.pattern == Pattern.FAILED_BREAKOUT and fall.end - fall.begin < 30:
            assert rise.move + fall.move < 0
            seconds.append(fall.end - rise.begin)
    assert len(seconds) > 60
    assert np.quantile(seconds, 0.9) < 75


def test_attempts_that_hold_and_attempts_that_fail_begin_at_like_speed():
    def slopes(scenario, pattern):
        return [
            here.move / (here.end - here.begin) / GRAMMARS[scenario].size
            for before, here, _ in with_pattern(scripts_of(scenario), pattern)
            if here.phase == Phase.BREAKOUT and before.phase == Phase.ACCUMULATION
        ]

    held = slopes(Scenario.CLEAN_MOMENTUM, Pattern.BREAKOUT)
    failed = slopes(Scenario.FAILED_BREAKOUT, Pattern.FAILED_BREAKOUT)
    assert 0.5 < np.median(failed) / np.median(held) < 2.5
    assert np.quantile(held, 0.75) > np.quantile(failed, 0.25)


def test_the_shakeouts_of_a_choppy_grind_recover():
    for script in scripts_of(Scenario.CHOPPY_GRIND):
        told = segments(script)
        shakeouts = [
            (told[number], told[number + 1])
            for number in range(1, len(told) - 1)
            if told[number].phase == Phase.FLUSH and told[number - 1].phase == Phase.MOMENTUM
        ]
        assert 3 <= len(shakeouts) <= 6
        for drop, recovery in shakeouts:
            assert recovery.phase == Phase.BOUNCE
            assert recovery.move >= -0.65 * drop.move


def test_a_choppy_grind_climbs_slower_than_a_clean_run():
    def slope(scenario):
        runs = [run for s in scripts_of(scenario) for run in of_phase(s, Phase.MOMENTUM)]
        return np.median([run.move / (run.end - run.begin) for run in runs])

    assert slope(Scenario.CHOPPY_GRIND) < 0.5 * slope(Scenario.CLEAN_MOMENTUM)


def test_a_parabolic_run_is_steepest_and_speeds_up():
    for script in scripts_of(Scenario.PARABOLIC_BLOWOFF):
        for run in of_phase(script, Phase.PARABOLIC):
            drift = script.drift[run.begin : run.end]
            assert (np.diff(drift) > 0).all()
    runs = {
        phase: [
            run.move / (run.end - run.begin)
            for script in scripts_of(Scenario.PARABOLIC_BLOWOFF)
            for run in of_phase(script, phase)
        ]
        for phase in (Phase.PARABOLIC, Phase.MOMENTUM)
    }
    assert np.median(runs[Phase.PARABOLIC]) > 3 * np.median(runs[Phase.MOMENTUM])


def test_what_follows_a_blowoff_takes_back_a_good_part_of_it():
    kept = []
    for script in scripts_of(Scenario.PARABOLIC_BLOWOFF):
        path = path_of(script)
        crash = path.max() - path[CLOSE - 1]
        kept.append(1 - crash / (path.max() - path[: path.argmax() + 1].min()))
    assert np.median(kept) < 0.35


def test_an_opening_drive_begins_at_the_bell_and_tops_within_the_first_hour():
    for script in scripts_of(Scenario.OPENING_DRIVE):
        told = [segment for segment in segments(script) if segment.phase != Phase.DEAD]
        assert (told[0].phase, told[0].begin) == (Phase.BREAKOUT, REGULAR_OPEN)
    tops = [path_of(s)[:CLOSE].argmax() - REGULAR_OPEN for s in scripts_of(Scenario.OPENING_DRIVE)]
    assert np.quantile(tops, 0.9) < 3600
    assert np.median(tops) > 900


def test_an_opening_drive_fades_to_the_close():
    for script in scripts_of(Scenario.OPENING_DRIVE):
        path = path_of(script)[:CLOSE]
        assert path[-1] < path.max() - 0.3 * (path.max() - path[REGULAR_OPEN])


def test_a_squeeze_has_three_legs_or_more_each_higher_than_the_last():
    for script in scripts_of(Scenario.SQUEEZE_CONTINUATION):
        path = path_of(script)
        tops = [
            path[segment.end - 1]
            for segment in of_phase(script, Phase.MOMENTUM)
            if segment.begin >= of_phase(script, Phase.ACCUMULATION)[0].begin
        ]
        assert len(tops) >= 3
        assert sum(later > earlier for earlier, later in pairwise(tops)) >= 2


def test_a_catalyst_is_a_headline_and_the_move_begins_in_its_second():
    for script in scripts_of(Scenario.NEWS_CATALYST):
        second, jump = script.headlines[0]
        assert jump > 0
        assert script.phase[second] == Phase.BREAKOUT
        assert second == 0 or script.phase[second - 1] == Phase.DEAD


def test_a_catalyst_goes_on_or_was_all_there_was():
    path = [path_of(script) for script in scripts_of(Scenario.NEWS_CATALYST)]
    first = [script.headlines[0][0] for script in scripts_of(Scenario.NEWS_CATALYST)]
    topped_at_once = np.mean(
        [p[:CLOSE].argmax() < at + 300 for p, at in zip(path, first, strict=True)]
    )
    assert 0.35 < topped_at_once < 0.75


def test_a_fade_gaps_up_tops_early_and_mostly_closes_below_its_open():
    scripts = scripts_of(Scenario.FADE_FROM_OPEN, count=300)
    paths = np.array([path_of(script) for script in scripts])
    opens, closes = paths[:, REGULAR_OPEN], paths[:, CLOSE - 1]
    tops = paths[:, REGULAR_OPEN:CLOSE].argmax(1)
    assert np.mean(opens > 0.1) > 0.8
    assert np.mean(tops < 900) > 0.6
    assert 0.65 < np.mean(closes < opens) < 0.9


def test_a_fade_told_after_a_squeeze_sells_it_without_a_gap_of_its_own():
    for script in scripts_of(Scenario.SQUEEZE_CONTINUATION, Scenario.FADE_FROM_OPEN):
        begin = int(np.argmax(script.scenario == Scenario.FADE_FROM_OPEN))
        assert begin > REGULAR_OPEN
        assert script.phase[begin] == Phase.DISTRIBUTION
        path = path_of(script)
        assert path[CLOSE - 1] < path[begin] + 0.02 or path[begin:CLOSE].argmax() > 0


def test_the_pushes_of_an_ordinary_day_stay_below_ten_per_cent():
    for script in scripts_of(Scenario.ORDINARY):
        path = path_of(script)[:CLOSE]
        assert 1 <= len(of_phase(script, Phase.BREAKOUT)) <= 3
        assert path.max() - path.min() < np.log(1.2)
        assert all(push.move < np.log(1.1) for push in of_phase(script, Phase.BREAKOUT))


def test_nothing_happens_on_a_dead_day_until_the_close():
    for script in scripts_of(Scenario.DEAD):
        assert (script.phase[:CLOSE] == Phase.DEAD).all()
        assert not script.drift[:CLOSE].any()


def test_a_first_pullback_gives_back_a_fifth_to_a_half_of_a_rise():
    seen = 0
    for script in scripts_of(Scenario.SQUEEZE_CONTINUATION):
        told = segments(script)
        for number, segment in enumerate(told):
            if segment.pattern == Pattern.FIRST_PULLBACK and segment.begin >= REGULAR_OPEN:
                leg = 0.0
                for earlier in told[:number][::-1]:
                    if earlier.phase not in UP_LEGS:
                        break
                    leg += earlier.move
                assert 0.19 < -segment.move / leg < 0.51
                seen += 1
    assert seen > 30


def test_a_reclaim_comes_from_below_the_average_price_and_ends_above_it():
    seen = 0
    for script in scripts_of(Scenario.FAILED_BREAKOUT, Scenario.CLEAN_MOMENTUM):
        path = path_of(script)
        activity = np.array([LENGTHS[p].activity if p in LENGTHS else 0.0 for p in Phase])
        weight = activity[script.phase] * script.vigour
        weight[:REGULAR_OPEN] *= THIN_PREMARKET
        vwap = np.cumsum(weight * path) / np.cumsum(weight)
        for segment in segments(script):
            if segment.pattern == Pattern.VWAP_RECLAIM and segment.phase == Phase.BREAKOUT:
                assert path[segment.begin] < vwap[segment.begin] + 0.003
                assert path[segment.end - 1] > vwap[segment.end - 1]
                seen += 1
    assert seen > 20


def test_every_pattern_and_every_phase_but_halted_is_told():
    scripts = [script for scenario in Scenario for script in scripts_of(scenario)]
    phases = set().union(*(np.unique(script.phase).tolist() for script in scripts))
    patterns = set().union(*(np.unique(script.pattern).tolist() for script in scripts))
    assert phases == set(Phase) - {Phase.HALTED}
    assert patterns == set(Pattern)


def test_flushes_are_steeper_than_runs():
    """A run is what rises from one phase to the next: a breakout and the momentum it brings."""
    rising = (Phase.BREAKOUT, Phase.MOMENTUM, Phase.PARABOLIC)
    flushes, runs = [], []
    for scenario in IN_PLAY:
        for script in varied_scripts(scenario, count=40):
            parts = itertools.groupby(segments(script), lambda segment: segment.phase in rising)
            for is_run, part in parts:
                acts = list(part)
                if is_run:
                    runs.append(
                        sum(act.move for act in acts) / sum(act.end - act.begin for act in acts)
                    )
                flushes += [
                    abs(act.move) / (act.end - act.begin)
                    for act in acts
                    if act.phase == Phase.FLUSH
                ]
    assert 1.5 < np.median(flushes) / np.median(runs) < 6


def test_pauses_end_flushes_and_last_runs_but_never_a_run_that_goes_on():
    for scenario in IN_PLAY:
        for script in scripts_of(scenario):
            stops = script.stop_on_pause[:CLOSE]
            assert stops[script.phase[:CLOSE] == Phase.FLUSH].all()
            assert not stops[script.pattern[:CLOSE] == Pattern.HALT_CONTINUATION].any()
            assert not stops[script.phase[:CLOSE] == Phase.MOMENTUM].any()
