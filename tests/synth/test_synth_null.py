"""Without an edge the value is a martingale, whatever is known; with one it does what is told.

Means are judged by their own standard errors; every sample is one session or one day, so that what
happens within one may hang together. The draws are fixed: a test that passes once passes always.
"""

import math

import numpy as np
import pytest
from synth.driven import pauses_of, play, scene_of, short_session

from lowfloat.base.clock import NS
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Scenario
from lowfloat.synth import synth_days
from lowfloat.synth.character import Character
from lowfloat.synth.options import Options
from lowfloat.synth.planted import DELAY_SECONDS, RISE_SECONDS, SPACING_SECONDS
from lowfloat.synth.preset import Preset
from lowfloat.synth.scene import scene_of as scene_of_script
from lowfloat.synth.script import Script

AVERAGE = Character(5.0, 5e6, 1.0, 1.0, 1.0, 1.0, 0.5, 1.6, 0.1, 0.5, 1.0, 1.0)
RISING = [Phase.BREAKOUT, Phase.MOMENTUM, Phase.PARABOLIC]
FALLING = [Phase.FLUSH, Phase.DISTRIBUTION]


def z_score(sums, counts=None):
    """Return how many standard errors the mean of clustered samples lies from 0."""
    sums = np.asarray(sums, float)
    counts = np.ones(len(sums)) if counts is None else np.asarray(counts, float)
    mean = sums.sum() / counts.sum()
    return sums.sum() / math.sqrt(((sums - mean * counts) ** 2).sum())


def conditional(days, seconds, chosen):
    """Return the z-score of the value's change over ``seconds``, where a day says so.

    Args:
        days: as ``(day, truth)``.
        seconds: horizon.
        chosen: returns a mask over the session's seconds, of what is known at each.
    """
    sums, counts = [], []
    for day, truth in days:
        value = truth["value"]
        at = np.arange(60, len(value) - seconds, seconds)
        at = at[chosen(day, truth)[at]]
        sums.append((value[at + seconds] / value[at] - 1).sum())
        counts.append(len(at))
    assert sum(counts) > 100
    return z_score(sums, counts)


def bought_less_sold(truth, seconds=60):
    """Return the net flow of the seconds before each, shares."""
    flow = np.concatenate([[0], np.cumsum(truth["bought"] - truth["sold"])])
    late = np.arange(len(truth["value"]))
    return flow[late] - flow[np.maximum(late - seconds, 0)]


# Without an edge


@pytest.mark.parametrize("seconds", [60, 300, 1800])
def test_the_value_is_as_likely_to_gain_as_to_lose(null_days, seconds):
    assert abs(conditional(null_days, seconds, lambda _, t: t["value"] > 0)) < 3


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seconds", [60, 300])
def test_the_flow_of_the_last_minute_foretells_nothing(null_days, sign, seconds):
    assert abs(conditional(null_days, seconds, lambda _, t: sign * bought_less_sold(t) > 0)) < 3


@pytest.mark.parametrize("sign", [1, -1])
def test_the_move_of_the_last_minute_foretells_nothing(null_days, sign):
    def moved(_, truth):
        value = truth["value"]
        return sign * np.log(value / np.concatenate([value[:60], value[:-60]])) > 0.005

    assert abs(conditional(null_days, 60, moved)) < 3


@pytest.mark.parametrize("phases", [RISING, FALLING, [Phase.FADE], [Phase.CONSOLIDATION]])
def test_the_phase_foretells_nothing(null_days, phases):
    assert abs(conditional(null_days, 60, lambda _, t: np.isin(t["phase"], phases))) < 3


def test_a_flow_that_leans_to_one_side_moves_the_value_nowhere():
    """Buyers outnumber sellers by far, everybody knows it, and the value is still fair."""
    session = short_session(900)
    moves, flows = [], []
    for seed in range(150):
        made = play(session, scene_of(session, rate=0.5, tilt=0.4), 5.0, seed=seed)
        seconds = made.seconds
        moves.append(seconds["value"][-1] / seconds["value"][0] - 1)
        flows.append((seconds["bought"] - seconds["sold"]).sum())
    assert z_score(flows) > 10
    assert abs(z_score(moves)) < 3
    assert np.std(moves) > 0.01


