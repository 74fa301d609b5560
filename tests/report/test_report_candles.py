"""Candles and phases per minute against a plain Python reference."""

import numpy as np
from small_exam import FIRST, HALT, made_day

from lowfloat.base.codes import MomentumPhase
from lowfloat.report.candles import minute_candles, minute_phases


def _reference(day):
    bars = {}
    for ts, price, size in zip(
        day.trades.ts_recv.tolist(),
        day.trades.price.tolist(),
        day.trades.size.tolist(),
        strict=True,
    ):
        second = (ts - day.session.start_ns) // 10**9 // 60 * 60
        if day.session.ns(second + 60) > day.coverage_end_ns:
            continue
        dollars = price / 1e9
        if second not in bars:
            bars[second] = [dollars, dollars, dollars, dollars, 0]
        bar = bars[second]
        bar[1], bar[2], bar[3] = max(bar[1], dollars), min(bar[2], dollars), dollars
        bar[4] += size
    return [(second, *bar) for second, bar in bars.items()]


def test_candles_equal_a_plain_reference():
    day = made_day(FIRST)
    assert list(zip(*minute_candles(day), strict=True)) == _reference(day)


def test_a_minute_that_the_data_cover_in_part_makes_no_candle():
    day = made_day(FIRST, coverage=1000)
    candles = minute_candles(day)
    assert list(zip(*candles, strict=True)) == _reference(day)
    assert candles.second[-1] == 900


def test_a_minute_without_trades_makes_no_candle():
    seconds = minute_candles(made_day(FIRST)).second
    inside = [second for second in seconds if HALT[0] <= second < HALT[1] - 60]
    assert inside == []


def test_a_day_without_trades_makes_no_candles():
    day = made_day(FIRST)
    nothing = type(day.trades)(*(column[:0] for column in day.trades))
    made = minute_candles(type(day)(**{**day.__dict__, "trades": nothing}))
    assert [len(column) for column in made] == [0] * 6


def test_the_phase_of_a_minute_is_the_one_it_was_in_longest():
    seconds = np.zeros(57_601, np.int8)
    seconds[60:95] = MomentumPhase.PARABOLIC
    seconds[120:149] = MomentumPhase.FLUSH
    minutes = minute_phases(seconds, 57_600)
    assert len(minutes) == 960
    assert np.flatnonzero(minutes).tolist() == [1]
    assert minutes[1] == MomentumPhase.PARABOLIC


def test_phases_are_cut_to_the_length_of_the_session():
    assert len(minute_phases(np.zeros(57_601, np.int8), 13 * 3600)) == 780
