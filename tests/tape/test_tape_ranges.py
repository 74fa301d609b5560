"""Ranges, breakouts from them, and whether these fail; the setup and the move they belong to."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
from reference.tapes import OPEN, make_day
from tape.minutes import CALM, M, end_of, told

from lowfloat.base.clock import NS
from lowfloat.days.baseline import Baseline
from lowfloat.tape.column import Tape
from lowfloat.tape.momentum import (
    bid_support,
    momentum_quality,
    price_structure,
    tight_pullbacks,
    volume_profile,
)
from lowfloat.tape.price import average_true_range, mid_price
from lowfloat.tape.ranges import ranges
from lowfloat.tape.setup import SetupRules, setup_quality

HOUR = [M(4.00, 4.00), M(4.00, 4.02), M(4.02, 4.00)] * 12  # 36 minutes within half a percent
BREAK = [M(4.02, 4.12, volume=6_000, buys=0.9), M(4.12, 4.16, volume=6_000)]
FAIL = [M(4.16, 3.98, volume=3_000)]
HOLD = [M(4.16, 4.20, volume=3_000)] * 6


def at(series: np.ndarray, minutes: list[M], before_the_end: int = 0) -> float:
    """Return what is known at the end of the last minute, or some seconds before."""
    return float(series[end_of(minutes) - 1 - before_the_end])


def test_the_range_is_the_longest_stretch_that_is_narrow_enough() -> None:
    rng = np.random.default_rng(3)
    mids = np.round(4.0 + np.cumsum(rng.normal(0, 0.02, 40)), 2).tolist()
    tape = Tape(told([M(a, b) for a, b in pairwise(mids)]))
    mid, atr = tape.of(mid_price), np.nan_to_num(tape.of(average_true_range))
    found = tape.of(ranges)
    checked = 0
    first, limits = OPEN, np.fmax(0.03 * mid, 2.0 * atr)
    for b in range(OPEN, OPEN + 60 * 39):
        # A stretch that was too wide once is over, even if the limit has grown since.
        while np.ptp(mid[first : b + 1]) > limits[b]:
            first += 1
        stretch = mid[first : b + 1]
        assert (found.seconds[b], found.top[b], found.bottom[b]) == (
            len(stretch), stretch.max(), stretch.min()
        )  # fmt: skip
        checked += len(stretch) < b + 1 - OPEN
    assert checked > 1000


def test_a_breakout_tells_how_long_the_range_had_lasted() -> None:
    minutes = [*HOUR, *BREAK]
    found = Tape(told(minutes)).of(ranges)
    assert at(found.broken, minutes) == pytest.approx(36 * 60, abs=60)
    assert at(found.broken, minutes, before_the_end=121) == 0
    assert at(found.failed, minutes) == 0


def test_a_break_without_volume_is_none() -> None:
    minutes = [*HOUR, M(4.02, 4.12), M(4.12, 4.16)]
    assert at(Tape(told(minutes)).of(ranges).broken, minutes) == 0


def test_a_break_out_of_a_short_range_is_none() -> None:
    minutes = [*HOUR, M(4.01, 4.40), M(4.40, 4.41), *[M(4.41, 4.60, volume=20_000)]]
    found = Tape(told(minutes)).of(ranges)
    assert at(found.broken, minutes) == 0


def test_a_breakout_that_falls_back_below_the_top_has_failed_and_is_counted_once() -> None:
    minutes = [*HOUR, *BREAK, *FAIL]
    found = Tape(told(minutes)).of(ranges)
    assert at(found.failed, minutes) == 1
    assert at(found.broken, minutes) == 0


def test_a_breakout_that_stays_above_for_five_minutes_has_held() -> None:
    minutes = [*HOUR, *BREAK, *HOLD]
    found = Tape(told(minutes)).of(ranges)
    assert at(found.failed, minutes) == 0
    # It is news for five minutes.
    assert at(found.broken, minutes, before_the_end=300) > 0
    assert at(found.broken, minutes) == 0


def test_the_setup_before_half_past_ten_out_of_a_long_range_on_volume_is_a_plus() -> None:
    minutes = [*HOUR, *BREAK]
    tape = Tape(told(minutes), headlines=np.array([0]))
    found = setup_quality(tape)
    parts = {name: at(getattr(found, name), minutes) for name in found._fields}
    assert parts.pop("quality") == pytest.approx(1.0)
    assert np.isnan(parts.pop("sector"))  # there is no feed that could tell
    assert set(parts.values()) == {1.0}


def test_each_factor_counts_with_its_weight_among_those_that_are_known() -> None:
    minutes = [*HOUR, *BREAK, *FAIL]
    tape = Tape(told(minutes), sector_gain=np.full(57_600, 0.01))
    found = setup_quality(tape)
    # Time and sector hold; the surge is over, the breakout failed; of a catalyst nothing is known.
    assert at(found.quality, minutes) == pytest.approx((0.1 + 0.1) / 0.8)
    even = setup_quality(tape, SetupRules(volume=0.0, sector=0.0, time=0.3))
    assert at(even.quality, minutes) == pytest.approx(0.3 / (0.3 + 0.2 + 0.2))


def test_a_headline_counts_from_the_second_in_which_it_is_known() -> None:
    day = told(HOUR)
    told_at = OPEN + 600
    tape = Tape(day, headlines=np.array([day.session.start_ns + told_at * NS + 5]))
    catalyst = setup_quality(tape).catalyst
    assert (catalyst[told_at - 1], catalyst[told_at]) == (0.0, 1.0)


@pytest.mark.parametrize(("close", "expected"), [(3.5, 1.0), (3.9, 0.0)])
def test_a_gap_stands_for_a_catalyst_where_no_news_is_known(close: float, expected: float) -> None:
    day = told(HOUR)
    tape = Tape(day, Baseline("HAND", day.date, previous_close=round(close * 1e9)))
    catalyst = setup_quality(tape).catalyst
    assert np.isnan(catalyst[OPEN - 1])  # nothing can be said of the gap before the open
    assert catalyst[OPEN + 60] == expected


def test_premarket_volume_of_five_times_the_usual_stands_for_a_catalyst() -> None:
    first = OPEN - 3600
    day = told([M(4.00, 4.00, volume=12_000)] * 30, first=first)
    usual = np.full(960, 60_000)
    tape = Tape(day, Baseline("HAND", day.date, cumulative_volume=usual, cumulative_sessions=20))
    catalyst = setup_quality(tape).catalyst
    # 60,000 shares by that minute are usual; five times as many are there after 25.
    assert (catalyst[first + 24 * 60 + 30], catalyst[first + 25 * 60]) == (0.0, 1.0)


def test_nothing_can_be_said_of_the_setup_of_an_empty_day_but_the_time() -> None:
    found = setup_quality(Tape(make_day([], date=dt.date(2025, 3, 4))))
    assert found.quality[0] == 1.0
    assert found.quality[40_000] == 0.0
    known = [name for name in found._fields if not np.isnan(getattr(found, name)).any()]
    assert known == ["time", "quality"]


CLEAN = [
    M(4.00, 4.30, volume=5_000, buys=0.8), M(4.30, 4.18, volume=800), M(4.18, 4.50, volume=5_000,
    buys=0.8), M(4.50, 4.38, volume=800), M(4.38, 4.70, volume=5_000, buys=0.8),
    M(4.70, 4.55, volume=800), M(4.55, 4.90, volume=5_000, buys=0.8),
]  # fmt: skip
WRETCHED = [
    M(4.00, 4.40, volume=1_000), M(4.40, 3.90, volume=5_000, buys=0.2), M(3.90, 4.25, volume=1_000),
    M(4.25, 3.75, volume=5_000, buys=0.2), M(3.75, 4.10, volume=1_000),
    M(4.10, 3.60, volume=5_000, buys=0.2),
]  # fmt: skip


@pytest.mark.parametrize(
    "quality", [volume_profile, tight_pullbacks, price_structure, bid_support, momentum_quality]
)
def test_a_clean_run_is_better_than_a_wretched_one(quality) -> None:
    clean, wretched = [*CALM, *CLEAN], [*CALM, *WRETCHED]
    good = at(Tape(told(clean)).of(quality), clean)
    bad = at(Tape(told(wretched)).of(quality), wretched)
    assert good >= 0.6
    assert bad <= 0.4
    assert 0.0 <= bad < good <= 1.0
