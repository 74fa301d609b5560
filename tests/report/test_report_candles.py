"""Candles and phases per minute against a plain Python reference."""

import numpy as np
from reference.tapes import P, make_day, ns
from small_exam import FIRST, HALT, made_day

from lowfloat.base.codes import Mark, MomentumPhase
from lowfloat.report.candles import minute_candles, minute_phases


def _reference(day):
    bars = {}
    for ts, price, size, bits in zip(
        day.trades.ts_recv.tolist(),
        day.trades.price.tolist(),
        day.trades.size.tolist(),
        day.trades.marks.tolist(),
        strict=True,
    ):
        second = (ts - day.session.start_ns) // 10**9 // 60 * 60
        if day.session.ns(second + 60) > day.coverage_end_ns:
            continue
        bar = bars.setdefault(second, {"last": [], "moving": [], "volume": 0})
        dollars, marks = price / 1e9, Mark(bits)
        if Mark.LAST in marks:
            bar["last"].append(dollars)
        if Mark.HIGH_LOW in marks:
            bar["moving"].append(dollars)
        if Mark.VOLUME in marks:
            bar["volume"] += size
    return [
        (
            second,
            bar["last"][0],
            max(bar["last"][0], bar["last"][-1], *bar["moving"]),
            min(bar["last"][0], bar["last"][-1], *bar["moving"]),
            bar["last"][-1],
            bar["volume"],
        )
        for second, bar in bars.items()
        if bar["last"]
    ]


def test_candles_equal_a_plain_reference():
    day = made_day(FIRST)
    assert list(zip(*minute_candles(day), strict=True)) == _reference(day)


def test_a_print_draws_what_its_marks_say():
    moving = Mark.HIGH_LOW | Mark.VOLUME
    prints = [
        P(ns(60), 4.0, 1, marks=Mark.VOLUME), P(ns(61), 5.0, 2, marks=Mark.LAST),
        P(ns(62), 5.5, 4, marks=moving), P(ns(63), 4.5, 8, marks=moving),
        P(ns(64), 9.0, 16, marks=Mark.TAPE), P(ns(65), 5.2, 32, marks=Mark.LAST | Mark.VOLUME),
        P(ns(66), 1.0, 64, marks=0), P(ns(120), 5.0, 128, marks=Mark.LAST),
        P(ns(121), 4.9, 256, marks=Mark.LAST), P(ns(180), 5.0, 512, marks=moving),
    ]  # fmt: skip
    made = list(zip(*minute_candles(make_day([], trades=prints)), strict=True))
    assert made == [(60, 5.0, 5.5, 4.5, 5.2, 1 + 4 + 8 + 32), (120, 5.0, 5.0, 4.9, 4.9, 0)]


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