@pytest.mark.parametrize("edge", [0.0, 1.0])
@pytest.mark.parametrize("jump", [0.3, -0.25])
def test_a_pause_gains_nothing_without_an_edge_and_carries_on_with_one(edge, jump):
    session = short_session(1500)
    scene = scene_of(session, (60, 60, jump), rate=0.05)
    gains = []
    for seed in range(150):
        made = play(session, scene, 5.0, seed=seed, edge=edge)
        value = made.seconds["value"]
        for began, _ in pauses_of(made)[:1]:
            before = began // NS  # the value moves when the pause begins
            gains.append(math.copysign(1, jump) * (value[before + 1] / value[before] - 1))
    assert len(gains) > 75
    if edge:
        assert z_score(np.sign(gains)) > 1
    else:
        assert abs(z_score(gains)) < 3


def script(headlines, seconds=600):
    """Return a script of nothing but headlines."""
    zeros = np.zeros(seconds)
    codes = zeros.astype(np.int8)
    return Script(
        0.0, codes, codes, codes, zeros, zeros + 1.0, np.full(seconds, seconds),
        tuple(headlines), (), codes,
    )  # fmt: skip


@pytest.mark.parametrize("jump", [0.1, 0.5, 1.2, -0.1, -0.5, -1.2])
def test_a_headline_without_an_edge_is_a_fair_game(jump):
    """Over all the ways in which the coin may fall the mean jump is 0, and no stock dies of one."""
    even = (np.arange(500) + 0.5) / 500
    told = script((second, jump) for second in range(500))
    jumps = scene_of_script(told, AVERAGE, Preset().phases, 1.0, 0.0, even)["jump"][:500]
    assert jumps.mean() == pytest.approx(0.0, abs=np.ptp(jumps) / 500)
    assert jumps.min() > -1.0
    assert jumps.max() > 0.0


@pytest.mark.parametrize("jump", [0.4, -0.4])
def test_a_headline_with_an_edge_moves_the_value_the_way_it_was_told(jump):
    told = script([(100, jump)])
    for flip in (0.01, 0.99):
        scene = scene_of_script(told, AVERAGE, Preset().phases, 1.0, 1.0, np.array([flip]))
        assert 0.2 < math.copysign(1, jump) * scene["jump"][100] < 0.6


def test_without_an_edge_no_drift_is_told(null_days):
    assert not any(truth["drift"].any() for _, truth in null_days)


def test_a_market_without_an_edge_looks_much_the_same(many_days, null_days):
    """What the story would have moved is moved by noise: days range over as much."""
    ranges = [
        np.median([truth["value"].max() / truth["value"].min() for _, truth in days
                   if (truth["scenario"] >= Scenario.CLEAN_MOMENTUM).any()])
        for days in (many_days, null_days)
    ]  # fmt: skip
    assert 0.6 < math.log(ranges[1]) / math.log(ranges[0]) < 1.6


# With an edge


@pytest.mark.parametrize(("phases", "sign"), [(RISING, 1), (FALLING, -1)])
def test_with_an_edge_runs_rise_and_flushes_fall(many_days, phases, sign):
    moves = []
    for _, truth in many_days:
        change = np.diff(np.log(truth["value"]))
        chosen = np.isin(truth["phase"][:-1], phases)
        if chosen.any():
            moves.append(sign * change[chosen].sum())
    assert z_score(np.sign(moves)) > 2
    assert np.mean(moves) > 0.05


@pytest.mark.parametrize("sign", [1, -1])
def test_the_value_follows_the_drift_that_the_truth_tells(many_days, sign):
    moved, told = [], []
    for _, truth in many_days:
        change = np.diff(np.log(truth["value"]))
        chosen = sign * truth["drift"][:-1] > 1e-4
        moved.append(change[chosen].sum())
        told.append(truth["drift"][:-1][chosen].sum(dtype=float))
    gap = np.array(moved) - np.array(told)
    assert abs(z_score(gap)) < 3
    assert abs(sum(moved) / sum(told) - 1) < 0.35


def test_prices_neither_explode_nor_die(many_days):
    """Over weeks a stock returns to its price; no day multiplies it a hundredfold."""
    for _, truth in many_days:
        assert truth["value"].min() / truth["value"][0] > 0.02
        assert truth["value"].max() / truth["value"][0] < 20


# A planted edge

EDGE = 0.03


@pytest.fixture(scope="module")
def planted_days():
    return list(synth_days(6, seed=21, symbols=3, options=Options(edge=0.0, planted_edge=EDGE)))


def signals(days):
    for day, truth in days:
        for second in np.flatnonzero(truth["signal"]).tolist():
            yield day, truth, second


def test_a_signal_is_a_burst_of_buying_that_is_on_the_tape(planted_days):
    count = 0
    for day, truth, second in signals(planted_days):
        trades, start = day.trades, day.session.ns(second)
        burst = (trades.ts_event >= start) & (trades.ts_event < start + NS)
        burst &= (trades.size == 500) & (trades.side == 1) & (trades.confidence == 100)
        assert burst.sum() >= 20
        assert len(np.unique(trades.price[burst])) <= 2
        assert truth["bought"][second] >= 10_000
        count += 1
    assert count > 100


def test_after_a_signal_the_value_rises_by_the_planted_edge(planted_days):
    gaps = []
    for _, truth, second in signals(planted_days):
        after = second + DELAY_SECONDS + RISE_SECONDS + 1
        if not truth["halted"][second:after].any():
            gaps.append(math.log(truth["value"][after] / truth["value"][second]) - EDGE)
    assert abs(z_score(gaps)) < 3
    assert np.std(gaps) / math.sqrt(len(gaps)) < EDGE / 4


def test_nothing_but_signals_foretells_anything(planted_days):
    def quiet(_, truth):
        """Return the seconds that no rise of a signal reaches within a minute."""
        rising = truth["drift"] != 0
        reach = np.convolve(rising, np.ones(2 * 62 + 1), "same") > 0
        return ~reach

    assert abs(conditional(planted_days, 60, quiet)) < 3


def test_the_only_drift_is_that_after_signals(planted_days):
    """A limit state holds the story up, so that a rise may take a little longer."""
    for _, truth in planted_days:
        near, rising = np.zeros(len(truth["drift"]), bool), []
        for second in np.flatnonzero(truth["signal"]):
            near[second : second + SPACING_SECONDS] = True
            begin = second + DELAY_SECONDS
            rising.append(truth["drift"][begin : begin + RISE_SECONDS])
        if not truth["halted"].any() and rising:
            assert not truth["drift"][~near].any()
            assert np.median(rising) == pytest.approx(EDGE / RISE_SECONDS, rel=0.02)


def test_signals_keep_their_distance_and_come_in_regular_hours(planted_days):
    for day, truth in planted_days:
        seconds = np.flatnonzero(truth["signal"])
        assert (np.diff(seconds) >= SPACING_SECONDS).all()
        at = day.session.start_ns + seconds * NS
        assert (at > day.session.regular_open_ns).all()
        assert (at < day.session.regular_close_ns).all()


def test_a_market_without_a_planted_edge_gives_no_signal(null_days):
    assert not any(truth["signal"].any() for _, truth in null_days)


def test_a_burst_by_itself_moves_nothing():
    """The same session, with and without the signal's prints: the values differ by noise alone."""
    session = short_session(600)
    moves = []
    for seed in range(100):
        scene = scene_of(session, rate=0.2)
        scene["signal"][200] = 1
        value = play(session, scene, 5.0, seed=seed).seconds["value"]
        moves.append(value[300] / value[200] - 1)
    assert abs(z_score(moves)) < 3
